//! What we call: one attempt at an operation and what its answer means; limits, breaker, cache.
//!
//! [`compile`] makes an immutable [`System`] of a file. [`Live`] holds what outlives reloads. A
//! [`Connection`] joins the two for one generation, with secrets and a [`Transport`].

mod answer;
mod attempt;
mod body;
mod breaker;
mod cache;
mod cached;
mod compile;
mod decode;
mod envelope;
mod foretell;
mod http_transport;
mod identity;
mod lineage;
mod live;
mod observer;
mod operation;
mod outcome;
mod pace;
mod request;
mod said;
mod secrets;
mod state;
mod straight;
mod tape;
mod text;
mod turns;
mod words;

pub use attempt::LOGIN;
pub use breaker::BreakerState;
pub use compile::{Deps, compile};
pub use http_transport::{HttpTransport, Surroundings, refused_egress};
pub use live::{Connection, Live};
pub use observer::{CacheUse, Observer, Unobserved};
pub use operation::{
    BreakerSettings, CacheScope, CacheSettings, Effect, Envelope, Jitter, Limits, LogsIn, Network, Operation,
    Policy, Probe, RetryPolicy, Rpc, System, SystemTls, Take, Timeouts,
};
pub use outcome::*;
pub use tape::{Said, Taken, Tape};
