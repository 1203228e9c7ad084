//! `stubs/*.yaml`: believable stand-ins for systems, for `dev` and `test`.
//!
//! ```yaml
//! stub: erp                      # the system it stands in for
//! delay: 20ms                    # before every answer that does not say otherwise
//! state:
//!   accounts:
//!     records:
//!       - { number: C-1001, name: Muster AG, limit: 5000.00, used: 0 }
//!   orders: { at_most: 1000 }    # a list that begins empty; the oldest record makes room
//!   order_number: { counter: 4711 }
//! operations:
//!   create_order:                # cases, from the top: the first that answers is the answer
//!     - find:                    # no answer: what is found stays visible below
//!         account: { in: accounts, where: 'it.number == body.soldTo' }
//!     - when: account is not present
//!       answer: { status: 422, body: { error: { code: UserError, message: no such account } } }
//!     - when: account.used + body.total > account.limit
//!       answer: { status: 422, body: { error: { code: UserError, message: over the credit limit } } }
//!     - next: order_number       # the counter's next value, under its own name
//!       insert: { orders: { number: '="SO-{order_number}"', reference: =body.reference } }
//!       update: { in: accounts, where: 'it.number == body.soldTo', set: { used: '=it.used + body.total' } }
//!       answer: { status: 201, body: { number: '="SO-{order_number}"' } }
//! ```
//!
//! Expressions see `path`, `query`, `headers` (lower-case names) and `body` (of a JSON-RPC operation:
//! its `params`), `state` (an object of every list and counter), `count` (the how many-th call of
//! this operation this is, from 1), what `find` found, what `next` gave; in `where` and `set`, `it` is the record.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use crate::config::Spanned;

/// A stand-in for one system.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubFile {
    /// The system it stands in for.
    pub stub: Name,
    /// Before every answer that has no `delay` of its own: none unless said.
    pub delay: Option<Spanned<Lapse>>,
    /// What it remembers: lists of records, and counters.
    #[serde(default)]
    pub state: BTreeMap<Name, StubState>,
    /// What it answers. An operation that is not named here is answered with 501.
    #[serde(default)]
    pub operations: BTreeMap<Name, Vec<StubCase>>,
}

/// Something that a stub remembers: a list of records unless it is a counter.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubState {
    /// What the list begins with.
    #[serde(default)]
    pub records: Vec<Data>,
    /// How many records it holds at most; the oldest makes room: 10000 unless said.
    pub at_most: Option<Spanned<u32>>,
    /// A counter, and the value before its first `next`.
    pub counter: Option<Spanned<i64>>,
}

/// One case of an operation: what must hold, what changes, what is answered.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubCase {
    /// Records to look up; each name is the first record found, absent when there is none.
    #[serde(default)]
    pub find: BTreeMap<Name, StubFind>,
    /// Whether this case is the one. Always, unless said.
    pub when: Option<Expression>,
    /// This case answers so many times, then counts as not there.
    pub times: Option<Spanned<u32>>,
    /// A counter that moves on by one; its new value is visible under its name.
    pub next: Option<Name>,
    /// Records to add, by list.
    #[serde(default)]
    pub insert: BTreeMap<Name, Data>,
    /// Records to change.
    pub update: Option<StubUpdate>,
    /// Records to take out.
    pub remove: Option<StubRemove>,
    /// What is answered; without one, this case only finds, and those below go on.
    pub answer: Option<Spanned<StubAnswer>>,
}

/// Which record, or records, of a list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubFind {
    #[serde(rename = "in")]
    pub list: Name,
    /// Which records; `it` is the record.
    #[serde(rename = "where")]
    pub condition: Option<Expression>,
    /// All that fit, as a list, instead of the first.
    #[serde(default)]
    pub all: bool,
}

/// Which records change, and how.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubUpdate {
    #[serde(rename = "in")]
    pub list: Name,
    #[serde(rename = "where")]
    pub condition: Option<Expression>,
    /// Members to set; `it` is the record as it was.
    pub set: BTreeMap<Name, Data>,
}

/// Which records go.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubRemove {
    #[serde(rename = "in")]
    pub list: Name,
    #[serde(rename = "where")]
    pub condition: Option<Expression>,
}

/// What a stub answers. The `body` of a JSON-RPC operation is its `result`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubAnswer {
    /// 200 unless said.
    pub status: Option<Spanned<u16>>,
    #[serde(default)]
    pub headers: BTreeMap<Name, Data>,
    /// The answer's body, as JSON.
    pub body: Option<Data>,
    /// JSON-RPC: the `error` member instead of a `result`.
    pub error: Option<Data>,
    /// A body that is no JSON, as it is: an error page.
    pub text: Option<Spanned<String>>,
    /// How long the answer takes.
    pub delay: Option<Spanned<Lapse>>,
    /// Something other than an answer happens.
    pub fault: Option<Spanned<Fault>>,
}

/// What can go wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No connection: nothing was sent. State changes of the case do not happen.
    Refused,
    /// No answer in time; the state changes happen nevertheless (a timed-out create may commit).
    Timeout,
    /// The connection breaks after sending; the state changes happen nevertheless.
    Reset,
}
