//! What a route does: runs its flow, or forwards to its operation, within what is left of its time.

use std::sync::Arc;
use std::time::Duration;

use super::validate::Input;
use super::{Answer, Exchange, cancel, durable, followed, status};
use crate::flow::direct::{self, FlowContext};
use crate::flow::{Definition, FlowEnd};
use crate::gateway::problem::{INTERNAL, Problem, REJECTED, TIMEOUT, VALIDATION, Violation};
use crate::gateway::systems::{Forwarded, Payload};
use crate::http::{HeaderMap, HeaderName};
use crate::mapping::{self, Context};
use crate::plan::{Argument, Target};
use crate::system::{CallContext, OperationName};
use crate::value::{Map, Value};

/// How a request ended.
#[derive(Debug)]
pub(super) enum End {
    Flow(FlowEnd),
    /// What was asked for does not exist.
    Absent,
    /// The answer of a request that was sent before.
    Replayed(Box<End>),
    /// An answer that is whole already.
    Passed(Answer),
}

/// What a flow may still take after its deadline to say how it ended.
const GRACE: Duration = Duration::from_millis(50);

/// Headers of a forwarded answer that pass: what describes the body, and nothing of the system's own.
const PASSED: [HeaderName; 6] = [
    HeaderName::from_static("content-type"),
    HeaderName::from_static("content-language"),
    HeaderName::from_static("content-disposition"),
    HeaderName::from_static("etag"),
    HeaderName::from_static("last-modified"),
    HeaderName::from_static("link"),
];

/// Does what the route says, and waits no longer than its budget: only what must be on disk is waited for
/// until it is, for nobody may be left in doubt about it.
pub(super) async fn run(exchange: &Exchange<'_>, mut input: Input) -> Result<End, Problem> {
    let Some(route) = exchange.route() else { return Err(Problem::new(&INTERNAL)) };
    let trusted = route.trusted && (route.body.is_none() || input.body.is_some());
    let named = input.path.first().and_then(Option::as_ref);
    match &route.target {
        Target::Status { flow, by } => status::show(exchange, (flow, *by), named).await.map(End::Passed),
        Target::Cancel { flow, by } => cancel::cancel(exchange, (flow, *by), named).await.map(End::Passed),
        Target::Stream { stream } => followed::stream(exchange, stream).map(End::Passed),
        Target::Entity { entity } => followed::entity(exchange, entity, named).await.map(End::Passed),
        Target::Publish(publish) => super::publish::publish(exchange, publish, input).await,
        Target::Run { flow, inputs } if flow.is_durable() => {
            let arguments = arguments(exchange, inputs, &input)?;
            durable::run(exchange, flow, arguments, input.asked.take(), trusted).await
        }
        Target::Run { flow, inputs } => {
            let arguments = arguments(exchange, inputs, &input)?;
            in_time(exchange, GRACE, read(exchange, flow, arguments, trusted)).await
        }
        Target::Forward { operation, inputs, .. } => {
            let arguments = arguments(exchange, inputs, &input)?;
            in_time(exchange, Duration::ZERO, forward(exchange, operation, arguments, input)).await
        }
    }
}

async fn in_time(
    exchange: &Exchange<'_>,
    grace: Duration,
    work: impl Future<Output = Result<End, Problem>>,
) -> Result<End, Problem> {
    tokio::select! {
        biased;
        end = work => end,
        () = exchange.gateway.clock.sleep(exchange.left() + grace) => Err(Problem::new(&TIMEOUT)),
    }
}

/// A flow that changes nothing ends with the request: nobody else wants its answer.
async fn read(
    exchange: &Exchange<'_>,
    flow: &Definition,
    inputs: Vec<Option<Value>>,
    trusted: bool,
) -> Result<End, Problem> {
    let context = FlowContext {
        instance: exchange.gateway.clock.id(),
        account: exchange.client.as_ref().map(|client| Arc::clone(&client.account)),
        client: exchange.client.as_ref().map(|client| Arc::clone(&client.name)),
        correlation_id: Arc::clone(&exchange.trace.correlation_id),
        traceparent: Some(Arc::clone(&exchange.trace.traceparent)),
        deadline: exchange.deadline(),
        trusted,
    };
    let generation = exchange.generation;
    let tools = direct::Tools {
        caller: &*generation.systems,
        clock: &*exchange.gateway.clock,
        tables: &generation.plan.tables,
        observer: &**generation,
    };
    Ok(durable::told(flow, direct::run(flow, inputs, &context, tools).await))
}

async fn forward(
    exchange: &Exchange<'_>,
    operation: &OperationName,
    inputs: Vec<Option<Value>>,
    input: Input,
) -> Result<End, Problem> {
    let context = CallContext {
        account: exchange.client.as_ref().map(|client| Arc::clone(&client.account)),
        client: exchange.client.as_ref().map(|client| Arc::clone(&client.name)),
        correlation_id: Arc::clone(&exchange.trace.correlation_id),
        traceparent: Some(Arc::clone(&exchange.trace.traceparent)),
        idempotency_key: Some(exchange.gateway.clock.id().to_string().into()),
        deadline: exchange.deadline(),
        contract: None,
        fresh: false,
        trusted: false,
        tape: None,
    };
    let payload =
        Payload { bytes: input.bytes, content_type: exchange.head.headers.get("content-type").cloned() };
    let systems = &exchange.generation.systems;
    match systems.forward(operation, inputs, payload, context).await {
        Forwarded::Answer { status, headers, body } => {
            Ok(End::Passed(Answer { status, headers: passed(&headers), body, feed: None }))
        }
        Forwarded::Absent => Ok(End::Absent),
        Forwarded::Rejected { status, message } => {
            let problem = Problem::new(&REJECTED).detail("the system behind this route refused the request");
            Err(problem
                .reason(format!("{}.{} answered {status}: {message}", operation.system, operation.operation)))
        }
        Forwarded::Failed(failure) => Err(super::encode::call_failed(operation, &failure)),
    }
}

fn passed(headers: &HeaderMap) -> HeaderMap {
    PASSED
        .iter()
        .flat_map(|name| headers.get_all(name).iter().map(|value| (name.clone(), value.clone())))
        .collect()
}

/// The inputs of a flow or an operation, in its order.
fn arguments(
    exchange: &Exchange<'_>,
    wanted: &[Argument],
    input: &Input,
) -> Result<Vec<Option<Value>>, Problem> {
    wanted
        .iter()
        .map(|argument| match argument {
            Argument::Absent => Ok(None),
            Argument::Path(at) => Ok(input.path.get(*at).cloned().flatten()),
            Argument::Query(at) => Ok(input.query.get(*at).cloned().flatten()),
            Argument::Body => Ok(input.body.clone()),
            Argument::Computed(compiled) => computed(exchange, compiled, input),
        })
        .collect()
}

/// What a program over the names of a route reads; of the request only what is known yet.
pub(super) fn slots(
    exchange: &Exchange<'_>,
    compiled: &mapping::Compiled,
    input: Option<&Input>,
    answer: Option<&Value>,
) -> Vec<Option<Value>> {
    let reads = |slot: usize| compiled.reads.iter().any(|read| read.slot == slot);
    let mut slots = vec![None; crate::plan::NAMES.len() + 1];
    let Some(route) = exchange.route() else { return slots };
    for (at, slot) in slots.iter_mut().enumerate().filter(|(at, _)| reads(*at)) {
        *slot = match at {
            0 => input.map(|input| members(route.params.iter().map(|own| &own.name), &input.path)),
            1 => input.map(|input| members(route.query.iter().map(|own| &own.name), &input.query)),
            2 => Some(exchange.readable_headers()),
            3 => input.and_then(|input| input.body.clone()),
            4 => exchange.client.as_deref().map(client_value),
            _ => answer.cloned(),
        };
    }
    slots
}

fn computed(
    exchange: &Exchange<'_>,
    compiled: &mapping::Compiled,
    input: &Input,
) -> Result<Option<Value>, Problem> {
    if exchange.route().is_none() {
        return Ok(None);
    }
    let slots = slots(exchange, compiled, Some(input), None);
    let context = Context::new(exchange.gateway.clock.now(), &exchange.generation.plan.tables);
    compiled.program.eval(&slots, &context).map_err(|error| match error {
        mapping::Error::Rejected(rejected) => {
            let facts: Map = rejected.facts.into_iter().collect();
            super::encode::rejection(exchange, &rejected.code, &facts, None)
        }
        mapping::Error::Failed(failed) => {
            Problem::new(&VALIDATION).errors(vec![Violation::new("", "with", failed.message)])
        }
    })
}

fn members<'n>(names: impl Iterator<Item = &'n Arc<str>>, values: &[Option<Value>]) -> Value {
    let present = names.zip(values).filter_map(|(name, value)| Some((Arc::clone(name), value.clone()?)));
    Value::object(present.collect())
}

fn client_value(client: &crate::plan::Client) -> Value {
    let scopes = client.scopes.iter().map(|scope| Value::String(Arc::clone(scope))).collect();
    let members = [
        (Arc::from("name"), Value::String(Arc::clone(&client.name))),
        (Arc::from("account"), Value::String(Arc::clone(&client.account))),
        (Arc::from("scopes"), Value::array(scopes)),
    ];
    let claims = client.claims.clone().map(|claims| (Arc::from("claims"), claims));
    members.into_iter().chain(claims).collect()
}
