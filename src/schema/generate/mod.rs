//! Values that fit a schema, made up: boundaries first, the same ones for the same seed.

mod chance;
mod pattern;
mod text;

use std::sync::Arc;

use rust_decimal::Decimal;

pub use chance::Chance;

use super::{ArrayType, NumberType, ObjectType, Schemas, Type};
use crate::value::{Map, Number, Value};

/// Attempts at one value: what a type cannot say (`uniqueItems`, `if`) is left to luck.
const ATTEMPTS: usize = 60;
/// Below so many levels only what is required is made.
const DEEP: usize = 5;
/// Deeper no value goes.
const DEEPEST: usize = 40;
/// Values inside one value, at most.
const MOST: usize = 2_000;

impl Schemas {
    /// A value that fits the schema called `name`, of which `[]` behind it makes a list; `None` when none
    /// could be made up. What is given has been verified.
    pub fn made_up(&self, name: &str, chance: &mut Chance) -> Option<Value> {
        if let Some(name) = name.strip_suffix("[]") {
            let count = chance.pick(&[0, 1, 2, 3]).unwrap_or(0);
            let items: Option<Vec<Value>> = (0..count).map(|_| self.made_up(name, chance)).collect();
            return items.map(Value::array);
        }
        let schema = self.get(name)?;
        (0..ATTEMPTS).find_map(|attempt| {
            // After some failures the plainest values are tried now and then.
            let mut making = Making { chance, left: MOST, plain: attempt > 8 && attempt % 4 == 0 };
            let value = making.value(&schema.ty, 0)?;
            // What looks right is held against the authority.
            let fits = schema.is_valid(&value) && schema.violations(&value, 1).is_empty();
            fits.then_some(value)
        })
    }
}

struct Making<'c> {
    chance: &'c mut Chance,
    left: usize,
    /// Only what is required, of the plainest kind.
    plain: bool,
}

impl Making<'_> {
    fn value(&mut self, ty: &Type, depth: usize) -> Option<Value> {
        if depth > DEEPEST || self.left == 0 {
            return None;
        }
        self.left -= 1;
        match ty.shape() {
            Type::Any => self.anything(),
            Type::Never => None,
            Type::Null => Some(Value::Null),
            Type::Boolean => Some(Value::Bool(self.chance.one_in(2))),
            Type::Number(number) => self.number(number),
            Type::Text(text) => text::text(text, self.chance).map(Value::from),
            Type::Array(list) => self.list(list, depth),
            Type::Object(object) => self.object(object, depth),
            Type::Union(members) => {
                let first = self.chance.below(members.len());
                let order = members.iter().cycle().skip(first).take(members.len());
                order.into_iter().find_map(|member| self.value(member, depth + 1))
            }
            // `shape` looks through these.
            Type::Recursive(_) | Type::Partial(_) => None,
        }
    }

    fn anything(&mut self) -> Option<Value> {
        let all =
            [Value::Null, Value::Bool(true), Value::from(0), Value::from("x"), Value::array(Vec::new())];
        self.chance.pick(&all)
    }

    fn number(&mut self, ty: &NumberType) -> Option<Value> {
        if let Some(values) = &ty.values {
            return self.chance.pick(values).map(|value| Value::Number(Number::from(value)));
        }
        let scale = if ty.integer { 0 } else { ty.scale.unwrap_or(2) };
        let step = Decimal::new(1, scale.min(28));
        let least = ty.minimum.map(|least| if ty.above_minimum { least + step } else { least });
        let most = ty.maximum.map(|most| if ty.below_maximum { most - step } else { most });
        let inside = |value: &Decimal| {
            least.is_none_or(|least| *value >= least) && most.is_none_or(|most| *value <= most)
        };
        let random = Decimal::new(self.chance.below(1_000_000) as i64, scale.min(28));
        let usual = [Decimal::ZERO, Decimal::ONE, -Decimal::ONE, step, random, -random];
        let large = [Decimal::from(4_294_967_296_i64), Decimal::from(9_007_199_254_740_993_i64)];
        let mut all: Vec<Decimal> = least.into_iter().chain(most).collect();
        all.extend(least.map(|least| least + step).into_iter().chain(most.map(|most| most - step)));
        all.extend(usual);
        all.extend(least.map(|least| least + random));
        if !self.plain {
            all.extend(large);
        }
        all.retain(inside);
        self.chance.pick(&all).map(|value| Value::Number(Number::from(value.round_dp(scale))))
    }

    fn list(&mut self, ty: &ArrayType, depth: usize) -> Option<Value> {
        let least = ty.min_items.unwrap_or(0);
        let most = ty.max_items.unwrap_or(usize::MAX).min(least.saturating_add(12));
        let wanted = match self.plain || depth > DEEP {
            true => least,
            false => {
                let all = [least, least, least + 1, least + 2, least + 3, most];
                self.chance.pick(&all).unwrap_or(least).min(most)
            }
        };
        let mut items = Vec::new();
        for at in 0..wanted {
            match self.value(ty.at(at), depth + 1) {
                Some(item) => items.push(item),
                None if at >= least => break,
                None => return None,
            }
        }
        Some(Value::array(items))
    }

    fn object(&mut self, ty: &ObjectType, depth: usize) -> Option<Value> {
        // None of what may be left out, all of it, or some.
        let share = if self.plain || depth > DEEP { 0 } else { self.chance.pick(&[0, 2, 1, 1]).unwrap_or(1) };
        let mut map = Map::new();
        for (name, field) in &ty.fields {
            let wanted = field.required || share == 2 || (share == 1 && self.chance.one_in(2));
            if !wanted {
                continue;
            }
            match self.value(&field.ty, depth + 1) {
                Some(value) => drop(map.insert(Arc::clone(name), value)),
                None if field.required => return None,
                None => {}
            }
        }
        Some(Value::object(map))
    }
}
