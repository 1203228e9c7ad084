//! A compiled flow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Environment;
use crate::config::declarations::flow::FlowFile;
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::Type;
use crate::system::OperationName;

/// A compiled flow: immutable, shared, and complete with the flows that it runs.
#[derive(Debug)]
pub struct Definition {
    pub(super) name: Arc<str>,
    pub(super) owner: Option<Arc<str>>,
    pub(super) inputs: Vec<Input>,
    pub(super) output: Option<(Type, bool)>,
    pub(super) answers: Vec<Answers>,
    pub(super) calls: Vec<OperationName>,
    pub(super) effectful: bool,
    pub(super) digest: Arc<str>,
    pub(super) worst_case: Duration,
    pub(super) span: Span,
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

    /// Every operation that it or a flow it runs may call, sorted.
    pub fn calls(&self) -> &[OperationName] {
        &self.calls
    }

    /// Whether it may change something outside: an `idempotent` or `create` operation can be reached.
    pub fn effectful(&self) -> bool {
        self.effectful
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

    /// Where its name is declared.
    pub fn span(&self) -> Span {
        self.span
    }

    /// `over-budget` when a caller that waits `budget` (declared at `route`) may not see the end.
    pub fn over_budget(&self, _budget: Duration, _route: Span) -> Option<Diagnostic> {
        todo!("flow: lands next")
    }
}

/// Compiles one flow. The flows that it runs are in `environment.flows`. With an error there is no
/// definition.
pub fn compile(_file: &FlowFile, _environment: &Environment) -> (Option<Definition>, Vec<Diagnostic>) {
    todo!("flow: lands next")
}

/// Compiles all flows of a project, each after those it runs; cycles are refused by name.
/// `environment.flows` gets every flow that compiled.
pub fn compile_all(_files: &[FlowFile], _environment: &mut Environment) -> Vec<Diagnostic> {
    let _: BTreeMap<Arc<str>, Arc<Definition>> = BTreeMap::new();
    todo!("flow: lands next")
}
