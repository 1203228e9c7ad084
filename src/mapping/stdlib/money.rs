//! `money`: an amount together with its currency.

use super::{Function, Given, Kind, Outcome, Returned, currency, example, optional, required};
use crate::mapping::eval::Call;
use crate::schema::{Field, Type};
use crate::value::{Map, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "money",
    summary: "An amount together with its currency, as the canonical entities write it: `{ amount, currency }`, the amount as decimal text with the digits that the currency has.",
    params: &[
        required("value", Kind::Number),
        required("currency", Kind::Text),
        optional("mode", Kind::Symbol(currency::MODES)),
    ],
    returns: returned,
    passes_empty: true,
    fallible: true,
    examples: &[
        example(r#"money(1250, "NOK")"#, r#"{"amount": "1250.00", "currency": "NOK"}"#),
        example(r#"money(1250.4, "JPY")"#, r#"{"amount": "1250", "currency": "JPY"}"#),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let amount = currency::rounded(call)?;
    let mut money = Map::with_capacity(2);
    money.insert("amount", Value::from(amount.to_string()));
    money.insert("currency", Value::String(call.text(1)?.clone()));
    call.makes(2)?;
    Ok(Some(Value::object(money)))
}

fn returned(given: &Given) -> Returned {
    let field = |name: &str, ty: Type| (name.into(), Field { ty, required: true });
    let currency = if given.ty(1).is_any() { Type::sized(3, Some(3)) } else { given.ty(1) };
    Type::object(vec![field("amount", Type::formatted("decimal")), field("currency", currency)]).into()
}
