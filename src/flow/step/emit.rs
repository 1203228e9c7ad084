//! `emit`: says that something happened. The flow goes on at once.

use std::sync::Arc;

use super::respond::{Body, mapping_of};
use super::{Kind, Node};
use crate::config::declarations::Name;
use crate::config::declarations::flow::StepBody;
use crate::diagnostic::{Diagnostic, codes};
use crate::event::EventType;
use crate::flow::compile::{Compiler, Made};
use crate::flow::definition::StepIndex;
use crate::flow::formula::Broken;
use crate::flow::machine::{Action, Emission, Run, Signal, Thread, broken_at};
use crate::flow::run_key::event_id;
use crate::mapping::Target;
use crate::schema::Verdict;
use crate::value::Value;

/// A compiled `emit`.
#[derive(Debug)]
pub(in crate::flow) struct EmitNode {
    pub event: Arc<EventType>,
    pub body: Body,
}

impl EmitNode {
    /// Publishes the event.
    pub fn enter<'d>(&'d self, run: &mut Run<'d, '_>, thread: &Thread, index: StepIndex) -> Signal {
        let path = &run.step(thread, index).path;
        let made = self.body.make(run, thread).and_then(|payload| self.checked(payload));
        let (payload, key) = match made {
            Ok(made) => made,
            Err(broken) => return broken_at(broken, path),
        };
        run.act(Action::Emit(Emission {
            event: &self.event.name,
            id: event_id(run.state, run.definition(thread), thread, index),
            own_id: self.event.id_of(&payload),
            account: self.event.account_of(&payload),
            key,
            correlates: self.event.correlates_of(&payload),
            payload,
            path,
        }));
        Signal::Done(None)
    }

    /// What it says and what it is about: whoever hears of it relies on the schema.
    fn checked(&self, payload: Option<Value>) -> Result<(Value, Arc<str>), Broken> {
        let name = &self.event.name;
        let payload = payload.ok_or_else(|| Broken::Failed(format!("`{name}` would say nothing")))?;
        if !self.event.schema.is_valid(&payload) {
            let wrong = self.event.schema.violations(&payload, 1);
            let wrong = wrong.first().map(|wrong| wrong.sentence()).unwrap_or_default();
            return Err(Broken::Failed(format!(
                "what `{name}` would say is no `{}`: {wrong}",
                self.event.schema.name
            )));
        }
        let key = self.event.key_of(&payload);
        let key = key.ok_or_else(|| Broken::Failed(format!("`{name}` would have no key")))?;
        Ok((payload, key))
    }
}

pub(super) const KIND: Kind = Kind {
    name: "emit",
    help: "says that something happened: an event of `events/`, with a body or a mapping that makes one",
    stands: |body| body.emit.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(name) = &body.emit else { return Made::broken() };
    // Both are looked at, whatever is wrong with the other.
    let event = event_type(compiler, name);
    if let (Some(map), Some(data)) = (&body.map, &body.body) {
        let message = "`body` and `map` both say what the event says";
        let finding = Diagnostic::new(&codes::CONFLICTING_KEYS, data.span(), message);
        compiler.find(finding.related(map.span, "the mapping").help("keep one of them"));
    }
    if let (None, Some(bound)) = (&body.map, body.with.keys().next()) {
        let message = "`with` binds what a mapping takes, and there is no `map`";
        let finding = Diagnostic::new(&codes::MISPLACED_KEY, bound.span, message);
        compiler.find(finding.help("write what the event says under `body:`"));
        return Made::quiet(Made::broken().node);
    }
    let made = match (&body.map, &body.body) {
        (Some(map), _) => mapped(compiler, body, map, event.as_deref()),
        (None, Some(data)) => written(compiler, data, event.as_deref()),
        (None, None) => {
            let message = format!("`{}` says nothing: there is neither `body` nor `map`", name.value);
            let help =
                "write what it says, `body: { reference: =booking.reference }`, or a mapping that makes it";
            compiler.find(Diagnostic::new(&codes::MISSING_KEY, name.span, message).help(help));
            None
        }
    };
    if let Some(event) = &event {
        compiler.waits.emits.insert(event.name.clone());
    }
    match (event, made) {
        (Some(event), Some(body)) => Made::quiet(Node::Emit(Box::new(EmitNode { event, body }))),
        _ => Made::quiet(Made::broken().node),
    }
}

/// The event type of a name.
pub(super) fn event_type(compiler: &mut Compiler<'_>, name: &Name) -> Option<Arc<EventType>> {
    let known = compiler.env.events;
    compiler.feed(name);
    if let Some(event) = known.get(name.as_str()) {
        compiler.feed(&event.schema.name);
        return Some(event.clone());
    }
    let message = format!("there is no event `{}`", name.value);
    let finding = Diagnostic::new(&codes::UNKNOWN_EVENT, name.span, message);
    let finding = finding.nearest(name, known.keys().map(|known| &**known));
    compiler.find(finding.help("declare it in a file of `events/`"));
    None
}

fn written(
    compiler: &mut Compiler<'_>,
    data: &crate::config::declarations::Data,
    event: Option<&EventType>,
) -> Option<Body> {
    let made = match event {
        Some(event) => {
            let what = format!("what `{}` says", event.name);
            let target = Target { ty: event.ty().clone(), required: true, what };
            compiler.data_to(data, &target)
        }
        None => compiler.data(data),
    };
    made.map(|(formula, _)| Body::Formula(formula))
}

fn mapped(
    compiler: &mut Compiler<'_>,
    body: &StepBody,
    map: &Name,
    event: Option<&EventType>,
) -> Option<Body> {
    let (mapping, inputs) = mapping_of(compiler, map, &body.with)?;
    if let Some(event) = event
        && let Verdict::Refuted(reasons) = mapping.target_type.fits(event.ty())
    {
        let message = format!(
            "mapping `{}` makes `{}`, and `{}` says `{}`",
            map.value, mapping.target, event.name, event.schema.name
        );
        let finding = Diagnostic::new(&codes::UNFIT_EVENT, map.span, message);
        let finding = reasons.first().into_iter().fold(finding, |finding, reason| {
            let at =
                if reason.pointer.is_empty() { "it".to_owned() } else { format!("`{}`", reason.pointer) };
            finding.help(format!("{at} {}", reason.message))
        });
        compiler.find(finding);
    }
    Some(Body::Mapped(mapping.program.clone(), inputs))
}
