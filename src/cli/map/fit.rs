//! Whether what goes into a mapping, and what comes out, fits the schemas that it names.

use crate::mapping::Mapping;
use crate::schema::Schemas;
use crate::value::Value;

/// Violations that are listed of one value.
const SHOWN: usize = 100;

/// Every way in which inputs do not fit, in words.
pub(super) fn inputs(mapping: &Mapping, slots: &[Option<Value>], schemas: &Schemas) -> Vec<String> {
    let given = mapping.inputs.iter().zip(slots);
    let unfit = given.filter_map(|(input, value)| {
        let found = violations(&input.schema, value.as_ref()?, schemas);
        let head = format!("the input `{}` does not fit `{}`", input.name, input.schema);
        Some(found.into_iter().map(move |what| format!("{head}: {what}")))
    });
    unfit.flatten().collect()
}

/// Every way in which the result does not fit, in words.
pub(super) fn result(mapping: &Mapping, value: &Value, schemas: &Schemas) -> Vec<String> {
    let found = violations(&mapping.target, value, schemas).into_iter();
    found.map(|what| format!("the result does not fit `{}`: {what}", mapping.target)).collect()
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
