//! One attempt: build, wait for a turn, sign, send, judge.

use std::sync::Arc;
use std::time::Duration;

use super::answer::{Answer, unanswered};
use super::breaker::{Report, Ticket};
use super::identity::Identity;
use super::live::{Connection, Live};
use super::request::{Builder, Built};
use super::straight;
use super::turns::Turn;
use super::{CallContext, Effect, Failure, FailureKind, Operation, Outcome, WireRequest, WireResponse};
use crate::auth::outbound::{self, Door, LoginAnswer, LoginError, LoginRequest, Proof, Refused};
use crate::auth::signature::Outgoing;
use crate::clock::BoxFuture;
use crate::http::{Bytes, HeaderMap};
use crate::value::Value;

/// One attempt, past the cache.
pub(super) async fn once(
    live: &Live,
    connection: &Connection,
    operation: &Operation,
    inputs: &[Option<Value>],
    context: &CallContext,
) -> Outcome {
    let builder = Builder::new(connection, operation, inputs, context, &*live.clock, &*live.observer);
    let built = match builder.build(live.next_rpc_id()) {
        Ok(built) => built,
        Err(outcome) => return outcome,
    };
    let mut sending = match Sending::begin(live, connection, operation, context).await {
        Ok(sending) => sending,
        Err(outcome) => return outcome,
    };
    if let Some(tape) = &context.tape {
        tape.sends(connection, operation, &built);
    }
    let response = match sending.exchange(&built, false).await {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    if let Some(tape) = &context.tape {
        tape.hears(connection, &response, &sending.shown);
    }
    let now = live.clock.now();
    if let Some(outcome) = straight::outcome(connection, operation, &response, now) {
        sending.conclude(&response, true, super::answer::retry_after(&response.headers, now));
        return outcome;
    }
    let answer = Answer::read(connection, operation, &response, built.rpc_id, now, &*live.observer);
    let outcome = answer.judge();
    sending.conclude(&response, outcome.failure().is_none(), answer.retry_after());
    outcome
}

/// Sends a body as it is and gives the answer as it is.
pub(super) async fn forward(
    live: &Live,
    connection: &Connection,
    operation: &Operation,
    inputs: &[Option<Value>],
    (body, headers): (Bytes, HeaderMap),
    context: &CallContext,
) -> Result<WireResponse, Outcome> {
    let builder = Builder::new(connection, operation, inputs, context, &*live.clock, &*live.observer);
    let built = builder.around(body, headers)?;
    let mut sending = Sending::begin(live, connection, operation, context).await?;
    let response = sending.exchange(&built, true).await?;
    let rest = super::answer::retry_after(&response.headers, live.clock.now());
    sending.conclude(&response, false, rest);
    Ok(response)
}

/// An attempt that has its turn.
struct Sending<'a> {
    live: &'a Live,
    connection: &'a Connection,
    operation: &'a Operation,
    context: &'a CallContext,
    /// Reported when the attempt ends; dropped without a report, it says nothing.
    ticket: Option<Ticket>,
    /// The caller's time is shorter than the operation's: running out says nothing about the system.
    hurried: bool,
    /// What was sent to prove who we are: a system may repeat it.
    shown: Vec<Arc<str>>,
    _turn: Turn,
}

impl<'a> Sending<'a> {
    /// Waits for a turn: the breaker, the queue, the rate. The error is the attempt's outcome.
    async fn begin(
        live: &'a Live,
        connection: &'a Connection,
        operation: &'a Operation,
        context: &'a CallContext,
    ) -> Result<Sending<'a>, Outcome> {
        let (clock, state, limits) = (&*live.clock, &connection.state, &connection.system.limits);
        let begun = clock.monotonic();
        let left = context.deadline.saturating_sub(begun);
        if left.is_zero() {
            return Err(held(FailureKind::Timeout, "no time is left for the call", None));
        }
        state.may_ask(begun)?;
        let wait = limits.wait.min(left);
        let turn = state.turns.take(limits.concurrency, limits.queue, wait, clock).await;
        let turn = turn.ok_or_else(|| {
            live.observer.on_wait(&connection.system.name, clock.monotonic().saturating_sub(begun));
            held(FailureKind::Limited, "too many calls to this system at once", None)
        })?;
        let mut sending = Sending {
            live,
            connection,
            operation,
            context,
            ticket: None,
            hurried: false,
            shown: Vec::new(),
            _turn: turn,
        };
        sending.pace(begun.saturating_add(wait)).await?;
        let now = clock.monotonic();
        live.observer.on_wait(&connection.system.name, now.saturating_sub(begun));
        // What was learned while this call waited counts.
        state.may_ask(now)?;
        sending.ticket = Some(state.admit(live, &connection.system, now)?);
        Ok(sending)
    }

    /// Waits for the outbound rate, until `until` at the latest.
    async fn pace(&self, until: Duration) -> Result<(), Outcome> {
        let Some(rate) = self.connection.system.limits.rate else { return Ok(()) };
        let now = self.live.clock.monotonic();
        let wait = self.connection.state.reserve(now, rate, until.saturating_sub(now)).map_err(|wait| {
            held(FailureKind::Limited, "the agreed rate of calls to this system is used up", Some(wait))
        })?;
        if !wait.is_zero() {
            self.live.clock.sleep(wait).await;
        }
        Ok(())
    }

    /// Signs and sends; once more when the proof of identity was over, or a secret has just changed.
    async fn exchange(&mut self, built: &Built, as_is: bool) -> Result<WireResponse, Outcome> {
        let identity = self.connection.identity();
        let proved = self.proved(built, &identity).await;
        let (identities, system) = (&self.connection.identities, &self.connection.system);
        let (response, proof) = match proved {
            Ok((headers, proof)) => (self.send(built, headers, &identity, as_is).await?, proof),
            // A new secret that gets no token may be one that is not known there yet.
            Err(refused) if refused.reached => {
                let Some(other) = identities.instead(system, &identity) else {
                    return Err(self.unproven(refused));
                };
                let again = self.proved(built, &other).await;
                let (headers, _) = again.map_err(|refused| self.unproven(refused))?;
                return self.send(built, headers, &other, as_is).await;
            }
            Err(refused) => return Err(self.unproven(refused)),
        };
        let (Some(signer), Some(proof)) = (&identity.signer, proof) else {
            identities.taken(&identity);
            return Ok(response);
        };
        let said = super::answer::rule_slots(&response, read(&response));
        let other = match signer.is_over(&said) {
            true => {
                signer.forget_after(proof, &said);
                Some(identities.instead(system, &identity).unwrap_or(identity))
            }
            false if response.status.as_u16() == 401 => identities.instead(system, &identity),
            false => {
                identities.taken(&identity);
                None
            }
        };
        let Some(other) = other else { return Ok(response) };
        self.pace(self.live.clock.monotonic().saturating_add(self.connection.system.limits.wait)).await?;
        let again = self.proved(built, &other).await;
        let (headers, _) = again.map_err(|refused| self.unproven(refused))?;
        self.send(built, headers, &other, as_is).await
    }

    /// Sends what `identity` proved.
    async fn send(
        &mut self,
        built: &Built,
        mut headers: HeaderMap,
        identity: &Identity,
        as_is: bool,
    ) -> Result<WireResponse, Outcome> {
        self.seal(built, identity, &mut headers)?;
        if self.context.tape.is_some() {
            let own = headers.iter().filter(|(name, value)| built.headers.get(*name) != Some(*value));
            self.shown.extend(super::said::parts(own.map(|(_, value)| value)));
        }
        let request = self.request(built, headers, as_is)?;
        self.connection.transport.send(request).await.map_err(|error| {
            let outcome = unanswered(error);
            self.report(self.health(&outcome));
            outcome
        })
    }

    /// The headers with a proof of who we are, logging in where that is needed.
    async fn proved(
        &self,
        built: &Built,
        identity: &Identity,
    ) -> Result<(HeaderMap, Option<Proof>), Refused> {
        let mut headers = built.headers.clone();
        let Some(signer) = &identity.signer else { return Ok((headers, None)) };
        let left = self.context.deadline.saturating_sub(self.live.clock.monotonic());
        tokio::select! {
            biased;
            proved = outbound::prove(&**signer, &mut headers, self) => proved.map(|proof| (headers, Some(proof))),
            () = self.live.clock.sleep(left) => Err(Refused::late()),
        }
    }

    /// The outcome of an attempt that could not be signed: nothing of the call itself was sent, so that it uses
    /// up no attempt.
    fn unproven(&mut self, refused: Refused) -> Outcome {
        let Refused { message, retry_after, reached, late } = refused;
        let kind = match (late, reached) {
            (true, _) => FailureKind::Timeout,
            (false, true) => FailureKind::Auth,
            (false, false) => FailureKind::Connect,
        };
        let outcome = Outcome::Held(Failure { kind, message: super::words::bounded(&message), retry_after });
        self.report(if late { Report::Nothing } else { self.health(&outcome) });
        outcome
    }

    /// Signs the whole request, where the system wants that.
    fn seal(&self, built: &Built, identity: &Identity, headers: &mut HeaderMap) -> Result<(), Outcome> {
        let Some(signer) = &identity.signer else { return Ok(()) };
        let id = self.context.idempotency_key.clone();
        let id = id.unwrap_or_else(|| self.live.clock.id().to_string().into());
        let message = Outgoing {
            id: &id,
            method: self.operation.method.as_str(),
            path: &built.path,
            url: "",
            body: &built.body,
        };
        let sealed = signer.seal(&message, headers, self.live.clock.now());
        sealed.map_err(|why| held(FailureKind::Auth, &why, None))
    }

    fn request(&mut self, built: &Built, headers: HeaderMap, as_is: bool) -> Result<WireRequest, Outcome> {
        let left = self.context.deadline.saturating_sub(self.live.clock.monotonic());
        if left.is_zero() {
            return Err(held(FailureKind::Timeout, "no time is left for the call", None));
        }
        let whole = self.operation.timeout.min(left);
        self.hurried = left < self.operation.timeout;
        Ok(WireRequest {
            system: self.connection.system.name.clone(),
            operation: self.operation.name.clone(),
            method: self.operation.method.clone(),
            path: built.path.clone(),
            elsewhere: false,
            headers,
            body: built.body.clone(),
            first_byte: self.connection.system.timeouts.first_byte.min(whole),
            whole,
            repeatable: self.operation.effect == Effect::Read,
            as_is,
        })
    }

    /// Tells breaker and pace what an answer says about the system's health.
    /// `answered`: the answer is one that the operation declares, whatever its status.
    fn conclude(&mut self, response: &WireResponse, answered: bool, rest: Option<Duration>) {
        let status = response.status.as_u16();
        if let (429 | 503, Some(rest)) = (status, rest) {
            self.connection.state.rest(self.live.clock.monotonic(), rest);
        }
        self.report(match status {
            429 => Report::Nothing,
            500..=599 if !answered => Report::Bad,
            _ => Report::Good,
        });
    }

    /// What a call without an answer says about the system's health.
    fn health(&self, outcome: &Outcome) -> Report {
        let Some(failure) = outcome.failure() else { return Report::Nothing };
        match failure.kind {
            FailureKind::Timeout if self.hurried => Report::Nothing,
            FailureKind::Connect | FailureKind::Timeout | FailureKind::Broken => Report::Bad,
            _ => Report::Nothing,
        }
    }

    fn report(&mut self, how: Report) {
        if let Some(ticket) = self.ticket.take() {
            self.connection.state.report(self.live, &self.connection.system, ticket, how);
        }
    }
}

impl Door for Sending<'_> {
    fn knock(&self, request: LoginRequest) -> BoxFuture<'static, Result<LoginAnswer, LoginError>> {
        let timeouts = &self.connection.system.timeouts;
        let transport = Arc::clone(&self.connection.transport);
        let request = WireRequest {
            system: self.connection.system.name.clone(),
            operation: LOGIN.into(),
            method: request.method,
            path: request.path,
            elsewhere: request.elsewhere,
            headers: request.headers,
            body: request.body,
            first_byte: timeouts.first_byte,
            whole: timeouts.whole,
            repeatable: false,
            as_is: false,
        };
        Box::pin(async move {
            let answer = transport.send(request).await;
            let answer = answer.map_err(|error| LoginError { sent: error.sent, message: error.message })?;
            let status = answer.status.as_u16();
            Ok(LoginAnswer { status, headers: answer.headers, body: answer.body })
        })
    }
}

/// What a login is called in [`WireRequest::operation`]: no operation can have this name.
pub const LOGIN: &str = "(login)";

fn read(response: &WireResponse) -> Option<Value> {
    super::decode::decode(&response.headers, &response.body).ok().flatten()
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.report(Report::Nothing);
    }
}

/// The attempt was not sent: nothing of it is used up.
pub(super) fn held(kind: FailureKind, words: &str, retry_after: Option<Duration>) -> Outcome {
    Outcome::Held(Failure { kind, message: words.to_owned(), retry_after })
}
