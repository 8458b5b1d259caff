//! AWS as moto serves it: Secrets Manager, Parameter Store, STS and IAM in one process. It keeps everything in memory, so what
//! one test stores it must name apart from every other's.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_ssm::types::ParameterType;
use sealbridge_xtask::parts::Part;
use tokio::sync::OnceCell;

use crate::pki::install_crypto;
use crate::process::{Process, Program};
use crate::recorder::Recorder;
use crate::run::unique;
use crate::wait::eventually;
use crate::{ports, provided};

/// The region of everything here.
const REGION: &str = "eu-central-1";

/// The AWS services.
pub struct Moto {
    process: Process,
    url: String,
}

impl Moto {
    /// The services that the scenarios of this process share. They may not be stopped.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Moto> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::start("shared-moto".into())).await
    }

    /// Services of one's own, which may be killed; they forget everything then.
    pub async fn private() -> Self {
        Self::start(unique("moto")).await
    }

    async fn start(name: String) -> Self {
        install_crypto();
        let [executable] = provided::executables([Part::Moto]).await;
        let port = ports::free();
        let process = Program::new(name, executable).args(["-H", "127.0.0.1", "-p"]).arg(port.to_string()).start();
        let moto = Self { process, url: format!("http://127.0.0.1:{port}") };
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        eventually(Duration::from_secs(90), "moto answers", async || {
            let answer = client.get(format!("{}/moto-api/", moto.url)).send().await;
            answer.and_then(reqwest::Response::error_for_status).map_err(|error| format!("{error}; {}", moto.process.describe()))
        })
        .await;
        moto
    }

    /// Ends the services at once (SIGKILL).
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Where they listen.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The region in which the secrets are.
    pub fn region(&self) -> &'static str {
        REGION
    }

    /// A server in front that counts this test's requests and connections.
    pub async fn recorded(&self) -> Recorder {
        Recorder::proxy(&self.url).await
    }

    /// A Secrets Manager client with the harness's own login.
    pub fn secrets_manager(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new("harness", "harness", None, None, "harness"))
            .endpoint_url(&self.url)
            .build();
        Client::from_conf(config)
    }

    /// A Parameter Store client with the harness's own login.
    pub fn parameter_store(&self) -> aws_sdk_ssm::Client {
        let config = aws_sdk_ssm::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new("harness", "harness", None, None, "harness"))
            .endpoint_url(&self.url)
            .build();
        aws_sdk_ssm::Client::from_conf(config)
    }

    /// Stores an encrypted parameter, as a new version of one that is known; returns the version.
    pub async fn put_parameter(&self, name: &str, text: &str) -> i64 {
        let request = self.parameter_store().put_parameter().name(name).value(text).overwrite(true);
        request.r#type(ParameterType::SecureString).send().await.expect("stored").version
    }

    /// Stores a text under a new name, or as a new current version under a known one; returns the version id.
    pub async fn put(&self, name: &str, text: &str) -> String {
        let client = self.secrets_manager();
        let created = client.create_secret().name(name).secret_string(text).send().await;
        let id = match created {
            Ok(created) => created.version_id,
            Err(error) => {
                let known = error
                    .as_service_error()
                    .is_some_and(aws_sdk_secretsmanager::operation::create_secret::CreateSecretError::is_resource_exists_exception);
                assert!(known, "{name} cannot be stored: {error:?}");
                client.put_secret_value().secret_id(name).secret_string(text).send().await.expect("a new version").version_id
            }
        };
        id.expect("the id of the version")
    }
}
