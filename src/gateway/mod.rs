//! The public face of a project: requests in, answers out, generations swapped without a gap.

mod exchange;
pub mod keys;
pub mod limits;
pub mod problem;
mod router;
mod trace;

pub use limits::{Limits, Verdict};
pub use problem::{KINDS, Kind, Problem, Violation};
pub use router::{Asked, Found, Router};
pub use trace::Trace;
