//! Texts with variables and secrets, put together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::declarations::{Text, TextPart};

/// The text with these secrets; what has no value is left out.
pub(super) fn with(text: &Text, secrets: &BTreeMap<Arc<str>, Arc<str>>) -> String {
    let parts = text.parts.iter().map(|part| match part {
        TextPart::Literal(literal) => literal.as_str(),
        TextPart::Secret(name) => secrets.get(name.as_str()).map_or("", |value| &**value),
        TextPart::Missing(_) => "",
    });
    parts.collect()
}

/// The text, when it holds neither secrets nor variables without a value.
pub(super) fn literal(text: &Text) -> Option<String> {
    let literal = |part: &TextPart| match part {
        TextPart::Literal(literal) => Some(literal.clone()),
        _ => None,
    };
    text.parts.iter().map(literal).collect()
}

/// The first secret that stands in it.
pub(super) fn secret(text: &Text) -> Option<&str> {
    text.parts.iter().find_map(|part| match part {
        TextPart::Secret(name) => Some(name.as_str()),
        _ => None,
    })
}

/// The variables in it that have no value.
pub(super) fn missing(text: &Text) -> Vec<&str> {
    let name = text.parts.iter().filter_map(|part| match part {
        TextPart::Missing(name) => Some(name.as_str()),
        _ => None,
    });
    name.collect()
}
