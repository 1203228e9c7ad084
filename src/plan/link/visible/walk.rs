//! Goes along a flow from what it is given, and gathers what it tells its caller and says by events.

use super::build::Builder;
use super::graph::Words;
use crate::event::EventType;
use crate::flow::{Along, Definition, Ending, Input, Made, StepAt};
use crate::mapping::{Descent, Origin, Program, Rejecting};
use crate::schema::Type;
use crate::system::OperationName;

/// A walk along one flow.
pub(super) struct Walker<'b, 'p> {
    pub builder: &'b mut Builder<'p>,
    /// What the inputs are made of.
    pub given: Vec<Vec<Descent>>,
    /// Whether what is said by events is kept: once for each flow.
    pub tells_events: bool,
    /// What its caller is told.
    pub ends: Vec<(StepAt, Ending)>,
}

impl<'p> Walker<'_, 'p> {
    /// What a flow tells its caller.
    pub fn ends_of(
        builder: &mut Builder<'p>,
        flow: &Definition,
        given: Vec<Vec<Descent>>,
    ) -> Vec<(StepAt, Ending)> {
        let mut walker = Walker { builder, given, tells_events: false, ends: Vec::new() };
        flow.follow(&mut walker);
        walker.ends
    }

    /// Keeps what a flow says by events.
    pub fn events_of(builder: &mut Builder<'p>, flow: &Definition) {
        let given = builder.given(flow);
        flow.follow(&mut Walker { builder, given, tells_events: true, ends: Vec::new() });
    }

    fn rejects(&mut self, at: &StepAt, rejecting: Vec<Rejecting>) {
        self.ends.extend(rejecting.into_iter().map(|one| (at.clone(), Ending::Rejected(one))));
    }
}

fn of_step(at: &StepAt) -> String {
    format!("the step `{}` of the flow `{}`", at.path, at.flow)
}

impl Along for Walker<'_, '_> {
    fn given(&mut self, name: &str) -> Descent {
        self.builder.station(
            Words::Said(format!("`{name}`")),
            crate::diagnostic::Span::default(),
            None,
            Vec::new(),
        )
    }

    fn input(&mut self, at: usize, input: &Input) -> Descent {
        let schema = input.schema.as_ref().and_then(|name| self.builder.named(name));
        let schema = schema.or_else(|| self.builder.of_type(&input.ty));
        let of = self.given.get_mut(at).map(std::mem::take).unwrap_or_default();
        self.builder.station(Words::Silent, crate::diagnostic::Span::default(), schema, of)
    }

    fn calls(&mut self, at: &StepAt, operation: &OperationName, takes: &[Descent], _: &Origin) -> Descent {
        let rejecting = self.builder.rejecting(operation, takes);
        self.rejects(at, rejecting);
        let mut of = vec![self.builder.answer(operation)];
        // What the probe of a create finds is its result, too.
        let probe = self.builder.operation(operation).and_then(|known| known.probe.as_ref());
        if let Some(probe) = probe {
            let probe = OperationName { system: operation.system.clone(), operation: probe.call.clone() };
            of.push(self.builder.answer(&probe));
        }
        let words = format!("{} asks `{}.{}` for it", of_step(at), operation.system, operation.operation);
        self.builder.station(Words::Comes(words), at.span, None, of)
    }

    fn hears(&mut self, at: &StepAt, event: &EventType) -> Descent {
        let of = vec![self.builder.event(&event.name)];
        self.builder.station(
            Words::Comes(format!("{} hears `{}`", of_step(at), event.name)),
            at.span,
            None,
            of,
        )
    }

    fn maps(&mut self, at: &StepAt, program: &Program, inputs: Vec<Descent>) -> Descent {
        let Some(mapping) = self.builder.mapping_of(program) else { return program.descent(&inputs) };
        let taken = self.builder.takes(mapping, inputs.clone(), at.span);
        self.rejects(at, program.rejecting(&taken));
        self.builder.mapping(mapping, inputs, at.span)
    }

    fn enters(&mut self, at: &StepAt, flow: &Definition, input: &Input, value: Descent) -> Descent {
        let schema = input.schema.as_ref().and_then(|name| self.builder.named(name));
        let schema = schema.or_else(|| self.builder.of_type(&input.ty));
        let words = format!("{} gives it to the flow `{}`", of_step(at), flow.name());
        self.builder.station(Words::Said(words), at.span, schema, vec![value])
    }

    fn leaves(&mut self, at: &StepAt, ty: &Type, value: Descent) -> Descent {
        let schema = self.builder.of_type(ty);
        let words = match &*at.path {
            "output" => format!("it is in the output of the flow `{}`", at.flow),
            _ => format!("{} gives it", of_step(at)),
        };
        self.builder.station(Words::Said(words), at.span, schema, vec![value])
    }

    fn makes(&mut self, at: &StepAt, made: Made<'_>, parts: Vec<(Option<&'static str>, Descent)>) {
        let Made::Event(event) = made else { return };
        if self.tells_events {
            let of = parts.into_iter().map(|(_, part)| part).collect();
            let words = Words::Said(format!("{} says it by `{}`", of_step(at), event.name));
            let said = self.builder.station(words, at.span, None, of);
            self.builder.said(event, said);
        }
    }

    fn ends(&mut self, at: &StepAt, ending: Ending) {
        self.ends.push((at.clone(), ending));
    }

    fn stops(&mut self) {
        self.builder.stopped = true;
    }
}
