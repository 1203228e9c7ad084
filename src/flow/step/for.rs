//! `for`: steps for each item of a list, some rounds at once, results in the order of the list.
//!
//! The first round, in that order, that fails or ends the flow decides, whatever finished first.

use crate::flow::definition::{BlockIndex, Step, StepIndex};
use crate::flow::formula::Formula;
use crate::flow::machine::{
    Child, Frame, Join, Joined, MAX_ITEMS, Run, Signal, Thread, ThreadId, Verdict, broken_at,
};
use crate::flow::{Failure, FailureKind};
use crate::value::Value;

/// A compiled `for`.
#[derive(Debug)]
pub(in crate::flow) struct ForNode {
    pub each: Formula,
    pub block: BlockIndex,
    /// Whether the round's number has a name, and so a slot.
    pub numbered: bool,
    /// Rounds at once; at least 1.
    pub concurrency: u32,
    /// Whether the result is the list of what the rounds give.
    pub collects: bool,
}

impl ForNode {
    /// Begins the first rounds.
    pub fn enter(
        &self,
        run: &mut Run<'_, '_>,
        id: ThreadId,
        thread: &mut Thread,
        index: StepIndex,
        step: &Step,
    ) -> Signal {
        let items = match self.each.eval(&thread.slots, &run.now.context) {
            Ok(Some(Value::Array(items))) => items,
            Ok(other) => {
                let kind = other.map_or("absent", |value| value.kind().name());
                let detail = format!("`each` must be a list, this is {kind}");
                return Signal::Fail(Failure::new(FailureKind::Expression, step.path.clone(), detail));
            }
            Err(broken) => return broken_at(broken, &step.path),
        };
        if items.len() > MAX_ITEMS {
            let detail = format!("{} items, at most {MAX_ITEMS} can be gone over", items.len());
            return Signal::Fail(Failure::new(FailureKind::TooMuch, step.path.clone(), detail));
        }
        let mut join = Join::new(index);
        join.items = items;
        thread.frames.push(Frame::Join(Box::new(join)));
        self.proceed(run, id, thread)
    }

    /// Begins rounds while there are items and room; concludes when all are over.
    fn proceed(&self, run: &mut Run<'_, '_>, id: ThreadId, thread: &mut Thread) -> Signal {
        loop {
            let Some(Frame::Join(join)) = thread.frames.last() else { return Signal::Wait };
            let number = join.children.len();
            if join.bad.is_some() || join.open >= self.concurrency || number >= join.items.len() {
                break;
            }
            let item = join.items[number].clone();
            let round = self.round(id, thread, number as u32, item);
            let begun = run.spawn(round, Signal::Block(self.block));
            let Some(Frame::Join(join)) = thread.frames.last_mut() else { return Signal::Wait };
            match begun {
                Some(child) => join.began(child),
                // The run has as many threads as it may: go on with fewer rounds at once.
                None if join.open > 0 => break,
                None => {
                    let index = join.step;
                    let path = run.step(thread, index).path.clone();
                    run.close(thread);
                    let detail = "too many rounds at once";
                    return Signal::Fail(Failure::new(FailureKind::TooMuch, path, detail));
                }
            }
        }
        let Some(Frame::Join(join)) = thread.frames.last_mut() else { return Signal::Wait };
        match join.all() {
            Verdict::Wait => Signal::Wait,
            Verdict::Bad(bad) => {
                run.close(thread);
                bad.into()
            }
            Verdict::Good => {
                let children = std::mem::take(&mut join.children);
                run.close(thread);
                Signal::Done(
                    self.collects.then(|| Value::array(children.into_iter().filter_map(given).collect())),
                )
            }
        }
    }

    fn round(&self, id: ThreadId, thread: &Thread, number: u32, item: Value) -> Thread {
        let mut round = thread.child(id, number, thread.deadline);
        round.lineage.push(number);
        round.slots.push(Some(item));
        if self.numbered {
            round.slots.push(Some(Value::from(i64::from(number) + 1)));
        }
        round
    }
}

fn given(child: Child) -> Option<Value> {
    match child {
        Child::Over(Joined::Done(value)) => value,
        _ => None,
    }
}

/// A round is over.
pub(in crate::flow) fn joined(
    run: &mut Run<'_, '_>,
    id: ThreadId,
    thread: &mut Thread,
    node: &ForNode,
    number: u32,
    joined: Joined,
) -> Signal {
    let Some(Frame::Join(join)) = thread.frames.last_mut() else { return Signal::Wait };
    join.note(number, joined);
    let given_up = join.bad.map(|bad| join.give_up(bad as usize + 1)).unwrap_or_default();
    given_up.into_iter().for_each(|child| drop(run.cancel(child)));
    node.proceed(run, id, thread)
}
