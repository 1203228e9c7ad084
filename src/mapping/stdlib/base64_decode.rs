//! `base64_decode`: the text whose bytes (UTF-8) are given in base64 (RFC 4648 §4).

use super::{Function, Kind, Outcome, example, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "base64_decode",
    summary: "The text whose bytes (UTF-8) are given in base64 (RFC 4648 §4).",
    params: &[required("text", Kind::Text)],
    returns: returns::text,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"base64_decode("dXNlcjpwYXNz")"#, r#""user:pass""#),
        example(r#"base64_decode("?")"#, "error"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let bytes = STANDARD.decode(call.text(0)?.as_bytes()).map_err(|_| Fault::from("this is no base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| Fault::from("the bytes are no text"))?;
    call.makes(text.len())?;
    Ok(Some(Value::from(text)))
}
