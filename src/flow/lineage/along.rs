//! What is told on the way along a flow, and what is answered: where values begin, and what they become.

use std::sync::Arc;

use crate::diagnostic::Span;
use crate::event::EventType;
use crate::flow::definition::{Definition, Input};
use crate::mapping::{Descent, Origin, Program, Rejecting};
use crate::schema::Type;
use crate::system::OperationName;

/// A step, and where it stands.
#[derive(Debug, Clone)]
pub struct StepAt {
    /// `booked.order`; inside another flow that is run, that step's path before it.
    pub path: Arc<str>,
    pub span: Span,
    /// The flow in whose file it stands.
    pub flow: Arc<str>,
}

/// What a step makes that others do not take from it.
#[derive(Debug, Clone, Copy)]
pub enum Made<'a> {
    Set,
    Answer,
    Event(&'a EventType),
    Output,
}

/// What a flow tells its caller.
#[derive(Debug)]
pub enum Ending {
    /// The body of an answer with this status.
    Answer(u16, Descent),
    /// A header of an answer.
    Header(Arc<str>, Descent),
    /// The flow's output.
    Output(Descent),
    /// What callers know the instance by.
    Key(Descent),
    Rejected(Rejecting),
    /// An exception with its facts.
    Raised(Arc<str>, Vec<(Arc<str>, Descent)>),
}

/// Who goes along a flow.
pub trait Along {
    /// What every flow is given: `client`, `correlation_id`, `failure`.
    fn given(&mut self, name: &str) -> Descent;
    /// An input of the flow itself.
    fn input(&mut self, at: usize, input: &Input) -> Descent;
    /// What an operation answers to a call that gives it `takes` when `guards` decide.
    fn calls(
        &mut self,
        at: &StepAt,
        operation: &OperationName,
        takes: &[Descent],
        guards: &Origin,
    ) -> Descent;
    /// What an event says that is heard.
    fn hears(&mut self, at: &StepAt, event: &EventType) -> Descent;
    /// What a mapping makes.
    fn maps(&mut self, _: &StepAt, program: &Program, inputs: Vec<Descent>) -> Descent {
        program.descent(&inputs)
    }
    /// What an input of another flow is that gets a value.
    fn enters(&mut self, _: &StepAt, _: &Definition, _: &Input, value: Descent) -> Descent {
        value
    }
    /// What the output of a flow is, of the type that it declares.
    fn leaves(&mut self, _: &StepAt, _: &Type, value: Descent) -> Descent {
        value
    }
    /// What a step makes, with its parts.
    fn makes(&mut self, _: &StepAt, _: Made<'_>, _: Vec<(Option<&'static str>, Descent)>) {}
    /// What the caller is told.
    fn ends(&mut self, _: &StepAt, _: Ending) {}
    /// There are more steps than are looked at.
    fn stops(&mut self) {}
}
