//! What people do with a case itself: acknowledge it, give it to somebody, put it off, write on it, close it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::cases::close;
use super::runner::Runner;
use super::told::{Done, Refused, Told};
use super::{Engine, journal};
use crate::clock::BoxFuture;
use crate::codec::json;
use crate::store::{Case, CaseState, Millis, StoreError};
use crate::value::{Map, Value};

/// Lines of a case's history that are kept, the newest.
const LINES: usize = 200;

/// What is done with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Care {
    Acknowledge,
    Assign(Arc<str>),
    Snooze(Millis),
    Annotate(Arc<str>),
    /// With what came of it. Not for a step that waits: that is retried, skipped or ended.
    Resolve(Arc<str>),
}

impl Care {
    /// Its word.
    pub fn name(&self) -> &'static str {
        match self {
            Care::Acknowledge => "acknowledge",
            Care::Assign(_) => "assign",
            Care::Snooze(_) => "snooze",
            Care::Annotate(_) => "annotate",
            Care::Resolve(_) => "resolve",
        }
    }
}

/// Who does what with a case, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tending {
    pub who: Arc<str>,
    pub reason: Arc<str>,
    pub care: Care,
}

/// One line of a case's history.
pub(super) struct History<'a> {
    pub at: Millis,
    pub who: &'a str,
    pub action: &'static str,
    /// What was said: the reason, the note, the resolution.
    pub said: &'a str,
}

/// Adds a line to a case's history.
pub(super) fn remember(case: &mut Case, line: &History<'_>) {
    let mut body = match json::decode(&case.body, &json::Limits::default()) {
        Ok(Value::Object(body)) => Arc::unwrap_or_clone(body),
        _ => Map::new(),
    };
    let mut lines = match body.remove("history") {
        Some(Value::Array(lines)) => Arc::unwrap_or_clone(lines),
        _ => Vec::new(),
    };
    let mut entry = Map::new();
    entry.insert("at", Value::from(line.at));
    entry.insert("who", Value::from(line.who));
    entry.insert("action", Value::from(line.action));
    entry.insert("said", Value::from(line.said));
    lines.push(Value::object(entry));
    if lines.len() > LINES {
        lines.drain(..lines.len() - LINES);
    }
    body.insert("history", Value::array(lines));
    case.body = json::encode(&Value::object(body)).into();
    case.updated_at = line.at;
}

/// Whether it may be done with this case; why not, in words.
fn allowed(case: &Case, care: &Care) -> Result<(), Refused> {
    let refused = |why: String| Err(Refused::Unfit(why));
    match care {
        Care::Annotate(_) => Ok(()),
        _ if !case.state.is_open() => refused(format!("case {} is closed", case.number)),
        Care::Resolve(_) if case.park.is_some() => {
            let step = case.step.as_deref().unwrap_or_default();
            refused(format!(
                "`{step}` waits for case {}: retry, skip, amend, rerun, compensate or cancel it",
                case.number
            ))
        }
        Care::Resolve(_) if *case.code == *"paused_system" => {
            let system = case.system.as_deref().unwrap_or_default();
            refused(format!("it closes when `{system}` is resumed"))
        }
        _ => Ok(()),
    }
}

/// Does it with the case.
fn tend(case: &mut Case, at: Millis, tending: &Tending) -> Result<(), Refused> {
    allowed(case, &tending.care)?;
    let mut said = &*tending.reason;
    match &tending.care {
        Care::Acknowledge => {
            if case.state == CaseState::Open {
                case.state = CaseState::Acknowledged;
            }
        }
        Care::Assign(to) => {
            case.assignee = Some(Arc::clone(to));
            case.state = CaseState::InProgress;
        }
        Care::Snooze(until) => case.snoozed_until = Some(*until),
        Care::Annotate(note) => said = note,
        Care::Resolve(resolution) => {
            close(case, CaseState::Resolved, at);
            said = resolution;
        }
    }
    remember(case, &History { at, who: &tending.who, action: tending.care.name(), said });
    Ok(())
}

impl Engine {
    /// Does something with a case. When it returns, the case is on disk as it gives it.
    ///
    /// # Errors
    /// Then nothing was done.
    pub async fn tend(self: &Arc<Engine>, number: u64, tending: Tending) -> Result<Case, Refused> {
        let case = self.case(number).await?;
        // Whoever runs an instance has its open cases in hand, and writes them.
        if let (true, Some(id), Some(_)) = (case.state.is_open(), case.instance, case.park) {
            let (reply, answer) = oneshot::channel();
            self.tell(id, Told::Tend { number, tending: tending.clone(), reply });
            match answer.await.unwrap_or(Err(Refused::Over)) {
                Ok(_) => return self.case(number).await,
                // It closed meanwhile, or its instance cannot be taken up.
                Err(Refused::Over | Refused::NotParked) => {}
                Err(refused) => return Err(refused),
            }
        }
        let _one = self.tending.lock().await;
        let mut case = self.case(number).await?;
        let written = self.tend_here(&mut case, &tending)?;
        written.await.map_err(|error| Refused::Failed(error.to_string()))?;
        Ok(case)
    }

    /// Whether it could be done.
    ///
    /// # Errors
    /// When it could not.
    pub async fn could_tend(&self, number: u64, care: &Care) -> Result<(), Refused> {
        allowed(&self.case(number).await?, care)
    }

    async fn case(&self, number: u64) -> Result<Case, Refused> {
        let case = self.writer.read(move |store| store.case(number)).await;
        case.map_err(|error| Refused::Failed(error.to_string()))?.ok_or(Refused::NoSuchCase)
    }

    /// A case that no running instance has in hand. Those of systems are kept in memory too: they are changed
    /// and put in line under the same lock as when they close by themselves.
    fn tend_here(
        &self,
        case: &mut Case,
        tending: &Tending,
    ) -> Result<BoxFuture<'static, Result<(), StoreError>>, Refused> {
        let system = case.system.clone().filter(|_| case.instance.is_none()).unwrap_or_else(|| "".into());
        let mut away = (*case.code == *"outage").then(|| self.outages.lock());
        let mut paused = (*case.code == *"paused_system").then(|| self.paused.lock());
        let is_own = |own: &&mut Case| own.number == case.number;
        let outage = away.as_mut().and_then(|away| away.get_mut(&system)?.cases.iter_mut().find(is_own));
        let own =
            outage.or_else(|| paused.as_mut().and_then(|paused| paused.get_mut(&system)).filter(is_own));
        if let Some(own) = &own {
            *case = Case::clone(own);
        }
        tend(case, self.now(), tending)?;
        let written = self.write_case(case, &tending.who, tending.care.name(), &tending.reason);
        if let Some(own) = own {
            *own = case.clone();
            if !case.state.is_open() {
                away.as_mut().map(|away| away.remove(&system));
                paused.as_mut().map(|paused| paused.remove(&system));
            }
        }
        Ok(written)
    }
}

impl Runner {
    /// Somebody does something with a case of this instance.
    pub(super) fn tend(
        &mut self,
        number: u64,
        tending: &Tending,
        reply: oneshot::Sender<Result<Done, Refused>>,
    ) {
        let at = self.engine.now();
        let Some(case) = self.cases.values_mut().find(|case| case.number == number) else {
            let _ = reply.send(Err(Refused::NotParked));
            return;
        };
        if let Err(refused) = tend(case, at, tending) {
            let _ = reply.send(Err(refused));
            return;
        }
        let case = case.clone();
        let step = case.step.clone().unwrap_or_else(|| "".into());
        let entry = journal::acted(at, &step, tending.care.name(), &tending.who, &tending.reason, None);
        self.turn_mut().entries.push(entry);
        let mut body = Map::new();
        body.insert("action", Value::from(tending.care.name()));
        body.insert("case", Value::from(i64::try_from(number).unwrap_or(i64::MAX)));
        body.insert("reason", Value::String(Arc::clone(&tending.reason)));
        let record = self.audit("action", &tending.who, body);
        self.tended(case, record, reply);
    }
}
