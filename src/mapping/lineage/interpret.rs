//! Runs a program over descents in place of values.

use std::sync::Arc;

use super::descent::{Descent, Member};
use super::origin::Origin;
use crate::diagnostic::Span;
use crate::mapping::place::Key;
use crate::mapping::program::{Argument, Code, Each, Match, Node, Op, Statement, Step};
use crate::mapping::stdlib::Function;
use crate::mapping::walk;
use crate::value::Value;

/// Functions that give what they are given: items of a list, or the list in another order.
const SELECT: [&str; 3] = ["distinct", "filter", "sort_by"];
/// Functions that give one item of what they are given.
const PICK: [&str; 2] = ["first", "last"];

/// Functions that say which, whether or how many, and give nothing of what they are given: rows of a table by their
/// keys, truths, a number of items.
const TELL: [&str; 10] = [
    "all",
    "any",
    "contains",
    "count",
    "ends_with",
    "lookup",
    "lookup_all",
    "matches",
    "starts_with",
    "table_has",
];

/// A `reject` in a program: its code, and what its facts descend from.
#[derive(Debug)]
pub struct Rejecting {
    pub code: Arc<str>,
    pub facts: Vec<(Arc<str>, Descent)>,
    pub span: Span,
}

/// What a program gives, and how it may reject.
pub(super) fn interpret(code: &Code, inputs: &[Descent]) -> (Descent, Vec<Rejecting>) {
    let locals = vec![Descent::default(); code.locals];
    let mut interpreter = Interpreter { inputs, names: &code.names, locals, rejects: Vec::new() };
    let made = interpreter.node(&code.root);
    (made, interpreter.rejects)
}

struct Interpreter<'a> {
    inputs: &'a [Descent],
    names: &'a [Arc<str>],
    locals: Vec<Descent>,
    rejects: Vec<Rejecting>,
}

impl Interpreter<'_> {
    fn node(&mut self, node: &Node) -> Descent {
        match &node.op {
            Op::Value(value) => Descent::constant(value),
            Op::Absent => Descent::default(),
            Op::Input(slot) => self.inputs.get(*slot).cloned().unwrap_or_default(),
            Op::Local(slot) => self.locals.get(*slot).cloned().unwrap_or_default(),
            Op::Path(of, steps) => {
                let root = self.node(of);
                follow(root, steps)
            }
            Op::Object(statements) => self.object(statements),
            Op::Array(items) => {
                let items: Vec<Descent> = items.iter().map(|item| self.node(item)).collect();
                match items.into_iter().reduce(Descent::or) {
                    Some(item) => Descent::list(Origin::default(), item),
                    None => Descent::constant(&Value::array(Vec::new())),
                }
            }
            Op::Lets(lets, value) => {
                lets.iter().for_each(|(slot, value)| self.name(*slot, value));
                self.node(value)
            }
            Op::Call(function, arguments) => self.call(function, arguments),
            Op::If(parts) => {
                let condition = self.node(&parts[0]);
                let made = self.node(&parts[1]).or(self.node(&parts[2]));
                made.and(|origin| origin.decided(condition.whole()))
            }
            Op::Match(matching) => self.matching(matching),
            Op::Each(each) => self.each(each),
            Op::Else(sides) => self.node(&sides[0]).or(self.node(&sides[1])),
            Op::Try(sides) => {
                let made = self.node(&sides[0]).or(self.node(&sides[1]));
                made.and(|origin| origin.through("try"))
            }
            Op::Reject(reject) => {
                let facts = reject.facts.iter().map(|(name, fact)| (name.clone(), self.node(fact)));
                let facts = facts.collect();
                self.rejects.push(Rejecting { code: reject.code.clone(), facts, span: node.span });
                let words = format!("reject({})", reject.code);
                Descent::default().and(|origin| origin.through(words.as_str()))
            }
            Op::ToNumber(of) | Op::ToNumbers(of) | Op::ToText(of) => self.node(of),
            Op::Query(..) => self.computed(node, Some("query")),
            Op::Quotient(..) => self.computed(node, Some("round")),
            Op::Secret(_) => {
                Descent::made(Origin { constants: vec!["a secret".into()], ..Origin::default() })
            }
            // A truth says which, and nothing of what was looked at.
            Op::Not(_)
            | Op::And(_)
            | Op::Or(_)
            | Op::Compare(..)
            | Op::In(..)
            | Op::IsPresent(_)
            | Op::IsNull(_)
            | Op::Truth(_) => Descent::made(self.computed(node, None).whole().clone().told_only()),
            _ => self.computed(node, None),
        }
    }

    /// A value that is made of all that stands in its expression.
    fn computed(&mut self, node: &Node, form: Option<&str>) -> Descent {
        let mut own = Origin::default();
        form.into_iter().for_each(|form| own.through(form));
        for part in walk::parts(node) {
            own.and(self.node(part).whole());
        }
        // What stands between the values is no value.
        own.constants.clear();
        Descent::made(own)
    }

    fn object(&mut self, statements: &[Statement]) -> Descent {
        let mut members = Vec::new();
        for statement in statements {
            match statement {
                Statement::Let(slot, value) => self.name(*slot, value),
                Statement::Member(name, value) => {
                    let descent = self.node(value);
                    members.push(Member { name: name.clone(), descent, span: value.span });
                }
            }
        }
        Descent::object(members)
    }

    fn name(&mut self, slot: usize, value: &Node) {
        let mut descent = self.node(value);
        if let Some(name) = self.names.get(slot) {
            let words = format!("let {name}");
            descent = descent.and(|origin| origin.through(words.as_str()));
        }
        self.bind(slot, descent);
    }

    fn bind(&mut self, slot: usize, descent: Descent) {
        if let Some(local) = self.locals.get_mut(slot) {
            *local = descent;
        }
    }

    fn matching(&mut self, matching: &Match) -> Descent {
        let subject = self.node(&matching.subject);
        let ways = matching.arms.iter().map(|(_, value)| value).chain(&matching.otherwise);
        let made: Vec<Descent> = ways.map(|way| self.node(way)).collect();
        let made = made.into_iter().reduce(Descent::or).unwrap_or_default();
        made.and(|origin| origin.decided(subject.whole()))
    }

    fn each(&mut self, each: &Each) -> Descent {
        let list = self.node(&each.list);
        self.bind(each.item, list.item(Key::Items));
        if let Some(slot) = each.number {
            // Which number an item has depends on which items there are.
            let mut number = Origin::default();
            number.decided(list.whole());
            number.through("at");
            self.bind(slot, Descent::made(number));
        }
        let condition = each.condition.as_ref().map(|condition| self.node(condition));
        let mut own = list.whole().clone().told_only();
        condition.iter().for_each(|condition| own.decided(condition.whole()));
        let body = self.node(&each.body);
        Descent::list(own, body)
    }

    fn call(&mut self, function: &Function, arguments: &[Argument]) -> Descent {
        let (mut values, mut lambda, mut table) = (Vec::new(), None, None);
        for argument in arguments {
            match argument {
                Argument::Value(value) => values.push(self.node(value)),
                Argument::Lambda(slot, body) => {
                    let item = values.first().map(|list: &Descent| list.item(Key::Items));
                    self.bind(*slot, item.unwrap_or_default());
                    lambda = Some(self.node(body));
                }
                Argument::Table(name) => table = Some(name),
                Argument::Missing | Argument::Symbol(_) => {}
            }
        }
        let words = match table {
            Some(table) => format!("{}({table})", function.name),
            None => function.name.to_owned(),
        };
        let made = called(function.name, values, lambda);
        made.and(|origin| origin.through(words.as_str()))
    }
}

/// What a function gives of what it is given.
fn called(name: &str, mut values: Vec<Descent>, lambda: Option<Descent>) -> Descent {
    if !values.is_empty() && (SELECT.contains(&name) || PICK.contains(&name)) {
        let list = values.swap_remove(0);
        let given = if PICK.contains(&name) { list.item(Key::Items) } else { list };
        return match lambda {
            Some(lambda) => given.and(|origin| origin.decided(lambda.whole())),
            None => given,
        };
    }
    // What puts lists together keeps their items as they are.
    let items = |value: &Descent| value.item(Key::Items);
    let joined = match name {
        "append" => {
            values.split_first().map(|(list, more)| more.iter().cloned().fold(items(list), Descent::or))
        }
        "concat" => values.iter().map(items).reduce(Descent::or),
        _ => None,
    };
    if let Some(joined) = joined {
        let mut own = Origin::default();
        values.iter().for_each(|list| own.decided_by.extend(list.whole().decided_by.iter().cloned()));
        return Descent::list(own, joined);
    }
    if let ("map", Some(lambda), Some(list)) = (name, &lambda, values.first()) {
        return Descent::list(list.whole().clone().told_only(), lambda.clone());
    }
    let mut own = Origin::default();
    values.iter().chain(&lambda).for_each(|value| own.and(value.whole()));
    if TELL.contains(&name) {
        own = own.told_only();
    }
    // What a function is given besides is no value that it gives.
    own.constants.clear();
    Descent::made(own)
}

fn follow(root: Descent, steps: &[Step]) -> Descent {
    let mut at = root;
    let mut over = false;
    for step in steps {
        at = match step {
            Step::Field(name) => at.field(name),
            Step::Item(index) => at.item(Key::Item(*index)),
            Step::Items => {
                over = true;
                at.item(Key::Items)
            }
        };
    }
    if over { at.gather() } else { at }
}
