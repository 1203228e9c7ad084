//! `fork`: branches at once; the result is an object with a field per branch that has a result.
//!
//! `all` gives the same result whatever finishes first: the first branch, in the order written, that
//! fails or ends the flow decides, once those before it are over. `first` takes the first success.
//! `gather` takes what answered in time.

use std::sync::Arc;
use std::time::Duration;

use super::Kind;
use crate::config::declarations::flow::{Join as Joining, StepBody};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::flow::compile::{Blocked, Compiler, Made, Taint, Typed};
use crate::flow::definition::{BlockIndex, Step, StepIndex};
use crate::flow::machine::{Child, Frame, Join, Joined, Run, Signal, Thread, ThreadId, Verdict};
use crate::flow::step::Node;
use crate::flow::{Failure, FailureKind};
use crate::schema::{Field, Type};
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
        given_up.into_iter().for_each(|child| _ = run.cancel(child));
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

pub(super) const KIND: Kind = Kind {
    name: "fork",
    help: "branches at once; the result has a field per branch",
    stands: |body| body.fork.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let mut written: Vec<_> = body.fork.iter().flatten().collect();
    written.sort_by_key(|(name, _)| name.span.start);
    let rule = rule(compiler, body, written.len() as u32);
    compiler.feed(&format!("{rule:?}"));
    let mut branches = Vec::new();
    let mut ways: Vec<(Arc<str>, Blocked)> = Vec::new();
    for (name, branch) in written {
        let blocked = compiler.only(name, branch);
        let name: Arc<str> = name.as_str().into();
        branches.push((name.clone(), compiler.block_of(&blocked)));
        ways.push((name, blocked));
    }
    let worst = ways.iter().map(|(_, way)| way.worst).max().unwrap_or_default();
    let worst = match rule {
        Rule::Gather { within, .. } => worst.min(within),
        Rule::All | Rule::First => worst,
    };
    let ends = rule == Rule::All && ways.iter().any(|(_, way)| way.ends);
    let result = Some(result(&ways, rule));
    Made { node: Node::Fork(ForkNode { branches, rule }), result, ends, worst }
}

/// An object with a field per branch that has a result.
fn result(ways: &[(Arc<str>, Blocked)], rule: Rule) -> Typed {
    let mut typed = Typed::sure(Type::Null);
    let mut fields = Vec::new();
    for (name, way) in ways {
        let Some(branch) = &way.result else { continue };
        let required = rule == Rule::All && !branch.absent;
        fields.push((name.clone(), Field { ty: branch.ty.clone(), required }));
        typed.broken |= branch.broken;
        typed.taints.extend(branch.taints.iter().map(|taint| below(name, taint)));
    }
    Typed { ty: Type::object(fields), ..typed }
}

fn below(name: &str, taint: &Taint) -> Taint {
    let path = if taint.path.is_empty() { name.to_owned() } else { format!("{name}.{}", taint.path) };
    Taint { path, ..taint.clone() }
}

fn rule(compiler: &mut Compiler<'_>, body: &StepBody, branches: u32) -> Rule {
    let join = body.join.as_ref();
    match join.map_or(Joining::All, |join| join.value) {
        Joining::Gather => gather(compiler, body, join.map(|join| join.span).unwrap_or_default(), branches),
        join => {
            let within = body.within.as_ref().map(|within| ("within", within.span));
            let need = body.need.as_ref().map(|need| ("need", need.span));
            for (key, span) in within.into_iter().chain(need) {
                let message = format!("`{key}` only goes with `join: gather`");
                let help = match key {
                    "within" => "for the longest time of a step, write `timeout:`",
                    _ => "take it out, or write `join: gather`",
                };
                compiler.find(Diagnostic::new(&codes::MISPLACED_KEY, span, message).help(help));
            }
            if join == Joining::First { Rule::First } else { Rule::All }
        }
    }
}

fn gather(compiler: &mut Compiler<'_>, body: &StepBody, at: Span, branches: u32) -> Rule {
    let lacks = |key: &str, help: &str| {
        Diagnostic::new(&codes::MISSING_KEY, at, format!("`join: gather` lacks the key `{key}`")).help(help)
    };
    if body.within.is_none() {
        compiler.find(lacks("within", "say how long to wait for answers: `within: 800ms`"));
    }
    let need = match &body.need {
        None => {
            compiler.find(lacks("need", "say how many answers are enough to go on: `need: 1`"));
            1
        }
        Some(need) => {
            if need.value > branches {
                let message = format!("{} answers are needed of {branches} branches", need.value);
                let help = format!("write `need:` with a number up to {branches}");
                compiler.find(Diagnostic::new(&codes::BAD_BOUND, need.span, message).help(help));
            }
            need.value
        }
    };
    Rule::Gather { within: body.within.as_ref().map_or(Duration::ZERO, |within| within.value.0), need }
}
