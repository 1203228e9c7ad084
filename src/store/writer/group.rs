//! The thread that commits: takes what is ready, commits it together, tells everybody.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::{mpsc, oneshot};

use crate::store::{Committed, Store, StoreError, Transition};

/// The most that share a commit.
const MOST: usize = 1024;

/// A commit that brings so many bytes takes no more transitions.
const HEAVY: usize = 4 * 1024 * 1024;

/// A transition in line and who waits for it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub transition: Transition,
    pub answer: oneshot::Sender<Result<Committed, StoreError>>,
}

/// Commits until nobody can put anything in line.
pub(super) fn serve(store: &dyn Store, mut line: mpsc::Receiver<Waiting>) {
    let (mut transitions, mut answers) = (Vec::new(), Vec::new());
    while let Some(first) = line.blocking_recv() {
        gather(first, &mut line, &mut transitions, &mut answers);
        let done = commit(store, &transitions);
        transitions.clear();
        for (answer, done) in answers.drain(..).zip(done) {
            // Whoever stopped waiting does not want to know.
            let _ = answer.send(done);
        }
    }
}

/// Commits one transition by itself.
pub(super) fn commit_one(store: &dyn Store, transition: Transition) -> Result<Committed, StoreError> {
    let mut done = store.commit(std::slice::from_ref(&transition))?;
    done.pop().ok_or_else(unanswered)
}

type Answers = Vec<oneshot::Sender<Result<Committed, StoreError>>>;

/// Everything that is ready, within bounds.
fn gather(
    first: Waiting,
    line: &mut mpsc::Receiver<Waiting>,
    transitions: &mut Vec<Transition>,
    answers: &mut Answers,
) {
    let mut weight = 0;
    let mut next = Some(first);
    while let Some(Waiting { transition, answer }) = next {
        weight += transition.weight();
        transitions.push(transition);
        answers.push(answer);
        let enough = transitions.len() >= MOST || weight >= HEAVY;
        next = if enough { None } else { line.try_recv().ok() };
    }
}

/// Commits a group. One answer for each.
fn commit(store: &dyn Store, group: &[Transition]) -> Vec<Result<Committed, StoreError>> {
    match whole(store, group) {
        Ok(done) => done.into_iter().map(Ok).collect(),
        Err(full @ StoreError::Full(_)) if group.iter().any(|one| !one.begins()) => {
            without_new(store, group, full)
        }
        Err(error) => group.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// No room for new work: what goes on must go on.
fn without_new(
    store: &dyn Store,
    group: &[Transition],
    full: StoreError,
) -> Vec<Result<Committed, StoreError>> {
    if !group.iter().any(Transition::begins) {
        return group.iter().map(|_| Err(full.clone())).collect();
    }
    let going_on: Vec<Transition> = group.iter().filter(|one| !one.begins()).cloned().collect();
    let mut done = match whole(store, &going_on) {
        Ok(done) => done.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(error) => going_on.iter().map(|_| Err(error.clone())).collect(),
    }
    .into_iter();
    let next = |one: &Transition| match one.begins() {
        true => Err(full.clone()),
        false => done.next().unwrap_or_else(|| Err(unanswered())),
    };
    group.iter().map(next).collect()
}

/// One commit. A panic in the store is an error like any other: those who wait are told.
fn whole(store: &dyn Store, group: &[Transition]) -> Result<Vec<Committed>, StoreError> {
    let done = catch_unwind(AssertUnwindSafe(|| store.commit(group)))
        .unwrap_or_else(|_| Err(StoreError::Failed("a commit broke off".to_owned())))?;
    if done.len() == group.len() { Ok(done) } else { Err(unanswered()) }
}

/// A store that answers for fewer transitions than it was given.
fn unanswered() -> StoreError {
    StoreError::Failed("it does not say what became of a transition".to_owned())
}
