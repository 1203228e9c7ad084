//! What a document breaks, in sentences for the caller.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::types::JsonType;
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Serde;

use super::keywords::Draft;
use super::library::{Library, SCHEME, Target};
use super::node::Exact;
use super::numeric;
use crate::diagnostic::nearest;
use crate::value::{PointerBuf, Value};

/// Documents of more values than this are only looked at until the first violation: the validator
/// gathers all of them before it gives one.
const LARGE: usize = 100_000;
/// Enums of at most this many members are listed.
const LISTED: usize = 12;
/// Values longer than this are not shown.
const SHOWN: usize = 60;

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

/// Every violation in the order of the document, at most `limit`.
pub(super) fn violations(
    library: &Library,
    validator: &Validator<Exact>,
    value: &Value,
    limit: usize,
) -> Vec<Violation> {
    if validator.is_valid(value) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if counts_to(value, &mut LARGE.clone()) {
        for error in validator.iter_errors(value) {
            describe(library, &error, &mut found);
            if found.len() >= limit {
                break;
            }
        }
    } else if let Err(error) = validator.validate(value) {
        describe(library, &error, &mut found);
    }
    found.truncate(limit.max(1));
    let mut placed: Vec<_> = found.into_iter().map(|one| (place(value, &one.pointer), one)).collect();
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

/// Where a pointer leads, as positions in the document; what is not there comes last in its object.
fn place(value: &Value, pointer: &str) -> Vec<usize> {
    let mut at = Some(value);
    let names = pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
    names
        .map(|name| match at {
            Some(Value::Object(map)) => {
                at = map.get(&name);
                map.keys().position(|key| **key == *name).unwrap_or(map.len())
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

fn describe(library: &Library, error: &ValidationError<'_>, found: &mut Vec<Violation>) {
    let pointer = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = known_fields(library, error);
            let mut names: Vec<&String> = unexpected.iter().collect();
            names.sort();
            for name in names {
                found.push(unexpected_field(pointer, error.kind().keyword(), name, &known));
            }
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            alternatives(library, error, context, found);
        }
        ValidationErrorKind::PropertyNames { error: inner } => {
            let name =
                inner.instance().as_str().map_or_else(|| "a field".to_owned(), |name| format!("`{name}`"));
            let message = format!("the field name {name} is not allowed: it {}", words(inner.kind()));
            found.push(violation(pointer, "propertyNames", message));
        }
        kind => {
            let keyword = numeric::author_name(kind.keyword());
            found.push(violation(pointer, keyword, words(kind)));
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
    found: &mut Vec<Violation>,
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
    found.push(violation(here, error.kind().keyword(), message));
}

fn words(kind: &ValidationErrorKind) -> String {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Required { property } => format!("`{}` is required", property.as_str().unwrap_or("a field")),
        Kind::Type { kind } => format!("must be {}", types(kind)),
        Kind::Enum { options } => one_of(options),
        Kind::Constant { expected_value } => match shown(expected_value) {
            Some(value) => format!("must be {value}"),
            None => "must be the one value that is allowed".to_owned(),
        },
        Kind::MaxLength { limit } => format!("must be at most {}", counted(*limit, "character")),
        Kind::MinLength { limit: 1 } => "must not be empty".to_owned(),
        Kind::MinLength { limit } => format!("must be at least {}", counted(*limit, "character")),
        Kind::MaxItems { limit } => format!("must have at most {}", counted(*limit, "item")),
        Kind::MinItems { limit } => format!("must have at least {}", counted(*limit, "item")),
        Kind::AdditionalItems { limit } => format!("must have at most {}", counted(*limit as u64, "item")),
        Kind::MaxProperties { limit } => format!("must have at most {}", counted(*limit, "field")),
        Kind::MinProperties { limit } => format!("must have at least {}", counted(*limit, "field")),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::Pattern { pattern } if pattern.len() <= SHOWN => format!("must match the pattern `{pattern}`"),
        Kind::Pattern { .. } => "must match the pattern of its schema".to_owned(),
        Kind::Format { format } => format_words(format),
        Kind::UniqueItems => "must not have two equal items".to_owned(),
        Kind::Contains => "lacks an item that has to be among its items".to_owned(),
        Kind::Not { .. } => "has a form that is not allowed".to_owned(),
        Kind::OneOfMultipleValid { .. } => {
            "fits several of the allowed forms, but must fit exactly one".to_owned()
        }
        Kind::OneOfNotValid { .. } | Kind::AnyOf { .. } => "has none of the allowed forms".to_owned(),
        Kind::FalseSchema => "may not be here".to_owned(),
        Kind::UnevaluatedItems { .. } => "has more items than are allowed".to_owned(),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let names: Vec<String> =
                unexpected.iter().take(5).map(|name| format!("`{}`", shorten(name))).collect();
            format!("has fields that are not known: {}", names.join(", "))
        }
        Kind::ContentEncoding { content_encoding } => format!("must be encoded as {content_encoding}"),
        Kind::ContentMediaType { content_media_type } => format!("must hold {content_media_type}"),
        Kind::Custom { message, .. } => message.clone(),
        _ => "is not allowed by its schema".to_owned(),
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn types(kind: &TypeKind) -> String {
    let kinds: Vec<&str> = match kind {
        TypeKind::Single(kind) => vec![type_word(*kind)],
        TypeKind::Multiple(kinds) => kinds.iter().map(type_word).collect(),
    };
    kinds.join(" or ")
}

fn type_word(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "an array",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a string",
    }
}

fn one_of(options: &Serde) -> String {
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let listed: Option<Vec<String>> = options.iter().map(shown).collect();
    match listed {
        Some(listed) if listed.len() == 1 => format!("must be {}", listed.join("")),
        Some(listed) if listed.len() <= LISTED => format!("must be one of {}", listed.join(", ")),
        _ => format!("must be one of the {} allowed values", options.len()),
    }
}

/// A short value of the schema, in backticks.
fn shown(value: &Serde) -> Option<String> {
    let text = match value {
        Serde::String(text) => text.clone(),
        Serde::Array(_) | Serde::Object(_) => return None,
        scalar => scalar.to_string(),
    };
    (text.len() <= SHOWN).then(|| format!("`{text}`"))
}

fn shorten(name: &str) -> String {
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn format_words(format: &str) -> String {
    let example = match format {
        "date" => "a date, such as `2026-05-07`",
        "date-time" => "a moment with its offset, such as `2026-05-07T08:00:00Z`",
        "date-time-local" => "a local date and time without offset, such as `2026-05-07T08:00`",
        "time" => "a time with its offset, such as `08:00:00Z`",
        "time-local" => "a local time, such as `08:00`",
        "duration" => "a duration, such as `P1DT2H`",
        "decimal" => "a decimal number in digits, such as `12.50`",
        "email" => "an email address",
        "uuid" => "a UUID",
        "uri" => "a URI with its scheme, such as `https://example.com/`",
        "byte" => "text in base64",
        other => return format!("must have the format `{other}`"),
    };
    format!("must be {example}")
}
