//! Logs, metrics and redaction: what operators see, and what nobody sees.
//!
//! Logs go to stderr as JSON or for people; nothing that proves an identity and nothing a project
//! declares as redacted is ever in them. Metrics are kept as handles, so that counting a request
//! looks nothing up.

mod human;
mod log;
mod metrics;
mod redact;

pub use log::{LogFormat, LogGuard, init};
pub use metrics::{Metrics, OperationMetrics, RouteMetrics};
pub use redact::{REDACTED, redact, redact_address};
