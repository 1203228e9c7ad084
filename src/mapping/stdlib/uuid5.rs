//! `uuid5`: a UUID (RFC 9562, version 5) that the same name always gives, within a namespace: a UUID, `"dns"` or `"url"`.

use super::{Function, Given, Kind, Outcome, Returned, example, required};
use crate::mapping::eval::{Call, Fault};
use crate::schema::Type;
use crate::value::Value;
use uuid::Uuid;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "uuid5",
    summary: r#"A UUID (RFC 9562, version 5) that the same name always gives, within a namespace: a UUID, `"dns"` or `"url"`."#,
    params: &[required("namespace", Kind::Text), required("name", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[example(r#"uuid5("dns", "example.com")"#, r#""cfbff0d1-9375-5685-968c-48ce8b15ae17""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let namespace = match &**call.text(0)? {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        other => {
            Uuid::parse_str(other).map_err(|_| Fault::from("`namespace` must be a UUID, `dns` or `url`"))?
        }
    };
    let uuid = Uuid::new_v5(&namespace, call.text(1)?.as_bytes());
    Ok(Some(Value::from(uuid.to_string())))
}

fn returned(_: &Given) -> Returned {
    Type::formatted("uuid").into()
}
