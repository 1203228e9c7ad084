//! What the cases of a `match` take of its subject, and what they leave over.

use std::sync::Arc;

use super::line::{Form, Line, Stretch};
use crate::schema::{NumberType, TextType, Type};
use crate::value::{Kind, Value};

/// What a case takes.
#[derive(Debug, Clone)]
pub(super) enum Case {
    Value(Value),
    /// The ends as they stand on the line.
    Range(Form, Stretch),
    Kind(Kind),
}

/// What is left of a subject, by the members of its type.
#[derive(Debug, Clone)]
pub(super) struct Cover {
    left: Vec<Left>,
}

#[derive(Debug, Clone)]
struct Left {
    ty: Type,
    kind: Kind,
    rest: Rest,
}

/// What is left of one member.
#[derive(Debug, Clone)]
enum Rest {
    Nothing,
    /// So many values; more may be added later when `extensible`.
    Values(Vec<Value>, bool),
    Line(Line),
    /// Values without number or order, of which these are taken.
    Endless(Vec<Value>),
}

/// What is left, for messages.
#[derive(Debug, Default)]
pub(super) struct LeftOver {
    /// Values that are named by the type, as they are written.
    pub values: Vec<String>,
    /// Stretches of numbers and times.
    pub stretches: Vec<String>,
    /// Types of which nothing or only single values are taken.
    pub types: Vec<Type>,
    /// Whether a later version of the schema may add values.
    pub later: bool,
}

impl Cover {
    /// All of a type.
    pub fn of(ty: &Type) -> Cover {
        let every = [
            Type::Null,
            Type::Boolean,
            Type::number(),
            Type::text(),
            Type::list(Type::Any),
            Type::any_object(),
        ];
        // A member that can be anything is of every kind.
        let members = ty.members().iter().flat_map(|member| match member.is_any() {
            true => &every[..],
            false => std::slice::from_ref(member),
        });
        let left = members.filter_map(|member| {
            Some(Left { ty: member.clone(), kind: member.kind()?, rest: Rest::of(member) })
        });
        Cover { left: left.collect() }
    }

    /// Takes a case away. Whether there was something of it.
    pub fn take(&mut self, case: &Case) -> bool {
        // Every member, not only the first that has something of it.
        self.left.iter_mut().fold(false, |took, left| left.take(case) | took)
    }

    /// Whether there is something of a case.
    pub fn has(&self, case: &Case) -> bool {
        self.left.iter().any(|left| left.has(case))
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.left.iter().all(|left| matches!(left.rest, Rest::Nothing))
    }

    /// Forms of ranges that the subject has.
    pub fn forms(&self) -> Vec<Form> {
        let line = |left: &Left| match &left.rest {
            Rest::Line(line) => Some(line.form),
            Rest::Values(values, _) if values.iter().all(|value| value.as_number().is_some()) => {
                Some(Form::Number)
            }
            _ => None,
        };
        self.left.iter().filter_map(line).collect()
    }

    /// The type of what is left.
    pub fn ty(&self) -> Type {
        Type::union(self.left.iter().map(Left::ty))
    }

    /// What is left, in words.
    pub fn left_over(&self) -> LeftOver {
        let mut over = LeftOver::default();
        for left in &self.left {
            match &left.rest {
                Rest::Nothing => {}
                Rest::Values(values, later) => {
                    over.later |= later;
                    over.values.extend(values.iter().map(written));
                }
                Rest::Line(line) => {
                    over.stretches.extend(line.left());
                    over.types.push(left.ty.clone());
                }
                Rest::Endless(_) => over.types.push(left.ty.clone()),
            }
        }
        over
    }
}

impl Rest {
    fn of(member: &Type) -> Rest {
        match member.shape() {
            Type::Null => Rest::Values(vec![Value::Null], false),
            Type::Boolean => Rest::Values(vec![Value::Bool(true), Value::Bool(false)], false),
            Type::Number(number) => match &number.values {
                Some(values) => {
                    let values = values.iter().map(|value| Value::Number((*value).into()));
                    Rest::Values(values.collect(), false)
                }
                None => Rest::Line(Line::of_number(number)),
            },
            Type::Text(text) => match (&text.values, Form::of_text(text)) {
                (Some(values), _) => {
                    let known = values.iter().map(|value| Value::String(value.clone()));
                    Rest::Values(known.collect(), text.extensible)
                }
                (None, Some(form)) => Rest::Line(Line::whole(form)),
                (None, None) => Rest::Endless(Vec::new()),
            },
            _ => Rest::Endless(Vec::new()),
        }
    }

    /// Nothing, once nothing is left.
    fn settle(&mut self) {
        let empty = match self {
            Rest::Values(values, extensible) => values.is_empty() && !*extensible,
            Rest::Line(line) => line.is_empty(),
            Rest::Nothing | Rest::Endless(_) => false,
        };
        if empty {
            *self = Rest::Nothing;
        }
    }
}

impl Left {
    fn has(&self, case: &Case) -> bool {
        match (case, &self.rest) {
            (_, Rest::Nothing) => false,
            (Case::Kind(kind), _) => *kind == self.kind,
            (Case::Value(value), _) if value.kind() != self.kind => false,
            // What an open enum may have one day is not known: nothing is held against it.
            (Case::Value(value), Rest::Values(values, later)) => *later || values.contains(value),
            (Case::Value(value), Rest::Line(line)) => line.may_have(value),
            (Case::Value(_), Rest::Endless(_)) => true,
            (Case::Range(form, stretch), Rest::Values(values, _)) => {
                values.iter().any(|value| form.point(value).is_some_and(|point| stretch.holds(point)))
            }
            (Case::Range(form, stretch), Rest::Line(line)) => line.form == *form && line.meets(*stretch),
            (Case::Range(..), Rest::Endless(_)) => false,
        }
    }

    fn take(&mut self, case: &Case) -> bool {
        let took = match (case, &mut self.rest) {
            (_, Rest::Nothing) => false,
            (Case::Kind(kind), rest) => {
                let mine = *kind == self.kind;
                if mine {
                    *rest = Rest::Nothing;
                }
                mine
            }
            (Case::Value(value), rest) => value.kind() == self.kind && rest.take_value(value),
            (Case::Range(form, stretch), Rest::Line(line)) => line.form == *form && line.take(*stretch),
            (Case::Range(form, stretch), Rest::Values(values, _)) => {
                let before = values.len();
                values.retain(|value| !form.point(value).is_some_and(|point| stretch.holds(point)));
                values.len() < before
            }
            (Case::Range(..), Rest::Endless(_)) => false,
        };
        self.rest.settle();
        took
    }

    fn ty(&self) -> Type {
        match &self.rest {
            Rest::Nothing => Type::Never,
            Rest::Values(values, false) if self.kind == Kind::String => {
                let texts: Vec<Arc<str>> = values.iter().filter_map(Value::as_str).map(Arc::from).collect();
                self.ty.narrow(&Type::Text(Arc::new(TextType { values: Some(texts), ..TextType::default() })))
            }
            _ => self.ty.clone(),
        }
    }
}

impl Rest {
    fn take_value(&mut self, value: &Value) -> bool {
        match self {
            Rest::Values(values, extensible) => {
                let before = values.len();
                values.retain(|known| known != value);
                values.len() < before || *extensible
            }
            // Moments are matched as they are written: one moment has many texts.
            Rest::Line(line) if line.form != Form::Moment => match line.form.point(value) {
                Some(point) => line.take(Stretch::only(point)),
                None => line.may_have(value),
            },
            Rest::Endless(taken) if taken.contains(value) => false,
            Rest::Endless(taken) => {
                taken.push(value.clone());
                true
            }
            Rest::Line(_) => true,
            Rest::Nothing => false,
        }
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`\"{text}\"`"),
        Value::Number(number) => format!("`{number}`"),
        Value::Bool(truth) => format!("`{truth}`"),
        _ => "`null`".to_owned(),
    }
}

/// What a subject is where one of `cases` has taken it.
pub(super) fn taken(subject: &Type, cases: &[Case]) -> Type {
    Type::union(cases.iter().map(|case| {
        match case {
            Case::Value(Value::Null) => Type::Null,
            Case::Value(Value::Bool(_)) => Type::Boolean,
            Case::Value(Value::String(text)) => Type::literal(text),
            Case::Value(Value::Number(number)) => super::expr::type_of_number(number),
            Case::Value(_) => subject.clone(),
            Case::Kind(kind) => of_kind(subject, *kind),
            Case::Range(Form::Number, stretch) => {
                let within =
                    NumberType { minimum: stretch.low, maximum: stretch.high, ..NumberType::default() };
                subject.narrow(&Type::Number(Arc::new(within)))
            }
            Case::Range(form, _) => Type::union(
                subject
                    .members()
                    .iter()
                    .filter(|ty| ty.as_text().and_then(|t| Form::of_text(t)) == Some(*form))
                    .cloned(),
            ),
        }
    }))
}

/// The members of a type that are of a kind; of what can be anything, all of that kind.
pub(super) fn of_kind(subject: &Type, kind: Kind) -> Type {
    if subject.is_any() {
        return match kind {
            Kind::Null => Type::Null,
            Kind::Boolean => Type::Boolean,
            Kind::Number => Type::number(),
            Kind::String => Type::text(),
            Kind::Array => Type::list(Type::Any),
            Kind::Object => Type::any_object(),
        };
    }
    let members = Type::union(subject.members().iter().filter(|ty| ty.kind() == Some(kind)).cloned());
    if matches!(subject, Type::Partial(_)) { members.partial() } else { members }
}

#[cfg(test)]
mod tests;
