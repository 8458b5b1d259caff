//! Scenarios on real parts, one file a subject, prefixed by kind: `harness_` shows that the parts and the
//! harness do what the other scenarios take for granted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a scenario fails by panicking, with the reason in the message"
)]

mod admission_manifests;
mod adopt_live;
mod age_vectors;
mod bad_inputs;
mod canary;
mod canary_search;
mod cli_age;
mod cli_backup;
mod cli_bad_input;
mod cli_copy;
mod cli_copy_dialects;
mod cli_diff;
mod cli_doors;
mod cli_edit;
mod cli_embedded;
mod cli_exec;
mod cli_exposure;
mod cli_git;
mod cli_identities;
mod cli_job;
mod cli_keys;
mod cli_peers;
mod cli_render;
mod cli_reseal;
mod cli_retire;
mod cli_sealed_secrets;
mod cli_sops;
mod cli_terminal;
mod cli_thousand;
mod cli_traced;
mod cli_verify;
mod conformance;
mod count_external_secrets;
mod count_rounds;
mod deletion_held;
mod deletion_policies;
mod demo_named_cluster;
mod deploy_argocd;
mod deploy_key_guard;
mod deploy_name_prefix;
mod deploy_operator_build;
mod deploy_overlays;
mod dice;
mod docs_runbooks;
mod docs_uninstall;
mod external_secrets;
mod external_secrets_refused;
mod external_secrets_windows;
mod faults_kill;
mod golden;
mod harness_bao;
mod harness_cluster;
mod harness_guard;
mod harness_moto;
mod harness_nodes;
mod harness_recorder;
mod harness_wait;
mod heal_edits;
mod hostile_store;
mod kubectl_status;
mod kubectl_uses;
mod kubectl_why;
mod leadership;
mod merge_shared;
mod migrate_eso;
mod page;
mod provider_aws;
mod provider_aws_identity;
mod provider_aws_search;
mod provider_fake;
mod provider_kubernetes;
mod provider_parameter_store;
mod provider_scope;
mod provider_vault_cloud;
mod provider_vault_logical;
mod provider_vault_login;
mod provider_vault_passwords;
mod provider_vault_read;
mod provider_vault_search;
mod provider_vault_server;
mod races;
mod repository;
mod rollout_workloads;
mod sealed_secrets;
mod sealed_secrets_handover;
mod sealed_secrets_refused;
mod sealed_values;
mod sealing;
mod sealing_keys;
mod sops_documents;
mod sops_interop;
mod stage;
mod store_changes;
mod store_identities;
mod store_limits;
mod sync_data_from;
mod sync_vault;
mod template_cases;
mod template_fixed;
mod template_oracle;
mod template_values;
