//! What one turn of the machine asks for, off its definition: what is written down, and what is done then.

use std::sync::Arc;

use super::events::{Emits, Opens};
use super::journal;
use super::sent::Send;
use crate::flow::FlowEnd;
use crate::flow::machine::{Action, CallId, ListenId, ParkId, Parked};
use crate::store::{Entry, Millis};
use crate::system::OperationName;

/// One turn.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub entries: Vec<Entry>,
    pub sends: Vec<Send>,
    pub taken_back: Vec<CallId>,
    pub parks: Vec<Parked>,
    pub unparks: Vec<ParkId>,
    /// Subscriptions by their listens, and listens that are closed.
    pub opens: Vec<Opens>,
    pub closes: Vec<ListenId>,
    pub emits: Vec<Emits>,
    /// Systems that are away.
    pub away: Vec<(OperationName, &'static str)>,
    /// Systems that answer again.
    pub back: Vec<Arc<str>>,
    /// Systems whose return it waits for.
    pub holds: Vec<Arc<str>>,
    pub answer: Option<FlowEnd>,
    pub end: Option<FlowEnd>,
    /// The path of the last step that was entered.
    pub stage: Option<Arc<str>>,
    /// Whether it must be on disk before it is carried out: the world would notice.
    pub weighty: bool,
}

impl Turn {
    /// Adds what the machine asks for.
    pub fn take(&mut self, actions: Vec<Action<'_>>, at: Millis) {
        for action in actions {
            self.one(action, at);
        }
    }

    fn one(&mut self, action: Action<'_>, at: Millis) {
        match action {
            Action::Call(call) => self.send(call.into(), at),
            Action::CancelCall(id) => self.taken_back.push(id),
            // The state knows its timers.
            Action::Timer { .. } | Action::CancelTimer(_) => {}
            Action::Respond(answer) => {
                self.entries.push(journal::answered(at, &answer));
                self.weighty = true;
                self.answer = Some(answer);
            }
            Action::Parked(parked) => {
                self.entries.push(journal::parked(at, &parked));
                self.weighty = true;
                self.parks.push(parked);
            }
            Action::Unparked(park) => {
                self.entries.push(journal::resumed(at, park));
                self.weighty = true;
                self.unparks.push(park);
            }
            Action::Listen(listen) => {
                self.entries.push(journal::listens(at, &listen));
                self.opens.push(listen.into());
                self.weighty = true;
            }
            Action::CancelListen(id) => self.closes.push(id),
            Action::Emit(emission) => {
                self.entries.push(journal::emits(at, &emission));
                self.emits.push(emission.into());
                self.weighty = true;
            }
            Action::Adopted { path, key, result } => {
                self.entries.push(journal::adopted(at, path, key, result));
            }
            Action::Expired { path } => self.entries.push(journal::step(at, path, "expired")),
            Action::Undoing { path } => self.entries.push(journal::step(at, path, "undoing")),
            Action::Retrying { operation, attempt, wait } => {
                self.entries.push(journal::retry(at, operation, attempt, wait));
            }
            // That it is held is told once, when that begins; what came of the last look is told when it ends.
            Action::Holding { operation, path, again: true, .. } => {
                self.forget_look(path);
                self.holds.push(Arc::clone(&operation.system));
            }
            Action::Holding { operation, path, kind, wait, .. } => {
                self.entries.push(journal::holding(at, path, operation, kind, wait));
                self.holds.push(Arc::clone(&operation.system));
                self.away.push((operation.clone(), kind.name()));
                self.weighty = true;
            }
            Action::StepStarted { path } => self.stage = Some(Arc::clone(path)),
            Action::StepEnded { how: "done", .. } => {}
            Action::StepEnded { path, how } => self.entries.push(journal::step(at, path, how)),
            Action::End(end) => {
                self.entries.push(journal::ended(at, &end));
                self.weighty = true;
                self.end = Some(end);
            }
        }
    }

    /// Takes back the word that something is sent, where it will not be: its system is paused.
    pub fn hold_back(&mut self, is_paused: impl Fn(&str) -> bool) {
        for send in self
            .sends
            .iter()
            .filter(|send| send.key.is_some() && !send.looks && is_paused(&send.operation.system))
        {
            let place = journal::place(&send.path, &send.lineage);
            let own = |entry: &Entry| *entry.kind == *"sent" && *entry.path == *place;
            if let Some(at) = self.entries.iter().rposition(own) {
                self.entries.remove(at);
            }
        }
    }

    /// Takes back what a look at a system that is still away came to.
    fn forget_look(&mut self, path: &str) {
        let own = |entry: &Entry| {
            let rest = entry.path.strip_prefix(path);
            *entry.kind == *"outcome" && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        };
        if let Some(at) = self.entries.iter().rposition(own) {
            self.entries.remove(at);
        }
    }

    fn send(&mut self, send: Send, at: Millis) {
        // What changes nothing may be asked again: nobody needs to know that it was about to be.
        if send.key.is_some() {
            if !send.looks {
                self.entries.push(journal::sent(at, &send));
            }
            self.weighty = true;
        }
        self.sends.push(send);
    }
}
