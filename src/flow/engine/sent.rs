//! An attempt that a durable instance makes.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::BoxFuture;
use crate::flow::machine::{Call, CallId};
use crate::system::{CallContext, OperationName, Outcome, Tape};
use crate::value::Value;

/// What is to be sent.
#[derive(Debug, Clone)]
pub(super) struct Send {
    pub id: CallId,
    pub operation: OperationName,
    pub contract: Arc<str>,
    pub path: Arc<str>,
    pub lineage: Vec<u32>,
    pub probe: bool,
    pub undo: bool,
    pub inputs: Arc<[Option<Value>]>,
    pub attempt: u32,
    /// Whether it looks whether a system is back that was away.
    pub looks: bool,
    pub fresh: bool,
    pub proven: bool,
    pub key: Option<Arc<str>>,
    /// What goes over the wire.
    pub tape: Arc<Tape>,
}

impl From<Call<'_>> for Send {
    fn from(call: Call<'_>) -> Send {
        Send {
            id: call.id,
            operation: call.operation.clone(),
            contract: Arc::clone(call.contract),
            path: Arc::clone(call.path),
            lineage: call.lineage,
            probe: call.probe,
            undo: call.undo,
            inputs: call.inputs,
            attempt: call.attempt,
            looks: call.looks,
            fresh: call.fresh,
            proven: call.proven,
            key: call.idempotency_key,
            tape: Arc::default(),
        }
    }
}

/// An attempt under way.
pub(super) struct Running {
    pub send: Send,
    /// On the monotonic clock.
    pub since: Duration,
    pub future: BoxFuture<'static, Outcome>,
}

/// Who an instance belongs to, for its calls.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub account: Arc<str>,
    pub client: Arc<str>,
    pub correlation_id: Arc<str>,
    pub traceparent: Option<Arc<str>>,
    /// Whether every value in the flow is certainly of its type.
    pub trusted: bool,
}

impl Whose {
    /// What goes with an attempt; `deadline` is on the monotonic clock.
    pub fn context(&self, send: &Send, deadline: Duration) -> CallContext {
        let named = |name: &Arc<str>| (!name.is_empty()).then(|| Arc::clone(name));
        CallContext {
            account: named(&self.account),
            client: named(&self.client),
            correlation_id: Arc::clone(&self.correlation_id),
            traceparent: self.traceparent.clone(),
            idempotency_key: send.key.clone(),
            deadline,
            contract: Some(Arc::clone(&send.contract)),
            fresh: send.fresh,
            trusted: send.proven && self.trusted,
            tape: Some(Arc::clone(&send.tape)),
        }
    }
}
