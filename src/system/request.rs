//! An operation and its inputs become a request as bytes.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::envelope;
use super::live::Connection;
use super::operation::{Body, Segment};
use super::words::{bounded, violations};
use super::{CallContext, Effect, Failure, FailureKind, Observer, Operation, Outcome, Policy};
use crate::clock::{Clock, Moment};
use crate::codec::json;
use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue, header};
use crate::mapping::{self, Compiled, with_arena};
use crate::value::{Map, Value, View};

/// A text as a part of a path or query.
pub(super) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// Everything but RFC 3986 §2.3 unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

// Names as constants: nothing is left to read of them when a request is made.
const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request, but for what signs it.
#[derive(Debug)]
pub(super) struct Built {
    /// Path and query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The `id` in the JSON-RPC envelope.
    pub rpc_id: i64,
}

/// What a request is built with.
pub(super) struct Builder<'a> {
    pub connection: &'a Connection,
    pub operation: &'a Operation,
    /// In the order of `takes`, then `call`.
    pub slots: Vec<Option<Value>>,
    pub context: &'a CallContext,
    pub clock: &'a dyn Clock,
    pub now: Moment,
    pub observer: &'a dyn Observer,
}

impl<'a> Builder<'a> {
    pub fn new(
        connection: &'a Connection,
        operation: &'a Operation,
        inputs: &[Option<Value>],
        context: &'a CallContext,
        clock: &'a dyn Clock,
        observer: &'a dyn Observer,
    ) -> Builder<'a> {
        let slots = slots(operation, inputs, context);
        Builder { connection, operation, slots, context, clock, now: clock.now(), observer }
    }

    /// The whole request. The error is the attempt's outcome: nothing was sent.
    pub fn build(&self, rpc_id: i64) -> Result<Built, Outcome> {
        if let Some(take) = self.missing() {
            return Err(unbuilt(format!("`{take}` is absent, but required")));
        }
        let body = match self.written()? {
            Some(bytes) => bytes,
            None => self.encoded(rpc_id)?,
        };
        let mut headers = self.headers()?;
        if !body.is_empty() && !headers.contains_key(header::CONTENT_TYPE) {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(Built { path: self.path()?, headers, body: body.into(), rpc_id })
    }

    /// The request around a body that is passed on as it is, with the caller's headers.
    pub fn around(&self, body: Bytes, mut caller: HeaderMap) -> Result<Built, Outcome> {
        let ours = self.headers()?;
        caller.extend(ours);
        Ok(Built { path: self.path()?, headers: caller, body, rpc_id: 0 })
    }

    fn missing(&self) -> Option<&Arc<str>> {
        let takes = self.operation.takes.iter().zip(&self.slots);
        takes.filter(|(take, slot)| take.required && slot.is_none()).map(|(take, _)| &take.name).next()
    }

    fn eval(&self, program: &Compiled) -> Result<Option<Value>, Outcome> {
        self.connection.eval(&program.program, &self.slots, self.now).map_err(refused)
    }

    fn encoded(&self, rpc_id: i64) -> Result<Vec<u8>, Outcome> {
        let body = self.body()?;
        let body = match &self.operation.envelope {
            Some(rpc) => Some(envelope::wrap(rpc, rpc_id, body)),
            None => body,
        };
        Ok(body.map(|body| json::encode(&body)).unwrap_or_default())
    }

    /// A mapped body as bytes, without a value in between; `None`: it has to be looked at as a value.
    fn written(&self) -> Result<Option<Vec<u8>>, Outcome> {
        let shape = &self.operation.request;
        let (Body::Mapped(mapping, places), None) = (&shape.body, &self.operation.envelope) else {
            return Ok(None);
        };
        let views: Vec<_> =
            places.iter().map(|at| self.slots.get(*at)?.as_ref().map(View::of)).collect();
        let made = self.connection.within(self.now, |context| {
            with_arena(|arena| {
                let mut bytes = Vec::with_capacity(1024);
                let Some(view) = mapping.program.view(&views, context, arena)? else { return Ok(Some(bytes)) };
                if self.looks() && shape.schema.as_ref().is_some_and(|schema| !schema.is_view_valid(view)) {
                    return Ok(None);
                }
                json::encode_view(view, &mut bytes);
                Ok(Some(bytes))
            })
        });
        made.map_err(refused)
    }

    /// Whether the body is held to its schema: what is proven of inputs that are what they should be
    /// needs no look.
    fn looks(&self) -> bool {
        let shape = &self.operation.request;
        shape.validate != Some(Policy::Off) && !(shape.proven && self.context.trusted)
    }

    fn body(&self) -> Result<Option<Value>, Outcome> {
        let body = match &self.operation.request.body {
            Body::None => return Ok(None),
            Body::Input(at) => self.slots.get(*at).cloned().flatten(),
            Body::Written(program) => self.eval(program)?,
            Body::Mapped(mapping, places) => {
                let inputs: Vec<_> = places.iter().map(|at| self.slots.get(*at).cloned().flatten()).collect();
                self.connection.eval(&mapping.program, &inputs, self.now).map_err(refused)?
            }
        };
        if let Some(body) = &body {
            self.hold_to_schema(body)?;
        }
        Ok(body)
    }

    fn hold_to_schema(&self, body: &Value) -> Result<(), Outcome> {
        let shape = &self.operation.request;
        let Some(schema) = &shape.schema else { return Ok(()) };
        let policy = shape.validate.unwrap_or(Policy::Reject);
        if !self.looks() || schema.is_valid(body) {
            return Ok(());
        }
        let message = format!("the request does not fit `{}`: {}", schema.name, violations(schema, body));
        if policy == Policy::Reject {
            return Err(unbuilt(message));
        }
        self.observer.on_violation(&self.connection.system.name, &self.operation.name, &message);
        Ok(())
    }

    fn path(&self) -> Result<String, Outcome> {
        let mut path = String::with_capacity(64);
        for segment in &self.operation.path {
            match segment {
                Segment::Literal(text) => path.push_str(text),
                Segment::Value(words, program) => path.push_str(&self.path_value(words, program)?),
            }
        }
        let mut separator = if path.contains('?') { '&' } else { '?' };
        for (name, program) in &self.operation.query {
            let Some(value) = self.eval(program)? else { continue };
            let several = [value];
            let values = several[0].as_array().unwrap_or(&several);
            for value in values {
                let text = text_of(value).ok_or_else(|| no_text("query parameter", name, value))?;
                path.push(separator);
                path.push_str(name);
                path.push('=');
                path.push_str(&escaped(&text));
                separator = '&';
            }
        }
        Ok(path)
    }

    fn path_value(&self, words: &str, program: &Compiled) -> Result<String, Outcome> {
        let value =
            self.eval(program)?.ok_or_else(|| unbuilt(format!("`{{{words}}}` in the path is absent")))?;
        let text = text_of(&value).ok_or_else(|| no_text("path parameter", words, &value))?;
        // An empty or a dot segment would name another resource (RFC 3986 §5.2.4).
        if matches!(&*text, "" | "." | "..") {
            return Err(unbuilt(format!("`{{{words}}}` in the path is empty or dots")));
        }
        Ok(escaped(&text))
    }

    fn headers(&self) -> Result<HeaderMap, Outcome> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        for (name, program) in &self.operation.headers {
            let Some(value) = self.eval(program)? else { continue };
            let text = text_of(&value).ok_or_else(|| no_text("header", name.as_str(), &value))?;
            let mut value = HeaderValue::from_str(&text)
                .map_err(|_| unbuilt(format!("header `{name}` holds what no header may hold")))?;
            value.set_sensitive(!program.secrets.is_empty());
            headers.insert(name.clone(), value);
        }
        self.add_context(&mut headers);
        Ok(headers)
    }

    /// What goes with every call (M30): correlation, trace, and the key that makes a resend the same.
    fn add_context(&self, headers: &mut HeaderMap) {
        let mut add = |name: HeaderName, text: &str| {
            if let (Ok(value), false) = (HeaderValue::from_str(text), headers.contains_key(&name)) {
                headers.insert(name, value);
            }
        };
        add(CORRELATION, &self.context.correlation_id);
        if let Some(parent) = &self.context.traceparent
            && let Some(child) = child_span(parent, self.clock.random())
        {
            add(TRACEPARENT, &child);
        }
        if let Some(key) = &self.context.idempotency_key
            && self.operation.effect != Effect::Read
        {
            add(IDEMPOTENCY_KEY, key);
        }
    }
}

/// Inputs in the order of `takes`, then `call`: the names that an operation's programs see.
pub(super) fn slots(
    operation: &Operation,
    inputs: &[Option<Value>],
    context: &CallContext,
) -> Vec<Option<Value>> {
    let mut slots: Vec<Option<Value>> = inputs.iter().take(operation.takes.len()).cloned().collect();
    slots.resize(operation.takes.len(), None);
    let mut call = Map::with_capacity(2);
    if let Some(account) = &context.account {
        call.insert("account", Value::String(account.clone()));
    }
    call.insert("correlationId", Value::String(context.correlation_id.clone()));
    slots.push(Some(Value::object(call)));
    slots
}

/// A value as path, query and headers write it; `None` for null, lists and objects.
fn text_of(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(truth) => Some(truth.to_string().into()),
        _ => None,
    }
}

fn no_text(what: &str, name: &str, value: &Value) -> Outcome {
    unbuilt(format!("{what} `{name}` is {}, not a text or number", value.kind().name()))
}

/// The request could not be made: asking again will not help.
pub(super) fn unbuilt(message: String) -> Outcome {
    Outcome::Invalid(Failure { kind: FailureKind::Request, message: bounded(&message), retry_after: None })
}

/// A mapping of the request said no, or failed.
pub(super) fn refused(error: mapping::Error) -> Outcome {
    match error {
        mapping::Error::Rejected(said) => {
            Outcome::Declined { code: said.code, text: said.text, facts: said.facts }
        }
        mapping::Error::Failed(failed) => unbuilt(match failed.target.as_str() {
            "" => failed.message,
            target => format!("{target}: {}", failed.message),
        }),
    }
}

/// The caller's trace with a span of our own (W3C Trace Context §3.2); `None` when it is malformed.
fn child_span(parent: &str, span: u64) -> Option<String> {
    let mut parts = parent.split('-');
    let (version, trace, _, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let sound = hex(version, 2) && hex(trace, 32) && hex(flags, 2);
    let mut digits = [0; 32];
    let digits = uuid::Uuid::from_u64_pair(0, span.max(1)).as_simple().encode_lower(&mut digits);
    // Joined by hand: this is made for every call.
    sound.then(|| ["00-", trace, "-", &digits[16..], "-", flags].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_goes_on_with_a_span_of_its_own() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let child = child_span(parent, 255).unwrap();
        assert_eq!(child, "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000ff-01");
        assert_eq!(child_span("00-zz-1-01", 1), None);
        assert_eq!(child_span("", 1), None);
    }

    #[test]
    fn only_plain_values_become_text() {
        assert_eq!(text_of(&Value::from(7)).as_deref(), Some("7"));
        assert_eq!(text_of(&Value::from(true)).as_deref(), Some("true"));
        assert_eq!(text_of(&Value::Null), None);
    }
}
