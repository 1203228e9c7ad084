//! A value against the nodes.

use std::sync::Arc;

use jsonschema::json::Array as _;

use super::{ANY, Checks, Choice, Format, Id, Leaf, List, Member, Node, Object, Quick, Text, kinds, sketch};
use crate::schema::node::length_within;
use crate::value::{Map, Number, Value};

/// How deep schemas may lead into each other: a document of 512 levels whose every level has a `$ref`
/// beside other keywords.
const DEPTH: u32 = 1024;
/// Containers looked into, and `allOf` followed. Schemas that meet one value in many ways take more; the
/// validator remembers what it has seen, and is asked instead.
const STEPS: u32 = 1_000_000;

impl Quick {
    /// Whether the value fits; `None` when that is for the validator to say.
    pub(in crate::schema) fn is_valid(&self, value: &Value) -> Option<bool> {
        let mut walk = Walk { nodes: &self.nodes, depth: DEPTH, steps: STEPS, gave_up: false };
        let fits = walk.fits(self.root, value);
        (!walk.gave_up).then_some(fits)
    }
}

struct Walk<'q> {
    nodes: &'q [Node],
    depth: u32,
    steps: u32,
    gave_up: bool,
}

impl<'q> Walk<'q> {
    fn fits(&mut self, id: Id, value: &Value) -> bool {
        match self.nodes.get(id) {
            Some(Node::Any) => true,
            Some(Node::Own(checks)) => self.own(checks, value),
            Some(Node::Asked(validator)) => validator.is_valid(value),
            Some(Node::Never) | None => false,
        }
    }

    fn own(&mut self, checks: &'q Checks, value: &Value) -> bool {
        let fits = match value {
            Value::Null => checks.allows(kinds::NULL),
            Value::Bool(_) => checks.allows(kinds::BOOLEAN),
            Value::Number(number) => checks.number(number),
            Value::String(text) => checks.text(text, value),
            Value::Array(items) => checks.allows(kinds::ARRAY) && self.list(checks.list.as_ref(), items),
            Value::Object(map) => checks.allows(kinds::OBJECT) && self.object(checks.object.as_ref(), map),
        };
        fits && checks.choice.as_ref().is_none_or(|choice| choice.holds(value))
            && (checks.all.is_empty()
                || self.deeper(|walk| checks.all.iter().all(|id| walk.fits(*id, value))))
    }

    /// One level down, unless that is too far: then whatever is said does not count.
    fn deeper(&mut self, look: impl FnOnce(&mut Self) -> bool) -> bool {
        if self.depth == 0 || self.steps == 0 {
            self.gave_up = true;
            return false;
        }
        self.depth -= 1;
        self.steps -= 1;
        let fits = look(self);
        self.depth += 1;
        fits
    }

    fn list(&mut self, list: Option<&'q List>, items: &[Value]) -> bool {
        let Some(list) = list else { return true };
        (list.min..=list.max).contains(&(items.len() as u64))
            && self.deeper(|walk| walk.items(list, items))
            && (!list.unique || (&items).is_unique())
    }

    fn items(&mut self, list: &'q List, items: &[Value]) -> bool {
        let mut first = list.first.iter();
        if list.rest == ANY && list.first.is_empty() {
            return true;
        }
        items.iter().all(|item| self.fits(*first.next().unwrap_or(&list.rest), item))
    }

    fn object(&mut self, object: Option<&'q Object>, map: &Map) -> bool {
        let Some(object) = object else { return true };
        (object.min..=object.max).contains(&(map.len() as u64))
            && self.deeper(|walk| walk.members(object, map))
            && (object.names == ANY
                || map.keys().all(|name| self.fits(object.names, &Value::String(name.clone()))))
    }

    fn members(&mut self, object: &'q Object, map: &Map) -> bool {
        let (mut next, mut required) = (0, 0);
        for (name, value) in map.iter() {
            let node = match object.find(name, &mut next) {
                Some(member) => {
                    // Names are unique in an object: each is counted once.
                    required += usize::from(member.required);
                    member.node
                }
                None => object.rest,
            };
            if node != ANY && !self.fits(node, value) {
                return false;
            }
        }
        required == object.required
    }
}

impl Checks {
    fn allows(&self, kind: u8) -> bool {
        self.kinds & kind == kind
    }

    fn number(&self, number: &Number) -> bool {
        (self.allows(kinds::NUMBER) || (self.allows(kinds::INTEGER) && number.is_integer()))
            && self.numbers.iter().all(|bound| bound.holds(number))
    }

    fn text(&self, text: &Arc<str>, value: &Value) -> bool {
        self.allows(kinds::STRING) && self.text.as_ref().is_none_or(|check| check.holds(text, value))
    }
}

impl Text {
    fn holds(&self, text: &str, value: &Value) -> bool {
        length_within(text, self.min, self.max)
            && match &self.format {
                None => true,
                Some(Format::Own(has)) => has(text),
                Some(Format::Asked(leaf)) => leaf.holds(text, value),
            }
            && self.pattern.as_ref().is_none_or(|leaf| leaf.holds(text, value))
    }
}

impl Leaf {
    fn holds(&self, text: &str, value: &Value) -> bool {
        let known = self.table.as_ref().and_then(|table| table.matches(text));
        known.unwrap_or_else(|| self.validator.is_valid(value))
    }
}

impl Choice {
    fn holds(&self, value: &Value) -> bool {
        match value {
            Value::Null => self.null,
            Value::Bool(truth) => self.truths.contains(truth),
            Value::String(text) => self.texts.iter().any(|known| **known == **text),
            _ => false,
        }
    }
}

impl Object {
    /// The member called so. Documents are mostly in the order of their schema, so it is looked for
    /// behind the one before.
    fn find(&self, name: &str, next: &mut usize) -> Option<&Member> {
        let at = if self.sorted.is_empty() {
            let sketch = sketch(name);
            let is = |at: &usize| self.members.get(*at).is_some_and(|member| *member.name == *name);
            let alike = |(at, known): (usize, &u32)| (*known == sketch).then_some(at);
            let (before, behind) = self.sketches.split_at_checked(*next).unwrap_or((&self.sketches, &[]));
            let found = behind.iter().enumerate().filter_map(alike).map(|at| at + *next).find(is);
            found.or_else(|| before.iter().enumerate().filter_map(alike).find(is))?
        } else {
            let name_at = |at: &usize| self.members.get(*at).map(|member| &*member.name);
            *self.sorted.get(self.sorted.binary_search_by(|at| name_at(at).cmp(&Some(name))).ok()?)?
        };
        *next = at + 1;
        self.members.get(at)
    }
}
