//! An input as it is to be: given whole, or as it is now with some places changed.

use std::sync::Arc;

use uuid::Uuid;

use super::{Ask, Refusal, cases, select};
use crate::flow::engine::Action;
use crate::flow::story::Scene;
use crate::http::StatusCode;
use crate::store::Store;
use crate::value::{Map, Value};

/// What the engine is to be told.
pub(super) async fn amended(
    ask: &Ask,
    id: Uuid,
    input: Option<&Arc<str>>,
    value: Option<&Value>,
    set: &Map,
) -> Result<Action, Refusal> {
    let read = move |store: &dyn Store| store.journal(id, 0, select::ENTRIES);
    let entries = ask.gateway.engine().writer().read(read).await?;
    let scenes: Vec<Scene> = entries.iter().map(Scene::read).collect();
    let now = cases::current_inputs(&scenes);
    let input = match (input, now.len()) {
        (Some(input), _) => Arc::clone(input),
        (None, 1) => now.keys().next().map(Arc::clone).unwrap_or_else(|| "".into()),
        (None, _) => {
            let names: Vec<_> = now.keys().map(|name| format!("`{name}`")).collect();
            return Err(Refusal::bad(format!("name the `input`: one of {}", names.join(", "))));
        }
    };
    if let Some(value) = value {
        return Ok(Action::Amend { input, value: value.clone() });
    }
    let mut value = now.get(&input).cloned().ok_or_else(|| {
        Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("the input `{input}` is not kept: give a whole `value`"),
        )
    })?;
    for (pointer, new) in set.iter() {
        value = put(&value, &names_of(pointer)?, new).map_err(|why| {
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("`{pointer}` of `{input}`: {why}"))
        })?;
    }
    Ok(Action::Amend { input, value })
}

/// The names in a JSON Pointer (RFC 6901).
fn names_of(pointer: &str) -> Result<Vec<String>, Refusal> {
    let Some(rest) = pointer.strip_prefix('/') else {
        return Err(Refusal::bad(format!("`{pointer}` is no JSON Pointer: write `/packages/0/type`")));
    };
    Ok(rest.split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect())
}

/// A value with another one at a place. A member that is not there is added; an item must be.
fn put(value: &Value, names: &[String], new: &Value) -> Result<Value, String> {
    let Some((name, rest)) = names.split_first() else { return Ok(new.clone()) };
    match value {
        Value::Object(map) => {
            let mut map = Map::clone(map);
            let member = match map.get(name) {
                Some(member) => put(member, rest, new)?,
                None if rest.is_empty() => new.clone(),
                None => return Err(format!("there is no `{name}`")),
            };
            map.insert(name.as_str(), member);
            Ok(Value::object(map))
        }
        Value::Array(items) => {
            let mut items = Vec::clone(items);
            let at: usize = name.parse().map_err(|_| format!("`{name}` is no place in a list"))?;
            let count = items.len();
            let item = items.get_mut(at).ok_or_else(|| format!("the list has {count} items"))?;
            *item = put(item, rest, new)?;
            Ok(Value::array(items))
        }
        other => Err(format!("a {} has no `{name}`", other.kind().name())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    fn set(value: &str, pointer: &str, new: &str) -> Result<String, String> {
        let read = |text: &str| json::decode(text.as_bytes(), &json::Limits::default()).expect("JSON");
        let names = names_of(pointer).map_err(|refusal| refusal.why)?;
        put(&read(value), &names, &read(new))
            .map(|value| String::from_utf8(json::encode(&value)).expect("text"))
    }

    #[test]
    fn one_place_changes_and_the_rest_stays_to_the_last_digit() {
        let value = r#"{"a/b":[{"n":228930314431312345.10},{"n":1}],"c":null}"#;
        let changed = r#"{"a/b":[{"n":228930314431312345.10},{"n":2.50}],"c":null}"#;
        assert_eq!(set(value, "/a~1b/1/n", "2.50").as_deref(), Ok(changed));
        assert_eq!(set("{}", "/new", "true").as_deref(), Ok(r#"{"new":true}"#));
    }

    #[test]
    fn what_is_not_there_is_not_made_up() {
        assert_eq!(set(r#"{"a":[]}"#, "/a/0", "1"), Err("the list has 0 items".to_owned()));
        assert_eq!(set("{}", "/a/b", "1"), Err("there is no `a`".to_owned()));
        assert_eq!(set(r#"{"a":"x"}"#, "/a/b", "1"), Err("a string has no `b`".to_owned()));
        assert!(set("{}", "a", "1").is_err_and(|why| why.contains("JSON Pointer")));
    }
}
