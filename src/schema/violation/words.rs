//! What each keyword asks for, in words for the caller.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::types::JsonType;
use serde_json::Value as Serde;

/// Enums of at most this many members are listed.
const LISTED: usize = 12;
/// Values longer than this are not shown.
const SHOWN: usize = 60;

/// What a broken keyword asks for: "must be at most 35 characters".
pub(super) fn words(kind: &ValidationErrorKind) -> String {
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

pub(super) fn shorten(name: &str) -> String {
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
