//! Whom the gateway may call: the rules of `gateway.yaml`, and systems that they refuse.

use std::sync::Arc;

use super::findings::Findings;
use super::settings::plain;
use super::systems::Systems;
use crate::config::declarations::Text;
use crate::config::declarations::gateway::Egress;
use crate::diagnostic::{Diagnostic, codes};
use crate::http::{EgressGuard, EgressRule};
use crate::system;

/// The guard that `egress` declares.
pub(super) fn link(file: &Egress, findings: &mut Findings) -> Arc<EgressGuard> {
    let mut rules = |texts: &[Text]| texts.iter().filter_map(|text| rule(text, findings)).collect::<Vec<_>>();
    let allow = file.allow.as_deref().map(&mut rules);
    Arc::new(EgressGuard::new(allow, rules(&file.private)))
}

/// `None` with a finding, or for a variable without a value, which `serve` asks for.
fn rule(text: &Text, findings: &mut Findings) -> Option<EgressRule> {
    let words = plain(text)?;
    let rule = words.parse().map_err(|why| {
        Diagnostic::new(&codes::BAD_ADDRESS, text.span, format!("`{words}` {why}")).help(
            "write a host, `*.` and what stands behind it, an address or a range, such as `erp.example`, `*.example:443`, `10.0.0.0/8`",
        )
    });
    findings.keep(rule)
}

/// Says which systems the rules let nobody call.
pub(super) fn check(systems: &Systems, guard: &EgressGuard, findings: &mut Findings) {
    for system in systems.values() {
        for (span, why) in system::refused_egress(system, guard) {
            findings.add(Diagnostic::new(&codes::REFUSED_EGRESS, span, why));
        }
    }
}
