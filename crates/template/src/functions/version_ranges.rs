//! Constraints on versions: `^1.2 || >=2.0, <3`, with `x` for any number, as Masterminds/semver takes them.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use super::versions::Version;

const VERSION: &str = r"v?(?:[0-9xX|*]+)(?:\.[0-9xX|*]+)?(?:\.[0-9xX|*]+)?(?:-(?:[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+(?:[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?";
const OPERATOR: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

struct Patterns {
    range: Regex,
    whole: Regex,
    each: Regex,
    one: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let blank = r"[\t\n\x0C\r ]";
    let constraint = format!("(?:{OPERATOR}){blank}*(?:{VERSION})");
    Some(Patterns {
        range: Regex::new(&format!("{blank}*({VERSION}){blank}+-{blank}+({VERSION}){blank}*")).ok()?,
        whole: Regex::new(&format!("^(?:{blank}*{constraint}{blank}*)(?:(?:{blank}+|,{blank}*){constraint}{blank}*)*$")).ok()?,
        each: Regex::new(&constraint).ok()?,
        one: Regex::new(&format!(
            r"^{blank}*({OPERATOR}){blank}*v?([0-9xX|*]+)(?:\.([0-9xX|*]+))?(?:\.([0-9xX|*]+))?(-[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?(?:\+[0-9A-Za-z\-.]+)?{blank}*$"
        ))
        .ok()?,
    })
});

/// One comparison.
struct Comparison {
    operator: String,
    version: Version,
    /// The major, minor or patch number is any.
    any_major: bool,
    any_minor: bool,
    any_patch: bool,
}

/// Alternatives, each of several comparisons that must all hold.
pub(super) struct Constraint(Vec<Vec<Comparison>>);

pub(super) fn parse(text: &str) -> Option<Constraint> {
    let patterns = PATTERNS.as_ref()?;
    let mut rewritten = text.to_owned();
    for range in patterns.range.captures_iter(text) {
        let [whole, from, to] = [0, 1, 2].map(|group| range.get(group).map(|found| found.as_str()).unwrap_or_default());
        rewritten = rewritten.replacen(whole, &format!(">= {from}, <= {to} "), 1);
    }
    let alternatives = rewritten.split("||").map(|alternative| {
        if !patterns.whole.is_match(alternative) {
            return None;
        }
        patterns.each.find_iter(alternative).map(|found| comparison(&patterns.one, found.as_str())).collect()
    });
    alternatives.collect::<Option<Vec<_>>>().map(Constraint)
}

fn is_any(number: &str) -> bool {
    matches!(number, "" | "x" | "X" | "*")
}

fn comparison(pattern: &Regex, text: &str) -> Option<Comparison> {
    let found = pattern.captures(text)?;
    let [operator, major, minor, patch, prerelease] =
        [1, 2, 3, 4, 5].map(|group| found.get(group).map(|found| found.as_str()).unwrap_or_default());
    let any_major = is_any(major);
    let any_minor = !any_major && is_any(minor);
    let any_patch = !any_major && !any_minor && is_any(patch);
    let version = if any_major {
        format!("0.0.0{prerelease}")
    } else if any_minor {
        format!("{major}.0.0{prerelease}")
    } else if any_patch {
        format!("{major}.{minor}.0{prerelease}")
    } else {
        format!("{major}.{minor}.{patch}{prerelease}")
    };
    let version = Version::parse(version.as_bytes())?;
    Some(Comparison { operator: operator.to_owned(), version, any_major, any_minor, any_patch })
}

impl Constraint {
    pub(super) fn admits(&self, version: &Version) -> bool {
        self.0.iter().any(|all| all.iter().all(|comparison| comparison.admits(version)))
    }
}

impl Comparison {
    fn is_inexact(&self) -> bool {
        self.any_major || self.any_minor || self.any_patch
    }

    fn admits(&self, version: &Version) -> bool {
        let is_exact = matches!(self.operator.as_str(), "" | "=" | "!=") && !self.is_inexact();
        if !version.prerelease.is_empty() && self.version.prerelease.is_empty() && !is_exact {
            return false;
        }
        match self.operator.as_str() {
            "" | "=" if self.is_inexact() => self.tilde(version),
            "" | "=" => version.order(&self.version) == Ordering::Equal,
            "!=" => self.differs(version),
            ">" => self.is_less_than(version),
            "<" => version.order(&self.version) == Ordering::Less,
            ">=" | "=>" => version.order(&self.version) != Ordering::Less,
            "<=" | "=<" => self.reaches(version),
            "~" | "~>" => self.tilde(version),
            _ => self.caret(version),
        }
    }

    fn differs(&self, version: &Version) -> bool {
        let ([major, minor, patch], [other_major, other_minor, other_patch]) = (self.version.numbers, version.numbers);
        if self.is_inexact() {
            if major != other_major {
                return true;
            }
            if minor != other_minor && !self.any_minor {
                return true;
            }
            if self.any_minor {
                return false;
            }
            if patch != other_patch && !self.any_patch {
                return true;
            }
            if self.any_patch {
                return version.prerelease != self.version.prerelease;
            }
        }
        version.order(&self.version) != Ordering::Equal
    }

    fn is_less_than(&self, version: &Version) -> bool {
        let ([major, minor, _], [other_major, other_minor, _]) = (self.version.numbers, version.numbers);
        if !self.is_inexact() {
            return version.order(&self.version) == Ordering::Greater;
        }
        match other_major.cmp(&major) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal if self.any_minor => false,
            Ordering::Equal if self.any_patch => other_minor > minor,
            Ordering::Equal => version.order(&self.version) == Ordering::Greater,
        }
    }

    fn reaches(&self, version: &Version) -> bool {
        let ([major, minor, _], [other_major, other_minor, _]) = (self.version.numbers, version.numbers);
        if !self.is_inexact() {
            return version.order(&self.version) != Ordering::Greater;
        }
        if other_major > major {
            return false;
        }
        !(other_major == major && other_minor > minor && !self.any_minor)
    }

    fn tilde(&self, version: &Version) -> bool {
        let ([major, minor, patch], [other_major, other_minor, _]) = (self.version.numbers, version.numbers);
        if version.order(&self.version) == Ordering::Less {
            return false;
        }
        let is_zero = major == 0 && minor == 0 && patch == 0;
        if is_zero && !self.any_minor && !self.any_patch {
            return true;
        }
        major == other_major && (minor == other_minor || self.any_minor)
    }

    fn caret(&self, version: &Version) -> bool {
        let ([major, minor, patch], [other_major, other_minor, other_patch]) = (self.version.numbers, version.numbers);
        if version.order(&self.version) == Ordering::Less {
            return false;
        }
        if major > 0 || self.any_minor {
            return other_major == major;
        }
        if other_major > 0 {
            return false;
        }
        if minor > 0 || self.any_patch {
            return other_minor == minor;
        }
        other_minor == 0 && patch == other_patch
    }
}
