//! Event types: what is published, who may see it, who is told and how. Flows emit and listen to them.
//!
//! [`Sink`] is the seam of transports. Flows are told by the room `flow`, webhooks by [`WebhookSink`], streams
//! by routes that read the log.

pub mod async_api;
mod canonical;
mod cloud_event;
mod event_type;
mod fold;
mod post;
mod sink;
mod subscriber;
mod webhook;

pub use canonical::canonical;
pub use cloud_event::CloudEvent;
pub use event_type::{EventType, EventTypes, FieldPath};
pub use fold::{Fold, Happening, Record};
pub use post::{Answered, HttpPost, Letter, Outbox, Post, split};
pub use sink::{Delivered, Delivery, Lane, Notice, Pace, Sink};
pub use subscriber::{Binding, Subscriber, To};
pub use webhook::{Endpoint, Format, Webhook, WebhookSink};

pub use crate::config::declarations::event::Visibility;
