//! The names of one object while it is read: no name may come twice.

use std::collections::HashSet;
use std::hash::Hash;

/// An object of more members keeps its names in a set while it is read, so that it is read in linear time.
const SET_FROM: usize = 24;

/// The names of one open object.
pub(super) struct Seen<Name> {
    /// Where its members begin among those of all open objects.
    pub base: usize,
    /// A bit for each of its names, which other names may share: a name whose bit is not marked is new.
    marks: u64,
    names: Option<HashSet<Name>>,
}

impl<Name: AsRef<str> + Clone + Eq + Hash> Seen<Name> {
    /// Nothing seen yet of an object whose members begin at `base`.
    pub fn new(base: usize) -> Seen<Name> {
        Seen { base, marks: 0, names: None }
    }

    /// Whether a name has not come before; it has from now on.
    pub fn is_new<Value>(&mut self, name: &Name, members: &[(Name, Value)]) -> bool {
        let mark = mark(name.as_ref());
        let unseen = mark & self.marks == 0;
        self.marks |= mark;
        let before = &members[self.base..];
        if before.len() <= SET_FROM {
            return unseen || before.iter().all(|(known, _)| known != name);
        }
        let fill = || before.iter().map(|(known, _)| known.clone()).collect();
        self.names.get_or_insert_with(fill).insert(name.clone())
    }
}

/// One bit of a name.
fn mark(name: &str) -> u64 {
    1 << (mixed(name) % 64)
}

/// A number for a name, by its length and its first, middle and last byte.
pub(super) fn mixed(name: &str) -> usize {
    let bytes = name.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return 0 };
    let middle = bytes[bytes.len() / 2];
    bytes.len() * 7 + usize::from(*first) * 31 + usize::from(middle) * 13 + usize::from(*last) * 5
}
