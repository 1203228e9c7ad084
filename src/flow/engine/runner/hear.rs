//! What an instance waits for: answers of systems, the time, and what it is told.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::super::sent::{Running, Send};
use super::super::told::Told;
use super::Runner;
use crate::flow::machine::Event;
use crate::system::Outcome;

/// What came first.
enum Heard {
    Outcomes(Vec<(Send, Outcome, Duration)>),
    Told(Told),
    Due,
}

impl Runner {
    /// Waits for the next thing and tells the machine.
    pub(super) async fn hear(&mut self) {
        let heard = self.next().await;
        match heard {
            Heard::Outcomes(outcomes) => {
                outcomes.into_iter().for_each(|(send, outcome, took)| self.came_to(send, outcome, took));
            }
            Heard::Told(told) => self.told(told).await,
            Heard::Due => self.fire(),
        }
    }

    async fn next(&mut self) -> Heard {
        let earliest = self.state.timers().map(|(_, due)| due).min();
        let wait = earliest.map(|due| due.saturating_sub(self.engine.at()));
        let clock = &self.engine.clock;
        let time = async {
            match wait {
                Some(wait) => clock.sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        let (running, inbox) = (&mut self.running, &mut self.inbox);
        tokio::select! {
            biased;
            outcomes = finished(running, &**clock) => Heard::Outcomes(outcomes),
            Some(told) = inbox.recv() => Heard::Told(told),
            () = time => Heard::Due,
        }
    }

    /// Tells the machine of every timer that is due, the earliest first.
    pub(super) fn fire(&mut self) {
        let at = self.engine.at();
        let mut due: Vec<_> = self.state.timers().filter(|(_, due)| *due <= at).collect();
        due.sort_by_key(|(id, due)| (*due, *id));
        due.into_iter().for_each(|(timer, _)| self.apply(Event::Fired { timer }));
    }
}

/// Every attempt that is over, in the order in which they began.
async fn finished(
    running: &mut Vec<Running>,
    clock: &dyn crate::clock::Clock,
) -> Vec<(Send, Outcome, Duration)> {
    poll_fn(|task| {
        let mut over = Vec::new();
        let mut at = 0;
        while at < running.len() {
            match running[at].future.as_mut().poll(task) {
                Poll::Pending => at += 1,
                Poll::Ready(outcome) => {
                    let Running { send, since, .. } = running.remove(at);
                    over.push((send, outcome, clock.monotonic().saturating_sub(since)));
                }
            }
        }
        if over.is_empty() { Poll::Pending } else { Poll::Ready(over) }
    })
    .await
}
