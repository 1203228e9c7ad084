//! What a condition that holds, or does not, says about the places it asks about.

use super::bounds::Limit;
use super::scope::{Checker, Key, Place};
use crate::mapping::syntax::{Expr, ExprKind, Operator, PathStep, Test};

/// Something known about a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    pub place: Place,
    pub about: About,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Present,
    NotNull,
    /// A limit of a number.
    Number(Limit),
    /// A limit of a text's or list's size.
    Size(Limit),
}

impl Checker<'_> {
    /// Whether a place is known to be so.
    pub(super) fn knows(&self, place: &Place, about: About) -> bool {
        self.facts.iter().any(|fact| {
            let covers = fact.place == *place && fact.about == about;
            // A place below it is there: then so is this one, and it is no null.
            let below = fact.about == About::Present
                && fact.place.slot == place.slot
                && fact.place.steps.len() > place.steps.len()
                && fact.place.steps.starts_with(&place.steps);
            covers || below
        })
    }

    /// Checks `inside` knowing that `condition` is `truth`.
    pub(super) fn knowing<T>(
        &mut self,
        condition: &Expr,
        truth: bool,
        inside: impl FnOnce(&mut Checker<'_>) -> T,
    ) -> T {
        let before = self.facts.len();
        self.learn(condition, truth);
        let result = inside(self);
        self.facts.truncate(before);
        result
    }

    /// Adds what `condition` being `truth` says.
    pub(super) fn learn(&mut self, condition: &Expr, truth: bool) {
        match &condition.kind {
            ExprKind::Not(of) => self.learn(of, !truth),
            ExprKind::Binary(binary) => match (binary.operator, truth) {
                (Operator::And, true) | (Operator::Or, false) => {
                    self.learn(&binary.left, truth);
                    self.learn(&binary.right, truth);
                }
                _ => self.learn_limit(binary, truth),
            },
            ExprKind::Is { of, test, negated } => {
                let Some(place) = self.place_of(of) else { return };
                match (test, truth != *negated) {
                    (Test::Present, true) => self.facts.push(Fact { place, about: About::Present }),
                    (Test::Null, false) => self.facts.push(Fact { place, about: About::NotNull }),
                    // What is null is there.
                    (Test::Null, true) => self.facts.push(Fact { place, about: About::Present }),
                    (Test::Present, false) => {}
                }
            }
            _ => {}
        }
    }

    /// The place that an expression names, when it is a plain path.
    pub(super) fn place_of(&self, expr: &Expr) -> Option<Place> {
        match &expr.kind {
            ExprKind::Name(name) => {
                let known = self.known.iter().rev().find(|known| known.name == *name)?;
                Some(Place { slot: known.slot, steps: Vec::new() })
            }
            ExprKind::Path(of, steps) => {
                let mut place = self.place_of(of)?;
                for step in steps {
                    place.steps.push(match step {
                        PathStep::Field(word) => Key::Field(word.text.clone()),
                        PathStep::Item(index, _) => Key::Item(*index),
                        PathStep::Items(_) => return None,
                    });
                }
                Some(place)
            }
            _ => None,
        }
    }
}
