//! `tests/*.yaml`: cases for `crossdock test`: a request in, what systems answer, what must come out; time that
//! passes, and what operators do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use super::stub::Fault;
pub use super::test_life::*;
use crate::config::Spanned;

/// One file of tests. All run offline, through the same code that serves, on a virtual clock.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestFile {
    /// Bodies to start from, by the name that `like` uses.
    #[serde(default)]
    pub bodies: BTreeMap<Name, Data>,
    pub tests: Vec<Spanned<TestCase>>,
}

/// One story. Either one exchange (`request`, `expect`), several in `steps`, or one mapping (`map`,
/// `inputs`, `expect`); systems keep their state from step to step.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCase {
    /// What it shows, as a sentence.
    pub test: Spanned<String>,
    /// What operations answer before their stubs do, one answer a call: `erp.get_account: [...]`.
    #[serde(default)]
    pub systems: BTreeMap<Name, Vec<Spanned<TestAnswer>>>,
    /// What webhooks answer before they answer 200: `customer_hooks: [{ status: 503 }]`.
    #[serde(default)]
    pub webhooks: BTreeMap<Name, Vec<Spanned<TestReceipt>>>,
    /// Who asks; nobody unless said.
    pub client: Option<Name>,
    pub request: Option<TestRequest>,
    /// Or: one mapping by itself, without a request.
    pub map: Option<Name>,
    /// What the mapping reads, by the names of its inputs. Each must fit its schema.
    #[serde(default)]
    pub inputs: BTreeMap<Name, Data>,
    pub expect: Option<Expect>,
    pub steps: Option<Vec<Spanned<TestStep>>>,
}

/// What an operation answers once, instead of what its stub would.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestAnswer {
    /// 200 unless said.
    pub status: Option<Spanned<u16>>,
    #[serde(default)]
    pub headers: BTreeMap<Name, Spanned<String>>,
    /// The answer's body, as JSON; of a JSON-RPC operation its `result`.
    pub body: Option<Data>,
    /// JSON-RPC: the `error` member instead of a `result`.
    pub error: Option<Data>,
    /// A body that is no JSON, as it is: an error page.
    pub text: Option<Spanned<String>>,
    /// How long the answer takes.
    pub delay: Option<Spanned<Lapse>>,
    /// Something other than an answer happens: refused, timeout, reset.
    pub fault: Option<Spanned<Fault>>,
    /// The stub does its work all the same and only the answer is lost: a create that was done although it
    /// timed out.
    #[serde(default)]
    pub commits: bool,
    /// For so many calls; one unless said.
    pub times: Option<Spanned<u32>>,
}

/// One step of a story: exactly one of `request`, `wait`, `act`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestStep {
    /// Who asks; nobody unless said.
    pub client: Option<Name>,
    pub request: Option<TestRequest>,
    /// Time passes: `2h`, `14d`.
    pub wait: Option<Spanned<Lapse>>,
    /// What an operator does about a case.
    pub act: Option<Spanned<TestAct>>,
    /// Needed beside `request`.
    pub expect: Option<Expect>,
    /// From here on, what operations answer before their stubs do, one answer a call.
    #[serde(default)]
    pub systems: BTreeMap<Name, Vec<Spanned<TestAnswer>>>,
    /// From here on, what webhooks answer before they answer 200.
    #[serde(default)]
    pub webhooks: BTreeMap<Name, Vec<Spanned<TestReceipt>>>,
}

/// What is asked. Exactly one method stands in it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRequest {
    /// Path and query: `/v1/bookings/BK-1`.
    pub get: Option<Spanned<String>>,
    pub post: Option<Spanned<String>>,
    pub put: Option<Spanned<String>>,
    pub patch: Option<Spanned<String>>,
    pub delete: Option<Spanned<String>>,
    #[serde(default)]
    pub headers: BTreeMap<Name, Spanned<String>>,
    /// The auth policy whose sender signs the request: one of `scheme: signature`.
    pub signed_by: Option<Name>,
    /// The body, sent as JSON.
    pub body: Option<Data>,
    /// Or: one of `bodies`,
    pub like: Option<Name>,
    /// changed so (RFC 7396: null takes a member out).
    pub but: Option<Data>,
    /// Or: these bytes as they are.
    pub raw: Option<Spanned<String>>,
}

/// What must come out. What is not named is not looked at.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub status: Option<Spanned<u16>>,
    #[serde(default)]
    pub headers: BTreeMap<Name, Spanned<String>>,
    /// The body holds at least this: objects may have more members, lists are compared item by item.
    pub body: Option<Data>,
    /// The body is a problem with this code: a rejection, an exception, or one of the catalogue.
    pub problem: Option<Name>,
    /// JSON Pointers that the problem names, in any order, and no others.
    pub pointers: Option<Vec<Spanned<String>>>,
    /// Calls to systems, in this order and no others: `erp.create_order`, with what each must hold.
    pub calls: Option<Vec<Spanned<ExpectedCall>>>,
    /// Operations that must not be called.
    #[serde(default)]
    pub no_calls: Vec<Name>,
    /// Of a mapping: its result holds at least this.
    pub result: Option<Data>,
    /// Of a mapping: it rejects with this code.
    pub rejection: Option<Name>,
    /// The longest it may take, on the virtual clock.
    pub within: Option<Spanned<Lapse>>,
    /// Events that happened since the step before, in this order and no others.
    pub events: Option<Vec<Spanned<ExpectedEvent>>>,
    /// What webhooks took since the step before, of each in this order and no others.
    pub webhooks: Option<Vec<Spanned<ExpectedLetter>>>,
    /// What the stream that was asked for showed, in this order and no others.
    pub stream: Option<Vec<Spanned<ExpectedShown>>>,
    /// Cases that are open now, the oldest first, and no others.
    pub cases: Option<Vec<Spanned<ExpectedCase>>>,
    /// Instances of flows and where they stand now.
    #[serde(default)]
    pub instances: Vec<Spanned<ExpectedInstance>>,
}

/// One call that a system must see.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCall {
    /// `system.operation`
    pub call: Name,
    /// Its path, without the query.
    pub path: Option<Spanned<String>>,
    /// The query holds at least this, as texts.
    pub query: Option<Data>,
    #[serde(default)]
    pub headers: BTreeMap<Name, Spanned<String>>,
    /// The body holds at least this.
    pub body: Option<Data>,
}
