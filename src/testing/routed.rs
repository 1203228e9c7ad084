//! Whether there is a route for what a test asks.

use crate::config::declarations::test::{Expect, TestRequest};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::http::{Method, Uri};
use crate::plan::{Plan, Route, Target};

/// Where no route takes the request, the test must be about that.
pub(super) fn check(
    plan: &Plan,
    request: &TestRequest,
    method: &Method,
    uri: &Uri,
    expect: &Expect,
) -> Option<Diagnostic> {
    let routes = || plan.routes.iter();
    let meant = expect.status.as_ref().is_some_and(|status| (400..500).contains(&status.value));
    let shakes = |route: &Route| match &route.target {
        Target::Publish(publish) => {
            publish.handshake.query.is_some() && uri.query().is_some() && leads(&route.path, uri.path())
        }
        _ => false,
    };
    if meant
        || routes().any(|route| shakes(route))
        || routes().any(|route| route.method == *method && leads(&route.path, uri.path()))
    {
        return None;
    }
    let methods = [&request.get, &request.post, &request.put, &request.patch, &request.delete];
    let path = methods.into_iter().flatten().next()?;
    let other = routes().find(|route| leads(&route.path, uri.path()));
    let mut known: Vec<&str> =
        routes().filter(|route| route.method == *method).map(|route| &*route.path).collect();
    known.dedup();
    let near = like(uri.path(), &known).map(|near| format!("did you mean `{near}`?"));
    let help = match (other, known.as_slice()) {
        (Some(other), _) => format!("there is `{}`", other.name),
        (None, []) => format!("there is no route with `{method}` at all"),
        (None, known) if known.len() <= 12 => format!("routes with `{method}`: `{}`", known.join("`, `")),
        (None, _) => "write the path of a route under `routes/`".to_owned(),
    };
    let help = format!("{help}; a test that wants to be refused says so: `status: 404`");
    let message = format!("no route takes `{method} {}`", uri.path());
    let finding = Diagnostic::new(&codes::BAD_TEST, path.span, message).help(help);
    Some(Diagnostic { label: near, ..finding })
}

/// Whether a path is of a pattern.
fn leads(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern
            .iter()
            .zip(&path)
            .all(|(own, given)| own.starts_with('{') && !given.is_empty() || own == given)
}

/// The pattern that differs from a path by one slip in one segment.
fn like<'k>(path: &str, known: &[&'k str]) -> Option<&'k str> {
    let differs = |pattern: &&&str| {
        let (own, given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
        let mut others = own.iter().zip(&given).filter(|(own, given)| !own.starts_with('{') && own != given);
        let slip = others.next().is_some_and(|(own, given)| nearest(given, [*own]).is_some());
        own.len() == given.len() && slip && others.next().is_none()
    };
    known.iter().find(differs).copied()
}
