//! Event types: what is published, who may see it, who is told. Flows emit and listen to them; routes take them in
//! from outside.

mod canonical;
mod cloud;
mod event_type;
mod intake;
mod subscriber;

pub use canonical::canonical;
pub use cloud::structured;
pub use event_type::{EventType, EventTypes, FieldPath};
pub use intake::{INTAKE, Intake, Part};
pub use subscriber::{Binding, Subscriber};

pub use crate::config::declarations::event::Visibility;
