//! Signatures of known senders: declarations like everybody's, kept as files beside this one.

use super::{Signature, compile};
use crate::config::built_in;
use crate::config::declarations::signature as declared;
use crate::diagnostic::Span;

/// Each preset's name and declaration, sorted.
pub static PRESETS: &[(&str, &str)] = &[
    ("easypost", include_str!("presets/easypost.yaml")),
    ("github", include_str!("presets/github.yaml")),
    ("onfleet", include_str!("presets/onfleet.yaml")),
    ("samsara", include_str!("presets/samsara.yaml")),
    ("shopify", include_str!("presets/shopify.yaml")),
    ("standard_webhooks", include_str!("presets/standard_webhooks.yaml")),
    ("stripe", include_str!("presets/stripe.yaml")),
];

/// A preset as it is, checked; `None` when there is none of this name.
pub fn preset(name: &str) -> Option<Signature> {
    compile(&declaration(name)?, Span::default()).ok()
}

/// What a preset declares.
pub(super) fn declaration(name: &str) -> Option<declared::Signature> {
    let (_, text) = PRESETS.iter().find(|(known, _)| *known == name)?;
    built_in(text).ok()
}
