//! A `call` as written: its operation, what it gets, and what is said beside it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{CallNode, OnExhausted, WhenUnknown, undo};
use crate::config::declarations::flow::StepBody;
use crate::config::declarations::promise::{Exhausted, Unknown};
use crate::config::declarations::{Data, Name, system::Retry};
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::compile::{Compiler, Made, Taint, Taken, Typed};
use crate::flow::environment::{Signature, worst_case};
use crate::flow::formula::Formula;
use crate::flow::step::Node;
use crate::system::{Effect, OperationName, RetryPolicy};

pub(super) fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(name) = &body.call else { return Made::broken() };
    compiler.feed(name);
    let Some((operation, signature)) = resolve(compiler, name) else { return Made::broken() };
    compiler.stands_behind(signature.behind.as_ref(), &format!("`{}`", name.value));
    let (inputs, proven) = gets(compiler, signature, &body.with, name);
    compiler.sound &= signature.trusted;
    let retry = body.retry.as_ref().map_or(signature.retry, |retry| overridden(retry, &signature.retry));
    compiler.feed(&format!("{} {:?}", body.fresh, body.retry.is_some().then_some(retry)));
    if signature.effect != Effect::Read {
        compiler.effect.get_or_insert((name.span, operation.clone()));
    }
    compiler.calls.insert(operation.clone());
    let (on_exhausted, unknown) = (on_exhausted(compiler, body), unknown(compiler, body, signature));
    let taint = Taint { path: String::new(), operation: operation.clone(), span: name.span };
    let result = signature.gives.clone().map(|ty| Typed {
        ty,
        // What is dropped has no result.
        absent: signature.may_be_absent || unknown == WhenUnknown::Drop,
        taints: (signature.cached && !body.fresh).then_some(taint).into_iter().collect(),
        broken: false,
    });
    let compensate = undo::compile(compiler, body, signature, result.as_ref());
    let node = CallNode {
        operation: operation.clone(),
        contract: Arc::clone(&signature.contract),
        inputs,
        fresh: body.fresh,
        proven,
        effect: signature.effect,
        retry,
        probe: signature.probe,
        on_exhausted,
        unknown,
        compensate,
    };
    let worst = worst(signature, &retry);
    Made { result, worst, ..Made::quiet(Node::Call(node)) }
}

/// What an operation gets, in the order of what it takes, and whether it certainly fits.
pub(super) fn gets(
    compiler: &mut Compiler<'_>,
    signature: &Signature,
    with: &BTreeMap<Name, Data>,
    name: &Name,
) -> (Vec<Formula>, bool) {
    compiler.feed(&signature.contract);
    let takes: Vec<Taken<'_>> = signature
        .takes
        .iter()
        .map(|take| Taken { name: &take.name, ty: &take.ty, required: take.required })
        .collect();
    let doubts = compiler.doubts;
    let inputs = compiler.bind(&takes, with, name.span, &format!("`{}`", name.value));
    (inputs, compiler.doubts == doubts)
}

fn on_exhausted(compiler: &mut Compiler<'_>, body: &StepBody) -> OnExhausted {
    let Some(said) = &body.on_exhausted else { return OnExhausted::default() };
    compiler.feed(&format!("{:?}", said.value));
    if compiler.caught {
        let message = "`on_exhausted` never comes to be: the `try` around this call takes every failure";
        let help = "take it out, or take the call out of the `try`";
        compiler.find(Diagnostic::new(&codes::MISPLACED_KEY, said.span, message).help(help));
    }
    match said.value {
        Exhausted::Pause => OnExhausted::Pause,
        Exhausted::Fail => OnExhausted::Fail,
        Exhausted::Compensate => OnExhausted::Compensate,
    }
}

fn unknown(compiler: &mut Compiler<'_>, body: &StepBody, signature: &Signature) -> WhenUnknown {
    let Some(said) = &body.unknown else { return WhenUnknown::default() };
    compiler.feed(&format!("{:?}", said.value));
    if signature.effect != Effect::Create {
        let message = "`unknown` only goes with a call that creates something: this one may be sent again";
        let help = "take it out; what happens when the attempts are used up says `on_exhausted`";
        compiler.find(Diagnostic::new(&codes::MISPLACED_KEY, said.span, message).help(help));
    }
    match said.value {
        Unknown::Pause => WhenUnknown::Pause,
        Unknown::Resend => WhenUnknown::Resend,
        Unknown::Drop => WhenUnknown::Drop,
    }
}

pub(super) fn resolve<'e>(
    compiler: &mut Compiler<'e>,
    name: &Name,
) -> Option<(&'e OperationName, &'e Signature)> {
    let env = compiler.env;
    let (system, operation) = name.split_once('.').unwrap_or((name, ""));
    let wanted = OperationName { system: system.into(), operation: operation.into() };
    if let Some(found) = env.operations.get_key_value(&wanted) {
        return Some(found);
    }
    let known = env.operations.keys();
    let finding = match known.clone().any(|known| *known.system == *system) {
        true => {
            let message = format!("system `{system}` has no operation `{operation}`");
            let names = known.filter(|known| *known.system == *system).map(|known| &*known.operation);
            Diagnostic::new(&codes::UNKNOWN_OPERATION, name.span, message).nearest(operation, names)
        }
        false => {
            let message = format!("there is no system `{system}`");
            let names = known.map(|known| &*known.system);
            Diagnostic::new(&codes::UNKNOWN_SYSTEM, name.span, message).nearest(system, names)
        }
    };
    compiler.find(finding.help("write `system.operation`, as declared under `systems/`"));
    None
}

pub(super) fn overridden(retry: &Retry, own: &RetryPolicy) -> RetryPolicy {
    let backoff = retry.backoff.as_ref().map(|backoff| (backoff.first.0, backoff.longest.0));
    let usual = (Duration::from_millis(200), Duration::from_secs(30));
    let declared = if own.longest.is_zero() { usual } else { (own.first, own.longest) };
    let (first, longest) = backoff.unwrap_or(declared);
    let jitter = retry.jitter.as_ref().map_or(own.jitter, |jitter| jitter.value);
    RetryPolicy { attempts: retry.attempts.value.max(1), first, longest, jitter }
}

/// All attempts and waits; for a create, finding out what became of the last one too.
fn worst(signature: &Signature, retry: &RetryPolicy) -> Duration {
    let attempts = worst_case(retry, signature.timeout);
    let probe = signature.probe.filter(|_| signature.effect == Effect::Create);
    attempts.saturating_add(probe.map_or(Duration::ZERO, |probe| probe.settle.saturating_add(probe.timeout)))
}
