//! What we call: one attempt at an operation and what its answer means; limits, breaker, cache.

mod outcome;

pub use outcome::*;
