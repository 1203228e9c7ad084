//! The operators' listener: health, metrics, what serves, and reload. Beyond health it asks who you are.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Gateway;
use super::reload::Reloader;
use crate::auth::inbound::{BEARER, bearer};
use crate::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use crate::plan::{Role, Settings};

/// Answers operators.
#[derive(Debug)]
pub struct Admin {
    gateway: Arc<Gateway>,
    reloader: Arc<Reloader>,
}

impl Admin {
    /// The operators' side of a gateway.
    pub fn new(gateway: Arc<Gateway>, reloader: Arc<Reloader>) -> Admin {
        Admin { gateway, reloader }
    }

    /// Answers one request.
    pub async fn answer(&self, request: Request) -> Response {
        let path = request.uri.path();
        let method = if request.method == Method::HEAD { &Method::GET } else { &request.method };
        match (method, path) {
            (&Method::GET, "/healthz") => text(StatusCode::OK, "ok\n"),
            (&Method::GET, "/readyz") => self.ready(),
            (&Method::GET, "/metrics") => {
                self.allowed(&request, Role::Viewer).map_or_else(|refused| refused, |_| self.metrics())
            }
            (&Method::GET, "/config") => {
                self.allowed(&request, Role::Viewer).map_or_else(|refused| refused, |_| self.config())
            }
            (&Method::POST, "/reload") => match self.allowed(&request, Role::Operator) {
                Ok(who) => self.reload(&who).await,
                Err(refused) => refused,
            },
            (_, "/healthz" | "/readyz" | "/metrics" | "/config") => wrong_method("GET, HEAD"),
            (_, "/reload") => wrong_method("POST"),
            _ => text(StatusCode::NOT_FOUND, "there is nothing here\n"),
        }
    }

    fn ready(&self) -> Response {
        if self.gateway.is_ready() {
            text(StatusCode::OK, "ready\n")
        } else {
            text(StatusCode::SERVICE_UNAVAILABLE, "draining\n")
        }
    }

    /// Who it is, when a request's bearer token (RFC 6750) has `role`; else the refusal.
    fn allowed(&self, request: &Request, role: Role) -> Result<Arc<str>, Response> {
        let generation = self.gateway.generation();
        match bearer(&request.headers).and_then(|token| generation.tokens.owner(token)) {
            Some((who, own)) if *own >= role => Ok(Arc::clone(who)),
            Some(_) => Err(text(StatusCode::FORBIDDEN, "your role may not do this\n")),
            None => {
                let mut refused = text(StatusCode::UNAUTHORIZED, "send `Authorization: Bearer <token>`\n");
                refused.headers.insert("www-authenticate", HeaderValue::from_static(BEARER));
                Err(refused)
            }
        }
    }

    fn metrics(&self) -> Response {
        let mut answer = text(StatusCode::OK, &self.gateway.metrics().render());
        let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        answer.headers.insert("content-type", HeaderValue::from_static(media_type));
        answer
    }

    fn config(&self) -> Response {
        let generation = self.gateway.generation();
        let plan = &generation.plan;
        let body = json!({
            "gateway": &*plan.settings.name,
            "generation": generation.number,
            "digest": &*plan.digest,
            "listen": self.listening(&plan.settings),
            "routes": plan.routes.iter().map(|route| shown(route)).collect::<Vec<Json>>(),
            "flows": plan.flows.values().map(|flow| json!({
                "flow": &**flow.name(), "owner": flow.owner().map(|owner| &**owner), "digest": &**flow.digest(),
            })).collect::<Vec<Json>>(),
            "last_reload": self.reloader.last().json(),
        });
        json_answer(StatusCode::OK, &body)
    }

    /// Where callers and operators come in: what is so, not what was asked for.
    fn listening(&self, settings: &Settings) -> Json {
        match self.gateway.listening.get() {
            Some((public, admin)) => json!({ "public": public.to_string(), "admin": admin.to_string() }),
            None => json!({ "public": &*settings.public, "admin": &*settings.admin }),
        }
    }

    async fn reload(&self, who: &str) -> Response {
        let report = self.reloader.reload(&format!("asked for by {who}")).await;
        let status = if report.applied { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        json_answer(status, &report.json())
    }
}

fn shown(route: &crate::plan::Route) -> Json {
    json!({
        "route": &*route.name,
        "api": &*route.api,
        "method": route.method.as_str(),
        "path": &*route.path,
        "version": route.version,
        "owner": route.owner.as_deref(),
        "scope": route.scope.as_deref(),
    })
}

fn text(status: StatusCode, body: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    Response { status, headers, body: body.to_owned().into(), feed: None }
}

fn json_answer(status: StatusCode, body: &Json) -> Response {
    let mut answer = text(status, &format!("{body:#}\n"));
    answer.headers.insert("content-type", HeaderValue::from_static("application/json"));
    answer
}

fn wrong_method(allowed: &'static str) -> Response {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "this method is not offered here\n");
    answer.headers.insert("allow", HeaderValue::from_static(allowed));
    answer
}
