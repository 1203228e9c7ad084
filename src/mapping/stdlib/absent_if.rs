//! `absent_if`: nothing, where a value stands for nothing.

use std::sync::Arc;

use super::refused::Refusal;
use super::{Function, Given, Kind, Outcome, Returned, example, repeated, required};
use crate::mapping::eval::Call;
use crate::schema::{TextType, Type};
use crate::value::Value;

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "absent_if",
    summary: "Nothing, where a value is one of those that stand for nothing: `\"\"`, `\"0001-01-01\"`, `-1`, the UUID of zeros. Null is nothing too; any other value stays.",
    params: &[required("value", Kind::Any), repeated("nothing", Kind::Scalar)],
    returns: returned,
    passes_empty: false,
    fallible: false,
    examples: &[
        example(r#"absent_if("0001-01-01", "0001-01-01", "")"#, "absent"),
        example(r#"absent_if("2026-01-31", "0001-01-01", "")"#, r#""2026-01-31""#),
        example("absent_if(0, 0)", "absent"),
        example("absent_if(null, 0)", "absent"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let value = match call.optional(0) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let nothing = (1..call.count()).any(|at| call.optional(at) == Some(value));
    Ok(if nothing { None } else { Some(value.clone()) })
}

fn returned(given: &Given) -> Returned {
    let literals: Vec<&str> = (1..given.arguments.len()).filter_map(|at| given.literal(at)).collect();
    let ty = match given.ty(0) {
        Type::Text(text) => Type::Text(Arc::new(without(&text, &literals))),
        other => other,
    };
    Returned { ty, absent: true }
}

/// What is left of a text's type.
fn without(text: &TextType, literals: &[&str]) -> TextType {
    let mut left = text.clone();
    if literals.contains(&"") {
        left.min_length = left.min_length.max(Some(1));
    }
    if let Some(values) = &mut left.values {
        // All of them gone would be no type: the value is then absent at any rate.
        let kept: Vec<Arc<str>> =
            values.iter().filter(|value| !literals.contains(&&***value)).cloned().collect();
        if !kept.is_empty() {
            *values = kept;
        }
    }
    left
}

/// A value that can never come stands for nothing in vain.
pub(super) fn refusal(given: &Given) -> Option<Refusal> {
    let ty = given.ty(0);
    let unlike = |at: &usize| {
        let kind = given.ty(*at).kind();
        let known = |member: &Type| member.kind().is_some() && member.kind() != kind;
        kind.is_some() && ty.members().iter().all(known)
    };
    let at = (1..given.arguments.len()).find(unlike)?;
    let kind = given.ty(at).kind().map_or("that", |kind| kind.name());
    let message = format!("`value` is {ty}, which is never {kind}");
    Some(Refusal { at, message, help: "write a value of the same kind, or none".to_owned() })
}
