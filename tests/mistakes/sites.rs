//! Where in a mapping a mistake can be made: the places of its syntax tree.

use crossdock::diagnostic::SourceId;
use crossdock::mapping::parse_mapping;
use crossdock::mapping::syntax::{
    ArgumentValue, Block, Body, Each, Entry, Expr, ExprKind, Operator, PathStep, PatternKind, Statement,
    TextPart,
};

/// Bytes of the text.
pub type Range = std::ops::Range<usize>;

/// A call with the places of its name and arguments.
pub struct Call {
    pub name: Range,
    pub word: String,
    pub arguments: Vec<Range>,
    pub whole: Range,
}

/// The places of a mapping.
#[derive(Default)]
pub struct Sites {
    pub sources: Vec<Range>,
    pub target: Range,
    /// Key and value of each entry.
    pub entries: Vec<(Range, Range)>,
    pub fields: Vec<Range>,
    pub names: Vec<Range>,
    pub calls: Vec<Call>,
    /// `left operator right`: left, operator, right.
    pub elses: Vec<(Range, Range, Range)>,
    pub comparisons: Vec<(Range, Range, Range)>,
    pub patterns: Vec<Range>,
    /// From the patterns to the end of the value.
    pub arms: Vec<Range>,
    pub others: Vec<Range>,
    pub each_names: Vec<Range>,
    pub each_lists: Vec<Range>,
    pub conditions: Vec<Range>,
    /// `[]` and the step behind it.
    pub items: Vec<Range>,
    pub texts: Vec<Range>,
    pub numbers: Vec<Range>,
    pub objects: Vec<Range>,
}

/// The places of a text that can be read.
pub fn sites(text: &str) -> Sites {
    let mapping = parse_mapping(SourceId(0), text).0.expect("a clean mapping reads");
    let mut sites = Sites { target: range(mapping.target.span), ..Sites::default() };
    sites.sources = mapping.inputs.iter().map(|input| range(input.schema.span)).collect();
    match &mapping.body {
        Body::Block(block) => sites.block(block),
        Body::Value(lets, value) => {
            lets.iter().for_each(|binding| sites.expr(&binding.value));
            sites.expr(value);
        }
    }
    mapping.defs.iter().for_each(|def| sites.expr(&def.body));
    sites
}

fn range(span: crossdock::diagnostic::Span) -> Range {
    span.start as usize..span.end as usize
}

impl Sites {
    fn block(&mut self, block: &Block) {
        for statement in &block.statements {
            match statement {
                Statement::Let(binding) => self.expr(&binding.value),
                Statement::Entry(entry) => self.entry(entry),
                Statement::Spread(spread) => self.expr(&spread.value),
            }
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.entries.push((range(entry.key.span), range(entry.value.span)));
        self.expr(&entry.value);
    }

    fn expr(&mut self, expr: &Expr) {
        let whole = range(expr.span);
        match &expr.kind {
            ExprKind::Null | ExprKind::Boolean(_) | ExprKind::Omit => {}
            ExprKind::Number(_) => self.numbers.push(whole),
            ExprKind::Name(_) => self.names.push(whole),
            ExprKind::Text(parts) => {
                self.texts.push(whole);
                for part in parts {
                    if let TextPart::Value(value) = part {
                        self.expr(value);
                    }
                }
            }
            ExprKind::Path(of, steps) => {
                self.expr(of);
                for step in steps {
                    match step {
                        PathStep::Field(word) => self.fields.push(range(word.span)),
                        PathStep::Items(span) => self.items.push(range(*span)),
                        PathStep::Item(..) => {}
                    }
                }
            }
            ExprKind::Call(name, arguments) => {
                let ranges = arguments.iter().map(|argument| range(argument.span)).collect();
                self.calls.push(Call {
                    name: range(name.span),
                    word: name.text.to_string(),
                    arguments: ranges,
                    whole,
                });
                for argument in arguments {
                    match &argument.value {
                        ArgumentValue::Expr(value) | ArgumentValue::Lambda { body: value, .. } => {
                            self.expr(value)
                        }
                    }
                }
            }
            ExprKind::Not(of) | ExprKind::Minus(of) | ExprKind::Is { of, .. } => self.expr(of),
            ExprKind::Binary(binary) => {
                let places = (range(binary.left.span), range(binary.operator_span), range(binary.right.span));
                match binary.operator {
                    Operator::Else => self.elses.push(places),
                    Operator::Equal | Operator::Greater | Operator::Less => self.comparisons.push(places),
                    _ => {}
                }
                self.expr(&binary.left);
                self.expr(&binary.right);
            }
            ExprKind::Match(matching) => {
                self.expr(&matching.subject);
                for arm in &matching.arms {
                    let literals =
                        arm.patterns.iter().filter(|pattern| matches!(pattern.kind, PatternKind::Literal(_)));
                    self.patterns.extend(literals.map(|pattern| range(pattern.span)));
                    let start = arm.patterns.first().map_or(arm.value.span, |pattern| pattern.span);
                    self.arms.push(range(start.to(arm.value.span)));
                    self.expr(&arm.value);
                }
                if let Some((span, value)) = &matching.otherwise {
                    self.others.push(range(span.to(value.span)));
                    self.expr(value);
                }
            }
            ExprKind::Each(each) => self.each(each),
            ExprKind::Object(block) => {
                self.objects.push(whole);
                self.block(block);
            }
            ExprKind::Array(items) => items.iter().for_each(|item| self.expr(item)),
        }
    }

    fn each(&mut self, each: &Each) {
        self.each_lists.push(range(each.list.span));
        self.each_names.push(range(each.item.span));
        self.conditions.extend(each.condition.iter().map(|condition| range(condition.span)));
        self.expr(&each.list);
        each.condition.iter().for_each(|condition| self.expr(condition));
        self.expr(&each.body);
    }
}
