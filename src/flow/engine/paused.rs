//! Systems that people have paused: durable work that needs them waits, and uses up no attempt. An open case
//! with the code `paused_system` says so, in memory and on disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::care::{History, remember};
use super::cases::{blank, close, sheeted};
use super::told::Refused;
use super::{Engine, audit_of};
use crate::clock::BoxFuture;
use crate::store::{Case, CaseFilter, CaseState, Store, StoreError, Transition};
use crate::system::{self, FailureKind, Outcome};
use crate::value::{Map, Value};

/// The code of the case that stands for a pause.
const CODE: &str = "paused_system";
/// So many systems may be paused.
const MOST: usize = 1000;

/// Paused systems, each with its case; the assignee paused it.
#[derive(Debug, Default)]
pub(super) struct Paused {
    open: Mutex<BTreeMap<Arc<str>, Case>>,
}

impl Paused {
    /// What was paused when the process ended.
    pub fn read(store: &dyn Store) -> Result<Paused, StoreError> {
        let filter = CaseFilter { open: true, code: Some(CODE.into()), ..CaseFilter::default() };
        let cases = store.cases(&filter, MOST)?.into_iter();
        let open = cases.filter_map(|case| Some((case.system.clone()?, case))).collect();
        Ok(Paused { open: Mutex::new(open) })
    }

    pub fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Case>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Who has paused a system, if somebody has.
    pub fn is_paused(&self, system: &str) -> Option<Arc<str>> {
        let open = self.paused.lock();
        open.get(system).map(|case| case.assignee.clone().unwrap_or_else(|| "an operator".into()))
    }

    /// What an attempt at a paused system comes to, without being made.
    pub(super) fn held_back(&self, system: &str) -> Option<Outcome> {
        let who = self.is_paused(system)?;
        let message = format!("paused by {who}");
        Some(Outcome::Held(system::Failure { kind: FailureKind::BreakerOpen, message, retry_after: None }))
    }

    /// Pauses a system: from now on no attempt of a durable flow is made there. Attempts under way end as they
    /// would.
    ///
    /// # Errors
    /// It is paused already, or the store failed.
    pub async fn pause(&self, system: &str, who: &Arc<str>, reason: &str) -> Result<Case, Refused> {
        let (case, written) = {
            let mut open = self.paused.lock();
            if let Some(case) = open.get(system) {
                let who = case.assignee.as_deref().unwrap_or("an operator");
                return Err(Refused::Unfit(format!(
                    "`{system}` is paused already, by {who}: case {}",
                    case.number
                )));
            }
            let case = self.case_of_pause(system, who, reason);
            let written = self.write_case(&case, who, "pause", reason);
            open.insert(system.into(), case.clone());
            (case, written)
        };
        if let Err(error) = written.await {
            self.paused.lock().remove(system);
            return Err(Refused::Failed(error.to_string()));
        }
        Ok(case)
    }

    /// Lets work go on at a system: what waits for it goes on at once, no faster than the system takes calls.
    ///
    /// # Errors
    /// It is not paused, or the store failed.
    pub async fn resume(
        self: &Arc<Engine>,
        system: &str,
        who: &Arc<str>,
        reason: &str,
    ) -> Result<Case, Refused> {
        let (open, written) = {
            let mut paused = self.paused.lock();
            let Some(open) = paused.remove(system) else {
                return Err(Refused::Unfit(format!("`{system}` is not paused")));
            };
            let mut case = open.clone();
            remember(&mut case, &History { at: self.now(), who, action: "resume", said: reason });
            close(&mut case, CaseState::Resolved, self.now());
            let written = self.write_case(&case, who, "resume", reason);
            (case, written)
        };
        if let Err(error) = written.await {
            let again = Case { state: CaseState::Open, closed_at: None, ..open };
            self.paused.lock().insert(system.into(), again);
            return Err(Refused::Failed(error.to_string()));
        }
        self.is_back(&system.into());
        Ok(open)
    }

    fn case_of_pause(&self, system: &str, who: &Arc<str>, reason: &str) -> Case {
        let sheet = self.live().sheet(CODE, "", Some(system));
        let mut body = Map::new();
        body.insert("detail", Value::from(format!("paused by {who}: {reason}")));
        let cause = format!("{system}: paused");
        let case = Case {
            system: Some(system.into()),
            assignee: Some(Arc::clone(who)),
            ..blank(self.case_number(), CODE.into(), cause, self.now())
        };
        sheeted(case, &sheet, body)
    }

    /// Puts a case that no instance holds in line to be written, with its record in the audit trail.
    pub(super) fn write_case(
        &self,
        case: &Case,
        who: &Arc<str>,
        action: &str,
        reason: &str,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        let mut body = Map::new();
        body.insert("action", Value::from(action));
        body.insert("reason", Value::from(reason));
        if let Some(system) = &case.system {
            body.insert("system", Value::String(Arc::clone(system)));
        }
        let about = format!("case {}", case.number);
        let audit = vec![audit_of(self.now(), who, &case.account, &about, body)];
        let transition =
            Transition { at: self.now(), cases: vec![case.clone()], audit, ..Transition::default() };
        let written = self.writer.commit(transition);
        Box::pin(async move { written.await.map(drop) })
    }
}
