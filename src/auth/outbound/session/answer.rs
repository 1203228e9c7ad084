//! A login's answer as expressions see it: `status`, `headers`, `body`.

use crate::auth::outbound::LoginAnswer;
use crate::codec::json;
use crate::http::HeaderMap;
use crate::mapping::Scope;
use crate::schema::Type;
use crate::value::{Map, Value};

/// The names; what is absent compares false.
pub(in crate::auth::outbound) fn scope() -> Scope {
    let scope = Scope::new().with("status", Type::integer()).with("headers", Type::any_object());
    Scope { lenient: true, ..scope.with("body", Type::Any) }
}

/// The values for [`scope`]. A body that is no JSON is null.
pub(in crate::auth::outbound) fn values(answer: &LoginAnswer) -> [Option<Value>; 3] {
    let body = json::decode(&answer.body, &json::Limits::default()).unwrap_or(Value::Null);
    [Some(Value::from(i64::from(answer.status))), Some(headers(&answer.headers)), Some(body)]
}

/// Headers by their names in lower case; several of one name are joined by commas (RFC 9110 §5.3).
fn headers(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for name in headers.keys() {
        let all = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        map.insert(name.as_str(), Value::from(all.collect::<Vec<_>>().join(", ")));
    }
    Value::object(map)
}
