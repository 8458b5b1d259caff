//! One line of the report: a figure, its goal, and what a reference gave. It must never hide a missed goal.

use std::fmt;

use crate::pairs::Pairs;

/// A measured figure.
pub(crate) struct Figure {
    name: &'static str,
    value: f64,
    unit: Unit,
    goal: Goal,
    beside: Option<Beside>,
}

struct Beside {
    name: &'static str,
    value: f64,
    ratio: f64,
}

/// What a figure is counted in.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// How many a second.
    PerSecond,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Mebibytes.
    Mebibytes,
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// The figure, or more.
    AtLeast(f64),
    /// The figure, or less.
    AtMost(f64),
    /// The figure divided by the reference, or less.
    RatioAtMost(f64),
    /// Told for comparison only.
    None,
}

impl Figure {
    /// A figure without a reference, as for memory, which no other program on the machine changes.
    pub(crate) fn alone(name: &'static str, value: f64, unit: Unit, goal: Goal) -> Self {
        Self { name, value, unit, goal, beside: None }
    }

    /// The medians of runs beside a reference.
    pub(crate) fn beside(name: &'static str, reference: &'static str, pairs: &Pairs, unit: Unit, goal: Goal) -> Self {
        let beside = Beside { name: reference, value: pairs.reference(), ratio: pairs.ratio() };
        Self { name, value: pairs.ours(), unit, goal, beside: Some(beside) }
    }

    /// Whether it is as it should be.
    pub(crate) fn is_met(&self) -> bool {
        match self.goal {
            Goal::AtLeast(goal) => self.value >= goal,
            Goal::AtMost(goal) => self.value <= goal,
            Goal::RatioAtMost(goal) => self.beside.as_ref().is_some_and(|beside| beside.ratio <= goal),
            Goal::None => true,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let goal = match self.goal {
            Goal::AtLeast(goal) => format!("≥ {}", self.unit.text(goal)),
            Goal::AtMost(goal) => format!("≤ {}", self.unit.text(goal)),
            Goal::RatioAtMost(goal) => format!("ratio ≤ {goal:.2}"),
            Goal::None => "none".to_owned(),
        };
        let verdict = match self.goal {
            Goal::None => "",
            _ if self.is_met() => "met",
            _ => "MISSED",
        };
        write!(f, "{:<38} {:>12}   goal {goal:<14} {verdict:<6}", self.name, self.unit.text(self.value))?;
        match &self.beside {
            Some(beside) => write!(f, "   {}: {}, ratio {:.2}", beside.name, self.unit.text(beside.value), beside.ratio),
            None => Ok(()),
        }
    }
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{value:.0} /s"),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Seconds => format!("{value:.2} s"),
            Self::Mebibytes => format!("{value:.1} MiB"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> Pairs {
        let mut pairs = Pairs::default();
        pairs.push(3.0, 2.0);
        pairs
    }

    #[test]
    fn goals_are_judged_by_the_figure_or_by_the_ratio() {
        let met = |goal| Figure::beside("ours", "theirs", &pairs(), Unit::Seconds, goal).is_met();
        assert!(met(Goal::AtLeast(3.0)) && !met(Goal::AtLeast(3.1)));
        assert!(met(Goal::AtMost(3.0)) && !met(Goal::AtMost(2.9)));
        assert!(met(Goal::RatioAtMost(1.5)) && !met(Goal::RatioAtMost(1.4)));
    }

    #[test]
    fn a_line_holds_figure_goal_verdict_reference_and_ratio() {
        let line = Figure::beside("ours", "theirs", &pairs(), Unit::Seconds, Goal::RatioAtMost(1.4)).to_string();
        for part in ["ours", "3.00 s", "ratio ≤ 1.40", "MISSED", "theirs: 2.00 s", "ratio 1.50"] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
}
