//! `flows/*.yaml`: what happens.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

use super::common::*;
use super::promise::{BusinessKey, Compensate, Exhausted, Then, Unknown};
pub use super::waiting::*;
use crate::config::Spanned;

/// One flow.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowFile {
    pub flow: Name,
    pub owner: Option<Name>,
    /// `canonical/booking@1 as booking`, or names and types: `{ reference: string }`.
    pub input: Option<FlowInput>,
    /// What the flow's `output` is: a schema, `[]` behind it for a list, or a plain type; a `?` behind
    /// it where there may be none.
    pub gives: Option<Name>,
    /// The result, over the variables of the outermost steps.
    pub output: Option<Data>,
    /// What makes two runs the same one, over the inputs: `booking.reference`. One is under way at a time.
    pub business_key: Option<BusinessKey>,
    /// How long a finished instance is kept: what the gateway's `store` says unless said.
    pub keep: Option<Spanned<Lapse>>,
    /// The outermost step up to which a client may cancel. Without it, clients cannot.
    pub cancel_until: Option<Name>,
    /// What starts it besides routes, other flows and events.
    pub on: Option<On>,
    #[serde(rename = "do")]
    pub steps: Vec<Step>,
}

/// What a flow takes.
#[derive(Debug, Clone)]
pub enum FlowInput {
    /// `schema as name`.
    One { schema: Name, name: Name },
    /// Names and types.
    Named(BTreeMap<Name, Name>),
}

/// A one-key map: the key names the step and its result.
#[derive(Debug, Clone)]
pub struct Step {
    pub name: Name,
    pub body: Spanned<StepBody>,
}

/// What a step does: exactly one kind key, and the keys that go with it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepBody {
    // --- kinds ---------------------------------------------------------------------------------
    /// call: one operation, `system.operation`.
    pub call: Option<Name>,
    /// set: the result is this data.
    pub set: Option<Data>,
    /// switch: the first case whose `when` holds; `else` stands beside it.
    pub switch: Option<Vec<Spanned<Case>>>,
    /// for: the steps in `do` for each item.
    #[serde(rename = "for")]
    pub for_: Option<For>,
    /// fork: branches at once; the result has a field per branch.
    pub fork: Option<BTreeMap<Name, Spanned<StepBody>>>,
    /// try: steps whose failure `catch` handles.
    #[serde(rename = "try")]
    pub try_: Option<Vec<Step>>,
    /// require: this must hold, or `else` happens.
    pub require: Option<Expression>,
    /// reject: a business answer from `exceptions.yaml`; ends the flow.
    pub reject: Option<Name>,
    /// raise: an exception from `exceptions.yaml`; ends the flow.
    pub raise: Option<Name>,
    /// respond: answer the caller; ends the flow unless it says `then: continue`.
    pub respond: Option<Respond>,
    /// run: another flow; the result is its output.
    pub run: Option<Name>,
    /// do: a group of steps with a scope of its own (also the steps of `for`).
    #[serde(rename = "do")]
    pub do_: Option<Vec<Step>>,
    /// listen: waits for events; the result is what they say.
    pub listen: Option<Spanned<ListenFor>>,
    /// wait: a while (`2h`), or until an instant.
    pub wait: Option<Spanned<Wait>>,
    /// emit: says that something happened; an event of `events/`.
    pub emit: Option<Name>,

    // --- keys that go with them ----------------------------------------------------------------
    /// Skip the step unless this holds; its result is then absent.
    pub when: Option<Expression>,
    /// call, run, and the mapping of emit: inputs. A name not bound takes the flow variable of the same name.
    #[serde(default)]
    pub with: BTreeMap<Name, Data>,
    /// call: not from the cache.
    #[serde(default)]
    pub fresh: bool,
    /// Longest time for the step, all attempts included.
    pub timeout: Option<Spanned<Lapse>>,
    /// call: overrides the operation's retry.
    pub retry: Option<super::system::Retry>,
    /// require, switch: what happens otherwise. listen: what happens when its `timeout` is over.
    #[serde(rename = "else")]
    pub else_: Option<Box<Spanned<StepBody>>>,
    /// try: what to do with a failure.
    pub catch: Option<Catch>,
    /// fork: all | first | gather; all unless said.
    pub join: Option<Spanned<Join>>,
    /// fork, gather: how long to wait for answers.
    pub within: Option<Spanned<Lapse>>,
    /// fork, gather: how many answers are needed; otherwise the step fails.
    pub need: Option<Spanned<u32>>,
    /// for: what each round gives; the result is the list of them.
    pub collect: Option<Data>,
    /// reject, raise: facts for the texts and the log.
    #[serde(default)]
    pub facts: BTreeMap<Name, Data>,
    /// reject: JSON Pointer of the request field it is about.
    pub pointer: Option<Spanned<String>>,
    /// call: how it is undone, `{ call: erp.cancel_order, with: { number: =order.number } }`, or `none`.
    pub compensate: Option<Compensate>,
    /// call: when it cannot be done: pause | fail | compensate; pause unless said.
    pub on_exhausted: Option<Spanned<Exhausted>>,
    /// call of a create: when nobody can know whether it was done: pause | resend | drop; pause unless said.
    pub unknown: Option<Spanned<Unknown>>,
    /// Steps that have certainly been done before this one, on every way to it: `[credit, feasible.capacity]`.
    #[serde(default)]
    pub after: Vec<Name>,
    /// emit: what the event says.
    pub body: Option<Data>,
    /// emit: a mapping that makes what the event says, its inputs bound by name.
    pub map: Option<Name>,
    /// call: how long its result is good, `2h`, or until which instant, `capacity.expiresAt`. A later step that names
    /// the result when it is over has the call made anew first.
    pub expires: Option<Expression>,
}

/// One case of a `switch`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub when: Expression,
    #[serde(rename = "do")]
    pub steps: Vec<Step>,
}

/// What `for` goes over.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct For {
    /// The list.
    pub each: Expression,
    /// The name of the item inside `do`.
    #[serde(rename = "as")]
    pub as_: Name,
    /// The name of the round's number, from 1.
    pub at: Option<Name>,
    /// Rounds at once: 1 unless said.
    pub concurrency: Option<Spanned<u32>>,
}

/// What happens when a step of `try` fails.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Catch {
    /// The name of the failure inside: `{ kind, step, system, message }`.
    #[serde(rename = "as")]
    pub as_: Option<Name>,
    /// Only failures for which this holds.
    pub when: Option<Expression>,
    #[serde(rename = "do")]
    pub steps: Vec<Step>,
}

/// When a fork is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// Every branch; the first failure (in the order written) fails the fork.
    All,
    /// The first success, in time; ties go to the first written.
    First,
    /// What answered `within`, at least `need`.
    Gather,
}

/// An answer to the caller.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Respond {
    /// 200 unless said.
    pub status: Option<Spanned<u16>>,
    #[serde(default)]
    pub headers: BTreeMap<Name, Data>,
    pub body: Option<Data>,
    /// A mapping that makes the body from the flow's variables, bound by name.
    pub map: Option<Name>,
    /// Inputs of the mapping; a name not bound takes the flow variable of the same name.
    #[serde(default)]
    pub with: BTreeMap<Name, Data>,
    /// end | continue: whether the flow goes on behind it; end unless said.
    pub then: Option<Spanned<Then>>,
}
