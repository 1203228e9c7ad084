//! How a flow ends, and what a failure is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kept;
use crate::http::{HeaderName, HeaderValue};
use crate::schema::{Field, ObjectType, TextType, Type};
use crate::system::{self, OperationName};
use crate::value::{Map, Value};

/// How a flow ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FlowEnd {
    /// `respond`: what to answer.
    Responded {
        status: u16,
        #[serde(with = "kept::headers")]
        headers: Vec<(HeaderName, HeaderValue)>,
        #[serde(with = "kept::value")]
        body: Option<Value>,
    },
    /// All steps are done; the flow's `output`.
    Completed(#[serde(with = "kept::value")] Option<Value>),
    /// `reject`, or an expression that rejects: a business answer.
    Rejected {
        code: Arc<str>,
        #[serde(with = "kept::map")]
        facts: Map,
        /// JSON Pointer of the request field it is about.
        pointer: Option<Arc<str>>,
        /// Words that go with a rejection inside a mapping; for logs and cases.
        text: Option<Arc<str>>,
    },
    /// `raise`: somebody must look at it.
    Raised {
        code: Arc<str>,
        #[serde(with = "kept::map")]
        facts: Map,
    },
    /// A step failed and nothing caught it.
    Failed(Failure),
    /// Somebody ended it before its end, for a reason.
    Cancelled { reason: Arc<str> },
}

/// Why a step failed, as `catch` sees it and as logs tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: FailureKind,
    /// The path of the step: `feasible.capacity`.
    pub step: Arc<str>,
    pub operation: Option<OperationName>,
    /// For logs and operators; bounded; never for callers. `catch` sees [`FailureKind::words`].
    pub detail: String,
    /// How many attempts were made.
    pub attempts: u32,
    /// The system asked to be left alone for so long.
    pub retry_after: Option<std::time::Duration>,
}

impl Failure {
    /// A failure of the step at `step`, no operation's.
    pub(super) fn new(kind: FailureKind, step: Arc<str>, detail: impl Into<String>) -> Failure {
        Failure { kind, step, operation: None, detail: detail.into(), attempts: 0, retry_after: None }
    }

    /// As `catch` sees it: `{ kind, step, system, operation, message }`, nothing of a system's own text.
    pub(super) fn value(&self) -> Value {
        let mut map = Map::with_capacity(5);
        map.insert("kind", Value::from(self.kind.name()));
        map.insert("step", Value::String(self.step.clone()));
        if let Some(operation) = &self.operation {
            map.insert("system", Value::String(operation.system.clone()));
            map.insert("operation", Value::String(operation.operation.clone()));
        }
        map.insert("message", Value::from(self.kind.words()));
        Value::object(map)
    }

    /// The type of [`Failure::value`].
    pub(super) fn ty() -> Type {
        let text = || Type::Text(Arc::default());
        let kinds = TextType {
            values: Some(FailureKind::NAMES.iter().map(|name| Arc::from(*name)).collect()),
            ..TextType::default()
        };
        let field = |name: &str, ty: Type, required| (Arc::from(name), Field { ty, required });
        Type::Object(Arc::new(ObjectType {
            fields: vec![
                field("kind", Type::Text(Arc::new(kinds)), true),
                field("step", text(), true),
                field("system", text(), false),
                field("operation", text(), false),
                field("message", text(), true),
            ],
            ..ObjectType::default()
        }))
    }
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailureKind {
    /// An attempt gave no answer.
    System(system::FailureKind),
    /// The system refused for a business reason (its status).
    Rejected(u16),
    /// A create that may or may not have been done, and nothing can tell.
    UnknownOutcome,
    /// The step's own `timeout`.
    StepTimeout,
    /// Fewer branches answered than a gather `need`s.
    NotEnough,
    /// An expression failed on the values it met.
    Expression,
    /// A bound of the gateway: items, steps, branches at once.
    TooMuch,
}

impl FailureKind {
    /// The word that `catch` and metrics use.
    pub fn name(self) -> &'static str {
        use crate::system::FailureKind as System;
        match self {
            FailureKind::System(System::Connect) => "connect",
            FailureKind::System(System::Timeout) | FailureKind::StepTimeout => "timeout",
            FailureKind::System(System::Broken) => "broken",
            FailureKind::System(System::Unavailable) => "unavailable",
            FailureKind::System(System::Error) => "error",
            FailureKind::System(System::Invalid) => "invalid",
            FailureKind::System(System::BreakerOpen) => "breaker_open",
            FailureKind::System(System::Limited) => "limited",
            FailureKind::System(System::Auth) => "auth",
            FailureKind::System(System::Request) => "request",
            FailureKind::Rejected(_) => "rejected",
            FailureKind::UnknownOutcome => "unknown_outcome",
            FailureKind::NotEnough => "not_enough",
            FailureKind::Expression => "expression",
            FailureKind::TooMuch => "too_much",
        }
    }

    /// Every word that [`FailureKind::name`] can give, sorted: what `catch` may compare with.
    pub const NAMES: &'static [&'static str] = &[
        "auth",
        "breaker_open",
        "broken",
        "connect",
        "error",
        "expression",
        "invalid",
        "limited",
        "not_enough",
        "rejected",
        "request",
        "timeout",
        "too_much",
        "unavailable",
        "unknown_outcome",
    ];

    /// What happened, in words that any caller may read: nothing of the system's own text.
    pub fn words(self) -> &'static str {
        match self.name() {
            "connect" => "the system cannot be reached",
            "timeout" => "no answer in time",
            "broken" => "the connection broke",
            "unavailable" => "the system is not available now",
            "error" => "the system answered with an error",
            "invalid" => "the system's answer does not have the agreed form",
            "breaker_open" => "the system is left alone because it keeps failing",
            "limited" => "too many calls at once",
            "auth" => "the system did not accept who we are",
            "request" => "the request could not be made",
            "rejected" => "the system refused",
            "unknown_outcome" => "it is not known whether the work was done",
            "not_enough" => "too few answers",
            "expression" => "the data does not fit what the flow does with it",
            _ => "more work than one flow may do",
        }
    }
}
