//! The body of a request: straight from what is mapped, or by way of a value, and held to its schema.

use super::envelope;
use super::operation::Body;
use super::request::{Builder, refused, unbuilt};
use super::words::violations;
use super::{Outcome, Policy};
use crate::codec::json;
use crate::mapping::with_arena;
use crate::value::{Value, View};

impl Builder<'_> {
    /// The body as bytes, by way of a value.
    pub(super) fn encoded(&self, rpc_id: i64) -> Result<Vec<u8>, Outcome> {
        let body = self.body()?;
        let body = match &self.operation.envelope {
            Some(rpc) => Some(envelope::wrap(rpc, rpc_id, body)),
            None => body,
        };
        Ok(body.map(|body| json::encode(&body)).unwrap_or_default())
    }

    /// A mapped body as bytes, without a value in between; `None`: it has to be looked at as a value.
    pub(super) fn written(&self) -> Result<Option<Vec<u8>>, Outcome> {
        let shape = &self.operation.request;
        let (Body::Mapped(mapping, places), None) = (&shape.body, &self.operation.envelope) else {
            return Ok(None);
        };
        let views: Vec<_> = places.iter().map(|at| self.slots.get(*at)?.as_ref().map(View::of)).collect();
        let made = self.connection.within(self.now, |context| {
            with_arena(|arena| {
                let mut bytes = Vec::with_capacity(1024);
                let Some(view) = mapping.program.view(&views, context, arena)? else {
                    return Ok(Some(bytes));
                };
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
}
