//! `base64_encode`: the bytes of a text (UTF-8) in base64 (RFC 4648 §4).

use super::{Function, Given, Kind, Outcome, Returned, example, required};
use crate::mapping::eval::Call;
use crate::schema::{TextType, Type};
use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "base64_encode",
    summary: "The bytes of a text (UTF-8) in base64 (RFC 4648 §4).",
    params: &[required("text", Kind::Text)],
    returns: returned,
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

fn returned(given: &Given) -> Returned {
    let (least, most) = given.lengths(0);
    let encoded = |bytes: usize| bytes.div_ceil(3).saturating_mul(4);
    Type::Text(std::sync::Arc::new(TextType {
        min_length: Some(encoded(least)).filter(|least| *least > 0),
        // A character has at most four bytes.
        max_length: most.map(|most| encoded(most.saturating_mul(4))),
        format: Some("byte".into()),
        ..TextType::default()
    }))
    .into()
}
