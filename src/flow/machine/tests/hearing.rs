//! Events as tests write them: one event type, `test.happened`, about a number.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::spec::Spec;
use crate::config::declarations::Expression;
use crate::diagnostic::{SourceId, Span};
use crate::event::{EventType, FieldPath, Visibility};
use crate::flow::definition::BlockIndex;
use crate::flow::formula::Formula;
use crate::flow::step::Node;
use crate::flow::step::emit::EmitNode;
use crate::flow::step::listen::{Entry, ListenNode, Rule};
use crate::flow::step::respond::Body;
use crate::mapping::{Environment, Rejections, Scope, Tables, compile_condition};
use crate::schema::{SchemaSource, Schemas, Type};
use crate::value::{Map, Value};

/// What a step listens for.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Hearing {
    pub rule: Rule,
    pub entries: Vec<Heard>,
    /// Over `e0`, `e1`, ...
    pub until: Option<&'static str>,
    pub timeout: Option<Duration>,
    pub otherwise: Option<Vec<Spec>>,
    pub unmatched: Option<Vec<Spec>>,
}

/// One event that is listened for.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Heard {
    pub about: i64,
    /// Over `e0`, `e1`, ...
    pub when: Option<&'static str>,
    pub steps: Option<Vec<Spec>>,
}

impl Heard {
    /// Events about a number.
    pub fn about(about: i64) -> Heard {
        Heard { about, when: None, steps: None }
    }
}

impl Hearing {
    /// Listens for events about these numbers.
    pub fn of(rule: Rule, about: &[i64]) -> Hearing {
        let entries = about.iter().map(|about| Heard::about(*about)).collect();
        Hearing { rule, entries, until: None, timeout: None, otherwise: None, unmatched: None }
    }

    /// Every list of steps inside.
    pub fn blocks(&self) -> impl Iterator<Item = &Vec<Spec>> {
        let heard = self.entries.iter().filter_map(|heard| heard.steps.as_ref());
        heard.chain(&self.otherwise).chain(&self.unmatched)
    }

    /// The same, to change them.
    pub fn blocks_mut(&mut self) -> impl Iterator<Item = &mut Vec<Spec>> {
        let heard = self.entries.iter_mut().filter_map(|heard| heard.steps.as_mut());
        heard.chain(&mut self.otherwise).chain(&mut self.unmatched)
    }

    /// As a node, whose entries have the slots from `slots` on.
    pub fn node(
        &self,
        slots: u32,
        blocks: &[Option<BlockIndex>],
        unmatched: Option<BlockIndex>,
        otherwise: Option<BlockIndex>,
    ) -> Node {
        let condition = |text: &'static str| condition(text, slots, self.entries.len());
        let entries = self.entries.iter().enumerate().map(|(at, heard)| Entry {
            event: event_type(),
            name: format!("e{at}").into(),
            correlate: vec![(FieldPath("about".into()), Formula::Constant(Some(Value::from(heard.about))))],
            when: heard.when.map(condition),
            block: blocks[at],
        });
        Node::Listen(Box::new(ListenNode {
            entries: entries.collect(),
            rule: self.rule,
            until: self.until.map(condition),
            timeout: self.timeout,
            otherwise,
            unmatched,
        }))
    }
}

/// What an event says.
pub(super) fn payload(about: i64, last: bool) -> Value {
    let mut map = Map::new();
    map.insert("about", Value::from(about));
    map.insert("last", Value::Bool(last));
    Value::object(map)
}

/// A step that says that something happened.
pub(super) fn emit(about: i64) -> Node {
    let body = Body::Formula(Formula::Constant(Some(payload(about, false))));
    Node::Emit(Box::new(EmitNode { event: event_type(), body }))
}

/// `test.happened`.
pub(in crate::flow) fn event_type() -> Arc<EventType> {
    static TYPE: OnceLock<Arc<EventType>> = OnceLock::new();
    let make = || {
        let text = r#"{
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "properties": { "about": { "type": "integer" }, "last": { "type": "boolean" } },
            "required": ["about", "last"], "additionalProperties": false
        }"#;
        let source =
            SchemaSource { name: "test/happened@1".into(), source: SourceId::default(), text: text.into() };
        let (schemas, findings) = Schemas::compile(&[source]);
        assert!(findings.is_empty(), "{findings:?}");
        Arc::new(EventType {
            name: "test.happened".into(),
            schema: schemas.get("test/happened@1").expect("it was compiled"),
            owner: None,
            key: FieldPath("about".into()),
            correlates: vec![FieldPath("about".into())],
            id: Vec::new(),
            account: None,
            visibility: Visibility::Internal,
            retain: Duration::from_secs(1),
            buffer: Duration::from_secs(1),
            fold: None,
            subscribers: Vec::new(),
            span: Span::default(),
        })
    };
    TYPE.get_or_init(make).clone()
}

/// A condition over so many slots and, behind them, what the entries heard.
fn condition(text: &str, slots: u32, entries: usize) -> Formula {
    let (schemas, tables, rejections) = (Schemas::default(), Tables::default(), Rejections::new());
    let environment = Environment { schemas: &schemas, tables: &tables, rejections: &rejections };
    let ty = event_type().ty().clone();
    let below =
        (0..slots).fold(Scope::new(), |scope, slot| scope.with_optional(format!("below{slot}"), Type::Null));
    let scope = (0..entries).fold(below, |scope, at| scope.with_optional(format!("e{at}"), ty.clone()));
    let (compiled, findings) =
        compile_condition(&Expression::new(text, Span::default()), &scope, &environment);
    let compiled = compiled.unwrap_or_else(|| panic!("{text}: {findings:?}"));
    Formula::Program(compiled.program)
}
