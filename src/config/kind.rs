//! The kinds of YAML files, and the JSON Schema of each.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::declarations::{event, exception, flow, gateway, route, stub, system, test};
use super::structure::object::EXACTLY_ONE;
use super::structure::{not_built, step};

/// A kind of YAML file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Events,
    Exceptions,
    Flow,
    Gateway,
    Route,
    Stub,
    System,
    Test,
}

/// Every kind, sorted by its word.
pub static KINDS: &[Kind] = &[
    Kind::Events,
    Kind::Exceptions,
    Kind::Flow,
    Kind::Gateway,
    Kind::Route,
    Kind::Stub,
    Kind::System,
    Kind::Test,
];

impl Kind {
    /// The word for it: what `crossdock schema` takes.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Events => "events",
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
            Kind::Events => generate::<event::EventFile>(),
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

/// The JSON Schema (2020-12) of a kind of file, for editors: `events`, `exceptions`, `flow`,
/// `gateway`, `route`, `stub`, `system`, `test`. `None` for any other word. Keys that are not built yet are left out.
pub fn schema_of(kind: &str) -> Option<Value> {
    let kind = KINDS.iter().find(|known| known.name() == kind)?;
    let mut schema = kind.schema().clone();
    let root = schema["title"].as_str().unwrap_or_default().to_owned();
    for_editors(&root, &mut schema);
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        for (name, definition) in definitions.iter_mut() {
            for_editors(name, definition);
        }
    }
    schema["title"] = Value::from(format!("Crossdock {} file", kind.name()));
    strip_marks(&mut schema);
    allow_variables(&mut schema);
    Some(schema)
}

/// A value with a variable in it: what it will be is not known to an editor.
const VARIABLE: &str = "\\$\\{";

/// Lets `${NAME:-5s}` stand wherever a number, a truth or a formed text stands.
fn allow_variables(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let words = |choice: &Value| choice.get("const").is_some() || choice.get("enum").is_some();
            let choices = object.get("oneOf").and_then(Value::as_array);
            if choices.is_some_and(|choices| choices.iter().all(words)) {
                // A variable fits every one of them.
                let choices = object.remove("oneOf").unwrap_or_default();
                object.insert("anyOf".to_owned(), choices);
            }
            object.values_mut().for_each(allow_variables);
            if let Some(Value::String(pattern)) = object.get_mut("pattern") {
                *pattern = format!("{pattern}|{VARIABLE}");
            }
            let number = object.get("type").is_some_and(|name| name == "integer" || name == "boolean");
            let choice = object.contains_key("enum") || object.contains_key("const");
            if number || choice {
                let description = object.remove("description");
                let whole = Value::Object(std::mem::take(object));
                object.extend(description.map(|words| ("description".to_owned(), words)));
                let variable = json!({ "type": "string", "pattern": VARIABLE });
                object.insert("anyOf".to_owned(), json!([whole, variable]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(allow_variables),
        _ => {}
    }
}

/// Takes out what is not built, and adds which keys exclude each other.
fn for_editors(definition: &str, schema: &mut Value) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    properties.retain(|key, _| not_built::find(definition, key).is_none());
    let built = |key: &&&str| not_built::find(definition, key).is_none();
    let groups = EXACTLY_ONE.iter().filter(|(name, _)| *name == definition);
    let mut all: Vec<Value> = groups
        .map(|(_, group)| {
            json!({ "oneOf": group.iter().filter(built).map(|key| json!({ "required": [key] })).collect::<Vec<_>>() })
        })
        .collect();
    if definition == "StepBody" {
        let kinds = step::KINDS.iter().filter(built).map(|kind| match *kind {
            "do" => json!({ "required": ["do"], "not": { "required": ["for"] } }),
            "for" => json!({ "required": ["for", "do"] }),
            kind => json!({ "required": [kind] }),
        });
        all.push(json!({ "oneOf": kinds.collect::<Vec<_>>() }));
    }
    if !all.is_empty() {
        schema["allOf"] = Value::from(all);
    }
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
        let open = serde_json::json!({
            "system": "erp", "url": "http://x", "timeout": "${T}", "limits": { "concurrency": "${N:-8}" },
            "operations": { "get_it": { "get": "/x", "effect": "${EFFECT:-read}" } },
        });
        assert!(validator.is_valid(&open));
        let bad = serde_json::json!({
            "system": "erp", "url": "http://x", "timeout": "5 seconds",
            "operations": { "get_it": { "get": "/x", "effect": "reed" } },
        });
        assert_eq!(validator.iter_errors(&bad).count(), 2);
    }
}
