//! JSON Schema: a compiled validator, and the Type that mappings are checked against.
//!
//! Schemas refer to each other by name (`crossdock:erp/order@1#/$defs/line`), by path relative to
//! their file, or by the `$id` they give themselves. Nothing is ever fetched.

mod canonical;
mod check;
mod compile;
mod concealed;
mod examples;
mod facets;
mod generate;
mod keywords;
mod library;
mod lower;
mod node;
mod numeric;
mod quick;
mod spanned;
#[cfg(test)]
mod tests;
mod types;
mod violation;
mod visibility;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use jsonschema::Validator;

pub use canonical::ALL as CANONICAL;
pub use generate::Chance;
pub use types::*;
pub use violation::{Violation, Violations};
pub use visibility::{Marked, Visibility, Way};

use crate::diagnostic::{Diagnostic, SourceId};
use crate::value::{Value, View};

/// One schema file to compile.
#[derive(Debug, Clone)]
pub struct SchemaSource {
    /// The path below `specs/` without `.json`: `erp/sales-order@1`.
    pub name: Arc<str>,
    pub source: SourceId,
    pub text: Arc<str>,
}

/// Every schema of a project and the canonical ones, compiled once. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Schemas {
    schemas: Arc<BTreeMap<Arc<str>, Arc<Schema>>>,
}

/// One compiled schema.
pub struct Schema {
    /// `canonical/booking@1`
    pub name: Arc<str>,
    pub ty: Type,
    linked: Arc<compile::Linked>,
    index: usize,
    // Built when first needed: a project uses few of the canonical entities.
    validator: OnceLock<Option<Validator<node::Exact>>>,
    quick: OnceLock<Option<quick::Quick>>,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Schemas {
    /// Compiles all sources together with the canonical entities inside the binary. References
    /// resolve within them only; nothing is fetched. A schema with errors is left out, and so is one
    /// that refers to it. The findings are complete and in the order of the files.
    pub fn compile(sources: &[SchemaSource]) -> (Schemas, Vec<Diagnostic>) {
        compile::compile(sources)
    }

    /// The schema called `name`.
    pub fn get(&self, name: &str) -> Option<Arc<Schema>> {
        self.schemas.get(name).cloned()
    }

    /// Every name, sorted.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.schemas.keys().cloned().collect()
    }
}

/// Parts of what is looked at that are copied for the validator at most.
const COPIED: usize = 1_000_000;

impl Schema {
    /// Whether `value` fits: the fast path.
    pub fn is_valid(&self, value: &Value) -> bool {
        match self.quick().and_then(|quick| quick.is_valid(View::of(value))) {
            Some(fits) => fits,
            None => self.validator().is_some_and(|validator| validator.is_valid(value)),
        }
    }

    /// Whether what is looked at fits. Of what has a million parts that only the validator can judge, it says no.
    pub fn is_view_valid(&self, view: View<'_>) -> bool {
        match self.quick().and_then(|quick| quick.is_valid(view)) {
            Some(fits) => fits,
            None => {
                let value = view.to_value_within(&mut { COPIED });
                self.validator().zip(value).is_some_and(|(validator, value)| validator.is_valid(&value))
            }
        }
    }

    /// Every violation in the order of the document, at most `limit`; empty when it fits.
    pub fn violations(&self, value: &Value, limit: usize) -> Vec<Violation> {
        self.all_violations(value, limit).shown
    }

    /// The same, and how many there are beyond `limit`. Of a document of more than 20,000 values only
    /// the first is looked for.
    pub fn all_violations(&self, value: &Value, limit: usize) -> Violations {
        match self.validator() {
            Some(validator) => violation::violations(&self.linked.library, validator, value, limit),
            None => Violations { shown: vec![Violation::unusable(&self.name)], omitted: 0 },
        }
    }

    /// The schema's own document, exact, for what is neither validated nor typed: `title`,
    /// `description`, `x-owner`.
    pub fn document(&self) -> &Value {
        self.linked.library.documents.get(self.index).map_or(&Value::Null, |document| &document.value)
    }

    /// Follows a `$ref` found in [`Schema::document`] to the schema it means; with it the name of the
    /// document that this stands in.
    pub fn follow(&self, in_document: &str, reference: &str) -> Option<(&str, &Value)> {
        let library = &self.linked.library;
        let target = library.resolve(*library.by_name.get(in_document)?, reference).ok()?;
        Some((&library.documents.get(target.document)?.name, library.schema(&target)?))
    }

    /// Builds the validator now, so that no request waits for it.
    pub fn warm(&self) {
        let _ = self.quick();
    }

    // Only where there is a validator: that one decides what a schema means.
    fn quick(&self) -> Option<&quick::Quick> {
        let build = || self.validator().and_then(|_| quick::Quick::compile(&self.linked, self.index));
        self.quick.get_or_init(build).as_ref()
    }

    fn validator(&self) -> Option<&Validator<node::Exact>> {
        self.validator.get_or_init(|| self.linked.build(self.index).ok()).as_ref()
    }
}
