//! Builds the stations: what routes, flows, systems and events make of values.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::graph::{Graph, Station, Words};
use crate::diagnostic::Span;
use crate::event::{Binding, EventType, To};
use crate::flow::Definition;
use crate::mapping::{Descent, Mapping, Program, Rejecting};
use crate::plan::{Argument, NAMES, Plan, Route, Target};
use crate::schema::{Schema, Type};
use crate::system::{Operation, OperationName};

/// A schema, and in how many lists.
pub(super) type Declared = Option<(Arc<Schema>, usize)>;

/// The stations of a plan, as far as they are asked for.
pub(super) struct Builder<'p> {
    pub plan: &'p Plan,
    pub graph: Graph,
    /// What each event says, by its name: a station.
    events: BTreeMap<Arc<str>, usize>,
    /// What each operation answers, with the ways in which its mapping may reject.
    answers: BTreeMap<OperationName, Descent>,
    /// Whether there was more than is looked at.
    pub stopped: bool,
}

impl<'p> Builder<'p> {
    /// The stations of every event; what flows say of them comes later.
    pub fn new(plan: &'p Plan) -> Builder<'p> {
        let (events, answers) = (BTreeMap::new(), BTreeMap::new());
        let mut builder = Builder { plan, graph: Graph::default(), events, answers, stopped: false };
        for event in plan.events.values() {
            builder.graph.add(Station {
                words: Words::Comes(format!("the event `{}` says it", event.name)),
                span: event.span,
                schema: Some((event.schema.clone(), 0)),
                of: Vec::new(),
                begins: true,
            });
            builder.events.insert(event.name.clone(), builder.graph.last());
        }
        builder
    }

    /// A station that a value goes through.
    pub fn station(&mut self, words: Words, span: Span, schema: Declared, of: Vec<Descent>) -> Descent {
        self.graph.add(Station { words, span, schema, of, begins: false })
    }

    /// What an event says.
    pub fn event(&self, name: &str) -> Descent {
        self.events.get(name).copied().map(Descent::input).unwrap_or_default()
    }

    /// A flow says something by an event.
    pub fn said(&mut self, event: &EventType, made: Descent) {
        let station = self.events.get(&event.name).and_then(|number| self.graph.station(*number));
        station.into_iter().for_each(|station| station.of.push(made.clone()));
    }

    /// A schema as it is named: `canonical/order@1[]`.
    pub fn named(&self, name: &str) -> Declared {
        let bare = name.trim_end_matches('?').trim_end_matches("[]");
        let lists = name.matches("[]").count();
        self.plan.schemas.get(bare).map(|schema| (schema, lists))
    }

    /// The schema of a type that is one.
    pub fn of_type(&self, ty: &Type) -> Declared {
        let (mut ty, mut lists) = (ty.without_null(), 0);
        while let Some(item) = ty.as_array().map(|list| list.items.without_null()) {
            (ty, lists) = (item, lists + 1);
        }
        let schema = self.plan.schemas.get(ty.as_object()?.name.as_ref()?)?;
        Some((schema, lists))
    }

    /// What a mapping makes.
    pub fn mapping(&mut self, mapping: &Mapping, inputs: Vec<Descent>, span: Span) -> Descent {
        let inputs = self.takes(mapping, inputs, span);
        let made = mapping.program.descent(&inputs);
        let schema = self.named(&mapping.target);
        self.station(
            Words::Writes(format!("the mapping `{}` writes", mapping.name)),
            span,
            schema,
            vec![made],
        )
    }

    /// Its inputs, each as the schema that the mapping declares.
    pub fn takes(&mut self, mapping: &Mapping, inputs: Vec<Descent>, span: Span) -> Vec<Descent> {
        let declared: Vec<Declared> = mapping.inputs.iter().map(|input| self.named(&input.schema)).collect();
        let inputs = inputs.into_iter().zip(declared);
        inputs.map(|(input, schema)| self.station(Words::Silent, span, schema, vec![input])).collect()
    }

    /// The mapping that a program is.
    pub fn mapping_of(&self, program: &Program) -> Option<&'p Arc<Mapping>> {
        self.plan.mappings.values().find(|mapping| mapping.program.is(program))
    }

    /// An operation of the plan.
    pub fn operation(&self, name: &OperationName) -> Option<&'p Arc<Operation>> {
        self.plan.systems.get(&name.system)?.operation(&name.operation)
    }

    /// What an operation answers, in canonical form.
    pub fn answer(&mut self, name: &OperationName) -> Descent {
        if let Some(known) = self.answers.get(name) {
            return known.clone();
        }
        let Some(operation) = self.operation(name) else { return Descent::default() };
        let shown = format!("`{}.{}`", name.system, name.operation);
        let answered = operation.answered();
        let wire = answered.wire.map(|schema| (schema.clone(), 0));
        let wire =
            self.station(Words::Comes(format!("{shown} answers it")), operation.span, wire, Vec::new());
        let made = match answered.map {
            Some(map) => self.mapping(map, vec![wire], map.span),
            None => wire,
        };
        let gives = answered.gives.map(|schema| (schema.clone(), usize::from(answered.is_list)));
        let made = self.station(Words::Comes(format!("{shown} gives it")), operation.span, gives, vec![made]);
        self.answers.insert(name.clone(), made.clone());
        made
    }

    /// The ways in which an operation rejects: making the request, or reading the answer.
    pub fn rejecting(&mut self, name: &OperationName, takes: &[Descent]) -> Vec<Rejecting> {
        let Some(operation) = self.operation(name) else { return Vec::new() };
        let mut found = operation.rejecting(takes);
        let answered = operation.answered();
        if let Some(map) = answered.map {
            let schema = answered.wire.map(|schema| (schema.clone(), 0));
            let wire = self.station(Words::Silent, operation.span, schema, Vec::new());
            let inputs = self.takes(map, vec![wire], map.span);
            found.extend(map.program.rejecting(&inputs));
        }
        found
    }

    /// What a route gives its flow, and the ways in which it may reject before.
    pub fn arguments(&mut self, route: &Route, arguments: &[Argument]) -> (Vec<Descent>, Vec<Rejecting>) {
        let mut rejecting = Vec::new();
        let body = self.body(route, &mut rejecting);
        let names = NAMES.map(|name| match name {
            "body" => body.clone(),
            name => {
                self.station(Words::Said(format!("`{name}` of the request")), route.span, None, Vec::new())
            }
        });
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            given.push(match argument {
                Argument::Absent => Descent::default(),
                Argument::Path(_) => names[0].clone(),
                Argument::Query(_) => names[1].clone(),
                Argument::Body => body.clone(),
                Argument::Computed(compiled) => {
                    rejecting.extend(compiled.program.rejecting(&names));
                    compiled.program.descent(&names)
                }
            });
        }
        (given, rejecting)
    }

    fn body(&mut self, route: &Route, rejecting: &mut Vec<Rejecting>) -> Descent {
        let Some(body) = &route.body else { return Descent::default() };
        let schema = body.schema.as_ref().map(|schema| (schema.clone(), 0));
        let words = Words::Comes(format!("`{}` is sent it", route.name));
        let wire = self.station(words, route.span, schema, Vec::new());
        let made = match &body.map {
            Some(map) => {
                let inputs = self.takes(map, vec![wire.clone()], map.span);
                rejecting.extend(map.program.rejecting(&inputs));
                self.mapping(map, vec![wire], map.span)
            }
            None => wire,
        };
        let canonical = body.canonical.as_ref().map(|schema| (schema.clone(), 0));
        self.station(Words::Silent, route.span, canonical, vec![made])
    }

    /// All that anybody gives a flow, input by input: routes that run it and events that start it.
    pub fn given(&mut self, flow: &Definition) -> Vec<Vec<Descent>> {
        let mut given: Vec<Vec<Descent>> = flow.inputs().iter().map(|_| Vec::new()).collect();
        let mut gives = |inputs: Vec<Descent>| {
            given.iter_mut().zip(inputs).for_each(|(given, input)| given.push(input));
        };
        let plan = self.plan;
        for route in &plan.routes {
            let Target::Run { flow: runs, inputs } = &route.target else { continue };
            if runs.name() == flow.name() {
                gives(self.arguments(route, inputs).0);
            }
        }
        for event in plan.events.values() {
            for subscriber in &event.subscribers {
                let To::Flow { flow: told, inputs } = &subscriber.to else { continue };
                if told == flow.name() {
                    gives(inputs.iter().map(|input| self.bound(event, input)).collect());
                }
            }
        }
        given
    }

    fn bound(&mut self, event: &EventType, binding: &Binding) -> Descent {
        let said = self.event(&event.name);
        match binding {
            Binding::Absent => Descent::default(),
            Binding::Event => said,
            Binding::Computed(program) => self.made_of(program, said),
        }
    }

    /// What a program makes of what an event says.
    pub fn made_of(&mut self, program: &Program, said: Descent) -> Descent {
        match self.mapping_of(program) {
            Some(mapping) => self.mapping(mapping, vec![said], mapping.span),
            None => program.descent(&[said]),
        }
    }
}
