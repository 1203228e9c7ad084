//! Branches and rounds that run at once, and how far each has come.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ThreadId, TimerId};
use crate::flow::definition::StepIndex;
use crate::flow::kept;
use crate::flow::{Failure, FlowEnd};
use crate::value::Value;

/// How a branch or round came out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) enum Joined {
    Done(#[serde(with = "kept::value")] Option<Value>),
    Failed(Failure),
    /// It ends the whole flow.
    Ended(FlowEnd),
}

/// How far a branch or round is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) enum Child {
    Running(ThreadId),
    Over(Joined),
    Cancelled,
    /// Done, and its result lies in a [`Pack`] with those of its neighbours.
    Packed,
}

/// Rounds that are packed together once all of them are done.
const PACK: usize = 256;

/// What neighbouring rounds gave, as one value: it does not change any more, and is written once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Pack {
    /// Which rounds: `number / PACK`.
    at: u32,
    /// The list of what they gave.
    #[serde(with = "kept::sure")]
    given: Value,
}

/// Branches or rounds under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Join {
    pub step: StepIndex,
    /// In the order written, or of the list.
    #[serde(with = "packed")]
    pub children: Vec<Child>,
    /// Results of rounds that are packed, in the order of the list.
    #[serde(default)]
    packs: Vec<Pack>,
    /// The first, in that order, that did not come out well; known so far.
    pub bad: Option<u32>,
    /// How many are running.
    pub open: u32,
    pub timer: Option<TimerId>,
    /// What the rounds go over.
    #[serde(with = "kept::items")]
    pub items: Arc<Vec<Value>>,
}

/// What the first-in-order rule says.
#[derive(Debug)]
pub(in crate::flow) enum Verdict {
    /// An earlier one may still decide.
    Wait,
    /// All that have begun came out well.
    Good,
    Bad(Joined),
}

impl Child {
    fn given(self) -> Option<Value> {
        match self {
            Child::Over(Joined::Done(value)) => value,
            _ => None,
        }
    }
}

/// Rounds as they are written: a pack stands for all of its rounds.
mod packed {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub fn serialize<S: Serializer>(children: &[Child], to: S) -> Result<S::Ok, S::Error> {
        let written =
            |(number, child): &(usize, &Child)| !matches!(child, Child::Packed) || number % PACK == 0;
        to.collect_seq(children.iter().enumerate().filter(written).map(|(_, child)| child))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Child>, D::Error> {
        let mut children = Vec::new();
        for child in Vec::<Child>::deserialize(from)? {
            let times = if matches!(child, Child::Packed) { PACK } else { 1 };
            children.extend(std::iter::repeat_n(child, times));
        }
        Ok(children)
    }
}

impl Join {
    /// Nothing under way yet.
    pub fn new(step: StepIndex) -> Join {
        Join {
            step,
            children: Vec::new(),
            packs: Vec::new(),
            bad: None,
            open: 0,
            timer: None,
            items: Arc::default(),
        }
    }

    /// Notes one that began.
    pub fn began(&mut self, child: ThreadId) {
        self.open += 1;
        self.children.push(Child::Running(child));
    }

    /// How many came out well.
    pub fn answered(&self) -> u32 {
        self.children.iter().filter(|child| matches!(child, Child::Over(Joined::Done(_)))).count() as u32
    }

    /// Notes how one came out.
    pub fn note(&mut self, number: u32, joined: Joined) {
        let Some(child) = self.children.get_mut(number as usize) else { return };
        if !matches!(joined, Joined::Done(_)) {
            self.bad = Some(self.bad.map_or(number, |bad| bad.min(number)));
        }
        *child = Child::Over(joined);
        self.open = self.open.saturating_sub(1);
    }

    /// Packs the neighbours of a round, if all of them are done: what a long list has given so far is not written
    /// in every turn.
    pub fn pack(&mut self, number: u32) {
        let at = number as usize / PACK;
        let Some(rounds) = self.children.get_mut(at * PACK..(at + 1) * PACK) else { return };
        if !rounds.iter().all(|round| matches!(round, Child::Over(Joined::Done(_)))) {
            return;
        }
        let given = rounds.iter_mut().filter_map(|round| std::mem::replace(round, Child::Packed).given());
        let pack = Pack { at: at as u32, given: Value::array(given.collect()) };
        let before = self.packs.partition_point(|known| known.at < pack.at);
        self.packs.insert(before, pack);
    }

    /// What all rounds gave that gave something, in the order of the list.
    pub fn take_given(&mut self) -> Vec<Value> {
        let mut packs = std::mem::take(&mut self.packs).into_iter();
        let mut all = Vec::with_capacity(self.children.len());
        for (number, round) in std::mem::take(&mut self.children).into_iter().enumerate() {
            match round {
                Child::Packed if number % PACK == 0 => {
                    if let Some(Value::Array(given)) = packs.next().map(|pack| pack.given) {
                        all.extend(given.iter().cloned());
                    }
                }
                other => all.extend(other.given()),
            }
        }
        all
    }

    /// Marks those from `from` on that still run as cancelled, and gives them.
    pub fn give_up(&mut self, from: usize) -> Vec<ThreadId> {
        let mut given_up = Vec::new();
        for child in self.children.iter_mut().skip(from) {
            if let Child::Running(thread) = *child {
                given_up.push(thread);
                *child = Child::Cancelled;
            }
        }
        self.open = self.open.saturating_sub(given_up.len() as u32);
        given_up
    }

    /// Those that run.
    pub fn running(&self) -> impl Iterator<Item = ThreadId> {
        self.children.iter().filter_map(|child| match child {
            Child::Running(thread) => Some(*thread),
            _ => None,
        })
    }

    /// All must come out well, and the first in order that does not decides, whatever finished
    /// first: those after it have been given up, those before it are waited for.
    pub fn all(&mut self) -> Verdict {
        match self.bad {
            Some(_) if self.open > 0 => Verdict::Wait,
            None if self.open > 0 => Verdict::Wait,
            None => Verdict::Good,
            Some(bad) => match std::mem::replace(&mut self.children[bad as usize], Child::Cancelled) {
                Child::Over(joined) => Verdict::Bad(joined),
                _ => Verdict::Good,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(number: u32) -> Joined {
        // Every third round gives nothing.
        Joined::Done((!number.is_multiple_of(3)).then(|| Value::from(i64::from(number))))
    }

    fn written(join: &Join) -> (String, Join) {
        let (text, values) = kept::write(|| serde_json::to_string(join).unwrap());
        let read = kept::read(values, || serde_json::from_str(&text).unwrap());
        (text, read)
    }

    #[test]
    fn rounds_that_are_done_are_packed_and_come_out_as_they_were() {
        let count = 3 * PACK as u32 + 100;
        let mut join = Join::new(0);
        (0..count).for_each(|number| join.began(number));
        // One in the second pack goes on while all others are done, the last first.
        let late = PACK as u32 + 7;
        for number in (0..count).rev().filter(|number| *number != late) {
            join.note(number, over(number));
            join.pack(number);
        }
        let (text, mut read) = written(&join);
        assert_eq!(join.packs.iter().map(|pack| pack.at).collect::<Vec<_>>(), [0, 2]);
        assert_eq!((read.children.len(), read.open), (count as usize, 1));
        assert!(text.len() < 40 * (PACK + 100), "{} bytes", text.len());
        assert!(matches!(read.all(), Verdict::Wait));
        read.note(late, over(late));
        read.pack(late);
        assert_eq!(read.packs.iter().map(|pack| pack.at).collect::<Vec<_>>(), [0, 1, 2]);
        let (_, mut read) = written(&read);
        assert!(matches!(read.all(), Verdict::Good));
        let all: Vec<Value> =
            (0..count).filter(|number| number % 3 > 0).map(|number| Value::from(i64::from(number))).collect();
        assert_eq!(read.take_given(), all);
    }

    #[test]
    fn a_join_that_was_written_before_there_were_packs_is_read() {
        let old = r#"{"step":3,"children":[{"Over":{"Done":null}},{"Running":4},"Cancelled"],"bad":null,
                      "open":1,"timer":null,"items":0}"#;
        let join: Join = kept::read(vec![Value::array(Vec::new())], || serde_json::from_str(old).unwrap());
        assert_eq!((join.children.len(), join.running().collect::<Vec<_>>()), (3, vec![4]));
    }
}
