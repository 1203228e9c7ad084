//! Follows an evaluation for whoever watches it: what each field of the target was made of.
//!
//! Without an observer nothing here is made, and the machine asks one pointer.

use std::sync::Arc;

use super::observer::{Made, Observer, Written, add};
use super::path;
use crate::diagnostic::Span;
use crate::mapping::place::{Key, Place};
use crate::mapping::program::{Argument, Node, Op, Step};
use crate::mapping::stdlib::Function;
use crate::value::{PointerBuf, Value};

/// What is known of a local name.
#[derive(Debug, Clone, Default)]
enum Known {
    #[default]
    Nothing,
    At(Place),
    Made(Arc<Made>),
}

#[derive(Debug, Default)]
struct Frame {
    made: Made,
    holds_fields: bool,
}

/// How far a watch is, to come back to it when `try` catches.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    frames: usize,
    deciding: u32,
    inside: u32,
}

/// Follows one evaluation on behalf of its observer.
#[derive(Debug)]
pub(super) struct Watch<'p> {
    observer: &'p dyn Observer,
    frames: Vec<Frame>,
    locals: Vec<Known>,
    /// How many conditions we are in.
    deciding: u32,
    /// How many expressions we are in whose members are no fields of the target.
    inside: u32,
}

impl<'p> Watch<'p> {
    pub fn new(observer: &'p dyn Observer, locals: usize) -> Watch<'p> {
        let locals = vec![Known::Nothing; locals];
        Watch { observer, frames: vec![Frame::default()], locals, deciding: 0, inside: 0 }
    }

    pub fn mark(&self) -> Mark {
        Mark { frames: self.frames.len(), deciding: self.deciding, inside: self.inside }
    }

    pub fn back_to(&mut self, mark: Mark) {
        self.frames.truncate(mark.frames);
        (self.deciding, self.inside) = (mark.deciding, mark.inside);
    }

    /// Begins a condition.
    pub fn decide(&mut self) {
        self.deciding += 1;
        self.inside += 1;
    }

    /// Ends a condition.
    pub fn decided(&mut self) {
        self.deciding -= 1;
        self.inside -= 1;
    }

    /// Begins an expression whose members are no fields of the target.
    pub fn go_inside(&mut self) {
        self.inside += 1;
    }

    pub fn come_out(&mut self) {
        self.inside -= 1;
    }

    /// Begins something whose making is told apart.
    pub fn enter(&mut self) {
        self.frames.push(Frame::default());
    }

    fn top(&mut self) -> &mut Made {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last].made
    }

    fn leave(&mut self) -> Frame {
        self.frames.pop().unwrap_or_default()
    }

    /// A value has been read: an input, a local name, or a path into one.
    pub fn read(&mut self, node: &Node) {
        let deciding = self.deciding > 0;
        if let Some(place) = self.place(node) {
            let made = self.top();
            add(if deciding { &mut made.decided_by } else { &mut made.from }, place);
        } else if let Some(slot) = local_of(node)
            && let Some(Known::Made(made)) = self.locals.get(slot)
        {
            let made = Arc::clone(made);
            self.top().merge(&made, deciding);
        }
    }

    /// The place that an expression names, when it is one.
    pub fn place(&self, node: &Node) -> Option<Place> {
        let (root, steps): (&Node, &[Step]) = match &node.op {
            Op::Path(root, steps) if path::is_slot(root) => (root, steps),
            Op::ToNumber(of) | Op::ToNumbers(of) | Op::ToText(of) => return self.place(of),
            _ => (node, &[]),
        };
        match &root.op {
            Op::Input(slot) => Some(Place::whole(*slot).follow(steps)),
            Op::Local(slot) => match self.locals.get(*slot) {
                Some(Known::At(place)) => Some(place.follow(steps)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Ends what a `let` names.
    pub fn name(&mut self, slot: usize, value: &Node) {
        let made = self.leave().made;
        let known = match self.place(value) {
            Some(place) => Known::At(place),
            None => Known::Made(Arc::new(made)),
        };
        self.know(slot, known);
    }

    /// Ends the list that an `each` goes over: what its items are made of.
    pub fn list(&mut self, list: &Node, inputs: &[Option<Value>]) -> Over {
        let made = self.leave().made;
        let deciding = self.deciding > 0;
        self.top().merge(&made, deciding);
        let there = |place: &Place| {
            let input = inputs.get(place.slot).and_then(Option::as_ref);
            input.and_then(|input| place.find(input)).is_some_and(|found| found != Value::Null)
        };
        let place = match &list.op {
            Op::Else(sides) => self.place(&sides[0]).filter(there),
            _ => self.place(list),
        };
        Over { place, made: Arc::new(made) }
    }

    /// The item of a list now has a name.
    pub fn item(&mut self, slot: usize, over: &Over, index: usize) {
        let known = match &over.place {
            // Of `list[].field` the n-th item is not the n-th of `list`.
            Some(place) if place.keys.contains(&Key::Items) => Known::At(place.clone()),
            Some(place) => Known::At(place.below(Key::Item(index))),
            None => Known::Made(Arc::clone(&over.made)),
        };
        self.know(slot, known);
    }

    /// The number of the item now has a name.
    pub fn number(&mut self, slot: usize, over: &Over) {
        let mut made = match &over.place {
            Some(place) => Made { decided_by: vec![place.clone()], ..Made::default() },
            None => (*over.made).clone(),
        };
        add(&mut made.through, "at".into());
        self.know(slot, Known::Made(Arc::new(made)));
    }

    /// A lambda's name stands for an item of the list at `place`.
    pub fn any_item(&mut self, slot: usize, place: Option<&Place>) {
        self.know(slot, place.map_or(Known::Nothing, |place| Known::At(place.below(Key::Items))));
    }

    fn know(&mut self, slot: usize, known: Known) {
        if let Some(local) = self.locals.get_mut(slot) {
            *local = known;
        }
    }

    /// A function has been called.
    pub fn through(&mut self, function: &Function, arguments: &[Argument]) {
        let table = arguments.iter().find_map(|argument| match argument {
            Argument::Table(name) => Some(name),
            _ => None,
        });
        let words: Arc<str> = match table {
            Some(table) => format!("{}({table})", function.name).into(),
            None => function.name.into(),
        };
        self.form(words);
    }

    /// A form that is written like a function was gone through.
    pub fn form(&mut self, words: Arc<str>) {
        add(&mut self.top().through, words);
    }

    /// Whether a member that comes next is a field of the target.
    pub fn at_target(&self) -> bool {
        self.inside == 0
    }

    /// Ends a field of the target.
    pub fn field(&mut self, target: &PointerBuf, span: Span, value: Option<&Value>) {
        let Frame { made, holds_fields } = self.leave();
        self.observer.field(&Written { target, span, value, made: &made, holds_fields });
        if let Some(around) = self.frames.last_mut() {
            around.holds_fields = true;
        }
    }
}

/// What the items of a list are made of.
#[derive(Debug)]
pub(super) struct Over {
    place: Option<Place>,
    made: Arc<Made>,
}

fn local_of(node: &Node) -> Option<usize> {
    match &node.op {
        Op::Local(slot) => Some(*slot),
        Op::Path(root, _) => match &root.op {
            Op::Local(slot) => Some(*slot),
            _ => None,
        },
        _ => None,
    }
}
