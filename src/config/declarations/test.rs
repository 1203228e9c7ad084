//! `tests/*.yaml`: cases for `crossdock test`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;

/// Cases that are run one after the other, each on a fresh gateway.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestFile {
    /// The cases.
    pub cases: Data,
}
