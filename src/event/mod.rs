//! Event types: what is published, who may see it, who is told and how. Flows emit and listen to them; routes take them
//! in from outside.
//!
//! [`Sink`] is the seam of transports. Flows are told by the room `flow`, webhooks by [`WebhookSink`], streams
//! by routes that read the log.

pub mod async_api;
mod canonical;
mod cloud;
mod cloud_event;
mod event_type;
mod fold;
mod intake;
mod post;
mod sink;
mod subscriber;
mod webhook;

pub use canonical::canonical;
pub use cloud::structured;
pub use cloud_event::CloudEvent;
pub use event_type::{EventType, EventTypes, FieldPath};
pub use fold::{Fold, Happening, Record};
pub use intake::{INTAKE, Intake, Part};
pub use post::{Answered, HttpPost, Letter, Outbox, Post, split};
pub use sink::{Delivered, Delivery, Lane, Notice, Pace, Sink};
pub use subscriber::{Binding, Subscriber, To};
pub use webhook::{Endpoint, Format, Webhook, WebhookSink};

pub use crate::config::declarations::event::Visibility;
