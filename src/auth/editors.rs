//! The tables of schemes as JSON Schema, so that editors complete them.

use serde_json::{Value as Json, json};

use super::{Scheme, inbound, outbound};

/// Keys that stand beside any scheme.
const ALWAYS: [&str; 2] = ["csrf", "scheme"];

/// Adds to the JSON Schema of a kind of file (as `crossdock schema` prints it) which schemes there are and
/// which keys stand beside each.
pub fn for_editors(schema: &mut Json) {
    let Some(definitions) = schema.get_mut("$defs") else { return };
    if let Some(policy) = definitions.get_mut("AuthPolicy") {
        describe(policy, inbound::SCHEMES);
    }
    if let Some(auth) = definitions.get_mut("SystemAuth") {
        describe(auth, outbound::SCHEMES);
    }
}

fn describe<C>(definition: &mut Json, schemes: &[&Scheme<C>]) {
    let Some(properties) = definition["properties"].as_object() else { return };
    let keys: Vec<String> =
        properties.keys().filter(|key| !ALWAYS.contains(&key.as_str())).cloned().collect();
    let words = schemes.iter().map(|scheme| json!({ "const": scheme.name, "description": scheme.about }));
    // A variable may stand here too: what it will be is not known to an editor.
    let variable = json!({ "type": "string", "pattern": "\\$\\{" });
    let description = definition["properties"]["scheme"]["description"].take();
    definition["properties"]["scheme"] =
        json!({ "description": description, "anyOf": words.chain([variable]).collect::<Vec<_>>() });
    let rules = schemes.iter().map(|scheme| rule(scheme, &keys));
    definition["allOf"] = rules.collect();
}

/// What stands beside a scheme, and what does not.
fn rule<C>(scheme: &Scheme<C>, keys: &[String]) -> Json {
    let strays = keys.iter().filter(|key| !scheme.knows(key)).map(|key| (key.clone(), Json::from(false)));
    json!({
        "if": { "properties": { "scheme": { "const": scheme.name } }, "required": ["scheme"] },
        "then": { "required": scheme.needs, "properties": strays.collect::<serde_json::Map<_, _>>() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn schema_of(kind: &str) -> Json {
        let mut schema = config::schema_of(kind).unwrap();
        for_editors(&mut schema);
        schema
    }

    /// Whether a policy (or a system's `auth`) fits its definition.
    fn fits(kind: &str, definition: &str, instance: Json) -> bool {
        let mut schema = schema_of(kind);
        let root = json!({ "$defs": schema["$defs"].take(), "$ref": format!("#/$defs/{definition}") });
        jsonschema::draft202012::new(&root).unwrap().is_valid(&instance)
    }

    #[test]
    fn editors_know_each_scheme_with_its_keys() {
        let policy = |instance| fits("gateway", "AuthPolicy", instance);
        assert!(policy(json!({ "scheme": "api_key" })));
        assert!(policy(json!({ "scheme": "api_key", "header": "X-Key" })));
        assert!(policy(json!({ "scheme": "${SCHEME}" })));
        assert!(!policy(json!({ "scheme": "none", "header": "X-Key" })));
        assert!(!policy(json!({ "scheme": "jwt" })));
        let auth = |instance| fits("system", "SystemAuth", instance);
        assert!(auth(json!({ "scheme": "basic", "user": "a", "password": "b" })));
        assert!(!auth(json!({ "scheme": "basic", "user": "a" })));
        assert!(!auth(json!({ "scheme": "basic", "user": "a", "password": "b", "token": "c" })));
    }

    #[test]
    fn every_key_of_a_declaration_belongs_to_a_scheme() {
        let keys = |kind: &str, definition: &str| -> Vec<String> {
            let schema = config::schema_of(kind).unwrap();
            let keys = schema["$defs"][definition]["properties"].as_object().unwrap().keys();
            keys.filter(|key| !ALWAYS.contains(&key.as_str())).cloned().collect()
        };
        let stray =
            |keys: Vec<String>, known: &dyn Fn(&str) -> bool| keys.into_iter().find(|key| !known(key));
        let inbound = |key: &str| inbound::SCHEMES.iter().any(|scheme| scheme.knows(key));
        let outbound = |key: &str| outbound::SCHEMES.iter().any(|scheme| scheme.knows(key));
        assert_eq!(stray(keys("gateway", "AuthPolicy"), &inbound), None);
        assert_eq!(stray(keys("system", "SystemAuth"), &outbound), None);
    }
}
