//! Credentials of a session, as STS hands them out to whoever asks for their own.

use std::time::{Duration, SystemTime};

use aws_sdk_sts::config::Region;
use sealbridge_secret::SecretBytes;

use super::classify;
use super::endpoint::Service;
use super::identity::{assume, own};
use super::role::RoleSession;
use super::sts::Sts;
use crate::generator::{Made, SessionToken};
use crate::{ReadError, Scope};

/// Asks STS once.
pub(crate) async fn session_token(asked: &SessionToken, scope: &dyn Scope) -> Result<Made, ReadError> {
    let endpoint = Service::Sts.endpoint(None).map_err(ReadError::Input)?;
    let sts = Sts::new(Region::new(asked.region.clone()), endpoint);
    let own = own(asked.secret_ref.as_ref(), None, &sts, scope).await.map_err(ReadError::Input)?;
    let identity = match &asked.role {
        Some(role) => assume(role, RoleSession::default(), own, &sts),
        None => own,
    };
    let request = sts
        .client(Some(identity))
        .get_session_token()
        .set_duration_seconds(asked.duration)
        .set_serial_number(asked.serial_number.clone())
        .set_token_code(asked.token_code.clone());
    let answer = request.send().await.map_err(|error| classify::failure(&error))?;
    let granted = answer.credentials.ok_or(ReadError::BadAnswer)?;
    let ends = u64::try_from(granted.expiration.secs()).map_err(|_| ReadError::BadAnswer)?;
    let entry = |name: &str, text: String| (name.to_owned(), SecretBytes::new(text.into_bytes()));
    let entries = vec![
        entry("access_key_id", granted.access_key_id),
        entry("expiration", ends.to_string()),
        entry("secret_access_key", granted.secret_access_key),
        entry("session_token", granted.session_token),
    ];
    Ok(Made { entries, life: left(ends), lease: None })
}

/// How long it is until a moment, in seconds since the Unix epoch.
pub(super) fn left(ends: u64) -> Option<Duration> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(ends).saturating_sub(now))
}
