//! The turns of one listen: an event came, its steps are done, the time is over.

use super::{ListenNode, Listening, MAX_WAITING, Rule, node_of, too_many};
use crate::flow::formula::{Broken, Formula};
use crate::flow::machine::{Frame, ListenId, Occurrence, Run, Signal, Thread, TimerId, broken_at};
use crate::flow::{Failure, FailureKind};
use crate::value::{Map, Value};

/// Whether a timer belongs to an open listen.
pub(in crate::flow) fn is_timer(thread: &Thread, timer: TimerId) -> bool {
    thread.frames.iter().any(|frame| matches!(frame, Frame::Listen(own) if own.timer == Some(timer)))
}

/// An event reached the listen `id`.
pub(in crate::flow) fn occurred(
    run: &mut Run<'_, '_>,
    thread: &mut Thread,
    id: ListenId,
    occurrence: Occurrence,
) -> Signal {
    let is_own = |frame: &Frame| matches!(frame, Frame::Listen(own) if own.id == id);
    let Some(at) = thread.frames.iter().position(is_own) else { return Signal::Wait };
    let is_idle = at + 1 == thread.frames.len();
    let Some(Frame::Listen(listening)) = thread.frames.get_mut(at) else { return Signal::Wait };
    let before = run.state.taken.get(..listening.taken as usize).unwrap_or_default();
    if occurrence.number > 0 && before.contains(&occurrence.number) {
        return Signal::Wait;
    }
    if occurrence.number > 0 && !listening.is_new(occurrence.number) {
        return Signal::Wait;
    }
    if listening.waiting.len() >= MAX_WAITING {
        let step = listening.step;
        run.close_to(thread, at + 1);
        return too_many(run, thread, step);
    }
    listening.waiting.push_back(occurrence);
    if is_idle { next(run, thread) } else { Signal::Wait }
}

/// The steps for an event are done; the listen is on top.
pub(in crate::flow) fn stepped(run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
    let Some(Frame::Listen(listening)) = thread.frames.last() else { return Signal::Wait };
    let lineage = listening.lineage as usize;
    thread.lineage.truncate(lineage);
    match has_all(run, thread) {
        Ok(true) => conclude(run, thread),
        Ok(false) => next(run, thread),
        Err(signal) => signal,
    }
}

/// The time of a listen is over: at once, or once the steps for an event are done.
pub(in crate::flow) fn fired(run: &mut Run<'_, '_>, thread: &mut Thread, timer: TimerId) -> Signal {
    let is_own = |frame: &Frame| matches!(frame, Frame::Listen(own) if own.timer == Some(timer));
    let Some(at) = thread.frames.iter().position(is_own) else { return Signal::Wait };
    let is_idle = at + 1 == thread.frames.len();
    if let Some(Frame::Listen(listening)) = thread.frames.get_mut(at) {
        listening.timer = None;
        listening.late = true;
    }
    if is_idle { over(run, thread) } else { Signal::Wait }
}

/// Goes on with the next event that waits, if any.
fn next(run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
    loop {
        let Some(Frame::Listen(listening)) = thread.frames.last_mut() else { return Signal::Wait };
        let Some(occurrence) = listening.waiting.pop_front() else {
            return if listening.late { over(run, thread) } else { Signal::Wait };
        };
        match hear(run, thread, occurrence) {
            Ok(Some(signal)) => return signal,
            Ok(None) => {}
            Err(signal) => return signal,
        }
        match has_all(run, thread) {
            Ok(true) => return conclude(run, thread),
            Ok(false) => {}
            Err(signal) => return signal,
        }
    }
}

/// Looks at one event; gives the steps to run for it, if any.
fn hear(
    run: &mut Run<'_, '_>,
    thread: &mut Thread,
    occurrence: Occurrence,
) -> Result<Option<Signal>, Signal> {
    let (node, listening) = open(run, thread)?;
    let correlated: Vec<usize> = node.correlated(listening, &occurrence).collect();
    let Some(first) = correlated.first().copied() else { return Ok(None) };
    let mut heard = None;
    for at in correlated {
        let holds = match &node.entries[at].when {
            None => true,
            Some(when) => {
                let slots = slots(thread, listening, Some((at, &occurrence.payload)));
                truth(run, thread, when, &slots, listening)?
            }
        };
        if !holds {
            continue;
        }
        // The first that hears it; where all must hear, the first that has heard nothing yet.
        let is_new = node.rule != Rule::All || listening.heard[at].is_none();
        if is_new || heard.is_none() {
            heard = Some(at);
        }
        if is_new {
            break;
        }
    }
    let number = occurrence.number;
    let (block, at) = match heard {
        Some(at) => (node.entries[at].block, at),
        None => (node.unmatched, first),
    };
    let base = thread.slots.len() as u32;
    if heard.is_some() {
        let Some(Frame::Listen(listening)) = thread.frames.last_mut() else { return Ok(None) };
        listening.heard[at] = Some(occurrence.payload.clone());
        listening.numbers[at] = number;
        listening.last = Some(at as u32);
    }
    let Some(block) = block else { return Ok(None) };
    let Some(Frame::Listen(listening)) = thread.frames.last_mut() else { return Ok(None) };
    listening.rounds += 1;
    let round = listening.rounds;
    let seen: Vec<Option<Value>> = listening.heard.clone();
    thread.slots.extend(seen);
    thread.slots[base as usize + at] = Some(occurrence.payload);
    thread.lineage.push(round);
    take(run, [number]);
    Ok(Some(Signal::BlockFrom(block, base)))
}

/// The listen on top and what it is.
fn open<'d, 't>(run: &Run<'d, '_>, thread: &'t Thread) -> Result<(&'d ListenNode, &'t Listening), Signal> {
    let Some(Frame::Listen(listening)) = thread.frames.last() else { return Err(Signal::Wait) };
    let node = node_of(run, thread, listening.step).ok_or(Signal::Wait)?;
    Ok((node, listening))
}

impl ListenNode {
    /// The entries that an event correlates with.
    fn correlated<'l>(
        &'l self,
        listening: &'l Listening,
        occurrence: &'l Occurrence,
    ) -> impl Iterator<Item = usize> + 'l {
        let entries = self.entries.iter().zip(&listening.wants).enumerate();
        entries.filter_map(|(at, (entry, wants))| {
            let equal = |((field, _), (_, text)): (
                &(crate::event::FieldPath, Formula),
                &(_, std::sync::Arc<str>),
            )| { field.text_of(&occurrence.payload).as_ref() == Some(text) };
            let is_it = entry.event.name == occurrence.event && entry.correlate.iter().zip(wants).all(equal);
            is_it.then_some(at)
        })
    }
}

/// The variables in scope, and behind them what each entry heard; one of them another value.
fn slots(thread: &Thread, listening: &Listening, instead: Option<(usize, &Value)>) -> Vec<Option<Value>> {
    let mut slots = Vec::with_capacity(thread.slots.len() + listening.heard.len());
    slots.extend(thread.slots.iter().cloned());
    slots.extend(listening.heard.iter().cloned());
    if let Some((at, value)) = instead {
        slots[thread.slots.len() + at] = Some(value.clone());
    }
    slots
}

fn truth(
    run: &Run<'_, '_>,
    thread: &Thread,
    condition: &Formula,
    slots: &[Option<Value>],
    listening: &Listening,
) -> Result<bool, Signal> {
    let path = &run.step(thread, listening.step).path;
    condition.holds(slots, &run.now.context).map_err(|broken: Broken| broken_at(broken, path))
}

/// Whether the listen has what it asks for.
fn has_all(run: &Run<'_, '_>, thread: &Thread) -> Result<bool, Signal> {
    let (node, listening) = open(run, thread)?;
    let mut heard = listening.heard.iter().map(Option::is_some);
    let enough = match node.rule {
        Rule::One | Rule::Any => heard.any(|heard| heard),
        Rule::All => heard.all(|heard| heard),
    };
    match &node.until {
        Some(until) if enough => truth(run, thread, until, &slots(thread, listening, None), listening),
        _ => Ok(enough),
    }
}

/// The listen has what it asks for.
fn conclude(run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
    let Ok((node, listening)) = open(run, thread) else { return Signal::Wait };
    let numbers = match (node.rule, listening.last) {
        (Rule::All, _) => listening.numbers.clone(),
        (_, Some(last)) => vec![listening.numbers[last as usize]],
        (_, None) => Vec::new(),
    };
    let result = match node.rule {
        Rule::One => listening.heard.first().cloned().flatten(),
        Rule::Any | Rule::All => {
            let mut map = Map::with_capacity(node.entries.len());
            for (entry, heard) in node.entries.iter().zip(&listening.heard) {
                heard.iter().for_each(|heard| drop(map.insert(entry.name.clone(), heard.clone())));
            }
            Some(Value::object(map))
        }
    };
    take(run, numbers);
    run.close(thread);
    Signal::Done(result)
}

/// Events that listens opened later do not hear again.
fn take(run: &mut Run<'_, '_>, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        if number > 0 && !run.state.taken.contains(&number) {
            run.state.taken.push(number);
        }
    }
}

/// Nothing came in time.
fn over(run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
    let Ok((node, listening)) = open(run, thread) else { return Signal::Wait };
    let path = run.step(thread, listening.step).path.clone();
    run.close(thread);
    match node.otherwise {
        Some(block) => Signal::Block(block),
        None => {
            let detail = "what it listens for did not come in time";
            Signal::Fail(Failure::new(FailureKind::StepTimeout, path, detail))
        }
    }
}
