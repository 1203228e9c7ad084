//! What operators ask and do, as an API: one table of endpoints feeds routing, what is checked of a request, and
//! the OpenAPI document.

mod act;
mod amend;
mod ask;
mod audit;
mod batch;
mod cases;
mod config;
mod deed;
mod erase;
mod events;
mod instances;
mod openapi;
mod secrets;
mod select;
mod shape;
mod store;
mod systems;
mod table;
mod trace;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

pub(super) use ask::{Answer, Ask, Refusal, Reply, given};
pub(super) use openapi::document;
use table::TABLE;

use crate::clock::BoxFuture;
use crate::http::Method;
use crate::plan::Role;

/// One endpoint.
pub(super) struct Endpoint {
    pub method: Method,
    /// With `{name}` for parameters.
    pub path: &'static str,
    pub role: Role,
    /// What it does, in a sentence.
    pub about: &'static str,
    pub query: &'static [Field],
    pub body: &'static [Field],
    /// The name of what it gives among the schemas of the OpenAPI document.
    pub gives: &'static str,
    pub run: fn(Ask) -> BoxFuture<'static, Reply>,
}

/// A member of a query or a body.
pub(super) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub about: &'static str,
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    Truth,
    /// RFC 3339, with its offset.
    Moment,
    Numbers,
    Object,
    Any,
}

impl Field {
    /// One that may be left out.
    pub const fn new(name: &'static str, kind: Kind, about: &'static str) -> Field {
        Field { name, kind, required: false, about }
    }

    /// One that must be there.
    pub const fn must(name: &'static str, kind: Kind, about: &'static str) -> Field {
        Field { name, kind, required: true, about }
    }
}

/// What lives as long as the listener: batches that are being done, by person and key.
#[derive(Debug, Default, Clone)]
pub(super) struct Busy(Arc<Mutex<HashSet<Arc<str>>>>);

/// What a path leads to.
pub(super) enum Found {
    Endpoint(&'static Endpoint, Vec<String>),
    /// The path is known with these methods.
    OtherMethod(Vec<&'static str>),
    Nothing,
}

/// Finds the endpoint of a request.
pub(super) fn find(method: &Method, path: &str) -> Found {
    let mut methods = Vec::new();
    for endpoint in TABLE {
        let Some(parameters) = parameters(endpoint.path, path) else { continue };
        if endpoint.method == *method {
            return Found::Endpoint(endpoint, parameters);
        }
        methods.push(endpoint.method.as_str());
    }
    if methods.is_empty() { Found::Nothing } else { Found::OtherMethod(methods) }
}

/// What stands in the places of a pattern's parameters.
fn parameters(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut own, mut names) = (path.split('/'), Vec::new());
    for part in pattern.split('/') {
        let given = own.next()?;
        match part.starts_with('{') {
            true if given.is_empty() => return None,
            true => names.push(ask::decoded(given)),
            false if part != given => return None,
            false => {}
        }
    }
    own.next().is_none().then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_paths_are_not_taken_for_parameters() {
        let found = |method: Method, path: &str| match find(&method, path) {
            Found::Endpoint(endpoint, names) => format!("{} {names:?}", endpoint.path),
            Found::OtherMethod(methods) => methods.join(","),
            Found::Nothing => "nothing".to_owned(),
        };
        assert_eq!(found(Method::GET, "/cases/12"), r#"/cases/{number} ["12"]"#);
        assert_eq!(found(Method::POST, "/cases/actions"), "/cases/actions []");
        assert_eq!(found(Method::GET, "/trace/BK%2F1"), r#"/trace/{reference} ["BK/1"]"#);
        assert_eq!(found(Method::DELETE, "/cases/12"), "GET");
        assert_eq!(found(Method::GET, "/cases/"), "nothing");
    }

    #[test]
    fn every_endpoint_is_in_the_document() {
        let document = document("1.0.0");
        for endpoint in TABLE {
            let own = &document["paths"][endpoint.path][endpoint.method.as_str().to_lowercase()];
            assert_eq!(own["summary"], endpoint.about, "{} {}", endpoint.method, endpoint.path);
            let gives = &document["components"]["schemas"][endpoint.gives];
            assert!(gives.is_object(), "there is no schema `{}`", endpoint.gives);
            let fields = |names: &[Field]| names.iter().map(|field| field.name).collect::<Vec<_>>();
            for name in fields(endpoint.body) {
                let body = &own["requestBody"]["content"]["application/json"]["schema"]["properties"];
                assert!(body[name].is_object(), "{}: `{name}`", endpoint.path);
            }
            let parameters = own["parameters"].as_array().cloned().unwrap_or_default();
            for name in fields(endpoint.query) {
                assert!(parameters.iter().any(|own| own["name"] == name), "{}: `{name}`", endpoint.path);
            }
        }
    }

    #[test]
    fn nobody_but_an_admin_changes_what_serves_or_copies_the_store() {
        let role = |path: &str| TABLE.iter().find(|endpoint| endpoint.path == path).map(|own| own.role);
        assert_eq!(role("/config/rollback"), Some(Role::Admin));
        assert_eq!(role("/store/backup"), Some(Role::Admin));
        let posts = TABLE.iter().filter(|endpoint| endpoint.method == Method::POST);
        assert!(posts.into_iter().all(|endpoint| endpoint.role >= Role::Operator));
    }
}
