//! Amounts and times that may not meet: of different currencies, with and without an offset.

use super::scope::{Checker, Typed};
use crate::diagnostic::{Span, codes};
use crate::mapping::stdlib::{Function, Given};
use crate::schema::Type;

/// Fields that say in which currency the amounts beside them are.
pub(super) const CURRENCIES: [&str; 3] = ["currency", "currencyCode", "currency_code"];

impl Checker<'_> {
    /// Notes two amounts whose currencies are known and never the same.
    pub(super) fn one_currency(&mut self, left: &Typed, right: &Typed, does: &str, span: Span) {
        let (Some(one), Some(other)) = (&left.currency, &right.currency) else { return };
        if one.texts().is_none() || other.texts().is_none() || !one.narrow(other).is_never() {
            return;
        }
        let message = format!("an amount in {one} is {does} an amount in {other}");
        self.note(&codes::MIXED_CURRENCIES, span, message).help.push(
            "convert one of them first, with the rate of the day: `round(amount * rate, 2)`".to_owned(),
        );
    }

    /// Notes a moment that is compared with a time that nobody can place.
    pub(super) fn both_placed(&mut self, left: &Typed, right: &Typed, span: Span) {
        let mixed = (has_format(&left.ty, "date-time") && is_local(&right.ty))
            || (is_local(&left.ty) && has_format(&right.ty, "date-time"));
        if mixed {
            self.local_as_instant(
                span,
                "a moment is compared with a local time, which is one only in a zone",
            );
        }
    }

    /// Notes a local time of which a moment is to be made without a zone.
    pub(super) fn has_zone(&mut self, function: &Function, given: &Given, span: Span) {
        if function.name == "instant" && is_local(&given.ty(0)) && !given.has(1) {
            self.local_as_instant(span, "this is a local time, which is a moment only in a zone");
        }
    }

    fn local_as_instant(&mut self, span: Span, message: &str) {
        self.note(&codes::LOCAL_AS_INSTANT, span, message)
            .help
            .push("say where its clock hangs: `instant(…, \"Europe/Berlin\", dst: reject)`".to_owned());
    }
}

fn has_format(ty: &Type, format: &str) -> bool {
    ty.as_text().is_some_and(|text| text.format.as_deref() == Some(format))
}

fn is_local(ty: &Type) -> bool {
    has_format(ty, "date-time-local")
}
