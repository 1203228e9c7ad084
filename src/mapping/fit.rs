//! Whether what goes into a mapping, and what comes out, fits the schemas that it names.

use super::check::Mapping;
use crate::schema::Schemas;
use crate::value::Value;

/// Violations that are listed of one value.
const SHOWN: usize = 100;

impl Mapping {
    /// Every way in which inputs do not fit their schemas, in words.
    pub fn unfit_inputs(&self, slots: &[Option<Value>], schemas: &Schemas) -> Vec<String> {
        let given = self.inputs.iter().zip(slots);
        let unfit = given.filter_map(|(input, value)| {
            let found = violations(&input.schema, value.as_ref()?, schemas);
            let head = format!("the input `{}` does not fit `{}`", input.name, input.schema);
            Some(found.into_iter().map(move |what| format!("{head}: {what}")))
        });
        unfit.flatten().collect()
    }

    /// Whether inputs fit their schemas: the fast path.
    pub fn inputs_fit(&self, slots: &[Option<Value>], schemas: &Schemas) -> bool {
        let mut given = self.inputs.iter().zip(slots);
        given.all(|(input, value)| value.as_ref().is_none_or(|value| fits(&input.schema, value, schemas)))
    }

    /// Whether a result fits the target's schema: the fast path.
    pub fn result_fits(&self, value: &Value, schemas: &Schemas) -> bool {
        fits(&self.target, value, schemas)
    }

    /// Every way in which a result does not fit the target's schema, in words.
    pub fn unfit_result(&self, value: &Value, schemas: &Schemas) -> Vec<String> {
        let found = violations(&self.target, value, schemas).into_iter();
        found.map(|what| format!("the result does not fit `{}`: {what}", self.target)).collect()
    }
}

/// Whether a value fits; behind a name `[]` says that it is a list.
fn fits(name: &str, value: &Value, schemas: &Schemas) -> bool {
    let (name, list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
    let Some(schema) = schemas.get(name) else { return true };
    match (list, value) {
        (false, value) => schema.is_valid(value),
        (true, Value::Array(items)) => items.iter().all(|item| schema.is_valid(item)),
        (true, _) => false,
    }
}

/// `/lines/0/count must be a number`, each. Behind a name `[]` says that it is a list.
fn violations(name: &str, value: &Value, schemas: &Schemas) -> Vec<String> {
    let (name, list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
    let Some(schema) = schemas.get(name) else { return Vec::new() };
    let mut found = Vec::new();
    let mut gather = |before: String, value: &Value| {
        let all = schema.all_violations(value, SHOWN);
        found.extend(all.shown.iter().map(|one| worded(&before, &one.pointer, &one.message)));
        if all.omitted > 0 {
            found.push(format!("and {} more", all.omitted));
        }
    };
    match (list, value) {
        (false, value) => gather(String::new(), value),
        (true, Value::Array(items)) => {
            items.iter().enumerate().for_each(|(at, item)| gather(format!("/{at}"), item));
        }
        (true, other) => found.push(format!("must be a list, but is {}", other.kind().name())),
    }
    found.truncate(SHOWN + 1);
    found
}

fn worded(before: &str, pointer: &str, message: &str) -> String {
    let place = format!("{before}{pointer}");
    if place.is_empty() { message.to_owned() } else { format!("{place} {message}") }
}
