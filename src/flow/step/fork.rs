//! `fork`: branches at once; the result is an object with a field per branch that has a result.
//!
//! `all` gives the same result whatever finishes first: the first branch, in the order written, that
//! fails or ends the flow decides, once those before it are over. `first` takes the first success.
//! `gather` takes what answered in time.

use std::sync::Arc;
use std::time::Duration;

use crate::flow::definition::{BlockIndex, Step, StepIndex};
use crate::flow::machine::{Child, Frame, Join, Joined, Run, Signal, Thread, ThreadId, Verdict};
use crate::flow::step::Node;
use crate::flow::{Failure, FailureKind};
use crate::value::{Map, Value};

/// A compiled `fork`.
#[derive(Debug)]
pub(in crate::flow) struct ForkNode {
    /// In the order written.
    pub branches: Vec<(Arc<str>, BlockIndex)>,
    pub rule: Rule,
}

/// When a fork is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Rule {
    All,
    First,
    Gather { within: Duration, need: u32 },
}

impl ForkNode {
    /// Begins every branch.
    pub fn enter(
        &self,
        run: &mut Run<'_, '_>,
        id: ThreadId,
        thread: &mut Thread,
        index: StepIndex,
        step: &Step,
    ) -> Signal {
        let mut join = Join::new(index);
        let mut deadline = thread.deadline;
        if let Rule::Gather { within, .. } = self.rule {
            deadline = deadline.min(run.now.at.saturating_add(within));
            join.timer = Some(run.set_timer(id, within));
        }
        for (number, (_, block)) in self.branches.iter().enumerate() {
            let child = thread.child(id, number as u32, deadline);
            match run.spawn(child, Signal::Block(*block)) {
                Some(child) => join.began(child),
                None => {
                    thread.frames.push(Frame::Join(Box::new(join)));
                    run.close(thread);
                    let detail = "too many branches at once";
                    return Signal::Fail(Failure::new(FailureKind::TooMuch, step.path.clone(), detail));
                }
            }
        }
        thread.frames.push(Frame::Join(Box::new(join)));
        Signal::Wait
    }
}

/// A branch is over.
pub(in crate::flow) fn joined(
    run: &mut Run<'_, '_>,
    thread: &mut Thread,
    node: &ForkNode,
    number: u32,
    joined: Joined,
) -> Signal {
    let Some(Frame::Join(join)) = thread.frames.last_mut() else { return Signal::Wait };
    let good = matches!(joined, Joined::Done(_));
    let ended = matches!(joined, Joined::Ended(_));
    join.note(number, joined);
    let (open, answered, bad) = (join.open, join.answered(), join.bad);
    match node.rule {
        Rule::All => all(run, thread, node),
        Rule::First if good => conclude(run, thread, node),
        Rule::First | Rule::Gather { .. } if ended => end(run, thread, number),
        Rule::First if open == 0 => end(run, thread, bad.unwrap_or(number)),
        Rule::Gather { need, .. } if open == 0 || answered + open < need => conclude(run, thread, node),
        Rule::First | Rule::Gather { .. } => Signal::Wait,
    }
}

/// The time of a gather is over.
pub(in crate::flow) fn fired(run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
    let step = match thread.frames.last() {
        Some(Frame::Join(join)) => run.step(thread, join.step),
        _ => return Signal::Wait,
    };
    match &step.node {
        Node::Fork(node) => conclude(run, thread, node),
        _ => Signal::Wait,
    }
}

fn all(run: &mut Run<'_, '_>, thread: &mut Thread, node: &ForkNode) -> Signal {
    let Some(Frame::Join(join)) = thread.frames.last_mut() else { return Signal::Wait };
    if let Some(bad) = join.bad {
        let given_up = join.give_up(bad as usize + 1);
        given_up.into_iter().for_each(|child| drop(run.cancel(child)));
    }
    let Some(Frame::Join(join)) = thread.frames.last_mut() else { return Signal::Wait };
    match join.all() {
        Verdict::Wait => Signal::Wait,
        Verdict::Good => conclude(run, thread, node),
        Verdict::Bad(bad) => {
            run.close(thread);
            bad.into()
        }
    }
}

/// The fork comes out as branch `number` did.
fn end(run: &mut Run<'_, '_>, thread: &mut Thread, number: u32) -> Signal {
    let Some(Frame::Join(join)) = thread.frames.last_mut() else { return Signal::Wait };
    let child = std::mem::replace(&mut join.children[number as usize], Child::Cancelled);
    run.close(thread);
    match child {
        Child::Over(joined) => joined.into(),
        _ => Signal::Wait,
    }
}

/// The result of what answered; whatever still runs is given up.
fn conclude(run: &mut Run<'_, '_>, thread: &mut Thread, node: &ForkNode) -> Signal {
    let Some(Frame::Join(join)) = thread.frames.last_mut() else { return Signal::Wait };
    let mut map = Map::with_capacity(node.branches.len());
    for ((name, _), child) in node.branches.iter().zip(&mut join.children) {
        if let Child::Over(Joined::Done(value)) = child
            && let Some(value) = value.take()
        {
            map.insert(name.clone(), value);
        }
    }
    let short = match node.rule {
        Rule::Gather { need, .. } if join.answered() < need => Some(shortfall(join, node, need)),
        _ => None,
    };
    let step = join.step;
    run.close(thread);
    match short {
        None => Signal::Done(Some(Value::object(map))),
        Some(detail) => {
            let path = run.step(thread, step).path.clone();
            Signal::Fail(Failure::new(FailureKind::NotEnough, path, detail))
        }
    }
}

fn shortfall(join: &Join, node: &ForkNode, need: u32) -> String {
    let missing = node.branches.iter().zip(&join.children).filter_map(|((name, _), child)| match child {
        Child::Over(Joined::Done(_)) => None,
        Child::Over(Joined::Failed(failure)) => Some(format!("{name}: {}", failure.kind.name())),
        _ => Some(format!("{name}: no answer in time")),
    });
    let missing: Vec<_> = missing.collect();
    format!("{} answered, {need} needed ({})", join.answered(), missing.join(", "))
}
