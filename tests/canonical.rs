//! The canonical entities keep their pattern: a record is the form that is sent plus what the gateway assigns.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

const ENTITIES: [&str; 9] = [
    "booking",
    "customer-account",
    "delivery-event",
    "dispatch-job",
    "exception-case",
    "invoice-trigger",
    "order",
    "proof-of-delivery",
    "shipment",
];

const ASSIGNED: [&str; 5] = ["id", "schemaVersion", "correlationId", "createdAt", "updatedAt"];

fn schemas() -> BTreeMap<String, Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("specs/canonical");
    std::fs::read_dir(folder)
        .expect("specs/canonical")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, serde_json::from_str(&std::fs::read_to_string(&path).expect("a schema")).expect("JSON"))
        })
        .collect()
}

fn fields(schema: &Value) -> Vec<String> {
    schema["properties"].as_object().expect("properties").keys().cloned().collect()
}

fn required(schema: &Value) -> Vec<String> {
    let names = schema["required"].as_array().expect("required");
    names.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

#[test]
fn a_record_is_the_sent_form_and_the_assigned_fields() {
    let schemas = schemas();
    for entity in ENTITIES {
        let (sent, record) = (&schemas[&format!("{entity}@1")], &schemas[&format!("{entity}-record@1")]);
        let assigned = ASSIGNED.map(str::to_owned);
        assert_eq!(fields(record), [&assigned[..], &fields(sent)].concat(), "{entity}: fields");
        assert_eq!(required(record), [&assigned[..], &required(sent)].concat(), "{entity}: required");
        for field in fields(sent) {
            let reference = format!("crossdock:canonical/{entity}@1#/properties/{field}");
            assert_eq!(record["properties"][&field]["$ref"], reference.as_str(), "{entity}: {field}");
        }
        assert!(!fields(sent).iter().any(|field| ASSIGNED.contains(&field.as_str())), "{entity}: sent form");
    }
}

#[test]
fn every_field_is_described_and_every_text_and_list_is_bounded() {
    for (name, schema) in schemas() {
        walk(&schema, &name);
    }
}

fn walk(schema: &Value, at: &str) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            let described = property.get("description").is_some() || property.get("$ref").is_some();
            assert!(described, "{at}/{name} has no description");
        }
    }
    let kind = schema.get("type").and_then(Value::as_str);
    let closed = ["enum", "const", "$ref"].iter().any(|key| schema.get(key).is_some());
    if kind == Some("string") && !closed {
        assert!(schema.get("maxLength").is_some(), "{at} is a text without maxLength");
    }
    if kind == Some("array") {
        assert!(schema.get("maxItems").is_some(), "{at} is a list without maxItems");
    }
    let children = schema.as_object().into_iter().flatten().filter(|(key, _)| *key != "examples");
    for (key, child) in children {
        match child {
            Value::Object(_) => walk(child, &format!("{at}/{key}")),
            Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{at}/{key}"))),
            _ => {}
        }
    }
}
