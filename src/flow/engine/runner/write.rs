//! Writing down: a turn becomes one transition.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::super::cases::close;
use super::super::told::Done;
use super::super::{Engine, Standing, millis};
use super::{Runner, Written};
use crate::flow::FlowEnd;
use crate::flow::machine::{self, Cause};
use crate::store::{CaseState, Change, Committed, Matched, Millis, Reached, Status, StoreError, Transition};

/// With a call under way it is to be taken up as soon as the process is there again, whatever the clock says then.
/// The same in every turn: what does not change need not be written again.
const AT_ONCE: Millis = 0;

/// Between two tries to write where the store fails.
const PAUSE: Duration = Duration::from_secs(1);

impl Runner {
    /// Puts the turn on disk, however long that takes: nothing of it is carried out before. `false`: somebody
    /// else has changed the instance, and this one must forget it.
    pub(super) async fn write(&mut self) -> bool {
        let (first, transition) = match self.put_in_line() {
            Ok(placed) => placed,
            Err(why) => return self.cannot_be_kept(&why).await,
        };
        let recorded = !transition.events.is_empty();
        match commit(&self.engine, self.id, first, transition).await {
            Committed::Done { matched, reached } => {
                self.seq += 1;
                if recorded {
                    self.engine.was_recorded();
                }
                self.is_written(matched, reached);
                true
            }
            Committed::Stale | Committed::Taken(_) => {
                tracing::error!(target: "crossdock::flow", instance = %self.id, "was changed by somebody else");
                false
            }
        }
    }

    /// The turn in line, and once more for the case that the store fails.
    fn put_in_line(
        &mut self,
    ) -> Result<(impl Future<Output = Result<Committed, StoreError>> + Send + 'static, Transition), String>
    {
        let engine = Arc::clone(&self.engine);
        let at = engine.at();
        let is_ordered = !self.turn.away.is_empty() || !self.turn.back.is_empty();
        let _order = is_ordered.then(|| engine.in_order());
        let mut transition = self.transition(at)?;
        let written = self.written();
        transition.change = Some(Change::Continue {
            id: self.id,
            seq: self.seq,
            status: written.status,
            stage: written.stage,
            wake_at: written.wake_at,
            state: written.state,
            answer: written.answer,
            keep_until: written.keep_until,
        });
        Ok((self.engine.writer.commit(transition.clone()), transition))
    }

    /// The turn as a transition, its change of the instance aside.
    ///
    /// # Errors
    /// In words, when the state is too large to be written.
    pub fn transition(&mut self, at: Duration) -> Result<Transition, String> {
        if let Some(stage) = self.turn.stage.take() {
            self.stage = stage;
        }
        if let Some(parked) = self.state.parked().next() {
            self.stage = Arc::clone(&parked.step);
        }
        let (bytes, blobs) = match self.state.is_over() {
            true => (Vec::new(), Vec::new()),
            false => self.saver.save(&self.state)?,
        };
        let told = self.turn.end.take().or(self.turn.answer.take());
        if let Some(told) = told
            && (self.answer.is_none() || !matches!(told, FlowEnd::Completed(None)))
        {
            self.answer = Some(Arc::new(told));
        }
        self.bytes = bytes.into();
        // Opened and closed in the order in which they are written.
        let mut cases = std::mem::take(&mut self.tended);
        let back = std::mem::take(&mut self.turn.back);
        for system in back {
            cases.extend(self.engine.recovered(&system));
            self.engine.is_back(&system);
        }
        let away = std::mem::take(&mut self.turn.away).into_iter();
        cases.extend(away.filter_map(|(operation, kind)| self.engine.outage(&operation, kind)));
        for park in std::mem::take(&mut self.turn.unparks) {
            if let Some(mut case) = self.cases.remove(&park.0) {
                close(&mut case, CaseState::Resolved, millis(at));
                cases.push(case);
            }
        }
        for parked in std::mem::take(&mut self.turn.parks) {
            let case = self.engine.case_for(self.id, self.definition.name(), &self.whose, &parked);
            if let Cause::Failed(failure) = &parked.cause {
                tracing::warn!(target: "crossdock::flow", case = case.number, code = &*case.code, step = &*parked.step,
                    detail = failure.detail.as_str(), correlation_id = &*self.whose.correlation_id, "parked");
            } else {
                tracing::warn!(target: "crossdock::flow", case = case.number, code = &*case.code, step = &*parked.step,
                    correlation_id = &*self.whose.correlation_id, "parked");
            }
            self.cases.insert(parked.id.0, case.clone());
            cases.push(case);
        }
        let opens = std::mem::take(&mut self.turn.opens);
        let closes = std::mem::take(&mut self.turn.closes);
        let emits = std::mem::take(&mut self.turn.emits);
        Ok(Transition {
            at: millis(at),
            entries: std::mem::take(&mut self.turn.entries),
            cases,
            audit: std::mem::take(&mut self.audit),
            blobs,
            opens: self.subscriptions(opens),
            closes: self.closed(closes),
            takes: std::mem::take(&mut self.takes),
            events: self.events(emits, at),
            ..Transition::default()
        })
    }

    /// What is written of where it stands.
    pub fn written(&self) -> Written {
        let over = self.state.is_over();
        let at = self.engine.at();
        let next = self.state.timers().map(|(_, due)| millis(due)).min();
        let wake_at = if self.state.calls() { Some(AT_ONCE) } else { next };
        Written {
            status: self.status(),
            stage: Arc::clone(&self.stage),
            wake_at: wake_at.filter(|_| !over),
            state: Arc::clone(&self.bytes),
            answer: self.answer.as_deref().map(|answer| machine::save_end(answer).into()),
            keep_until: over.then(|| millis(at.saturating_add(self.keep))),
        }
    }

    pub(super) fn status(&self) -> Status {
        if self.state.is_over() {
            return match self.answer.as_deref() {
                Some(FlowEnd::Rejected { .. }) => Status::Rejected,
                Some(FlowEnd::Failed(_) | FlowEnd::Raised { .. }) => Status::Failed,
                Some(FlowEnd::Cancelled { .. }) => Status::Cancelled,
                Some(FlowEnd::Responded { .. } | FlowEnd::Completed(_)) | None => Status::Completed,
            };
        }
        if self.state.parked().next().is_some() {
            Status::Paused
        } else if self.state.is_ending() {
            Status::Compensating
        } else {
            Status::Running
        }
    }

    /// The turn is on disk: whoever waits for it is told.
    pub(super) fn is_written(&mut self, matched: Vec<Matched>, reached: Vec<Reached>) {
        (self.dirty, self.turn.weighty) = (false, false);
        self.saved_at = self.engine.at();
        let (status, stage) = (self.status(), Arc::clone(&self.stage));
        let standing = Standing { seq: self.seq, status, stage, answer: self.answer.clone() };
        self.standing.send_replace(standing);
        for reply in std::mem::take(&mut self.replies) {
            let _ = reply.send(Ok(Done { status, stage: Arc::clone(&self.stage) }));
        }
        if self.state.is_over() && self.definition.line().is_some() {
            // Whoever waits for its business key is the next.
            self.engine.wakes_at(Some(self.engine.now()));
        }
        self.given.extend(matched);
        self.engine.reach(reached);
    }

    /// Leaves memory; `false`: somebody has said something meanwhile.
    pub(super) async fn let_go(&mut self) -> bool {
        if self.dirty && !self.write().await {
            self.engine.dismiss(self.id, &mut self.inbox);
            return true;
        }
        let wake_at = self.written().wake_at;
        let told = self.engine.let_go(self.id, &mut self.inbox, wake_at);
        match told {
            None => {
                if self.state.is_queued() {
                    // Its turn may have come while it was in memory.
                    self.engine.wakes_at(Some(self.engine.now()));
                }
                true
            }
            Some(told) => {
                self.told(told).await;
                false
            }
        }
    }

    /// The state cannot be written: the instance stays as it was on disk, and somebody must look.
    async fn cannot_be_kept(&mut self, why: &str) -> bool {
        tracing::error!(target: "crossdock::flow", instance = %self.id, why, "a state cannot be written");
        self.engine.set_aside(self.id, "state_too_large", why).await;
        false
    }
}

/// Waits for what is in line, and tries until the store takes it: what was accepted is not given up because a
/// disk is full.
async fn commit(
    engine: &Engine,
    instance: Uuid,
    first: impl Future<Output = Result<Committed, StoreError>>,
    transition: Transition,
) -> Committed {
    let mut tried = first.await;
    loop {
        match tried {
            Ok(committed) => return committed,
            Err(error) => {
                tracing::error!(target: "crossdock::store", %instance, %error, "not written; trying again");
            }
        }
        engine.clock.sleep(PAUSE).await;
        tried = engine.writer.commit(transition.clone()).await;
    }
}
