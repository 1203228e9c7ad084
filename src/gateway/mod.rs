//! The public face of a project: requests in, answers out, generations swapped without a gap.

mod address;
pub mod admin;
mod exchange;
mod faults;
mod generation;
pub mod history;
pub mod keeping;
mod limits;
mod operations;
pub mod problem;
pub mod reload;
mod router;
mod serve;
mod service;
mod signals;
mod systems;
mod trace;
mod watch;
pub mod watching;
mod webhooks;
mod world;

pub use generation::{Fresh, Generation};
pub use problem::{KINDS, Kind, Problem, Violation};
pub use router::{Asked, Found, Router};
pub use serve::{Carrier, Options, ServeError, Started, serve};
pub use service::Gateway;
pub use systems::{Connected, Forwarded, Payload, Systems};
pub use trace::Trace;
pub use watch::Watch;

#[cfg(test)]
mod tests;
