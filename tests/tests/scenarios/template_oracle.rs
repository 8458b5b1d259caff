//! Templates against Go itself: a large generated table is rendered by both, and every byte must be the same, or both
//! must fail. `SEALBRIDGE_SEED` draws the same table again.

use std::collections::BTreeMap;

use proptest::prelude::any;
use sealbridge_secret::{SecretBytes, SecretMap};
use sealbridge_template::{Limits, System, Template, function_names};
use sealbridge_tests::{Question, TemplateOracle};

use crate::dice::Dice;
use crate::template_cases::{SIGNATURES, pool};
use crate::template_fixed::FIXED;

/// How many argument lists a function is tried with, where there are more.
const MOST_PER_FUNCTION: usize = 36;

/// What is not as in Go: parts that stand in the template, all of them, and the reason.
const DEVIATIONS: &[(&[&str], &str)] = &[
    (&["%#v", "toDate"], "it prints Go's code for a time"),
    (&["%#v", "semver"], "it prints Go's code for a version, or its address"),
    (&["%#v", "unset nil"], "nil given for a map is an empty map here"),
    (&["%#v", "erge", " nil nil"], "nil given for a map is an empty map here"),
    (&["toJson", "unset nil"], "nil given for a map is an empty map here"),
    (&["toJson", "erge", " nil nil"], "nil given for a map is an empty map here"),
    (&["toYaml", "u0085"], "a line break that only Unicode knows is escaped, and not lost as in Go"),
    (&["deepCopy", "semver"], "sprig's copy of a version is 0.0.0"),
    (&["{{1i}}"], "there are no complex numbers"),
    (&["%x\" 5 -3 3.5"], "a float has no hexadecimal form"),
];

fn values() -> BTreeMap<String, Vec<u8>> {
    let entries: [(&str, &[u8]); 12] = [
        ("user", b"app"),
        ("empty", b""),
        ("bytes", b"\xff\xfe\x00a\x80b\xc3"),
        ("uni", "Grüße, ✓ 世界 ǆ İ".as_bytes()),
        ("lines", b"one\ntwo\r\n\n  three\t\n"),
        ("json", br#"{"a":[1,2.5,"x<y",null,true],"b":{"c":"d"},"n":12345678901234567890}"#),
        ("yaml", b"a: 1\nb: [x, yes, 0o7, 1.5]\nc:\n  d: ~\n"),
        ("list", b"b,a,c,a,,B"),
        ("num", b"42"),
        ("b64", b"aGVsbG8gd29ybGQ="),
        ("html", br#"<a href='x'>"Tom & Jerry"</a>"#),
        ("date", b"2024-02-29T12:34:56.789Z"),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
}

fn question(template: String) -> Question {
    Question { template, values: values(), lenient: false }
}

fn rendered(question: &Question) -> Result<Vec<u8>, String> {
    let template = Template::parse("t", &question.template).map_err(|error| error.to_string())?;
    let values: SecretMap = question.values.iter().map(|(name, value)| (name.clone(), SecretBytes::new(value.clone()))).collect();
    let result = template.render(&values, &Limits::default(), &System).map_err(|error| error.to_string())?;
    Ok(result.expose().to_vec())
}

/// All combinations of the arguments of a signature, or as many as are wanted, drawn.
fn calls(dice: &mut Dice, function: &str, signature: &str) -> Vec<String> {
    let pools: Vec<&[&str]> = signature.chars().map(pool).collect();
    let all: usize = pools.iter().map(|pool| pool.len()).product();
    let numbers: Vec<usize> =
        if all <= MOST_PER_FUNCTION { (0..all).collect() } else { (0..MOST_PER_FUNCTION).map(|_| dice.draw(&(0..all))).collect() };
    let call = |mut number: usize| {
        let mut call = function.to_owned();
        for pool in &pools {
            call.push(' ');
            call.push_str(pool[number % pool.len()]);
            number /= pool.len();
        }
        call
    };
    numbers.into_iter().map(call).collect()
}

fn table(dice: &mut Dice) -> Vec<String> {
    let mut templates: Vec<String> = FIXED.iter().map(|template| (*template).to_owned()).collect();
    for (functions, signatures) in SIGNATURES {
        for function in *functions {
            for signature in *signatures {
                for call in calls(dice, function, signature) {
                    let tail = match dice.draw(&any::<u8>()) % 6 {
                        0 => " | toJson",
                        1 => " | typeOf",
                        2 => " | printf \"%v|%q\" 1",
                        3 => " | printf \"%#v\"",
                        _ => "",
                    };
                    templates.push(format!("{{{{ {call}{tail} }}}}"));
                }
            }
        }
    }
    templates.sort();
    templates.dedup();
    templates
}

/// Compares both; what differs is told in one message.
async fn compare(seed: u64, templates: Vec<String>) {
    let questions: Vec<Question> = templates.into_iter().map(question).collect();
    let answers = TemplateOracle::ask(&questions).await;
    let mut differing = Vec::new();
    let mut failing = 0;
    for (question, expected) in questions.iter().zip(&answers) {
        if DEVIATIONS.iter().any(|(parts, _)| parts.iter().all(|part| question.template.contains(part))) {
            continue;
        }
        let found = rendered(question);
        failing += usize::from(found.is_err());
        let is_same = match (expected, &found) {
            (Ok(expected), Ok(found)) => expected == found,
            (expected, found) => expected.is_err() && found.is_err(),
        };
        if !is_same {
            let show = |result: &Result<Vec<u8>, String>| match result {
                Ok(bytes) => format!("{:?}", bytes.escape_ascii().to_string()),
                Err(reason) => format!("fails: {reason}"),
            };
            differing.push(format!("{}\n    Go:  {}\n    we:  {}", question.template, show(expected), show(&found)));
        }
    }
    let count = differing.len();
    let shown = differing.iter().take(400).cloned().collect::<Vec<_>>().join("\n");
    assert!(differing.is_empty(), "seed {seed}: {count} of {} differ:\n{shown}", questions.len());
    assert!(failing * 2 < questions.len(), "seed {seed}: {failing} of {} fail in both", questions.len());
}

#[tokio::test]
async fn a_large_table_renders_to_the_bytes_of_go() {
    let mut dice = Dice::new();
    let templates = table(&mut dice);
    assert!(templates.len() >= 2000, "{} expressions", templates.len());
    compare(dice.seed, templates).await;
}

/// What actions are made of.
const TOKENS: [&str; 44] = [
    "{{",
    "}}",
    "{{",
    "}}",
    "{{",
    "}}",
    "{{ ",
    " }}",
    "{{- ",
    " -}}",
    "{{if .user}}",
    "{{end}}",
    "{{end}}",
    "{{else}}",
    "{{range list 1 2}}",
    "{{with .user}}",
    "{{define \"d\"}}",
    "{{template \"d\" .}}",
    "{{$x := 1}}",
    "{{$x}}",
    "{{/*",
    "*/}}",
    " text ",
    "\n",
    ".",
    ".user",
    ".user.x",
    "$",
    "$x",
    ":=",
    "=",
    "|",
    "(",
    ")",
    " ",
    " ",
    "print",
    "1",
    "-2.5",
    "\"a\"",
    "`b`",
    "'c'",
    "nil",
    ",",
];

#[tokio::test]
async fn any_text_is_a_template_here_where_it_is_one_in_go() {
    let mut dice = Dice::new();
    let texts = (0..4000).map(|_| {
        let count = dice.draw(&(1_usize..12));
        (0..count).map(|_| TOKENS[dice.draw(&(0..TOKENS.len()))]).collect::<String>()
    });
    let texts: Vec<String> = texts.collect();
    let questions: Vec<Question> = texts.into_iter().map(question).collect();
    for (question, expected) in questions.iter().zip(TemplateOracle::ask(&questions).await) {
        let found = rendered(question);
        let is_same = found.as_ref().ok() == expected.as_ref().ok();
        assert!(is_same, "seed {}: {:?}: Go {expected:?}, we {found:?}", dice.seed, question.template);
    }
}

/// What formats are made of, and what they are given. A float has no hexadecimal or binary form here, so that none is
/// given where the format asks for one.
const FORMATS: [&[&str]; 6] = [
    &["", "", "#", "0", "+", "-", " ", "+0", "-#", "[2]"],
    &["", "", "1", "6", "12", "*"],
    &["", "", ".", ".0", ".2", ".5", ".*"],
    &["v", "d", "s", "q", "x", "X", "o", "O", "b", "c", "U", "t", "T", "f", "F", "e", "E", "g", "G", "%", "z", ""],
    &["", "|", "x%", "%[1]v"],
    &[
        "42",
        "-7",
        "0",
        "1114112",
        "\"a\"",
        ".uni",
        ".bytes",
        "\"\"",
        "true",
        "nil",
        "(list 1 \"b\" nil)",
        "(dict \"k\" -1)",
        "(int64 5)",
        "2.5",
        "-1e21",
        "0.0",
    ],
];

#[tokio::test]
async fn formats_print_as_in_go() {
    let mut dice = Dice::new();
    let mut draw = |part: usize| FORMATS[part][dice.draw(&(0..FORMATS[part].len()))];
    let mut questions = Vec::new();
    for _ in 0..4000 {
        let (flag, width, precision, verb, tail) = (draw(0), draw(1), draw(2), draw(3), draw(4));
        let arguments = [draw(5), draw(5), draw(5)];
        let has_float = arguments
            .iter()
            .any(|argument| argument.contains('.') && argument.starts_with(['-', '0', '2']) || *argument == "-1e21");
        if !(has_float && (matches!(verb, "x" | "X" | "b") || (verb.is_empty() && tail == "x%"))) {
            let arguments = arguments.join(" ");
            questions.push(question(format!("{{{{ printf \"%{flag}{width}{precision}{verb}{tail}\" {arguments} }}}}")));
        }
    }
    let seed = dice.seed;
    let mut differing = Vec::new();
    for (question, expected) in questions.iter().zip(TemplateOracle::ask(&questions).await) {
        let found = rendered(question);
        if found.as_ref().ok() != expected.as_ref().ok() {
            let show = |result: &Result<Vec<u8>, String>| {
                result.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).map_err(Clone::clone)
            };
            differing.push(format!("{}\n    Go:  {:?}\n    we:  {:?}", question.template, show(&expected), show(&found)));
        }
    }
    assert!(differing.is_empty(), "seed {seed}: {} of {} differ:\n{}", differing.len(), questions.len(), differing.join("\n"));
}

#[tokio::test]
async fn a_rewritten_key_is_as_in_go() {
    let templates = [
        "{{ .value }}",
        "{{ .nothing }}|{{ .nothing.more }}",
        "{{ .nothing | default \"x\" }}",
        "{{ .value | upper | trimPrefix \"A\" }}",
        "{{ index . \"nothing\" }}",
        "{{ upper .nothing }}",
        "{{ with .nothing }}a{{ else }}b{{ end }}",
        "{{ (dict).x }}",
        "{{ len .nothing }}",
    ];
    let question = |template: &&str| Question {
        template: (*template).to_owned(),
        values: BTreeMap::from([("value".to_owned(), b"a-b".to_vec())]),
        lenient: true,
    };
    let questions: Vec<Question> = templates.iter().map(question).collect();
    for (question, expected) in questions.iter().zip(TemplateOracle::ask(&questions).await) {
        let found =
            Template::parse("t", &question.template).and_then(|template| template.render_key("a-b", &Limits::default(), &System));
        let found = found.map(|rendered| rendered.expose().to_vec());
        assert_eq!(found.ok(), expected.ok(), "{}", question.template);
    }
}

#[test]
fn every_function_is_in_the_table_or_tested_by_its_shape() {
    let fixed = FIXED.join("\n") + include_str!("template_values.rs");
    let missing: Vec<&str> = function_names()
        .into_iter()
        .filter(|name| !SIGNATURES.iter().any(|(functions, _)| functions.contains(name)) && !fixed.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
