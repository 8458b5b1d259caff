//! Where a service listens, if not where AWS has it: what the store says, else what the operator's environment says.
//!
//! The variables are External Secrets Operator's. They are the one setting that is taken from the environment: whoever runs
//! the operator in a network without a way to AWS sets them for every store. Must never: show a user or password.

use reqwest::Url;

use crate::InputError;
use crate::server::invalid;

/// A service that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    SecretsManager,
    ParameterStore,
    Sts,
    Registry,
    PublicRegistry,
}

impl Service {
    const fn variable(self) -> &'static str {
        match self {
            Self::SecretsManager => "AWS_SECRETSMANAGER_ENDPOINT",
            Self::ParameterStore => "AWS_SSM_ENDPOINT",
            Self::Sts => "AWS_STS_ENDPOINT",
            Self::Registry => "AWS_ECR_ENDPOINT",
            Self::PublicRegistry => "AWS_ECR_PUBLIC_ENDPOINT",
        }
    }

    const fn field(self) -> &'static str {
        match self {
            Self::SecretsManager | Self::ParameterStore | Self::Registry | Self::PublicRegistry => "endpoint",
            Self::Sts => "stsEndpoint",
        }
    }

    /// The address that the store gives, else the environment; `None` for that of AWS.
    pub(crate) fn endpoint(self, given: Option<&str>) -> Result<Option<String>, InputError> {
        self.resolve(given, std::env::var(self.variable()).ok())
    }

    fn resolve(self, given: Option<&str>, variable: Option<String>) -> Result<Option<String>, InputError> {
        const PROBLEM: &str = "it is not a URL such as https://vpce-1.secretsmanager.eu-central-1.vpce.amazonaws.com";
        if let Some(given) = given {
            return if usable(given) { Ok(Some(given.to_owned())) } else { Err(invalid(self.field(), PROBLEM)) };
        }
        match variable.filter(|url| !url.is_empty()) {
            Some(url) if usable(&url) => Ok(Some(url)),
            Some(_) => Err(InputError::Invalid {
                what: format!("the operator's environment variable {}", self.variable()),
                problem: PROBLEM,
            }),
            None => Ok(None),
        }
    }
}

fn usable(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(None, None, Ok(None))]
    #[case(None, Some(""), Ok(None))]
    #[case(Some("http://127.0.0.1:5000"), Some("http://other"), Ok(Some("http://127.0.0.1:5000")))]
    #[case(None, Some("https://vpce.example"), Ok(Some("https://vpce.example")))]
    #[case(Some("127.0.0.1:5000"), None, Err(()))]
    #[case(Some("https://user:canary@host"), None, Err(()))]
    #[case(None, Some("https://user:canary@host"), Err(()))]
    #[case(Some(""), None, Err(()))]
    fn endpoints(#[case] given: Option<&str>, #[case] variable: Option<&str>, #[case] wanted: Result<Option<&str>, ()>) {
        for service in [Service::SecretsManager, Service::ParameterStore, Service::Sts] {
            let found = service.resolve(given, variable.map(str::to_owned));
            assert_eq!(found.as_ref().map(Option::as_deref).map_err(|_| ()), wanted);
            assert!(!format!("{found:?}").contains("canary"));
        }
    }
}
