//! How many digits the currencies of the world have after the point (ISO 4217).

use super::refused::Refusal;
use super::returns::Given;
use crate::mapping::eval::{Call, Fault};
use crate::value::{Number, Rounding};

/// How to round.
pub(super) const MODES: &[&str] = &["ceiling", "down", "floor", "half_down", "half_even", "half_up", "up"];

/// Currencies whose digits are not two.
const PLACES: &[(u32, &[&str])] = &[
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
            "XAF", "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

fn places(currency: &str) -> u32 {
    PLACES.iter().find(|(_, all)| all.contains(&currency)).map_or(2, |(places, _)| *places)
}

fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// The first argument with the digits of the second, rounded as the third says.
pub(super) fn rounded(call: &Call<'_, '_>) -> Result<Number, Fault> {
    let currency = call.text(1)?;
    if !is_code(currency) {
        let shown: String = currency.chars().take(12).collect();
        return Err(format!("`{shown}` is no currency; write three capitals, as in `EUR`").into());
    }
    let mode = Rounding::from_symbol(call.symbol(2, "half_even")).unwrap_or(Rounding::HalfEven);
    call.number(0)?.with_scale(places(currency), mode).map_err(|error| Fault::from(error.to_string()))
}

/// The most digits that the currency of a call can have.
pub(super) fn most_places(given: &Given) -> u32 {
    match given.ty(1).texts() {
        Some(codes) => codes.iter().map(|code| places(code)).max().unwrap_or(2),
        None => 4,
    }
}

/// Whether the second argument is always a currency.
pub(super) fn is_known(given: &Given) -> bool {
    let ty = given.ty(1);
    let shaped = ty.as_text().is_some_and(|text| text.pattern.as_deref() == Some("^[A-Z]{3}$"));
    shaped || ty.texts().is_some_and(|codes| codes.iter().all(|code| is_code(code)))
}

/// What is wrong with a currency that is written out.
pub(super) fn refusal(given: &Given) -> Option<Refusal> {
    let code = given.literal(1).filter(|code| !is_code(code))?;
    let message = format!("`{code}` is no currency");
    Some(Refusal { at: 1, message, help: "write three capitals (ISO 4217), as in `\"EUR\"`".to_owned() })
}
