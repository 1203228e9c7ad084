//! What is compiled of promises is what the author wrote: who undoes what with which values, and which
//! run is the same one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{compiled_with, double};
use crate::clock::Moment;
use crate::diagnostic::{Diagnostic, Severity};
use crate::flow::step::Node;
use crate::flow::step::call::{CallNode, OnExhausted, WhenUnknown};
use crate::flow::{Definition, FlowEnd, Second, Signature};
use crate::mapping::{Context, Tables};
use crate::system::{Effect, OperationName};
use crate::value::Value;

/// `test.make` creates and `test.undo` takes back; both take and give a number.
fn operations() -> BTreeMap<OperationName, Signature> {
    let (name, double) = double();
    let named = |operation: &str| OperationName { operation: operation.into(), ..name.clone() };
    let changes = |effect| Signature { effect, may_be_absent: false, ..double.clone() };
    let (make, undo) = (changes(Effect::Create), changes(Effect::Idempotent));
    [(named("make"), make), (named("undo"), undo), (name.clone(), double.clone())].into()
}

fn main(rest: &str) -> Arc<Definition> {
    let text = format!("flow: main\nowner: us\ninput: {{ number: integer }}\n{rest}");
    let (definitions, findings) = compiled_with(&[&text], operations());
    let errors: Vec<&Diagnostic> =
        findings.iter().filter(|finding| finding.severity() == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    definitions["main"].clone()
}

fn call<'d>(definition: &'d Definition, path: &str) -> &'d CallNode {
    let step = definition.steps.iter().find(|step| *step.path == *path);
    match step.map(|step| &step.node) {
        Some(Node::Call(call)) => call,
        other => panic!("`{path}` is no call: {other:?}"),
    }
}

/// What the call that undoes the one at `path` gets, when these are the variables behind it.
fn undone_with(definition: &Definition, path: &str, slots: &[i64]) -> Option<Value> {
    let slots: Vec<Option<Value>> =
        [None, None].into_iter().chain(slots.iter().map(|number| Some(Value::from(*number)))).collect();
    let undo = call(definition, path).compensate.as_ref().expect("it says how it is undone");
    let tables = Tables::default();
    undo.inputs[0].eval(&slots, &Context::new(Moment(0), &tables)).expect("it evaluates")
}

#[test]
fn a_compensation_sees_what_is_behind_its_call() {
    let definition = main(
        "do:
  - first: { call: test.make, compensate: { call: test.undo, with: { number: =first } } }
  - both:
      fork:
        left:
          call: test.make
          compensate: { call: test.undo, with: { number: '=left + first' } }
  - rounds:
      for: { each: '[1, 2]', as: item }
      do:
        - made: { call: test.make, with: { number: =item }, compensate: { call: test.undo, with: { number: '=made + item' } } }
  - last: { call: test.make, compensate: { call: test.undo } }
",
    );
    // The input, then what each step gives, in the order of the slots.
    assert_eq!(undone_with(&definition, "first", &[1, 10]), Some(Value::from(10)));
    assert_eq!(undone_with(&definition, "both.left", &[1, 10, 200]), Some(Value::from(210)));
    let both = 0;
    assert_eq!(undone_with(&definition, "rounds.made", &[1, 10, both, 7, 3000]), Some(Value::from(3007)));
    // A name that is not bound is the variable of that name.
    assert_eq!(undone_with(&definition, "last", &[1, 10, both, 5]), Some(Value::from(1)));
}

#[test]
fn what_undoes_is_among_the_calls() {
    let definition =
        main("do:\n  - a: { call: test.make, compensate: { call: test.undo, with: { number: =a } } }\n");
    let calls: Vec<&str> = definition.calls().iter().map(|name| &*name.operation).collect();
    assert_eq!(calls, ["make", "undo"]);
    let undo = call(&definition, "a").compensate.as_ref().expect("it is there");
    assert_eq!((undo.effect, undo.on_exhausted), (Effect::Idempotent, OnExhausted::Pause));
}

#[test]
fn what_happens_to_a_call_is_as_written() {
    let definition = main(
        "do:
  - usual: { call: test.make, compensate: none }
  - dropped: { call: test.make, unknown: drop, on_exhausted: fail, compensate: none }
  - resent: { call: test.make, unknown: resend, on_exhausted: compensate, compensate: none }
",
    );
    let said = |path| (call(&definition, path).on_exhausted, call(&definition, path).unknown);
    assert_eq!(said("usual"), (OnExhausted::Pause, WhenUnknown::Pause));
    assert_eq!(said("dropped"), (OnExhausted::Fail, WhenUnknown::Drop));
    assert_eq!(said("resent"), (OnExhausted::Compensate, WhenUnknown::Resend));
    assert!(definition.steps.iter().all(|step| match &step.node {
        Node::Call(call) => call.compensate.is_none(),
        _ => true,
    }));
}

fn key(definition: &Definition, number: Option<Value>) -> Result<Option<Arc<str>>, FlowEnd> {
    let client = [("name", "portal"), ("account", "ACME")];
    let client: Value = client.into_iter().map(|(name, text)| (Arc::from(name), Value::from(text))).collect();
    let tables = Tables::default();
    definition.business_key_of(Some(&client), &[number], &Context::new(Moment(0), &tables))
}

#[test]
fn the_business_key_is_of_the_inputs() {
    let work = "do:\n  - a: { call: test.make }\n";
    let plain = main(&format!("business_key: number\n{work}"));
    assert_eq!(key(&plain, Some(Value::from(42))), Ok(Some("42".into())));
    assert!(plain.business_key().is_some_and(|key| key.number && key.second == Second::Reject));

    let joined =
        main(&format!("business_key: {{ key: '\"{{client.account}}/{{number}}\"', second: join }}\n{work}"));
    assert_eq!(key(&joined, Some(Value::from(7))), Ok(Some("ACME/7".into())));
    assert!(joined.business_key().is_some_and(|key| !key.number && key.second == Second::Join));

    assert_eq!(key(&main(work), Some(Value::from(7))), Ok(None));
}

#[test]
fn a_run_without_a_key_ends_with_a_reason() {
    let work = "do:\n  - a: { call: test.make }\n";
    let rejecting = main(&format!("business_key: 'if(number > 0, \"k\", reject(\"no\", \"none\"))'\n{work}"));
    assert!(
        matches!(key(&rejecting, Some(Value::from(0))), Err(FlowEnd::Rejected { code, .. }) if &*code == "no")
    );
    let empty = main(&format!("business_key: 'left(\"key\", number)'\n{work}"));
    assert!(matches!(key(&empty, Some(Value::from(0))), Err(FlowEnd::Failed(_))));
}

#[test]
fn what_a_flow_says_of_its_instances_is_kept() {
    let definition = main("keep: 90d\ncancel_until: b\ndo:\n  - a: { call: test.make }\n  - b: { set: 1 }\n");
    assert_eq!(definition.keep().map(|keep| keep.as_secs()), Some(90 * 86_400));
    assert_eq!(definition.cancel_until().map(|step| &**step), Some("b"));
    assert!(definition.is_durable());
    assert!(!main("do:\n  - a: { call: test.double }\n").is_durable());
}

/// Paths of the steps that have `path` made anew first when it has expired.
fn readers(definition: &Definition, path: &str) -> Vec<String> {
    let of = |step: u32| &*definition.steps[step as usize].path;
    let reads = definition.steps.iter().filter(|step| step.renews.iter().any(|known| of(known.step) == path));
    reads.map(|step| step.path.to_string()).collect()
}

#[test]
fn the_innermost_step_that_names_what_expires_has_it_made_anew() {
    let definition = main(
        "do:
  - hold: { call: test.make, compensate: { call: test.undo, with: { number: =hold } }, expires: 2h }
  - other: { call: test.make, with: { number: =number } }
  - sometimes: { when: 'hold > 0', call: test.make, with: { number: 1 } }
  - inside:
      do:
        - not: { set: =other }
        - named: { call: test.make, with: { number: =hold } }
  - rounds:
      for: { each: '[hold]', as: item }
      do: [ { each: { call: test.make, with: { number: =hold } } } ]
      collect: 1
  - both:
      fork:
        left: { call: test.make, with: { number: =hold } }
        right: { set: 1 }
output: =hold
",
    );
    assert_eq!(readers(&definition, "hold"), ["sometimes", "inside.named", "rounds", "both"]);
}

#[test]
fn what_expires_in_a_branch_is_looked_at_in_the_branch_and_behind_the_fork() {
    let definition = main(
        "do:
  - both:
      fork:
        left: { call: test.make, expires: 2h }
        right:
          do:
            - own: { call: test.make, expires: 2h }
            - named: { call: test.make, with: { number: =own } }
  - tried:
      try: [ { alone: { call: test.make, expires: 2h } } ]
      catch: { as: failure, do: [ { none: { raise: stuck } } ] }
  - behind: { call: test.make, with: { number: =both.left } }
  - last: { call: test.make, with: { number: =tried } }
",
    );
    assert_eq!(readers(&definition, "tried.alone"), ["last"]);
    assert_eq!(readers(&definition, "both.left"), ["behind"]);
    assert_eq!(readers(&definition, "both.right.own"), ["both.right.named"]);
}
