//! Parts of `gateway.yaml` that hold for callers whom nobody knows yet.

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use crate::config::Spanned;

/// Bounds on one address, before anybody looks who is calling. IPv6 addresses count together by their
/// first 64 bits. Nothing is bounded unless said.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerIp {
    /// Requests; beyond it they are answered 429.
    pub rate: Option<Spanned<Rate>>,
    /// Requests at once beyond the rate.
    pub burst: Option<Spanned<u32>>,
    /// Open connections; one more is answered 429 and closed. Read at the start.
    pub connections: Option<Spanned<u32>>,
}

/// The header in which proxies say for whom they speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForwardedBy {
    /// `X-Forwarded-For` (the default).
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}
