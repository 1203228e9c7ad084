//! `ascii`: a text in the letters of ASCII, for systems that have no others.

use super::{Function, Given, Kind, Outcome, Returned, example, latin, optional, required, returns};
use crate::mapping::eval::Call;
use crate::schema::Type;
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "ascii",
    summary: "A text in the letters of ASCII, for systems that have no others: accents go, `ß` is `ss`, curly quotes are straight. \
        `spelled` writes `ä ö ü` as `ae oe ue` and `å ø` as `aa oe`. What has no such letter is `?`.",
    params: &[required("text", Kind::Text), optional("letters", Kind::Symbol(&["plain", "spelled"]))],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example(r#"ascii("Łódź, Straße 5 – 2º")"#, r#""Lodz, Strasse 5 - 2o""#),
        example(r#"ascii("Müller, Tromsø")"#, r#""Muller, Tromso""#),
        example(r#"ascii("Müller, Tromsø", spelled)"#, r#""Mueller, Tromsoe""#),
    ],
    eval,
};

/// No character becomes longer.
const LONGEST: usize = 3;

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?.clone();
    if text.is_ascii() {
        return Ok(Some(Value::String(text)));
    }
    call.makes(text.len().saturating_mul(LONGEST))?;
    Ok(Some(Value::from(in_ascii(&text, call.symbol(1, "plain") == "spelled"))))
}

fn in_ascii(text: &str, spelled: bool) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|character| latin::write(character, spelled, &mut out));
    out
}

fn returned(given: &Given) -> Returned {
    let spelled = given.ty(1).texts().is_some_and(|words| words.iter().any(|word| &**word == "spelled"));
    match given.ty(0).texts() {
        Some(texts) => Type::one_of(texts.iter().map(|text| in_ascii(text, spelled).into()).collect()).into(),
        None => returns::sized(0, given.lengths(0).1.map(|most| most.saturating_mul(LONGEST))),
    }
}
