//! Smaller values than a value: the greatest steps first.

use std::sync::Arc;

use crate::value::{Map, Number, Value};

/// Values that are a step smaller. Each is smaller by itself, so that going on ends.
pub(super) fn smaller(value: &Value) -> Box<dyn Iterator<Item = Value> + '_> {
    match value {
        Value::Null => Box::new(std::iter::empty()),
        Value::Bool(truth) => Box::new(truth.then_some(Value::Bool(false)).into_iter()),
        Value::Number(number) => {
            let simple = ["0", "1", "-1", "2", "10"].into_iter().filter_map(Number::parse_decimal);
            let at = simple.clone().position(|known| known == *number);
            Box::new(simple.take(at.unwrap_or(usize::MAX)).map(Value::Number))
        }
        Value::String(text) => Box::new(texts(text).map(Value::from)),
        Value::Array(items) => Box::new(lists(items)),
        Value::Object(map) => Box::new(objects(map)),
    }
}

fn texts(text: &str) -> impl Iterator<Item = String> + '_ {
    let signs: Vec<char> = text.chars().collect();
    let count = signs.len();
    let shorter =
        [0, 1, count / 2, count.saturating_sub(1)].into_iter().filter(move |length| *length < count);
    let cut = shorter.map({
        let signs = signs.clone();
        move |length| signs[..length].iter().collect::<String>()
    });
    let odd = signs.iter().any(|sign| *sign != 'a');
    // As long, but plain.
    let plain = odd.then(|| "a".repeat(count)).into_iter().filter(move |_| count > 0);
    cut.chain(plain)
}

fn lists(items: &[Value]) -> impl Iterator<Item = Value> + '_ {
    let count = items.len();
    let halves = [0, count / 2].into_iter().filter(move |length| *length < count);
    let cut = halves.map(|length| Value::array(items[..length].to_vec()));
    let without = (0..count).map(|gone| {
        let kept = items.iter().enumerate().filter(|(at, _)| *at != gone);
        Value::array(kept.map(|(_, item)| item.clone()).collect())
    });
    let inside = (0..count).flat_map(move |at| {
        smaller(&items[at]).map(move |item| {
            let mut items = items.to_vec();
            items[at] = item;
            Value::array(items)
        })
    });
    cut.chain(without).chain(inside)
}

fn objects(map: &Map) -> impl Iterator<Item = Value> + '_ {
    let without = map.iter().map(|(gone, _)| {
        let kept = map.iter().filter(|(name, _)| *name != gone);
        Value::object(kept.map(|(name, value)| (Arc::clone(name), value.clone())).collect())
    });
    let inside = map.iter().flat_map(move |(name, member)| {
        smaller(member).map(move |smaller| {
            let swapped = |(known, value): (&Arc<str>, &Value)| {
                (Arc::clone(known), if known == name { smaller.clone() } else { value.clone() })
            };
            Value::object(map.iter().map(swapped).collect())
        })
    });
    without.chain(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes the first smaller value for which `bad` holds, again and again.
    fn shrunk(mut value: Value, bad: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..10_000 {
            let next = smaller(&value).find(&bad);
            match next {
                Some(next) => value = next,
                None => return value,
            }
        }
        panic!("shrinking does not end");
    }

    #[test]
    fn what_does_not_matter_goes() {
        let item = |count: i64, note: &str| -> Value {
            [("count".into(), Value::from(count)), ("note".into(), Value::from(note))].into_iter().collect()
        };
        let list = Value::array(vec![item(3, "a"), item(70, "the quick brown fox"), item(5, "b")]);
        let long = |value: &Value| {
            let items = value.as_array().unwrap_or_default();
            let note = |item: &Value| item.get("note").and_then(Value::as_str).map_or(0, str::len);
            items.iter().any(|item| note(item) > 4)
        };
        let only: Value = [("note".into(), Value::from("aaaaa"))].into_iter().collect();
        assert_eq!(shrunk(list, long), Value::array(vec![only]));
        assert_eq!(shrunk(Value::from(77), |value| *value != Value::from(0)), Value::from(1));
    }
}
