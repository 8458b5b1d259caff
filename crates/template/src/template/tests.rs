//! What holds of every template: it ends within its limits, says where it fails, and says nothing of its values.

use jiff::Timestamp;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::context::NoRandomness;
use crate::fault::Limit;

const CANARY: &str = "c4n4ry";

/// A clock that stands still, and randomness that counts.
struct Fixed;

impl Ports for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::constant(1_800_000_000, 0)
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.iter_mut().zip((0..=255).cycle()).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

fn render(text: &str) -> Result<String, TemplateError> {
    let values: SecretMap = [("secret", CANARY), ("user", "app")]
        .map(|(key, value)| (key.to_owned(), SecretBytes::new(value.into())))
        .into_iter()
        .collect();
    let rendered = Template::parse("config", text)?.render(&values, &Limits::default(), &Fixed)?;
    Ok(String::from_utf8_lossy(rendered.expose()).into_owned())
}

#[rstest]
#[case::until("{{ range until 1000000000 }}x{{ end }}", Limit::Steps)]
#[case::range("{{ range 1000000000 }}x{{ end }}", Limit::Steps)]
#[case::nested("{{ range until 900 }}{{ range until 900 }}{{ range until 900 }}{{ end }}{{ end }}{{ end }}", Limit::Steps)]
#[case::repeat("{{ repeat 1000000000 \"x\" }}", Limit::Work)]
#[case::sequence("{{ seq 1000000000 }}", Limit::Steps)]
#[case::indent("{{ indent 1000000000 \"x\" }}", Limit::Work)]
#[case::growing("{{ $x := \"xxxxxxxx\" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}", Limit::Work)]
#[case::lines("{{ $x := repeat 1000 \"\\n\" }}{{ range 100 }}{{ $x = indent 1000 $x }}{{ end }}", Limit::Work)]
#[case::replaced("{{ $x := repeat 20000 \"a\" }}{{ replace \"a\" $x $x }}", Limit::Work)]
#[case::output("{{ $x := repeat 1000000 \"x\" }}{{ range 10 }}{{ $x }}{{ end }}", Limit::Output)]
#[case::width("{{ range 10000 }}{{ printf \"%1000000d\" 1 }}{{ end }}", Limit::Output)]
#[case::recursion("{{ define \"r\" }}{{ template \"r\" . }}{{ end }}{{ template \"r\" . }}", Limit::Depth)]
#[case::itself("{{ template \"config\" . }}", Limit::Depth)]
#[case::shared("{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}", Limit::Steps)]
#[case::shared_json("{{ $x := dict }}{{ range 60 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ toJson $x }}", Limit::Steps)]
#[case::deep("{{ $x := list }}{{ range 200000 }}{{ $x = list $x }}{{ end }}{{ $x }}", Limit::Depth)]
#[case::cycle("{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ $d }}", Limit::Depth)]
#[case::concatenated("{{ $x := until 1000 }}{{ range 100 }}{{ $x = concat $x $x }}{{ end }}", Limit::Work)]
#[case::random("{{ randAlpha 1000000000 }}", Limit::Steps)]
#[case::bytes("{{ randBytes 1000000000 }}", Limit::Work)]
#[case::hashes("{{ range 1000 }}{{ bcrypt \"x\" }}{{ end }}", Limit::Costly)]
#[case::patterns("{{ range until 1000 }}{{ regexMatch (print .) \"x\" }}{{ end }}", Limit::Costly)]
#[case::aliases(
    "{{ $y := \"a0: &a0 [x]\\n\" }}{{ range until 30 }}{{ $y = printf \"%sa%d: &a%d [*a%d, *a%d]\\n\" $y (add . 1) (add . 1) . . }}{{ end }}{{ fromYaml $y }}",
    Limit::Work
)]
fn a_bomb_ends_at_its_limit(#[case] text: &str, #[case] expected: Limit) {
    match render(text) {
        Err(TemplateError::Limit { limit, .. }) => assert_eq!(limit, expected),
        other => panic!("{:?}", other.map(|text| text.len())),
    }
}

#[rstest]
#[case::parentheses("(".repeat(100_000))]
#[case::blocks("{{ if true }}".repeat(100_000))]
#[case::alternatives(format!("{{{{ if true }}}}{}", "{{ else if true }}".repeat(100_000)))]
#[case::definitions("{{ define \"x\" }}".repeat(10_000))]
fn a_deep_text_is_refused(#[case] text: String) {
    let text = if text.starts_with('(') { format!("{{{{ {text}") } else { text };
    assert!(matches!(render(&text), Err(TemplateError::Syntax { .. })));
}

#[test]
fn what_is_deepest_still_runs() {
    let text = format!("{}x{}", "{{ if true }}".repeat(60), "{{ end }}".repeat(60));
    assert_eq!(render(&text), Ok("x".into()));
    let text = format!("{{{{ {}1{} }}}}", "(".repeat(60), ")".repeat(60));
    assert_eq!(render(&text), Ok("1".into()));
}

#[test]
fn deep_values_are_dropped_without_recursion() {
    assert_eq!(render("{{ $x := list }}{{ range 200000 }}{{ $x = list $x }}{{ end }}"), Ok(String::new()));
    let chained =
        "{{ $d := dict }}{{ $head := $d }}{{ range 50000 }}{{ $n := dict }}{{ $_ := set $d \"n\" $n }}{{ $d = $n }}{{ end }}";
    assert_eq!(render(chained), Ok(String::new()));
}

#[rstest]
#[case("\n{{ upper 3 }}", "template config, line 2: an argument is no string; correct the template")]
#[case("{{ .user }}\n\n{{ .nobody }}", "line 3: there is no value nobody; add it")]
#[case("{{ .secret | mustFromJson }}", "line 1: mustFromJson failed: its input is no JSON; look at")]
#[case("{{ nosuch }}", "line 1: there is no function nosuch; correct")]
#[case("{{ env \"HOME\" }}", "there is no function env, since a template reads nothing but its values; correct")]
#[case("{{ fail .secret }}", "fail failed: the template says so")]
#[case("a\n{{ if }}", "line 2: if has no value; correct")]
#[case("{{ trunc (add 1 2) .user }}", "an argument is of type int64 where int is needed")]
fn an_error_says_where_and_why(#[case] text: &str, #[case] expected: &str) {
    let message = render(text).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
}

#[rstest]
fn no_error_holds_a_value(
    #[values(
        "mustFromJson .secret",
        "mustToDate \"2006\" .secret",
        "index (list) .secret",
        "regexFind (print \"(\" .secret) .secret",
        "semver .secret",
        "semverCompare .secret .secret",
        "urlParse (print \"%zz\" .secret)",
        "filterPEM .secret .secret",
        "certSANs .secret",
        "rsaDecrypt .secret .secret .secret .secret",
        "jwkPrivateKeyPem .secret",
        "decryptAES .secret .secret",
        "genCAWithKey .secret 1 .secret",
        "buildCustomCert .secret .secret",
        "fail .secret",
        "printf .secret | int | trunc 1 2",
        "dig .secret 1 .secret",
        "urlJoin (dict \"host\" 1 .secret .secret)",
        "genSelfSignedCert .secret (list .secret) nil 1",
        "first .secret",
        "lt .secret 1",
        "slice (list 1 .secret) 0 9",
        "mustDateModify .secret now",
        "template .secret",
        "(dict .secret 1).nothing",
        ".secret.nothing",
        "call .secret",
        "range .secret"
    )]
    expression: &str,
) {
    let error = render(&format!("{{{{ {expression} }}}}")).map_err(|error| format!("{error} {error:?}"));
    let message = error.expect_err(expression);
    assert!(!message.contains(CANARY), "{message}");
}

#[test]
fn what_differs_at_every_run_is_named() {
    let template =
        Template::parse("t", "{{ if false }}{{ randAlpha 5 }}{{ end }}{{ now | date \"2006\" }}{{ .user | upper }}").unwrap();
    assert_eq!(template.volatile_functions().collect::<Vec<_>>(), ["date", "now", "randAlpha"]);
    assert!(!Template::parse("t", "{{ .user | sha256sum }}").unwrap().is_volatile());
}

#[test]
fn clock_and_randomness_come_from_the_ports() {
    let text = "{{ now | unixEpoch }} {{ randAlpha 4 }} {{ uuidv4 }} {{ randBytes 3 }}";
    assert_eq!(render(text), render(text));
    assert!(render(text).unwrap().starts_with("1800000000 "));
}

#[test]
fn a_key_is_rewritten_without_missing_values() {
    let template = Template::parse("rewrite", "{{ .value | upper | replace \"-\" \"_\" }}{{ .nothing }}").unwrap();
    let key = template.render_key("a-b", &Limits::default(), &Fixed).unwrap();
    assert_eq!(key.expose(), b"A_B<no value>");
}

proptest! {
    #[test]
    fn bytes_pass_through_unharmed(bytes: Vec<u8>) {
        let values: SecretMap = [("x".to_owned(), SecretBytes::new(bytes.clone()))].into_iter().collect();
        let template = Template::parse("t", "{{ .x | b64enc | b64dec | b32enc | b32dec }}").unwrap();
        let rendered = template.render(&values, &Limits::default(), &Fixed).unwrap();
        prop_assert_eq!(rendered.expose(), bytes.as_slice());
    }

    #[test]
    fn any_text_ends(text in "[ -~\\n]{0,60}|(\\{\\{[-a-z.$0-9\"|() ]{0,20}\\}\\}){0,4}") {
        std::hint::black_box(render(&text).is_ok());
    }
}
