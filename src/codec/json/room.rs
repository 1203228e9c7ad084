//! What reading JSON needs besides the document: kept by each thread from one document to the next.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use crate::value::Value;

/// Slots of the cache of member names: objects in a list repeat theirs, and so do documents.
pub(super) const NAMES: usize = 256;
/// Members and items that a thread keeps room for.
const KEPT: usize = 512;
/// An object of more members keeps its names in a set while it is read, so that it is read in linear time.
const SET_FROM: usize = 24;

/// What reading needs besides the document; kept by each thread from one document to the next.
pub(super) struct Room {
    pub names: [Option<Arc<str>>; NAMES],
    /// Members and items of what is open, innermost last: each object and array is allocated once, in
    /// its final size.
    pub members: Vec<(Arc<str>, Value)>,
    pub items: Vec<Value>,
}

thread_local! {
    static ROOM: Cell<Option<Box<Room>>> = const { Cell::new(None) };
}

impl Room {
    pub fn take() -> Box<Room> {
        ROOM.take().unwrap_or_else(|| {
            Box::new(Room { names: [const { None }; NAMES], members: Vec::new(), items: Vec::new() })
        })
    }

    /// Nothing of the document is kept but names of members; nor is the room that a large one needed.
    pub fn give_back(mut self: Box<Room>) {
        self.members.clear();
        self.items.clear();
        self.members.shrink_to(KEPT);
        self.items.shrink_to(KEPT);
        ROOM.set(Some(self));
    }
}

/// The names of one open object.
pub(super) struct Seen {
    /// Where its members begin in [`Room::members`].
    pub base: usize,
    /// The cache slots of its names, four to a bit: a name whose bit is not marked is new.
    slots: u64,
    names: Option<HashSet<Arc<str>>>,
}

impl Seen {
    /// Nothing seen yet of an object whose members begin at `base`.
    pub fn new(base: usize) -> Seen {
        Seen { base, slots: 0, names: None }
    }

    /// Whether a name has not come before; it has from now on.
    pub fn is_new(&mut self, name: &Arc<str>, slot: Option<usize>, members: &[(Arc<str>, Value)]) -> bool {
        let mark = slot.map_or(0, |slot| 1 << (slot % 64));
        let unseen = mark & !self.slots != 0;
        self.slots |= mark;
        let before = &members[self.base..];
        if before.len() <= SET_FROM {
            return unseen || before.iter().all(|(known, _)| known != name);
        }
        let fill = || before.iter().map(|(known, _)| known.clone()).collect();
        self.names.get_or_insert_with(fill).insert(name.clone())
    }
}
