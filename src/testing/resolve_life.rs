//! Stories over time: the names of events, cases, flows and steps in them, resolved against the plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compile::Compiling;
use super::life::{CaseExpectation, EventExpectation, InstanceExpectation, Wish};
use super::{Act, Life};
use crate::config::Spanned;
use crate::config::declarations::Name;
use crate::config::declarations::test::{
    Expect, ExpectedCase, ExpectedEvent, ExpectedInstance, ExpectedStatus, TestAct, TestAction,
};
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::flow::Definition;
use crate::flow::engine::CODES;
use crate::store::Status;

impl Compiling<'_> {
    /// What flows must have done.
    pub(super) fn life(&mut self, expect: &Expect) -> Life {
        let events = expect.events.as_ref();
        let cases = expect.cases.as_ref();
        Life {
            events: events.map(|events| events.iter().filter_map(|event| self.event(event)).collect()),
            cases: cases.map(|cases| cases.iter().map(|case| self.case(case)).collect()),
            instances: expect.instances.iter().filter_map(|instance| self.instance(instance)).collect(),
        }
    }

    fn event(&mut self, event: &Spanned<ExpectedEvent>) -> Option<EventExpectation> {
        let name = &event.event;
        let known = self.plan.events.get(name.as_str()).cloned();
        if known.is_none() {
            let names: Vec<Arc<str>> = self.plan.events.keys().cloned().collect();
            self.unknown(&codes::UNKNOWN_EVENT, "event", name, &names);
        }
        Some(EventExpectation {
            event: known?.name.clone(),
            key: event.key.as_ref().map(|key| Arc::from(key.as_str())),
            body: event.body.as_ref().and_then(|body| self.constant(body)),
        })
    }

    fn case(&mut self, case: &Spanned<ExpectedCase>) -> CaseExpectation {
        self.case_code(&case.code);
        if let Some(flow) = &case.flow {
            self.flow(flow);
        }
        if let Some(step) = &case.step {
            self.known_step(case.flow.as_ref(), step);
        }
        if let Some(system) = &case.system
            && !self.plan.systems.contains_key(system.as_str())
        {
            let names: Vec<Arc<str>> = self.plan.systems.keys().cloned().collect();
            self.unknown(&codes::UNKNOWN_SYSTEM, "system", system, &names);
        }
        let owners = self.owners();
        if let Some(owner) = case.owner.as_ref().filter(|owner| !owners.contains(owner.as_str())) {
            let names: Vec<Arc<str>> = owners.into_iter().collect();
            self.unknown(&codes::BAD_TEST, "owner", owner, &names);
        }
        CaseExpectation {
            code: Arc::from(case.code.as_str()),
            flow: text(&case.flow),
            step: text(&case.step),
            system: text(&case.system),
            owner: text(&case.owner),
        }
    }

    /// Everybody who may have to act.
    fn owners(&self) -> BTreeSet<Arc<str>> {
        let flows = self.plan.flows.values().filter_map(|flow| flow.owner().cloned());
        let systems = self.plan.systems.values().filter_map(|system| system.owner.clone());
        let exceptions = self.plan.exceptions.values().filter_map(|exception| exception.owner.clone());
        let events = self.plan.events.values().filter_map(|event| event.owner.clone());
        flows.chain(systems).chain(exceptions).chain(events).collect()
    }

    fn instance(&mut self, instance: &Spanned<ExpectedInstance>) -> Option<InstanceExpectation> {
        let flow = self.flow(&instance.flow)?;
        if let Some(stage) = &instance.stage {
            self.known_step(Some(&instance.flow), stage);
        }
        if let (Some(count), Some(stage)) = (&instance.count, &instance.stage) {
            self.bad(
                count.span,
                format!("instances are counted wherever they stand, not at `{}`", stage.value),
            )
            .help("write `stage` in an entry of its own, without `count`");
        }
        Some(InstanceExpectation {
            flow: flow.name().clone(),
            key: instance.key.as_ref().map(|key| Arc::from(key.as_str())),
            status: instance.status.as_ref().map(|status| status_of(status.value)),
            stage: text(&instance.stage),
            count: instance.count.as_ref().map(|count| count.value as usize),
        })
    }

    /// What an operator does.
    pub(super) fn act(&mut self, act: &Spanned<TestAct>) -> Option<Act> {
        self.case_code(&act.case);
        let wish = self.wish(act)?;
        let key = act.key.as_ref().map(|key| Arc::from(key.as_str()));
        Some(Act { code: Arc::from(act.case.as_str()), key, wish })
    }

    fn wish(&mut self, act: &Spanned<TestAct>) -> Option<Wish> {
        let (action, said): (TestAction, &TestAct) = (act.action.value, act);
        self.only_for(action, said);
        Some(match action {
            TestAction::Retry => Wish::Retry,
            TestAction::Compensate => Wish::Compensate,
            TestAction::Cancel => Wish::Cancel,
            TestAction::Skip => Wish::Skip(match &act.result {
                Some(result) => Some(self.constant(result)?),
                None => None,
            }),
            TestAction::Amend => match (&said.input, &said.value) {
                (Some(input), Some(value)) => {
                    let value = self.constant(value)?;
                    Wish::Amend(Arc::from(input.as_str()), value)
                }
                _ => {
                    return self.lacks(
                        act,
                        "`amend` changes an input of the flow",
                        "write `input: booking` and `value: ...`",
                    );
                }
            },
            TestAction::Rerun => match &act.step {
                Some(step) => {
                    self.known_step(None, step);
                    Wish::Rerun(Arc::from(step.as_str()))
                }
                None => return self.lacks(act, "`rerun` goes on from a step", "write `step: order`"),
            },
        })
    }

    fn lacks(&mut self, act: &Spanned<TestAct>, what: &str, help: &str) -> Option<Wish> {
        self.bad(act.span, what).help(help);
        None
    }

    /// Each key goes with one action.
    fn only_for(&mut self, action: TestAction, act: &TestAct) {
        let keys = [
            ("result", act.result.as_ref().map(|data| data.span()), TestAction::Skip, "skip"),
            ("input", act.input.as_ref().map(|name| name.span), TestAction::Amend, "amend"),
            ("value", act.value.as_ref().map(|data| data.span()), TestAction::Amend, "amend"),
            ("step", act.step.as_ref().map(|name| name.span), TestAction::Rerun, "rerun"),
        ];
        for (key, span, goes_with, named) in keys {
            if let Some(span) = span.filter(|_| goes_with != action) {
                self.bad(span, format!("`{key}` goes with `action: {named}`")).help("take it out");
            }
        }
    }

    fn case_code(&mut self, code: &Name) {
        let declared = self.plan.exceptions.keys().cloned();
        let known: Vec<Arc<str>> = declared.chain(CODES.iter().map(|code| Arc::from(*code))).collect();
        if !known.iter().any(|known| **known == *code.value) {
            self.unknown(&codes::UNKNOWN_EXCEPTION, "exception or case", code, &known);
        }
    }

    fn flow(&mut self, name: &Name) -> Option<Arc<Definition>> {
        let found = self.plan.flows.get(name.as_str()).cloned();
        if found.is_none() {
            let names: Vec<Arc<str>> = self.plan.flows.keys().cloned().collect();
            self.unknown(&codes::UNKNOWN_FLOW, "flow", name, &names);
        }
        found
    }

    /// The step is one of the flow, or of any when none is named. A step of a flow that it runs counts too.
    fn known_step(&mut self, flow: Option<&Name>, step: &Name) {
        let own = flow.and_then(|flow| self.plan.flows.get(flow.as_str()));
        let flows: Vec<&Arc<Definition>> = match own {
            Some(own) => own.with_children().collect(),
            None => self.plan.flows.values().collect(),
        };
        let names: Vec<Arc<str>> = flows.iter().flat_map(|flow| flow.paths().cloned()).collect();
        if !names.iter().any(|name| **name == *step.value) {
            self.unknown(&codes::UNKNOWN_STEP, "step", step, &names);
        }
    }

    fn unknown(&mut self, code: &'static Code, what: &str, name: &Name, known: &[Arc<str>]) {
        let message = format!("there is no {what} `{}`", name.value);
        let finding = Diagnostic::new(code, name.span, message);
        self.findings.push(finding.nearest(&name.value, known.iter().map(|known| &**known)));
    }
}

fn text(name: &Option<Name>) -> Option<Arc<str>> {
    name.as_ref().map(|name| Arc::from(name.as_str()))
}

fn status_of(status: ExpectedStatus) -> Status {
    match status {
        ExpectedStatus::Running => Status::Running,
        ExpectedStatus::Paused => Status::Paused,
        ExpectedStatus::Compensating => Status::Compensating,
        ExpectedStatus::Completed => Status::Completed,
        ExpectedStatus::Rejected => Status::Rejected,
        ExpectedStatus::Failed => Status::Failed,
        ExpectedStatus::Cancelled => Status::Cancelled,
    }
}
