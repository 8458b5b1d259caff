//! What a failure of the AWS SDK means. Only its error code is looked at, and for one code a phrase of the message.
//!
//! Must never: hand on the SDK's error, which shows the response's body.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use http_body_util::LengthLimitError;

use crate::tls::refuses_certificate;
use crate::{Absence, PushError, ReadError};

const UNTRUSTED: ReadError =
    ReadError::Misconfigured("the endpoint's certificate is not trusted; set endpoint to one that a public CA vouches for");
const REFUSED_INPUT: ReadError = ReadError::InvalidKey("AWS does not accept the name or version; correct it");
const REFUSED_CONTENT: PushError = PushError::Unfit(
    "AWS does not accept the value, its name, or what the entry's metadata says of it; correct what is written there",
);
const QUOTA: PushError =
    PushError::Unfit("AWS keeps no more of these in this account and region; have the quota raised, or remove some");
const UNKNOWN: ReadError = ReadError::Misconfigured(
    "the endpoint answers with an error that the service does not give; check service, region and endpoint",
);

/// What a failed call means.
pub(super) fn failure<E>(error: &SdkError<E, HttpResponse>) -> ReadError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => match context.err().code() {
            Some(code) => by_code(code, context.err().message().unwrap_or("")),
            None => by_status(context.raw().status().as_u16()),
        },
        SdkError::TimeoutError(_) => ReadError::Unavailable,
        SdkError::ResponseError(_) if in_chain::<LengthLimitError>(error).is_some() => ReadError::TooLarge,
        SdkError::ResponseError(context) if context.raw().status().is_server_error() => ReadError::Unavailable,
        SdkError::ResponseError(_) => ReadError::BadAnswer,
        _ if refuses_certificate(error) => UNTRUSTED,
        _ => credentials(error),
    }
}

/// What the failure of a call that changes something means; `leave` is what the identity needs for it.
pub(super) fn write_failure<E>(error: &SdkError<E, HttpResponse>, leave: &'static str) -> PushError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or("");
    written_by_code(code, leave).unwrap_or_else(|| match failure(error) {
        ReadError::Denied => PushError::Denied(leave),
        ReadError::InvalidKey(_) => REFUSED_CONTENT,
        error => error.into(),
    })
}

/// What codes mean that only such calls give.
fn written_by_code(code: &str, leave: &'static str) -> Option<PushError> {
    match code {
        "ResourceExistsException" | "ParameterAlreadyExists" | "TooManyUpdates" => Some(PushError::Changed),
        "EncryptionFailure" => Some(PushError::Denied(leave)),
        "HierarchyLevelLimitExceededException"
        | "HierarchyTypeMismatch"
        | "HierarchyTypeMismatchException"
        | "IncompatiblePolicyException"
        | "InvalidAllowedPatternException"
        | "InvalidPolicyAttributeException"
        | "InvalidPolicyTypeException"
        | "ParameterPatternMismatchException"
        | "TooManyTagsError"
        | "UnsupportedParameterType" => Some(REFUSED_CONTENT),
        "ParameterLimitExceeded" | "ParameterMaxVersionLimitExceeded" | "PoliciesLimitExceededException" => Some(QUOTA),
        _ => None,
    }
}

/// What the failure of a list means for whether the identity is known: the list itself is not needed.
pub(super) fn unless_known<E>(error: &SdkError<E, HttpResponse>) -> Result<(), ReadError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match failure(error) {
        ReadError::Denied => Ok(()),
        error => Err(error),
    }
}

/// A failure before anything was sent: of the credentials, or of the connection.
pub(crate) fn credentials(error: &(dyn Error + 'static)) -> ReadError {
    if let Some(ours) = in_chain::<ReadError>(error) {
        return ours.clone();
    }
    match in_chain::<CredentialsError>(error) {
        None | Some(CredentialsError::ProviderTimedOut(_)) => ReadError::Unavailable,
        Some(_) => ReadError::LoginRefused,
    }
}

fn in_chain<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref::<T>() {
            return Some(found);
        }
        cause = inner.source();
    }
    None
}

fn by_status(status: u16) -> ReadError {
    match status {
        // Not what such a service writes, under a status that says it is.
        200..=299 => ReadError::BadAnswer,
        429 => ReadError::RateLimited { after: None },
        500..=599 => ReadError::Unavailable,
        _ => UNKNOWN,
    }
}

/// What an error code of Secrets Manager, Parameter Store or STS means, for a call or for one secret of a batch.
pub(super) fn by_code(code: &str, message: &str) -> ReadError {
    match code {
        // The last one is what says of tags that there is nothing that could have any.
        "ResourceNotFoundException" | "ParameterNotFound" | "ParameterVersionNotFound" | "InvalidResourceId" => {
            ReadError::Absent(Absence::NotFound)
        }
        // AWS documents the first, emulators and older regions answer the second.
        "InvalidRequestException" | "InvalidParameterException" if is_deletion(message) => ReadError::Absent(Absence::Deleted),
        "InvalidRequestException"
        | "InvalidParameterException"
        | "ValidationException"
        | "ValidationError"
        | "InvalidFilterKey"
        | "InvalidFilterOption"
        | "InvalidFilterValue" => REFUSED_INPUT,
        // The last two speak of the key that the value is encrypted with.
        "AccessDeniedException" | "AccessDenied" | "DecryptionFailure" | "InvalidKeyId" => ReadError::Denied,
        "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" | "LimitExceededException" => {
            ReadError::RateLimited { after: None }
        }
        "ExpiredToken"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "AuthFailure"
        | "OptInRequired"
        | "InvalidIdentityToken"
        | "InvalidIdentityTokenException"
        | "IDPRejectedClaim"
        | "IDPRejectedClaimException"
        | "RegionDisabledException"
        | "PackedPolicyTooLarge"
        | "PackedPolicyTooLargeException"
        | "RequestExpired" => ReadError::LoginRefused,
        "InternalServiceError"
        | "InternalServiceErrorException"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "InternalServerError"
        | "IDPCommunicationError"
        | "IDPCommunicationErrorException"
        | "InternalError" => ReadError::Unavailable,
        _ => UNKNOWN,
    }
}

fn is_deletion(message: &str) -> bool {
    ["marked for deletion", "marked deleted", "scheduled for deletion"].iter().any(|phrase| message.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("ResourceNotFoundException", "", ReadError::Absent(Absence::NotFound))]
    #[case(
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.",
        ReadError::Absent(Absence::Deleted)
    )]
    #[case("InvalidParameterException", "it was marked for deletion.", ReadError::Absent(Absence::Deleted))]
    #[case("InvalidRequestException", "a secret that's currently marked deleted.", ReadError::Absent(Absence::Deleted))]
    #[case("InvalidRequestException", "canary", REFUSED_INPUT)]
    #[case("ValidationException", "", REFUSED_INPUT)]
    #[case("AccessDeniedException", "", ReadError::Denied)]
    #[case("DecryptionFailure", "", ReadError::Denied)]
    #[case("ThrottlingException", "", ReadError::RateLimited { after: None })]
    #[case("ExpiredTokenException", "", ReadError::LoginRefused)]
    #[case("UnrecognizedClientException", "", ReadError::LoginRefused)]
    #[case("InternalServiceError", "", ReadError::Unavailable)]
    #[case("ParameterNotFound", "", ReadError::Absent(Absence::NotFound))]
    #[case("ParameterVersionNotFound", "", ReadError::Absent(Absence::NotFound))]
    #[case("InvalidKeyId", "", ReadError::Denied)]
    #[case("InvalidIdentityToken", "canary", ReadError::LoginRefused)]
    #[case("IDPCommunicationError", "", ReadError::Unavailable)]
    #[case("canary", "canary", UNKNOWN)]
    fn codes(#[case] code: &str, #[case] message: &str, #[case] wanted: ReadError) {
        let found = by_code(code, message);
        assert_eq!(found, wanted);
        assert!(!format!("{found} {found:?}").contains("canary"));
    }

    #[rstest]
    #[case("ResourceExistsException", Some(PushError::Changed))]
    #[case("TooManyUpdates", Some(PushError::Changed))]
    #[case("EncryptionFailure", Some(PushError::Denied("use the key")))]
    #[case("UnsupportedParameterType", Some(REFUSED_CONTENT))]
    #[case("ParameterLimitExceeded", Some(QUOTA))]
    #[case("canary", None)]
    fn codes_of_writes(#[case] code: &str, #[case] wanted: Option<PushError>) {
        assert_eq!(written_by_code(code, "use the key"), wanted);
    }

    #[rstest]
    #[case(200, ReadError::BadAnswer)]
    #[case(429, ReadError::RateLimited { after: None })]
    #[case(503, ReadError::Unavailable)]
    #[case(302, UNKNOWN)]
    #[case(404, UNKNOWN)]
    fn statuses(#[case] status: u16, #[case] wanted: ReadError) {
        assert_eq!(by_status(status), wanted);
    }

    #[test]
    fn a_cause_is_found_below_others() {
        let wrapped = CredentialsError::provider_error(ReadError::Unavailable);
        assert_eq!(credentials(&wrapped), ReadError::Unavailable);
        assert_eq!(credentials(&CredentialsError::not_loaded("canary")), ReadError::LoginRefused);
        assert_eq!(credentials(&std::io::Error::other("canary")), ReadError::Unavailable);
    }
}
