//! A client takes its work back, as long as the flow allows.

use std::sync::Arc;

use super::status::Lens;
use super::{Answer, Exchange};
use crate::flow::engine::{Action, Order, Refused};
use crate::gateway::problem::{INTERNAL, NOT_FOUND, Problem, TOO_LATE};
use crate::http::StatusCode;
use crate::plan::StatusBy;
use crate::store::{Instance, Status};
use crate::value::Value;

/// Answers a route that cancels an instance. Cancelled already is cancelled: asking twice does no harm.
pub(super) async fn cancel(
    exchange: &Exchange<'_>,
    (flow, by): (&Arc<str>, StatusBy),
    named: Option<&Value>,
) -> Result<Answer, Problem> {
    let lens = Lens::of(exchange, flow)?;
    let instance = lens.find(by, named).await?;
    if matches!(instance.status, Status::Running | Status::Paused) {
        withdraw(exchange, &instance).await?;
    }
    let now = lens.instance(instance.id).await?.ok_or_else(|| Problem::new(&NOT_FOUND))?;
    match now.status {
        Status::Cancelled => lens.answer(StatusCode::OK, now).await,
        // What it did is being undone, or somebody has to undo it.
        Status::Compensating | Status::Paused | Status::Running => {
            lens.answer(StatusCode::ACCEPTED, now).await
        }
        Status::Completed | Status::Rejected | Status::Failed => Err(too_late()),
    }
}

async fn withdraw(exchange: &Exchange<'_>, instance: &Instance) -> Result<(), Problem> {
    let before = before(exchange, instance).ok_or_else(too_late)?;
    let who = exchange.client.as_ref().map_or_else(|| "anybody".into(), |client| Arc::clone(&client.name));
    let order = Order { who, reason: "the client took it back".into(), action: Action::Withdraw { before } };
    match exchange.gateway.engine.act(instance.id, order).await {
        // What is over says itself how.
        Ok(_) | Err(Refused::Over | Refused::Ending) => Ok(()),
        Err(Refused::TooLate) => Err(too_late()),
        Err(other) => Err(Problem::new(&INTERNAL).reason(other.to_string())),
    }
}

/// Up to which step: what its own definition says, where it is still at hand.
fn before(exchange: &Exchange<'_>, instance: &Instance) -> Option<Arc<str>> {
    let generation = exchange.generation;
    let own = generation.flows.get(&instance.digest).or_else(|| generation.plan.flows.get(&instance.flow));
    own?.cancel_until().cloned()
}

fn too_late() -> Problem {
    Problem::new(&TOO_LATE)
}
