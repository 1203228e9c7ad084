//! How a request proves who we are.

/// The declared scheme.
#[derive(Debug)]
pub(super) enum Scheme {}
