//! Which calls can fail on values of the types that they get.

use super::{Function, Given, Kind, currency, units};
use crate::schema::Type;
use crate::value::Value;

/// Whether a call can fail on some input of its arguments' types. What only numbers of more than 28 digits
/// and outputs beyond every limit bring about does not count.
pub fn may_fail(function: &Function, given: &Given) -> bool {
    unknown_kind(function, given)
        || match function.name {
            "amount" | "money" => !currency::is_known(given),
            "ceil" | "floor" | "sum" => false,
            "convert" => given.size(3).is_none_or(|places| places > 12) || !units::convertible(given, 1, 2),
            "date" | "weekday" if !given.has(1) => !is_time(given, &["date", "date-time", "date-time-local"]),
            "decimal" => !is_number(given, 0, false),
            "integer" => !is_number(given, 0, true),
            "format_number" => given.size(1).is_none_or(|places| places > 28) || !is_short_text(given),
            "left" | "right" => given.size(1).is_none(),
            "mid" => given.size(1).is_none_or(|start| start == 0) || given.size(2).is_none(),
            "pad_left" | "pad_right" => given.size(1).is_none() || !is_some_text(given, 2),
            "replace" | "split" => !is_some_text(given, 1),
            "sha256" => is_symbol(given, 1, "base64"),
            "sort_by" => !is_one_kind(&given.ty(1)),
            "round" => given.has(1) && given.size(1).is_none_or(|places| places > 28),
            _ => function.fallible,
        }
}

/// Whether an argument can be anything where a kind is needed.
fn unknown_kind(function: &Function, given: &Given) -> bool {
    given.arguments.iter().enumerate().any(|(at, argument)| {
        let param = function.params.get(at).or(function.params.last());
        let needs =
            param.is_some_and(|param| !matches!(param.kind, Kind::Any | Kind::Table | Kind::Lambda(_)));
        needs && !argument.absent && argument.ty.members().iter().any(Type::is_any)
    })
}

fn is_number(given: &Given, at: usize, whole: bool) -> bool {
    given.ty(at).as_number().is_some_and(|number| number.integer || !whole)
}

/// Whether all values are of one kind; what is null comes last.
fn is_one_kind(ty: &Type) -> bool {
    let ty = ty.without_null();
    let mut kinds = ty.members().iter().map(Type::kind);
    kinds.next().is_none_or(|first| first.is_some() && kinds.all(|kind| kind == first))
}

/// Whether the argument at `at` is written out and has a character.
fn is_some_text(given: &Given, at: usize) -> bool {
    let constant = given.arguments.get(at).and_then(|argument| argument.constant.as_ref());
    constant.and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

/// Whether the first argument is text of one of these formats: boundaries have checked that.
fn is_time(given: &Given, formats: &[&str]) -> bool {
    let ty = given.ty(0);
    let format = |ty: &Type| ty.as_text().and_then(|text| text.format.clone());
    ty.members().iter().all(|member| format(member).is_some_and(|format| formats.contains(&&*format)))
}

/// Whether the separators of `format_number`, where there are any, are written out and short.
fn is_short_text(given: &Given) -> bool {
    let short = |at: usize| given.literal(at).is_some_and(|text| text.chars().count() <= 8);
    [2, 3].into_iter().all(|at| !given.has(at) || given.arguments[at].absent || short(at))
}

fn is_symbol(given: &Given, at: usize, word: &str) -> bool {
    given.ty(at).texts().is_some_and(|words| words.iter().any(|known| &**known == word))
}
