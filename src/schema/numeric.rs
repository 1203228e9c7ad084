//! The numeric keywords, exact: the validator's own would go through floats.

use jsonschema::{Keyword, ValidationError, ValidationOptions, paths::Location};
use serde_json::Map as SerdeMap;

use super::node::Exact;
use super::spanned;
use crate::value::{Number, Value};

/// What stands before the name of a keyword that we check ourselves.
const OURS: &str = "crossdock:";

/// The numeric keywords that are always checked here.
const BOUNDS: &[&str] = &["exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"];
/// Checked here when a number in them needs more digits than a float has.
const VALUES: &[&str] = &["const", "enum"];

/// The name under which a numeric keyword is given to the validator, whose value is then its JSON text.
pub(super) fn our_name(keyword: &str) -> Option<String> {
    BOUNDS.iter().chain(VALUES).any(|known| *known == keyword).then(|| format!("{OURS}{keyword}"))
}

/// Whether a keyword is a bound on numbers.
pub(super) fn is_bound(keyword: &str) -> bool {
    BOUNDS.contains(&keyword)
}

/// The keyword as the author wrote it.
pub(super) fn author_name(keyword: &str) -> &str {
    keyword.strip_prefix(OURS).unwrap_or(keyword)
}

/// Teaches the validator our keywords.
pub(super) fn register<R>(options: ValidationOptions<'_, R, Exact>) -> ValidationOptions<'_, R, Exact> {
    let bounds = BOUNDS.iter().fold(options, |options, name| {
        options.with_keyword(format!("{OURS}{name}"), |_: &SerdeMap<_, _>, value, _: Location| {
            let limit = text_of(value).and_then(Number::parse);
            let limit = limit.ok_or_else(|| ValidationError::schema("must be a number"))?;
            Ok(Box::new(Bound::new(name, limit)))
        })
    });
    VALUES.iter().fold(bounds, |options, name| {
        options.with_keyword(format!("{OURS}{name}"), |_: &SerdeMap<_, _>, value, _: Location| {
            let values = text_of(value).and_then(|text| spanned::read(text).ok()).map(|(value, _)| value);
            let values = match (values, *name) {
                (Some(Value::Array(items)), "enum") => items.to_vec(),
                (Some(value), "const") => vec![value],
                _ => return Err(ValidationError::schema("must be a list of values")),
            };
            Ok(Box::new(OneOf(values)))
        })
    })
}

fn text_of(value: &serde_json::Value) -> Option<&str> {
    value.as_str()
}

/// One numeric keyword and its number.
pub(super) struct Bound {
    keyword: &'static str,
    limit: Number,
    // Chosen once: a comparison of names for each number would cost more than that of the numbers.
    holds: fn(&Number, &Number) -> bool,
}

impl Bound {
    fn new(keyword: &'static str, limit: Number) -> Bound {
        let holds: fn(&Number, &Number) -> bool = match keyword {
            "minimum" => |number, limit| number >= limit,
            "maximum" => |number, limit| number <= limit,
            "exclusiveMinimum" => |number, limit| number > limit,
            "exclusiveMaximum" => |number, limit| number < limit,
            _ => |number, unit| number.is_multiple_of(unit).unwrap_or(false),
        };
        Bound { keyword, limit, holds }
    }

    /// The bound that a keyword of a schema means, read as the validator reads it.
    pub(super) fn read(keyword: &str, limit: &Number) -> Option<Bound> {
        let known = BOUNDS.iter().find(|known| **known == keyword)?;
        Some(Bound::new(known, Number::parse(&limit.to_string())?))
    }

    /// Whether a number keeps to it.
    pub(super) fn holds(&self, number: &Number) -> bool {
        (self.holds)(number, &self.limit)
    }

    fn words(&self) -> String {
        let limit = &self.limit;
        match self.keyword {
            "minimum" => format!("must be at least {limit}"),
            "maximum" => format!("must be at most {limit}"),
            "exclusiveMinimum" => format!("must be more than {limit}"),
            "exclusiveMaximum" => format!("must be less than {limit}"),
            _ => multiple_words(limit),
        }
    }
}

fn multiple_words(unit: &Number) -> String {
    let scale = unit.scale();
    let power = Number::parse(&format!("1e-{scale}")).is_some_and(|power| power == *unit);
    match (power, scale) {
        (true, 0) => "must be a whole number".to_owned(),
        (true, 1) => "must have at most 1 digit after the point".to_owned(),
        (true, scale) => format!("must have at most {scale} digits after the point"),
        _ => format!("must be a multiple of {unit}"),
    }
}

impl<'i> Keyword<'i, Exact> for Bound {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom(self.words())) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_number().is_none_or(|number| self.holds(number))
    }
}

struct OneOf(Vec<Value>);

impl<'i> Keyword<'i, Exact> for OneOf {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.0.contains(instance) {
            Ok(())
        } else {
            Err(ValidationError::custom("must be one of the allowed values"))
        }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        self.0.contains(instance)
    }
}
