//! The operator's command line.
//!
//! Owns flags, their environment variables and defaults. Must never act.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use sealbridge_api::duration;
use sealbridge_manifest::{NotATargetKind, TargetKind};

use crate::logging;
use crate::target::ensure_kind_gives_no_rights;

/// The shortest lease: a renewal has to fit in well before its end.
const MIN_LEASE: Duration = Duration::from_secs(3);
/// The longest lease: for so long nobody leads when a leader is lost.
const MAX_LEASE: Duration = Duration::from_mins(10);

/// Keeps Kubernetes Secrets true to what BridgedSecrets in Git declare.
#[derive(Clone, Debug, Parser)]
#[command(name = "sealbridge-operator", version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// The operator's own namespace: of its keys, its lease and its recipients.
    #[arg(long, env = "POD_NAMESPACE")]
    pub namespace: String,

    /// Watch this namespace only; may be given several times. Without it all namespaces are watched.
    #[arg(long = "watch-namespace", value_name = "NAMESPACE", env = "WATCH_NAMESPACES", value_delimiter = ',')]
    pub watch_namespaces: Vec<String>,

    /// Where /healthz, /readyz and /metrics are served.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,

    /// Make a sealing key if the cluster has no key and nothing that was sealed to one.
    #[arg(long)]
    pub create_key: bool,

    /// Let ClusterSecretStores that name their namespaces use the operator's own identity.
    #[arg(long)]
    pub allow_ambient_identity: bool,

    /// Let generators of the kind Webhook ask servers at loopback addresses, as of a sidecar of the operator. Whoever may write
    /// such an object then reaches what listens there.
    #[arg(long)]
    pub allow_webhook_loopback: bool,

    /// Let templates make labels and annotations of BridgedSecrets' Secrets from values. Whoever may list Secrets' metadata,
    /// or is told of them by monitoring, sees these.
    #[arg(long)]
    pub allow_values_in_metadata: bool,

    /// Also serve objects of another controller's kind; may be given several times. Its CRD and role have to be
    /// there: deploy/dialects has them.
    #[arg(long = "dialect", value_name = "DIALECT", env = "DIALECTS", value_delimiter = ',')]
    pub dialects: Vec<Dialect>,

    /// Write objects of this kind too, where an object asks for it under spec.target.manifest; may be given several
    /// times. `ConfigMap`, or `<group>/<version>/<kind>`. Values in them are seen by everybody who may read the kind.
    #[arg(long = "target-kinds", value_name = "KIND", env = "TARGET_KINDS", value_delimiter = ',', value_parser = target_kind)]
    pub target_kinds: Vec<TargetKind>,

    /// Take over objects of a dialect that another controller answered, and those whose stores name no controller. Only
    /// where the other controller is gone.
    #[arg(long)]
    pub sole_operator: bool,

    /// The class by which stores of external-secrets.io name this operator under spec.controller.
    #[arg(long, value_name = "CLASS", env = "CONTROLLER_CLASS", default_value = "sealbridge")]
    pub controller_class: String,

    /// The Lease by which one of several operators leads.
    #[arg(long, value_name = "NAME", default_value = "sealbridge-operator")]
    pub lease_name: String,

    /// How long the lease holds after its last renewal, 3s to 10m.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = lease_duration)]
    pub lease_duration: Duration,

    /// As whom the lease is held; unique among the operators of one lease. Random by default.
    #[arg(long, value_name = "NAME", env = "POD_NAME")]
    pub identity: Option<String>,

    /// A kubeconfig file. Without it: the pod's ServiceAccount, else the kubeconfig that kubectl would use.
    #[arg(long, value_name = "PATH")]
    pub kubeconfig: Option<PathBuf>,

    /// How long changes of a workload's Secrets are gathered before it is restarted once for all.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration::parse)]
    pub rollout_window: Duration,

    /// What is logged, for example `info` or `sealbridge_operator=debug`.
    #[arg(long, value_name = "FILTER", env = "SEALBRIDGE_LOG", default_value = "info", value_parser = logging::check)]
    pub log: String,
}

/// Kinds of other controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// `SealedSecret` of `bitnami.com/v1alpha1`.
    SealedSecrets,
    /// `ExternalSecret`, `SecretStore` and `ClusterSecretStore` of `external-secrets.io/v1`.
    ExternalSecrets,
}

fn target_kind(text: &str) -> Result<TargetKind, String> {
    let kind: TargetKind = text.parse().map_err(|error: NotATargetKind| error.to_string())?;
    ensure_kind_gives_no_rights(&kind)?;
    Ok(kind)
}

fn lease_duration(text: &str) -> Result<Duration, String> {
    let parsed = duration::parse(text).map_err(|error| error.to_string())?;
    if (MIN_LEASE..=MAX_LEASE).contains(&parsed) {
        return Ok(parsed);
    }
    Err("a lease lasts 3s to 10m".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use rstest::rstest;

    use super::*;

    fn parse(more: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from(["operator", "--namespace", "sealbridge"].iter().chain(more))
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn defaults() {
        let args = parse(&[]).unwrap();
        assert_eq!(args.lease_duration, Duration::from_secs(15));
        assert_eq!(args.rollout_window, Duration::from_secs(2));
        assert_eq!(args.listen.port(), 8080);
        assert!(args.watch_namespaces.is_empty());
        assert!(!args.create_key && !args.allow_ambient_identity && !args.allow_values_in_metadata && !args.allow_webhook_loopback);
    }

    #[test]
    fn namespaces_may_be_repeated() {
        let args = parse(&["--watch-namespace", "a", "--watch-namespace", "b,c"]).unwrap();
        assert_eq!(args.watch_namespaces, ["a", "b", "c"]);
    }

    #[test]
    fn kinds_are_listed_and_none_that_gives_rights() {
        let args = parse(&["--target-kinds", "ConfigMap,argoproj.io/v1alpha1/Application"]).unwrap();
        let kinds: Vec<_> = args.target_kinds.iter().map(ToString::to_string).collect();
        assert_eq!(kinds, ["ConfigMap", "argoproj.io/v1alpha1/Application"]);
        assert!(parse(&[]).unwrap().target_kinds.is_empty());
        for refused in
            ["Secret", "v1/Secret", "configmaps", "rbac.authorization.k8s.io/v1/Role", "sealbridge.dev/v1/SecretStore", ""]
        {
            assert!(parse(&["--target-kinds", refused]).is_err(), "{refused}");
        }
    }

    #[rstest]
    #[case("2s")]
    #[case("11m")]
    #[case("soon")]
    fn leases_that_cannot_hold_are_refused(#[case] text: &str) {
        assert!(parse(&["--lease-duration", text]).is_err());
    }

    #[test]
    fn a_log_filter_is_checked_before_anything_starts() {
        assert!(parse(&["--log", "sealbridge_operator=loud"]).is_err());
        assert!(parse(&["--log", "warn,sealbridge_operator=trace"]).is_ok());
    }
}
