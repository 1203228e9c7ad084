//! What an author can write so that a value certainly fits where now only data can show it.

use rust_decimal::Decimal;

use super::Type;
use super::facets::Bound;

/// For a target whose schema says more than a type holds.
pub(super) fn beyond() -> String {
    "nothing needs to be written: keywords such as `not`, `if` and `uniqueItems` are always checked with the data"
        .to_owned()
}

/// For a value of which nothing is known.
pub(super) fn anything(target: &Type) -> String {
    format!("say in the source's schema that it is {target}")
}

/// For a value that must be one of a few.
pub(super) fn one_of() -> String {
    "write a `match` that gives each of the target's values, and `else: reject(…)`; or list the values in the source's schema"
        .to_owned()
}

/// For a number with too many digits after the point.
pub(super) fn round(scale: u32) -> String {
    match scale {
        0 => "write `round(…)`, `floor(…)` or `ceil(…)`".to_owned(),
        scale => format!("write `round(…, {scale})`"),
    }
}

/// For a number that may lie outside a range.
pub(super) fn bound(bound: Bound, limit: Decimal, open: bool) -> String {
    let keyword = match (bound, open) {
        (Bound::Minimum, false) => "minimum",
        (Bound::Minimum, true) => "exclusiveMinimum",
        (Bound::Maximum, false) => "maximum",
        (Bound::Maximum, true) => "exclusiveMaximum",
    };
    format!("give the source's schema `\"{keyword}\": {limit}`")
}

/// For a text that may be too long.
pub(super) fn at_most(limit: usize) -> String {
    format!("write `left(…, {limit})`, or give the source's schema `\"maxLength\": {limit}`")
}

/// For a text that may be too short.
pub(super) fn at_least(limit: usize) -> String {
    format!("give the source's schema `\"minLength\": {limit}`")
}

/// For a text that may not have a format.
pub(super) fn format(format: &str) -> String {
    let function = match format {
        "date" => "write `date(…)`, or ",
        "date-time" => "write `instant(…)`, or ",
        "decimal" => "write `decimal(…)`, or ",
        _ => "",
    };
    format!("{function}give the source's schema `\"format\": \"{format}\"`")
}

/// For a text that may not match a pattern.
pub(super) fn pattern() -> String {
    "give the source's schema the same `pattern`, or write a `match` whose results match it".to_owned()
}

/// For a list of too many or too few items.
pub(super) fn items(keyword: &str, limit: usize) -> String {
    format!("give the source's schema `\"{keyword}\": {limit}`")
}

/// For an object that may lack a field.
pub(super) fn required(name: &str) -> String {
    format!("require `{name}` in the source's schema, or write the object field by field")
}

/// For an object that may have more fields than its target takes.
pub(super) fn no_others() -> String {
    "write the object field by field, or give the source's schema `\"additionalProperties\": false`"
        .to_owned()
}
