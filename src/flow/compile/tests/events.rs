//! Flows that wait, emit and listen, from their YAML through the machine: every name is where the
//! conditions and steps look for it.

use super::*;
use crate::diagnostic::SourceId;
use crate::event::{EventType, EventTypes, FieldPath, Visibility};
use crate::flow::machine::{self, Action, Event, ListenId, Now, Start};
use crate::schema::SchemaSource;
use crate::value::Map;

const SCHEMA: &str = r#"{
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
    "properties": { "job": { "type": "string" }, "leg": { "type": "number" }, "state": { "type": "string" } },
    "required": ["job", "state"], "additionalProperties": false
}"#;

/// `job.moved` and `job.closed`, about a job.
fn event_types() -> (Schemas, EventTypes) {
    let source = SchemaSource { name: "test/job@1".into(), source: SourceId::default(), text: SCHEMA.into() };
    let (schemas, findings) = Schemas::compile(&[source]);
    assert!(findings.is_empty(), "{findings:?}");
    let of = |name: &str| {
        let event = EventType {
            name: name.into(),
            schema: schemas.get("test/job@1").expect("it was compiled"),
            owner: None,
            key: FieldPath("job".into()),
            correlates: vec![FieldPath("job".into()), FieldPath("leg".into())],
            id: Vec::new(),
            account: None,
            visibility: Visibility::Internal,
            retain: Duration::from_secs(60),
            buffer: Duration::from_secs(60),
            fold: None,
            subscribers: Vec::new(),
            span: Default::default(),
        };
        (Arc::from(name), Arc::new(event))
    };
    let events = ["job.closed", "job.moved"].map(of).into();
    (schemas, events)
}

/// Compiles one flow that takes `number` and gives anything.
fn definition(steps: &str) -> (Option<Definition>, Vec<Diagnostic>) {
    let text = format!("flow: main\nowner: us\ninput: {{ number: integer }}\ndo:\n{steps}");
    let gateway = ("gateway.yaml".to_owned(), "edition: 2026\ngateway: test\n".to_owned());
    let texts = vec![gateway, ("flows/main.yaml".to_owned(), text)];
    let (project, findings) = load_texts(texts, &Variables::default());
    assert!(findings.is_empty(), "{findings:#?}");
    let (schemas, events) = event_types();
    let (tables, rejections, mappings) = (Tables::default(), mapping::Rejections::new(), BTreeMap::new());
    let exceptions: BTreeSet<Arc<str>> = [Arc::from("stuck")].into();
    let environment = Environment {
        operations: [double()].into(),
        flows: BTreeMap::new(),
        mappings: &mappings,
        events: &events,
        mapping: mapping::Environment { schemas: &schemas, tables: &tables, rejections: &rejections },
        vendor_schemas: BTreeMap::new(),
        exceptions: &exceptions,
    };
    compile(&project.flows[0], &environment)
}

/// What a run says, in words, until it is over or has heard everything.
fn hears(steps: &str, told: &[(&str, &[(&str, Value)])]) -> Vec<String> {
    let (made, findings) = definition(steps);
    let made = made.unwrap_or_else(|| panic!("{findings:#?}"));
    let tables = Tables::default();
    // One second past an hour after the epoch.
    let now = Now { at: Duration::ZERO, context: mapping::Context::new(Moment(3_601_000_000_000), &tables) };
    let start = Start {
        instance: uuid::Uuid::from_u128(1),
        seed: 1,
        inputs: vec![Some(Value::from(7))],
        client: None,
        correlation_id: "c-1".into(),
        deadline: Duration::MAX,
        trace: false,
        durable: false,
    };
    let (mut actions, mut said, mut open) = (Vec::new(), Vec::new(), Vec::new());
    let mut state = machine::start(&made, start, &now, &mut actions);
    tell(&mut actions, &mut said, &mut open);
    for (at, (event, fields)) in told.iter().enumerate() {
        let payload: Map = fields.iter().map(|(name, value)| (Arc::from(*name), value.clone())).collect();
        for listen in open.clone() {
            let event = Event::Occurred {
                listen,
                event: (*event).into(),
                number: at as u64 + 1,
                payload: Value::object(payload.clone()),
            };
            machine::apply(&made, &mut state, event, &now, &mut actions);
            tell(&mut actions, &mut said, &mut open);
        }
    }
    said
}

fn tell(actions: &mut Vec<Action<'_>>, said: &mut Vec<String>, open: &mut Vec<ListenId>) {
    for action in actions.drain(..) {
        match action {
            Action::Emit(emission) => {
                said.push(format!("{} {} {}", emission.event, emission.key, shown(&emission.payload)));
            }
            Action::Listen(listen) => {
                open.push(listen.id);
                let wants = listen.wants.iter().map(|want| {
                    let fields: Vec<String> =
                        want.correlate.iter().map(|(field, text)| format!("{field}={text}")).collect();
                    format!("{} {}", want.event, fields.join(" "))
                });
                said.push(format!("hears {}", wants.collect::<Vec<_>>().join(", ")));
            }
            Action::CancelListen(id) => open.retain(|known| *known != id),
            Action::Timer { after, .. } => said.push(format!("waits {after:?}")),
            Action::End(end) => said.push(format!("ends {}", text(&end))),
            _ => {}
        }
    }
}

fn job(job: &'static str, state: &'static str) -> [(&'static str, Value); 2] {
    [("job", Value::from(job)), ("state", Value::from(state))]
}

#[test]
fn a_listen_correlates_and_its_result_is_what_the_event_says() {
    let said = hears(
        r#"
  - before: { set: J1 }
  - moved:
      listen:
        event: job.moved
        correlate: { job: =before, leg: =number }
        when: event.leg is present and event.state != "idle"
        until: event.state == "done" and before == "J1" and event.leg > 0
  - told: { emit: job.closed, body: { job: =moved.job, state: =moved.state } }
"#,
        &[
            ("job.moved", &[job("J1", "idle").as_slice(), &[("leg", Value::from(7))]].concat()),
            ("job.moved", &[job("J1", "done").as_slice(), &[("leg", Value::from(8))]].concat()),
            ("job.moved", &[job("J1", "half").as_slice(), &[("leg", Value::from(7))]].concat()),
            ("job.moved", &[job("J1", "done").as_slice(), &[("leg", Value::from(7))]].concat()),
        ],
    );
    assert_eq!(
        said,
        [
            "hears job.moved job=J1 leg=7",
            r#"job.closed J1 {"job":"J1","state":"done"}"#,
            "ends Completed(None)"
        ]
    );
}

#[test]
fn steps_for_each_event_see_it_and_leave_nothing_behind() {
    let said = hears(
        r#"
  - first: { set: first }
  - moved:
      listen:
        event: job.moved
        correlate: { job: J1 }
        as: move
        do:
          - state: { set: =move.state }
          - told: { emit: job.closed, body: { job: =first, state: =state } }
        until: move.state == "done"
  - behind: { emit: job.closed, body: { job: =moved.job, state: =first } }
"#,
        &[("job.moved", &job("J1", "half")), ("job.moved", &job("J1", "done"))],
    );
    assert_eq!(
        said[1..],
        [
            r#"job.closed first {"job":"first","state":"half"}"#,
            r#"job.closed first {"job":"first","state":"done"}"#,
            r#"job.closed J1 {"job":"J1","state":"first"}"#,
            "ends Completed(None)"
        ]
    );
}

#[test]
fn several_events_have_names_in_conditions_steps_and_result() {
    let steps = r#"
  - first: { set: J1 }
  - came:
      listen:
        all:
          - { event: job.moved, correlate: { job: =first } }
          - event: job.closed
            correlate: { job: =first }
            as: end
            when: end.state != "open"
            do:
              - told: { emit: job.moved, body: { job: =end.job, state: '=moved.state ?? "not yet"' } }
        unmatched: { do: [ { odd: { emit: job.closed, body: { job: '=end.state ?? "?"', state: odd } } } ] }
        until: moved.state == end.state
  - behind: { emit: job.closed, body: { job: =came.end.job, state: =came.moved.state } }
"#;
    let said = hears(
        steps,
        &[
            ("job.closed", &job("J1", "open")),
            ("job.closed", &job("J1", "x")),
            ("job.moved", &job("J1", "y")),
            ("job.moved", &job("J1", "x")),
        ],
    );
    assert_eq!(
        said,
        [
            "hears job.moved job=J1, job.closed job=J1",
            r#"job.closed open {"job":"open","state":"odd"}"#,
            r#"job.moved J1 {"job":"J1","state":"not yet"}"#,
            r#"job.closed J1 {"job":"J1","state":"x"}"#,
            "ends Completed(None)",
        ]
    );
}

#[test]
fn a_wait_until_an_instant_is_as_long_as_it_is_until_then() {
    let wait = |instant: &str| {
        hears(
            &format!(
                "  - at: {{ set: \"{instant}\" }}\n  - rest:\n      wait:\n        until: add_time(\"{instant}\", \"PT1H\")\n"
            ),
            &[],
        )
    };
    assert_eq!(wait("1970-01-01T00:00:31Z"), ["waits 30s"]);
    assert_eq!(wait("1970-01-01T00:00:00+02:00"), ["ends Completed(None)"]);
}

#[test]
fn what_makes_a_flow_durable_is_known() {
    let of = |steps: &str| definition(steps).0.expect("it compiles");
    let listens = of(
        "  - a: { listen: { event: job.moved, correlate: { job: J }, timeout: 1d } }\n  - b: { emit: job.closed, body: { job: J, state: x } }\n",
    );
    assert!(listens.is_durable() && listens.must_be_durable());
    assert_eq!(listens.hears().map(|name| &**name).collect::<Vec<_>>(), ["job.moved"]);
    assert_eq!(listens.events().map(|name| &**name).collect::<Vec<_>>(), ["job.closed"]);
    assert!(of("  - a: { wait: 2h }\n").is_durable());
    let reads = of("  - a: { call: test.double }\n");
    assert!(!reads.is_durable() && reads.hears().count() == 0);
}
