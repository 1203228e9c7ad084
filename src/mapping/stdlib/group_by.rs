//! `group_by`: the items of a list in groups with a common key.

use std::collections::HashMap;

use super::{Function, Given, Kind, Outcome, Returned, canonical, example, required, returns};
use crate::mapping::eval::Call;
use crate::schema::{Field, Type};
use crate::value::{Map, Value};

/// See [`Function`].
pub const FUNCTION: Function = Function {
    name: "group_by",
    summary: "The items of a list in groups: a list of `{ key, items }`, in the order in which the keys come first. Items without a key make a group without `key`.",
    params: &[required("list", Kind::List(&Kind::Any)), required("key", Kind::Lambda(&Kind::Any))],
    returns: returned,
    passes_empty: true,
    fallible: false,
    examples: &[
        example(
            r#"group_by(["a1", "b1", "a2"], it -> left(it, 1))"#,
            r#"[{"key": "a", "items": ["a1", "a2"]}, {"key": "b", "items": ["b1"]}]"#,
        ),
        example(r#"map(group_by([1, 5, 7], it -> it > 3), group -> count(group.items))"#, "[1, 2]"),
    ],
    eval,
};

fn eval(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.list(0)?;
    call.makes(list.len().saturating_mul(4))?;
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<(Option<Value>, Vec<Value>)> = Vec::new();
    for item in list.iter() {
        let key = call.apply(1, item)?;
        let mut text = String::new();
        if let Some(key) = &key {
            canonical(key, &mut text);
        }
        call.works(text.len() / 64)?;
        let at = *places.entry(text).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, items)) => items.push(item.clone()),
            None => groups.push((key, vec![item.clone()])),
        }
    }
    Ok(Some(Value::array(groups.into_iter().map(|(key, items)| group(key, items)).collect())))
}

fn group(key: Option<Value>, items: Vec<Value>) -> Value {
    let mut group = Map::with_capacity(2);
    if let Some(key) = key {
        group.insert("key", key);
    }
    group.insert("items", Value::array(items));
    Value::object(group)
}

fn returned(given: &Given) -> Returned {
    let (least, most) = given.counts(0);
    let always = given.arguments.get(1).is_some_and(|lambda| !lambda.absent);
    let items = returns::list_of(given.item(0), (1, most)).ty;
    let group = Type::object(vec![
        ("key".into(), Field { ty: given.ty(1), required: always }),
        ("items".into(), Field { ty: items, required: true }),
    ]);
    returns::list_of(group, (least.min(1), most))
}
