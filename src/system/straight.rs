//! An answer that is plainly good, judged from its bytes: nothing of it is copied but what the flow gets.

use bumpalo::Bump;

use super::live::Connection;
use super::{Operation, Outcome, Policy, WireResponse};
use crate::clock::Moment;
use crate::codec::json;
use crate::http::{HeaderMap, header};
use crate::mapping::{Compiled, Context, with_arena};
use crate::schema::Schema;
use crate::value::View;

/// Nodes of a result that are copied here: what has more may share its parts, and is made the long way.
const NODES: usize = 100_000;

/// The outcome of an answer that is plainly good; `None`: [`super::answer::Answer`] has to look at it.
pub(super) fn outcome(
    connection: &Connection,
    operation: &Operation,
    response: &WireResponse,
    now: Moment,
) -> Option<Outcome> {
    let shape = &operation.response;
    let map = shape.map.as_deref()?;
    let plain = operation.gives.is_some() && operation.envelope.is_none() && !operation.rules.read_headers();
    if !plain || !is_json(&response.headers) {
        return None;
    }
    let looks = shape.validate.unwrap_or(Policy::Reject) != Policy::Off;
    let fits = |schema: Option<&Schema>, view: View<'_>| {
        schema.is_none_or(|schema| !looks || schema.is_view_valid(view))
    };
    connection.within(now, |context| {
        with_arena(|arena| {
            let body = json::view(&response.body, &json::Limits::default(), arena).ok()?;
            let slots = [Some(View::Integer(response.status.as_u16().into())), None, Some(body)];
            let holds = |rule: &Compiled| holds(rule, &slots, context, arena);
            if !is_good(operation, response, holds)? || !fits(shape.schema.as_deref(), body) {
                return None;
            }
            let input = [Some(body)];
            let made = map.program.view_fast(&input, context, arena)?;
            let held = shape.proven
                || made.is_none_or(|made| !shape.gives_list && fits(shape.gives.as_deref(), made));
            let value = match made.filter(|_| held) {
                Some(made) => Some(made.to_value_within(&mut { NODES })?),
                None => None,
            };
            held.then_some(Outcome::Ok { value, age: None })
        })
    })
}

/// Whether no rule says that it is anything but good; `None`: a rule said neither yes nor no.
fn is_good(
    operation: &Operation,
    response: &WireResponse,
    holds: impl Fn(&Compiled) -> Option<bool>,
) -> Option<bool> {
    let rules = &operation.rules;
    for rule in [&rules.rejected, &rules.not_done, &rules.transient, &rules.not_found].into_iter().flatten() {
        if holds(rule)? {
            return Some(false);
        }
    }
    match &rules.ok {
        Some(rule) => holds(rule),
        None => Some(response.status.is_success()),
    }
}

fn holds<'t>(
    rule: &'t Compiled,
    slots: &'t [Option<View<'t>>],
    context: &'t Context<'t>,
    arena: &'t Bump,
) -> Option<bool> {
    Some(matches!(rule.program.view_fast(slots, context, arena)?, Some(View::Bool(true))))
}

/// Whether the body says that it is JSON, in UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    let known = ["application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"];
    known.iter().any(|known| only.as_bytes().eq_ignore_ascii_case(known.as_bytes()))
}
