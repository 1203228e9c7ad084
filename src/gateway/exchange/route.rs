//! Which route a request is for, and what `OPTIONS` says.

use super::{Answer, Exchange, cors, handshake};
use crate::gateway::problem::{MALFORMED_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND, Problem};
use crate::gateway::router::{Asked, Found as Routed};
use crate::http::{HeaderName, Method, StatusCode};

/// The routes that may answer and the path's parameters.
#[derive(Debug)]
pub(super) struct Found {
    /// Best first; more than one only where body fields decide.
    pub candidates: Vec<usize>,
    pub params: Vec<String>,
}

/// Finds the route, or the problem with what was asked for.
pub(super) fn find(exchange: &mut Exchange<'_>) -> Result<Found, Problem> {
    match look_up(exchange, &exchange.head.method) {
        Routed::Routes { routes: candidates, params } => {
            exchange.route = candidates.first().copied();
            Ok(Found { candidates, params })
        }
        Routed::Nothing => Err(Problem::new(&NOT_FOUND)),
        Routed::Methods(methods) => {
            Err(Problem::new(&METHOD_NOT_ALLOWED).header(HeaderName::from_static("allow"), &joined(&methods)))
        }
        Routed::BadPath => {
            Err(Problem::new(&MALFORMED_REQUEST).detail("the path is not percent-encoded UTF-8"))
        }
    }
}

/// Answers `OPTIONS`: which methods there are, and to a browser's preflight what it may send.
pub(super) fn options(exchange: &mut Exchange<'_>) -> Result<Answer, Problem> {
    let methods = match look_up(exchange, &Method::OPTIONS) {
        Routed::Methods(methods) => methods,
        _ if exchange.head.uri.path() == "*" => Vec::new(),
        _ => return Err(Problem::new(&NOT_FOUND)),
    };
    let mut answer = Answer::empty(StatusCode::NO_CONTENT);
    answer.header("allow", &joined(&methods));
    handshake::origin(exchange, &mut answer);
    let headers = &exchange.head.headers;
    if cors::is_preflight(&exchange.head.method, headers) {
        let wanted = headers.get("access-control-request-method").map(|wanted| wanted.as_bytes());
        let wanted = wanted.and_then(|wanted| Method::from_bytes(wanted).ok());
        if let Some(Routed::Routes { routes, .. }) = wanted.map(|method| look_up(exchange, &method)) {
            let route = routes.first().and_then(|at| exchange.generation.plan.routes.get(*at));
            if let Some(cors) = route.and_then(|route| route.cors.as_ref()) {
                answer.headers.extend(cors::preflight(cors, headers, &methods));
            }
        }
    }
    Ok(answer)
}

pub(super) fn look_up(exchange: &Exchange<'_>, method: &Method) -> Routed {
    let (head, generation) = (exchange.head, exchange.generation);
    let host = host_of(exchange);
    let asked = Asked { method, path: head.uri.path(), host: host.as_deref(), headers: &head.headers };
    generation.router.find(&generation.plan.routes, asked)
}

/// The host the caller used, lower case and without port: the target's (HTTP/2), else `Host`.
fn host_of(exchange: &Exchange<'_>) -> Option<String> {
    let head = exchange.head;
    if let Some(host) = head.uri.host() {
        return Some(host.to_ascii_lowercase());
    }
    let host = head.headers.get("host")?.to_str().ok()?;
    let end = if host.starts_with('[') { host.find(']').map(|at| at + 1) } else { host.rfind(':') };
    Some(host.get(..end.unwrap_or(host.len()))?.to_ascii_lowercase())
}

fn joined(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}
