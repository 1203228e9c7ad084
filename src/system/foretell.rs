//! What an answer that is known in advance will certainly come to.

use super::operation::Rules;
use super::words::violations;
use super::{Operation, Policy};
use crate::clock::Moment;
use crate::mapping::{Compiled, Context, Tables};
use crate::value::Value;

impl Operation {
    /// How a JSON answer with this status and body certainly breaks its schema, in words; `None` when it
    /// fits, when a rule gives it another meaning, and when that depends on what is not known yet.
    pub fn certainly_breaks(&self, status: u16, body: &Value, tables: &Tables) -> Option<String> {
        let strict = self.response.validate.is_none_or(|policy| policy == Policy::Reject);
        let whole = self.response.map.is_none() && !self.response.gives_list;
        let unmapped = self.response.gives.as_ref().filter(|_| whole);
        let schema = self.response.schema.as_ref().or(unmapped).filter(|_| strict)?;
        if !self.certainly_accepts(status, body, tables) || schema.is_valid(body) {
            return None;
        }
        Some(format!("does not fit `{}`: {}", schema.name, violations(schema, body)))
    }

    /// Whether the rules and the status certainly make this a good answer.
    fn certainly_accepts(&self, status: u16, body: &Value, tables: &Tables) -> bool {
        let Rules { rejected, not_done, transient, not_found, .. } = &self.rules;
        let rules = [rejected, not_done, transient, not_found];
        // A rule sees the envelope around the body, which is made when there is a call.
        if self.envelope.is_some() {
            let bare = rules.iter().all(|rule| rule.is_none()) && self.rules.ok.is_none();
            return bare && (200..300).contains(&status);
        }
        if self.rules.read_headers() {
            return false;
        }
        let slots = [Some(Value::from(i64::from(status))), None, Some(body.clone())];
        let holds = |rule: &Compiled| {
            let said = rule.program.eval(&slots, &Context::new(Moment(0), tables));
            matches!(said, Ok(Some(Value::Bool(true))))
        };
        let ok = self.rules.ok.as_ref().map_or((200..300).contains(&status), &holds);
        ok && !rules.into_iter().flatten().any(holds)
    }
}
