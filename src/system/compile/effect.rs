//! What may be sent again, and what may be reused: effects, keys, probes, caches.

use std::sync::Arc;
use std::time::Duration;

use super::operation::scope;
use super::{Deps, Findings};
use crate::config::declarations::Name;
use crate::config::declarations::system::{Operation as Declared, Probe as DeclaredProbe, SystemFile};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::mapping::{self, Compiled, Scope, Target};
use crate::schema::{Type, Verdict};
use crate::system::operation::{CacheSettings, Operation, Probe, System};
use crate::system::{CacheScope, Effect};

/// Whether key, probe and cache go with the effect.
pub(super) fn check(name: &Name, declared: &Declared, findings: &mut Findings) {
    let effect = declared.effect.value;
    let create = effect == Effect::Create;
    if create && declared.key.is_none() {
        let message = format!("`{}` creates, but nothing says what makes two creates the same", name.value);
        let help = "add `key:` with what the system shows again, such as `key: booking.reference`";
        findings.add(Diagnostic::new(&codes::CREATE_WITHOUT_KEY, name.span, message).help(help));
    }
    if create && declared.probe.is_none() {
        let message =
            format!("`{}` creates, but nothing can tell whether an unanswered create was done", name.value);
        let help = "add `probe: { call: ..., with: { ... } }` with a read of this system that finds it; without one, work pauses after every timeout";
        findings.add(Diagnostic::new(&codes::CREATE_WITHOUT_PROBE, name.span, message).help(help));
    }
    if let Some(probe) = declared.probe.as_ref().filter(|_| !create) {
        let message = format!("`{}` does not create, so there is nothing to probe for", name.value);
        let help = "leave `probe` out, or write `effect: create`";
        findings.add(Diagnostic::new(&codes::BAD_PROBE, probe.call.span, message).help(help));
    }
    if let Some(cache) = declared.cache.as_ref().filter(|_| effect != Effect::Read) {
        let message = format!("`{}` changes something, so its answer cannot be reused", name.value);
        let help = "leave `cache` out, or write `effect: read` if it changes nothing";
        findings.add(Diagnostic::new(&codes::CACHE_ON_CHANGE, cache.ttl.span, message).help(help));
    }
}

/// What makes two creates the same one.
pub(super) fn key(
    declared: &Declared,
    scope: &Scope,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Option<Compiled> {
    let key = declared.key.as_ref()?;
    findings.take(mapping::compile_expression(key, scope, &deps.environment))
}

pub(super) fn cache(declared: &Declared, findings: &mut Findings) -> Option<CacheSettings> {
    let cache = declared.cache.as_ref()?;
    let ttl = super::bounds::lapse(&Some(cache.ttl), "ttl", Duration::ZERO, findings);
    let stale = cache.stale_if_error.as_ref().map_or(Duration::ZERO, |lapse| lapse.value.0);
    let shared = cache.shared.as_ref().map_or(CacheScope::Account, |shared| shared.value);
    Some(CacheSettings { ttl, stale_if_error: stale, shared })
}

/// Links every create with the read that finds what it made.
pub(super) fn probes(file: &SystemFile, system: &mut System, deps: &Deps<'_>, findings: &mut Findings) {
    for (name, declared) in &file.operations {
        let Some(probe) = declared.probe.as_ref().filter(|_| declared.effect.value == Effect::Create) else {
            continue;
        };
        if !file.operations.contains_key(&probe.call) {
            let names = file.operations.keys().map(|name| name.value.as_str());
            findings.unknown(&codes::UNKNOWN_OPERATION, "operation", &probe.call, names);
            continue;
        }
        let Some(create) = system.operations.get(name.value.as_str()).cloned() else { continue };
        let Some(finds) = system.operations.get(probe.call.value.as_str()).cloned() else { continue };
        let linked = link(probe, &create, &finds, deps, findings);
        let operation = system.operations.get_mut(name.value.as_str());
        // Its other owner, `create`, goes first.
        drop(create);
        if let (Some(operation), Some(linked)) = (operation.and_then(Arc::get_mut), linked) {
            operation.probe = Some(linked);
        }
    }
}

fn link(
    probe: &DeclaredProbe,
    create: &Operation,
    finds: &Operation,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Option<Probe> {
    let wrong = |message: String| Diagnostic::new(&codes::BAD_PROBE, probe.call.span, message);
    if finds.effect != Effect::Read {
        let message = format!("`{}` may change something, so it cannot be a probe", finds.name);
        findings.add(wrong(message).help("name an operation with `effect: read`"));
        return None;
    }
    if !adoptable(create, finds) {
        let message = format!("what `{}` finds is not what `{}` gives", finds.name, create.name);
        findings.add(wrong(message).help("both must give the same, or the probe a list of it: what it finds is taken as the create's result"));
    }
    for name in probe.with.keys().filter(|name| finds.slot(&name.value).is_none()) {
        let message = format!("`{}` does not take `{}`", finds.name, name.value);
        let finding = Diagnostic::new(&codes::UNKNOWN_INPUT, name.span, message);
        findings.add(finding.nearest(&name.value, finds.takes.iter().map(|take| &*take.name)));
    }
    // A name that only just misses an input has been noted with that input's name.
    let names = || finds.takes.iter().map(|take| &*take.name);
    let strangers = probe.with.keys().filter(|name| finds.slot(&name.value).is_none());
    let missed: Vec<&str> = strangers.filter_map(|name| nearest(&name.value, names())).collect();
    let scope = scope(&create.takes);
    let with = finds.takes.iter().map(|take| {
        let given = probe.with.iter().find(|(name, _)| *name.value == *take.name);
        let target = Target {
            ty: take.ty.clone(),
            required: take.required,
            what: format!("`{}` of `{}`", take.name, finds.name),
        };
        match given {
            Some((_, data)) => {
                findings.take(mapping::compile_data_to(data, &target, &scope, &deps.environment))
            }
            None if missed.contains(&&*take.name) => None,
            None => same_name(probe, create, &target, &take.name, deps, findings),
        }
    });
    let with: Vec<Option<Compiled>> = with.collect();
    Some(Probe {
        call: finds.name.clone(),
        settle: probe.settle.as_ref().map_or(Duration::ZERO, |lapse| lapse.value.0),
        first: probe.first,
        with,
    })
}

/// An input that `with` does not bind takes the create's input of the same name.
fn same_name(
    probe: &DeclaredProbe,
    create: &Operation,
    target: &Target,
    name: &Arc<str>,
    deps: &Deps<'_>,
    findings: &mut Findings,
) -> Option<Compiled> {
    if create.slot(name).is_some() {
        let span = probe.call.span;
        let words = crate::config::declarations::Expression { text: name.to_string(), span, aligned: false };
        let scope = scope(&create.takes);
        return findings.take(mapping::compile_expression_to(&words, target, &scope, &deps.environment));
    }
    if target.required {
        let message = format!("the probe does not bind {}", target.what);
        let help = format!("add `with: {{ {name}: ... }}`");
        findings.add(Diagnostic::new(&codes::UNBOUND_INPUT, probe.call.span, message).help(help));
    }
    None
}

fn adoptable(create: &Operation, finds: &Operation) -> bool {
    let (Some(wanted), Some(found)) = (&create.gives, &finds.gives) else {
        return create.gives.is_none();
    };
    let fits = |ty: &Type| !matches!(ty.fits(wanted), Verdict::Refuted(_));
    fits(found) || found.as_array().is_some_and(|list| fits(&list.any_item()))
}
