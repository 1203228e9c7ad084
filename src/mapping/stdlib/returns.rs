//! Types of results, as rules over the types of arguments.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::schema::{ArrayType, NumberType, Type};
use crate::value::Value;

/// What the checker knows about a call's arguments, by place.
#[derive(Debug, Default)]
pub struct Given {
    pub arguments: Vec<GivenArgument>,
}

/// What the checker knows about one argument.
#[derive(Debug, Clone)]
pub struct GivenArgument {
    /// Without null. For a lambda what it gives, for a table its row.
    pub ty: Type,
    /// The lambda may give nothing for an item.
    pub absent: bool,
    /// The value, where it is written out.
    pub constant: Option<Value>,
}

/// The type of a result.
#[derive(Debug)]
pub struct Returned {
    pub ty: Type,
    pub absent: bool,
}

impl From<Type> for Returned {
    fn from(ty: Type) -> Returned {
        Returned { ty, absent: false }
    }
}

impl Given {
    /// The type of the argument at `at`; `Any` when left out.
    pub fn ty(&self, at: usize) -> Type {
        self.arguments.get(at).map_or(Type::Any, |argument| argument.ty.clone())
    }

    /// Whether the argument at `at` is given.
    pub fn has(&self, at: usize) -> bool {
        self.arguments.get(at).is_some()
    }

    /// The written-out size at `at`.
    pub fn size(&self, at: usize) -> Option<usize> {
        let number = self.arguments.get(at)?.constant.as_ref()?.as_number()?.to_i64()?;
        usize::try_from(number).ok()
    }

    /// What the items of the list at `at` are.
    pub fn item(&self, at: usize) -> Type {
        self.ty(at).items().unwrap_or(Type::Any)
    }

    /// Whether the list at `at` certainly has an item.
    pub fn has_items(&self, at: usize) -> bool {
        self.ty(at).as_array().is_some_and(|list| list.min_items.unwrap_or(0) > 0)
    }

    /// The least and greatest length of the text at `at`.
    pub fn lengths(&self, at: usize) -> (usize, Option<usize>) {
        self.ty(at).lengths()
    }

    /// The written-out text at `at`.
    pub fn literal(&self, at: usize) -> Option<&str> {
        self.arguments.get(at)?.constant.as_ref()?.as_str()
    }

    /// The least and greatest count of the items of the list at `at`.
    pub fn counts(&self, at: usize) -> (usize, Option<usize>) {
        let ty = self.ty(at);
        ty.as_array().map_or((0, None), |list| (list.min_items.unwrap_or(0), list.max_items))
    }

    /// The number at `at` and its facets, where it is one.
    pub fn number(&self, at: usize) -> NumberType {
        self.ty(at).as_number().map_or_else(NumberType::default, |number| number_range(number))
    }
}

/// A number's facets, those of its values as bounds.
pub fn number_range(number: &NumberType) -> NumberType {
    let values = number.values.iter().flatten().copied();
    NumberType {
        minimum: values.clone().min().or(number.minimum),
        maximum: values.max().or(number.maximum),
        above_minimum: number.above_minimum && number.values.is_none(),
        below_maximum: number.below_maximum && number.values.is_none(),
        values: None,
        ..number.clone()
    }
}

/// A number with these facets.
pub(super) fn number_of(number: NumberType) -> Returned {
    Type::Number(Arc::new(number)).into()
}

/// Whole numbers between these.
pub(super) fn between(least: usize, most: Option<usize>) -> Returned {
    number_of(NumberType {
        integer: true,
        minimum: Some(least.into()),
        maximum: most.map(Decimal::from),
        ..NumberType::default()
    })
}

/// Text of so many characters.
pub(super) fn sized(least: usize, most: Option<usize>) -> Returned {
    Type::sized(least, most).into()
}

/// At most so many characters of the first argument, which stays as it is where it has no more.
pub(super) fn cut(given: &Given, count: Option<usize>) -> Returned {
    let (least, most) = given.lengths(0);
    match (count, most) {
        (Some(count), Some(most)) if most <= count => given.ty(0).into(),
        (Some(count), most) => sized(least.min(count), Some(most.map_or(count, |most| most.min(count)))),
        (None, most) => sized(0, most),
    }
}

/// The texts of the first argument, each turned by `turn`, where they are known; else text that is as
/// long, or up to `longer` times as long.
pub(super) fn turned(given: &Given, turn: fn(&str) -> String, longer: usize) -> Returned {
    match given.ty(0).texts() {
        Some(texts) => Type::one_of(texts.iter().map(|text| turn(text).into()).collect()).into(),
        None => {
            let (least, most) = given.lengths(0);
            sized(least, most.map(|most| most.saturating_mul(longer)))
        }
    }
}

/// A list of these items and counts.
pub(super) fn list_of(items: Type, (least, most): (usize, Option<usize>)) -> Returned {
    let min_items = Some(least).filter(|least| *least > 0);
    Type::Array(Arc::new(ArrayType { items, prefix: Vec::new(), min_items, max_items: most })).into()
}

/// Any text.
pub(super) fn text(_: &Given) -> Returned {
    Type::text().into()
}

/// True or false.
pub(super) fn boolean(_: &Given) -> Returned {
    Type::Boolean.into()
}

/// Which number of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extreme {
    Largest,
    Smallest,
}

/// The largest or smallest number of the first argument; absent when the list is empty.
pub(super) fn extreme(given: &Given, which: Extreme) -> Returned {
    let ty = given.ty(0);
    let Some(list) = ty.as_array() else { return item(given) };
    let range = |ty: &Type| ty.as_number().map_or_else(NumberType::default, |number| number_range(number));
    // Those that are certainly there hold the result on one side, all that may be there on the other.
    let certain: Vec<NumberType> =
        (0..list.min_items.unwrap_or(0).min(64)).map(|at| range(list.at(at))).collect();
    let rest = list.max_items.is_none_or(|most| most > list.prefix.len()).then(|| range(&list.items));
    let all: Vec<NumberType> = list.prefix.iter().map(range).chain(rest).collect();
    let (minimum, maximum) = match which {
        Extreme::Largest => (
            certain.iter().filter_map(|number| number.minimum).max(),
            all.iter()
                .map(|number| number.maximum)
                .max_by_key(|most| most.is_none().then_some(Decimal::MAX).or(*most))
                .flatten(),
        ),
        Extreme::Smallest => (
            all.iter()
                .map(|number| number.minimum)
                .min_by_key(|least| least.is_none().then_some(Decimal::MIN).or(*least))
                .flatten(),
            certain.iter().filter_map(|number| number.maximum).min(),
        ),
    };
    let scales: Option<Vec<u32>> =
        all.iter().map(|number| if number.integer { Some(0) } else { number.scale }).collect();
    let number = NumberType {
        integer: all.iter().all(|number| number.integer),
        scale: scales.and_then(|scales| scales.into_iter().max()),
        minimum,
        maximum,
        ..NumberType::default()
    };
    Returned { absent: !given.has_items(0), ..number_of(number) }
}

/// A list like the first argument, perhaps with fewer items.
pub(super) fn fewer(given: &Given) -> Returned {
    list_of(given.item(0), (0, given.counts(0).1))
}

/// A list of the items of the first argument, in whatever order.
pub(super) fn as_many(given: &Given) -> Returned {
    list_of(given.item(0), given.counts(0))
}

/// An item of the first argument; absent when the list is empty.
pub(super) fn item(given: &Given) -> Returned {
    Returned { ty: given.item(0), absent: !given.has_items(0) }
}

/// Text of a format.
pub(super) fn date(_: &Given) -> Returned {
    Type::formatted("date").into()
}

/// A moment: text with `format: date-time`.
pub(super) fn moment(_: &Given) -> Returned {
    Type::formatted("date-time").into()
}
