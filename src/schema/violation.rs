//! What a document breaks, in sentences for the caller.

mod words;

use std::collections::HashMap;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Serde;

use super::keywords::Draft;
use super::library::{Library, SCHEME, Target};
use super::node::Exact;
use super::numeric;
use crate::diagnostic::nearest;
use crate::value::{Map, PointerBuf, Value};
use words::{shorten, words};

/// Documents of more values than this are only looked at until the first violation: the validator
/// gathers all of them before it gives one, and a caller could make it gather for long.
const LARGE: usize = 20_000;

/// One way in which a document breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON Pointer into the document.
    pub pointer: String,
    /// The schema keyword that is broken: `required`, `maxLength`.
    pub keyword: String,
    /// A sentence for the caller, with no internals: "must be at most 35 characters".
    pub message: String,
}

impl Violation {
    /// What is said when a schema has no validator; its own check reported why.
    pub(super) fn unusable(name: &str) -> Violation {
        let message = format!("cannot be checked: `{name}` is unusable");
        Violation { pointer: String::new(), keyword: "$ref".to_owned(), message }
    }

    /// With its place: "`/lines/0/unit` must be one of …".
    pub fn sentence(&self) -> String {
        match self.pointer.as_str() {
            "" => self.message.clone(),
            pointer => format!("`{pointer}` {}", self.message),
        }
    }
}

/// What a document breaks: the first so many, and how many more there are.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Violations {
    /// In the order of the document.
    pub shown: Vec<Violation>,
    /// Violations beyond those: counted, neither described nor placed.
    pub omitted: usize,
}

/// Violations while they are gathered: beyond `limit` they are only counted.
struct Gathered {
    limit: usize,
    shown: Vec<Violation>,
    omitted: usize,
}

impl Gathered {
    fn is_full(&self) -> bool {
        self.shown.len() >= self.limit
    }

    /// Takes one; it is described only if it will be shown.
    fn add(&mut self, violation: impl FnOnce() -> Violation) {
        match self.is_full() {
            true => self.omitted += 1,
            false => self.shown.push(violation()),
        }
    }

    /// Counts what will not be shown.
    fn count(&mut self, kind: &ValidationErrorKind) {
        self.omitted += match kind {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected.len(),
            _ => 1,
        };
    }
}

/// Every violation in the order of the document; those beyond `limit` are counted.
pub(super) fn violations(
    library: &Library,
    validator: &Validator<Exact>,
    value: &Value,
    limit: usize,
) -> Violations {
    if validator.is_valid(value) {
        return Violations::default();
    }
    let mut found = Gathered { limit: limit.max(1), shown: Vec::new(), omitted: 0 };
    if counts_to(value, &mut LARGE.clone()) {
        for error in validator.iter_errors(value) {
            describe(library, &error, &mut found);
        }
    } else if let Err(error) = validator.validate(value) {
        describe(library, &error, &mut found);
    }
    Violations { shown: in_order(value, found.shown), omitted: found.omitted }
}

fn in_order(value: &Value, found: Vec<Violation>) -> Vec<Violation> {
    let mut places = Places::default();
    let mut placed: Vec<_> = found.into_iter().map(|one| (places.of(value, &one.pointer), one)).collect();
    placed.sort_by(|(a, left), (b, right)| a.cmp(b).then_with(|| left.keyword.cmp(&right.keyword)));
    let mut found: Vec<Violation> = placed.into_iter().map(|(_, violation)| violation).collect();
    found.dedup();
    found
}

/// What a schema breaks of its draft, as (pointer, message).
pub(super) fn of_schema(draft: Draft, schema: &Serde) -> Vec<(String, String)> {
    let validator = match draft {
        Draft::D4 => jsonschema::draft4::meta::validator(),
        Draft::D6 => jsonschema::draft6::meta::validator(),
        Draft::D7 => jsonschema::draft7::meta::validator(),
        Draft::D2019 => jsonschema::draft201909::meta::validator(),
        Draft::D2020 => jsonschema::draft202012::meta::validator(),
    };
    let mut found: Vec<(String, String)> = validator
        .iter_errors(schema)
        .map(|error| (error.instance_path().as_str().to_owned(), words(error.kind())))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Whether a value has at most as many parts as `left`.
fn counts_to(value: &Value, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else { return false };
    *left = rest;
    match value {
        Value::Array(items) => items.iter().all(|item| counts_to(item, left)),
        Value::Object(map) => map.values().all(|member| counts_to(member, left)),
        _ => true,
    }
}

/// Where the names of each object stand, looked up once an object however many pointers pass it.
#[derive(Default)]
struct Places<'v> {
    objects: HashMap<*const Map, HashMap<&'v str, usize>>,
}

impl<'v> Places<'v> {
    /// Where a pointer leads, as positions in the document; what is not there comes last in its object.
    fn of(&mut self, value: &'v Value, pointer: &str) -> Vec<usize> {
        let mut at = Some(value);
        let names = pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
        names
            .map(|name| match at {
                Some(Value::Object(map)) => {
                    at = map.get(&name);
                    self.names(map).get(name.as_str()).copied().unwrap_or(map.len())
                }
                Some(Value::Array(items)) => {
                    let index = name.parse().unwrap_or(items.len());
                    at = items.get(index);
                    index
                }
                _ => 0,
            })
            .collect()
    }

    fn names(&mut self, map: &'v Map) -> &HashMap<&'v str, usize> {
        let names = || map.keys().enumerate().map(|(at, name)| (&**name, at)).collect();
        self.objects.entry(std::ptr::from_ref(map)).or_insert_with(names)
    }
}

fn describe(library: &Library, error: &ValidationError<'_>, found: &mut Gathered) {
    if found.is_full() {
        return found.count(error.kind());
    }
    let pointer = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = known_fields(library, error);
            for name in unexpected {
                found.add(|| unexpected_field(pointer, error.kind().keyword(), name, &known));
            }
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            alternatives(library, error, context, found);
        }
        ValidationErrorKind::PropertyNames { error: inner } => {
            let name = inner.instance().as_str().map(|name| format!("`{}`", shorten(name)));
            let name = name.unwrap_or_else(|| "a field".to_owned());
            let message = format!("the field name {name} is not allowed: it {}", words(inner.kind()));
            found.add(|| violation(pointer, "propertyNames", message));
        }
        kind => {
            let keyword = numeric::author_name(kind.keyword());
            found.add(|| violation(pointer, keyword, words(kind)));
        }
    }
}

fn violation(pointer: &str, keyword: &str, message: String) -> Violation {
    Violation { pointer: pointer.to_owned(), keyword: keyword.to_owned(), message }
}

fn unexpected_field(pointer: &str, keyword: &str, name: &str, known: &[String]) -> Violation {
    let mut at = PointerBuf::root();
    at.push(name);
    let place = format!("{pointer}{}", at.as_str());
    let shown = shorten(name);
    let message = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("`{shown}` is not a known field; did you mean `{near}`?"),
        None => format!("`{shown}` is not a known field"),
    };
    violation(&place, keyword, message)
}

/// The names that stand in `properties` beside the keyword that is broken.
fn known_fields(library: &Library, error: &ValidationError<'_>) -> Vec<String> {
    let names = || {
        let location = error.absolute_keyword_location()?.as_str();
        let (name, fragment) = location.strip_prefix(SCHEME)?.split_once('#')?;
        let pointer = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        let (schema, _) = pointer.rsplit_once('/')?;
        let document = *library.by_name.get(name)?;
        let schema = library.schema(&Target { document, pointer: schema.to_owned() })?;
        let properties = schema.get("properties").and_then(Value::as_object)?;
        Some(properties.keys().map(|name| name.to_string()).collect())
    };
    names().unwrap_or_default()
}

/// None of several forms: the one that comes nearest says what is missing.
fn alternatives(
    library: &Library,
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    found: &mut Gathered,
) {
    let here = error.instance_path().as_str();
    let wrong_kind = |errors: &[ValidationError<'_>]| {
        errors.iter().any(|error| {
            error.instance_path().as_str() == here
                && matches!(
                    error.kind(),
                    ValidationErrorKind::Type { .. } | ValidationErrorKind::Constant { .. }
                )
        })
    };
    let nearest: Vec<_> = context.iter().filter(|errors| !wrong_kind(errors)).collect();
    // Only one form is of the right kind: its violations are the ones to mend.
    if let [only] = nearest.as_slice() {
        for error in only.iter() {
            describe(library, error, found);
        }
        return;
    }
    let kinds: Vec<String> = context
        .iter()
        .flatten()
        .filter(|error| error.instance_path().as_str() == here)
        .filter_map(|error| match error.kind() {
            ValidationErrorKind::Type { .. } => Some(words(error.kind())),
            _ => None,
        })
        .collect();
    let message = if kinds.len() == context.len() && !kinds.is_empty() {
        let kinds: Vec<&str> = kinds.iter().map(|words| words.trim_start_matches("must be ")).collect();
        format!("must be {}", kinds.join(" or "))
    } else {
        format!("has none of the {} forms that are allowed", context.len())
    };
    found.add(|| violation(here, error.kind().keyword(), message));
}
