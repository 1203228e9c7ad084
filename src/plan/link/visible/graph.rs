//! Where values stand on their way to customers, what each is made of, and which marked fields reach a place.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::diagnostic::Span;
use crate::mapping::{Descent, Key, path_text};
use crate::schema::{Marked, Schema, Way};

/// A value on its way. Places of descents name stations by their number.
#[derive(Debug)]
pub(super) struct Station {
    pub words: Words,
    /// Where it stands; empty where nobody wrote it.
    pub span: Span,
    /// What the value is declared to be, and in how many lists.
    pub schema: Option<(Arc<Schema>, usize)>,
    /// What it is made of; of several, any may be it.
    pub of: Vec<Descent>,
    /// Whether values also begin here.
    pub begins: bool,
}

/// What is said of a station that a value goes through.
#[derive(Debug)]
pub(super) enum Words {
    /// Nothing: the stations around it say it.
    Silent,
    /// Where it comes from: nobody could leave it out there.
    Comes(String),
    /// As it is.
    Said(String),
    /// With the field that is written: `the mapping `m` writes` `limit`.
    Writes(String),
}

/// A marked field that reaches something.
#[derive(Debug)]
pub(super) struct Leak {
    pub marked: Marked,
    /// The name of the schema whose field it is.
    pub schema: Arc<str>,
    /// What it reaches, in what is asked about.
    pub target: Vec<Key>,
    /// The way, the first step first.
    pub hops: Vec<Hop>,
    /// Found on the way to what was found already: only a longer way of the same field is of use.
    again: bool,
}

/// What a place takes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// Whatever is there.
    Whole,
    /// A value for one field.
    Field,
}

/// A step of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    /// Where the value is written.
    pub span: Span,
    pub words: String,
    /// What somebody wrote there takes up, and could leave out.
    pub takes: Takes,
}

/// Every station, and how to find leaks.
#[derive(Debug, Default)]
pub(super) struct Graph {
    stations: Vec<Station>,
}

/// A place of a station that is looked at, and how it was come to.
struct Visit {
    slot: usize,
    keys: Vec<Key>,
    /// The visit before it, and the hop from here to there.
    before: Option<(usize, Hop)>,
    /// The field that it reaches, as long as each step takes a value over as it is: with what is inside.
    whole: bool,
    target: Vec<Key>,
    /// Whether a mark was found between here and the target.
    again: bool,
}

/// Visits of one search, at most: far more than any project has.
const VISITS: usize = 200_000;

impl Graph {
    /// Adds a station; what stands in it.
    pub fn add(&mut self, station: Station) -> Descent {
        self.stations.push(station);
        Descent::input(self.stations.len() - 1)
    }

    /// The number of the last station.
    pub fn last(&self) -> usize {
        self.stations.len().saturating_sub(1)
    }

    /// A station, to add what it is made of.
    pub fn station(&mut self, number: usize) -> Option<&mut Station> {
        self.stations.get_mut(number)
    }

    /// Every marked field that reaches what stands in a station; `Err` when there are more ways than are looked at.
    pub fn leaks(&self, start: usize) -> Result<Vec<Leak>, ()> {
        let first = Visit {
            slot: start,
            keys: Vec::new(),
            before: None,
            whole: true,
            target: Vec::new(),
            again: false,
        };
        let mut found = Vec::new();
        let mut visits = vec![first];
        self.look(&mut visits, 0, &mut found);
        // Each field of what is asked about is searched by itself, so that none hides behind another.
        for begun in 1..visits.len() {
            let first = visits.get(begun).map(|visit| Visit { before: None, ..copy(visit) });
            let Some(mut first) = first else { continue };
            first.before = visits[begun].before.clone();
            self.search(first, &mut found)?;
        }
        Ok(longest(found))
    }

    fn search(&self, first: Visit, found: &mut Vec<Leak>) -> Result<(), ()> {
        let hop = first.before.clone();
        let mut visits = vec![Visit { before: None, ..first }];
        let (mut open, mut seen) = (VecDeque::from([0]), HashSet::new());
        let before = found.len();
        while let Some(at) = open.pop_front() {
            let visit = &visits[at];
            if !seen.insert((visit.slot, visit.keys.clone())) {
                continue;
            }
            if visits.len() > VISITS {
                return Err(());
            }
            let known = visits.len();
            self.look(&mut visits, at, found);
            open.extend(known..visits.len());
        }
        // The step into what is asked about is the last of every way.
        for leak in &mut found[before..] {
            leak.hops.extend(hop.iter().map(|(_, hop)| hop.clone()));
        }
        Ok(())
    }

    /// Looks at one place: what is marked there, and what it is made of, which is to be visited next.
    fn look(&self, visits: &mut Vec<Visit>, at: usize, found: &mut Vec<Leak>) {
        let visit = copy(&visits[at]);
        let Some(station) = self.stations.get(visit.slot) else { return };
        if station.of.is_empty() || station.begins {
            let marks =
                station.mark_on(&visit.keys).map_or_else(|| station.marks_below(&visit.keys), |on| vec![on]);
            found.extend(marks.into_iter().map(|marked| self.leak(visits, at, station, &visit.keys, marked)));
        }
        for field in station.of.iter().flat_map(|of| of.part(&visit.keys).all_fields()) {
            let full: Vec<Key> = visit.keys.iter().chain(&field.keys).cloned().collect();
            let on = station.mark_on(&full);
            let again = visit.again || on.is_some();
            let marks = on.map_or_else(|| station.marks_below(&full), |on| vec![on]);
            found.extend(marks.into_iter().map(|marked| self.leak(visits, at, station, &visit.keys, marked)));
            let mut target = visit.target.clone();
            if visit.whole {
                target.extend(field.keys.iter().cloned());
            }
            let span = if is_nowhere(field.span) { station.span } else { field.span };
            let takes = match station.words {
                Words::Silent | Words::Comes(_) => Takes::Nothing,
                Words::Said(_) | Words::Writes(_) if is_nowhere(span) => Takes::Nothing,
                Words::Said(_) | Words::Writes(_) if is_nowhere(field.span) => Takes::Whole,
                Words::Said(_) | Words::Writes(_) => Takes::Field,
            };
            let hop = Hop { span, words: station.says(&full), takes };
            for place in &field.origin.holds {
                visits.push(Visit {
                    slot: place.slot,
                    keys: place.keys.clone(),
                    before: Some((at, hop.clone())),
                    whole: visit.whole && field.place.is_some(),
                    target: target.clone(),
                    again,
                });
            }
        }
    }

    fn leak(&self, visits: &[Visit], at: usize, station: &Station, keys: &[Key], marked: Marked) -> Leak {
        let visit = &visits[at];
        let depth = station.schema.as_ref().map_or(0, |(_, depth)| *depth);
        let mut target = visit.target.clone();
        if visit.whole {
            target.extend(marked.way.iter().skip(keys.len().saturating_sub(depth)).map(key));
        }
        let (mut hops, mut next) = (Vec::new(), visit.before.as_ref());
        while let Some((before, hop)) = next {
            hops.push(hop.clone());
            next = visits.get(*before).and_then(|visit| visit.before.as_ref());
        }
        let schema = station.schema.as_ref().map_or_else(|| "".into(), |(schema, _)| schema.name.clone());
        Leak { marked, schema, target, hops, again: visit.again }
    }
}

impl Station {
    /// The schema, and the way inside it that keys lead.
    fn inside(&self, keys: &[Key]) -> Option<(&Schema, Vec<Way>)> {
        let (schema, depth) = self.schema.as_ref()?;
        let way = keys.iter().map(|key| match key {
            Key::Field(name) => Way::Field(name.clone()),
            Key::Item(_) | Key::Items => Way::Items,
        });
        // The lists around it; of a list, a field is that of every item.
        let mut lists = *depth;
        let way = way.skip_while(|way| {
            let list = *way == Way::Items && lists > 0;
            lists -= usize::from(list);
            list
        });
        Some((schema, way.collect()))
    }

    fn mark_on(&self, keys: &[Key]) -> Option<Marked> {
        let (schema, way) = self.inside(keys)?;
        schema.mark_on(&way)
    }

    fn marks_below(&self, keys: &[Key]) -> Vec<Marked> {
        self.inside(keys).map(|(schema, way)| schema.marks_below(&way)).unwrap_or_default()
    }

    fn says(&self, keys: &[Key]) -> String {
        match &self.words {
            Words::Silent => String::new(),
            Words::Said(words) | Words::Comes(words) => words.clone(),
            Words::Writes(words) if keys.is_empty() => format!("{words} all of it"),
            Words::Writes(words) => format!("{words} `{}`", path_text(keys).trim_start_matches('.')),
        }
    }
}

/// Of leaks of one field, those whose way is not the end of another's: a mark is repeated wherever a value is declared.
fn longest(found: Vec<Leak>) -> Vec<Leak> {
    let same = |one: &Leak, other: &Leak| {
        one.target == other.target && one.marked == other.marked && one.schema == other.schema
    };
    let end_of = |one: &Leak, other: &Leak| {
        same(one, other) && other.hops.len() > one.hops.len() && other.hops.ends_with(&one.hops)
    };
    let first = |one: &Leak| !one.again || found.iter().any(|other| !other.again && same(one, other));
    let kept = |one: &Leak| first(one) && !found.iter().any(|other| end_of(one, other));
    let kept: Vec<bool> = found.iter().map(kept).collect();
    found.into_iter().zip(kept).filter_map(|(leak, kept)| kept.then_some(leak)).collect()
}

fn copy(visit: &Visit) -> Visit {
    Visit {
        slot: visit.slot,
        keys: visit.keys.clone(),
        before: None,
        whole: visit.whole,
        target: visit.target.clone(),
        again: visit.again,
    }
}

fn key(way: &Way) -> Key {
    match way {
        Way::Field(name) => Key::Field(name.clone()),
        Way::Items => Key::Items,
    }
}

/// Whether a span is no place at all.
pub(super) fn is_nowhere(span: Span) -> bool {
    span.start == span.end
}
