//! The functions of the language: one file each, one sorted table.
//!
//! The entry in a function's file feeds the checker, the evaluator, help, the reference and the
//! tests: its examples run.

mod canonical;
mod currency;
mod expression;
mod failing;
mod latin;
mod moment;
mod refused;
mod returns;
mod units;

mod abs;
mod absent_if;
mod add_business_days;
mod add_days;
mod add_time;
mod all;
mod amount;
mod any;
mod append;
mod ascii;
mod base64_decode;
mod base64_encode;
mod ceil;
mod concat;
mod contains;
mod convert;
mod count;
mod date;
mod decimal;
mod diff;
mod distinct;
mod end_of;
mod ends_with;
mod epoch_ms;
mod extract;
mod filter;
mod first;
mod flatten;
mod floor;
mod format_number;
mod format_time;
mod group_by;
mod instant;
mod instant_ms;
mod integer;
mod join;
mod join_present;
mod last;
mod left;
mod len;
mod local;
mod lookup;
mod lookup_all;
mod lower;
mod map;
mod matches;
mod max;
mod mid;
mod min;
mod money;
mod now;
mod one_or_many;
mod pad_left;
mod pad_right;
mod replace;
mod right;
mod round;
mod sha256;
mod sort_by;
mod split;
mod start_of;
mod starts_with;
mod sum;
mod table_has;
mod text;
mod time;
mod to_zone;
mod trim;
mod trim_left;
mod trim_right;
mod upper;
mod uuid5;
mod weekday;

pub use returns::{Given, GivenArgument, Returned};

pub(super) use canonical::{canonical, canonical_text};
pub(super) use failing::may_fail;
pub(super) use moment::unknown_zone;
pub(super) use refused::refusal;
pub(super) use returns::number_range;

use super::eval::{Call, Fault};
use crate::value::Value;

/// What a function's `eval` gives; `None` is absent.
pub type Outcome = Result<Option<Value>, Fault>;

/// One function.
pub struct Function {
    pub name: &'static str,
    /// A sentence.
    pub summary: &'static str,
    pub params: &'static [Param],
    /// The type of the result. The first argument is there and not null: `passes_empty` is accounted
    /// for elsewhere.
    pub returns: fn(&Given) -> Returned,
    /// Whether an absent or null first argument is the result, without a call.
    pub passes_empty: bool,
    /// Whether it can fail on arguments of the right kinds.
    pub fallible: bool,
    pub examples: &'static [Example],
    pub eval: fn(&mut Call<'_, '_>) -> Outcome,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// One parameter.
#[derive(Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// The last one may be given several times.
    pub repeated: bool,
}

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Any,
    Text,
    /// A number, or decimal text.
    Number,
    Integer,
    /// A text, a number or a boolean.
    Scalar,
    /// A list of what the second says.
    List(&'static Kind),
    /// One of these words, without quotes.
    Symbol(&'static [&'static str]),
    /// `it -> ...` over the items of the first argument.
    Lambda(&'static Kind),
    Boolean,
    /// The name of a code table.
    Table,
}

/// A call and what it gives, as JSON; `absent` or `error` where it gives no value.
#[derive(Debug)]
pub struct Example {
    pub call: &'static str,
    pub gives: &'static str,
}

/// A form that looks like a function, but does not look at all of its arguments.
#[derive(Debug)]
pub struct Form {
    pub name: &'static str,
    pub signature: &'static str,
    pub summary: &'static str,
    pub examples: &'static [Example],
}

const fn required(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, required: true, repeated: false }
}

const fn optional(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, required: false, repeated: false }
}

const fn repeated(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, required: true, repeated: true }
}

const fn example(call: &'static str, gives: &'static str) -> Example {
    Example { call, gives }
}

/// Every function, sorted by name.
pub static FUNCTIONS: &[Function] = &[
    abs::FUNCTION,
    absent_if::FUNCTION,
    add_business_days::FUNCTION,
    add_days::FUNCTION,
    add_time::FUNCTION,
    all::FUNCTION,
    amount::FUNCTION,
    any::FUNCTION,
    append::FUNCTION,
    ascii::FUNCTION,
    base64_decode::FUNCTION,
    base64_encode::FUNCTION,
    ceil::FUNCTION,
    concat::FUNCTION,
    contains::FUNCTION,
    convert::FUNCTION,
    count::FUNCTION,
    date::FUNCTION,
    decimal::FUNCTION,
    diff::FUNCTION,
    distinct::FUNCTION,
    end_of::FUNCTION,
    ends_with::FUNCTION,
    epoch_ms::FUNCTION,
    extract::FUNCTION,
    filter::FUNCTION,
    first::FUNCTION,
    flatten::FUNCTION,
    floor::FUNCTION,
    format_number::FUNCTION,
    format_time::FUNCTION,
    group_by::FUNCTION,
    instant::FUNCTION,
    instant_ms::FUNCTION,
    integer::FUNCTION,
    join::FUNCTION,
    join_present::FUNCTION,
    last::FUNCTION,
    left::FUNCTION,
    len::FUNCTION,
    local::FUNCTION,
    lookup::FUNCTION,
    lookup_all::FUNCTION,
    lower::FUNCTION,
    map::FUNCTION,
    matches::FUNCTION,
    max::FUNCTION,
    mid::FUNCTION,
    min::FUNCTION,
    money::FUNCTION,
    now::FUNCTION,
    one_or_many::FUNCTION,
    pad_left::FUNCTION,
    pad_right::FUNCTION,
    replace::FUNCTION,
    right::FUNCTION,
    round::FUNCTION,
    sha256::FUNCTION,
    sort_by::FUNCTION,
    split::FUNCTION,
    start_of::FUNCTION,
    starts_with::FUNCTION,
    sum::FUNCTION,
    table_has::FUNCTION,
    text::FUNCTION,
    time::FUNCTION,
    to_zone::FUNCTION,
    trim::FUNCTION,
    trim_left::FUNCTION,
    trim_right::FUNCTION,
    upper::FUNCTION,
    uuid5::FUNCTION,
    weekday::FUNCTION,
];

/// The forms, sorted by name.
pub static FORMS: &[Form] = &[
    Form {
        name: "if",
        signature: "if(condition, value, otherwise)",
        summary: "One of two values. Inside `value`, what the condition asked for is known.",
        examples: &[example(r#"if(1 < 2, "yes", "no")"#, r#""yes""#)],
    },
    Form {
        name: "query",
        signature: "query(value, \"$..path\")",
        summary: "Everything a JSONPath (RFC 9535) finds in a value, as a list.",
        examples: &[example(r#"query({ a: [{ b: 1 }, { b: 2 }] }, "$..b")"#, "[1, 2]")],
    },
    Form {
        name: "reject",
        signature: "reject(\"code\", \"text\", fact: value ...)",
        summary: "Stops with a declared rejection: a business answer.",
        examples: &[],
    },
    Form {
        name: "try",
        signature: "try(value, otherwise)",
        summary: "The value, or the other one when the first fails. Absent, null and rejections stay.",
        examples: &[example(r#"try(integer("x"), 0)"#, "0"), example(r#"try(integer("7"), 0)"#, "7")],
    },
];

/// The function called `name`.
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok().map(|at| &FUNCTIONS[at])
}

/// Every name that may be called, for messages.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name).chain(FORMS.iter().map(|form| form.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_sorted_and_have_examples() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
        assert!(FORMS.is_sorted_by(|a, b| a.name < b.name));
        assert!(FUNCTIONS.iter().all(|function| !function.examples.is_empty()));
    }
}
