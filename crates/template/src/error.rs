//! What is said to people when a template cannot be parsed or rendered.
//!
//! Must never: hold a byte of a value. Names of templates, functions and fields stand in the template itself.

use crate::fault::Limit;

/// Why a template cannot be parsed or rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is no template.
    #[error("template {template}, line {line}: {problem}; correct the template")]
    Syntax {
        /// The template's name.
        template: String,
        /// The line, from 1.
        line: u32,
        /// What is wrong, in words of the template.
        problem: String,
    },
    /// A step does not fit its arguments.
    #[error("template {template}, line {line}: {problem}; correct the template")]
    Step {
        /// The template's name.
        template: String,
        /// The line, from 1.
        line: u32,
        /// What is wrong, in names of the template and of types.
        problem: String,
    },
    /// A value that the template names is not there.
    #[error("template {template}, line {line}: there is no value {key}; add it to the data, or use `index` where it may be absent")]
    Missing {
        /// The template's name.
        template: String,
        /// The line, from 1.
        line: u32,
        /// The name in the template.
        key: String,
    },
    /// A function failed.
    #[error("template {template}, line {line}: {function} failed: {problem}; look at the values that it is given")]
    Function {
        /// The template's name.
        template: String,
        /// The line, from 1.
        line: u32,
        /// The function.
        function: &'static str,
        /// The reason, of which none is made from a value.
        problem: &'static str,
    },
    /// It would take too much.
    #[error("template {template}, line {line}: {}; make the template or its values smaller", limit.describe())]
    Limit {
        /// The template's name.
        template: String,
        /// The line, from 1; 0 if it is text that grew too large.
        line: u32,
        /// What is used up.
        limit: Limit,
    },
}
