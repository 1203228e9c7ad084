//! An input with one thing changed at a time: left out, null, empty, long, another number, another word.

use crossdock::codec::json;
use crossdock::value::Value;
use serde_json::Value as Json;

/// Values that edges are looked for with.
fn others(value: &Json) -> Vec<Json> {
    let mut found = vec![Json::Null];
    match value {
        Json::String(text) => {
            let words =
                ["", "economy", "standard", "express", "same_day", "BX", "ZZ", "0.005", "Europe/Oslo", "x"];
            found.extend(words.map(Json::from));
            found.push("long ".repeat(16).trim_end().into());
            found.push("é".repeat(40).into());
            found.extend([text.to_lowercase(), text.to_uppercase()].map(Json::from));
        }
        Json::Number(_) => found.extend(["0", "-1", "1", "1.005", "99999999.999"].map(number)),
        Json::Bool(truth) => found.push(Json::from(!truth)),
        Json::Array(items) => {
            found.push(Json::from(Vec::<Json>::new()));
            let mut twice = items.clone();
            twice.extend(items.iter().cloned());
            found.push(Json::from(twice));
        }
        Json::Object(_) | Json::Null => {}
    }
    found
}

fn number(text: &str) -> Json {
    serde_json::from_str(text).expect("a number")
}

/// The input, and each of its variants.
pub fn of(input: &Value) -> Vec<Value> {
    let whole: Json = serde_json::from_slice(&json::encode(input)).expect("it is JSON");
    let mut found = vec![whole.clone()];
    for pointer in pointers(&whole, String::new()) {
        let at = whole.pointer(&pointer).expect("it is there").clone();
        for other in others(&at) {
            let mut variant = whole.clone();
            *variant.pointer_mut(&pointer).expect("it is there") = other;
            found.push(variant);
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
        let mut variant = whole.clone();
        if let Some(object) = variant.pointer_mut(parent).and_then(Json::as_object_mut) {
            object.remove(&name.replace("~1", "/").replace("~0", "~"));
            found.push(variant);
        }
    }
    let read = |text: &Json| json::decode(text.to_string().as_bytes(), &json::Limits::default());
    found.iter().filter_map(|variant| read(variant).ok()).collect()
}

fn pointers(value: &Json, at: String) -> Vec<String> {
    let mut found = if at.is_empty() { Vec::new() } else { vec![at.clone()] };
    match value {
        Json::Object(object) => {
            for (name, inner) in object {
                let name = name.replace('~', "~0").replace('/', "~1");
                found.extend(pointers(inner, format!("{at}/{name}")));
            }
        }
        Json::Array(items) => {
            for (nth, inner) in items.iter().enumerate() {
                found.extend(pointers(inner, format!("{at}/{nth}")));
            }
        }
        _ => {}
    }
    found
}
