//! Who is told of events: each subscriber's flow, webhook or stream exists, may be told and gets what it takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::Findings;
use super::mappings::Mappings;
use crate::config::Spanned;
use crate::config::declarations::event::{Begins, EventFile, Subscriber as Declared};
use crate::config::declarations::{Expression, Name};
use crate::diagnostic::{Diagnostic, codes};
use crate::event::{Binding, EventType, EventTypes, Fold, Subscriber, To, Visibility, Webhook};
use crate::flow::{Definition, Input};
use crate::mapping::{self, Mapping, Scope, Target};
use crate::schema::Verdict;

/// What subscribers may name.
pub(super) struct Known<'a> {
    pub language: mapping::Environment<'a>,
    pub mappings: &'a Mappings,
    pub flows: &'a BTreeMap<Arc<str>, Arc<Definition>>,
    pub webhooks: &'a BTreeMap<Arc<str>, Arc<Webhook>>,
}

/// Every event type, with its subscribers.
pub(super) fn link(
    file: &EventFile,
    events: EventTypes,
    known: &Known<'_>,
    findings: &mut Findings,
) -> EventTypes {
    for name in file.subscribers.keys().filter(|name| !file.events.contains_key(name.value.as_str())) {
        let names = file.events.keys().map(|known| known.value.as_str());
        findings.unknown(&codes::UNKNOWN_EVENT, "event", name, names, "declare it under `events:`");
    }
    let linked = events.into_iter().map(|(name, event)| {
        let own = file.events.get(&*name).map(|declared| declared.subscribers.as_slice());
        let more = file.subscribers.get(&*name).map(Vec::as_slice);
        let declared = own.unwrap_or_default().iter().chain(more.unwrap_or_default());
        let mut subscribers: Vec<Subscriber> = Vec::new();
        for declared in declared {
            let linked = one(declared, &event, known, findings);
            if let Some(linked) = linked {
                let like = |other: &&Subscriber| other.name.split('#').next() == Some(&*linked.name);
                let name = match subscribers.iter().filter(like).count() {
                    0 => linked.name,
                    others => format!("{}#{}", linked.name, others + 1).into(),
                };
                subscribers.push(Subscriber { name, ..linked });
            }
        }
        let fold = folded(file, &event, known, findings);
        (name, Arc::new(EventType { subscribers, fold, ..EventType::clone(&event) }))
    });
    linked.collect()
}

/// How events fold, with what says which of them.
fn folded(
    file: &EventFile,
    event: &EventType,
    known: &Known<'_>,
    findings: &mut Findings,
) -> Option<Arc<Fold>> {
    let declared = file.events.get(&*event.name)?.folds_into.as_ref()?;
    let scope = Scope::new().with("event", event.ty().clone());
    let when = declared.when.as_ref();
    let when = when.and_then(|when| findings.take(mapping::compile_condition(when, &scope, &known.language)));
    let fold = Fold::clone(event.fold.as_ref()?);
    Some(Arc::new(Fold { when: when.map(|when| when.program), ..fold }))
}

/// One subscriber. `None` when it names nobody, or nobody that there is.
fn one(
    declared: &Spanned<Declared>,
    event: &EventType,
    known: &Known<'_>,
    findings: &mut Findings,
) -> Option<Subscriber> {
    let named = [("flow", &declared.flow), ("webhook", &declared.webhook), ("stream", &declared.stream)];
    let mut named = named.into_iter().filter_map(|(kind, name)| Some((kind, name.as_ref()?)));
    let Some((kind, name)) = named.next() else {
        let finding = Diagnostic::new(&codes::MISSING_KEY, declared.span, "this subscriber names nobody");
        findings.add(finding.help("write `flow:`, `webhook:` or `stream:` with a name"));
        return None;
    };
    if let Some((other, second)) = named.next() {
        let message = format!("`{other}` stands beside `{kind}`: a subscriber is told in one way");
        let finding = Diagnostic::new(&codes::CONFLICTING_KEYS, second.span, message);
        findings.add(finding.related(name.span, format!("`{kind}`")).help("make two subscribers of it"));
    }
    Link { event, declared, told: name, known, findings }.link(kind)
}

/// One subscriber.
struct Link<'a> {
    event: &'a EventType,
    declared: &'a Declared,
    told: &'a Name,
    known: &'a Known<'a>,
    findings: &'a mut Findings,
}

impl Link<'_> {
    fn link(mut self, kind: &str) -> Option<Subscriber> {
        let scope = Scope::new().with("event", self.event.ty().clone());
        let when = self.declared.when.as_ref().and_then(|when| {
            self.findings.take(mapping::compile_condition(when, &scope, &self.known.language))
        });
        let to = match kind {
            "webhook" => self.webhook()?,
            "stream" => self.stream(),
            _ => self.flow(&scope)?,
        };
        let from = self.declared.from.as_ref();
        if let (To::Stream { .. }, Some(from)) = (&to, from) {
            let message = "`from` does not go with `stream`: each reader says where it begins";
            self.findings.add(Diagnostic::new(&codes::MISPLACED_KEY, from.span, message).help("take it out"));
        }
        Some(Subscriber {
            name: format!("{}:{}", self.event.name, self.told.value).into(),
            when: when.map(|when| when.program),
            to,
            from_start: from.is_some_and(|from| from.value == Begins::Start),
        })
    }

    fn webhook(&mut self) -> Option<To> {
        self.no_inputs("webhook");
        let Some(webhook) = self.known.webhooks.get(self.told.value.as_str()) else {
            let known = self.known.webhooks.keys().map(|known| &**known);
            let help = "declare it in a file of `events/`, under `webhooks:`";
            self.findings.unknown(&codes::UNKNOWN_WEBHOOK, "webhook", self.told, known, help);
            return None;
        };
        self.may_hear(webhook.audience, &format!("the webhook `{}`", webhook.name));
        let (map, says) = self.projection().unzip();
        Some(To::Webhook { webhook: Arc::clone(&webhook.name), map, says })
    }

    fn stream(&mut self) -> To {
        self.no_inputs("stream");
        self.may_hear(Visibility::Customer, &format!("clients who follow the stream `{}`", self.told.value));
        let (map, says) = self.projection().unzip();
        To::Stream { stream: self.told.value.as_str().into(), map, says }
    }

    /// Whether those who hear may see the event.
    fn may_hear(&mut self, audience: Visibility, who: &str) {
        let (event, seen) = (self.event, self.event.visibility);
        let fits = match seen {
            Visibility::Customer => true,
            Visibility::Internal => audience != Visibility::Customer,
            Visibility::Finance => audience == Visibility::Finance,
        };
        if !fits {
            let message = format!("{who} may not see `{}`: its visibility is {}", event.name, word(seen));
            let help = "tell them of another event, made of what they may see; or, where they may see all of this one, \
                        say so: `visibility: customer`";
            let finding = Diagnostic::new(&codes::WRONG_AUDIENCE, self.told.span, message).help(help);
            self.findings.add(finding.related(event.span, "the event"));
        }
    }

    /// What others are told, when it is not all that the event says, and its schema.
    fn projection(&mut self) -> Option<(mapping::Program, Arc<str>)> {
        let map = self.declared.map.as_ref()?;
        let Some(mapping) = self.known.mappings.get(map.value.as_str()) else {
            self.no_mapping(map);
            return None;
        };
        self.takes(map, mapping);
        Some((mapping.program.clone(), Arc::from(&*mapping.target)))
    }

    fn no_inputs(&mut self, kind: &str) {
        if let Some(name) = self.declared.with.keys().next() {
            let message = format!("`with` does not go with `{kind}`");
            let help = "name a mapping that makes what is sent: `map: …`";
            self.findings.add(Diagnostic::new(&codes::MISPLACED_KEY, name.span, message).help(help));
        }
    }

    fn no_mapping(&mut self, map: &Name) {
        let known = self.known.mappings.keys().map(|known| &**known);
        let help = "write the name at the head of a file in `mappings/`";
        self.findings.unknown(&codes::UNKNOWN_MAPPING, "mapping", map, known, help);
    }

    fn flow(&mut self, scope: &Scope) -> Option<To> {
        let Some(flow) = self.known.flows.get(self.told.value.as_str()) else {
            let known = self.known.flows.keys().map(|flow| &**flow);
            let help = "write the name at the head of a file in `flows/`";
            self.findings.unknown(&codes::UNKNOWN_FLOW, "flow", self.told, known, help);
            return None;
        };
        self.no_client(flow);
        self.strangers(flow);
        let left = self.leftover(flow);
        let made = self.declared.map.as_ref().map(|map| self.made(map, left));
        let inputs = flow.inputs().iter().map(|input| match (&made, left) {
            (Some(made), Some(left)) if left.name == input.name => made.clone(),
            _ => self.input(input, scope, left),
        });
        let inputs = inputs.collect();
        Some(To::Flow { flow: flow.name().clone(), inputs })
    }

    fn no_client(&mut self, flow: &Definition) {
        if flow.reads_client() {
            let what = format!("the flow `{}` reads `client`, and an event has none", flow.name());
            let help = "let the flow take what it needs as an input, from what the event says";
            let finding = Diagnostic::new(&codes::UNBOUND_INPUT, self.told.span, what).help(help);
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
            self.no_mapping(map);
            return Binding::Absent;
        };
        match left {
            Some(input) => self.makes(map, mapping, input),
            None => {
                let what = format!("nothing of the flow `{}` gets what the mapping makes", self.told.value);
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
                map.value, mapping.target, input.name, self.told.value, input.ty
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
        let what = format!("`{}` of the flow `{}`", input.name, self.told.value);
        let target = Target { ty: input.ty.clone(), required: input.required, what };
        if let Some((_, data)) = self.declared.with.iter().find(|(name, _)| *name.value == *input.name) {
            let compiled = mapping::compile_data_to(data, &target, scope, &self.known.language);
            let compiled = self.findings.take(compiled);
            return compiled.map_or(Binding::Absent, |compiled| Binding::Computed(compiled.program));
        }
        if left.is_some_and(|left| left.name == input.name) {
            let event = Expression::new("event", self.told.span);
            self.findings.take(mapping::compile_expression_to(&event, &target, scope, &self.known.language));
            return Binding::Event;
        }
        if input.required {
            let what = format!("{} gets nothing", target.what);
            let help = format!("bind it from what the event says: `with: {{ {}: =event.… }}`", input.name);
            self.findings.add(Diagnostic::new(&codes::UNBOUND_INPUT, self.told.span, what).help(help));
        }
        Binding::Absent
    }
}

fn word(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Customer => "customer",
        Visibility::Internal => "internal",
        Visibility::Finance => "finance",
    }
}
