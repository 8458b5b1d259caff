//! The names of values that a template may read. Pure.

use std::collections::BTreeSet;

use crate::syntax::{Body, Branch, Command, Node, Pipe, Term, TermKind, Tree};

/// First names of all fields, and texts by which the root is indexed. Inside of `with` and `range` a field may be one of
/// something else, so that there can be more names than values.
pub(crate) fn names(tree: &Tree) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    of_body(&tree.main, &mut names);
    tree.named.values().for_each(|body| of_body(body, &mut names));
    names
}

fn of_body(body: &Body, names: &mut BTreeSet<String>) {
    for node in body {
        match node {
            Node::Action(pipe) => of_pipe(pipe, names),
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => of_branch(branch, names),
            Node::Template(call) => call.pipe.iter().for_each(|pipe| of_pipe(pipe, names)),
            Node::Text(_) | Node::Break | Node::Continue => {}
        }
    }
}

fn of_branch(branch: &Branch, names: &mut BTreeSet<String>) {
    of_pipe(&branch.pipe, names);
    of_body(&branch.body, names);
    of_body(&branch.otherwise, names);
}

fn of_pipe(pipe: &Pipe, names: &mut BTreeSet<String>) {
    pipe.commands.iter().for_each(|command| of_command(command, names));
}

fn of_command(command: &Command, names: &mut BTreeSet<String>) {
    of_term(&command.first, names);
    command.arguments.iter().for_each(|term| of_term(term, names));
    if let (TermKind::Function(function), [root, key, ..]) = (&command.first.kind, command.arguments.as_slice())
        && function.name == "index"
        && is_root(root)
        && let TermKind::Text(key) = &key.kind
    {
        names.insert(String::from_utf8_lossy(key.bytes()).into_owned());
    }
}

fn is_root(term: &Term) -> bool {
    match &term.kind {
        TermKind::Dot => true,
        TermKind::Variable(name, fields) => name == ROOT && fields.is_empty(),
        _ => false,
    }
}

/// The variable that always is the root.
const ROOT: &str = "$";

fn of_term(term: &Term, names: &mut BTreeSet<String>) {
    match &term.kind {
        TermKind::Field(fields) => names.extend(fields.first().cloned()),
        TermKind::Variable(name, fields) if name == ROOT => names.extend(fields.first().cloned()),
        TermKind::Chain(inner, _) => of_term(inner, names),
        TermKind::Pipe(pipe) => of_pipe(pipe, names),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("no action", "")]
    #[case("{{ .user }}:{{ .password | b64enc }}", "password user")]
    #[case(r#"{{ index . "a-b" }}{{ index $ "c" }}"#, "a-b c")]
    #[case("{{ if .a }}{{ with .b }}{{ $.c }}{{ end }}{{ else }}{{ .d.e }}{{ end }}", "a b c d")]
    #[case(r#"{{ printf "%s" (.a | upper) }}{{ (fromJson .b).c }}"#, "a b")]
    #[case(r#"{{ define "x" }}{{ .a }}{{ end }}{{ template "x" . }}"#, "a")]
    #[case("{{ $v := .a }}{{ $v }}{{ range $i, $e := .b }}{{ $e }}{{ end }}", "a b")]
    fn what_is_read(#[case] text: &str, #[case] expected: &str) {
        let template = crate::Template::parse("t", text).expect("a template");
        assert_eq!(template.field_names().into_iter().collect::<Vec<_>>().join(" "), expected);
    }
}
