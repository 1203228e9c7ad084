//! `sha256`: the SHA-256 digest of a text (UTF-8), or of what base64 text holds, in hexadecimal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{Function, Given, Kind, Outcome, Returned, example, optional, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "sha256",
    summary: "The SHA-256 digest of a text (UTF-8), or of what base64 text holds, in hexadecimal.",
    params: &[required("text", Kind::Text), optional("encoding", Kind::Symbol(&["base64", "text"]))],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"sha256("abc")"#, r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#),
        example(
            r#"sha256("YWJj", base64)"#,
            r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
        ),
        example(r#"sha256("not base64", base64)"#, "error"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    let digest = match call.symbol(1, "text") {
        "base64" => Sha256::digest(STANDARD.decode(text.trim()).map_err(|_| "this is no base64 text")?),
        _ => Sha256::digest(text.as_bytes()),
    };
    let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(Value::from(text)))
}

fn returned(_: &Given) -> Returned {
    returns::sized(64, Some(64))
}
