//! Asking a system for something to show: one for all, never too often, and what came of it kept.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use super::sessions::{Kept, Sessions};
use super::{Door, LoginAnswer, LoginError, LoginRequest, Proof, Refused};
use crate::clock::Clock;
use crate::http::{HeaderMap, HeaderName, HeaderValue, header};

/// After an answer that is no fault of ours (5xx).
const PAUSE: Duration = Duration::from_secs(5);
/// The longest that a system may ask us to wait.
const LONGEST: Duration = Duration::from_secs(3600);
/// A proof is renewed so long before its end, or a fifth of its life before when that is shorter.
const EARLY: Duration = Duration::from_secs(60);
/// A proof is not used so shortly before its end, or a twentieth of its life before when that is shorter: the
/// call must still arrive.
const LATE: Duration = Duration::from_secs(5);

/// Where one login is asked for and kept.
#[derive(Clone)]
pub(super) struct Desk {
    /// What is asked for, as messages name it: `login`, `token request`.
    pub what: &'static str,
    /// Of all that the login sends: what other logins gave is not ours.
    pub digest: [u8; 32],
    /// How long nobody asks again after a refusal.
    pub backoff: Duration,
    pub clock: Arc<dyn Clock>,
    pub sessions: Sessions,
}

/// What an answer gave.
pub(super) struct Given {
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How long it is good; `None`: until somebody refuses it.
    pub life: Option<Duration>,
}

/// Makes a request anew for each login. The error is a sentence without secrets.
pub(super) type Ask<'a> = &'a (dyn Fn() -> Result<LoginRequest, String> + Sync);
/// What an answer gives; the error says nothing of the answer's words.
pub(super) type Take = Box<dyn FnOnce(&LoginAnswer) -> Result<Given, String> + Send>;

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Desk({})", self.what)
    }
}

impl Desk {
    /// What there is to show now.
    pub fn current(&self) -> Option<Kept> {
        self.sessions.current(&self.digest, self.clock.monotonic())
    }

    /// Puts what there is into the headers.
    pub fn sign(&self, headers: &mut HeaderMap) -> Option<Proof> {
        let kept = self.current()?;
        for (name, value) in kept.headers.iter() {
            headers.insert(name.clone(), value.clone());
        }
        Some(kept.proof)
    }

    pub fn forget(&self, proof: Proof) {
        self.sessions.forget(&self.digest, proof);
    }

    /// Asks, unless somebody who asked a moment ago has it already or was refused.
    pub async fn ask(&self, door: &dyn Door, ask: Ask<'_>, take: Take) -> Result<(), Refused> {
        let turn = self.sessions.turn().await;
        if self.current().is_some() {
            return Ok(());
        }
        self.knock(door, ask, take, turn)?
            .await
            .unwrap_or_else(|_| Err(Refused::new(format!("the {} was cut off", self.what), None, true)))
    }

    /// Asks in good time before what there is ends; nobody waits for it.
    pub fn renew(&self, door: &dyn Door, ask: Ask<'_>, take: impl FnOnce() -> Take) {
        let due = |kept: &Kept| kept.renew.is_some_and(|renew| self.clock.monotonic() >= renew);
        if !self.current().as_ref().is_some_and(due) {
            return;
        }
        let Some(turn) = self.sessions.turn_at_once() else { return };
        // Somebody may have renewed it between the look and the turn.
        if self.current().as_ref().is_some_and(due) {
            let _ = self.knock(door, ask, take(), turn);
        }
    }

    /// A task of its own: a slow login must not be lost, and begun again, with every caller who
    /// cannot wait for it.
    fn knock(
        &self,
        door: &dyn Door,
        ask: Ask<'_>,
        take: Take,
        turn: OwnedMutexGuard<()>,
    ) -> Result<tokio::task::JoinHandle<Result<(), Refused>>, Refused> {
        if let Some(refused) = self.sessions.standing_in_the_way(&self.digest, self.clock.monotonic()) {
            return Err(refused);
        }
        let request = ask().map_err(|message| Refused::new(message, None, true))?;
        let (knocking, desk) = (door.knock(request), self.clone());
        Ok(tokio::spawn(async move {
            let _turn = turn;
            desk.settle(knocking.await, take)
        }))
    }

    /// Keeps what was given, or what stands in the way of the next login.
    fn settle(&self, answered: Result<LoginAnswer, LoginError>, take: Take) -> Result<(), Refused> {
        let answer = match answered {
            Ok(answer) => answer,
            Err(error) => return Err(self.unanswered(error.sent, &error.message)),
        };
        match take(&answer) {
            Ok(given) => {
                self.keep(given);
                Ok(())
            }
            Err(why) => Err(self.refused(&answer, why)),
        }
    }

    fn keep(&self, given: Given) {
        let now = self.clock.monotonic();
        let before = |life: Duration, most: Duration, part: u32| now + life - most.min(life / part);
        let kept = Kept {
            headers: given.headers.into(),
            proof: Proof(0),
            renew: given.life.map(|life| before(life, EARLY, 5)),
            end: given.life.map(|life| before(life, LATE, 20)),
        };
        self.sessions.keep(&self.digest, kept);
    }

    fn unanswered(&self, sent: bool, message: &str) -> Refused {
        // Nothing was seen of a login that was not sent: the breaker, not we, spares the system.
        let pause = if sent { self.backoff } else { Duration::ZERO };
        let message = format!("the {} got no answer: {message}", self.what);
        self.wait(pause, &message);
        Refused::new(message, sent.then_some(pause), sent)
    }

    fn refused(&self, answer: &LoginAnswer, why: String) -> Refused {
        let usual = if answer.status >= 500 { self.backoff.min(PAUSE) } else { self.backoff };
        let pause = usual.max(retry_after(&answer.headers).unwrap_or_default()).min(LONGEST.max(usual));
        self.wait(pause, &why);
        Refused::new(why, Some(pause), true)
    }

    fn wait(&self, pause: Duration, why: &str) {
        self.sessions.wait(&self.digest, self.clock.monotonic() + pause, why);
    }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3); a date is not looked at.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
