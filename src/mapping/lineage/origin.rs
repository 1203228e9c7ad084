//! What a value comes from: places, what decides, functions and tables, constants.

use std::sync::Arc;

use crate::mapping::place::Place;

/// So many of each are kept of one value.
const MOST: usize = 500;

/// Where a value comes from; each thing once, in the order of the source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// What it holds or is computed from.
    pub from: Vec<Place>,
    /// Of these, what a part of may stand in it, in whatever form. Not: what was only compared, counted or
    /// looked up. Complete: of too many, whole inputs.
    pub holds: Vec<Place>,
    /// What decides which way it is made, or whether.
    pub decided_by: Vec<Place>,
    /// Functions; tables as `lookup(table)`; names of `let`.
    pub through: Vec<Arc<str>>,
    /// What it may be whatever the inputs are.
    pub constants: Vec<Arc<str>>,
}

fn add<T: PartialEq + Clone>(list: &mut Vec<T>, more: &[T]) {
    for one in more {
        if list.len() < MOST && !list.contains(one) {
            list.push(one.clone());
        }
    }
}

impl Origin {
    /// Nothing but a place.
    pub fn at(place: Place) -> Origin {
        Origin { from: vec![place.clone()], holds: vec![place], ..Origin::default() }
    }

    /// Adds all of another.
    pub fn and(&mut self, other: &Origin) {
        add(&mut self.from, &other.from);
        self.held(&other.holds);
        add(&mut self.decided_by, &other.decided_by);
        add(&mut self.through, &other.through);
        add(&mut self.constants, &other.constants);
    }

    /// Adds what may stand in it: none is lost.
    fn held(&mut self, more: &[Place]) {
        for place in more {
            let known = self
                .holds
                .iter()
                .any(|known| known == place || (known.keys.is_empty() && known.slot == place.slot));
            if known {
                continue;
            }
            if self.holds.len() < MOST || place.keys.is_empty() {
                self.holds.push(place.clone());
            } else {
                self.holds.push(Place::whole(place.slot));
            }
        }
    }

    /// The same, when what it is made of only says which, whether or how many.
    #[must_use]
    pub fn told_only(mut self) -> Origin {
        self.holds.clear();
        self
    }

    /// Adds what a condition is made of.
    pub fn decided(&mut self, condition: &Origin) {
        add(&mut self.decided_by, &condition.from);
        add(&mut self.decided_by, &condition.decided_by);
    }

    /// Adds something gone through.
    pub fn through(&mut self, words: impl Into<Arc<str>>) {
        add(&mut self.through, &[words.into()]);
    }

    /// Whether it depends on no input.
    pub fn is_constant(&self) -> bool {
        self.from.is_empty() && self.decided_by.is_empty()
    }
}
