//! Flags that say which stores are asked, and as whom.

use clap::Args;

use super::read::Mode;

/// Which stores are asked, and as whom.
#[derive(Clone, Debug, Args)]
pub(crate) struct StoresArgs {
    /// Which stores are asked: fake (those whose values stand in the manifests) or live (all, with
    /// `VAULT_TOKEN` or `BAO_TOKEN` and the AWS default chain, or as the CI job that this is).
    #[arg(long = "stores", value_enum, value_name = "WHICH", default_value = "fake", hide_possible_values = true)]
    pub(crate) mode: Mode,
    #[cfg(feature = "stores")]
    #[command(flatten)]
    pub(crate) login: LoginArgs,
}

/// Where these flags stand in the help.
#[cfg(feature = "stores")]
const HEADING: &str = "Stores as a CI job";

/// Logins with the OIDC token of a CI job.
#[cfg(feature = "stores")]
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LoginArgs {
    /// Log in to Vault and OpenBao with the job's OIDC token, in this role.
    #[arg(long, value_name = "ROLE", env = "SEALBRIDGE_VAULT_ROLE", hide_env = true, help_heading = HEADING)]
    pub(crate) vault_role: Option<String>,
    /// Where that login method is mounted; jwt if nothing is said.
    #[arg(long, value_name = "PATH", env = "SEALBRIDGE_VAULT_AUTH_PATH", hide_env = true, help_heading = HEADING)]
    pub(crate) vault_auth_path: Option<String>,
    /// For whom the token is; the store's address if nothing is said.
    #[arg(long, value_name = "AUDIENCE", env = "SEALBRIDGE_VAULT_AUDIENCE", hide_env = true, help_heading = HEADING)]
    pub(crate) vault_audience: Option<String>,
    /// Read AWS in this role, taken with the job's OIDC token for sts.amazonaws.com.
    #[arg(long, value_name = "ARN", env = "SEALBRIDGE_AWS_ROLE", hide_env = true, help_heading = HEADING)]
    pub(crate) aws_role: Option<String>,
}
