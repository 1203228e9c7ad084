//! Types from types: unions, what is common, null taken away.

use std::sync::Arc;

use super::{ArrayType, Field, NumberType, ObjectType, TextType, Type, Verdict};

/// Unions of more members are no use to anybody and cost time: they become `Any`.
const MEMBERS: usize = 24;
/// Types are looked into this deep when they are put together.
const DEPTH: usize = 24;

impl Type {
    /// A type for every value of any of `types`. Members that another one covers are left out.
    pub fn union(types: impl IntoIterator<Item = Type>) -> Type {
        let mut members: Vec<Type> = Vec::new();
        for ty in types {
            match ty.shape() {
                Type::Never => {}
                Type::Any => return ty,
                Type::Union(_) if !matches!(ty, Type::Partial(_)) => {
                    ty.members().iter().for_each(|member| add_member(&mut members, member.clone()));
                }
                // A partial union is wider when flattened, which is what a source may be.
                Type::Union(inner) => {
                    inner.iter().for_each(|member| add_member(&mut members, member.clone().partial()));
                }
                _ => add_member(&mut members, ty),
            }
        }
        match members.len() {
            0 => Type::Never,
            1 => members.swap_remove(0),
            many if many > MEMBERS => Type::Any.partial(),
            _ => Type::Union(Arc::new(members)),
        }
    }

    /// A type for every value of either: what an `if` gives.
    pub fn join(&self, other: &Type) -> Type {
        Type::union([self.clone(), other.clone()])
    }

    /// A type for every value of both: what `allOf` or a guard leaves. `Never` when there is none.
    pub fn narrow(&self, other: &Type) -> Type {
        intersect(self, other, 0)
    }

    /// Without null: what `??` or `is not null` leaves.
    pub fn without_null(&self) -> Type {
        match self.shape() {
            Type::Null => Type::Never,
            Type::Union(members) => {
                let rest = Type::union(members.iter().filter(|ty| !matches!(ty, Type::Null)).cloned());
                if matches!(self, Type::Partial(_)) { rest.partial() } else { rest }
            }
            _ => self.clone(),
        }
    }

    /// With null.
    pub fn or_null(&self) -> Type {
        self.join(&Type::Null)
    }

    /// Whether a value may be null. `Any` may.
    pub fn is_nullable(&self) -> bool {
        match self.shape() {
            Type::Any | Type::Null => true,
            Type::Union(members) => members.iter().any(|member| matches!(member.shape(), Type::Null)),
            _ => false,
        }
    }

    /// Whether there is no value at all.
    pub fn is_never(&self) -> bool {
        matches!(self.shape(), Type::Never)
    }

    /// Whether nothing is known.
    pub fn is_any(&self) -> bool {
        matches!(self.shape(), Type::Any)
    }

    /// Whether both are the same type in memory: then a value of one certainly is of the other.
    pub(super) fn is_same(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Any, Type::Any)
            | (Type::Never, Type::Never)
            | (Type::Null, Type::Null)
            | (Type::Boolean, Type::Boolean) => true,
            (Type::Number(a), Type::Number(b)) => Arc::ptr_eq(a, b),
            (Type::Text(a), Type::Text(b)) => Arc::ptr_eq(a, b),
            (Type::Array(a), Type::Array(b)) => Arc::ptr_eq(a, b),
            (Type::Object(a), Type::Object(b)) => Arc::ptr_eq(a, b),
            (Type::Union(a), Type::Union(b)) => Arc::ptr_eq(a, b),
            (Type::Recursive(a), Type::Recursive(b)) => Arc::ptr_eq(a, b),
            (Type::Partial(a), Type::Partial(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// The same type, but for its name in messages when it is an object.
    #[must_use]
    pub(crate) fn named(self, name: &Arc<str>) -> Type {
        match self {
            Type::Object(object) => {
                Type::Object(Arc::new(ObjectType { name: Some(name.clone()), ..(*object).clone() }))
            }
            Type::Partial(inner) => (*inner).clone().named(name).partial(),
            other => other,
        }
    }
}

fn add_member(members: &mut Vec<Type>, new: Type) {
    for old in members.iter_mut() {
        if let Some(merged) = merge_values(old, &new) {
            *old = merged;
            return;
        }
    }
    // Past the bound nothing is compared any more; the caller sees the count.
    if members.len() > MEMBERS || members.iter().any(|old| covers(old, &new)) {
        if members.len() > MEMBERS {
            members.push(new);
        }
        return;
    }
    members.retain(|old| !covers(&new, old));
    members.push(new);
}

fn covers(wide: &Type, narrow: &Type) -> bool {
    wide.is_same(narrow)
        || (wide.kind() == narrow.kind() && names_all(wide, narrow) && narrow.fits(wide) == Verdict::Proven)
}

/// Whether a wide object that is silent about further members names all that a narrow one names.
fn names_all(wide: &Type, narrow: &Type) -> bool {
    let (Some(wide), Some(narrow)) = (wide.as_object(), narrow.as_object()) else { return true };
    !wide.silent || narrow.fields.iter().all(|(name, _)| wide.field(name).is_some())
}

/// Two enums of one kind are one longer enum.
fn merge_values(old: &Type, new: &Type) -> Option<Type> {
    match (old, new) {
        (Type::Text(a), Type::Text(b)) if bare_values(a) && bare_values(b) => {
            let mut values = a.values.clone()?;
            values.extend(
                b.values
                    .iter()
                    .flatten()
                    .filter(|value| !a.values.iter().flatten().any(|v| v == *value))
                    .cloned(),
            );
            let extensible = a.extensible || b.extensible;
            Some(Type::Text(Arc::new(TextType { values: Some(values), extensible, ..TextType::default() })))
        }
        _ => None,
    }
}

/// Whether an enum is all that the type says.
fn bare_values(text: &TextType) -> bool {
    text.values.is_some()
        && *text
            == TextType { values: text.values.clone(), extensible: text.extensible, ..TextType::default() }
}

fn intersect(a: &Type, b: &Type, depth: usize) -> Type {
    if a.is_same(b) {
        return a.clone();
    }
    match (a, b) {
        (Type::Any, other) | (other, Type::Any) => return other.clone(),
        (Type::Never, _) | (_, Type::Never) => return Type::Never,
        _ if depth > DEPTH => return a.clone().partial(),
        (Type::Partial(inner), other) | (other, Type::Partial(inner)) => {
            return intersect(inner, other, depth + 1).partial();
        }
        // One level of a recursive type is enough for a common one; deeper it stays as it is.
        (Type::Recursive(cell), other) | (other, Type::Recursive(cell)) => {
            return match cell.get() {
                Some(inner) if depth < 4 => intersect(inner, other, depth + 4),
                _ => other.clone().partial(),
            };
        }
        _ => {}
    }
    match (a, b) {
        (Type::Union(members), other) | (other, Type::Union(members)) => {
            Type::union(members.iter().map(|member| intersect(member, other, depth + 1)))
        }
        (Type::Null, Type::Null) | (Type::Boolean, Type::Boolean) => a.clone(),
        (Type::Number(a), Type::Number(b)) => numbers(a, b),
        (Type::Text(a), Type::Text(b)) => texts(a, b),
        (Type::Array(a), Type::Array(b)) => arrays(a, b, depth),
        (Type::Object(a), Type::Object(b)) => objects(a, b, depth),
        _ => Type::Never,
    }
}

fn tighter<T: PartialOrd + Clone>(a: &Option<T>, b: &Option<T>, larger: bool) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if (a > b) == larger { a.clone() } else { b.clone() }),
        (one, other) => one.clone().or_else(|| other.clone()),
    }
}

fn common<T: PartialEq + Clone>(a: &Option<Vec<T>>, b: &Option<Vec<T>>) -> Option<Vec<T>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.iter().filter(|value| b.contains(value)).cloned().collect()),
        (one, other) => one.clone().or_else(|| other.clone()),
    }
}

fn numbers(a: &NumberType, b: &NumberType) -> Type {
    let minimum = tighter(&a.minimum, &b.minimum, true);
    let maximum = tighter(&a.maximum, &b.maximum, false);
    let above = |ty: &NumberType| ty.above_minimum && ty.minimum == minimum;
    let below = |ty: &NumberType| ty.below_maximum && ty.maximum == maximum;
    let values = common(&a.values, &b.values);
    let empty = minimum.zip(maximum).is_some_and(|(low, high)| low > high)
        || values.as_ref().is_some_and(Vec::is_empty);
    if empty {
        return Type::Never;
    }
    Type::Number(Arc::new(NumberType {
        integer: a.integer || b.integer,
        above_minimum: above(a) || above(b),
        below_maximum: below(a) || below(b),
        minimum,
        maximum,
        scale: tighter(&a.scale, &b.scale, false),
        values,
    }))
}

fn texts(a: &TextType, b: &TextType) -> Type {
    let values = common(&a.values, &b.values);
    if values.as_ref().is_some_and(Vec::is_empty) {
        return Type::Never;
    }
    let differ = |a: &Option<Arc<str>>, b: &Option<Arc<str>>| a.is_some() && b.is_some() && a != b;
    // Two patterns or formats do not fit into one facet: the first stays, and the type says so.
    let partial = differ(&a.pattern, &b.pattern) || differ(&a.format, &b.format);
    let ty = Type::Text(Arc::new(TextType {
        min_length: tighter(&a.min_length, &b.min_length, true),
        max_length: tighter(&a.max_length, &b.max_length, false),
        pattern: a.pattern.clone().or_else(|| b.pattern.clone()),
        format: a.format.clone().or_else(|| b.format.clone()),
        values,
        extensible: a.extensible || b.extensible,
    }));
    if partial { ty.partial() } else { ty }
}

fn arrays(a: &ArrayType, b: &ArrayType, depth: usize) -> Type {
    let mut max_items = tighter(&a.max_items, &b.max_items, false);
    let mut prefix = Vec::new();
    for index in 0..a.prefix.len().max(b.prefix.len()) {
        let item = intersect(a.at(index), b.at(index), depth + 1);
        if item.is_never() {
            max_items = tighter(&max_items, &Some(index), false);
            break;
        }
        prefix.push(item);
    }
    let min_items = tighter(&a.min_items, &b.min_items, true);
    if min_items.zip(max_items).is_some_and(|(low, high)| low > high) {
        return Type::Never;
    }
    let mut items = intersect(&a.items, &b.items, depth + 1);
    if items.is_never() {
        max_items = tighter(&max_items, &Some(prefix.len()), false);
        items = Type::Any;
    }
    Type::Array(Arc::new(ArrayType { items, prefix, min_items, max_items }))
}

fn objects(a: &ObjectType, b: &ObjectType, depth: usize) -> Type {
    let mut fields: Vec<(Arc<str>, Field)> = Vec::new();
    let names = a.fields.iter().chain(b.fields.iter().filter(|(name, _)| a.field(name).is_none()));
    for (name, _) in names {
        let (left, right) = (a.member(name), b.member(name));
        let required = [&left, &right].iter().any(|side| side.as_ref().is_some_and(|field| field.required));
        let ty = match (left, right) {
            (Some(left), Some(right)) => intersect(&left.ty, &right.ty, depth + 1),
            _ => Type::Never,
        };
        if ty.is_never() && required {
            return Type::Never;
        }
        fields.push((name.clone(), Field { ty, required }));
    }
    let rest = match (&a.rest, &b.rest) {
        (Some(left), Some(right)) => Some(intersect(left, right, depth + 1)).filter(|ty| !ty.is_never()),
        _ => None,
    };
    if rest.is_none() {
        fields.retain(|(_, field)| !field.ty.is_never());
    }
    let name = a.name.clone().or_else(|| b.name.clone());
    Type::Object(Arc::new(ObjectType { name, fields, rest, silent: a.silent && b.silent }))
}
