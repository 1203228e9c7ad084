//! The operators' listener: health, metrics, what serves, and reload. Beyond health it asks who you are.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Gateway;
use super::operations::{self, Answer, Ask, Busy, Found, Refusal};
use super::reload::Reloader;
use crate::auth::inbound::{BEARER, bearer};
use crate::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use crate::plan::{Role, Settings};

/// Answers operators.
#[derive(Debug)]
pub struct Admin {
    gateway: Arc<Gateway>,
    reloader: Arc<Reloader>,
    busy: Busy,
}

impl Admin {
    /// The operators' side of a gateway.
    pub fn new(gateway: Arc<Gateway>, reloader: Arc<Reloader>) -> Admin {
        Admin { gateway, reloader, busy: Busy::default() }
    }

    /// Answers one request.
    pub async fn answer(&self, request: Request) -> Response {
        let path = request.uri.path();
        let method = if request.method == Method::HEAD { &Method::GET } else { &request.method };
        match (method, path) {
            (&Method::GET, "/healthz") => text(StatusCode::OK, "ok\n"),
            (&Method::GET, "/readyz") => self.ready(),
            (&Method::GET, "/metrics") => match self.allowed(&request, Role::Viewer) {
                Ok(_) => self.metrics().await,
                Err(refused) => refused,
            },
            (&Method::GET, "/config") => {
                self.allowed(&request, Role::Viewer).map_or_else(|refused| refused, |_| self.config())
            }
            (&Method::POST, "/reload") => match self.allowed(&request, Role::Operator) {
                Ok((who, _)) => self.reload(&who).await,
                Err(refused) => refused,
            },
            (_, "/healthz" | "/readyz" | "/metrics" | "/config") => wrong_method("GET, HEAD"),
            (_, "/reload") => wrong_method("POST"),
            (&Method::GET, "/openapi.json") => {
                let document = operations::document(env!("CARGO_PKG_VERSION"));
                self.allowed(&request, Role::Viewer)
                    .map_or_else(|refused| refused, |_| json_answer(StatusCode::OK, &document))
            }
            (_, "/openapi.json") => wrong_method("GET, HEAD"),
            _ => self.operate(method.clone(), request).await,
        }
    }

    /// An endpoint of the operations API.
    async fn operate(&self, method: Method, request: Request) -> Response {
        let (endpoint, parameters) = match operations::find(&method, request.uri.path()) {
            Found::Endpoint(endpoint, parameters) => (endpoint, parameters),
            Found::OtherMethod(methods) => return wrong_method(&methods.join(", ")),
            Found::Nothing => return text(StatusCode::NOT_FOUND, "there is nothing here\n"),
        };
        let (who, role) = match self.allowed(&request, endpoint.role) {
            Ok(known) => known,
            Err(refused) => return refused,
        };
        let key = request.headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(Arc::from);
        let given = match operations::given(endpoint, request).await {
            Ok(given) => given,
            Err(refusal) => return problem(&refusal),
        };
        let (gateway, reloader) = (Arc::clone(&self.gateway), Arc::clone(&self.reloader));
        let busy = self.busy.clone();
        match (endpoint.run)(Ask { gateway, reloader, busy, who, role, parameters, given, key }).await {
            Ok(Answer::Json(value)) => {
                let body = String::from_utf8_lossy(&crate::codec::json::encode_pretty(&value)).into_owned();
                typed(StatusCode::OK, "application/json", &format!("{body}\n"))
            }
            Ok(Answer::Raw(body)) => typed(StatusCode::OK, "application/json", &body),
            Ok(Answer::Text(body)) => text(StatusCode::OK, &body),
            Err(refusal) => problem(&refusal),
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
    fn allowed(&self, request: &Request, role: Role) -> Result<(Arc<str>, Role), Response> {
        let generation = self.gateway.generation();
        match bearer(&request.headers).and_then(|token| generation.tokens.owner(token)) {
            Some((who, own)) if *own >= role => Ok((Arc::clone(who), *own)),
            Some(_) => Err(text(StatusCode::FORBIDDEN, "your role may not do this\n")),
            None => {
                let mut refused = text(StatusCode::UNAUTHORIZED, "send `Authorization: Bearer <token>`\n");
                refused.headers.insert("www-authenticate", HeaderValue::from_static(BEARER));
                Err(refused)
            }
        }
    }

    async fn metrics(&self) -> Response {
        match self.gateway.engine().subscribed().await {
            Ok(all) => {
                let one = |one: &crate::flow::engine::Subscribed| {
                    (Arc::clone(&one.cursor.name), one.backlog.events, one.oldest, one.cursor.disabled)
                };
                let all: Vec<_> = all.iter().map(one).collect();
                let told = all.iter().map(|(name, behind, oldest, stopped)| {
                    (&**name, *behind, oldest.unwrap_or_default(), *stopped)
                });
                self.gateway.metrics().subscribers(&told.collect::<Vec<_>>());
            }
            Err(error) => tracing::warn!(target: "crossdock::store", %error, "subscribers cannot be counted"),
        }
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
            "kept_generation_serves": self.reloader.history().is_some_and(|history| history.is_instead()),
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
        let report = self.reloader.reload_for(who, &format!("asked for by {who}")).await;
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
    typed(status, "application/json", &format!("{body:#}\n"))
}

fn typed(status: StatusCode, media_type: &'static str, body: &str) -> Response {
    let mut answer = text(status, body);
    answer.headers.insert("content-type", HeaderValue::from_static(media_type));
    answer
}

/// A refusal as a problem document (RFC 9457).
fn problem(refusal: &Refusal) -> Response {
    let title = refusal.status.canonical_reason().unwrap_or("refused");
    let body = json!({
        "type": "about:blank", "title": title, "status": refusal.status.as_u16(), "detail": refusal.why,
    });
    typed(refusal.status, "application/problem+json", &format!("{body:#}\n"))
}

fn wrong_method(allowed: &str) -> Response {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "this method is not offered here\n");
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        answer.headers.insert("allow", allowed);
    }
    answer
}
