//! Who is calling, and how we prove who we are, a file per scheme; and secrets, kept out of sight.
//!
//! [`inbound::compile`] makes an [`inbound::AuthPolicy`] of a policy of `gateway.yaml`; with keys and
//! secrets that becomes an [`inbound::Verifier`] of requests. [`outbound::compile`] makes an
//! [`outbound::Declared`] of a system's `auth`; with secrets that becomes an [`outbound::Signer`].
//! [`outbound::prove`] puts a proof into a request's headers, logging in first where the scheme needs it.

mod editors;
pub mod inbound;
pub mod outbound;
mod scheme;
mod secret;
pub mod signature;
pub mod standard_webhooks;

pub use editors::for_editors;
pub use scheme::{NOT_BUILT, Scheme, header_name};
pub use secret::{Secret, Vault, resolve};
