//! A template from its text to its result.

use std::collections::BTreeMap;

use sealbridge_secret::{SecretBytes, SecretMap};

use crate::context::{Context, Limits, Ports};
use crate::error::TemplateError;
use crate::exec::{self, Failure, OnMissing};
use crate::fault::Fault;
use crate::names;
use crate::syntax::{self, Tree};
use crate::text::Text;
use crate::value::{Entries, Value};

/// A parsed template. It can be rendered any number of times, over different values.
pub struct Template {
    name: String,
    tree: Tree,
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Template {
    /// Parses `text`; `name` is what errors call it, and the name under which it can call itself.
    ///
    /// # Errors
    /// [`TemplateError::Syntax`], also for a function that does not exist, in branches that never run too.
    pub fn parse(name: &str, text: &str) -> Result<Self, TemplateError> {
        let tree = syntax::parse(name, text).map_err(|error| TemplateError::Syntax {
            template: name.to_owned(),
            line: error.line,
            problem: error.problem,
        })?;
        Ok(Self { name: name.to_owned(), tree })
    }

    /// The functions in it whose result differs at every run, by name. With any of them, the same values do not give
    /// the same bytes: whoever compares renderings must keep the former one.
    pub fn volatile_functions(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.tree.functions.values().filter(|function| function.is_volatile).map(|function| function.name)
    }

    /// The names of the values that it may read. A name in it may also be a field of something else than the root.
    #[must_use]
    pub fn field_names(&self) -> std::collections::BTreeSet<String> {
        names::names(&self.tree)
    }

    /// Whether it calls any of [`Self::volatile_functions`].
    #[must_use]
    pub fn is_volatile(&self) -> bool {
        self.volatile_functions().next().is_some()
    }

    /// Renders it over `values`, whose keys are the fields of its root. A field that is not there is an error.
    ///
    /// # Errors
    /// Every [`TemplateError`] but that of syntax.
    pub fn render(&self, values: &SecretMap, limits: &Limits, ports: &dyn Ports) -> Result<SecretBytes, TemplateError> {
        self.run(entries(values), OnMissing::Fail, limits, ports)
    }

    /// Renders it over `values`. A field that is not there is no value, printed as `<no value>`.
    ///
    /// # Errors
    /// Every [`TemplateError`] but those of syntax and of missing values.
    pub fn render_with_no_values(
        &self,
        values: &SecretMap,
        limits: &Limits,
        ports: &dyn Ports,
    ) -> Result<SecretBytes, TemplateError> {
        self.run(entries(values), OnMissing::NoValue, limits, ports)
    }

    /// Renders it over objects: the keys of each are the fields of its name. A field that is not there is an error.
    ///
    /// # Errors
    /// Every [`TemplateError`] but that of syntax.
    pub fn render_objects(
        &self,
        objects: &BTreeMap<String, SecretMap>,
        limits: &Limits,
        ports: &dyn Ports,
    ) -> Result<SecretBytes, TemplateError> {
        let context = Context::new(limits, ports);
        let object = |values: &SecretMap| Value::Map(context.map_of_texts(entries(values)));
        let objects = objects.iter().map(|(name, values)| (Text::from(name.as_str()), object(values))).collect();
        self.run_over(&context, &Value::Map(context.map(objects)), OnMissing::Fail, limits)
    }

    /// Renders it over one value under the name `value`: how `rewrite.transform` makes a key of a key. A field that is
    /// not there is no value, printed as `<no value>`.
    ///
    /// # Errors
    /// Every [`TemplateError`] but those of syntax and of missing values.
    pub fn render_key(&self, key: &str, limits: &Limits, ports: &dyn Ports) -> Result<SecretBytes, TemplateError> {
        let entries = [(Text::from("value"), Value::from(key))];
        self.run(entries.into_iter().collect(), OnMissing::NoValue, limits, ports)
    }

    fn run(
        &self,
        entries: Entries,
        on_missing: OnMissing,
        limits: &Limits,
        ports: &dyn Ports,
    ) -> Result<SecretBytes, TemplateError> {
        let context = Context::new(limits, ports);
        let root = Value::Map(context.map_of_texts(entries));
        self.run_over(&context, &root, on_missing, limits)
    }

    fn run_over(
        &self,
        context: &Context<'_>,
        root: &Value,
        on_missing: OnMissing,
        limits: &Limits,
    ) -> Result<SecretBytes, TemplateError> {
        let result = exec::run(context, &self.tree, &self.name, root, on_missing, limits.output);
        result.map(SecretBytes::new).map_err(|failure| self.error(failure))
    }

    fn error(&self, failure: Failure) -> TemplateError {
        let (template, line) = (self.name.clone(), failure.line);
        match (failure.fault, failure.function) {
            (Fault::Limit(limit), _) => TemplateError::Limit { template, line, limit },
            (Fault::Missing(key), _) => TemplateError::Missing { template, line, key },
            (Fault::Because(problem), Some(function)) => TemplateError::Function { template, line, function, problem },
            (Fault::Because(problem), None) => TemplateError::Step { template, line, problem: problem.to_owned() },
            (Fault::Step(problem), _) => TemplateError::Step { template, line, problem: problem.into_owned() },
        }
    }
}

fn entries(values: &SecretMap) -> Entries {
    values.iter().map(|(key, value)| (Text::from(key), Value::from(value.expose()))).collect()
}

#[cfg(test)]
mod tests;
