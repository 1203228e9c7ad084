//! `exceptions.yaml`: rejections (business answers) and exceptions (cases).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::common::*;
use crate::config::Spanned;

/// What can go wrong, in words for customers and with owners for us.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionFile {
    #[serde(default)]
    pub rejections: BTreeMap<Name, Rejection>,
    #[serde(default)]
    pub exceptions: BTreeMap<Name, Exception>,
}

/// A business answer: no case, nobody to call.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// 4xx; 422 unless said.
    pub status: Option<Spanned<u16>>,
    /// What the customer reads, by language; `{name}` shows a fact.
    pub customer: Localized,
}

/// A stop that somebody must look at.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// portal | erp | dispatch | propagation | data.
    pub category: Spanned<Category>,
    /// low | medium | high | critical.
    pub severity: Spanned<ExceptionSeverity>,
    pub owner: Option<Name>,
    #[serde(default)]
    pub queues: Vec<Name>,
    pub runbook: Option<Text>,
    pub sla: Option<Sla>,
    /// What the customer reads, by language.
    pub customer: Localized,
}

/// Where the trouble is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Portal,
    Erp,
    Dispatch,
    Propagation,
    Data,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionSeverity {
    Low,
    Medium,
    High,
    Critical,
}

/// By when.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sla {
    pub acknowledge: Spanned<Lapse>,
    pub resolve: Spanned<Lapse>,
}
