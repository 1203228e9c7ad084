//! What must never be read in a log: declared fields, and secrets inside addresses.

use std::sync::Arc;

use crate::value::{Map, Value};

/// What stands where something was taken out.
pub const REDACTED: &str = "[redacted]";

/// `value` without what stands at `pointers` (RFC 6901). A pointer to nothing changes nothing; the
/// pointer to the whole document takes everything out.
pub fn redact(value: &Value, pointers: &[String]) -> Value {
    let paths: Vec<Vec<String>> = pointers.iter().map(|pointer| names(pointer)).collect();
    let paths: Vec<&[String]> = paths.iter().map(Vec::as_slice).collect();
    take_out(value, &paths)
}

fn names(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect()
}

fn take_out(value: &Value, paths: &[&[String]]) -> Value {
    if paths.is_empty() {
        return value.clone();
    }
    if paths.iter().any(|path| path.is_empty()) {
        return Value::from(REDACTED);
    }
    match value {
        Value::Object(map) => {
            let members =
                map.iter().map(|(name, member)| (Arc::clone(name), take_out(member, &below(paths, name))));
            Value::object(members.collect::<Map>())
        }
        Value::Array(items) => Value::array(
            items
                .iter()
                .enumerate()
                .map(|(at, item)| take_out(item, &below(paths, &at.to_string())))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The paths that go on below `name`.
fn below<'a>(paths: &[&'a [String]], name: &str) -> Vec<&'a [String]> {
    paths
        .iter()
        .filter_map(|path| path.split_first().filter(|(first, _)| *first == name).map(|(_, rest)| rest))
        .collect()
}

/// An address without user, password and query: `https://erp.example/api?[redacted]`.
pub fn redact_address(address: &str) -> String {
    let (before, query) =
        address.split_once('?').map_or((address, ""), |(before, _)| (before, "?[redacted]"));
    let Some((scheme, rest)) = before.split_once("://") else { return format!("{before}{query}") };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Value {
        let inner: Value = [("iban".into(), Value::from("DE02")), ("city".into(), Value::from("Bonn"))]
            .into_iter()
            .collect();
        [("a/b".into(), inner.clone()), ("list".into(), Value::array(vec![inner]))].into_iter().collect()
    }

    #[test]
    fn only_what_is_named_goes() {
        let clean = redact(&person(), &["/a~1b/iban".into(), "/list/0/city".into(), "/none/x".into()]);
        assert_eq!(clean.pointer("/a~1b/iban"), Some(&Value::from(REDACTED)));
        assert_eq!(clean.pointer("/a~1b/city"), Some(&Value::from("Bonn")));
        assert_eq!(clean.pointer("/list/0/iban"), Some(&Value::from("DE02")));
        assert_eq!(clean.pointer("/list/0/city"), Some(&Value::from(REDACTED)));
        assert_eq!(redact(&person(), &[String::new()]), Value::from(REDACTED));
    }

    #[test]
    fn addresses_lose_their_secrets() {
        assert_eq!(
            redact_address("https://me:pw@erp.example/api?key=1"),
            "https://erp.example/api?[redacted]"
        );
        assert_eq!(redact_address("/v1/x?key=1"), "/v1/x?[redacted]");
    }
}
