//! Makes `docs/canonical.md`: the fields of every canonical entity, from the schemas in the binary.

use std::collections::BTreeSet;

use crossdock::schema::CANONICAL;
use serde_json::{Map, Value};

const HEAD: &str = "# Canonical entities

What flows speak: mappings translate between these and what a system says. Made from the schemas in the binary;
`BLESS=1 cargo test --test docs` writes this page anew. `crossdock schema canonical/order@1` prints a schema with every bound.

A field with *needed* must be there, when the object around it is. `a.b` is `b` inside the object `a`; `a[].b` is `b` in each
item of the list `a`. A type in *italics* is described under [Shared](#shared). No field takes `null`: what is not known is left out.
";

/// The page.
pub fn page() -> String {
    let (mut page, mut shared) = (HEAD.to_owned(), BTreeSet::new());
    for (name, text) in
        CANONICAL.iter().filter(|(name, _)| !name.contains("-record@") && !name.contains("common@"))
    {
        let schema: Value = serde_json::from_str(text).expect("a schema");
        page += &format!("\n## {name}\n\n{}\n\n{HEADER}", said(&schema));
        rows(&schema, "", &mut page, &mut shared);
    }
    page += "\n## Shared\n";
    let mut done = BTreeSet::new();
    while let Some(name) = shared.difference(&done).next().cloned() {
        let definition = resolve(&format!("crossdock:canonical/common@1#/$defs/{name}"));
        page += &format!("\n### {name}\n\n{}\n\n{HEADER}", said(&definition));
        rows(&definition, "", &mut page, &mut shared);
        done.insert(name);
    }
    page
}

const HEADER: &str = "| field | what it is | type | |\n|---|---|---|---|\n";

fn said(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('|', "\\|")
}

/// A row for each field, and for those inside it that belong to nobody else.
fn rows(schema: &Value, before: &str, page: &mut String, shared: &mut BTreeSet<String>) {
    let empty = Map::new();
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().unwrap_or(&empty) {
        let needed = if required.contains(&name.as_str()) { "needed" } else { "" };
        let place = format!("{before}{name}");
        let of = kind(field, shared);
        *page += &format!("| `{place}` | {} | {of} | {needed} |\n", said(field));
        inside(field, &place, page, shared);
    }
}

/// The fields of an object that stands right here, also as the item of a list.
fn inside(field: &Value, place: &str, page: &mut String, shared: &mut BTreeSet<String>) {
    if field.get("properties").is_some() {
        rows(field, &format!("{place}."), page, shared);
    } else if let Some(items) = field.get("items") {
        inside(items, &format!("{place}[]"), page, shared);
    }
}

/// A type in a word or two. Objects that several entities share are noted, to be described once.
fn kind(field: &Value, shared: &mut BTreeSet<String>) -> String {
    if let Some(target) = field["$ref"].as_str() {
        let (definition, name) = (resolve(target), target.rsplit('/').next().unwrap_or_default());
        if definition.get("properties").is_none() {
            return kind(&definition, shared);
        }
        shared.insert(name.to_owned());
        return format!("*{name}*");
    }
    if let Some(items) = field.get("items") {
        return format!("list of {}", kind(items, shared));
    }
    if let Some(values) = field["enum"].as_array() {
        return match values.len() {
            ..=20 => values
                .iter()
                .map(|value| format!("`{}`", value.as_str().unwrap_or_default()))
                .collect::<Vec<_>>()
                .join(" "),
            many => format!("one of {many} codes"),
        };
    }
    match (field["type"].as_str(), field["format"].as_str()) {
        (Some("string"), Some("decimal")) => "decimal, written as text".to_owned(),
        (Some("string"), Some(format)) => format!("text: {format}"),
        (Some("string"), None) => match field["maxLength"].as_u64() {
            Some(most) => format!("text, at most {most}"),
            None => "text".to_owned(),
        },
        (Some(other), _) => other.to_owned(),
        (None, _) => "anything".to_owned(),
    }
}

/// What a `$ref` such as `crossdock:canonical/common@1#/$defs/amount` leads to.
fn resolve(target: &str) -> Value {
    let (document, pointer) = target.split_once('#').unwrap_or((target, ""));
    let name = document.trim_start_matches("crossdock:");
    let text = CANONICAL.iter().find(|(known, _)| *known == name).expect("a canonical schema").1;
    let schema: Value = serde_json::from_str(text).expect("a schema");
    schema.pointer(pointer).unwrap_or_else(|| panic!("{target} leads nowhere")).clone()
}
