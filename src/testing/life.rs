//! What flows have done: events, open cases, instances; and what an operator does about a case.

use std::sync::Arc;

use super::compare::differences;
use crate::codec::json;
use crate::event::INTAKE;
use crate::flow::engine::{Action, Engine, Order};
use crate::store::{
    Case, CaseFilter, Event, EventFilter, Instance, InstanceFilter, Status, Store, StoreError,
};
use crate::value::Value;

/// So many of each kind are looked at.
const MOST: usize = 10_000;

/// What flows must have done; what is `None` or empty is not looked at.
#[derive(Debug, Default)]
pub struct Life {
    /// Since the step before, in this order and no others.
    pub events: Option<Vec<EventExpectation>>,
    /// Open now, the oldest first, and no others.
    pub cases: Option<Vec<CaseExpectation>>,
    pub instances: Vec<InstanceExpectation>,
}

/// An event that must have happened.
#[derive(Debug)]
pub struct EventExpectation {
    pub event: Arc<str>,
    pub key: Option<Arc<str>>,
    /// It says at least this.
    pub body: Option<Value>,
}

/// A case that must be open.
#[derive(Debug)]
pub struct CaseExpectation {
    pub code: Arc<str>,
    pub flow: Option<Arc<str>>,
    pub step: Option<Arc<str>>,
    pub system: Option<Arc<str>>,
    pub owner: Option<Arc<str>>,
}

/// An instance that there must be.
#[derive(Debug)]
pub struct InstanceExpectation {
    pub flow: Arc<str>,
    pub key: Option<Arc<str>>,
    pub status: Option<Status>,
    pub stage: Option<Arc<str>>,
    pub count: Option<usize>,
}

/// What an operator does about a case.
#[derive(Debug)]
pub struct Act {
    pub code: Arc<str>,
    /// The business key of its instance, where several cases have this code.
    pub key: Option<Arc<str>>,
    pub wish: Wish,
}

/// What is to be done; where, the case knows.
#[derive(Debug)]
pub enum Wish {
    Retry,
    Skip(Option<Value>),
    Amend(Arc<str>, Value),
    Rerun(Arc<str>),
    Compensate,
    Cancel,
}

impl Life {
    /// Every way in which it did not happen so; `since` is the number of the last event before this step.
    pub(super) fn unmet(&self, store: &dyn Store, since: u64) -> Vec<String> {
        let mut unmet = Vec::new();
        if let Err(error) = self.look(store, since, &mut unmet) {
            unmet.push(error.to_string());
        }
        unmet
    }

    fn look(&self, store: &dyn Store, since: u64, unmet: &mut Vec<String>) -> Result<(), StoreError> {
        if let Some(expected) = &self.events {
            let filter = EventFilter { after: since, ..EventFilter::default() };
            let mut got = store.events(&filter, MOST)?;
            // What came in as it came is no event yet.
            got.retain(|event| &*event.name != INTAKE);
            events(expected, &got, unmet);
        }
        if let Some(expected) = &self.cases {
            let open = CaseFilter { open: true, ..CaseFilter::default() };
            let mut open = store.cases(&open, MOST)?;
            open.sort_by_key(|case| case.number);
            cases(expected, &open, unmet);
        }
        for expected in &self.instances {
            expected.look(store, unmet)?;
        }
        Ok(())
    }
}

fn listed(names: Vec<String>) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn events(expected: &[EventExpectation], got: &[Event], unmet: &mut Vec<String>) {
    let wanted: Vec<&str> = expected.iter().map(|event| &*event.event).collect();
    if !got.iter().map(|event| &*event.name).eq(wanted.iter().copied()) {
        let wanted = listed(wanted.into_iter().map(str::to_owned).collect());
        let got = listed(got.iter().map(|event| format!("{} {}", event.name, event.key)).collect());
        unmet.push(format!("expected the events {wanted}\n     got the events {got}"));
        return;
    }
    for (expected, event) in expected.iter().zip(got) {
        let name = &event.name;
        if let Some(key) = expected.key.as_ref().filter(|key| **key != event.key) {
            unmet.push(format!("{name}: expected the key `{key}`, got `{}`", event.key));
        }
        if let Some(body) = &expected.body {
            let said = json::decode(&event.body, &json::Limits::default()).ok();
            unmet.extend(differences(body, said.as_ref()).into_iter().map(|what| format!("{name}: {what}")));
        }
    }
}

/// `delivery_overdue at delivered`
fn told(case: &Case) -> String {
    let place = case.step.as_ref().or(case.system.as_ref());
    place.map_or_else(|| case.code.to_string(), |place| format!("{} at {place}", case.code))
}

fn cases(expected: &[CaseExpectation], got: &[Case], unmet: &mut Vec<String>) {
    if !got.iter().map(|case| &case.code).eq(expected.iter().map(|case| &case.code)) {
        let wanted = listed(expected.iter().map(|case| case.code.to_string()).collect());
        let got = listed(got.iter().map(|case| format!("{} ({})", told(case), detail(case))).collect());
        unmet.push(format!("expected the open cases {wanted}\n     got the open cases {got}"));
        return;
    }
    for (expected, case) in expected.iter().zip(got) {
        let owner = (!case.owner.is_empty()).then_some(&case.owner);
        let fields = [
            ("flow", &expected.flow, case.flow.as_ref()),
            ("step", &expected.step, case.step.as_ref()),
            ("system", &expected.system, case.system.as_ref()),
            ("owner", &expected.owner, owner),
        ];
        for (what, wanted, got) in fields {
            let Some(wanted) = wanted.as_ref().filter(|wanted| Some(*wanted) != got) else { continue };
            let got = got.map_or("none", |got| got);
            unmet.push(format!("case {}: expected the {what} `{wanted}`, got `{got}`", case.code));
        }
    }
}

/// Why it was opened, in words.
fn detail(case: &Case) -> String {
    let body = json::decode(&case.body, &json::Limits::default()).ok();
    let text = body.as_ref().and_then(|body| body.get("detail")).and_then(Value::as_str);
    text.map_or_else(|| case.cause.to_string(), |text| format!("{}: {text}", case.cause))
}

/// Instances of a flow with a business key, the newest last.
fn instances(
    store: &dyn Store,
    flow: Option<&Arc<str>>,
    key: Option<&Arc<str>>,
) -> Result<Vec<Instance>, StoreError> {
    let filter = InstanceFilter { flow: flow.cloned(), ..InstanceFilter::default() };
    let mut found = store.instances(&filter, None, MOST)?;
    found.retain(|instance| key.is_none_or(|key| instance.business_key.as_ref() == Some(key)));
    Ok(found)
}

impl InstanceExpectation {
    fn look(&self, store: &dyn Store, unmet: &mut Vec<String>) -> Result<(), StoreError> {
        let name =
            self.key.as_ref().map_or_else(|| self.flow.to_string(), |key| format!("{} {key}", self.flow));
        let all = instances(store, Some(&self.flow), self.key.as_ref())?;
        if let Some(expected) = self.count {
            let fits = |instance: &&Instance| self.status.is_none_or(|status| status == instance.status);
            let got = all.iter().filter(fits).count();
            if got != expected {
                unmet.push(format!("expected {expected} instances of {name}, there are {got}"));
            }
            return Ok(());
        }
        let Some(newest) = all.last() else {
            unmet.push(format!("there is no instance of {name}"));
            return Ok(());
        };
        let stage = &newest.stage;
        if let Some(status) = self.status.filter(|status| *status != newest.status) {
            let (wanted, got) = (status.name(), newest.status.name());
            unmet.push(format!("{name}: expected it to be {wanted}, it is {got}, at `{stage}`"));
        }
        if let Some(wanted) = self.stage.as_ref().filter(|wanted| *wanted != stage) {
            unmet.push(format!("{name}: expected it to stand at `{wanted}`, it stands at `{stage}`"));
        }
        Ok(())
    }
}

impl Act {
    /// Does it; otherwise in words why it cannot be done.
    pub(super) async fn act(&self, engine: &Arc<Engine>) -> Result<(), String> {
        let case = self.case(&**engine.writer().store()).map_err(|error| error.to_string())??;
        let instance = case.instance.ok_or_else(|| {
            format!("`{}` is about a system as a whole: it closes by itself when that answers", self.code)
        })?;
        let park = case.park.unwrap_or_default();
        let action = match &self.wish {
            Wish::Retry => Action::Retry { park },
            Wish::Skip(result) => Action::Skip { park, result: result.clone() },
            Wish::Amend(input, value) => Action::Amend { input: Arc::clone(input), value: value.clone() },
            Wish::Rerun(step) => Action::Rerun { step: Arc::clone(step) },
            Wish::Compensate => Action::Compensate,
            Wish::Cancel => Action::Cancel,
        };
        let name = action.name();
        let order = Order { who: "the test".into(), reason: "the story says so".into(), action };
        engine.act(instance, order).await.map(|_| ()).map_err(|why| format!("{name} was refused: {why}"))
    }

    /// The one open case that is meant.
    fn case(&self, store: &dyn Store) -> Result<Result<Case, String>, StoreError> {
        let filter = CaseFilter { open: true, code: Some(Arc::clone(&self.code)), ..CaseFilter::default() };
        let mut open = store.cases(&filter, MOST)?;
        if let Some(key) = &self.key {
            let own = instances(store, None, Some(key))?;
            open.retain(|case| own.iter().any(|instance| Some(instance.id) == case.instance));
        }
        let code = &self.code;
        Ok(match (open.len(), open.pop()) {
            (1, Some(case)) => Ok(case),
            (0, _) => Err(format!("there is no open case `{code}`")),
            (several, _) => Err(format!("there are {several} open cases `{code}`: say which by its `key`")),
        })
    }
}
