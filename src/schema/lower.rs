//! A document as the validator gets it: references absolute, numbers of numeric keywords as text.

use serde_json::{Map as SerdeMap, Value as Serde};

use super::keywords::{self, Nest};
use super::library::{Library, SCHEME, Target};
use super::node::{is_lossless, to_serde};
use super::numeric;
use crate::value::{Map, Number, Value};

/// The URI of a schema inside a document, as its `$ref` is written for the validator.
pub(super) fn uri(library: &Library, target: &Target) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    // RFC 3986 §3.5: what a fragment may not hold as it is.
    const FRAGMENT: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'`')
        .add(b'#')
        .add(b'%')
        .add(b'[')
        .add(b']')
        .add(b'{')
        .add(b'}')
        .add(b'|')
        .add(b'\\')
        .add(b'^');
    let name = library.documents.get(target.document).map_or("", |document| &document.name);
    format!("{SCHEME}{name}#{}", utf8_percent_encode(&target.pointer, FRAGMENT))
}

/// The whole document for the validator.
pub(super) fn document(library: &Library, index: usize) -> Serde {
    let Some(document) = library.documents.get(index) else { return Serde::Bool(false) };
    let mut lowered = schema(library, index, &document.value);
    if let Serde::Object(map) = &mut lowered {
        map.insert("$schema".to_owned(), document.draft.uri().into());
    }
    lowered
}

fn schema(library: &Library, index: usize, value: &Value) -> Serde {
    let Value::Object(map) = value else { return to_serde(value) };
    let mut lowered = SerdeMap::new();
    for (name, value) in map.iter() {
        match &**name {
            // References are absolute, so nothing inside needs an identity.
            "$id" | "id" | "$schema" | "$anchor" | "$dynamicAnchor" | "$recursiveAnchor" => {}
            "examples" | "default" | "description" | "title" | "$comment" => {}
            "$ref" => {
                let target = value.as_str().and_then(|reference| library.resolve(index, reference).ok());
                let reference = target.map_or_else(|| to_serde(value), |target| uri(library, &target).into());
                lowered.insert("$ref".to_owned(), reference);
            }
            name if name.starts_with("x-") => {}
            // Draft 4's flag: it went into the name of the bound beside it.
            "exclusiveMinimum" | "exclusiveMaximum" if value.as_bool().is_some() => {}
            name => keyword(library, index, map, (name, value), &mut lowered),
        }
    }
    Serde::Object(lowered)
}

fn keyword(
    library: &Library,
    index: usize,
    beside: &Map,
    (name, value): (&str, &Value),
    lowered: &mut SerdeMap<String, Serde>,
) {
    if let Some((name, value)) = number(beside, name, value) {
        lowered.insert(name, value);
        return;
    }
    let nest = keywords::find(name).map_or(Nest::Plain, |(.., nest)| *nest);
    let below = match (nest, value) {
        (Nest::Plain, _) => to_serde(value),
        (Nest::Named | Nest::NamedOrNames, Value::Object(members)) => {
            let members =
                members.iter().map(|(name, member)| (name.to_string(), schema(library, index, member)));
            Serde::Object(members.collect())
        }
        (_, Value::Array(items)) => items.iter().map(|item| schema(library, index, item)).collect(),
        (_, value) => schema(library, index, value),
    };
    lowered.insert(name.to_owned(), below);
}

/// A numeric keyword under our own name, with its value as text.
fn number(beside: &Map, name: &str, value: &Value) -> Option<(String, Serde)> {
    let name = match (name, value) {
        ("minimum", _) if beside.get("exclusiveMinimum") == Some(&Value::Bool(true)) => "exclusiveMinimum",
        ("maximum", _) if beside.get("exclusiveMaximum") == Some(&Value::Bool(true)) => "exclusiveMaximum",
        (name, _) => name,
    };
    let text = match value {
        Value::Number(number) if numeric::is_bound(name) => Number::to_string(number),
        value if !numeric::is_bound(name) && !is_lossless(value) => text_of(value),
        _ => return None,
    };
    Some((numeric::our_name(name)?, text.into()))
}

/// The value as exact JSON text.
fn text_of(value: &Value) -> String {
    use crate::value::json_text::write_string;
    let mut out = Vec::new();
    match value {
        Value::Number(number) => number.write_json(&mut out),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text_of).collect();
            out.extend(format!("[{}]", items.join(",")).into_bytes());
        }
        Value::Object(map) => {
            for (at, (name, member)) in map.iter().enumerate() {
                out.push(if at == 0 { b'{' } else { b',' });
                write_string(name, &mut out);
                out.push(b':');
                out.extend(text_of(member).into_bytes());
            }
            out.extend_from_slice(if map.is_empty() { b"{}" } else { b"}" });
        }
        other => out.extend(to_serde(other).to_string().into_bytes()),
    }
    String::from_utf8_lossy(&out).into_owned()
}
