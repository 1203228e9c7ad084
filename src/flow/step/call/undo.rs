//! `compensate`: the call that undoes another one.

use super::compile::{gets, overridden, resolve};
use super::{CallNode, OnExhausted, WhenUnknown};
use crate::config::declarations::flow::StepBody;
use crate::config::declarations::promise::{Compensate, Undo};
use crate::diagnostic::{Diagnostic, codes};
use crate::flow::compile::{Compiler, Typed};
use crate::flow::environment::Signature;
use crate::system::Effect;

/// The call that undoes the one of `body`, whose result is `result`. It sees what is in scope behind
/// that call: everything before it, and its result under the step's name.
pub(super) fn compile(
    compiler: &mut Compiler<'_>,
    body: &StepBody,
    done: &Signature,
    result: Option<&Typed>,
) -> Option<Box<CallNode>> {
    match body.compensate.as_ref()? {
        Compensate::Nothing => {
            compiler.feed("none");
            None
        }
        Compensate::Call(undo) => call(compiler, undo, body, done, result).map(Box::new),
    }
}

fn call(
    compiler: &mut Compiler<'_>,
    undo: &Undo,
    body: &StepBody,
    done: &Signature,
    result: Option<&Typed>,
) -> Option<CallNode> {
    let name = &undo.call;
    compiler.feed("compensate");
    compiler.feed(name);
    if done.effect == Effect::Read {
        let called = body.call.as_ref().map_or("", |name| name.as_str());
        let message = format!("`{called}` only reads, so there is nothing to undo");
        let help = "take `compensate` out, or put it beside the call that changes something";
        compiler.find(Diagnostic::new(&codes::BAD_COMPENSATION, name.span, message).help(help));
    }
    let (operation, signature) = resolve(compiler, name)?;
    if signature.effect == Effect::Read {
        let message = format!("`{}` only reads, so it undoes nothing", name.value);
        let help = "name an operation that takes back what was done: `effect: idempotent` or `create`";
        compiler.find(Diagnostic::new(&codes::BAD_COMPENSATION, name.span, message).help(help));
    }
    compiler.stands_behind(signature.behind.as_ref(), &format!("`{}`", name.value));
    let mark = compiler.mark();
    if let Some(typed) = result {
        let step = compiler.path.rsplit('.').next().unwrap_or_default().to_owned();
        compiler.declare(&step, typed.clone());
    }
    let (inputs, proven) = gets(compiler, signature, &undo.with, name);
    compiler.restore(mark);
    let retry = undo.retry.as_ref().map_or(signature.retry, |retry| overridden(retry, &signature.retry));
    compiler.feed(&format!("{:?}", undo.retry.is_some().then_some(retry)));
    compiler.feed(&signature.contract);
    compiler.calls.insert(operation.clone());
    Some(CallNode {
        operation: operation.clone(),
        contract: signature.contract.clone(),
        inputs,
        fresh: false,
        proven,
        effect: signature.effect,
        retry,
        probe: signature.probe,
        on_exhausted: OnExhausted::Pause,
        unknown: WhenUnknown::Pause,
        compensate: None,
    })
}
