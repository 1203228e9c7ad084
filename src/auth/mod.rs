//! Who we are, proved to the systems behind us: a file per scheme; and secrets, kept out of sight.
//!
//! [`outbound::compile`] makes an [`outbound::Declared`] of a system's `auth`; with secrets that
//! becomes an [`outbound::Signer`]. [`outbound::prove`] puts a proof into a request's headers, logging
//! in first where the scheme needs it.

pub mod outbound;
mod secret;

pub use secret::{Secret, resolve};
