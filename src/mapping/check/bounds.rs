//! What a comparison with a number says about a place: `it.count > 0`, `len(text) <= 35`, `text != ""`.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::narrow::{About, Fact};
use super::scope::{Checker, Place};
use crate::mapping::syntax::{ArgumentValue, Binary, Expr, ExprKind, Operator};
use crate::schema::{ArrayType, NumberType, Type};

/// A limit that holds for a number, or for the size of a text or list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    /// Whether it is the least.
    low: bool,
    limit: Decimal,
    /// Whether the limit itself is not reached.
    open: bool,
}

impl Checker<'_> {
    /// Adds what a comparison that came to `truth` says.
    pub(super) fn learn_limit(&mut self, binary: &Binary, truth: bool) {
        // Where a comparison may be false because nothing is there, its opposite says nothing.
        if self.lenient && !truth {
            return;
        }
        let not_empty = match (binary.operator, truth) {
            (Operator::NotEqual, true) | (Operator::Equal, false) => true,
            (Operator::NotEqual | Operator::Equal, _) => return,
            _ => false,
        };
        if not_empty {
            let empty = |expr: &Expr| matches!(&expr.kind, ExprKind::Text(parts) if parts.is_empty());
            let of = if empty(&binary.right) { &binary.left } else { &binary.right };
            let one = Limit { low: true, limit: Decimal::ONE, open: false };
            if (empty(&binary.right) || empty(&binary.left))
                && let Some(place) = self.place_of(of)
            {
                self.facts.push(Fact { place, about: About::Size(one) });
            }
            return;
        }
        let Some((of, limit)) = limit_of(binary, truth) else { return };
        let fact = match self.place_of(of) {
            Some(place) => Some((place, About::Number(limit))),
            None => self.measured(of).map(|place| (place, About::Size(limit))),
        };
        self.facts.extend(fact.map(|(place, about)| Fact { place, about }));
    }

    /// The place whose size is asked for: `len(place)`, `count(place)`.
    fn measured(&self, of: &Expr) -> Option<Place> {
        let ExprKind::Call(name, arguments) = &of.kind else { return None };
        match arguments.as_slice() {
            [one] if matches!(&*name.text, "len" | "count") => match &one.value {
                ArgumentValue::Expr(expr) => self.place_of(expr),
                ArgumentValue::Lambda { .. } => None,
            },
            _ => None,
        }
    }

    /// The type of a place within the limits that are known of it.
    pub(super) fn limited(&self, ty: Type, place: &Place) -> Type {
        let known = self.facts.iter().filter(|fact| fact.place == *place);
        // What no value can be is no type to go on with: such a branch is never taken.
        let within =
            |ty: Type, limits: Type| Some(ty.narrow(&limits)).filter(|ty| !ty.is_never()).unwrap_or(ty);
        known.fold(ty, |ty, fact| match fact.about {
            About::Number(limit) => match ty.as_number().map(|number| number.integer) {
                Some(true) => within(ty, limit.whole().number()),
                Some(false) => within(ty, limit.number()),
                None => ty,
            },
            About::Size(limit) if ty.as_text().is_some() => {
                let (least, most) = limit.size();
                within(ty, Type::sized(least, most))
            }
            About::Size(limit) if ty.as_array().is_some() => {
                let (least, most) = limit.size();
                let sized = ArrayType {
                    items: Type::Any,
                    prefix: Vec::new(),
                    min_items: Some(least).filter(|least| *least > 0),
                    max_items: most,
                };
                within(ty, Type::Array(sized.into()))
            }
            _ => ty,
        })
    }
}

impl Limit {
    fn number(self) -> Type {
        let Limit { low, limit, open } = self;
        let number = match low {
            true => NumberType { minimum: Some(limit), above_minimum: open, ..NumberType::default() },
            false => NumberType { maximum: Some(limit), below_maximum: open, ..NumberType::default() },
        };
        Type::Number(number.into())
    }

    /// What it says of a whole number: more than 0 is at least 1.
    fn whole(self) -> Limit {
        let limit = match (self.low, self.open) {
            (true, true) => self.limit.floor().checked_add(Decimal::ONE),
            (true, false) => Some(self.limit.ceil()),
            (false, true) => self.limit.ceil().checked_sub(Decimal::ONE),
            (false, false) => Some(self.limit.floor()),
        };
        limit.map_or(self, |limit| Limit { limit, open: false, ..self })
    }

    /// As the least and greatest size.
    fn size(self) -> (usize, Option<usize>) {
        let whole = self.whole().limit.max(Decimal::ZERO).to_usize();
        if self.low { (whole.unwrap_or(0), None) } else { (0, whole) }
    }
}

/// What is compared with a number that is written out, and the limit that holds for it.
fn limit_of(binary: &Binary, truth: bool) -> Option<(&Expr, Limit)> {
    let number = |expr: &Expr| match &expr.kind {
        ExprKind::Number(number) => number.to_decimal(),
        _ => None,
    };
    let (of, limit, turned) = match (number(&binary.left), number(&binary.right)) {
        (None, Some(limit)) => (&binary.left, limit, false),
        (Some(limit), None) => (&binary.right, limit, true),
        _ => return None,
    };
    let (low, open) = match binary.operator {
        Operator::Greater => (true, true),
        Operator::GreaterOrEqual => (true, false),
        Operator::Less => (false, true),
        Operator::LessOrEqual => (false, false),
        _ => return None,
    };
    // `0 < x` says of `x` what `x > 0` does; what does not hold is on the other side.
    let low = low != turned;
    let (low, open) = if truth { (low, open) } else { (!low, !open) };
    Some((of, Limit { low, limit, open }))
}
