//! The API as an OpenAPI 3.1 document, made from the table of endpoints.

use serde_json::{Map, Value as Json, json};

use super::table::TABLE;
use super::{Endpoint, Field, Kind};
use crate::http::Method;
use crate::plan::Role;

/// The document, for a version of the program.
pub(in crate::gateway) fn document(version: &str) -> Json {
    let mut paths = Map::new();
    for endpoint in TABLE {
        let methods = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        methods[endpoint.method.as_str().to_lowercase()] = operation(endpoint);
    }
    for (path, method, about, role) in BESIDE {
        paths.entry(*path).or_insert_with(|| json!({}))[*method] = beside(about, *role);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Crossdock operations",
            "version": version,
            "description": "What operators ask and do. Send `Authorization: Bearer TOKEN` of a token of `admin: tokens:`.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
        },
        "security": [{ "token": [] }],
    })
}

/// What the listener answers besides.
const BESIDE: &[(&str, &str, &str, Option<Role>)] = &[
    ("/healthz", "get", "200 while the process lives", None),
    ("/readyz", "get", "200 when requests are served, 503 while starting or draining", None),
    ("/metrics", "get", "Counts, as OpenMetrics text", Some(Role::Viewer)),
    ("/config", "get", "What serves, and how the last reload ended", Some(Role::Viewer)),
    ("/reload", "post", "Load the project's files now", Some(Role::Operator)),
    ("/openapi.json", "get", "This document", Some(Role::Viewer)),
];

fn beside(about: &str, role: Option<Role>) -> Json {
    let mut operation = json!({ "summary": about, "responses": { "200": { "description": about } } });
    match role {
        Some(role) => operation["x-role"] = word(role).into(),
        None => operation["security"] = json!([]),
    }
    operation
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Admin => "admin",
    }
}

fn operation(endpoint: &Endpoint) -> Json {
    let names = endpoint.path.split(['{', '}']).skip(1).step_by(2);
    let places = names
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let asked = endpoint.query.iter().map(|field| {
        let Field { name, required, about, .. } = field;
        json!({ "name": name, "in": "query", "required": required, "description": about, "schema": schema(field.kind) })
    });
    let mut parameters: Vec<Json> = places.chain(asked).collect();
    if endpoint.path.ends_with("/actions") {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false, "schema": { "type": "string", "maxLength": 255 },
            "description": "the same request with the same key is done once, for seven days",
        }));
    }
    let gives = format!("#/components/schemas/{}", endpoint.gives);
    let mut operation = json!({
        "summary": endpoint.about,
        "operationId": id(endpoint),
        "x-role": word(endpoint.role),
        "parameters": parameters,
        "responses": {
            "200": { "description": "done", "content": { "application/json": { "schema": { "$ref": gives } } } },
            "default": { "description": "refused", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/problem" } } } },
        },
    });
    if !endpoint.body.is_empty() {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body(endpoint.body) } } });
    }
    operation
}

/// `get_cases_number`
fn id(endpoint: &Endpoint) -> String {
    let method = if endpoint.method == Method::GET { "get" } else { "post" };
    let path: String =
        endpoint.path.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { ' ' }).collect();
    path.split_whitespace().fold(method.to_owned(), |id, part| id + "_" + part)
}

fn body(fields: &[Field]) -> Json {
    let mut properties = Map::new();
    for field in fields {
        let mut schema = schema(field.kind);
        schema["description"] = field.about.into();
        properties.insert(field.name.to_owned(), schema);
    }
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn schema(kind: Kind) -> Json {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Whole => json!({ "type": "integer", "minimum": 0 }),
        Kind::Truth => json!({ "type": "boolean" }),
        Kind::Moment => json!({ "type": "string", "format": "date-time" }),
        Kind::Numbers => {
            json!({ "type": "array", "items": { "type": "integer", "minimum": 1 }, "maxItems": 500 })
        }
        Kind::Object => json!({ "type": "object" }),
        Kind::Any => json!({}),
    }
}

/// What endpoints give: members by their kinds.
const GIVEN: &[(&str, &[(&str, &str)])] = &[
    ("problem", &[("type", "text"), ("title", "text"), ("status", "whole"), ("detail", "text")]),
    ("audit", &[("links", "[link]"), ("after", "whole")]),
    (
        "link",
        &[
            ("number", "whole"),
            ("at", "moment"),
            ("kind", "text"),
            ("who", "text"),
            ("account", "text"),
            ("about", "text"),
            ("what", "any"),
            ("digest", "text"),
        ],
    ),
    (
        "verified",
        &[
            ("holds", "truth"),
            ("why", "text"),
            ("links", "whole"),
            ("instances", "whole"),
            ("journal_entries", "whole"),
            ("audit_links", "whole"),
        ],
    ),
    ("cases", &[("cases", "[case]"), ("before", "whole"), ("groups", "[group]")]),
    (
        "case",
        &[
            ("case", "whole"),
            ("code", "text"),
            ("state", "text"),
            ("cause", "text"),
            ("reference", "text"),
            ("owner", "text"),
            ("assignee", "text"),
            ("queues", "[text]"),
            ("severity", "text"),
            ("category", "text"),
            ("runbook", "text"),
            ("flow", "text"),
            ("step", "text"),
            ("system", "text"),
            ("account", "text"),
            ("instance", "text"),
            ("correlation_id", "text"),
            ("opened_at", "moment"),
            ("updated_at", "moment"),
            ("closed_at", "moment"),
            ("snoozed_until", "moment"),
            ("sla", "sla"),
        ],
    ),
    ("sla", &[("state", "text"), ("acknowledge_by", "moment"), ("resolve_by", "moment"), ("left_ms", "any")]),
    (
        "group",
        &[
            ("cause", "text"),
            ("count", "whole"),
            ("since", "moment"),
            ("oldest", "whole"),
            ("newest", "whole"),
            ("late", "whole"),
            ("code", "text"),
            ("owner", "text"),
            ("system", "text"),
        ],
    ),
    (
        "case_in_full",
        &[
            ("case", "case"),
            ("detail", "any"),
            ("attempts", "whole"),
            ("call", "call"),
            ("inputs", "any"),
            ("instance", "instance"),
            ("history", "[remark]"),
            ("actions", "[text]"),
        ],
    ),
    (
        "call",
        &[
            ("operation", "text"),
            ("attempt", "whole"),
            ("at", "moment"),
            ("ms", "whole"),
            ("inputs", "any"),
            ("outcome", "text"),
            ("status", "whole"),
            ("failure", "text"),
            ("message", "text"),
        ],
    ),
    ("remark", &[("at", "moment"), ("who", "text"), ("action", "text"), ("said", "text")]),
    ("instances", &[("instances", "[instance]"), ("after", "text")]),
    (
        "instance",
        &[
            ("id", "text"),
            ("reference", "text"),
            ("flow", "text"),
            ("digest", "text"),
            ("account", "text"),
            ("client", "text"),
            ("correlation_id", "text"),
            ("status", "text"),
            ("stage", "text"),
            ("next", "next"),
            ("began_at", "moment"),
            ("updated_at", "moment"),
            ("wakes_at", "moment"),
            ("cases", "[whole]"),
        ],
    ),
    (
        "next",
        &[
            ("kind", "text"),
            ("owner", "text"),
            ("person", "text"),
            ("name", "text"),
            ("case", "whole"),
            ("why", "text"),
            ("since", "moment"),
        ],
    ),
    (
        "instance_in_full",
        &[("instance", "instance"), ("open_cases", "[case]"), ("last", "[entry]"), ("actions", "[text]")],
    ),
    (
        "entry",
        &[
            ("number", "whole"),
            ("at", "moment"),
            ("kind", "text"),
            ("step", "text"),
            ("what", "any"),
            ("since_ms", "whole"),
            ("took_ms", "whole"),
            ("words", "text"),
        ],
    ),
    ("stories", &[("stories", "[story]")]),
    (
        "story",
        &[
            ("instance", "instance"),
            ("took_ms", "whole"),
            ("over", "truth"),
            ("waited_for", "[share]"),
            ("entries", "[entry]"),
        ],
    ),
    ("share", &[("party", "text"), ("kind", "text"), ("ms", "whole")]),
    (
        "done",
        &[
            ("case", "whole"),
            ("instance", "text"),
            ("step", "text"),
            ("ok", "truth"),
            ("would", "text"),
            ("why", "text"),
            ("status", "text"),
            ("stage", "text"),
        ],
    ),
    (
        "batch",
        &[
            ("action", "text"),
            ("preview", "truth"),
            ("count", "whole"),
            ("ok", "whole"),
            ("refused", "whole"),
            ("more", "truth"),
            ("results", "[done]"),
        ],
    ),
    ("generations", &[("generations", "[generation]")]),
    (
        "generation",
        &[
            ("digest", "text"),
            ("at", "moment"),
            ("who", "text"),
            ("why", "text"),
            ("serves", "truth"),
            ("instead_of", "text"),
        ],
    ),
    (
        "report",
        &[
            ("applied", "truth"),
            ("generation", "whole"),
            ("digest", "text"),
            ("reasons", "[text]"),
            ("restart_needed", "[text]"),
            ("findings", "any"),
            ("at", "text"),
        ],
    ),
    (
        "store",
        &[
            ("instances", "any"),
            ("open_cases", "whole"),
            ("oldest_open", "moment"),
            ("journal_entries", "whole"),
            ("events", "whole"),
            ("audit_links", "whole"),
            ("used_bytes", "whole"),
            ("free_bytes", "whole"),
            ("in_memory", "whole"),
            ("in_line", "whole"),
        ],
    ),
    ("copied", &[("copied_to", "text")]),
    ("erased", &[("instances", "whole"), ("open", "whole"), ("events", "whole")]),
    ("secrets", &[("secrets", "[secret]")]),
    (
        "secret",
        &[
            ("secret", "text"),
            ("from", "text"),
            ("file", "text"),
            ("since", "moment"),
            ("used_by", "[text]"),
            ("trouble", "text"),
        ],
    ),
    ("events", &[("events", "[event]"), ("after", "whole")]),
    (
        "event",
        &[
            ("number", "whole"),
            ("event", "text"),
            ("key", "text"),
            ("account", "text"),
            ("source", "text"),
            ("id", "text"),
            ("occurred_at", "moment"),
            ("recorded_at", "moment"),
            ("correlation_id", "text"),
            ("instance", "text"),
            ("says", "any"),
        ],
    ),
    ("subscribers", &[("subscribers", "[subscriber]")]),
    (
        "subscriber",
        &[
            ("subscriber", "text"),
            ("events", "[text]"),
            ("account", "text"),
            ("state", "text"),
            ("behind", "whole"),
            ("at_least", "truth"),
            ("oldest_ms", "whole"),
            ("next", "whole"),
            ("failures", "whole"),
            ("failing_since", "moment"),
            ("retry_at", "moment"),
            ("problem", "text"),
        ],
    ),
    ("systems", &[("systems", "[system]")]),
    ("system", &[("system", "text"), ("owner", "text"), ("paused_by", "text")]),
    ("paused", &[("system", "text"), ("paused", "truth"), ("case", "whole")]),
];

fn schemas() -> Json {
    let whole = |(name, members): &(&str, &[(&str, &str)])| {
        let properties: Map<String, Json> =
            members.iter().map(|(name, kind)| ((*name).to_owned(), given(kind))).collect();
        ((*name).to_owned(), json!({ "type": "object", "properties": properties }))
    };
    Json::Object(GIVEN.iter().map(whole).collect())
}

fn given(kind: &str) -> Json {
    match kind {
        "text" => schema(Kind::Text),
        "whole" => json!({ "type": "integer" }),
        "truth" => schema(Kind::Truth),
        "moment" => schema(Kind::Moment),
        "any" => json!({}),
        list if list.starts_with('[') => {
            json!({ "type": "array", "items": given(list.trim_matches(['[', ']'])) })
        }
        other => json!({ "$ref": format!("#/components/schemas/{other}") }),
    }
}
