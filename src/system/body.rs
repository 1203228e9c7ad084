//! The body of a request: straight from what is mapped, or by way of a value, and held to its schema.

use super::envelope;
use super::operation::Body;
use super::request::{Builder, refused, unbuilt};
use super::words::violations;
use super::{Outcome, Policy};
use crate::codec::json;
use crate::mapping::with_arena;
use crate::value::{Value, View};

/// Bytes of a body at most.
const MOST: usize = 64 << 20;

fn too_large() -> Outcome {
    unbuilt(format!("the body of the request has more than {MOST} bytes"))
}

impl Builder<'_> {
    /// The body as bytes, by way of a value.
    pub(super) fn encoded(&self, rpc_id: i64) -> Result<Vec<u8>, Outcome> {
        let body = self.body()?;
        let body = match &self.operation.envelope {
            Some(rpc) => Some(envelope::wrap(rpc, rpc_id, body)),
            None => body,
        };
        let mut bytes = Vec::with_capacity(1024);
        let whole = body.is_none_or(|body| json::encode_view(View::of(&body), MOST, &mut bytes));
        if whole { Ok(bytes) } else { Err(too_large()) }
    }

    /// A mapped body as bytes, without a value in between; `None`: it has to be made by way of one.
    pub(super) fn written(&self) -> Result<Option<Vec<u8>>, Outcome> {
        let shape = &self.operation.request;
        let (Body::Mapped(mapping, places), None) = (&shape.body, &self.operation.envelope) else {
            return Ok(None);
        };
        let schema = shape.schema.as_ref().filter(|_| self.looks());
        let views: Vec<_> = places.iter().map(|at| self.slots.get(*at)?.as_ref().map(View::of)).collect();
        let written = self.connection.within(self.now, |context| {
            with_arena(|arena| {
                let mut bytes = Vec::with_capacity(1024);
                let Some(schema) = schema else {
                    mapping.program.write_fast(&views, context, arena, &mut bytes)?;
                    return Some(bytes);
                };
                let Some(view) = mapping.program.view_fast(&views, context, arena)? else {
                    return Some(bytes);
                };
                (schema.is_view_valid(view) && json::encode_view(view, MOST, &mut bytes)).then_some(bytes)
            })
        });
        Ok(written)
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
}
