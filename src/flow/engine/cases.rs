//! Cases: every stop gets an owner, and a system that is away gets one case for all who wait for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::sent::Whose;
use super::{Engine, millis};
use crate::codec::json;
use crate::event::Lane;
use crate::flow::FailureKind;
use crate::flow::machine::{Cause, Parked};
use crate::store::{Case, CaseFilter, CaseState, Cursor, Event, Instance, Millis, Store, StoreError};
use crate::system::OperationName;
use crate::value::{Map, Value};

/// Who must act on a stop, and by when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub owner: Arc<str>,
    pub queues: Vec<Arc<str>>,
    pub severity: Arc<str>,
    pub category: Arc<str>,
    pub runbook: Option<Arc<str>>,
    pub acknowledge: Option<Duration>,
    pub resolve: Option<Duration>,
}

/// Codes of cases that no exception declares, sorted.
pub const CODES: &[&str] = &[
    "bad_data",
    "definition_lost",
    "out_of_time",
    "outage",
    "paused_system",
    "refused_by_system",
    "retries_exhausted",
    "state_lost",
    "subscriber_stopped",
    "too_much",
    "unknown_outcome",
];

/// Systems that are away, each with its case; with several where the process ended before an earlier one was
/// closed.
#[derive(Debug, Default)]
pub struct Outages {
    open: Mutex<BTreeMap<Arc<str>, Outage>>,
    /// Held from where a case is opened or closed until it is in line to be written: the last word of a case
    /// must not be overtaken by an earlier one.
    order: Mutex<()>,
}

/// A system that is away.
#[derive(Debug, Default)]
pub(super) struct Outage {
    pub cases: Vec<Case>,
    /// On the monotonic clock: attempts that began before it do not say that the system is back.
    since: Duration,
}

impl Outages {
    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Arc<str>, Outage>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The code of a stop that no exception declares.
fn code_of(kind: FailureKind) -> &'static str {
    use crate::system::FailureKind as System;
    match kind {
        FailureKind::UnknownOutcome => "unknown_outcome",
        FailureKind::Rejected(_) => "refused_by_system",
        FailureKind::Expression | FailureKind::System(System::Invalid | System::Request) => "bad_data",
        FailureKind::StepTimeout | FailureKind::NotEnough => "out_of_time",
        FailureKind::TooMuch => "too_much",
        FailureKind::System(_) => "retries_exhausted",
    }
}

impl Engine {
    /// The case for a parked step.
    pub(super) fn case_for(&self, instance: Uuid, flow: &Arc<str>, whose: &Whose, parked: &Parked) -> Case {
        let at = self.now();
        let (code, cause, system, detail) = match &parked.cause {
            Cause::Raised { code, facts } => {
                (Arc::clone(code), format!("{code} in {flow}"), None, Value::object(facts.clone()))
            }
            Cause::Failed(failure) => {
                let code = code_of(failure.kind);
                let place = match &failure.operation {
                    Some(operation) => format!("{}.{}", operation.system, operation.operation),
                    None => format!("{flow}.{}", parked.step),
                };
                let system = failure.operation.as_ref().map(|operation| Arc::clone(&operation.system));
                (
                    code.into(),
                    format!("{place}: {}", failure.kind.name()),
                    system,
                    Value::from(failure.detail.as_str()),
                )
            }
        };
        let sheet = self.live().sheet(&code, flow, system.as_deref());
        let mut body = Map::new();
        body.insert("detail", detail);
        body.insert("undo", Value::Bool(parked.undo));
        if let Cause::Failed(failure) = &parked.cause {
            body.insert("attempts", Value::from(i64::from(failure.attempts)));
        }
        let case = Case {
            instance: Some(instance),
            park: Some(parked.id.0),
            flow: Some(Arc::clone(flow)),
            step: Some(Arc::clone(&parked.step)),
            system,
            account: Arc::clone(&whose.account),
            correlation_id: Arc::clone(&whose.correlation_id),
            ..blank(self.case_number(), code, cause, at)
        };
        sheeted(case, &sheet, body)
    }

    /// The case of an instance that cannot be taken up.
    pub(super) fn case_of_broken(&self, instance: &Instance, code: &str, why: &str) -> Case {
        let sheet = self.live().sheet(code, &instance.flow, None);
        let mut body = Map::new();
        body.insert("detail", Value::from(why));
        let case = Case {
            instance: Some(instance.id),
            flow: Some(Arc::clone(&instance.flow)),
            step: Some(Arc::clone(&instance.stage)),
            account: Arc::clone(&instance.account),
            correlation_id: Arc::clone(&instance.correlation_id),
            ..blank(self.case_number(), code.into(), format!("{code} in {}", instance.flow), self.now())
        };
        sheeted(case, &sheet, body)
    }

    /// A system is away: the case that stands for all who wait, if there is none yet.
    pub(super) fn outage(&self, operation: &OperationName, kind: &str) -> Option<Case> {
        // Who paused it knows, and has a case for it.
        if self.is_paused(&operation.system).is_some() {
            return None;
        }
        let mut open = self.outages.lock();
        if open.contains_key(&operation.system) {
            return None;
        }
        let code: Arc<str> = "outage".into();
        let sheet = self.live().sheet(&code, "", Some(&operation.system));
        let cause = format!("{}: {kind}", operation.system);
        let mut body = Map::new();
        body.insert(
            "detail",
            Value::from("work that needs this system waits, and goes on by itself when it answers"),
        );
        let case = Case {
            system: Some(Arc::clone(&operation.system)),
            ..blank(self.case_number(), code, cause, self.now())
        };
        let case = sheeted(case, &sheet, body);
        let outage = Outage { cases: vec![case.clone()], since: self.clock.monotonic() };
        open.insert(Arc::clone(&operation.system), outage);
        Some(case)
    }

    /// Whether an answer to an attempt that began at `since` is the first since a system went away.
    pub(super) fn was_away(&self, system: &str, since: Duration) -> bool {
        self.outages.lock().get(system).is_some_and(|outage| outage.since <= since)
    }

    /// Held while cases of outages are opened or closed and put in line.
    pub(super) fn in_order(&self) -> std::sync::MutexGuard<'_, ()> {
        self.outages.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A system answered: the case of its outage closes.
    pub(super) fn recovered(&self, system: &str) -> Vec<Case> {
        let mut cases = self.outages.lock().remove(system).unwrap_or_default().cases;
        cases.iter_mut().for_each(|case| close(case, CaseState::AutoResolved, self.now()));
        cases
    }

    /// Opens a case about the gateway as a whole, unless one with this code is open.
    pub async fn open_case(&self, code: &str, cause: &str, detail: &str) {
        if self.open_with(code).await.is_none_or(|open| !open.is_empty()) {
            return;
        }
        let sheet = self.live().sheet(code, "", None);
        let mut body = Map::new();
        body.insert("detail", Value::from(detail));
        let case =
            sheeted(blank(self.case_number(), code.into(), cause.to_owned(), self.now()), &sheet, body);
        self.write_or_say(&case, "open", cause).await;
    }

    /// The cause of cases with this code is gone.
    pub async fn clear_case(&self, code: &str) {
        for mut case in self.open_with(code).await.unwrap_or_default() {
            close(&mut case, CaseState::AutoResolved, self.now());
            self.write_or_say(&case, "close", "its cause is gone").await;
        }
    }

    async fn write_or_say(&self, case: &Case, action: &str, why: &str) {
        if let Err(error) = self.write_case(case, &"gateway".into(), action, why).await {
            tracing::error!(target: "crossdock::store", case = case.number, %error, "a case was not written");
        }
    }

    async fn open_with(&self, code: &str) -> Option<Vec<Case>> {
        let filter = CaseFilter { open: true, code: Some(code.into()), ..CaseFilter::default() };
        self.writer.read(move |store| store.cases(&filter, 100)).await.ok()
    }
}

impl Outages {
    /// Those that were open when the process ended: taken up before anything runs, or a second case would be
    /// opened for the same outage.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn again(store: &dyn Store) -> Result<Outages, StoreError> {
        let filter = CaseFilter { open: true, code: Some("outage".into()), ..CaseFilter::default() };
        let cases = store.cases(&filter, 1000)?;
        let mut open = BTreeMap::<Arc<str>, Outage>::new();
        for (system, case) in cases.into_iter().filter_map(|case| Some((case.system.clone()?, case))) {
            open.entry(system).or_default().cases.push(case);
        }
        Ok(Outages { open: Mutex::new(open), order: Mutex::default() })
    }
}

/// The case of an event that a subscriber cannot be told of.
pub(super) fn data_case(engine: &Engine, flow: &Arc<str>, event: &Event, why: &str) -> Case {
    let sheet = engine.live().sheet("bad_data", flow, None);
    let mut body = Map::new();
    body.insert("detail", Value::from(why));
    body.insert("event", Value::String(Arc::clone(&event.name)));
    body.insert("number", Value::from(i64::try_from(event.number).unwrap_or(i64::MAX)));
    let cause = format!("{flow} cannot be told of {}", event.name);
    let case = Case {
        flow: Some(Arc::clone(flow)),
        account: Arc::clone(&event.account),
        correlation_id: Arc::clone(&event.correlation_id),
        ..blank(engine.case_number(), "bad_data".into(), cause, engine.now())
    };
    sheeted(case, &sheet, body)
}

/// What stands as the cause of the case of a subscriber that was disabled.
pub(super) fn stopped_cause(name: &str) -> String {
    format!("{name} is not told any more")
}

/// The case of a subscriber that was disabled.
pub(super) fn stopped_case(engine: &Engine, lane: &Lane, cursor: &Cursor) -> Case {
    let code: Arc<str> = "subscriber_stopped".into();
    let sheet = engine.live().sheet(&code, "", None);
    let owner = if lane.owner.is_empty() { Arc::clone(&sheet.owner) } else { Arc::clone(&lane.owner) };
    let mut body = Map::new();
    body.insert("detail", Value::String(Arc::clone(&cursor.problem)));
    body.insert("subscriber", Value::String(Arc::clone(&lane.name)));
    body.insert("number", Value::from(i64::try_from(cursor.next).unwrap_or(i64::MAX)));
    let case = Case {
        account: lane.account.clone().unwrap_or_else(|| "".into()),
        ..blank(engine.case_number(), code, stopped_cause(&lane.name), engine.now())
    };
    sheeted(case, &Sheet { owner, ..sheet }, body)
}

/// Closes a case.
pub(super) fn close(case: &mut Case, state: CaseState, at: Millis) {
    case.state = state;
    case.updated_at = at;
    case.closed_at = Some(at);
}

/// A case of which only the cause is known.
pub(super) fn blank(number: u64, code: Arc<str>, cause: String, at: Millis) -> Case {
    Case {
        number,
        code,
        state: CaseState::Open,
        account: "".into(),
        instance: None,
        park: None,
        flow: None,
        step: None,
        system: None,
        cause: cause.into(),
        correlation_id: "".into(),
        owner: "".into(),
        queues: Vec::new(),
        severity: "".into(),
        assignee: None,
        opened_at: at,
        updated_at: at,
        acknowledge_by: None,
        resolve_by: None,
        snoozed_until: None,
        closed_at: None,
        body: Arc::from(&b"{}"[..]),
    }
}

/// A case with who must act on it.
pub(super) fn sheeted(case: Case, sheet: &Sheet, mut body: Map) -> Case {
    if let Some(runbook) = &sheet.runbook {
        body.insert("runbook", Value::String(Arc::clone(runbook)));
    }
    body.insert("category", Value::String(Arc::clone(&sheet.category)));
    let by = |after: Option<Duration>| after.map(|after| case.opened_at.saturating_add(millis(after)));
    Case {
        owner: Arc::clone(&sheet.owner),
        queues: sheet.queues.clone(),
        severity: Arc::clone(&sheet.severity),
        acknowledge_by: by(sheet.acknowledge),
        resolve_by: by(sheet.resolve),
        body: json::encode(&Value::object(body)).into(),
        ..case
    }
}
