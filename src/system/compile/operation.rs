//! One operation: its method and path, its inputs, and what the other files here make of the rest.

use std::sync::Arc;
use std::time::Duration;

use super::{Deps, Findings, bounds, effect, path, request, response};
use crate::config::declarations::system::{Envelope, Operation as Declared, SystemFile};
use crate::config::declarations::{Name, Text};
use crate::diagnostic::{Diagnostic, codes};
use crate::http::Method;
use crate::mapping::{Compiled, Mapping, Scope};
use crate::schema::{Field, Schema, Type};
use crate::system::operation::{Body, Operation, Rpc, Take};

/// What is known of an operation while the rest of it is compiled.
pub(super) struct Draft<'a> {
    pub name: &'a Name,
    pub method: Method,
    pub takes: Vec<Take>,
    pub gives: Option<&'a Type>,
    pub gives_name: Option<&'a Name>,
    /// `takes` and `call`.
    pub scope: Scope,
}

pub(super) fn compile(
    file: &SystemFile,
    name: &Name,
    declared: &Declared,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Option<Operation> {
    let (method, pattern) = method(name, declared, findings)?;
    let takes = takes(declared, deps, findings)?;
    let gives = response::gives(declared, deps, findings);
    if declared.gives.is_some() && gives.is_none() {
        return None;
    }
    let scope = scope(&takes);
    let path = path::compile(pattern, &scope, &deps.environment, findings);
    let draft =
        Draft { name, method, takes, gives: gives.as_ref(), gives_name: declared.gives.as_ref(), scope };
    let request_shape = request::body(&draft, declared.request.as_ref(), deps, findings);
    let response_shape = response::shape(&draft, declared.response.as_ref(), deps, findings);
    let rules = response::rules(file, declared, deps, findings);
    let query = request::query(declared, &draft.scope, deps, findings);
    let headers = request::headers(file, declared, &draft.scope, deps, findings);
    let envelope = envelope(file, &draft, declared, findings);
    effect::check(name, declared, findings);
    let key = effect::key(declared, &draft.scope, deps, findings);
    let whole = file.timeout.as_ref().map_or(Duration::from_secs(5), |lapse| lapse.value.0);
    let timeout = bounds::lapse(&declared.timeout, "timeout", whole, findings);
    let retry = bounds::retry(declared.retry.as_ref().or(file.retry.as_ref()), findings);
    let Draft { method, takes, .. } = draft;
    let (request, response) = (request_shape?, response_shape?);
    Some(Operation {
        name: name.value.as_str().into(),
        takes,
        gives_name: declared.gives.as_ref().map(|name| name.value.as_str().into()),
        contract: contract(declared),
        method,
        effect: declared.effect.value,
        behind: declared.behind.as_ref().map(|guard| guard.value.as_str().into()),
        retry,
        timeout,
        cache: effect::cache(declared, findings),
        key,
        // Linked once every operation is known.
        probe: None,
        envelope,
        wire_schemas: [&request.schema, &response.schema]
            .into_iter()
            .flatten()
            .map(|schema| schema.name.clone())
            .filter(|name| !name.starts_with("canonical/"))
            .collect(),
        mappings: mappings(&request.body, &response.map),
        may_be_absent: rules.not_found.is_some(),
        span: name.span,
        path: path?,
        query,
        headers,
        request,
        response,
        rules,
        gives,
    })
}

fn contract(declared: &Declared) -> Arc<str> {
    let takes = declared.takes.iter().map(|(name, ty)| format!("{}: {}", name.value, ty.value));
    let takes = takes.collect::<Vec<_>>().join(", ");
    let gives = declared.gives.as_ref().map_or("nothing", |gives| gives.value.as_str());
    format!("({takes}) -> {gives}").into()
}

impl Operation {
    /// Names of the secrets that its programs need.
    pub(super) fn secrets(&self) -> Vec<Arc<str>> {
        let programs = self.headers.iter().map(|(_, program)| program);
        programs.flat_map(|program: &Compiled| program.secrets.iter().cloned()).collect()
    }
}

/// Digits of a mapping's digest that tell its versions apart.
const DIGITS: usize = 12;

fn mappings(body: &Body, map: &Option<Arc<Mapping>>) -> Arc<[Arc<str>]> {
    let request = match body {
        Body::Mapped(mapping, _) => Some(mapping),
        _ => None,
    };
    let version = |mapping: &Arc<Mapping>| {
        let digits = mapping.digest.get(..DIGITS).unwrap_or(&mapping.digest);
        Arc::from(format!("{}@{digits}", mapping.name))
    };
    request.into_iter().chain(map).map(version).collect()
}

/// The one method that stands in an operation, and its path.
fn method<'a>(name: &Name, declared: &'a Declared, findings: &mut Findings) -> Option<(Method, &'a Text)> {
    let all = [
        (Method::GET, &declared.get),
        (Method::POST, &declared.post),
        (Method::PUT, &declared.put),
        (Method::PATCH, &declared.patch),
        (Method::DELETE, &declared.delete),
    ];
    let mut given = all.into_iter().filter_map(|(method, path)| Some((method, path.as_ref()?)));
    let Some(first) = given.next() else {
        let message = format!("`{}` says neither how nor where it is called", name.value);
        let help = "add one of `get:`, `post:`, `put:`, `patch:`, `delete:` with the path";
        findings.add(Diagnostic::new(&codes::MISSING_KEY, name.span, message).help(help));
        return None;
    };
    if let Some((_, second)) = given.next() {
        let message = format!("`{}` has two methods", name.value);
        findings.add(
            Diagnostic::new(&codes::CONFLICTING_KEYS, second.span, message)
                .related(first.1.span, "the first is here")
                .help("make each its own operation"),
        );
        return None;
    }
    Some(first)
}

fn takes(declared: &Declared, deps: &Deps<'_>, findings: &mut Findings) -> Option<Vec<Take>> {
    let takes: Vec<Option<Take>> = declared
        .takes
        .iter()
        .map(|(name, of)| {
            let (words, required) = match of.value.strip_suffix('?') {
                Some(words) => (words, false),
                None => (of.value.as_str(), true),
            };
            let ty = ty(of, words, deps, findings)?;
            Some(Take { name: name.value.as_str().into(), ty, required })
        })
        .collect();
    takes.into_iter().collect()
}

/// The type called `words`; `name` is where it stands.
pub(super) fn ty(name: &Name, words: &str, deps: &Deps<'_>, findings: &mut Findings) -> Option<Type> {
    match Type::parse(words, deps.environment.schemas) {
        Ok(ty) => Some(ty),
        Err(unknown) => {
            let code = if unknown.name.contains('/') { &codes::UNKNOWN_SCHEMA } else { &codes::UNKNOWN_TYPE };
            let what = if unknown.name.contains('/') { "schema" } else { "type" };
            let finding = Diagnostic::new(code, name.span, format!("there is no {what} `{}`", unknown.name));
            findings.add(match unknown.nearest {
                Some(near) => finding.label(format!("did you mean `{near}`?")),
                None => finding.help(
                    "write `string`, `integer`, `decimal`, `boolean`, `date`, `date-time` or a schema's name",
                ),
            });
            None
        }
    }
}

/// The schema called `name`.
pub(super) fn schema(name: &Name, deps: &Deps<'_>, findings: &mut Findings) -> Option<Arc<Schema>> {
    let found = deps.environment.schemas.get(&name.value);
    if found.is_none() {
        let names = deps.environment.schemas.names();
        findings.unknown(&codes::UNKNOWN_SCHEMA, "schema", name, names.iter().map(|name| &**name));
    }
    found
}

/// The names that an operation's programs see: `takes`, then `call`.
pub(super) fn scope(takes: &[Take]) -> Scope {
    let scope = takes.iter().fold(Scope::new(), |scope, take| match take.required {
        true => scope.with(take.name.clone(), take.ty.clone()),
        false => scope.with_optional(take.name.clone(), take.ty.clone()),
    });
    let field = |required| Field { ty: Type::text(), required };
    let call = vec![("account".into(), field(false)), ("correlationId".into(), field(true))];
    scope.with("call", Type::object(call))
}

fn envelope(
    file: &SystemFile,
    draft: &Draft<'_>,
    declared: &Declared,
    findings: &mut Findings,
) -> Option<Rpc> {
    let version = declared.envelope.as_ref().or(file.envelope.as_ref()).map(|envelope| envelope.value);
    let version = version.filter(|version| *version != Envelope::None);
    let wrong = |message: String, help: &str| {
        Diagnostic::new(&codes::BAD_ENVELOPE, draft.name.span, message).help(help)
    };
    match (version, &declared.method) {
        (None, None) => None,
        (None, Some(method)) => {
            let message = format!("`method: {}` stands inside an envelope, and there is none", method.value);
            findings.add(wrong(message, "add `envelope: json_rpc_2` or `json_rpc_1`, or leave `method` out"));
            None
        }
        (Some(_), None) => {
            let message = format!("`{}` is wrapped by JSON-RPC, but names no method", draft.name.value);
            findings.add(wrong(message, "add `method:`, or `envelope: none` when it is not JSON-RPC"));
            None
        }
        (Some(_), Some(_)) if draft.method != Method::POST => {
            let message = format!("`{}` is JSON-RPC, which is always a `post`", draft.name.value);
            findings.add(wrong(message, "write `post:` with the path, or `envelope: none`"));
            None
        }
        (Some(version), Some(method)) => Some(Rpc { version, method: method.value.as_str().into() }),
    }
}
