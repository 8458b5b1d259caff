//! Patterns of paths: `*` and `?` within a segment, `**` for any number of segments.

/// Whether the pattern matches the whole path. Both use `/`.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<_> = pattern.split('/').collect();
    let path: Vec<_> = path.split('/').collect();
    wild(&pattern, &path, |part| *part == "**", |part, name| segment(part, name))
}

fn segment(pattern: &str, name: &str) -> bool {
    let pattern: Vec<_> = pattern.chars().collect();
    let name: Vec<_> = name.chars().collect();
    wild(&pattern, &name, |c| *c == '*', |expected, c| *expected == '?' || expected == c)
}

/// Greedy matching with one point of return, so that no pattern takes more than quadratic time.
fn wild<P, N>(pattern: &[P], name: &[N], is_star: impl Fn(&P) -> bool, fits: impl Fn(&P, &N) -> bool) -> bool {
    let (mut in_pattern, mut in_name) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(item) = name.get(in_name) {
        match pattern.get(in_pattern) {
            Some(part) if is_star(part) => {
                retry = Some((in_pattern, in_name));
                in_pattern += 1;
            }
            Some(part) if fits(part, item) => {
                in_pattern += 1;
                in_name += 1;
            }
            _ => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                in_pattern = star + 1;
                in_name = from + 1;
            }
        }
    }
    pattern.iter().skip(in_pattern).all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("**", "a/b.yaml", true)]
    #[case("**/*.yaml", "b.yaml", true)]
    #[case("**/*.yaml", "x/y/b.yaml", true)]
    #[case("overlays/prod/**", "overlays/prod/shop/a.yaml", true)]
    #[case("overlays/prod/**", "overlays/prod-eu/a.yaml", false)]
    #[case("overlays/*/a.yaml", "overlays/dev/a.yaml", true)]
    #[case("overlays/*/a.yaml", "overlays/dev/x/a.yaml", false)]
    #[case("*.yaml", "x/a.yaml", false)]
    #[case("a?c.yaml", "abc.yaml", true)]
    #[case("a*b*c", "aXbYbZc", true)]
    #[case("a*b*c", "aXbYbZ", false)]
    #[case("a/**/b", "a/b", true)]
    #[case("a/**/**/b", "a/x/y/z/b", true)]
    fn matching(#[case] pattern: &str, #[case] path: &str, #[case] expected: bool) {
        assert_eq!(matches(pattern, path), expected);
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        assert!(!matches(&format!("{}c", "a*".repeat(200)), &format!("{}b", "a".repeat(2_000))));
        assert!(!matches(&format!("{}x", "**/".repeat(200)), &"a/".repeat(200)));
        assert!(!matches(&format!("{}x", "**/a/".repeat(50)), &"a/".repeat(400)));
    }
}
