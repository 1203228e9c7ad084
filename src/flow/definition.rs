//! A compiled flow: its steps as a flat table of nodes that name each other by number, so that a
//! place in it (a cursor) is plain data.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::compile::{Remains, Taint};
use super::formula::Formula;
use super::promise::Promise;
use super::schedule::Schedule;
use super::step::Node;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::schema::{Type, Verdict};
use crate::system::OperationName;
use crate::value::Value;

/// Number of a step in its definition.
pub(super) type StepIndex = u32;
/// Number of a block in its definition; 0 is the outermost.
pub(super) type BlockIndex = u32;

/// A compiled flow: immutable, shared, and complete with the flows that it runs.
#[derive(Debug)]
pub struct Definition {
    pub(super) name: Arc<str>,
    pub(super) owner: Option<Arc<str>>,
    pub(super) inputs: Vec<Input>,
    pub(super) output: Option<(Type, bool)>,
    pub(super) answers: Vec<Answers>,
    pub(super) calls: Vec<OperationName>,
    /// An operation that changes something outside, the first met.
    pub(super) effect: Option<OperationName>,
    /// Which parts of the output may come from a cache.
    pub(super) output_taints: Vec<Taint>,
    pub(super) ends_flow: bool,
    pub(super) digest: Arc<str>,
    pub(super) worst_case: Duration,
    pub(super) slowest: Option<(Arc<str>, Duration)>,
    pub(super) span: Span,
    pub(super) steps: Vec<Step>,
    pub(super) blocks: Vec<Block>,
    pub(super) children: Vec<Arc<Definition>>,
    /// How deep `run` goes below this flow.
    pub(super) depth: u32,
    /// Whether any expression reads `client`, here or below.
    pub(super) reads_client: bool,
    /// What makes it durable besides effects, here or below.
    pub(super) waits: Waits,
    /// When it starts by itself.
    pub(super) schedule: Option<Schedule>,
    /// Whether every value inside is certainly of its type, if the inputs are.
    pub(super) sound: bool,
    /// Whether what it gives and answers then is, too.
    pub(super) proven: bool,
    /// What it may leave behind, for flows that run it.
    pub(super) remains: Remains,
    /// What it promises about its instances.
    pub(super) promise: Promise,
}

/// What a flow says to others and waits for.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits {
    /// Whether it waits for time or events.
    pub any: bool,
    pub emits: BTreeSet<Arc<str>>,
    pub hears: BTreeSet<Arc<str>>,
}

impl Waits {
    /// Adds what a flow does that is run by this one.
    pub fn also(&mut self, child: &Waits) {
        self.any |= child.any;
        self.emits.extend(child.emits.iter().cloned());
        self.hears.extend(child.hears.iter().cloned());
    }
}

/// One step.
#[derive(Debug)]
pub(super) struct Step {
    /// `feasible.capacity`: names from the outermost step down, joined by dots.
    pub path: Arc<str>,
    /// Where it stands.
    pub span: Span,
    pub when: Option<Formula>,
    pub timeout: Option<Duration>,
    /// Whether its result takes a slot.
    pub has_result: bool,
    /// What its result is, and whether it may be absent.
    pub result: Option<(Type, bool)>,
    /// How long its result is good; for a call.
    pub expires: Option<Expires>,
    /// Results that it reads and that are made anew first when they have expired.
    pub renews: Vec<Renewal>,
    pub node: Node,
}

/// How long a result is good.
#[derive(Debug)]
pub(super) enum Expires {
    /// So long.
    After(Duration),
    /// Until the instant over the scope behind the step; always, when that is absent.
    At(Formula),
}

/// A result that expires and that a later step reads.
#[derive(Debug)]
pub(super) struct Renewal {
    /// The call that makes it.
    pub step: StepIndex,
    /// Where it stands.
    pub slot: u32,
    /// The field of what stands there; `None`: all of it.
    pub field: Option<Arc<str>>,
}

/// Steps that run one after the other in a scope of their own.
#[derive(Debug)]
pub(super) struct Block {
    pub steps: Vec<StepIndex>,
    pub gives: Gives,
}

/// What a block comes to.
#[derive(Debug)]
pub(super) enum Gives {
    Nothing,
    /// The result of its last step.
    Last,
    /// A value over the names inside it.
    Formula(Formula),
}

/// One input of a flow, in the order in which it is given.
#[derive(Debug, Clone)]
pub struct Input {
    pub name: Arc<str>,
    pub ty: Type,
    pub required: bool,
    /// The schema it is, when it is one: `canonical/booking@1`.
    pub schema: Option<Arc<str>>,
}

/// One answer that a flow may give with `respond`.
#[derive(Debug, Clone)]
pub struct Answers {
    pub status: u16,
    /// `None`: without a body.
    pub body: Option<Type>,
    pub span: Span,
}

impl Definition {
    /// The flow's name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The team that answers for it.
    pub fn owner(&self) -> Option<&Arc<str>> {
        self.owner.as_ref()
    }

    /// What it takes, in order.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The type of `output` and whether it may be absent; `None` when the flow has none.
    pub fn output(&self) -> Option<(&Type, bool)> {
        self.output.as_ref().map(|(ty, absent)| (ty, *absent))
    }

    /// Every `respond` that the flow can reach.
    pub fn answers(&self) -> &[Answers] {
        &self.answers
    }

    /// Whether a caller who waits may get anything of it: a `respond`, an `output` or a `reject` can be
    /// reached, if only in a flow that it runs.
    pub fn may_answer(&self) -> bool {
        let says = |step: &Step| matches!(step.node, Node::Reject(_) | Node::Run(_));
        self.output.is_some() || !self.answers.is_empty() || self.steps.iter().any(says)
    }

    /// Whether every way through the steps ends in `respond`, `reject` or `raise`, so that
    /// `output` is never reached.
    pub fn always_ends(&self) -> bool {
        self.ends_flow
    }

    /// Every operation that it or a flow it runs may call, sorted.
    pub fn calls(&self) -> &[OperationName] {
        &self.calls
    }

    /// What each operation that it or a flow it runs calls took and gave when it was compiled.
    pub fn contracts(&self) -> Vec<(&OperationName, &Arc<str>)> {
        let own = self.steps.iter().filter_map(|step| match &step.node {
            Node::Call(call) => Some(call),
            _ => None,
        });
        let undo = own.clone().filter_map(|call| call.compensate.as_deref());
        let own = own.chain(undo).map(|call| (&call.operation, &call.contract));
        own.chain(self.children.iter().flat_map(|child| child.contracts())).collect()
    }

    /// Whether it may change something outside: an `idempotent` or `create` operation can be reached.
    pub fn effectful(&self) -> bool {
        self.effect.is_some()
    }

    /// The first operation met that changes something outside.
    pub(super) fn first_effect(&self) -> Option<&OperationName> {
        self.effect.as_ref()
    }

    /// Whether it outlives its caller and the process: it, or a flow that it runs, waits, listens or emits,
    /// or may change something outside.
    pub fn is_durable(&self) -> bool {
        self.must_be_durable() || self.effectful()
    }

    /// Whether only the durable engine can run it: it, or a flow that it runs, waits, listens or emits.
    pub fn must_be_durable(&self) -> bool {
        self.waits.any || !self.waits.emits.is_empty()
    }

    /// The events that it and the flows it runs emit, by name, sorted.
    pub fn events(&self) -> impl Iterator<Item = &Arc<str>> {
        self.waits.emits.iter()
    }

    /// The events that it and the flows it runs listen for, by name, sorted.
    pub fn hears(&self) -> impl Iterator<Item = &Arc<str>> {
        self.waits.hears.iter()
    }

    /// When it starts by itself.
    pub fn schedule(&self) -> Option<&Schedule> {
        self.schedule.as_ref()
    }

    /// SHA-256, hex, over everything that decides what the flow does: its steps and those of the
    /// flows it runs. Where things stand in the file does not matter.
    pub fn digest(&self) -> &Arc<str> {
        &self.digest
    }

    /// The longest that a run can take when every attempt takes its whole time, on the slowest way
    /// through the steps; a `for` counts one round.
    pub fn worst_case(&self) -> Duration {
        self.worst_case
    }

    /// Whether an expression in it, or in a flow it runs, reads `client`: such a flow cannot be run
    /// for a caller that nobody knows.
    pub fn reads_client(&self) -> bool {
        self.reads_client
    }

    /// Whether every value in it, and in the flows that it runs, is certainly of its type if the inputs
    /// are: what systems answer is looked at or proven, and so is what goes into other flows.
    pub fn is_sound(&self) -> bool {
        self.sound
    }

    /// Whether it is sound, and what it gives and answers is certainly of the type that it declares.
    pub fn is_proven(&self) -> bool {
        self.sound && self.proven
    }

    /// Why a value cannot be what the step at `path` comes to; `None` when it can.
    pub(super) fn unfit_result(&self, path: &str, value: Option<&Value>) -> Option<String> {
        let result = self.steps.iter().find(|step| *step.path == *path).and_then(|step| step.result.as_ref());
        match (result, value) {
            (None, None) => None,
            (None, Some(_)) => Some(format!("`{path}` has no result")),
            (Some((_, true)), None) => None,
            (Some(_), None) => Some(format!("the steps behind `{path}` need its result")),
            (Some((ty, _)), Some(value)) => unfit(ty, value),
        }
    }

    /// Why a value cannot be the input at a place; `None` when it can.
    pub(super) fn unfit_input(&self, at: usize, value: &Value) -> Option<String> {
        unfit(&self.inputs.get(at)?.ty, value)
    }

    /// Where its name is declared.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The paths of all steps, those of other flows not included, in the order written.
    pub fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.steps.iter().map(|step| &step.path)
    }

    /// It and every flow that it runs, however deep.
    pub fn with_children<'a>(self: &'a Arc<Self>) -> Box<dyn Iterator<Item = &'a Arc<Definition>> + 'a> {
        let below = self.children.iter().flat_map(|child| child.with_children());
        Box::new(std::iter::once(self).chain(below))
    }

    /// `over-budget` when a caller that waits `budget` (declared at `route`) may not see the end.
    pub fn over_budget(&self, budget: Duration, route: Span) -> Option<Diagnostic> {
        // Whoever starts a flow that waits gets a 202.
        if self.worst_case <= budget || self.must_be_durable() {
            return None;
        }
        let message = format!(
            "flow `{}` may take {}, but its caller waits {}",
            self.name,
            lapse(self.worst_case),
            lapse(budget)
        );
        let mut finding = Diagnostic::new(&codes::OVER_BUDGET, route, message)
            .related(self.span, "this flow")
            .help("make `timeout` or `retry` of what it calls smaller, give the step a `timeout`, or give the answer more time");
        if let Some((step, worst)) = &self.slowest {
            finding = finding
                .help(format!("the slowest step is `{step}`: {} with all its attempts", lapse(*worst)));
        }
        Some(finding)
    }
}

fn unfit(ty: &Type, value: &Value) -> Option<String> {
    match Type::of(value).fits(ty) {
        Verdict::Refuted(reasons) => Some(match reasons.first() {
            Some(reason) if reason.pointer.is_empty() => format!("it {}", reason.message),
            Some(reason) => format!("`{}` {}", reason.pointer, reason.message),
            None => format!("it is not `{ty}`"),
        }),
        _ => None,
    }
}

/// A duration as people write it: `800ms`, `5s`, `2.5s`, `3m 20s`.
pub(super) fn lapse(time: Duration) -> String {
    let millis = time.as_millis();
    match (millis / 1000, millis % 1000) {
        (0, millis) => format!("{millis}ms"),
        (seconds, 0) if seconds < 120 => format!("{seconds}s"),
        (seconds, millis) if seconds < 120 => {
            format!("{seconds}.{}s", format!("{millis:03}").trim_end_matches('0'))
        }
        (seconds, _) => format!("{}m {}s", seconds / 60, seconds % 60),
    }
}
