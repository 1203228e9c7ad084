//! Event types: their schema, key and fields to correlate by, owner and times.

use std::sync::Arc;
use std::time::Duration;

use super::findings::{Findings, lacking};
use super::folds;
use super::vendor::Vendors;
use crate::config::Spanned;
use crate::config::declarations::Lapse;
use crate::config::declarations::Name;
use crate::config::declarations::event::{self as declared, EventFile};
use crate::diagnostic::{Diagnostic, codes};
use crate::event::{EventType, EventTypes, FieldPath, Visibility};
use crate::schema::{NoAccess, Schema, Schemas};
use crate::value::Kind;

const DAY: u64 = 86_400;
/// How long an event is kept, unless said.
const RETAIN: Duration = Duration::from_secs(30 * DAY);
/// How long a listen that is opened later still gets an event, unless said.
const BUFFER: Duration = Duration::from_secs(7 * DAY);

/// Every event type that has no error, without its subscribers.
pub(super) fn link(
    file: &EventFile,
    schemas: &Schemas,
    vendors: &Vendors,
    findings: &mut Findings,
) -> EventTypes {
    folds::agree(file, findings);
    let linked =
        file.events.iter().filter_map(|(name, declared)| one(name, declared, schemas, vendors, findings));
    linked.map(|event| (event.name.clone(), Arc::new(event))).collect()
}

fn one(
    name: &Name,
    declared: &declared::EventType,
    schemas: &Schemas,
    vendors: &Vendors,
    findings: &mut Findings,
) -> Option<EventType> {
    if declared.owner.is_none() {
        let what = format!("the event `{}`", name.value);
        let help = "name the team that answers for it: `owner: dispatch_operations`";
        findings.add(lacking(&codes::MISSING_OWNER, name.span, &what, "owner", help));
    }
    let (retain, buffer) = times(declared, findings);
    if let Some(system) = vendors.get(declared.schema.value.as_str()) {
        let what = format!("`{}` is a form of the system `{system}`", declared.schema.value);
        let help = "an event says canonical things: map what the system says to a canonical entity";
        findings.add(Diagnostic::new(&codes::VENDOR_OUTSIDE_SYSTEM, declared.schema.span, what).help(help));
    }
    let Some(schema) = schemas.get(&declared.schema.value) else {
        let known = schemas.names();
        let known = known.iter().map(|known| &**known);
        let help = "name a schema under `specs/`, or a canonical entity";
        findings.unknown(&codes::UNKNOWN_SCHEMA, "schema", &declared.schema, known, help);
        return None;
    };
    let key = field(&declared.key, &schema, true, findings);
    let others = declared.correlates.iter().filter(|name| name.value != declared.key.value);
    let others: Vec<Option<FieldPath>> = others.map(|name| field(name, &schema, false, findings)).collect();
    let id = declared.id.iter().map(|name| field(name, &schema, true, findings)).collect::<Option<Vec<_>>>();
    let account = declared.account.as_ref().map(|name| field(name, &schema, false, findings));
    let fold = declared.folds_into.as_ref().and_then(|fold| folds::link(fold, &schema, findings));
    let (key, id) = (key?, id?);
    let correlates = [key.clone()].into_iter().chain(others.into_iter().flatten()).collect();
    Some(EventType {
        name: name.value.as_str().into(),
        owner: declared.owner.as_ref().map(|owner| owner.value.as_str().into()),
        key,
        correlates,
        id,
        account: account.flatten(),
        visibility: declared.visibility.as_ref().map_or(Visibility::Internal, |said| said.value),
        retain,
        buffer,
        fold: fold.map(Arc::new),
        subscribers: Vec::new(),
        span: name.span,
        schema,
    })
}

fn times(declared: &declared::EventType, findings: &mut Findings) -> (Duration, Duration) {
    let time =
        |said: &Option<Spanned<Lapse>>, otherwise| said.as_ref().map_or(otherwise, |said| said.value.0);
    let buffer = time(&declared.buffer, BUFFER);
    let retain = time(&declared.retain, RETAIN.max(buffer));
    if retain < buffer {
        let span = declared.retain.as_ref().or(declared.buffer.as_ref()).map(|said| said.span);
        let message = "an event is forgotten before every listen that it may match is opened";
        let finding = Diagnostic::new(&codes::BAD_BOUND, span.unwrap_or_default(), message);
        findings.add(finding.help("write a `retain` that is not shorter than `buffer` (7d unless said)"));
    }
    (retain, buffer)
}

/// A field that events are found by: a text or a number; the key is always there.
pub(super) fn field(name: &Name, schema: &Schema, key: bool, findings: &mut Findings) -> Option<FieldPath> {
    let found = match schema.ty.at_path(name.value.split('.')) {
        Ok(found) if !found.undeclared => found,
        Ok(_) => {
            findings.add(no_field(name, schema, &known(schema)));
            return None;
        }
        Err((_, why)) => {
            findings.add(match why {
                NoAccess::NoSuchField { known, .. } => no_field(name, schema, &known),
                NoAccess::NotAnObject(ty) => {
                    no_field(name, schema, &[]).help(format!("what it stands in is `{ty}`"))
                }
                NoAccess::NotAList(_) => no_field(name, schema, &[]),
            });
            return None;
        }
    };
    let ty = found.ty.without_null();
    let comparable = matches!(ty.kind(), Some(Kind::String | Kind::Number));
    let whole = !(key && (found.absent || found.through_null || found.ty.is_nullable()));
    if comparable && whole {
        return Some(FieldPath(name.value.as_str().into()));
    }
    let message = match comparable {
        false => format!("events cannot be found by `{}`: it is `{}`", name.value, found.ty),
        true => format!("`{}` may be absent or null, and every event has it", name.value),
    };
    let help = match comparable {
        false => "name a field that is a text or a number",
        true => "name a field that the schema requires, or let it require this one",
    };
    findings.add(Diagnostic::new(&codes::UNFIT_KEY, name.span, message).help(help));
    None
}

fn no_field(name: &Name, schema: &Schema, known: &[Arc<str>]) -> Diagnostic {
    let message = format!("`{}` declares no field `{}`", schema.name, name.value);
    let finding = Diagnostic::new(&codes::UNKNOWN_FIELD, name.span, message);
    let last = name.value.rsplit('.').next().unwrap_or(&name.value);
    finding.nearest(last, known.iter().map(|known| &**known))
}

/// The fields that a schema declares.
fn known(schema: &Schema) -> Vec<Arc<str>> {
    let fields = schema.ty.as_object().map(|object| object.fields.as_slice());
    fields.unwrap_or_default().iter().map(|(name, _)| name.clone()).collect()
}
