//! Routes as the gateway serves them: every name resolved, every default filled in.

use std::sync::Arc;
use std::time::Duration;

pub use crate::config::declarations::common::Policy;
pub use crate::config::declarations::route::{Idempotency, Layer, LimitPer, Status};

use super::{AuthPolicy, Cors, Quota};
use crate::config::declarations::Text;
use crate::diagnostic::Span;
use crate::event::Intake;
use crate::flow::Definition;
use crate::http::{HeaderName, Method};
use crate::mapping::{Compiled, Mapping};
use crate::schema::Schema;
use crate::system::OperationName;
use crate::value::{PointerBuf, Value};

/// One route. Draft and retired ones are not in the plan.
#[derive(Debug)]
pub struct Route {
    /// `POST /v1/bookings`, and what else it matches by: unique, for logs, metrics and `/config`.
    pub name: Arc<str>,
    pub api: Arc<str>,
    pub layer: Layer,
    pub owner: Option<Arc<str>>,
    pub version: u32,
    pub status: Status,
    pub method: Method,
    /// `/v1/bookings/{reference}`.
    pub path: Arc<str>,
    pub matches: Match,
    pub auth: AuthPolicy,
    /// What a client must be allowed to do.
    pub scope: Option<Arc<str>>,
    /// The condition under which it may; `None`: the scope alone decides.
    pub allow: Option<Allow>,
    pub cors: Option<Arc<Cors>>,
    pub limit: Option<Limit>,
    /// Path parameters in the order of the path.
    pub params: Vec<Parameter>,
    /// Query parameters, sorted by name. Others are refused.
    pub query: Vec<Parameter>,
    /// `None`: the route takes no body.
    pub body: Option<Body>,
    /// Largest body after decompression, in bytes.
    pub body_size: u64,
    pub target: Target,
    /// Whether callers send an `Idempotency-Key`; `None`: one that is sent means nothing.
    pub idempotency: Option<Idempotency>,
    pub answer: AnswerShape,
    /// Whether everything that its target gets is certainly of its type.
    pub trusted: bool,
    /// Whether what the caller gets then certainly keeps its contract.
    pub proven: bool,
    /// The whole budget of a request, answer included.
    pub within: Duration,
    /// Where it is declared.
    pub span: Span,
}

/// A condition over [`NAMES`] and [`ANSWER`], in that order.
#[derive(Debug)]
pub struct Allow {
    pub condition: Compiled,
    /// What must be known before it can be decided.
    pub when: AllowWhen,
}

/// What a condition reads, as far as it matters when it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AllowWhen {
    /// The client and the headers: nothing of the body is read for whoever may not.
    Head,
    /// Also path, query or body: no system is asked for whoever may not.
    Request,
    /// Also the answer of a flow that only reads.
    Answer,
}

/// What else must fit for a route to be the one. All that are given must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Match {
    /// Lower case, without port.
    pub host: Option<Arc<str>>,
    pub headers: Vec<(HeaderName, Arc<str>)>,
    pub version: Option<u32>,
    /// Body fields (of the body as the caller sends it) and the value each must have.
    pub body: Vec<(PointerBuf, Value)>,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub per: LimitPer,
    pub quota: Quota,
}

/// A path or query parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: Arc<str>,
    pub kind: ParameterKind,
    /// Query parameters only.
    pub optional: bool,
}

/// What a parameter's text must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    String,
    Integer,
    Decimal,
    Boolean,
    /// RFC 3339 full-date.
    Date,
    /// RFC 3339 date-time.
    DateTime,
}

/// What a caller sends.
#[derive(Debug)]
pub struct Body {
    /// The schema of what is on the wire.
    pub schema: Option<Arc<Schema>>,
    pub validate: Policy,
    /// From the wire's form to the canonical one; its only input is the body.
    pub map: Option<Arc<Mapping>>,
    /// What the canonical form is held to; `None` where it is proven, or nothing is known of it.
    pub canonical: Option<Arc<Schema>>,
}

/// What the caller gets, when it is not the canonical form.
#[derive(Debug)]
pub struct AnswerShape {
    /// From the canonical form to the wire's; its only input is the answer.
    pub map: Option<Arc<Mapping>>,
    /// The schema of what is on the wire.
    pub schema: Option<Arc<Schema>>,
    pub validate: Policy,
}

/// What a route does.
#[derive(Debug)]
pub enum Target {
    /// Runs a flow; its inputs in the flow's order.
    Run { flow: Arc<Definition>, inputs: Vec<Argument> },
    /// Passes the body's bytes unchanged, once validated, to an operation; what it takes besides,
    /// in the operation's order.
    /// `reads_body`: something besides the body is written with what the body says.
    Forward { operation: OperationName, inputs: Vec<Argument>, reads_body: bool },
    /// Publishes what the body says.
    Publish(Box<Publish>),
    /// Shows where an instance of a flow stands: the one that the only path parameter names.
    Status { flow: Arc<str>, by: StatusBy },
    /// Streams events of the caller's account as they happen.
    Stream { stream: Arc<str> },
    /// Shows the record of the kind `entity` that the only path parameter names, of the caller's account.
    Entity { entity: Arc<str> },
    /// Cancels such an instance, as long as the flow's `cancel_until` allows.
    Cancel { flow: Arc<str>, by: StatusBy },
}

/// A route by which events come in.
#[derive(Debug)]
pub struct Publish {
    pub intake: Arc<Intake>,
    pub handshake: Handshake,
}

/// How a sender makes sure that it may send.
#[derive(Debug, Default)]
pub struct Handshake {
    /// The query parameter whose text is given back.
    pub query: Option<Arc<str>>,
    /// Other parameters and what they must be; secrets are still names.
    pub expects: Vec<(Arc<str>, Text)>,
    /// Where the body has the text that is given back.
    pub body: Option<PointerBuf>,
    /// Origins that may send, by CloudEvents' own handshake; `*` is anyone.
    pub origins: Vec<Arc<str>>,
}

/// What the only path parameter of a route to an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusBy {
    /// The flow's business key, within the caller's account.
    BusinessKey,
    /// The instance's own id.
    Instance,
}

/// Where an input comes from.
#[derive(Debug)]
pub enum Argument {
    /// Nothing is bound: absent.
    Absent,
    /// The path parameter at this place of [`Route::params`].
    Path(usize),
    /// The query parameter at this place of [`Route::query`].
    Query(usize),
    /// The body, in its canonical form.
    Body,
    /// A program over [`NAMES`], in that order.
    Computed(Compiled),
}

impl Argument {
    /// Whether it is made of the body.
    pub fn reads_body(&self) -> bool {
        match self {
            Argument::Body => true,
            Argument::Computed(program) => {
                program.reads.iter().any(|read| NAMES.get(read.slot) == Some(&"body"))
            }
            Argument::Absent | Argument::Path(_) | Argument::Query(_) => false,
        }
    }
}

/// The name of the answer in a route's `allow`.
pub const ANSWER: &str = "answer";

/// The names that a route's `with` may use, in the order of their slots: `path` and `query` are
/// objects with every declared parameter, `headers` an object of lower-case names and texts, `body` the
/// canonical body, `client` an object `{ name, account, scopes, claims }`, absent when anybody may call.
pub const NAMES: [&str; 5] = ["path", "query", "headers", "body", "client"];

#[cfg(test)]
impl Target {
    /// A target for tests that never reach one.
    pub(crate) fn stub() -> Target {
        let operation = OperationName { system: "test".into(), operation: "test".into() };
        Target::Forward { operation, inputs: Vec::new(), reads_body: false }
    }
}
