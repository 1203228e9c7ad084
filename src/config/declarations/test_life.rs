//! `tests/*.yaml`, stories over time: what flows have done behind an answer, and what an operator does about it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use crate::config::Spanned;

/// What an operator does about a case.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestAct {
    /// The code of the case that is open: a declared exception, or one of the gateway's own.
    pub case: Name,
    /// Which of several cases with this code: the business key of its instance.
    pub key: Option<Spanned<String>>,
    pub action: Spanned<TestAction>,
    /// skip: the result that the step is given.
    pub result: Option<Data>,
    /// amend: the input of the flow,
    pub input: Option<Name>,
    /// and what it is from now on.
    pub value: Option<Data>,
    /// rerun: the outermost step to go on from.
    pub step: Option<Name>,
}

/// What can be done about a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestAction {
    /// Try the step again.
    Retry,
    /// Go on behind it, with a result.
    Skip,
    /// Give an input of the flow another value, and try again.
    Amend,
    /// Go on from an outermost step.
    Rerun,
    /// Undo what was done, and end it.
    Compensate,
    /// End it where it stands.
    Cancel,
}

/// One event that must have happened.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedEvent {
    /// The event's name.
    pub event: Name,
    /// What it is about: the text of its key.
    pub key: Option<Spanned<String>>,
    /// It says at least this.
    pub body: Option<Data>,
}

/// What a webhook answers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestReceipt {
    pub status: Spanned<u16>,
    /// It asks to be left alone so long.
    pub retry_after: Option<Spanned<Lapse>>,
    /// For so many requests; one unless said.
    pub times: Option<Spanned<u32>>,
}

/// One request that a webhook must have taken.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedLetter {
    pub webhook: Name,
    /// Whose endpoint it was.
    pub account: Option<Spanned<String>>,
    /// The event's name.
    pub event: Name,
    /// What it was told holds at least this: the `data` of the CloudEvent.
    pub body: Option<Data>,
}

/// One event that a stream must have shown.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedShown {
    /// The event's name.
    pub event: Name,
    /// What was shown holds at least this.
    pub body: Option<Data>,
}

/// One case that must be open.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCase {
    /// A declared exception, or one of the gateway's own, such as `outage`.
    pub code: Name,
    /// The flow whose instance waits.
    pub flow: Option<Name>,
    /// The path of the step that waits.
    pub step: Option<Name>,
    /// The system that it is about.
    pub system: Option<Name>,
    /// The team that must act.
    pub owner: Option<Name>,
}

/// One instance that there must be; the newest that fits is looked at.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedInstance {
    pub flow: Name,
    /// Its business key, as a text.
    pub key: Option<Spanned<String>>,
    pub status: Option<Spanned<ExpectedStatus>>,
    /// The path of the step where it stands.
    pub stage: Option<Name>,
    /// How many there are in all, of this flow and key and status.
    pub count: Option<Spanned<u32>>,
}

/// Where an instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedStatus {
    /// It goes on by itself: works, or waits for a time, an answer or an event.
    Running,
    /// Somebody must act.
    Paused,
    /// It undoes what it did.
    Compensating,
    Completed,
    Rejected,
    Failed,
    Cancelled,
}
