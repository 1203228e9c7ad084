//! Hears what the gateway tells its log about a request: why it was refused.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The events in which a request's end is logged.
const TARGET: &str = "crossdock::request";
/// Their field that says why.
const FIELD: &str = "reason";

/// Keeps the reasons of requests, for the thread that plays a story.
#[derive(Debug, Clone, Default)]
pub(super) struct Reasons(Arc<Mutex<Vec<String>>>);

impl Reasons {
    /// What was said since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Subscriber for Reasons {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == TARGET
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Reason(&self.0));
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

struct Reason<'a>(&'a Mutex<Vec<String>>);

impl Visit for Reason<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == FIELD {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn Debug) {}
}
