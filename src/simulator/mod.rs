//! A transport that answers from stubs: stateful, deterministic, bounded, on the clock.
//!
//! [`compile`] makes a [`Stub`] of a stub file. A [`Simulator`] stands in for every system that has
//! one, remembers what was called, and can be told what to answer instead ([`Scripted`]).

mod answer;
mod compile;
mod run;
mod script;
mod stub;
mod transport;
mod world;

pub use compile::{Deps, compile};
pub use script::Scripted;
pub use stub::Stub;
pub use transport::{Recorded, Simulator};

pub use crate::config::declarations::stub::Fault;
