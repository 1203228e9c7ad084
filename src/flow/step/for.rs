//! `for`: steps for each item of a list, some rounds at once, results in the order of the list.
//!
//! The first round, in that order, that fails or ends the flow decides, whatever finished first.

use super::{Kind, Node};
use crate::config::declarations::flow::{For, StepBody};
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::compile::{Compiler, Made, Typed};
use crate::flow::definition::{BlockIndex, Gives, Step, StepIndex};
use crate::flow::formula::Formula;
use crate::flow::machine::{
    Frame, Join, Joined, MAX_CONCURRENCY, MAX_ITEMS, Run, Signal, Thread, ThreadId, Verdict, broken_at,
};
use crate::flow::{Failure, FailureKind};
use crate::schema::Type;
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
                let given = join.take_given();
                run.close(thread);
                Signal::Done(self.collects.then(|| Value::array(given)))
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
    join.pack(number);
    let given_up = join.bad.map(|bad| join.give_up(bad as usize + 1)).unwrap_or_default();
    given_up.into_iter().for_each(|child| _ = run.cancel(child));
    node.proceed(run, id, thread)
}

pub(super) const KIND: Kind = Kind {
    name: "for",
    help: "the steps in `do` for each item of a list; `collect` makes the results a list",
    stands: |body| body.for_.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let (Some(file), Some(steps)) = (&body.for_, &body.do_) else { return Made::broken() };
    let concurrency = concurrency(compiler, file);
    let mark = compiler.mark();
    let (each, item) = items(compiler, file);
    compiler.take(&file.as_);
    compiler.declare(&file.as_, item);
    if let Some(at) = &file.at {
        compiler.take(at);
        compiler.declare(at, Typed::sure(Type::integer()));
    }
    let blocked = compiler.steps(steps);
    let collected = body.collect.as_ref().map(|collect| compiler.data(collect));
    compiler.restore(mark);
    let gives = match &collected {
        Some(Some((formula, _))) => Gives::Formula(formula.clone()),
        _ => Gives::Nothing,
    };
    let block = compiler.block(blocked.steps, gives);
    let result = collected.map(|made| match made {
        Some((_, typed)) => Typed { ty: Type::list(typed.ty.clone()), absent: false, ..typed },
        None => Typed::unknown(),
    });
    let numbered = file.at.is_some();
    let node = ForNode { each, block, numbered, concurrency, collects: result.is_some() };
    // The list may be empty: the steps after it are reached even if every round ends the flow.
    Made { node: Node::For(node), result, ends: false, worst: blocked.worst }
}

/// What to go over, and the type of one item.
fn items(compiler: &mut Compiler<'_>, file: &For) -> (Formula, Typed) {
    let unknown = Typed::unknown;
    let Some((each, list)) = compiler.expression(&file.each) else {
        return (Formula::Constant(None), unknown());
    };
    let item = match list.ty.items() {
        _ if list.broken => unknown(),
        Ok(ty) if !list.absent && !list.ty.is_nullable() => {
            Typed { ty, absent: false, taints: list.taints, broken: list.broken }
        }
        Ok(_) => {
            let message = "the list to go over may be absent or null";
            let help = format!("say what to go over then: `each: {} ?? []`", file.each.text);
            compiler.find(Diagnostic::new(&codes::NOT_A_LIST, file.each.span, message).help(help));
            unknown()
        }
        Err(_) => {
            let message = format!("`each` must be a list, this is `{}`", list.ty);
            let help = "name a list, or a field that holds one";
            compiler.find(Diagnostic::new(&codes::NOT_A_LIST, file.each.span, message).help(help));
            unknown()
        }
    };
    (each, item)
}

fn concurrency(compiler: &mut Compiler<'_>, file: &For) -> u32 {
    let Some(concurrency) = &file.concurrency else { return 1 };
    compiler.feed(&concurrency.value.to_string());
    if !(1..=MAX_CONCURRENCY).contains(&concurrency.value) {
        let message = format!("{} rounds at once cannot be", concurrency.value);
        let help = format!("write `concurrency:` with a number from 1 to {MAX_CONCURRENCY}");
        compiler.find(Diagnostic::new(&codes::BAD_BOUND, concurrency.span, message).help(help));
    }
    concurrency.value.clamp(1, MAX_CONCURRENCY)
}
