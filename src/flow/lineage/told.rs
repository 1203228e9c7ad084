//! The lineage of a flow as people ask for it: through mappings and other flows as if they stood in its steps.

use std::sync::Arc;

use super::{Along, Made, StepAt};
use crate::event::EventType;
use crate::flow::definition::Input;
use crate::mapping::{Descent, Origin};
use crate::schema::Type;
use crate::system::OperationName;

/// What things in a flow descend from.
#[derive(Debug, Default)]
pub struct FlowLineage {
    /// What everything descends from, by the number that places carry as their input.
    pub sources: Vec<Source>,
    /// In the order of the steps.
    pub sent: Vec<Sent>,
}

/// Something that a flow begins with or is told.
#[derive(Debug, Clone)]
pub struct Source {
    /// `booking`, or the step whose answer it is: `account`.
    pub name: Arc<str>,
    /// `erp.get_account`, when a system answers it; an event's name, when it is heard.
    pub operation: Option<Arc<str>>,
    /// `None`: not known here.
    pub ty: Option<Type>,
}

/// What a step makes.
#[derive(Debug)]
pub struct Sent {
    /// `booked.order`; inside another flow that it runs, that step's path before it.
    pub step: Arc<str>,
    /// What it does: `erp.create_order`, `answer`, `set`.
    pub what: Arc<str>,
    /// Its parts: the body or the value itself, and `path` and `query`.
    pub parts: Vec<(Option<&'static str>, Descent)>,
}

/// Gives what an operation sends for what it takes.
pub type Sends<'a> = &'a dyn Fn(&OperationName, &[Descent]) -> Vec<(Option<&'static str>, Descent)>;

/// Gathers it.
pub(super) struct Telling<'a> {
    sends: Sends<'a>,
    pub found: FlowLineage,
}

impl<'a> Telling<'a> {
    pub fn new(sends: Sends<'a>) -> Telling<'a> {
        Telling { sends, found: FlowLineage::default() }
    }

    fn source(&mut self, name: Arc<str>, operation: Option<Arc<str>>, ty: Option<Type>) -> Descent {
        self.found.sources.push(Source { name, operation, ty });
        Descent::input(self.found.sources.len() - 1)
    }
}

impl Along for Telling<'_> {
    fn given(&mut self, name: &str) -> Descent {
        self.source(name.into(), None, None)
    }

    fn input(&mut self, _: usize, input: &Input) -> Descent {
        self.source(input.name.clone(), None, Some(input.ty.clone()))
    }

    fn calls(
        &mut self,
        at: &StepAt,
        operation: &OperationName,
        takes: &[Descent],
        guards: &Origin,
    ) -> Descent {
        let what: Arc<str> = format!("{}.{}", operation.system, operation.operation).into();
        let guarded = |(word, descent): (_, Descent)| (word, descent.and(|origin| origin.and(guards)));
        let parts = (self.sends)(operation, takes).into_iter().map(guarded).collect();
        self.found.sent.push(Sent { step: at.path.clone(), what: what.clone(), parts });
        self.source(at.path.clone(), Some(what), None)
    }

    fn hears(&mut self, at: &StepAt, event: &EventType) -> Descent {
        self.source(at.path.clone(), Some(event.name.clone()), None)
    }

    fn makes(&mut self, at: &StepAt, made: Made<'_>, parts: Vec<(Option<&'static str>, Descent)>) {
        let what: Arc<str> = match made {
            Made::Set => "set".into(),
            Made::Answer => "answer".into(),
            Made::Event(event) => event.name.clone(),
            Made::Output => "output".into(),
        };
        self.found.sent.push(Sent { step: at.path.clone(), what, parts });
    }
}
