//! Event types: what is published, who may see it, who is told. Flows emit and listen to them.

mod canonical;
mod event_type;
mod subscriber;

pub use canonical::canonical;
pub use event_type::{EventType, EventTypes, FieldPath};
pub use subscriber::{Binding, Subscriber};

pub use crate::config::declarations::event::Visibility;
