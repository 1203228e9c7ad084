//! What there is to cover in a mapping: the fields that it writes, and the ways that its forms can go.

use std::sync::Arc;

use super::check::Mapping;
use super::eval::Branch;
use super::pattern::Pattern;
use super::program::{Each, Match, Node, Op, Statement};
use super::walk;
use crate::diagnostic::Span;

/// Something that a run may do or leave undone.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// What an observer hears: the expression's place.
    pub key: Span,
    /// `None`: a field gets a value.
    pub branch: Option<Branch>,
    /// Where to look.
    pub at: Span,
    /// The field it is for: `lines[].unit`.
    pub field: Arc<str>,
    /// What did not happen when it is not covered: "the `else` of `match` is never taken".
    pub missing: String,
}

impl Mapping {
    /// Everything there is to cover, in the order of the source.
    pub fn points(&self) -> Vec<Point> {
        let mut points = Points { found: Vec::new(), field: String::new() };
        points.target(&self.program.code.root);
        points.found
    }
}

struct Points {
    found: Vec<Point>,
    /// The field that we are in.
    field: String,
}

impl Points {
    /// An expression whose members are fields of the target.
    fn target(&mut self, node: &Node) {
        self.ways(node);
        match &node.op {
            Op::Object(statements) => statements.iter().for_each(|statement| self.statement(statement)),
            Op::Array(items) => items.iter().for_each(|item| self.target(item)),
            Op::Lets(lets, value) => {
                lets.iter().for_each(|(_, value)| self.inside(value));
                self.target(value);
            }
            Op::If(parts) => {
                self.inside(&parts[0]);
                self.target(&parts[1]);
                self.target(&parts[2]);
            }
            Op::Match(matching) => {
                self.inside(&matching.subject);
                matching
                    .arms
                    .iter()
                    .map(|(_, value)| value)
                    .chain(&matching.otherwise)
                    .for_each(|value| self.target(value));
            }
            Op::Each(each) => self.each(each),
            Op::Else(sides) | Op::Try(sides) => sides.iter().for_each(|side| self.target(side)),
            _ => walk::parts(node).into_iter().for_each(|part| self.inside(part)),
        }
    }

    fn each(&mut self, each: &Each) {
        self.inside(&each.list);
        each.condition.iter().for_each(|condition| self.inside(condition));
        let before = self.field.len();
        self.field.push_str("[]");
        self.target(&each.body);
        self.field.truncate(before);
    }

    fn statement(&mut self, statement: &Statement) {
        let (name, value) = match statement {
            Statement::Let(_, value) => return self.inside(value),
            Statement::Member(name, value) => (name, value),
        };
        let before = self.field.len();
        if !self.field.is_empty() {
            self.field.push('.');
        }
        self.field.push_str(name);
        if !matches!(value.op, Op::Object(_)) {
            self.point(value.span, None, value.span, "is never written".to_owned());
        }
        self.target(value);
        self.field.truncate(before);
    }

    /// An expression whose members are no fields of the target.
    fn inside(&mut self, node: &Node) {
        self.ways(node);
        walk::parts(node).into_iter().for_each(|part| self.inside(part));
    }

    /// The ways that an expression itself can go.
    fn ways(&mut self, node: &Node) {
        let mut way =
            |branch, at: &Node, words: &str| self.point(node.span, Some(branch), at.span, words.to_owned());
        match &node.op {
            Op::If(parts) => {
                way(Branch::True, &parts[1], "the condition of `if` is never true");
                way(Branch::False, &parts[2], "the condition of `if` is never false");
            }
            Op::Else(sides) => {
                way(Branch::Value, &sides[0], "there is never a value before `??`");
                way(Branch::Fallback, &sides[1], "what stands behind `??` is never needed");
            }
            Op::Try(sides) => {
                way(Branch::Worked, &sides[0], "`try` never works");
                way(Branch::Failed, &sides[1], "`try` never fails");
            }
            Op::Each(each) => {
                if let Some(condition) = &each.condition {
                    way(Branch::Kept, condition, "`where` never keeps an item");
                    way(Branch::Dropped, condition, "`where` never leaves an item out");
                }
            }
            Op::Match(matching) => self.cases(node, matching),
            _ => {}
        }
    }

    fn cases(&mut self, node: &Node, matching: &Match) {
        for (at, (patterns, value)) in matching.arms.iter().enumerate() {
            let patterns: Vec<String> = patterns.iter().map(Pattern::shown).collect();
            let words = format!("the case {} of `match` never comes", patterns.join(" | "));
            self.point(node.span, Some(Branch::Case(at)), value.span, words);
        }
        if let Some(otherwise) = &matching.otherwise {
            let words = "the `else` of `match` never comes".to_owned();
            self.point(node.span, Some(Branch::Otherwise), otherwise.span, words);
        }
    }

    fn point(&mut self, key: Span, branch: Option<Branch>, at: Span, missing: String) {
        let field = self.field.as_str().into();
        self.found.push(Point { key, branch, at, field, missing });
    }
}
