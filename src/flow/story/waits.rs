//! Whom an instance waited for, and how long; and whom it waits for now.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Scene;
use crate::store::Millis;

/// Who had the next move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// People: a step was parked.
    Operators,
    /// A system by its name: attempts under way, and waits before the next one.
    System(Arc<str>),
    /// An event had happened, and had not been heard yet.
    Propagation,
    /// An event had not happened yet.
    Event(Arc<str>),
    /// An earlier instance with its business key was not over yet.
    Earlier,
    /// Nobody else: the caller, a time that was waited for, the gateway's own work.
    Portal,
}

impl Party {
    /// As people and programs name it.
    pub fn name(&self) -> String {
        match self {
            Party::Operators => "operators".to_owned(),
            Party::System(name) => name.to_string(),
            Party::Propagation => "propagation".to_owned(),
            Party::Event(name) => format!("event {name}"),
            Party::Earlier => "queue".to_owned(),
            Party::Portal => "portal".to_owned(),
        }
    }

    /// What kind of party it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Party::Operators => "operators",
            Party::System(_) => "system",
            Party::Propagation => "propagation",
            Party::Event(_) => "event",
            Party::Earlier => "queue",
            Party::Portal => "portal",
        }
    }

    /// Of several that are waited for at once, the one with the lowest rank is said to hold it up.
    fn rank(&self) -> u8 {
        match self {
            Party::Operators => 0,
            Party::System(_) => 1,
            Party::Propagation => 2,
            Party::Event(_) => 3,
            Party::Earlier => 4,
            Party::Portal => 5,
        }
    }
}

/// How long a party was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub party: Party,
    pub took: Millis,
}

/// A party had the next move from `from` to `to`.
#[derive(Debug, Clone)]
struct Turn {
    party: Party,
    from: Millis,
    to: Millis,
}

/// Whom an instance waited for between `began` and `end`, the longest first. Every moment counts once: of
/// several at the same time, people come before systems, and of systems the one that took longest.
pub fn shares(scenes: &[Scene], began: Millis, end: Millis) -> Vec<Share> {
    let turns = turns(scenes, end);
    let mut edges: Vec<Millis> =
        turns.iter().flat_map(|turn| [turn.from, turn.to]).chain([began, end]).collect();
    edges.retain(|edge| (began..=end).contains(edge));
    edges.sort_unstable();
    edges.dedup();
    let mut took: BTreeMap<Party, Millis> = BTreeMap::new();
    for pair in edges.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let now = turns.iter().filter(|turn| turn.from <= from && turn.to >= to);
        let first = now.min_by_key(|turn| (turn.party.rank(), -turn.to));
        let party = first.map_or(Party::Portal, |turn| turn.party.clone());
        *took.entry(party).or_default() += to - from;
    }
    took.entry(Party::Portal).or_default();
    let mut shares: Vec<Share> = took.into_iter().map(|(party, took)| Share { party, took }).collect();
    shares.sort_by_key(|share| -share.took);
    shares
}

fn turns(scenes: &[Scene], end: Millis) -> Vec<Turn> {
    let mut turns = Vec::new();
    for (at, scene) in scenes.iter().enumerate() {
        let rest = &scenes[at + 1..];
        let turn = |party, from, to: Option<Millis>| Turn { party, from, to: to.unwrap_or(end) };
        match &*scene.kind {
            "sent" => turns.extend(system(scene).map(|party| turn(party, scene.at, next_at(scene, rest)))),
            "outcome" => turns.extend(attempts(scene, rest, end)),
            "retry" | "holding" => {
                let wait = scene.whole("wait_ms").unwrap_or_default();
                turns.extend(
                    system(scene).map(|party| turn(party, scene.at, Some((scene.at + wait).min(end)))),
                );
            }
            "queued" => {
                let begins = rest.iter().find(|next| matches!(&*next.kind, "turn" | "ended"));
                turns.push(turn(Party::Earlier, scene.at, begins.map(|next| next.at)));
            }
            "parked" => turns.push(turn(Party::Operators, scene.at, unparked(scene, rest))),
            "listening" => turns.push(listening(scene, rest, end)),
            "heard" => {
                let from = scene.whole("occurred_at").unwrap_or(scene.at);
                turns.push(turn(Party::Propagation, from, Some(scene.at)));
            }
            _ => {}
        }
    }
    turns
}

fn system(scene: &Scene) -> Option<Party> {
    scene.text("system").map(|name| Party::System(name.into()))
}

/// When something next happens at the step of a call.
fn next_at(scene: &Scene, rest: &[Scene]) -> Option<Millis> {
    rest.iter().find(|next| is_call(next) && next.path == scene.path).map(|next| next.at)
}

fn is_call(scene: &Scene) -> bool {
    matches!(&*scene.kind, "sent" | "outcome")
}

/// The attempt that ends here and, where it settled nothing, the wait before the next one there.
fn attempts(scene: &Scene, rest: &[Scene], end: Millis) -> Vec<Turn> {
    let Some(party) = system(scene) else { return Vec::new() };
    let from = scene.at - scene.whole("ms").unwrap_or_default();
    let mut turns = vec![Turn { party: party.clone(), from, to: scene.at }];
    let open = matches!(scene.text("outcome"), Some("unknown" | "not_done" | "held"));
    let waits_there = |next: &&Scene| is_call(next) && next.path == scene.path;
    if open {
        let next = rest.iter().find(waits_there).map(|next| next.at - next.whole("ms").unwrap_or_default());
        let parked = rest.iter().find(|next| *next.kind == *"parked" || *next.kind == *"ended");
        let stops = parked.map_or(end, |stop| stop.at);
        turns.push(Turn { party, from: scene.at, to: next.unwrap_or(end).min(stops).max(scene.at) });
    }
    turns
}

fn unparked(scene: &Scene, rest: &[Scene]) -> Option<Millis> {
    let park = scene.whole("park");
    let ends =
        |next: &&Scene| *next.kind == *"ended" || (*next.kind == *"resumed" && next.whole("park") == park);
    rest.iter().find(ends).map(|next| next.at)
}

/// Until the event that came last before the step listened anew, or until the step came out otherwise.
fn listening(scene: &Scene, rest: &[Scene], end: Millis) -> Turn {
    let names: Vec<&str> = scene
        .body
        .get("events")
        .and_then(|events| events.as_array())
        .map_or_else(Vec::new, |names| names.iter().filter_map(|name| name.as_str()).collect());
    let own = rest.iter().take_while(|next| {
        let again = *next.kind == *"listening" && next.path == scene.path;
        let over = *next.kind == *"ended" || (*next.kind == *"step" && next.path == scene.path);
        !again && !over
    });
    let heard = own.filter(|next| {
        *next.kind == *"heard" && next.text("event").is_some_and(|name| names.contains(&name))
    });
    let over = rest
        .iter()
        .find(|next| *next.kind == *"ended" || (*next.kind == *"step" && next.path == scene.path))
        .map_or(end, |next| next.at);
    let to = heard.last().map_or(over, |next| next.whole("occurred_at").unwrap_or(next.at));
    let name = names.join(" or ");
    Turn { party: Party::Event(name.into()), from: scene.at, to: to.max(scene.at) }
}

/// Whom an instance waits for, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    pub party: Party,
    pub since: Millis,
}

/// Whom an open instance waits for at the end of its journal.
pub fn waits_on(scenes: &[Scene], began: Millis, now: Millis) -> Waits {
    let open = turns(scenes, now.saturating_add(1)).into_iter().filter(|turn| turn.to > now);
    let first = open.min_by_key(|turn| (turn.party.rank(), turn.from));
    let last = scenes.last().map_or(began, |scene| scene.at);
    first.map_or(Waits { party: Party::Portal, since: last }, |turn| Waits {
        since: since(&turn.party, scenes).unwrap_or(turn.from),
        party: turn.party,
    })
}

/// A system that is asked again and again has been waited for since it was asked first.
fn since(party: &Party, scenes: &[Scene]) -> Option<Millis> {
    let Party::System(name) = party else { return None };
    let own = |scene: &&Scene| {
        scene.text("system") == Some(name)
            && scene.text("outcome").is_none_or(|outcome| !matches!(outcome, "ok" | "cached" | "stale"))
    };
    scenes.iter().rev().take_while(own).last().map(|scene| scene.at)
}
