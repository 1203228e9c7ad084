//! A value against the nodes.

use jsonschema::json::Array as _;

use super::{ANY, Checks, Choice, Format, Id, Leaf, List, Member, Node, Object, Quick, Text, kinds, sketch};
use crate::schema::COPIED;
use crate::schema::node::length_within;
use crate::value::{Value, View};

/// How deep schemas may lead into each other: a document of 512 levels whose every level has a `$ref`
/// beside other keywords.
const DEPTH: u32 = 1024;
/// Containers looked into, and `allOf` followed. Schemas that meet one value in many ways take more; the
/// validator remembers what it has seen, and is asked instead.
const STEPS: u32 = 1_000_000;

impl Quick {
    /// Whether the value fits; `None` when that is for the validator to say.
    pub(in crate::schema) fn is_valid(&self, value: View<'_>) -> Option<bool> {
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
    fn fits(&mut self, id: Id, value: View<'_>) -> bool {
        match self.nodes.get(id) {
            Some(Node::Any) => true,
            Some(Node::Own(checks)) => self.own(checks, value),
            Some(Node::Asked(validator)) => {
                value.to_value_within(&mut { COPIED }).is_some_and(|value| validator.is_valid(&value))
            }
            Some(Node::Never) | None => false,
        }
    }

    fn own(&mut self, checks: &'q Checks, value: View<'_>) -> bool {
        let fits = match value {
            View::Null => checks.allows(kinds::NULL),
            View::Bool(_) => checks.allows(kinds::BOOLEAN),
            View::Integer(_) | View::Decimal(_) | View::Long(_) => checks.number(value),
            View::Text(text) => checks.text(text),
            View::List(_) | View::Items(_) => {
                checks.allows(kinds::ARRAY) && self.list(checks.list.as_ref(), value)
            }
            View::Object(_) | View::Members(_) => {
                checks.allows(kinds::OBJECT) && self.object(checks.object.as_ref(), value)
            }
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

    fn list(&mut self, list: Option<&'q List>, value: View<'_>) -> bool {
        let Some(list) = list else { return true };
        let count = value.count().unwrap_or_default() as u64;
        (list.min..=list.max).contains(&count)
            && self.deeper(|walk| match value {
                View::List(items) => walk.items(list, items.iter().copied()),
                View::Items(items) => walk.items(list, items.iter().map(View::of)),
                _ => false,
            })
            && (!list.unique || value.to_value().as_array().is_some_and(|items| (&items).is_unique()))
    }

    fn items<'v>(&mut self, list: &'q List, mut items: impl Iterator<Item = View<'v>>) -> bool {
        let mut first = list.first.iter();
        if list.rest == ANY && list.first.is_empty() {
            return true;
        }
        items.all(|item| self.fits(*first.next().unwrap_or(&list.rest), item))
    }

    fn object(&mut self, object: Option<&'q Object>, value: View<'_>) -> bool {
        let Some(object) = object else { return true };
        match value {
            View::Object(members) => {
                let each = || members.iter().map(|(name, member)| (*name, *member));
                self.members(object, members.len(), each)
            }
            View::Members(map) => {
                let each = || map.iter().map(|(name, member)| (&**name, View::of(member)));
                self.members(object, map.len(), each)
            }
            _ => false,
        }
    }

    fn members<'v, Each: Iterator<Item = (&'v str, View<'v>)>>(
        &mut self,
        object: &'q Object,
        count: usize,
        each: impl Fn() -> Each,
    ) -> bool {
        (object.min..=object.max).contains(&(count as u64))
            && self.deeper(|walk| walk.all(object, each()))
            && (object.names == ANY || each().all(|(name, _)| self.fits(object.names, View::Text(name))))
    }

    fn all<'v>(&mut self, object: &'q Object, members: impl Iterator<Item = (&'v str, View<'v>)>) -> bool {
        let (mut next, mut required) = (0, 0);
        for (name, value) in members {
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

    fn number(&self, value: View<'_>) -> bool {
        let Some(number) = value.to_number() else { return false };
        (self.allows(kinds::NUMBER) || (self.allows(kinds::INTEGER) && number.is_integer()))
            && self.numbers.iter().all(|bound| bound.holds(&number))
    }

    fn text(&self, text: &str) -> bool {
        self.allows(kinds::STRING) && self.text.as_ref().is_none_or(|check| check.holds(text))
    }
}

impl Text {
    fn holds(&self, text: &str) -> bool {
        length_within(text, self.min, self.max)
            && match &self.format {
                None => true,
                Some(Format::Own(has)) => has(text),
                Some(Format::Asked(leaf)) => leaf.holds(text),
            }
            && self.pattern.as_ref().is_none_or(|leaf| leaf.holds(text))
    }
}

impl Leaf {
    fn holds(&self, text: &str) -> bool {
        let known = self.table.as_ref().and_then(|table| table.matches(text));
        known.unwrap_or_else(|| self.validator.is_valid(&Value::from(text)))
    }
}

impl Choice {
    fn holds(&self, value: View<'_>) -> bool {
        match value {
            View::Null => self.null,
            View::Bool(truth) => self.truths.contains(&truth),
            View::Text(text) => self.texts.binary_search_by(|known| (**known).cmp(text)).is_ok(),
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
