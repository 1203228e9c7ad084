//! What an operation sends: query, headers, and the body by a mapping, by words, or as it is.

use std::sync::Arc;

use super::operation::{Draft, schema};
use super::{Deps, Findings};
use crate::config::declarations::Name;
use crate::config::declarations::system::{Operation, OperationRequest, SystemFile};
use crate::diagnostic::{Diagnostic, codes};
use crate::http::{HeaderName, Method};
use crate::mapping::{self, Compiled, Mapping, Scope};
use crate::schema::{Type, Verdict};
use crate::system::Take;
use crate::system::operation::{Body, RequestShape};

/// Headers that belong to the connection or are made by us.
const RESERVED: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Query parameters, percent-encoded names first.
pub(super) fn query(
    declared: &Operation,
    scope: &Scope,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Vec<(Arc<str>, Compiled)> {
    let compile = |(name, data): (&Name, _)| {
        let compiled = findings.take(mapping::compile_data(data, scope, &deps.environment))?;
        Some((crate::system::request::escaped(&name.value).into(), compiled))
    };
    declared.query.iter().filter_map(compile).collect()
}

/// The system's headers and the operation's, which replace those of the same name.
pub(super) fn headers(
    file: &SystemFile,
    declared: &Operation,
    scope: &Scope,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Vec<(HeaderName, Compiled)> {
    let scope = Scope { secrets: true, ..scope.clone() };
    let mut headers: Vec<(HeaderName, Compiled)> = Vec::new();
    for (name, data) in file.headers.iter().chain(&declared.headers) {
        let Some(header) = header_name(name, findings) else { continue };
        let compiled = findings.take(mapping::compile_data(data, &scope, &deps.environment));
        let Some(compiled) = compiled else { continue };
        headers.retain(|(known, _)| *known != header);
        headers.push((header, compiled));
    }
    headers
}

fn header_name(name: &Name, findings: &mut Findings) -> Option<HeaderName> {
    let wrong = |message: String| Diagnostic::new(&codes::BAD_HEADER, name.span, message);
    let Ok(header) = HeaderName::from_bytes(name.value.as_bytes()) else {
        let message = format!("`{}` is not the name of a header", name.value);
        findings.add(wrong(message).help("use letters, digits and hyphens, such as `X-Company`"));
        return None;
    };
    if RESERVED.contains(&header.as_str()) {
        let message = format!("`{}` belongs to the connection and is set by the gateway", name.value);
        findings.add(wrong(message).help("leave it out"));
        return None;
    }
    Some(header)
}

/// The body, and the schema it is held to.
pub(super) fn body(
    draft: &Draft<'_>,
    request: Option<&OperationRequest>,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Option<RequestShape> {
    let Some(request) = request else { return Some(RequestShape::default()) };
    let (schema_of_request, name) = match &request.schema {
        Some(name) => (Some(schema(name, deps, findings)?), Some(name)),
        None => (None, None),
    };
    if draft.method == Method::GET {
        let message = format!("`{}` is a `get`, which sends no body", draft.name.value);
        let help = "send what it needs as `query:`, or write `post:`";
        findings.add(Diagnostic::new(&codes::GET_WITH_BODY, draft.name.span, message).help(help));
        return None;
    }
    let mut shape = RequestShape {
        body: Body::None,
        schema: schema_of_request,
        validate: request.validate.as_ref().map(|policy| policy.value),
        proven: false,
    };
    shape.body = match (&request.map, &request.body) {
        (Some(map), Some(_)) => {
            let message = "`map` and `body` both say what is sent";
            findings
                .add(Diagnostic::new(&codes::CONFLICTING_KEYS, map.span, message).help("keep one of them"));
            return None;
        }
        (Some(map), None) => {
            let mapping = find(map, deps, findings)?;
            if let (Some(schema), Some(name)) = (&shape.schema, name) {
                let (what, into) = (format!("what `{}` makes", map.value), format!("`{}`", name.value));
                findings.fits(&mapping.target_type, &schema.ty, name.span, &what, &into);
            } else {
                shape.schema = deps.environment.schemas.get(&mapping.target);
            }
            let places = inputs(draft, map, &mapping, findings)?;
            Body::Mapped(mapping, places)
        }
        (None, Some(data)) => {
            let compiled = mapping::compile_data(data, &draft.scope, &deps.environment);
            Body::Written(findings.take(compiled)?)
        }
        (None, None) => Body::Input(only(draft, findings)?),
    };
    shape.proven = proven(&shape, &draft.takes);
    Some(shape)
}

/// Whether the body certainly fits its schema, if every input is what the operation takes.
fn proven(shape: &RequestShape, takes: &[Take]) -> bool {
    let Some(schema) = &shape.schema else { return false };
    let fits = |source: &Type, target: &Type| source.fits(target) == Verdict::Proven;
    match &shape.body {
        Body::None => false,
        Body::Input(at) => takes.get(*at).is_some_and(|take| fits(&take.ty, &schema.ty)),
        Body::Written(compiled) => fits(&compiled.ty, &schema.ty),
        Body::Mapped(mapping, places) => {
            let inputs = mapping.inputs.iter().zip(places).all(|(input, at)| {
                let take = takes.get(*at);
                take.is_some_and(|take| fits(&take.ty, &input.ty) && (take.required || input.optional))
            });
            inputs && mapping.is_proven() && fits(&mapping.target_type, &schema.ty)
        }
    }
}

/// The mapping called `name`.
pub(super) fn find(name: &Name, deps: &Deps<'_>, findings: &mut Findings) -> Option<Arc<Mapping>> {
    let found = deps.mappings.get(name.value.as_str()).cloned();
    if found.is_none() {
        findings.unknown(&codes::UNKNOWN_MAPPING, "mapping", name, deps.mappings.keys().map(|name| &**name));
    }
    found
}

/// For each input of the request's mapping, its place in `takes`.
fn inputs(draft: &Draft<'_>, map: &Name, mapping: &Mapping, findings: &mut Findings) -> Option<Vec<usize>> {
    let single = mapping.inputs.len() == 1 && draft.takes.len() == 1;
    let mut places = Vec::new();
    for input in &mapping.inputs {
        let found = draft.takes.iter().position(|take| take.name == input.name).or(single.then_some(0));
        let Some((at, take)) = found.and_then(|at| Some((at, draft.takes.get(at)?))) else {
            let message =
                format!("`{}` needs `{}`, which `{}` does not take", map.value, input.name, draft.name.value);
            let help = format!("add it to `takes`: `{}: {}`", input.name, input.schema);
            let finding = Diagnostic::new(&codes::UNBOUND_INPUT, map.span, message);
            findings.add(finding.related(input.span, "declared here").help(help));
            continue;
        };
        let (what, into) =
            (format!("`{}`", take.name), format!("what `{}` takes as `{}`", map.value, input.name));
        findings.fits(&take.ty, &input.ty, map.span, &what, &into);
        places.push(at);
    }
    (places.len() == mapping.inputs.len()).then_some(places)
}

/// The only input, which goes out as it is.
fn only(draft: &Draft<'_>, findings: &mut Findings) -> Option<usize> {
    if draft.takes.len() == 1 {
        return Some(0);
    }
    let message = format!("`request` of `{}` does not say what is sent", draft.name.value);
    let help = "add `map:` with a mapping from what it takes, or `body:` with the data itself";
    findings.add(Diagnostic::new(&codes::MISSING_KEY, draft.name.span, message).help(help));
    None
}
