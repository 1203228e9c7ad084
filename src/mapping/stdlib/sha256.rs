//! `sha256`: the SHA-256 digest of a text (UTF-8), in hexadecimal.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::Call;
use crate::value::Value;
use sha2::{Digest as _, Sha256};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "sha256",
    summary: "The SHA-256 digest of a text (UTF-8), in hexadecimal.",
    params: &[required("text", Kind::Text)],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[example(
        r#"sha256("abc")"#,
        r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
    )],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let digest = Sha256::digest(call.text(0)?.as_bytes());
    let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(Value::from(text)))
}

fn returned(_: &Given) -> Returned {
    returns::sized(64, Some(64))
}
