//! `sum`: the sum of a list of numbers; 0 when the list is empty.

use super::{Function, Given, Kind, Outcome, Returned, example, required};
use crate::mapping::eval::{Call, Fault};
use crate::schema::Type;
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
    let (integer, scale) = item.as_number().map_or((false, None), |number| (number.integer, number.scale));
    Type::Number(std::sync::Arc::new(crate::schema::NumberType { integer, scale, ..Default::default() }))
        .into()
}
