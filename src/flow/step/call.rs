//! `call`: one operation, asked again only where that is safe.
//!
//! The rules (design §4): *not done* may be asked again by anybody; *unknown* only by a read or an
//! idempotent operation; a create that is unknown waits `settle`, then asks its probe: none → sends
//! again, one → that is the result, several or no answer → `unknown_outcome`. *Held* (not sent: the
//! breaker is open, limits are full) uses up no attempt, but is asked again no more often than the
//! policy allows attempts. No wait crosses the deadline: it fails at once instead.

use std::sync::Arc;
use std::time::Duration;

use super::Kind;
use crate::config::declarations::flow::StepBody;
use crate::config::declarations::{Name, system::Retry};
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::compile::{Compiler, Made, Taint, Taken, Typed};
use crate::flow::definition::{Definition, StepIndex};
use crate::flow::environment::{ProbeSignature, Signature, longest_wait, worst_case};
use crate::flow::formula::Formula;
use crate::flow::machine::{Call, CallId, Frame, Run, Signal, Thread, ThreadId, TimerId};
use crate::flow::run_key::idempotency_key;
use crate::flow::step::Node;
use crate::flow::{Failure, FailureKind, FlowEnd};
use crate::system::{self, Effect, Jitter, OperationName, Outcome, RetryPolicy};
use crate::value::Value;

/// A compiled `call`.
#[derive(Debug)]
pub(in crate::flow) struct CallNode {
    pub operation: OperationName,
    /// In the order of the operation's `takes`.
    pub inputs: Vec<Formula>,
    pub fresh: bool,
    /// Whether the inputs certainly fit what the operation takes.
    pub proven: bool,
    pub effect: Effect,
    pub retry: RetryPolicy,
    pub probe: Option<ProbeSignature>,
}

/// A call under way.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Pending {
    step: StepIndex,
    inputs: Arc<[Option<Value>]>,
    key: Option<Arc<str>>,
    phase: Phase,
    /// Sent so far, the one under way included.
    attempt: u32,
    /// Not sent so far.
    held: u32,
    /// Probes in a row that gave no answer.
    probes: u32,
    /// Whether a send came to an unknown outcome and no probe has said "none" since.
    open: bool,
    last: Option<system::Failure>,
}

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Sending(CallId),
    Waiting(TimerId),
    Probing(CallId),
    /// For `settle`, or before the probe is asked again.
    Settling(TimerId),
}

impl CallNode {
    /// Evaluates the inputs and makes the first attempt.
    pub fn enter(&self, run: &mut Run<'_, '_>, id: ThreadId, thread: &mut Thread, step: StepIndex) -> Signal {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            match input.eval(&thread.slots, &run.now.context) {
                Ok(value) => inputs.push(value),
                Err(broken) => {
                    let path = &run.step(thread, step).path;
                    return crate::flow::machine::broken_at(broken, path);
                }
            }
        }
        let key = (self.effect != Effect::Read)
            .then(|| idempotency_key(run.state, run.definition(thread), thread, step));
        let pending = Pending {
            step,
            inputs: inputs.into(),
            key,
            phase: Phase::Sending(CallId(0)),
            attempt: 0,
            held: 0,
            probes: 0,
            open: false,
            last: None,
        };
        let turn = Turn { id, pending: Box::new(pending) };
        match self.probe {
            Some(probe) if probe.first => turn.probe(run, thread),
            _ => turn.send(run, thread),
        }
    }
}

impl Pending {
    /// Gives up. Gives whether nobody knows whether a create was done.
    pub fn cancel(&self, run: &mut Run<'_, '_>) -> bool {
        match self.phase {
            Phase::Sending(call) | Phase::Probing(call) => run.cancel_call(call),
            Phase::Waiting(timer) | Phase::Settling(timer) => run.cancel_timer(timer),
        }
        // `key` stands with idempotent operations too; only creates ever become `open`, and a create
        // that is being sent may be done.
        self.open
    }
}

/// An event for a call: the thread it belongs to, and its state off the stack.
struct Turn {
    id: ThreadId,
    pending: Box<Pending>,
}

/// A call came to an outcome.
pub(in crate::flow) fn outcome(
    run: &mut Run<'_, '_>,
    id: ThreadId,
    thread: &mut Thread,
    outcome: Outcome,
) -> Signal {
    let Some(turn) = take(id, thread) else { return Signal::Wait };
    match turn.pending.phase {
        Phase::Sending(_) => turn.sent(run, thread, outcome),
        Phase::Probing(_) => turn.probed(run, thread, outcome),
        Phase::Waiting(_) | Phase::Settling(_) => turn.put_back(thread),
    }
}

/// A wait is over.
pub(in crate::flow) fn fired(run: &mut Run<'_, '_>, id: ThreadId, thread: &mut Thread) -> Signal {
    let Some(turn) = take(id, thread) else { return Signal::Wait };
    match turn.pending.phase {
        Phase::Waiting(_) => turn.send(run, thread),
        Phase::Settling(_) => turn.probe(run, thread),
        Phase::Sending(_) | Phase::Probing(_) => turn.put_back(thread),
    }
}

fn take(id: ThreadId, thread: &mut Thread) -> Option<Turn> {
    match thread.frames.pop() {
        Some(Frame::Call(pending)) => Some(Turn { id, pending }),
        other => {
            thread.frames.extend(other);
            None
        }
    }
}

impl Turn {
    fn put_back(self, thread: &mut Thread) -> Signal {
        thread.frames.push(Frame::Call(self.pending));
        Signal::Wait
    }

    fn node<'d>(&self, run: &Run<'d, '_>, thread: &Thread) -> (&'d CallNode, &'d Arc<str>) {
        let definition: &'d Definition = run.definition(thread);
        let step = &definition.steps[self.pending.step as usize];
        let node = match &step.node {
            Node::Call(node) => Some(node),
            _ => None,
        };
        (node.expect("a pending call stands at a call step"), &step.path)
    }

    fn send(mut self, run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
        let (node, _) = self.node(run, thread);
        if run.now.at >= thread.deadline {
            return self.out_of_time(run, thread, "no time left to ask");
        }
        self.pending.attempt += 1;
        let call = self.request(run, thread, node, false);
        self.pending.open |= node.effect == Effect::Create;
        self.pending.phase = Phase::Sending(call);
        self.put_back(thread)
    }

    fn probe(mut self, run: &mut Run<'_, '_>, thread: &mut Thread) -> Signal {
        let (node, _) = self.node(run, thread);
        if run.now.at >= thread.deadline {
            return self.out_of_time(run, thread, "no time left to find out");
        }
        let call = self.request(run, thread, node, true);
        self.pending.phase = Phase::Probing(call);
        self.put_back(thread)
    }

    fn request<'d>(&self, run: &mut Run<'d, '_>, thread: &Thread, node: &'d CallNode, probe: bool) -> CallId {
        let attempt = if probe { self.pending.probes + 1 } else { self.pending.attempt };
        let idempotency_key = self.pending.key.clone().filter(|_| !probe);
        run.send(self.id, |id| Call {
            id,
            operation: &node.operation,
            probe,
            inputs: self.pending.inputs.clone(),
            attempt,
            deadline: thread.deadline,
            fresh: node.fresh || probe,
            proven: node.proven && !probe,
            idempotency_key,
        })
    }

    fn sent(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, outcome: Outcome) -> Signal {
        let (node, _) = self.node(run, thread);
        if !matches!(outcome, Outcome::Unknown(_)) {
            self.pending.open = false;
        }
        match outcome {
            Outcome::Ok { value, .. } => Signal::Done(value),
            Outcome::Rejected { status, message } => {
                self.fail(run, thread, FailureKind::Rejected(status), message, None)
            }
            Outcome::Declined { code, text, facts } => declined(code, text, facts),
            Outcome::Invalid(failure) => self.give_up(run, thread, failure),
            Outcome::NotDone(failure) => self.again(run, thread, failure),
            Outcome::Held(failure) => {
                self.pending.attempt -= 1;
                self.pending.held += 1;
                if self.pending.held >= node.retry.attempts {
                    return self.give_up(run, thread, failure);
                }
                let number = self.pending.held;
                self.wait(run, thread, failure, number)
            }
            Outcome::Unknown(failure) if node.effect != Effect::Create => self.again(run, thread, failure),
            Outcome::Unknown(failure) => match node.probe {
                Some(probe) => {
                    let wait = probe.settle.max(failure.retry_after.unwrap_or_default());
                    self.pending.last = Some(failure);
                    self.settle(run, thread, wait)
                }
                None => {
                    let detail = format!("a create without a probe came to: {}", failure.message);
                    self.fail(run, thread, FailureKind::UnknownOutcome, detail, None)
                }
            },
        }
    }

    /// Asks again after a failure that used up an attempt, if there are more.
    fn again(self, run: &mut Run<'_, '_>, thread: &mut Thread, failure: system::Failure) -> Signal {
        let (node, _) = self.node(run, thread);
        if self.pending.attempt >= node.retry.attempts {
            return self.give_up(run, thread, failure);
        }
        let number = self.pending.attempt;
        self.wait(run, thread, failure, number)
    }

    /// Waits before the next send; `number` waits have been or are now.
    fn wait(
        mut self,
        run: &mut Run<'_, '_>,
        thread: &mut Thread,
        failure: system::Failure,
        number: u32,
    ) -> Signal {
        let (node, _) = self.node(run, thread);
        let wait = pause(run, &node.retry, number).max(failure.retry_after.unwrap_or_default());
        if run.now.at.saturating_add(wait) >= thread.deadline {
            return self.give_up(run, thread, failure);
        }
        run.note_retry(&node.operation, self.pending.attempt, wait);
        let timer = run.set_timer(self.id, wait);
        self.pending.last = Some(failure);
        self.pending.phase = Phase::Waiting(timer);
        self.put_back(thread)
    }

    fn settle(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, wait: Duration) -> Signal {
        if run.now.at.saturating_add(wait) >= thread.deadline {
            return self.out_of_time(run, thread, "no time left to find out");
        }
        let timer = run.set_timer(self.id, wait);
        self.pending.phase = Phase::Settling(timer);
        self.put_back(thread)
    }

    fn probed(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, outcome: Outcome) -> Signal {
        let (node, _) = self.node(run, thread);
        match outcome {
            Outcome::Ok { value, .. } => match found(value) {
                Found::None => {
                    self.pending.open = false;
                    self.pending.probes = 0;
                    match self.pending.last.take() {
                        Some(last) => self.again(run, thread, last),
                        None => self.send(run, thread),
                    }
                }
                Found::One(value) => Signal::Done(Some(value)),
                Found::Several(count) => {
                    let detail = format!("the probe found {count} where at most one may be");
                    self.fail(run, thread, FailureKind::UnknownOutcome, detail, None)
                }
            },
            Outcome::NotDone(failure) | Outcome::Unknown(failure) | Outcome::Held(failure) => {
                self.pending.probes += 1;
                if self.pending.probes >= node.retry.attempts.max(3) {
                    return self.no_answer(run, thread, failure);
                }
                let number = self.pending.probes;
                let wait = pause(run, &node.retry, number).max(failure.retry_after.unwrap_or_default());
                self.settle(run, thread, wait)
            }
            Outcome::Invalid(failure) => self.no_answer(run, thread, failure),
            Outcome::Declined { code, text, facts } if !self.pending.open => declined(code, text, facts),
            Outcome::Declined { code, .. } => {
                let detail = format!("the probe could not be asked: `{code}`");
                self.fail(run, thread, FailureKind::UnknownOutcome, detail, None)
            }
            Outcome::Rejected { status, message } => {
                let failure = system::Failure {
                    kind: system::FailureKind::Error,
                    message: format!("the probe was refused with status {status}: {message}"),
                    retry_after: None,
                };
                self.no_answer(run, thread, failure)
            }
        }
    }

    /// The probe does not say. Where nothing was sent yet, that is an ordinary failure.
    fn no_answer(self, run: &mut Run<'_, '_>, thread: &mut Thread, failure: system::Failure) -> Signal {
        if !self.pending.open {
            return self.give_up(run, thread, failure);
        }
        let detail = format!("the probe gave no answer: {}", failure.message);
        self.fail(run, thread, FailureKind::UnknownOutcome, detail, failure.retry_after)
    }

    fn out_of_time(mut self, run: &mut Run<'_, '_>, thread: &mut Thread, detail: &str) -> Signal {
        if self.pending.open {
            return self.fail(run, thread, FailureKind::UnknownOutcome, detail.to_owned(), None);
        }
        match self.pending.last.take() {
            Some(last) => self.give_up(run, thread, last),
            None => {
                let kind = FailureKind::System(system::FailureKind::Timeout);
                self.fail(run, thread, kind, detail.to_owned(), None)
            }
        }
    }

    fn give_up(self, run: &mut Run<'_, '_>, thread: &mut Thread, failure: system::Failure) -> Signal {
        self.fail(run, thread, FailureKind::System(failure.kind), failure.message, failure.retry_after)
    }

    fn fail(
        self,
        run: &mut Run<'_, '_>,
        thread: &mut Thread,
        kind: FailureKind,
        detail: String,
        retry_after: Option<Duration>,
    ) -> Signal {
        let (node, path) = self.node(run, thread);
        Signal::Fail(Failure {
            kind,
            step: path.clone(),
            operation: Some(node.operation.clone()),
            detail,
            attempts: self.pending.attempt,
            retry_after,
        })
    }
}

/// How long to wait after attempt `number`.
fn pause(run: &mut Run<'_, '_>, retry: &RetryPolicy, number: u32) -> Duration {
    let longest = longest_wait(retry, number);
    match retry.jitter {
        Jitter::None => longest,
        Jitter::Full => {
            let nanos = longest.as_nanos().min(u128::from(u64::MAX)) as u64;
            let share = u128::from(run.state.random()) * (u128::from(nanos) + 1);
            Duration::from_nanos((share >> 64) as u64)
        }
    }
}

/// A mapping of the operation gave a business answer: so does the flow.
fn declined(code: Arc<str>, text: Arc<str>, facts: Vec<(Arc<str>, Value)>) -> Signal {
    let facts = facts.into_iter().collect();
    Signal::End(FlowEnd::Rejected { code, facts, pointer: None, text: Some(text) })
}

/// What a probe says.
enum Found {
    None,
    One(Value),
    Several(usize),
}

fn found(value: Option<Value>) -> Found {
    match value {
        None | Some(Value::Null) => Found::None,
        Some(Value::Array(items)) => match items.as_slice() {
            [] => Found::None,
            [one] => Found::One(one.clone()),
            several => Found::Several(several.len()),
        },
        Some(one) => Found::One(one),
    }
}

pub(super) const KIND: Kind = Kind {
    name: "call",
    help: "one operation of a system: `system.operation`",
    stands: |body| body.call.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(name) = &body.call else { return Made::broken() };
    compiler.feed(name);
    let Some((operation, signature)) = resolve(compiler, name) else { return Made::broken() };
    let takes: Vec<Taken<'_>> = signature
        .takes
        .iter()
        .map(|take| Taken { name: &take.name, ty: &take.ty, required: take.required })
        .collect();
    let doubts = compiler.doubts;
    let inputs = compiler.bind(&takes, &body.with, name.span, &format!("`{}`", name.value));
    let proven = compiler.doubts == doubts;
    compiler.sound &= signature.trusted;
    let retry = body.retry.as_ref().map_or(signature.retry, |retry| overridden(retry, &signature.retry));
    compiler.feed(&format!("{} {:?}", body.fresh, body.retry.is_some().then_some(retry)));
    if signature.effect != Effect::Read {
        compiler.effect.get_or_insert((name.span, operation.clone()));
    }
    compiler.calls.insert(operation.clone());
    let taint = Taint { path: String::new(), operation: operation.clone(), span: name.span };
    let result = signature.gives.clone().map(|ty| Typed {
        ty,
        absent: signature.may_be_absent,
        taints: (signature.cached && !body.fresh).then_some(taint).into_iter().collect(),
        broken: false,
    });
    let node = CallNode {
        operation: operation.clone(),
        inputs,
        fresh: body.fresh,
        proven,
        effect: signature.effect,
        retry,
        probe: signature.probe,
    };
    let worst = worst(signature, &retry);
    Made { result, worst, ..Made::quiet(Node::Call(node)) }
}

fn resolve<'e>(compiler: &mut Compiler<'e>, name: &Name) -> Option<(&'e OperationName, &'e Signature)> {
    let env = compiler.env;
    let (system, operation) = name.split_once('.').unwrap_or((name, ""));
    let wanted = OperationName { system: system.into(), operation: operation.into() };
    if let Some(found) = env.operations.get_key_value(&wanted) {
        return Some(found);
    }
    let known = env.operations.keys();
    let finding = match known.clone().any(|known| *known.system == *system) {
        true => {
            let message = format!("system `{system}` has no operation `{operation}`");
            let names = known.filter(|known| *known.system == *system).map(|known| &*known.operation);
            Diagnostic::new(&codes::UNKNOWN_OPERATION, name.span, message).nearest(operation, names)
        }
        false => {
            let message = format!("there is no system `{system}`");
            let names = known.map(|known| &*known.system);
            Diagnostic::new(&codes::UNKNOWN_SYSTEM, name.span, message).nearest(system, names)
        }
    };
    compiler.find(finding.help("write `system.operation`, as declared under `systems/`"));
    None
}

fn overridden(retry: &Retry, own: &RetryPolicy) -> RetryPolicy {
    let backoff = retry.backoff.as_ref().map(|backoff| (backoff.first.0, backoff.longest.0));
    let usual = (Duration::from_millis(200), Duration::from_secs(30));
    let declared = if own.longest.is_zero() { usual } else { (own.first, own.longest) };
    let (first, longest) = backoff.unwrap_or(declared);
    let jitter = retry.jitter.as_ref().map_or(own.jitter, |jitter| jitter.value);
    RetryPolicy { attempts: retry.attempts.value.max(1), first, longest, jitter }
}

/// All attempts and waits; for a create, finding out what became of the last one too.
fn worst(signature: &Signature, retry: &RetryPolicy) -> Duration {
    let attempts = worst_case(retry, signature.timeout);
    let probe = signature.probe.filter(|_| signature.effect == Effect::Create);
    attempts.saturating_add(probe.map_or(Duration::ZERO, |probe| probe.settle.saturating_add(probe.timeout)))
}
