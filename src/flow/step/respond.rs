//! `respond`: answers the caller; ends the flow, unless it says `then: continue`.

use std::collections::BTreeMap;

use super::{Kind, Node};
use crate::config::declarations::flow::{Respond, StepBody};
use crate::config::declarations::promise::Then;
use crate::config::declarations::{Data, Name};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::flow::FlowEnd;
use crate::flow::compile::{Compiler, Made, Taken};
use crate::flow::definition::{Answers, Step};
use crate::flow::formula::{Broken, Formula};
use crate::flow::machine::{Run, Signal, Thread, broken_at};
use crate::http::{HeaderName, HeaderValue};
use crate::mapping::{Mapping, Program, Target};
use crate::schema::{Type, Verdict};
use crate::value::Value;

/// A compiled `respond`.
#[derive(Debug)]
pub(in crate::flow) struct RespondNode {
    pub status: u16,
    pub headers: Vec<(HeaderName, Formula)>,
    pub body: Body,
    /// Whether the flow goes on behind it.
    pub continues: bool,
}

/// Where the body of an answer comes from.
#[derive(Debug)]
pub(in crate::flow) enum Body {
    None,
    Formula(Formula),
    /// A mapping and its inputs, in its order.
    Mapped(Program, Vec<Formula>),
}

impl RespondNode {
    /// Answers, and ends the flow unless it goes on behind it.
    pub fn enter(&self, run: &mut Run<'_, '_>, thread: &Thread, step: &Step) -> Signal {
        let made = self.headers(run, thread).and_then(|headers| Ok((headers, self.body.make(run, thread)?)));
        match made {
            Ok((headers, body)) => {
                let answer = FlowEnd::Responded { status: self.status, headers, body };
                match self.continues {
                    true => {
                        run.respond(answer);
                        Signal::Done(None)
                    }
                    false => Signal::End(answer),
                }
            }
            Err(broken) => broken_at(broken, &step.path),
        }
    }

    fn headers(&self, run: &Run<'_, '_>, thread: &Thread) -> Result<Vec<(HeaderName, HeaderValue)>, Broken> {
        let mut headers = Vec::with_capacity(self.headers.len());
        for (name, formula) in &self.headers {
            match formula.eval(&thread.slots, &run.now.context)? {
                None => {}
                Some(Value::String(text)) => match HeaderValue::from_str(&text) {
                    Ok(value) => headers.push((name.clone(), value)),
                    Err(_) => return Err(Broken::Failed(format!("header `{name}` cannot hold this text"))),
                },
                Some(other) => {
                    let kind = other.kind().name();
                    return Err(Broken::Failed(format!("header `{name}` must be text, this is {kind}")));
                }
            }
        }
        Ok(headers)
    }
}

impl Body {
    pub(super) fn make(&self, run: &Run<'_, '_>, thread: &Thread) -> Result<Option<Value>, Broken> {
        let context = &run.now.context;
        match self {
            Body::None => Ok(None),
            Body::Formula(formula) => formula.eval(&thread.slots, context),
            Body::Mapped(program, inputs) => {
                let inputs = inputs.iter().map(|input| input.eval(&thread.slots, context));
                let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
                Formula::run(program, &inputs, context)
            }
        }
    }
}

pub(super) const KIND: Kind = Kind {
    name: "respond",
    help: "answers the caller: status, headers, and a body or a mapping that makes one; ends the flow unless it says `then: continue`",
    stands: |body| body.respond.is_some(),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(respond) = &body.respond else { return Made::broken() };
    let status = status(compiler, respond);
    let headers = headers(compiler, &respond.headers);
    let doubts = compiler.doubts;
    let (made, ty) = match (&respond.map, &respond.body) {
        (Some(map), body) => {
            if let Some(body) = body {
                let message = "`body` and `map` both say what to answer";
                let span = crate::flow::compile::data_span(body);
                let finding = Diagnostic::new(&codes::CONFLICTING_KEYS, span, message);
                compiler.find(finding.related(map.span, "the mapping").help("keep one of them"));
            }
            mapped(compiler, map, &respond.with, status)
        }
        (None, Some(data)) => written(compiler, data, status),
        (None, None) => (Body::None, None),
    };
    compiler.proven &= compiler.doubts == doubts;
    let span = respond.map.as_ref().map_or(body_span(respond), |map| map.span);
    compiler.answers.push(Answers { status, body: ty, span });
    let continues = respond.then.as_ref().is_some_and(|then| then.value == Then::Continue);
    if continues {
        compiler.feed("continue");
    }
    Made {
        ends: !continues,
        ..Made::quiet(Node::Respond(RespondNode { status, headers, body: made, continues }))
    }
}

fn body_span(respond: &Respond) -> Span {
    let body = respond.body.as_ref().map(crate::flow::compile::data_span);
    body.or(respond.status.as_ref().map(|status| status.span)).unwrap_or_default()
}

fn status(compiler: &mut Compiler<'_>, respond: &Respond) -> u16 {
    let Some(status) = &respond.status else { return 200 };
    compiler.feed(&status.value.to_string());
    if !(200..=599).contains(&status.value) {
        let message = format!("`{}` is no status that ends an exchange", status.value);
        let help = "write one from 200 to 599";
        compiler.find(Diagnostic::new(&codes::BAD_STATUS, status.span, message).help(help));
    }
    status.value
}

fn headers(compiler: &mut Compiler<'_>, headers: &BTreeMap<Name, Data>) -> Vec<(HeaderName, Formula)> {
    let mut made = Vec::with_capacity(headers.len());
    for (name, data) in headers {
        compiler.feed(name);
        let what = format!("header `{}`", name.value);
        let target = Target { ty: Type::text(), required: false, what };
        let formula = compiler.data_to(data, &target);
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => made.extend(formula.map(|(formula, _)| (name, formula))),
            Err(_) => {
                let message = format!("`{}` is no header's name", name.value);
                let help = "letters, digits and hyphens, as in `Retry-After`";
                compiler.find(Diagnostic::new(&codes::BAD_HEADER, name.span, message).help(help));
            }
        }
    }
    made
}

/// What a good answer must be; other statuses may say what they like.
fn gives(compiler: &Compiler<'_>, status: u16) -> Option<(Type, Span)> {
    compiler.gives.clone().filter(|_| (200..300).contains(&status))
}

fn written(compiler: &mut Compiler<'_>, data: &Data, status: u16) -> (Body, Option<Type>) {
    let made = match gives(compiler, status) {
        Some((ty, _)) => {
            let target = Target { ty, required: true, what: "what the flow gives".to_owned() };
            compiler.data_to(data, &target)
        }
        None => compiler.data(data),
    };
    match made {
        Some((formula, typed)) => (Body::Formula(formula), Some(typed.ty)),
        None => (Body::None, Some(Type::Any)),
    }
}

/// The mapping of a name, and what it takes, bound by name.
pub(super) fn mapping_of<'e>(
    compiler: &mut Compiler<'e>,
    map: &Name,
    with: &BTreeMap<Name, Data>,
) -> Option<(&'e Mapping, Vec<Formula>)> {
    let known = compiler.env.mappings;
    compiler.feed(map);
    let Some(mapping) = known.get(map.as_str()) else {
        let message = format!("there is no mapping `{}`", map.value);
        let finding = Diagnostic::new(&codes::UNKNOWN_MAPPING, map.span, message);
        compiler.find(finding.nearest(map, known.keys().map(|known| &**known)));
        return None;
    };
    compiler.feed_mapping(mapping);
    let schemas = mapping.inputs.iter().map(|input| &input.schema).chain([&mapping.target]);
    for schema in schemas {
        compiler.vendor(schema, map.span);
    }
    let takes: Vec<Taken<'_>> = mapping
        .inputs
        .iter()
        .map(|input| Taken { name: &input.name, ty: &input.ty, required: !input.optional })
        .collect();
    let inputs = compiler.bind(&takes, with, map.span, &format!("mapping `{}`", map.value));
    Some((mapping, inputs))
}

fn mapped(
    compiler: &mut Compiler<'_>,
    map: &Name,
    with: &BTreeMap<Name, Data>,
    status: u16,
) -> (Body, Option<Type>) {
    let Some((mapping, inputs)) = mapping_of(compiler, map, with) else {
        return (Body::None, Some(Type::Any));
    };
    compiler.proven &= mapping.is_proven();
    if let Some((ty, span)) = gives(compiler, status)
        && let Verdict::Refuted(reasons) = mapping.target_type.fits(&ty)
    {
        let message =
            format!("mapping `{}` makes `{}`, which is not what the flow gives", map.value, mapping.target);
        let mut finding =
            Diagnostic::new(&codes::UNFIT_ANSWER, map.span, message).related(span, "what it gives");
        if let Some(reason) = reasons.first() {
            let at =
                if reason.pointer.is_empty() { "it".to_owned() } else { format!("`{}`", reason.pointer) };
            finding = finding.help(format!("{at} {}", reason.message));
        }
        compiler.find(finding);
    }
    (Body::Mapped(mapping.program.clone(), inputs), Some(mapping.target_type.clone()))
}
