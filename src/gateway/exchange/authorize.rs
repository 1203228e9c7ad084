//! Whether whoever calls may do this: scopes and conditions. What cannot be decided is refused.

use super::run::{End, slots};
use super::validate::Input;
use super::{Exchange, authenticate};
use crate::flow::FlowEnd;
use crate::gateway::problem::{FORBIDDEN, NOT_FOUND, Problem};
use crate::http::header;
use crate::mapping::{Context, Error};
use crate::plan::{Allow, AllowWhen, Target};
use crate::value::Value;

/// Before anything of the body is read: the scope, and a condition that reads the head alone.
pub(super) fn head(exchange: &Exchange<'_>) -> Result<(), Problem> {
    let Some(route) = exchange.route() else { return Ok(()) };
    if let (Some(scope), Some(client)) = (&route.scope, &exchange.client)
        && !client.may(scope)
    {
        return Err(forbidden(exchange, Some(scope)).detail(format!("this needs the scope `{scope}`")));
    }
    // Who proves no more than that it is one of those who know a secret has no scopes.
    if route.scope.is_some() && exchange.client.is_none() && !route.auth.is_open() {
        return Err(Problem::new(&FORBIDDEN));
    }
    match &route.allow {
        Some(allow) if allow.when == AllowWhen::Head => held(exchange, allow, None, None),
        _ => Ok(()),
    }
}

/// Before a system is asked: a body may have chosen another route than the first that was likely, whose policy and scope
/// hold too; then a condition that reads the request.
pub(super) async fn request(
    exchange: &mut Exchange<'_>,
    likely: Option<usize>,
    input: &Input,
) -> Result<(), Problem> {
    if likely != exchange.route {
        authenticate::again(exchange, likely, &input.bytes).await?;
    }
    match exchange.route().and_then(|route| route.allow.as_ref()) {
        Some(allow) if allow.when == AllowWhen::Request => held(exchange, allow, Some(input), None),
        _ => Ok(()),
    }
}

/// What is kept of a request for a condition that reads the answer; `None` where no condition does.
pub(super) fn later(exchange: &Exchange<'_>, input: &Input) -> Option<Input> {
    let allow = exchange.route()?.allow.as_ref()?;
    (allow.when == AllowWhen::Answer).then(|| Input {
        path: input.path.clone(),
        query: input.query.clone(),
        body: input.body.clone(),
        asked: None,
        bytes: Default::default(),
    })
}

/// Before an answer leaves: a condition that reads it. Whoever may not see it learns no more than if there were nothing; so
/// it is with a refusal by the flow, which may have come of what the record says.
pub(super) fn answer(exchange: &Exchange<'_>, input: Option<Input>, end: &End) -> Result<(), Problem> {
    let allow = exchange.route().and_then(|route| route.allow.as_ref());
    let Some((allow, input)) = allow.zip(input) else { return Ok(()) };
    let body = match end {
        End::Flow(FlowEnd::Completed(body) | FlowEnd::Responded { body, .. }) => body.as_ref(),
        End::Flow(FlowEnd::Rejected { .. } | FlowEnd::Raised { .. }) => return Err(Problem::new(&NOT_FOUND)),
        End::Flow(FlowEnd::Failed(_) | FlowEnd::Cancelled { .. }) | End::Absent => return Ok(()),
        End::Replayed(_) | End::Passed(_) => None,
    };
    held(exchange, allow, Some(&input), body)
}

fn held(
    exchange: &Exchange<'_>,
    allow: &Allow,
    input: Option<&Input>,
    answer: Option<&Value>,
) -> Result<(), Problem> {
    let slots = slots(exchange, &allow.condition, input, answer);
    let context = Context::new(exchange.gateway.clock.now(), &exchange.generation.plan.tables);
    let decided = allow.condition.program.eval(&slots, &context);
    if matches!(decided, Ok(Some(Value::Bool(true)))) {
        return Ok(());
    }
    let reason = match decided {
        Ok(_) => "the condition of the route does not hold".to_owned(),
        Err(Error::Failed(failed)) => {
            format!("the condition of the route cannot be decided: {}", failed.message)
        }
        Err(Error::Rejected(_)) => "the condition of the route rejects the request".to_owned(),
    };
    let instance = exchange
        .route()
        .is_some_and(|route| matches!(route.target, Target::Status { .. } | Target::Cancel { .. }));
    match instance || allow.when == AllowWhen::Answer {
        true => Err(Problem::new(&NOT_FOUND).reason(reason)),
        false => Err(forbidden(exchange, None).reason(reason)),
    }
}

/// The refusal of somebody who is known and may not do this.
fn forbidden(exchange: &Exchange<'_>, scope: Option<&str>) -> Problem {
    let verifier = exchange.route.and_then(|at| exchange.generation.verifiers.get(at));
    let problem = Problem::new(&FORBIDDEN);
    match verifier.and_then(|verifier| verifier.insufficient(scope)) {
        Some(challenge) => problem.header(header::WWW_AUTHENTICATE, &challenge),
        None => problem,
    }
}
