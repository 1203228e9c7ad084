//! What a generation asks of the systems behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::auth::Vault;
use crate::clock::BoxFuture;
use crate::flow::direct::Caller;
use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue, StatusCode};
use crate::plan::{Plan, Secrets};
use crate::system::{
    CallContext, Connection, Failure, FailureKind, Live, Operation, OperationName, Outcome, System,
    Transport, WireResponse,
};
use crate::value::Value;

/// The systems of one plan, with the live state that outlives it.
pub trait Systems: Caller + std::fmt::Debug {
    /// One attempt that passes bytes through: `payload` goes out unchanged, and a good answer
    /// comes back unchanged.
    fn forward<'a>(
        &'a self,
        operation: &'a OperationName,
        inputs: Vec<Option<Value>>,
        payload: Payload,
        context: CallContext,
    ) -> BoxFuture<'a, Forwarded>;
}

/// A body as it came.
#[derive(Debug, Clone)]
pub struct Payload {
    pub bytes: Bytes,
    pub content_type: Option<HeaderValue>,
}

/// What a forwarded request came to.
#[derive(Debug)]
pub enum Forwarded {
    /// A good answer, as it came.
    Answer { status: StatusCode, headers: HeaderMap, body: Bytes },
    /// What was asked for does not exist.
    Absent,
    /// The system refused for a business reason; its text is for the log.
    Rejected { status: u16, message: String },
    /// There was no good answer.
    Failed(Failure),
}

/// The systems of one plan, connected to what is known about each name.
#[derive(Debug)]
pub struct Connected {
    live: Arc<Live>,
    connections: BTreeMap<Arc<str>, Connection>,
}

impl Connected {
    /// Connects every system. Opens nothing: a system that is down is noticed by its first call.
    /// `transport` gives what carries requests to a system. The error names all that is missing.
    pub fn new(
        live: Arc<Live>,
        plan: &Plan,
        transport: &dyn Fn(&Arc<System>) -> Result<Arc<dyn Transport>, String>,
        secrets: &Secrets,
    ) -> Result<Connected, Vec<String>> {
        let (mut connections, mut wrong) = (BTreeMap::new(), Vec::new());
        let vault: Arc<dyn Vault> = Arc::new(secrets.clone());
        for (name, system) in &plan.systems {
            match transport(system)
                .map_err(|why| vec![why])
                .and_then(|carrier| live.connect_to(system, carrier, &vault))
            {
                Ok(connection) => {
                    connections.insert(Arc::clone(name), connection.redacting(&plan.redact));
                }
                Err(missing) => wrong.extend(missing),
            }
        }
        wrong.dedup();
        if wrong.is_empty() { Ok(Connected { live, connections }) } else { Err(wrong) }
    }

    /// As [`Connected::find`]; work that was begun under another contract is not for it.
    fn find_for(
        &self,
        name: &OperationName,
        context: &CallContext,
    ) -> Result<(&Connection, &Operation), Failure> {
        let (connection, operation) = self.find(name)?;
        match &context.contract {
            Some(begun) if *begun != operation.contract => Err(Failure {
                kind: FailureKind::Request,
                message: format!(
                    "`{}.{}` was {begun} when this was begun, and is {} now",
                    name.system, name.operation, operation.contract
                ),
                retry_after: None,
            }),
            _ => Ok((connection, operation)),
        }
    }

    fn find(&self, name: &OperationName) -> Result<(&Connection, &Operation), Failure> {
        let connection = self.connections.get(&name.system);
        let operation = connection.and_then(|connection| connection.system.operation(&name.operation));
        connection.zip(operation.map(|operation| &**operation)).ok_or_else(|| Failure {
            kind: FailureKind::Request,
            message: format!("there is no operation `{}.{}` any more", name.system, name.operation),
            retry_after: None,
        })
    }
}

impl Caller for Connected {
    fn call<'a>(
        &'a self,
        operation: &'a OperationName,
        inputs: Arc<[Option<Value>]>,
        context: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match self.find_for(operation, &context) {
                Ok((connection, operation)) => {
                    self.live.attempt(connection, operation, &inputs, &context).await
                }
                Err(failure) => Outcome::Invalid(failure),
            }
        })
    }

    fn probe<'a>(
        &'a self,
        create: &'a OperationName,
        inputs: Arc<[Option<Value>]>,
        context: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match self.find_for(create, &context) {
                Ok((connection, create)) => self.live.probe(connection, create, &inputs, &context).await,
                Err(failure) => Outcome::Invalid(failure),
            }
        })
    }
}

impl Systems for Connected {
    fn forward<'a>(
        &'a self,
        operation: &'a OperationName,
        inputs: Vec<Option<Value>>,
        payload: Payload,
        context: CallContext,
    ) -> BoxFuture<'a, Forwarded> {
        Box::pin(async move {
            let (connection, operation) = match self.find(operation) {
                Ok(found) => found,
                Err(failure) => return Forwarded::Failed(failure),
            };
            let content_type =
                payload.content_type.map(|value| (HeaderName::from_static("content-type"), value));
            let headers = content_type.into_iter().collect();
            let sent =
                self.live.forward(connection, operation, &inputs, payload.bytes, headers, &context).await;
            sent.map_or_else(Forwarded::Failed, |answer| answered(connection, answer))
        })
    }
}

/// What an answer means to the one who waits for its bytes: only good ones pass.
fn answered(connection: &Connection, answer: WireResponse) -> Forwarded {
    let status = answer.status;
    let failure =
        |kind| Forwarded::Failed(Failure { kind, message: connection.said(&answer), retry_after: None });
    match status.as_u16() {
        200..=299 => Forwarded::Answer { status, headers: answer.headers, body: answer.body },
        404 | 410 => Forwarded::Absent,
        401 | 403 => failure(FailureKind::Auth),
        408 | 504 => failure(FailureKind::Timeout),
        429 | 503 => failure(FailureKind::Unavailable),
        code @ 400..=499 => Forwarded::Rejected { status: code, message: connection.said(&answer) },
        _ => failure(FailureKind::Error),
    }
}
