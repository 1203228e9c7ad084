//! Flows from their YAML to their end: every variable is where the expressions look for it.

mod events;
mod promised;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::clock::{BoxFuture, Moment, VirtualClock};
use crate::config::{Environment as Variables, load_texts};
use crate::flow::direct::{Caller, FlowContext, Tools, Unobserved, run};
use crate::flow::{FlowEnd, Signature};
use crate::mapping::{self, Tables};
use crate::schema::{Schemas, Type};
use crate::system::{CallContext, Effect, Jitter, OperationName, Outcome, RetryPolicy, Take};
use crate::value::Value;

/// `test.double` gives twice its input; of a negative number it knows nothing, and it refuses 13.
struct Doubler;

impl Caller for Doubler {
    fn call<'a>(
        &'a self,
        _operation: &'a OperationName,
        inputs: Arc<[Option<Value>]>,
        _context: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        let number: i64 = match &inputs[0] {
            Some(Value::Number(number)) => number.to_string().parse().expect("a small integer"),
            other => panic!("the checker lets only numbers through, not {other:?}"),
        };
        Box::pin(async move {
            match number {
                13 => Outcome::Rejected { status: 409, message: "internal words".to_owned() },
                number => {
                    let value = (number >= 0).then(|| Value::from(number * 2));
                    Outcome::Ok { value, age: None }
                }
            }
        })
    }

    fn probe<'a>(
        &'a self,
        _create: &'a OperationName,
        _inputs: Arc<[Option<Value>]>,
        _context: CallContext,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async { Outcome::Ok { value: None, age: None } })
    }
}

fn double() -> (OperationName, Signature) {
    let name = OperationName { system: "test".into(), operation: "double".into() };
    let retry =
        RetryPolicy { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO, jitter: Jitter::None };
    let signature = Signature {
        contract: "() -> nothing".into(),
        trusted: true,
        heads: vec![true],
        takes: vec![Take { name: "number".into(), ty: Type::integer(), required: true }],
        gives: Some(Type::integer()),
        may_be_absent: true,
        effect: Effect::Read,
        behind: None,
        cached: false,
        retry,
        timeout: Duration::from_secs(2),
        probe: None,
    };
    (name, signature)
}

/// Compiles flows and runs the one called `main` with `number`.
fn play(flows: &[&str], number: i64) -> FlowEnd {
    let (definitions, findings) = compiled(flows);
    assert!(findings.is_empty(), "{findings:#?}");
    let definition = &definitions["main"];
    let clock = VirtualClock::new(Moment(0), 1);
    let tables = Tables::default();
    let context = FlowContext {
        trusted: true,
        instance: uuid::Uuid::from_u128(1),
        account: Some("ACME".into()),
        client: Some("portal".into()),
        correlation_id: "c-1".into(),
        traceparent: None,
        deadline: Duration::from_secs(60),
    };
    let tools = Tools { caller: &Doubler, clock: &*clock, tables: &tables, observer: &Unobserved };
    let inputs = vec![Some(Value::from(number))];
    clock.run(run(definition, inputs, &context, tools)).expect("a runtime")
}

fn compiled(flows: &[&str]) -> (BTreeMap<Arc<str>, Arc<Definition>>, Vec<Diagnostic>) {
    compiled_with(flows, [double()].into())
}

fn compiled_with(
    flows: &[&str],
    operations: BTreeMap<OperationName, Signature>,
) -> (BTreeMap<Arc<str>, Arc<Definition>>, Vec<Diagnostic>) {
    let texts = flows.iter().enumerate().map(|(at, text)| (format!("flows/f{at}.yaml"), (*text).to_owned()));
    let gateway = ("gateway.yaml".to_owned(), "edition: 2026\ngateway: test\n".to_owned());
    let (project, findings) = load_texts(texts.chain([gateway]).collect(), &Variables::default());
    assert!(findings.is_empty(), "{findings:#?}");
    let (schemas, _) = Schemas::compile(&[]);
    let tables = Tables::default();
    let rejections = mapping::Rejections::from([(Arc::from("no"), BTreeSet::new())]);
    let exceptions: BTreeSet<Arc<str>> = [Arc::from("stuck")].into();
    let mappings = BTreeMap::new();
    let events = crate::event::EventTypes::new();
    let mut environment = Environment {
        operations,
        flows: BTreeMap::new(),
        mappings: &mappings,
        events: &events,
        mapping: mapping::Environment { schemas: &schemas, tables: &tables, rejections: &rejections },
        vendor_schemas: BTreeMap::new(),
        exceptions: &exceptions,
    };
    let findings = compile_all(&project.flows, &mut environment);
    (environment.flows, findings)
}

const HEAD: &str = "flow: main\nowner: us\ninput: { number: integer }\ngives: any?\n";

fn main(rest: &str) -> String {
    format!("{HEAD}{rest}")
}

fn text(end: &FlowEnd) -> String {
    match end {
        FlowEnd::Completed(Some(value)) => shown(value),
        other => format!("{other:?}"),
    }
}

/// A value as JSON; the texts of these tests need no escapes.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("\"{text}\""),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let members = map.iter().map(|(name, value)| format!("\"{name}\":{}", shown(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

#[test]
fn variables_stand_where_expressions_look_for_them() {
    let flow = main(
        "do:
  - first: { call: test.double }
  - known:
      require: first is present
      else: { reject: no }
  - inner:
      do:
        - hidden: { set: =first }
        - more:
            call: test.double
            with: { number: =hidden }
  - checked:
      require: inner is present
      else: { reject: no }
  - both:
      fork:
        left: { call: test.double, with: { number: =inner } }
        right:
          do:
            - a: { set: 100 }
            - b: { call: test.double, with: { number: =a } }
  - rounds:
      for: { each: '[5, 6, 7]', as: item, at: n, concurrency: 2 }
      do:
        - doubled: { call: test.double, with: { number: =item } }
      collect: { n: =n, of: =item, doubled: =doubled, who: =client.account }
  - size:
      switch:
        - when: inner > 100
          do:
            - large: { set: large }
      else: { set: small }
  - result:
      run: other
      with: { it: =inner }
output: { inner: =inner, both: =both, rounds: =rounds, size: =size, result: =result }
",
    );
    let other = "flow: other
owner: us
input: { it: integer }
gives: string
do:
  - said:
      set: =\"{it} for {client.name} as {correlation_id}\"
output: =said
";
    let end = play(&[&flow, other], 3);
    assert_eq!(
        text(&end),
        r#"{"inner":12,"both":{"left":24,"right":200},"rounds":[{"n":1,"of":5,"doubled":10,"who":"ACME"},{"n":2,"of":6,"doubled":12,"who":"ACME"},{"n":3,"of":7,"doubled":14,"who":"ACME"}],"size":"small","result":"12 for portal as c-1"}"#
    );
    assert!(matches!(play(&[&flow, other], -1), FlowEnd::Rejected { .. }));
}

#[test]
fn a_failure_is_an_object_without_the_system_s_words() {
    let flow = main(
        "do:
  - tried:
      try:
        - before: { set: 1 }
        - twice: { call: test.double }
      catch:
        as: failure
        when: failure.kind == \"rejected\"
        do:
          - told: { set: =failure }
output: =tried
",
    );
    let end = play(&[&flow], 13);
    assert_eq!(
        text(&end),
        r#"{"kind":"rejected","step":"tried.twice","system":"test","operation":"double","message":"the system refused"}"#
    );
    assert_eq!(text(&play(&[&flow], 2)), "4");
}

#[test]
fn the_digest_tells_what_is_done_and_not_where_it_stands() {
    let digest = |text: &str| compiled(&[text]).0["main"].digest().clone();
    let plain = main("do:\n  - twice: { call: test.double }\noutput: =twice ?? 0\n");
    let moved = format!("# a comment\n{plain}");
    let other = plain.replace("?? 0", "?? 1");
    assert_eq!(digest(&plain), digest(&moved));
    assert_ne!(digest(&plain), digest(&other));
}

#[test]
fn the_worst_case_follows_the_slowest_way() {
    let flow = main(
        "do:
  - once: { call: test.double, timeout: 500ms }
  - again:
      fork:
        a: { call: test.double, retry: { attempts: 3, backoff: 1s..1s } }
        b: { call: test.double }
output: 1
",
    );
    let (definitions, _) = compiled(&[&flow]);
    assert_eq!(definitions["main"].worst_case(), Duration::from_millis(500 + 3 * 2000 + 2 * 1000));
    assert!(definitions["main"].over_budget(Duration::from_secs(9), definitions["main"].span()).is_none());
    assert!(definitions["main"].over_budget(Duration::from_secs(8), definitions["main"].span()).is_some());
}
