//! A system and its operations, compiled: every name resolved, every default filled in, immutable.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use crate::auth::outbound::LogsIn;
pub use crate::config::declarations::common::Policy;
pub use crate::config::declarations::system::{CacheScope, Effect, Envelope, Jitter, Network, SystemTls};

use crate::auth::outbound::Declared;
use crate::config::declarations::Text;
use crate::diagnostic::Span;
use crate::http::{HeaderName, Method};
use crate::mapping::{Compiled, Mapping, Tables};
use crate::schema::{Schema, Type};

/// One system behind the gateway.
#[derive(Debug)]
pub struct System {
    pub name: Arc<str>,
    pub owner: Option<Arc<str>>,
    pub runbook: Option<Text>,
    /// Where it is: may hold variables without a value in this environment.
    pub url: Text,
    /// The PEM file of the authority that signed its certificate.
    pub ca: Option<Text>,
    /// What is shown when it asks for a certificate.
    pub tls: Option<SystemTls>,
    /// Where its name may lead; `None`: what `url` itself says.
    pub network: Option<Network>,
    pub limits: Limits,
    pub timeouts: Timeouts,
    /// An answer's body after decompression, in bytes.
    pub response_size: u64,
    pub breaker: BreakerSettings,
    pub operations: BTreeMap<Arc<str>, Arc<Operation>>,
    /// Names of the secrets that calls need, sorted.
    pub secrets: Vec<Arc<str>>,
    /// Where its name is declared.
    pub span: Span,
    pub(super) auth: Option<Box<dyn Declared>>,
    pub(super) tables: Arc<Tables>,
    /// Changes whenever the declaration does: old cached answers then count as absent.
    pub(super) fingerprint: [u8; 16],
}

/// What a system bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// At most so many calls within any stretch of so long.
    pub rate: Option<(u32, Duration)>,
    /// Calls at once.
    pub concurrency: u32,
    /// How long a call may wait for its turn.
    pub wait: Duration,
    /// How many calls may wait at once.
    pub queue: u32,
}

/// How long an attempt may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    pub first_byte: Duration,
    /// From the first byte sent to the last received, unless the operation says otherwise.
    pub whole: Duration,
}

/// When to stop asking a system that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// This share of calls, of 100.
    pub percent: u8,
    /// Of at least so many.
    pub calls: u32,
    /// Within this time.
    pub within: Duration,
    /// How long to leave it alone before one call tries again.
    pub half_open_after: Duration,
}

/// When and how often to ask again. The flow's state machine does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// In all, the first included; at least 1.
    pub attempts: u32,
    /// The first wait; doubles each time.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    pub jitter: Jitter,
}

/// One thing a system can do.
#[derive(Debug)]
pub struct Operation {
    pub name: Arc<str>,
    /// Inputs, in the order in which an attempt gets them.
    pub takes: Vec<Take>,
    /// What it gives, canonical; `None` when it gives nothing.
    pub gives: Option<Type>,
    /// The name of `gives` as written.
    pub gives_name: Option<Arc<str>>,
    /// What it takes and gives, as written: `(account: canonical/customer-account@1) -> canonical/order@1`. Work
    /// that was begun under another one is not sent.
    pub contract: Arc<str>,
    pub method: Method,
    pub effect: Effect,
    /// The name of a `require` that every flow holds before it calls this.
    pub behind: Option<Arc<str>>,
    pub retry: RetryPolicy,
    /// For one attempt.
    pub timeout: Duration,
    pub cache: Option<CacheSettings>,
    /// What makes two creates the same one: a program over `takes` and `call`.
    pub key: Option<Compiled>,
    pub probe: Option<Probe>,
    pub envelope: Option<Rpc>,
    /// Schemas of the wire forms, by name: they belong to this system (M32).
    pub wire_schemas: Vec<Arc<str>>,
    /// The mappings that make its request and read its answer, each with the beginning of its digest:
    /// `booking_to_sales_order@1f0c6a7e92b3`.
    pub mappings: Arc<[Arc<str>]>,
    /// Whether a good answer may be absent (`not_found` is declared).
    pub may_be_absent: bool,
    /// Where its name is declared.
    pub span: Span,
    pub(super) path: Vec<Segment>,
    /// Sorted; an absent value leaves its parameter out.
    pub(super) query: Vec<(Arc<str>, Compiled)>,
    pub(super) headers: Vec<(HeaderName, Compiled)>,
    pub(super) request: RequestShape,
    pub(super) response: ResponseShape,
    pub(super) rules: Rules,
}

/// One input of an operation.
#[derive(Debug, Clone)]
pub struct Take {
    pub name: Arc<str>,
    pub ty: Type,
    /// False when its type is written with a `?` behind it.
    pub required: bool,
}

/// How long an answer may be reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    pub ttl: Duration,
    /// How long after `ttl` an old answer may stand in while the system fails.
    pub stale_if_error: Duration,
    pub shared: CacheScope,
}

/// How to find out whether a create was done.
#[derive(Debug, Clone)]
pub struct Probe {
    /// An operation of the same system.
    pub call: Arc<str>,
    /// Wait so long before asking.
    pub settle: Duration,
    /// Ask before the first send too.
    pub first: bool,
    /// One for each of the probe's `takes`, over the create's `takes` and `call`; `None`: absent.
    pub(super) with: Vec<Option<Compiled>>,
}

/// A JSON-RPC envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rpc {
    pub version: Envelope,
    pub method: Arc<str>,
}

/// A stretch of a path.
#[derive(Debug, Clone)]
pub(super) enum Segment {
    /// As it goes on the wire.
    Literal(Arc<str>),
    /// `{number}`: the words inside and the program.
    Value(Arc<str>, Compiled),
}

/// What an operation sends.
#[derive(Debug, Default)]
pub(super) struct RequestShape {
    pub body: Body,
    pub schema: Option<Arc<Schema>>,
    pub validate: Option<Policy>,
    /// Whether the body certainly fits the schema, if every input is what the operation takes.
    pub proven: bool,
}

/// Where a request's body comes from.
#[derive(Debug, Default)]
pub(super) enum Body {
    #[default]
    None,
    /// A mapping, and for each of its inputs the place in `takes`.
    Mapped(Arc<Mapping>, Vec<usize>),
    /// `body:` in the file, over `takes` and `call`.
    Written(Compiled),
    /// The only input, as it is.
    Input(usize),
}

/// What an operation's answer is made of.
#[derive(Debug, Default)]
pub(super) struct ResponseShape {
    pub map: Option<Arc<Mapping>>,
    pub schema: Option<Arc<Schema>>,
    /// The schema of `gives`, or of its items where it is a list.
    pub gives: Option<Arc<Schema>>,
    pub gives_list: bool,
    pub validate: Option<Policy>,
    /// Whether what it gives certainly fits `gives`, if the answer fits its schema; which is then always
    /// looked at.
    pub proven: bool,
}

/// What an answer means: programs over `status`, `headers`, `body`.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub rejected: Option<Compiled>,
    pub not_done: Option<Compiled>,
    pub transient: Option<Compiled>,
    pub not_found: Option<Compiled>,
    pub ok: Option<Compiled>,
}

impl Rules {
    /// Whether any rule looks at the answer's headers: the second of the names that they see.
    pub fn read_headers(&self) -> bool {
        let rules = [&self.rejected, &self.not_done, &self.transient, &self.not_found, &self.ok];
        rules.into_iter().flatten().any(|rule| rule.reads.iter().any(|read| read.slot == 1))
    }
}

impl System {
    /// How calls log in first.
    pub fn logs_in(&self) -> LogsIn {
        self.auth.as_ref().map_or(LogsIn::Never, |auth| auth.logs_in())
    }

    /// Where logins are sent, when that is not `url`.
    pub fn login_url(&self) -> Option<&Text> {
        self.auth.as_ref().and_then(|auth| auth.elsewhere())
    }

    /// Names of the secrets that sign calls.
    pub fn signing_secrets(&self) -> Vec<&str> {
        self.auth.as_ref().map(|auth| auth.signing_secrets()).unwrap_or_default()
    }

    /// The operation called `name`.
    pub fn operation(&self, name: &str) -> Option<&Arc<Operation>> {
        self.operations.get(name)
    }
}

impl Operation {
    /// What its requests and answers are checked against.
    pub fn schemas(&self) -> impl Iterator<Item = &Arc<Schema>> {
        [&self.request.schema, &self.response.schema, &self.response.gives].into_iter().flatten()
    }

    /// For each of `takes`, whether the path, the query or a header is written with it.
    pub fn heads(&self) -> Vec<bool> {
        let segments = self.path.iter().filter_map(|segment| match segment {
            Segment::Value(_, program) => Some(program),
            Segment::Literal(_) => None,
        });
        let query = self.query.iter().map(|(_, program)| program);
        let headers = self.headers.iter().map(|(_, program)| program);
        let mut heads = vec![false; self.takes.len()];
        for read in segments.chain(query).chain(headers).flat_map(|program| &program.reads) {
            heads.get_mut(read.slot).into_iter().for_each(|head| *head = true);
        }
        heads
    }

    /// The values that stand at the `{...}` of this operation's path in `path` (without a query), by the
    /// last word of each: `{order.number}` is `number`. `None` when it is another path.
    pub fn read_path(&self, path: &str) -> Option<Vec<(Arc<str>, String)>> {
        let mut rest = path;
        let mut values = Vec::new();
        let mut segments = self.path.iter().peekable();
        while let Some(segment) = segments.next() {
            let Segment::Value(words, _) = segment else {
                let Segment::Literal(literal) = segment else { continue };
                rest = rest.strip_prefix(&**literal)?;
                continue;
            };
            let end = match segments.peek() {
                Some(Segment::Literal(next)) if !next.is_empty() => rest.find(&**next)?,
                _ => rest.find('/').unwrap_or(rest.len()),
            };
            let (value, after) = rest.split_at(end);
            let name = words.rsplit('.').next().unwrap_or(words);
            let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            values.push((Arc::from(name), value.into_owned()));
            rest = after;
        }
        rest.is_empty().then_some(values)
    }

    /// The names that [`Operation::read_path`] finds values for.
    pub fn path_names(&self) -> Vec<Arc<str>> {
        let named = self.path.iter().filter_map(|segment| match segment {
            Segment::Value(words, _) => Some(Arc::from(words.rsplit('.').next().unwrap_or(words))),
            Segment::Literal(_) => None,
        });
        named.collect()
    }

    /// The names of the query parameters that it may send.
    pub fn query_names(&self) -> Vec<Arc<str>> {
        self.query.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Whether what it gives is certainly of the type that it declares: looked at, or proven of an answer
    /// that was looked at. What a cache kept may be from a time when schemas said something else.
    pub fn gives_what_it_says(&self) -> bool {
        let strict = self.response.validate.is_none_or(|policy| policy == Policy::Reject);
        let known = self.gives.is_none() || self.response.proven || self.response.gives.is_some();
        strict && known && self.cache.is_none()
    }

    /// The place of an input in `takes`.
    pub fn slot(&self, name: &str) -> Option<usize> {
        self.takes.iter().position(|take| &*take.name == name)
    }
}
