//! The kinds of YAML files, and the JSON Schema of each.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use super::declarations::{exception, flow, gateway, route, stub, system, test};
use super::structure::not_built;

/// A kind of YAML file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Exceptions,
    Flow,
    Gateway,
    Route,
    Stub,
    System,
    Test,
}

/// Every kind, sorted by its word.
pub static KINDS: &[Kind] =
    &[Kind::Exceptions, Kind::Flow, Kind::Gateway, Kind::Route, Kind::Stub, Kind::System, Kind::Test];

impl Kind {
    /// The word for it: what `crossdock schema` takes.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Exceptions => "exceptions",
            Kind::Flow => "flow",
            Kind::Gateway => "gateway",
            Kind::Route => "route",
            Kind::Stub => "stub",
            Kind::System => "system",
            Kind::Test => "test",
        }
    }

    /// Its schema as the structure check walks it: `x-kind` marks what is not plain JSON.
    pub(super) fn schema(self) -> &'static Value {
        static SCHEMAS: OnceLock<Vec<(Kind, Value)>> = OnceLock::new();
        let all = SCHEMAS.get_or_init(|| KINDS.iter().map(|kind| (*kind, kind.generate())).collect());
        let found = all.iter().find(|(kind, _)| *kind == self);
        found.map_or(&Value::Null, |(_, schema)| schema)
    }

    fn generate(self) -> Value {
        match self {
            Kind::Exceptions => generate::<exception::ExceptionFile>(),
            Kind::Flow => generate::<flow::FlowFile>(),
            Kind::Gateway => generate::<gateway::GatewayFile>(),
            Kind::Route => generate::<route::RouteFile>(),
            Kind::Stub => generate::<stub::StubFile>(),
            Kind::System => generate::<system::SystemFile>(),
            Kind::Test => generate::<test::TestFile>(),
        }
    }
}

/// The JSON Schema (2020-12) of a kind of file, for editors: `exceptions`, `flow`, `gateway`,
/// `route`, `stub`, `system`, `test`. `None` for any other word. Keys that are not built yet are left out.
pub fn schema_of(kind: &str) -> Option<Value> {
    let kind = KINDS.iter().find(|known| known.name() == kind)?;
    let mut schema = kind.schema().clone();
    let root = schema["title"].as_str().unwrap_or_default().to_owned();
    without_unbuilt(&root, &mut schema);
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        for (name, definition) in definitions.iter_mut() {
            without_unbuilt(name, definition);
        }
    }
    let reference = schema.get("properties").is_some();
    debug_assert!(reference, "a kind of file is a map");
    schema["title"] = Value::from(format!("Crossdock {} file", kind.name()));
    strip_marks(&mut schema);
    Some(schema)
}

fn without_unbuilt(definition: &str, schema: &mut Value) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    properties.retain(|key, _| not_built::find(definition, key).is_none());
}

fn strip_marks(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("x-kind");
            object.values_mut().for_each(strip_marks);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_marks),
        _ => {}
    }
}

fn generate<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let schema: Schema = generator.into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    no_nulls(&mut schema);
    schema
}

/// A key that may be left out is left out, never null: takes `null` out of every type.
fn no_nulls(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(no_nulls);
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            object.remove("default");
            unwrap_any_of(object);
        }
        Value::Array(items) => items.iter_mut().for_each(no_nulls),
        _ => {}
    }
}

fn unwrap_any_of(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
    let [Value::Object(only)] = choices.as_slice() else { return };
    let only = only.clone();
    object.remove("anyOf");
    for (key, value) in only {
        object.entry(key).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_valid_and_complete() {
        for kind in KINDS {
            let schema = schema_of(kind.name()).expect("a known kind");
            assert!(jsonschema::draft202012::meta::is_valid(&schema), "{}", kind.name());
            assert!(schema["properties"].as_object().is_some_and(|map| !map.is_empty()), "{}", kind.name());
            assert!(!schema.to_string().contains("\"null\""), "{}: {schema:#}", kind.name());
            assert!(!schema.to_string().contains("x-kind"));
        }
        assert_eq!(schema_of("flows"), None);
    }

    #[test]
    fn editors_accept_what_the_loader_accepts() {
        let schema = schema_of("system").expect("a known kind");
        let validator = jsonschema::draft202012::new(&schema).expect("it compiles");
        let good = serde_json::json!({
            "system": "erp", "url": "http://x", "timeout": "5s", "limits": { "rate": "20/s" },
            "operations": { "get_it": { "get": "/x", "effect": "read", "query": { "a": 1, "b": "=c" } } },
        });
        let errors: Vec<String> = validator.iter_errors(&good).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        let bad = serde_json::json!({
            "system": "erp", "url": "http://x", "timeout": "5 seconds",
            "operations": { "get_it": { "get": "/x", "effect": "reed" } },
        });
        assert_eq!(validator.iter_errors(&bad).count(), 2);
    }
}
