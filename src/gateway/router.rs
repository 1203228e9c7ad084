//! Which route answers: by method and path, then host, headers and version, then body fields.
//!
//! Paths match exactly: case matters, a trailing slash matters, `%2F` separates nothing. Among
//! routes of one method and path the one that asks for most wins: host before headers before
//! version before body fields; what is still equal goes by the order of declaration.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::http::{HeaderMap, Method};
use crate::plan::{Match, Route};
use crate::value::Value;

/// Every route of a plan, ready to be asked.
#[derive(Debug)]
pub struct Router {
    paths: matchit::Router<Methods>,
}

/// The routes of one path by method, best first.
#[derive(Debug, Default)]
struct Methods(Vec<(Method, Vec<usize>)>);

/// What a request asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub method: &'a Method,
    /// The raw path, as it came.
    pub path: &'a str,
    /// Lower case, without port.
    pub host: Option<&'a str>,
    pub headers: &'a HeaderMap,
}

/// What the router found; routes are places in the plan's list.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// The routes that may answer, best first: more than one only where body fields decide.
    /// Path parameters in the order of the path, decoded.
    Routes { routes: Vec<usize>, params: Vec<String> },
    /// No such path, or nothing there fits host, headers and version.
    Nothing,
    /// The path exists; these are its methods, sorted.
    Methods(Vec<Method>),
    /// The path's percent-encoding is broken, or is not UTF-8.
    BadPath,
}

impl Router {
    /// The router of a plan's routes. An error names two routes that cannot stand beside each other;
    /// `check` has found those before.
    pub fn new(routes: &[Arc<Route>]) -> Result<Router, String> {
        let mut grouped: BTreeMap<String, Methods> = BTreeMap::new();
        for (at, route) in routes.iter().enumerate() {
            grouped.entry(shape_of(&route.path)).or_default().add(&route.method, at);
        }
        let mut paths = matchit::Router::new();
        for (shape, mut methods) in grouped {
            methods.sort(routes);
            paths
                .insert(&shape, methods)
                .map_err(|error| format!("the path `{shape}` cannot be served: {error}"))?;
        }
        Ok(Router { paths })
    }

    /// Finds the routes for a request. `HEAD` takes the routes of `GET`.
    pub fn find(&self, routes: &[Arc<Route>], asked: Asked<'_>) -> Found {
        let Some(path) = normalised(asked.path) else { return Found::BadPath };
        let Ok(matched) = self.paths.at(&path) else { return Found::Nothing };
        let Some(params) = matched.params.iter().map(|(_, raw)| decoded(raw)).collect::<Option<Vec<_>>>()
        else {
            return Found::BadPath;
        };
        // A parameter that is a dot segment would walk out of an upstream path (RFC 3986 §5.2.4).
        if params.iter().any(|param| param == "." || param == "..") {
            return Found::Nothing;
        }
        let Some(candidates) = matched.value.of(asked.method) else {
            return Found::Methods(matched.value.names());
        };
        let version = version_asked(asked.headers);
        let fits =
            |at: &&usize| routes.get(**at).is_some_and(|route| head_fits(&route.matches, &asked, version));
        let routes = until_decided(candidates.iter().filter(fits).copied(), routes);
        if routes.is_empty() { Found::Nothing } else { Found::Routes { routes, params } }
    }
}

impl Methods {
    fn add(&mut self, method: &Method, at: usize) {
        match self.0.iter_mut().find(|(own, _)| own == method) {
            Some((_, routes)) => routes.push(at),
            None => self.0.push((method.clone(), vec![at])),
        }
    }

    fn sort(&mut self, routes: &[Arc<Route>]) {
        for (_, own) in &mut self.0 {
            own.sort_by_key(|at| {
                (std::cmp::Reverse(routes.get(*at).map(|route| weight(&route.matches))), *at)
            });
        }
    }

    fn of(&self, method: &Method) -> Option<&[usize]> {
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        self.0.iter().find(|(own, _)| own == wanted).map(|(_, routes)| routes.as_slice())
    }

    /// The methods a caller may use, `HEAD` and `OPTIONS` included.
    fn names(&self) -> Vec<Method> {
        let mut names: Vec<Method> = self.0.iter().map(|(method, _)| method.clone()).collect();
        if names.contains(&Method::GET) {
            names.push(Method::HEAD);
        }
        names.push(Method::OPTIONS);
        names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        names
    }
}

/// Of these routes by place, the first whose body fields fit the body as the caller sent it.
pub fn decide(candidates: &[usize], routes: &[Arc<Route>], body: Option<&Value>) -> Option<usize> {
    candidates.iter().copied().find(|at| {
        routes.get(*at).is_some_and(|route| {
            route
                .matches
                .body
                .iter()
                .all(|(at, wanted)| body.and_then(|body| body.pointer(at.as_str())) == Some(wanted))
        })
    })
}

/// How much a route asks for: more is asked first.
fn weight(matches: &Match) -> (bool, usize, bool, usize) {
    (matches.host.is_some(), matches.headers.len(), matches.version.is_some(), matches.body.len())
}

/// Up to and including the first route that asks nothing of the body: none behind it can win.
fn until_decided(fitting: impl Iterator<Item = usize>, routes: &[Arc<Route>]) -> Vec<usize> {
    let mut kept = Vec::new();
    for at in fitting {
        kept.push(at);
        if routes.get(at).is_some_and(|route| route.matches.body.is_empty()) {
            break;
        }
    }
    kept
}

fn head_fits(matches: &Match, asked: &Asked<'_>, version: Option<u32>) -> bool {
    matches.host.as_deref().is_none_or(|host| asked.host == Some(host))
        && matches.version.is_none_or(|own| version == Some(own))
        && matches.headers.iter().all(|(name, value)| {
            asked.headers.get_all(name).iter().any(|sent| sent.as_bytes() == value.as_bytes())
        })
}

/// The API version asked for: `X-Api-Version: 2`, or `Accept: application/json; version=2`.
fn version_asked(headers: &HeaderMap) -> Option<u32> {
    let direct = headers.get("x-api-version").and_then(|value| value.to_str().ok());
    direct.and_then(|text| text.trim().parse().ok()).or_else(|| {
        let accept = headers.get("accept")?.to_str().ok()?;
        let mut params = accept.split([',', ';']).filter_map(|part| part.trim().split_once('='));
        params.find(|(name, _)| name.eq_ignore_ascii_case("version"))?.1.trim_matches('"').parse().ok()
    })
}

/// The template with its parameters named by place, so that `/a/{x}` and `/a/{y}/b` stand together.
fn shape_of(path: &str) -> String {
    let mut at = 0;
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') && segment.ends_with('}') {
            at += 1;
            format!("{{p{at}}}")
        } else {
            segment.replace('{', "{{").replace('}', "}}")
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The path with percent-encoded unreserved characters written plainly (RFC 3986 §6.2.2.2), so that
/// `/%761` is `/v1`. `None` when an encoding is broken.
fn normalised(path: &str) -> Option<std::borrow::Cow<'_, str>> {
    if !path.contains('%') {
        return Some(path.into());
    }
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        plain.push_str(rest.get(..at)?);
        let code =
            rest.get(at + 1..at + 3).filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        let byte = u8::from_str_radix(code, 16).ok()?;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            plain.push(char::from(byte));
        } else {
            plain.push('%');
            plain.push_str(code);
        }
        rest = rest.get(at + 3..)?;
    }
    plain.push_str(rest);
    Some(plain.into())
}

/// A parameter's text; `None` when it is not UTF-8 or holds a control character.
fn decoded(raw: &str) -> Option<String> {
    let text = percent_encoding::percent_decode_str(raw).decode_utf8().ok()?;
    (!text.chars().any(char::is_control)).then(|| text.into_owned())
}

#[cfg(test)]
mod tests;
