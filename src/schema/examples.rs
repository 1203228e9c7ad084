//! Examples and defaults that do not fit the schema they stand in.

use super::check::MANY;
use super::compile::Linked;
use super::library::{Document, Target};
use super::{keywords, violation};
use crate::diagnostic::{Diagnostic, codes};
use crate::value::{PointerBuf, Value};

/// `examples` and `default` that do not fit the schema they stand in.
pub(super) fn check(linked: &Linked, index: usize, document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    keywords::walk(&document.value, &PointerBuf::root(), &mut |at, schema| {
        let target = Target { document: index, pointer: at.as_str().to_owned() };
        let given = schema.get("examples").and_then(Value::as_array).unwrap_or_default();
        let default = schema.get("default");
        if (given.is_empty() && default.is_none()) || found.len() >= MANY {
            return;
        }
        let Ok(validator) = linked.build_at(&target) else { return };
        let places = (0..given.len()).map(|n| format!("{}/examples/{n}", at.as_str()));
        let all = places.zip(given).chain(default.map(|value| (format!("{}/default", at.as_str()), value)));
        for (pointer, value) in all {
            let broken = violation::violations(&linked.library, &validator, value, 3).shown;
            let told: Vec<String> = broken.iter().map(|one| one.sentence()).collect();
            for broken in broken.iter().filter(|one| !is_meant(&one.sentence(), &told)) {
                let place = format!("{pointer}{}", broken.pointer);
                let what = if pointer.ends_with("/default") { "the default" } else { "the example" };
                let message = format!("{what} does not fit its schema: {}", broken.sentence());
                let span = document.value_span(&place).unwrap_or_default();
                found.push(Diagnostic::new(&codes::BAD_EXAMPLE, span, message));
            }
        }
    });
    found
}

/// Whether what is missing is only just missed by another field, which has been noted with its name.
fn is_meant(sentence: &str, told: &[String]) -> bool {
    let Some(missing) = sentence.strip_suffix(" is required") else { return false };
    let field = missing.rsplit(' ').next().unwrap_or(missing);
    told.iter().any(|other| other.ends_with(&format!("did you mean {field}?")))
}
