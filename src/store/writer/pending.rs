//! What a caller waits for.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::gone;
use crate::store::{Committed, StoreError};

/// What became of a transition, or will have become of it.
type Answer = Result<Committed, StoreError>;

/// A transition that is in line. Dropping it leaves the transition where it is.
#[derive(Debug)]
#[must_use = "whether it was committed is known only here"]
pub struct Pending(State);

#[derive(Debug)]
enum State {
    Ready(Option<Answer>),
    Waiting(oneshot::Receiver<Answer>),
}

impl Pending {
    pub(super) fn ready(answer: Answer) -> Pending {
        Pending(State::Ready(Some(answer)))
    }

    pub(super) fn waiting() -> (oneshot::Sender<Answer>, Pending) {
        let (answer, waiting) = oneshot::channel();
        (answer, Pending(State::Waiting(waiting)))
    }
}

impl Future for Pending {
    type Output = Answer;

    /// An answer that was given is not given again: a second one says that nobody is there.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        match &mut self.0 {
            State::Ready(answer) => Poll::Ready(answer.take().unwrap_or_else(|| Err(gone()))),
            State::Waiting(waiting) => {
                Pin::new(waiting).poll(context).map(|answer| answer.unwrap_or_else(|_| Err(gone())))
            }
        }
    }
}
