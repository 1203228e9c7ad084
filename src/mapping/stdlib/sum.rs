//! `sum`: the sum of a list of numbers; 0 when the list is empty.

use super::{Function, Given, Kind, Outcome, Returned, example, required, returns};
use crate::mapping::eval::{Call, Fault};
use crate::schema::NumberType;
use crate::value::{Number, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "sum",
    summary: "The sum of a list of numbers; 0 when the list is empty.",
    params: &[required("list", Kind::List(&Kind::Number))],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[example("sum([1.10, 2.20])", "3.30"), example("sum([])", "0")],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    call.works(list.len())?;
    let mut sum = Number::Integer(0);
    for item in list.iter() {
        let number = item.as_number().ok_or("an item of the list is no number")?;
        sum = sum.checked_add(number).map_err(|error| Fault::from(error.to_string()))?;
    }
    Ok(Some(Value::Number(sum)))
}

fn returned(given: &Given) -> Returned {
    let item = given.item(0);
    let number = item.as_number().map_or_else(NumberType::default, |number| returns::number_range(number));
    let not_negative = number.minimum.filter(|least| !least.is_sign_negative());
    let fewest = given.counts(0).0;
    returns::number_of(NumberType {
        integer: number.integer,
        scale: number.scale,
        // Of several that are not negative the sum is no less than one.
        minimum: not_negative.map(|least| if fewest > 0 { least } else { rust_decimal::Decimal::ZERO }),
        ..NumberType::default()
    })
}
