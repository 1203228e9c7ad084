//! Who is told of events: each subscriber's flow exists and gets what it takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::Findings;
use super::mappings::Mappings;
use crate::config::declarations::event::{EventFile, Subscriber as Declared};
use crate::config::declarations::{Expression, Name};
use crate::diagnostic::{Diagnostic, codes};
use crate::event::{Binding, EventType, EventTypes, Subscriber};
use crate::flow::{Definition, Input};
use crate::mapping::{self, Mapping, Scope, Target};
use crate::schema::Verdict;

/// What subscribers may name.
pub(super) struct Known<'a> {
    pub language: mapping::Environment<'a>,
    pub mappings: &'a Mappings,
    pub flows: &'a BTreeMap<Arc<str>, Arc<Definition>>,
}

/// Every event type, with its subscribers.
pub(super) fn link(
    file: &EventFile,
    events: EventTypes,
    known: &Known<'_>,
    findings: &mut Findings,
) -> EventTypes {
    let linked = events.into_iter().map(|(name, event)| {
        let declared = file.events.get(&*name).map(|declared| declared.subscribers.as_slice());
        let subscribers = declared.unwrap_or_default().iter();
        let subscribers = subscribers
            .filter_map(|declared| {
                let flow = declared.flow.as_ref()?;
                Link { event: &event, declared, flow, known, findings }.link()
            })
            .collect();
        (name, Arc::new(EventType { subscribers, ..EventType::clone(&event) }))
    });
    linked.collect()
}

/// One subscriber.
struct Link<'a> {
    event: &'a EventType,
    declared: &'a Declared,
    flow: &'a Name,
    known: &'a Known<'a>,
    findings: &'a mut Findings,
}

impl Link<'_> {
    fn link(mut self) -> Option<Subscriber> {
        let scope = Scope::new().with("event", self.event.ty().clone());
        let when = self.declared.when.as_ref().and_then(|when| {
            self.findings.take(mapping::compile_condition(when, &scope, &self.known.language))
        });
        let Some(flow) = self.known.flows.get(self.flow.value.as_str()) else {
            let known = self.known.flows.keys().map(|flow| &**flow);
            let help = "write the name at the head of a file in `flows/`";
            self.findings.unknown(&codes::UNKNOWN_FLOW, "flow", self.flow, known, help);
            return None;
        };
        self.no_client(flow);
        self.strangers(flow);
        let left = self.leftover(flow);
        let made = self.declared.map.as_ref().map(|map| self.made(map, left));
        let inputs = flow.inputs().iter().map(|input| match (&made, left) {
            (Some(made), Some(left)) if left.name == input.name => made.clone(),
            _ => self.input(input, &scope, left),
        });
        let inputs = inputs.collect();
        Some(Subscriber { flow: flow.name().clone(), when: when.map(|when| when.program), inputs })
    }

    fn no_client(&mut self, flow: &Definition) {
        if flow.reads_client() {
            let what = format!("the flow `{}` reads `client`, and an event has none", flow.name());
            let help = "let the flow take what it needs as an input, from what the event says";
            let finding = Diagnostic::new(&codes::UNBOUND_INPUT, self.flow.span, what).help(help);
            self.findings.add(finding.related(flow.span(), "the flow"));
        }
    }

    fn strangers(&mut self, flow: &Definition) {
        let known: Vec<&str> = flow.inputs().iter().map(|input| &*input.name).collect();
        for name in self.declared.with.keys().filter(|name| !known.contains(&name.value.as_str())) {
            let what = format!("the flow `{}` takes no `{}`", flow.name(), name.value);
            let finding = Diagnostic::new(&codes::UNKNOWN_INPUT, name.span, what);
            let finding = finding.nearest(&name.value, known.iter().copied());
            self.findings.add(finding.help(match known.is_empty() {
                true => "remove it: it takes nothing".to_owned(),
                false => format!("it takes `{}`", known.join("`, `")),
            }));
        }
    }

    /// The one input that gets the event, or what the mapping makes of it: the only one that `with` does
    /// not bind; of several, the only one that is required.
    fn leftover<'f>(&self, flow: &'f Definition) -> Option<&'f Input> {
        let bound = |input: &&Input| self.declared.with.keys().any(|name| *name.value == *input.name);
        let only = |wanted: &dyn Fn(&&Input) -> bool| {
            let mut left = flow.inputs().iter().filter(|input| !bound(input) && wanted(input));
            left.next().filter(|_| left.next().is_none())
        };
        only(&|_| true).or_else(|| only(&|input| input.required))
    }

    /// What the mapping makes of the event, for the input that is left.
    fn made(&mut self, map: &Name, left: Option<&Input>) -> Binding {
        let Some(mapping) = self.known.mappings.get(map.value.as_str()) else {
            let known = self.known.mappings.keys().map(|known| &**known);
            let help = "write the name at the head of a file in `mappings/`";
            self.findings.unknown(&codes::UNKNOWN_MAPPING, "mapping", map, known, help);
            return Binding::Absent;
        };
        match left {
            Some(input) => self.makes(map, mapping, input),
            None => {
                let what = format!("nothing of the flow `{}` gets what the mapping makes", self.flow.value);
                let help = "leave one input of the flow unbound, or take `map` out";
                self.findings.add(Diagnostic::new(&codes::CONFLICTING_KEYS, map.span, what).help(help));
                return Binding::Absent;
            }
        }
        self.takes(map, mapping);
        Binding::Computed(mapping.program.clone())
    }

    fn makes(&mut self, map: &Name, mapping: &Mapping, input: &Input) {
        if let Verdict::Refuted(_) = mapping.target_type.fits(&input.ty) {
            let what = format!(
                "the mapping `{}` makes `{}`, and `{}` of the flow `{}` is `{}`",
                map.value, mapping.target, input.name, self.flow.value, input.ty
            );
            let help = "name a mapping that makes what the flow takes";
            self.findings.add(Diagnostic::new(&codes::UNFIT_EVENT, map.span, what).help(help));
        }
    }

    fn takes(&mut self, map: &Name, mapping: &Mapping) {
        let event = self.event.ty();
        let fits = match mapping.inputs.as_slice() {
            [one] => !matches!(event.fits(&one.ty), Verdict::Refuted(_)),
            _ => false,
        };
        if !fits {
            let what = format!(
                "the mapping `{}` does not take just what `{}` says, `{}`",
                map.value, self.event.name, self.event.schema.name
            );
            let help = format!("its head must be `from {} as event`", self.event.schema.name);
            self.findings.add(Diagnostic::new(&codes::UNFIT_EVENT, map.span, what).help(help));
        }
    }

    fn input(&mut self, input: &Input, scope: &Scope, left: Option<&Input>) -> Binding {
        let what = format!("`{}` of the flow `{}`", input.name, self.flow.value);
        let target = Target { ty: input.ty.clone(), required: input.required, what };
        if let Some((_, data)) = self.declared.with.iter().find(|(name, _)| *name.value == *input.name) {
            let compiled = mapping::compile_data_to(data, &target, scope, &self.known.language);
            let compiled = self.findings.take(compiled);
            return compiled.map_or(Binding::Absent, |compiled| Binding::Computed(compiled.program));
        }
        if left.is_some_and(|left| left.name == input.name) {
            let event = Expression::new("event", self.flow.span);
            self.findings.take(mapping::compile_expression_to(&event, &target, scope, &self.known.language));
            return Binding::Event;
        }
        if input.required {
            let what = format!("{} gets nothing", target.what);
            let help = format!("bind it from what the event says: `with: {{ {}: =event.… }}`", input.name);
            self.findings.add(Diagnostic::new(&codes::UNBOUND_INPUT, self.flow.span, what).help(help));
        }
        Binding::Absent
    }
}
