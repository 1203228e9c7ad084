//! What the reader makes of a document: values that own what they hold, or views of its bytes.

use std::borrow::Cow;
use std::cell::Cell;
use std::hash::Hash;
use std::sync::Arc;

use bumpalo::Bump;

use super::seen::mixed;
use crate::value::{Map, Number, Value, View};

/// Makes values of what is read.
pub(super) trait Make<'t> {
    type Value;
    type Name: AsRef<str> + Clone + Eq + Hash + std::ops::Deref<Target = str>;

    /// `true`, `false` or `null`.
    fn word(&self, word: View<'static>) -> Self::Value;
    /// A number, and the text that it was read from.
    fn number(&self, number: Number, token: &'t str) -> Self::Value;
    fn text(&self, text: Cow<'t, str>) -> Self::Value;
    fn name(&mut self, text: Cow<'t, str>) -> Self::Name;
    /// Items of the lists that are open, innermost last.
    fn items(&mut self) -> &mut Vec<Self::Value>;
    /// Members of the objects that are open, innermost last.
    fn members(&mut self) -> &mut Vec<(Self::Name, Self::Value)>;
    /// Closes a list: its items are those from `base` on.
    fn list(&mut self, base: usize) -> Self::Value;
    /// Closes an object: its members are those from `base` on.
    fn object(&mut self, base: usize) -> Self::Value;
}

/// Slots of the cache of member names: objects in a list repeat theirs, and so do documents.
const NAMES: usize = 256;
/// Names longer than this are not worth a look into the cache.
const LONGEST_NAME: usize = 32;
/// Members and items that a thread keeps room for.
const KEPT: usize = 512;

/// Makes values; kept by each thread from one document to the next.
pub(super) struct Owned {
    names: [Option<Arc<str>>; NAMES],
    // Of what is open: each object and array is allocated once, in its final size.
    members: Vec<(Arc<str>, Value)>,
    items: Vec<Value>,
}

thread_local! {
    static OWNED: Cell<Option<Box<Owned>>> = const { Cell::new(None) };
}

impl Owned {
    pub fn take() -> Box<Owned> {
        OWNED.take().unwrap_or_else(|| {
            Box::new(Owned { names: [const { None }; NAMES], members: Vec::new(), items: Vec::new() })
        })
    }

    /// Nothing of the document is kept but names of members; nor is the room that a large one needed.
    pub fn give_back(mut self: Box<Owned>) {
        self.members.clear();
        self.items.clear();
        self.members.shrink_to(KEPT);
        self.items.shrink_to(KEPT);
        OWNED.set(Some(self));
    }
}

impl<'t> Make<'t> for Owned {
    type Value = Value;
    type Name = Arc<str>;

    fn word(&self, word: View<'static>) -> Value {
        word.to_value()
    }

    fn number(&self, number: Number, _token: &'t str) -> Value {
        Value::Number(number)
    }

    fn text(&self, text: Cow<'t, str>) -> Value {
        Value::String(Arc::from(text))
    }

    /// The same `Arc` for the same name where the cache still has it.
    fn name(&mut self, text: Cow<'t, str>) -> Arc<str> {
        if text.len() > LONGEST_NAME {
            return Arc::from(text);
        }
        let slot = &mut self.names[mixed(&text) % NAMES];
        match slot {
            Some(known) if **known == *text => known.clone(),
            _ => slot.insert(Arc::from(text)).clone(),
        }
    }

    fn items(&mut self) -> &mut Vec<Value> {
        &mut self.items
    }

    fn members(&mut self) -> &mut Vec<(Arc<str>, Value)> {
        &mut self.members
    }

    fn list(&mut self, base: usize) -> Value {
        Value::array(self.items.drain(base..).collect())
    }

    fn object(&mut self, base: usize) -> Value {
        Value::object(Map::of_unique(self.members.drain(base..).collect()))
    }
}

/// Makes views into the document; what is not there as it reads goes into the arena.
pub(super) struct Viewed<'t> {
    arena: &'t Bump,
    members: Vec<(&'t str, View<'t>)>,
    items: Vec<View<'t>>,
}

impl<'t> Viewed<'t> {
    pub fn new(arena: &'t Bump) -> Viewed<'t> {
        Viewed { arena, members: Vec::with_capacity(64), items: Vec::new() }
    }

    fn kept(&self, text: Cow<'t, str>) -> &'t str {
        match text {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => self.arena.alloc_str(&text),
        }
    }
}

impl<'t> Make<'t> for Viewed<'t> {
    type Value = View<'t>;
    type Name = &'t str;

    fn word(&self, word: View<'static>) -> View<'t> {
        word
    }

    fn number(&self, number: Number, token: &'t str) -> View<'t> {
        match number {
            Number::Integer(number) => View::Integer(number),
            Number::Decimal(number) => View::Decimal(number),
            Number::Text(_) => View::Long(token),
        }
    }

    fn text(&self, text: Cow<'t, str>) -> View<'t> {
        View::Text(self.kept(text))
    }

    fn name(&mut self, text: Cow<'t, str>) -> &'t str {
        self.kept(text)
    }

    fn items(&mut self) -> &mut Vec<View<'t>> {
        &mut self.items
    }

    fn members(&mut self) -> &mut Vec<(&'t str, View<'t>)> {
        &mut self.members
    }

    fn list(&mut self, base: usize) -> View<'t> {
        let list = self.arena.alloc_slice_copy(&self.items[base..]);
        self.items.truncate(base);
        View::List(list)
    }

    fn object(&mut self, base: usize) -> View<'t> {
        let object = self.arena.alloc_slice_copy(&self.members[base..]);
        self.members.truncate(base);
        View::Object(object)
    }
}
