//! Why the API server did not do what it was asked, in classes.
//!
//! Must never: keep the API server's text, which quotes the data of Secrets.

use kube::Error;

/// Why a request to the API server had no success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The object, or its namespace, does not exist.
    NotFound,
    /// The object exists already, or changed since it was read.
    Conflict,
    /// The operator lacks the permission.
    Forbidden,
    /// The API server judged the object to be wrong.
    Invalid,
    /// The API server could not be reached or could not answer; asking again may help.
    Unavailable,
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        match error {
            Error::Api(status) => match status.code {
                404 => Self::NotFound,
                409 => Self::Conflict,
                401 | 403 => Self::Forbidden,
                400 | 422 => Self::Invalid,
                _ => Self::Unavailable,
            },
            _ => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(404, Refusal::NotFound)]
    #[case(409, Refusal::Conflict)]
    #[case(403, Refusal::Forbidden)]
    #[case(422, Refusal::Invalid)]
    #[case(500, Refusal::Unavailable)]
    #[case(429, Refusal::Unavailable)]
    fn by_code(#[case] code: u16, #[case] expected: Refusal) {
        let error = Error::Api(Status::failure("canary", "reason").with_code(code).boxed());
        assert_eq!(Refusal::from(&error), expected);
    }
}
