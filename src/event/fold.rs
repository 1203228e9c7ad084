//! Folding events into one record for each thing: whatever order they come in, and however often, the record
//! is the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::FieldPath;
use crate::codec::json;
use crate::mapping::{Context, Error, Program};
use crate::value::{Map, Value};

/// How events of a type fold.
#[derive(Debug, Clone)]
pub struct Fold {
    /// `shipment`
    pub entity: Arc<str>,
    /// The field that says where it stands.
    pub state: FieldPath,
    /// The field that says since when.
    pub by: FieldPath,
    /// Over what the event says; without it, every event.
    pub when: Option<Program>,
    /// Ranks of states, from 1.
    pub rank: BTreeMap<Arc<str>, u32>,
}

/// So much history is kept: the latest.
const HISTORY: usize = 500;

/// What is known of one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Everything that happened, once each: by its time, then by rank and name of the state.
    pub history: Vec<Happening>,
    /// Where it stands.
    pub current: Option<Happening>,
}

/// It came to a state at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Happening {
    pub at: Timestamp,
    /// 0: a state that the declaration does not name.
    pub rank: u32,
    pub state: Arc<str>,
}

impl Happening {
    /// What decides where a thing stands: the rank, then the time.
    fn weight(&self) -> (u32, Timestamp, &str) {
        (self.rank, self.at, &self.state)
    }
}

impl Fold {
    /// Whether an event that says `payload` folds in.
    pub fn wants(&self, payload: &Value, context: &Context<'_>) -> Result<bool, Error> {
        let Some(when) = &self.when else { return Ok(true) };
        Ok(when.eval(&[Some(payload.clone())], context)? == Some(Value::Bool(true)))
    }

    /// What an event says; in words what is missing.
    pub fn read(&self, payload: &Value) -> Result<Happening, String> {
        let text = |field: &FieldPath| field.of(payload).and_then(Value::as_str);
        let state: Arc<str> =
            text(&self.state).ok_or_else(|| format!("it has no `{}`", self.state.0))?.into();
        let at = text(&self.by).and_then(|text| text.parse::<Timestamp>().ok());
        let at = at.ok_or_else(|| format!("its `{}` is no date-time", self.by.0))?;
        Ok(Happening { at, rank: self.rank.get(&state).copied().unwrap_or(0), state })
    }
}

impl Record {
    /// Folds one more in; `false`: it was known.
    pub fn fold(&mut self, happening: Happening) -> bool {
        let Err(at) = self.history.binary_search(&happening) else { return false };
        self.history.insert(at, happening.clone());
        if self.history.len() > HISTORY {
            self.history.remove(0);
        }
        if self.current.as_ref().is_none_or(|current| current.weight() < happening.weight()) {
            self.current = Some(happening);
        }
        true
    }

    /// As it is kept.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Map::with_capacity(2);
        if let Some(current) = &self.current {
            body.insert("current", said(current));
        }
        body.insert("history", Value::array(self.history.iter().map(said).collect()));
        json::encode(&Value::object(body))
    }

    /// From what is kept. Ranks are those that are declared now.
    pub fn decode(bytes: &[u8], rank: &BTreeMap<Arc<str>, u32>) -> Option<Record> {
        let body = json::decode(bytes, &json::Limits::default()).ok()?;
        let happening = |value: &Value| {
            let state: Arc<str> = value.get("state")?.as_str()?.into();
            let at = value.get("at")?.as_str()?.parse().ok()?;
            Some(Happening { at, rank: rank.get(&state).copied().unwrap_or(0), state })
        };
        let history = body.get("history")?.as_array()?.iter().map(happening).collect::<Option<Vec<_>>>()?;
        let current = body.get("current").and_then(happening);
        let mut record = Record { history, current };
        record.history.sort();
        Some(record)
    }
}

fn said(happening: &Happening) -> Value {
    let mut body = Map::with_capacity(2);
    body.insert("state", Value::String(Arc::clone(&happening.state)));
    body.insert("at", Value::from(happening.at.to_string()));
    Value::object(body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STATES: [(&str, u32); 5] =
        [("accepted", 1), ("picked_up", 2), ("in_transit", 3), ("delayed", 3), ("delivered", 4)];

    fn fold() -> Fold {
        Fold {
            entity: "shipment".into(),
            state: FieldPath("milestone".into()),
            by: FieldPath("at".into()),
            when: None,
            rank: STATES.map(|(state, rank)| (state.into(), rank)).into(),
        }
    }

    fn happening(state: usize, at: i64) -> Happening {
        let payload = format!(
            r#"{{"milestone":"{}","at":"{}"}}"#,
            STATES[state].0,
            Timestamp::from_second(at).unwrap()
        );
        fold().read(&json::decode(payload.as_bytes(), &json::Limits::default()).unwrap()).unwrap()
    }

    /// Folds as the store does: every record is written and read again.
    fn folded(events: &[Happening]) -> Record {
        let mut record = Record::default();
        for event in events {
            record.fold(event.clone());
            record = Record::decode(&record.encode(), &fold().rank).unwrap();
        }
        record
    }

    proptest! {
        #[test]
        fn duplicated_reordered_and_late_events_give_one_record(
            events in prop::collection::vec((0..5usize, 0..50i64), 1..20),
            again in prop::collection::vec(0..20usize, 0..20),
            chance in any::<u64>(),
        ) {
            let events: Vec<Happening> = events.into_iter().map(|(state, at)| happening(state, at)).collect();
            let mut other = events.clone();
            other.extend(again.iter().map(|at| events[at % events.len()].clone()));
            let mut chance = chance | 1;
            for at in (1..other.len()).rev() {
                chance = chance.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                other.swap(at, (chance >> 33) as usize % (at + 1));
            }
            let record = folded(&events);
            prop_assert_eq!(&record, &folded(&other));
            let highest = events.iter().map(|event| event.rank).max();
            prop_assert_eq!(record.current.map(|current| current.rank), highest);
        }
    }

    #[test]
    fn a_late_event_fills_the_history_and_moves_nothing_back() {
        let record = folded(&[happening(4, 40), happening(1, 10), happening(3, 50)]);
        assert_eq!(record.current, Some(happening(4, 40)));
        let states: Vec<&str> = record.history.iter().map(|happening| &*happening.state).collect();
        assert_eq!(states, ["picked_up", "delivered", "delayed"]);
    }

    #[test]
    fn of_one_rank_the_later_counts() {
        assert_eq!(folded(&[happening(3, 20), happening(2, 30)]).current, Some(happening(2, 30)));
        assert_eq!(folded(&[happening(2, 30), happening(3, 40)]).current, Some(happening(3, 40)));
    }

    #[test]
    fn history_is_bounded() {
        let all: Vec<Happening> = (0..600).map(|at| happening(2, at)).collect();
        let mut record = Record::default();
        all.iter().for_each(|one| assert!(record.fold(one.clone())));
        assert_eq!((record.history.len(), record.history[0].at.as_second()), (500, 100));
    }
}
