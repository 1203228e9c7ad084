//! `base64_encode`: the bytes of a text (UTF-8) in base64 (RFC 4648 §4).

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "base64_encode",
    summary: "The bytes of a text (UTF-8) in base64 (RFC 4648 §4).",
    params: &[required("text", Kind::Text)],
    returns: returns::text,
    passes_empty: true,
    fallible: false,
    examples: &[example(r#"base64_encode("user:pass")"#, r#""dXNlcjpwYXNz""#)],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?.clone();
    call.makes(text.len().saturating_mul(2))?;
    Ok(Some(Value::from(STANDARD.encode(text.as_bytes()))))
}
