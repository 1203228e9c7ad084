//! Cases: work that cannot go on, with an owner.

use std::sync::Arc;

use uuid::Uuid;

use super::Millis;
use super::event::fits;

/// Where a case is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CaseState {
    Open,
    Acknowledged,
    InProgress,
    /// Somebody dealt with it.
    Resolved,
    /// Its cause went away by itself.
    AutoResolved,
}

impl CaseState {
    /// Every state with its word, in order.
    pub const ALL: [(CaseState, &'static str); 5] = [
        (CaseState::Open, "open"),
        (CaseState::Acknowledged, "acknowledged"),
        (CaseState::InProgress, "in_progress"),
        (CaseState::Resolved, "resolved"),
        (CaseState::AutoResolved, "auto_resolved"),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        CaseState::ALL[self as usize].1
    }

    /// The state of a word.
    pub fn of(word: &str) -> Option<CaseState> {
        CaseState::ALL.iter().find(|(_, known)| *known == word).map(|(state, _)| *state)
    }

    /// Whether somebody must still do something.
    pub fn is_open(self) -> bool {
        matches!(self, CaseState::Open | CaseState::Acknowledged | CaseState::InProgress)
    }
}

/// One case, as it is kept. A transition writes it whole: the first time it opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// From 1; given by [`super::Store::next_case`] and never used twice.
    pub number: u64,
    /// The declared exception's, or one of our own: `retries_exhausted`, `unknown_outcome`, `outage`, ...
    pub code: Arc<str>,
    pub state: CaseState,
    pub account: Arc<str>,
    /// `None`: about a system as a whole.
    pub instance: Option<Uuid>,
    /// Number of the place where the instance is parked.
    pub park: Option<u32>,
    pub flow: Option<Arc<str>>,
    pub step: Option<Arc<str>>,
    pub system: Option<Arc<str>>,
    /// Cases of one cause have the same text here: `erp.create_order: unavailable`.
    pub cause: Arc<str>,
    pub correlation_id: Arc<str>,
    /// The team that must act next.
    pub owner: Arc<str>,
    pub queues: Vec<Arc<str>>,
    pub severity: Arc<str>,
    /// The person who has it.
    pub assignee: Option<Arc<str>>,
    pub opened_at: Millis,
    pub updated_at: Millis,
    pub acknowledge_by: Option<Millis>,
    pub resolve_by: Option<Millis>,
    pub snoozed_until: Option<Millis>,
    pub closed_at: Option<Millis>,
    /// JSON: detail, facts, input, runbook, texts, notes, resolution.
    pub body: Arc<[u8]>,
}

/// Which cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Only those that are not closed.
    pub open: bool,
    pub state: Option<CaseState>,
    pub code: Option<Arc<str>>,
    pub instance: Option<Uuid>,
    pub flow: Option<Arc<str>>,
    pub system: Option<Arc<str>>,
    pub owner: Option<Arc<str>>,
    pub queue: Option<Arc<str>>,
    pub cause: Option<Arc<str>>,
    pub account: Option<Arc<str>>,
    /// Only those with a smaller number.
    pub before: Option<u64>,
}

impl CaseFilter {
    /// Whether it asks for this one.
    pub(super) fn asks_for(&self, case: &Case) -> bool {
        (!self.open || case.state.is_open())
            && fits(&self.state, &case.state)
            && fits(&self.code, &case.code)
            && fits(&self.instance.map(Some), &case.instance)
            && fits(&self.flow.clone().map(Some), &case.flow)
            && fits(&self.system.clone().map(Some), &case.system)
            && fits(&self.owner, &case.owner)
            && self.queue.as_ref().is_none_or(|queue| case.queues.contains(queue))
            && fits(&self.cause, &case.cause)
            && fits(&self.account, &case.account)
            && self.before.is_none_or(|before| case.number < before)
    }
}
