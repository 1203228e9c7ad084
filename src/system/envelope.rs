//! JSON-RPC 2.0 and 1.0: wraps a request, unwraps an answer.

use super::{Envelope, Rpc};
use crate::value::{Map, Value};

/// What stood in an envelope.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Unwrapped {
    Result(Value),
    Error(Value),
    /// Not an answer to this call: why.
    Broken(&'static str),
}

/// The request's envelope around `params`.
pub(super) fn wrap(rpc: &Rpc, id: i64, params: Option<Value>) -> Value {
    let mut map = Map::with_capacity(4);
    if rpc.version == Envelope::JsonRpc2 {
        map.insert("jsonrpc", Value::from("2.0"));
    }
    map.insert("id", Value::from(id));
    map.insert("method", Value::String(rpc.method.clone()));
    match (params, rpc.version) {
        (Some(params), _) => drop(map.insert("params", params)),
        // 1.0 §1.1 has no call without params; 2.0 §4.2 may leave them out.
        (None, Envelope::JsonRpc1) => drop(map.insert("params", Value::array(Vec::new()))),
        (None, _) => {}
    }
    Value::object(map)
}

/// What an answer's body holds.
pub(super) fn unwrap(id: i64, body: &Value) -> Unwrapped {
    let Value::Object(map) = body else {
        return Unwrapped::Broken("is no JSON-RPC answer");
    };
    let error = map.get("error").filter(|error| **error != Value::Null);
    let matches = map.get("id").is_some_and(|given| *given == Value::from(id));
    // 2.0 §5: an error about a request that could not be read has a null id.
    let about_nothing = error.is_some() && matches!(map.get("id"), None | Some(Value::Null));
    if !matches && !about_nothing {
        return Unwrapped::Broken("answers another call: its `id` is not ours");
    }
    match (error, map.get("result")) {
        (Some(error), _) => Unwrapped::Error(error.clone()),
        (None, Some(result)) => Unwrapped::Result(result.clone()),
        (None, None) => Unwrapped::Broken("has neither `result` nor `error`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    fn value(text: &str) -> Value {
        json::decode(text.as_bytes(), &json::Limits::default()).unwrap()
    }

    #[test]
    fn wraps_both_versions() {
        let rpc = |version| Rpc { version, method: "model.sale.sale.quote".into() };
        assert_eq!(
            wrap(&rpc(Envelope::JsonRpc2), 7, Some(value("[[1],{}]"))),
            value(r#"{"jsonrpc":"2.0","id":7,"method":"model.sale.sale.quote","params":[[1],{}]}"#)
        );
        assert_eq!(
            wrap(&rpc(Envelope::JsonRpc1), 7, None),
            value(r#"{"id":7,"method":"model.sale.sale.quote","params":[]}"#)
        );
    }

    #[test]
    fn unwraps_what_real_systems_send() {
        assert_eq!(unwrap(1, &value(r#"{"id":1,"result":null}"#)), Unwrapped::Result(Value::Null));
        let error = unwrap(1, &value(r#"{"id":1,"error":["UserError",["text","",null]]}"#));
        assert!(matches!(error, Unwrapped::Error(Value::Array(_))));
        let unread = value(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#);
        assert!(matches!(unwrap(1, &unread), Unwrapped::Error(_)));
        assert!(matches!(unwrap(1, &value(r#"{"id":2,"result":1}"#)), Unwrapped::Broken(_)));
        assert!(matches!(unwrap(1, &value(r#"{"result":1}"#)), Unwrapped::Broken(_)));
        assert!(matches!(unwrap(1, &value(r#"{"id":1}"#)), Unwrapped::Broken(_)));
        assert!(matches!(unwrap(1, &value(r#"[1]"#)), Unwrapped::Broken(_)));
    }
}
