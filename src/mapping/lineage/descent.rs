//! A value before there is one: what it descends from, as a whole and in its parts.

use std::sync::Arc;

use super::origin::Origin;
use crate::diagnostic::Span;
use crate::mapping::place::{Key, Place};
use crate::value::Value;
use crate::value::json_text::write_string;

/// Fields that are told of one value, at most.
const MOST: usize = 10_000;
/// Ways that a value may be made whose parts are told apart, at most.
const WAYS: usize = 16;
/// A constant is cut after so many characters.
const SHOWN: usize = 40;

/// What a value descends from.
#[derive(Debug, Clone, Default)]
pub struct Descent {
    /// Of the value itself, without its parts.
    own: Origin,
    /// With all its parts.
    whole: Arc<Origin>,
    /// Where it stands in an input, when it is what stands there.
    place: Option<Place>,
    /// Whether the place goes over a list, so that the value is a list of what is there.
    gathered: bool,
    parts: Parts,
}

#[derive(Debug, Clone, Default)]
enum Parts {
    #[default]
    Unknown,
    Object(Arc<Vec<Member>>),
    List(Arc<Descent>),
    /// It is one of these.
    Either(Arc<Vec<Descent>>),
}

#[derive(Debug, Clone)]
pub(super) struct Member {
    pub name: Arc<str>,
    pub descent: Descent,
    pub span: Span,
}

/// A field of a value and what it descends from.
#[derive(Debug, Clone)]
pub struct FieldDescent {
    /// The way to it.
    pub keys: Vec<Key>,
    /// Where it is written; empty for what is not written by itself.
    pub span: Span,
    pub origin: Origin,
    /// Where it stands in an input, when it is taken over as it is.
    pub place: Option<Place>,
}

impl Descent {
    /// An input as a whole.
    pub fn input(slot: usize) -> Descent {
        Descent::at(Place::whole(slot), Origin::default())
    }

    /// What stands at a place, with what is known besides.
    fn at(place: Place, besides: Origin) -> Descent {
        let own = Origin { from: vec![place.clone()], holds: vec![place.clone()], ..besides };
        Descent { place: Some(place), ..Descent::made(own) }
    }

    /// Something computed, whose parts are not known.
    pub fn made(own: Origin) -> Descent {
        Descent { whole: Arc::new(own.clone()), own, ..Descent::default() }
    }

    /// Always this value.
    pub fn constant(value: &Value) -> Descent {
        let mut text = in_json(value);
        if let Some((cut, _)) = text.char_indices().nth(SHOWN) {
            text.truncate(cut);
            text.push('…');
        }
        Descent::made(Origin { constants: vec![text.into()], ..Origin::default() })
    }

    /// An object, made elsewhere than in a program.
    pub fn of_members(members: impl IntoIterator<Item = (Arc<str>, Descent)>) -> Descent {
        let member = |(name, descent)| Member { name, descent, span: Span::default() };
        Descent::object(members.into_iter().map(member).collect())
    }

    /// A list, made elsewhere than in a program.
    pub fn of_items(item: Descent) -> Descent {
        Descent::list(Origin::default(), item)
    }

    /// An object, member by member.
    pub(super) fn object(members: Vec<Member>) -> Descent {
        Descent::with(Origin::default(), Parts::Object(Arc::new(members)))
    }

    /// A list whose items all descend from the same.
    pub(super) fn list(own: Origin, item: Descent) -> Descent {
        Descent::with(own, Parts::List(Arc::new(item)))
    }

    fn with(own: Origin, parts: Parts) -> Descent {
        let mut whole = own.clone();
        match &parts {
            Parts::Unknown => {}
            Parts::Object(members) => members.iter().for_each(|member| whole.and(&member.descent.whole)),
            Parts::List(item) => whole.and(&item.whole),
            Parts::Either(ways) => ways.iter().for_each(|way| whole.and(&way.whole)),
        }
        Descent { own, whole: Arc::new(whole), parts, ..Descent::default() }
    }

    /// All that it descends from.
    pub fn whole(&self) -> &Origin {
        &self.whole
    }

    /// This, and something more that is true of it.
    #[must_use]
    pub fn and(mut self, more: impl Fn(&mut Origin)) -> Descent {
        more(&mut self.own);
        let mut whole = (*self.whole).clone();
        more(&mut whole);
        self.whole = Arc::new(whole);
        self
    }

    /// What is known of a part besides its place: a constant in place of the whole has no such part.
    fn besides(&self) -> Origin {
        Origin { from: Vec::new(), holds: Vec::new(), constants: Vec::new(), ..self.own.clone() }
    }

    /// The member called `name`.
    pub fn field(&self, name: &Arc<str>) -> Descent {
        match (&self.place, &self.parts) {
            (_, Parts::Object(members)) => match members.iter().find(|member| member.name == *name) {
                Some(member) => member.descent.clone().and(|origin| origin.decided(&decisions(&self.own))),
                None => Descent::default(),
            },
            (Some(place), _) => Descent {
                gathered: self.gathered,
                ..Descent::at(place.below(Key::Field(name.clone())), self.besides())
            },
            // Of a list it is that member of every item.
            (None, Parts::List(item)) => item.field(name),
            (None, Parts::Either(ways)) => self.each_way(ways, |way| way.field(name)),
            (None, Parts::Unknown) => Descent::made((*self.whole).clone()),
        }
    }

    /// One item of a list, or each.
    pub fn item(&self, key: Key) -> Descent {
        match (&self.place, &self.parts) {
            (_, Parts::List(item)) => (**item).clone(),
            (Some(_), _) if self.gathered => Descent { gathered: false, ..self.clone() },
            (Some(place), _) => Descent::at(place.below(key), self.besides()),
            (None, Parts::Either(ways)) => self.each_way(ways, |way| way.item(key.clone())),
            _ => Descent::made((*self.whole).clone()),
        }
    }

    /// A part of each way that it may be made.
    fn each_way(&self, ways: &[Descent], part: impl Fn(&Descent) -> Descent) -> Descent {
        let parts = ways.iter().map(part).reduce(Descent::or).unwrap_or_default();
        parts.and(|origin| origin.and(&self.besides()))
    }

    /// The ways that it may be made.
    fn ways(&self) -> Vec<Descent> {
        match &self.parts {
            Parts::Either(ways) => ways.to_vec(),
            _ => vec![self.clone()],
        }
    }

    /// What is found at `field` of every item: a list.
    pub(super) fn gather(self) -> Descent {
        match self.place {
            Some(_) => Descent { gathered: true, ..self },
            None => Descent::list(Origin::default(), self),
        }
    }

    /// One of the two, or made of both.
    pub fn or(self, other: Descent) -> Descent {
        if other.says_nothing() {
            return self.and(|origin| origin.and(&other.own));
        }
        if self.says_nothing() {
            return other.and(|origin| origin.and(&self.own));
        }
        let mut own = self.own.clone();
        own.and(&other.own);
        match (&self.parts, &other.parts) {
            (Parts::Object(left), Parts::Object(right)) => {
                Descent::with(own, Parts::Object(Arc::new(either(left, right))))
            }
            (Parts::List(left), Parts::List(right)) => {
                Descent::with(own, Parts::List(Arc::new((**left).clone().or((**right).clone()))))
            }
            _ if self.place.is_some() && self.place == other.place => {
                self.and(|origin| origin.and(&other.own))
            }
            _ => {
                own.and(&self.whole);
                own.and(&other.whole);
                let ways: Vec<Descent> = self.ways().into_iter().chain(other.ways()).collect();
                match ways.len() <= WAYS {
                    true => Descent::with(own, Parts::Either(Arc::new(ways))),
                    false => Descent::made(own),
                }
            }
        }
    }

    /// Holds no input's value and no parts: a constant, nothing, a rejection.
    fn says_nothing(&self) -> bool {
        matches!(self.parts, Parts::Unknown) && self.own.from.is_empty()
    }

    /// What stands at a way inside it.
    pub fn part(&self, keys: &[Key]) -> Descent {
        keys.iter().fold(self.clone(), |at, key| match key {
            Key::Field(name) => at.field(name),
            Key::Item(_) | Key::Items => at.item(key.clone()),
        })
    }

    /// Its fields, all of them, each way that one may be made by itself: of too many, only the whole is told.
    pub fn all_fields(&self) -> Vec<FieldDescent> {
        let mut found = Vec::new();
        self.gather_fields(&mut Vec::new(), Span::default(), (&Origin::default(), true), &mut found);
        if found.len() < MOST {
            return found;
        }
        let (origin, place) = ((*self.whole).clone(), self.place.clone());
        vec![FieldDescent { keys: Vec::new(), span: Span::default(), origin, place }]
    }

    /// Its fields, the innermost that are known.
    pub fn fields(&self) -> Vec<FieldDescent> {
        let mut found = Vec::new();
        self.gather_fields(&mut Vec::new(), Span::default(), (&Origin::default(), false), &mut found);
        found
    }

    /// `ways`: whether each way that a value may be made is told by itself.
    fn gather_fields(
        &self,
        keys: &mut Vec<Key>,
        span: Span,
        (guards, ways): (&Origin, bool),
        found: &mut Vec<FieldDescent>,
    ) {
        if found.len() >= MOST {
            return;
        }
        let mut guards = guards.clone();
        guards.and(&decisions(&self.own));
        match &self.parts {
            Parts::Object(members) if !members.is_empty() => {
                for member in members.iter() {
                    keys.push(Key::Field(member.name.clone()));
                    member.descent.gather_fields(keys, member.span, (&guards, ways), found);
                    keys.pop();
                }
            }
            Parts::List(item) => {
                keys.push(Key::Items);
                item.gather_fields(keys, span, (&guards, ways), found);
                keys.pop();
            }
            Parts::Either(all) if ways => {
                all.iter().for_each(|way| way.gather_fields(keys, span, (&guards, ways), found));
            }
            _ => {
                let mut origin = (*self.whole).clone();
                origin.and(&guards);
                found.push(FieldDescent { keys: keys.clone(), span, origin, place: self.place.clone() });
            }
        }
    }
}

/// What decided, of all that is known.
fn decisions(origin: &Origin) -> Origin {
    Origin { decided_by: origin.decided_by.clone(), ..Origin::default() }
}

/// A constant as JSON; what is inside lists and objects is left out.
pub(in crate::mapping) fn in_json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(string) => {
            let mut quoted = Vec::new();
            write_string(string, &mut quoted);
            String::from_utf8_lossy(&quoted).into_owned()
        }
        Value::Array(items) => if items.is_empty() { "[]" } else { "[…]" }.to_owned(),
        Value::Object(_) => "{…}".to_owned(),
    }
}

fn either(left: &[Member], right: &[Member]) -> Vec<Member> {
    let mut members: Vec<Member> = left.to_vec();
    for member in right {
        match members.iter_mut().find(|known| known.name == member.name) {
            Some(known) => {
                let before = std::mem::take(&mut known.descent);
                known.descent = before.or(member.descent.clone());
            }
            None => members.push(member.clone()),
        }
    }
    members
}
