//! `format_number`: a number as people write it.

use super::{Function, Given, Kind, Outcome, Returned, example, optional, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::value::{Rounding, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "format_number",
    summary: "A number as people write it: with so many digits after the decimal sign (`.` unless said), and a separator between thousands if one is given.",
    params: &[
        required("value", Kind::Number),
        required("places", Kind::Integer),
        optional("decimal", Kind::Text),
        optional("thousands", Kind::Text),
        optional(
            "mode",
            Kind::Symbol(&["ceiling", "down", "floor", "half_down", "half_even", "half_up", "up"]),
        ),
    ],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"format_number(1234567.5, 2, decimal: ",", thousands: ".")"#, r#""1.234.567,50""#),
        example(r#"format_number(-1234.567, 2, thousands: " ")"#, r#""-1 234.57""#),
        example("format_number(12, 3)", r#""12.000""#),
    ],
    eval,
};

/// Characters of a separator.
const LONGEST: usize = 8;

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let places = u32::try_from(call.size(1)?).ok().filter(|places| *places <= 28);
    let places = places.ok_or("`places` must be 0 to 28")?;
    let mode = Rounding::from_symbol(call.symbol(4, "half_even")).unwrap_or(Rounding::HalfEven);
    let (decimal, thousands) = (sign(call, 2, ".")?, sign(call, 3, "")?);
    let number = call.number(0)?.with_scale(places, mode).map_err(|error| Fault::from(error.to_string()))?;
    let digits = number.to_string();
    call.makes(digits.len().saturating_mul(LONGEST))?;
    let (minus, digits) = digits.strip_prefix('-').map_or(("", &*digits), |digits| ("-", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = format!("{minus}{}", grouped(whole, &thousands));
    if let Some(fraction) = fraction {
        text.push_str(&decimal);
        text.push_str(fraction);
    }
    Ok(Some(Value::from(text)))
}

fn sign(call: &Call<'_, '_>, at: usize, otherwise: &str) -> Result<String, Fault> {
    let sign = if call.optional(at).is_some() { call.text(at)?.to_string() } else { otherwise.to_owned() };
    if sign.chars().count() > LONGEST {
        return Err(format!("a separator has at most {LONGEST} characters").into());
    }
    Ok(sign)
}

fn grouped(whole: &str, separator: &str) -> String {
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push_str(separator);
        }
        text.push(digit);
    }
    text
}

fn returned(given: &Given) -> Returned {
    let places = given.size(1);
    let least = places.map_or(1, |places| if places > 0 { places + 2 } else { 1 });
    let number = given.number(0);
    let one = |at: usize| given.literal(at).map_or(0, |text| text.chars().count());
    let written = |at: usize| !given.has(at) || given.literal(at).is_some() || given.ty(at).is_any();
    let digits = number.minimum.zip(number.maximum).map(|(low, high)| {
        // Rounding may bring one digit more.
        low.abs().max(high.abs()).trunc().to_string().len() + 1
    });
    let most = digits.zip(places).filter(|_| written(2) && written(3)).map(|(digits, places)| {
        let fraction = if places > 0 { places + one(2).max(1) } else { 0 };
        1 + digits + one(3) * (digits / 3) + fraction
    });
    returns::sized(least.min(most.unwrap_or(least)), most)
}
