//! Go's own text/template with sprig, asked what comes of templates. It must never judge an answer.

use std::collections::BTreeMap;
use std::process::Stdio;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_xtask::parts::Part;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::provided;

/// One template and what it is rendered over.
#[derive(Clone, Debug)]
pub struct Question {
    /// The template.
    pub template: String,
    /// The entries of its root.
    pub values: BTreeMap<String, Vec<u8>>,
    /// Whether a missing entry is no value instead of an error.
    pub lenient: bool,
}

#[derive(Serialize)]
struct Asked<'q> {
    template: &'q str,
    values: BTreeMap<&'q str, String>,
    lenient: bool,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    output: String,
    #[serde(default)]
    failed: bool,
    #[serde(default)]
    reason: String,
}

/// The program.
pub struct TemplateOracle;

impl TemplateOracle {
    /// What Go renders, or why it fails.
    ///
    /// # Panics
    /// If the program does not answer.
    pub async fn ask(questions: &[Question]) -> Vec<Result<Vec<u8>, String>> {
        let [program] = provided::executables([Part::TemplateOracle]).await;
        let asked = questions.iter().map(|question| Asked {
            template: &question.template,
            values: question.values.iter().map(|(name, value)| (name.as_str(), BASE64_STANDARD.encode(value))).collect(),
            lenient: question.lenient,
        });
        let input = serde_json::to_vec(&asked.collect::<Vec<_>>()).expect("JSON");
        let mut child = Command::new(program)
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it runs");
        let mut stdin = child.stdin.take().expect("piped");
        let writing = tokio::spawn(async move { stdin.write_all(&input).await });
        let output = child.wait_with_output().await.expect("it ends");
        writing.await.expect("written").expect("it reads");
        assert!(output.status.success(), "template-oracle ended with {}", output.status);
        let answers: Vec<Answer> = serde_json::from_slice(&output.stdout).expect("answers");
        assert_eq!(answers.len(), questions.len(), "one answer each");
        let bytes = |text: &str| BASE64_STANDARD.decode(text).expect("base64");
        answers.iter().map(|answer| if answer.failed { Err(answer.reason.clone()) } else { Ok(bytes(&answer.output)) }).collect()
    }
}
