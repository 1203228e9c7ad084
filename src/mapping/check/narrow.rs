//! What a condition that holds, or does not, says about the places it asks about.

use super::bounds::Limit;
use super::cover;
use super::expr::{is_decimal_text, type_of_number};
use super::scope::{Checker, Key, Place};
use crate::mapping::syntax::{Binary, Expr, ExprKind, Operator, PathStep, Test, TextPart};
use crate::schema::Type;
use crate::value::Kind;

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

/// How much was known at some point.
pub(super) struct Mark {
    facts: usize,
    types: usize,
}

impl Checker<'_> {
    /// How much is known now.
    pub(super) fn mark(&self) -> Mark {
        Mark { facts: self.facts.len(), types: self.known_types.len() }
    }

    /// Forgets what was learned since `mark`.
    pub(super) fn forget(&mut self, mark: Mark) {
        self.facts.truncate(mark.facts);
        self.known_types.truncate(mark.types);
    }

    /// Adds one thing known about a place.
    pub(super) fn learn_about(&mut self, place: &Place, about: About) {
        self.facts.push(Fact { place: place.clone(), about });
    }

    /// Adds what a place is, and what follows for what it stands in: of several kinds of object only those
    /// are left whose field can be so. With `absent`, it may also not be there.
    pub(super) fn learn_type(&mut self, place: &Place, ty: &Type, absent: bool) {
        self.known_types.push((place.clone(), ty.clone()));
        for end in (0..place.steps.len()).rev() {
            let (outer, below) = place.steps.split_at(end);
            let outer = Place { slot: place.slot, steps: outer.to_vec() };
            let Some(whole) = self.type_at(&outer) else { continue };
            let members = whole.members();
            let kept: Vec<Type> =
                members.iter().filter(|member| may_hold(member, below, ty, absent)).cloned().collect();
            if kept.len() < members.len() && !kept.is_empty() {
                let kept = Type::union(kept);
                let kept = if matches!(whole, Type::Partial(_)) { kept.partial() } else { kept };
                self.known_types.push((outer, kept));
            }
        }
    }

    /// A type, as it is known to be at a place.
    pub(super) fn type_known(&self, ty: Type, place: &Place) -> Type {
        let known = self.known_types.iter().rev().find(|(known, _)| known == place);
        let ty = known.map_or(ty, |(_, ty)| ty.clone());
        if self.knows(place, About::NotNull) { ty.without_null() } else { ty }
    }

    /// The type at a place, as far as it is known.
    fn type_at(&self, place: &Place) -> Option<Type> {
        let known = self.known.iter().rev().find(|known| known.slot == place.slot)?;
        let mut at = Place { slot: place.slot, steps: Vec::new() };
        let mut ty = self.type_known(known.ty.clone(), &at);
        for key in &place.steps {
            let inside = key_of(&ty, key)?;
            at.steps.push(key.clone());
            ty = self.type_known(inside.0, &at);
        }
        Some(ty)
    }

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
        let mark = self.mark();
        self.learn(condition, truth);
        let result = inside(self);
        self.forget(mark);
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
                (Operator::Equal, true) | (Operator::NotEqual, false) => {
                    self.learn_limit(binary, truth);
                    self.learn_equal(binary);
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
                    (Test::Kind(kind), holds) => self.learn_kind(&place, *kind, holds),
                }
            }
            _ => {}
        }
    }

    /// A path equals a literal.
    fn learn_equal(&mut self, binary: &Binary) {
        let sides = [(&binary.left, &binary.right), (&binary.right, &binary.left)];
        let found = sides.iter().find_map(|(path, literal)| {
            let ty = match &literal.kind {
                ExprKind::Text(parts) => match parts.as_slice() {
                    [TextPart::Literal(text)] => Type::literal(text),
                    _ => return None,
                },
                ExprKind::Number(number) => type_of_number(number),
                _ => return None,
            };
            Some((self.place_of(path)?, ty))
        });
        let Some((place, ty)) = found else { return };
        // Moments and decimal texts equal what is written otherwise.
        let as_written = self.type_at(&place).is_some_and(|known| {
            let text = known.without_null();
            known.is_any() || text.as_text().is_none_or(|text| text.format.is_none())
        });
        if as_written {
            self.learn_about(&place, About::Present);
            self.learn_type(&place, &ty, false);
        }
    }

    fn learn_kind(&mut self, place: &Place, kind: Kind, holds: bool) {
        if holds {
            self.learn_about(place, About::Present);
            self.learn_about(place, About::NotNull);
        }
        let Some(ty) = self.type_at(place).filter(|ty| !is_decimal_text(ty)) else { return };
        if holds {
            self.learn_type(place, &cover::of_kind(&ty, kind), false);
        } else if !ty.is_any() {
            let others = ty.members().iter().filter(|member| member.kind() != Some(kind)).cloned();
            let others = Type::union(others);
            let others = if matches!(ty, Type::Partial(_)) { others.partial() } else { others };
            self.learn_type(place, &others, true);
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

/// What a key finds in a type, and whether there may be nothing.
fn key_of(ty: &Type, key: &Key) -> Option<(Type, bool)> {
    let access = match key {
        Key::Field(name) => ty.member(name).ok()?,
        Key::Item(index) => ty.item(*index as usize).ok()?,
    };
    Some((access.ty, access.absent || access.through_null))
}

/// Whether what `keys` find in a type can be of type `ty`, or absent where that may be.
fn may_hold(outer: &Type, keys: &[Key], ty: &Type, absent: bool) -> bool {
    let mut at = (outer.clone(), false);
    for key in keys {
        let Some(inside) = key_of(&at.0, key) else { return absent };
        at = (inside.0, at.1 || inside.1);
    }
    (absent && at.1) || !at.0.narrow(ty).is_never()
}
