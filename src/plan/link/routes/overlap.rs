//! Two routes that answer the same requests.
//!
//! The gateway asks the route with the most conditions first, so that one route never hides another
//! whose conditions differ: only equal conditions overlap.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::link::findings::Findings;
use crate::plan::{Match, Route};

/// Finds routes with the same method, the same path but for the names of parameters, and the same match.
pub(super) fn check(routes: &[Arc<Route>], findings: &mut Findings) {
    let mut first: BTreeMap<(String, String), Vec<&Arc<Route>>> = BTreeMap::new();
    for route in routes {
        let same = first.entry((route.method.to_string(), shape(&route.path))).or_default();
        match same.iter().find(|other| alike(&other.matches, &route.matches)) {
            Some(other) => findings.add(overlapping(other, route)),
            None => same.push(route),
        }
    }
}

fn overlapping(first: &Route, second: &Route) -> Diagnostic {
    Diagnostic::new(
        &codes::OVERLAPPING_ROUTES,
        second.span,
        format!("`{}` answers the same requests as `{}`", second.name, first.name),
    )
    .related(first.span, "the first one")
    .help("remove one of them, or tell them apart with `match:` by host, headers, version or body")
}

/// The path with its parameters unnamed.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn alike(a: &Match, b: &Match) -> bool {
    let sorted = |matches: &Match| {
        let mut sorted = matches.clone();
        sorted.headers.sort_by(|a, b| (a.0.as_str(), &a.1).cmp(&(b.0.as_str(), &b.1)));
        sorted
    };
    sorted(a) == sorted(b)
}
