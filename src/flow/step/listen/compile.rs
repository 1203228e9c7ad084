//! A `listen` as written: its events, how they correlate, what holds and what happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Entry, ListenNode, Rule};
use crate::config::Spanned;
use crate::config::declarations::flow::{ListenEvent, ListenFor, Step, StepBody};
use crate::config::declarations::{Data, Expression, Name};
use crate::diagnostic::{Diagnostic, codes};
use crate::event::{EventType, FieldPath};
use crate::flow::compile::{Blocked, Compiler, Made, Typed};
use crate::flow::formula::Formula;
use crate::flow::machine::MAX_WANTS;
use crate::flow::step::{Node, emit::event_type};
use crate::mapping::Target;
use crate::schema::{Field, Type};

/// One event as written, in either form.
struct Written<'f> {
    event: &'f Name,
    correlate: &'f BTreeMap<Name, Data>,
    when: Option<&'f Expression>,
    /// Its name in scope.
    name: Name,
    steps: Option<&'f Vec<Step>>,
}

/// What an event says.
struct Said {
    event: Option<Arc<EventType>>,
    typed: Typed,
}

impl Said {
    fn of(compiler: &mut Compiler<'_>, one: &Written<'_>) -> Said {
        let event = event_type(compiler, one.event);
        let typed = event.as_ref().map(|event| Typed::sure(event.ty().clone()));
        compiler.waits.hears.extend(event.iter().map(|event| event.name.clone()));
        Said { event, typed: typed.unwrap_or_else(Typed::unknown) }
    }
}

pub(super) fn compile(compiler: &mut Compiler<'_>, body: &StepBody) -> Made {
    let Some(listen) = &body.listen else { return Made::broken() };
    let (rule, written) = written(compiler, listen);
    compiler.waits.any = true;
    compiler.feed(&format!("{rule:?} {:?}", listen.timeout.as_ref().map(|timeout| timeout.value.0)));
    let mut said: Vec<Said> = written.iter().map(|one| Said::of(compiler, one)).collect();
    let made: Vec<(Option<Entry>, Type)> =
        (0..written.len()).map(|at| entry(compiler, rule, &written, &said, at)).collect();
    let (entries, narrowed): (Vec<Option<Entry>>, Vec<Type>) = made.into_iter().unzip();
    let mut worst = std::time::Duration::ZERO;
    let unmatched = listen.unmatched.as_ref().map(|unmatched| {
        let mark = compiler.mark();
        declare(compiler, &written, &said, false, |_| rule == Rule::One);
        let blocked = compiler.only("unmatched", unmatched);
        compiler.restore(mark);
        worst = worst.max(blocked.worst);
        compiler.block_of(&blocked)
    });
    // What is heard is what `when` lets through.
    said.iter_mut().zip(narrowed).for_each(|(said, ty)| said.typed.ty = ty);
    let until = listen.until.as_ref().map(|until| {
        let mark = compiler.mark();
        declare(compiler, &written, &said, false, |_| rule != Rule::Any);
        let until = compiler.decision(until);
        compiler.restore(mark);
        until
    });
    no_when(compiler, listen, &written);
    let otherwise = body.else_.as_ref().map(|otherwise| in_time(compiler, listen, otherwise));
    let result = result(rule, &written, &said);
    let result = match &otherwise {
        Some(blocked) if !blocked.ends => Typed::either(vec![Some(result), blocked.result.clone()]),
        _ => Some(result),
    };
    let timeout = listen.timeout.as_ref().map(|timeout| timeout.value.0);
    worst = worst.saturating_add(timeout.unwrap_or(std::time::Duration::MAX));
    let otherwise = otherwise.map(|blocked| compiler.block_of(&blocked));
    match entries.into_iter().collect::<Option<Vec<Entry>>>() {
        Some(entries) => {
            let node = ListenNode { entries, rule, until, timeout, otherwise, unmatched };
            Made { result, ends: false, worst, node: Node::Listen(Box::new(node)) }
        }
        None => Made { result: Some(Typed::unknown()), ..Made::broken() },
    }
}

/// What is listened for, in the order written.
fn written<'f>(compiler: &mut Compiler<'_>, listen: &'f Spanned<ListenFor>) -> (Rule, Vec<Written<'f>>) {
    if let Some(event) = &listen.event {
        let name = listen.as_.clone().unwrap_or(Spanned { value: "event".to_owned(), span: event.span });
        let (when, steps) = (listen.when.as_ref(), listen.do_.as_ref());
        return (Rule::One, vec![Written { event, correlate: &listen.correlate, when, name, steps }]);
    }
    stray_keys(compiler, listen);
    let (rule, several) = match (&listen.any, &listen.all) {
        (Some(any), _) => (Rule::Any, any),
        (None, all) => (Rule::All, all.as_ref().unwrap_or(const { &Vec::new() })),
    };
    how_many(compiler, several.len(), listen);
    let one = |declared: &'f Spanned<ListenEvent>| Written {
        event: &declared.event,
        correlate: &declared.correlate,
        when: declared.when.as_ref(),
        name: declared.as_.clone().unwrap_or_else(|| last_word(&declared.event)),
        steps: declared.do_.as_ref(),
    };
    (rule, several.iter().map(one).collect())
}

/// Several are some, and not too many.
fn how_many(compiler: &mut Compiler<'_>, count: usize, listen: &Spanned<ListenFor>) {
    let (message, help) = match count {
        0 => (
            "this listens for no event at all".to_owned(),
            "name at least one: `- { event: ..., correlate: { ... } }`",
        ),
        1..=MAX_WANTS => return,
        _ => (
            format!("this listens for {count} events, and at most {MAX_WANTS} can be"),
            "listen for fewer at once, or let a `fork` listen for some of them",
        ),
    };
    compiler.find(Diagnostic::new(&codes::BAD_BOUND, listen.span, message).help(help));
}

/// `milestone` of `delivery.milestone`.
fn last_word(event: &Name) -> Name {
    let word = event.value.rsplit('.').next().unwrap_or(&event.value);
    Spanned { value: word.to_owned(), span: event.span }
}

/// Keys of the short form beside `any` or `all`.
fn stray_keys(compiler: &mut Compiler<'_>, listen: &ListenFor) {
    let correlate = listen.correlate.keys().next().map(|name| ("correlate", name.span));
    let when = listen.when.as_ref().map(|when| ("when", when.span));
    let as_ = listen.as_.as_ref().map(|name| ("as", name.span));
    let steps = listen.do_.iter().flatten().next().map(|step| ("do", step.name.span));
    for (key, span) in [correlate, when, as_, steps].into_iter().flatten() {
        let message = format!("`{key}` stands beside several events, and does not say for which");
        let help =
            format!("write `{key}` with each event: `- {{ event: ..., correlate: {{ ... }}, {key}: ... }}`");
        let help = if key == "correlate" { "write `correlate` with each event".to_owned() } else { help };
        compiler.find(Diagnostic::new(&codes::MISPLACED_KEY, span, message).help(help));
    }
}

/// Gives every event its name; whether each has certainly been heard. What is wrong with the names is said
/// with the `first` of these scopes only.
fn declare(
    compiler: &mut Compiler<'_>,
    written: &[Written<'_>],
    said: &[Said],
    first: bool,
    is_sure: impl Fn(usize) -> bool,
) {
    let found = compiler.findings.len();
    for (at, (one, said)) in written.iter().zip(said).enumerate() {
        compiler.take(&one.name);
        compiler.declare(&one.name, Typed { absent: !is_sure(at), ..said.typed.clone() });
    }
    if !first {
        compiler.findings.truncate(found);
    }
}

fn entry(
    compiler: &mut Compiler<'_>,
    rule: Rule,
    written: &[Written<'_>],
    said: &[Said],
    at: usize,
) -> (Option<Entry>, Type) {
    let one = &written[at];
    compiler.feed(&one.name);
    let correlate = correlate(compiler, one, said[at].event.as_deref());
    let mark = compiler.mark();
    declare(compiler, written, said, at == 0, |other| other == at);
    let when = one.when.map(|when| compiler.condition_that_narrows(when));
    let slot = compiler.scope.slot(&one.name).map(|slot| compiler.scope.names[slot].ty.clone());
    let narrowed = slot.unwrap_or_else(|| said[at].typed.ty.clone());
    let block = one.steps.map(|steps| {
        if rule != Rule::One {
            compiler.down(&one.name);
        }
        let blocked = compiler.steps(steps);
        compiler.block_of(&blocked)
    });
    compiler.restore(mark);
    let made = said[at].event.clone().zip(correlate).map(|(event, correlate)| {
        let name = one.name.value.as_str().into();
        Entry { event, name, correlate, when, block }
    });
    (made, narrowed)
}

/// The fields that the event must have, in the order written.
fn correlate(
    compiler: &mut Compiler<'_>,
    one: &Written<'_>,
    event: Option<&EventType>,
) -> Option<Vec<(FieldPath, Formula)>> {
    if one.correlate.is_empty() {
        let message = format!("any `{}` would match: nothing says which one is meant", one.event.value);
        let field = event.map_or("key", |event| &*event.key.0);
        let help = format!("write what it must be about: `correlate: {{ {field}: =... }}`");
        compiler.find(Diagnostic::new(&codes::BAD_CORRELATION, one.event.span, message).help(help));
        return None;
    }
    let mut fields: Vec<(&Name, &Data)> = one.correlate.iter().collect();
    fields.sort_by_key(|(name, _)| name.span.start);
    let made: Vec<Option<(FieldPath, Formula)>> =
        fields.into_iter().map(|(name, data)| field(compiler, event?, name, data)).collect();
    made.into_iter().collect()
}

fn field(
    compiler: &mut Compiler<'_>,
    event: &EventType,
    name: &Name,
    data: &Data,
) -> Option<(FieldPath, Formula)> {
    compiler.feed(name);
    let Some(field) = event.correlate(name) else {
        undeclared(compiler, event, name);
        return None;
    };
    let ty = event.ty().at_path(field.0.split('.')).map_or(Type::Any, |found| found.ty.without_null());
    let what = format!("`{}` of `{}`", name.value, event.name);
    let target = Target { ty, required: true, what };
    let (formula, _) = compiler.data_to(data, &target)?;
    Some((field.clone(), formula))
}

fn undeclared(compiler: &mut Compiler<'_>, event: &EventType, name: &Name) {
    let known = event.correlates.iter().map(|field| &*field.0);
    let list: Vec<String> = known.clone().map(|field| format!("`{field}`")).collect();
    let message = format!("`{}` is not found by `{}`", event.name, name.value);
    let finding = Diagnostic::new(&codes::BAD_CORRELATION, name.span, message)
        .nearest(name, known)
        .related(event.span, "the event")
        .help(format!("it is found by {}", list.join(", ")));
    let has_field = event.ty().at_path(name.value.split('.')).is_ok_and(|found| !found.undeclared);
    compiler.find(match has_field {
        true => finding.help(format!("or add to the event: `correlates: [{}]`", name.value)),
        false => finding,
    });
}

/// `unmatched` without a `when` that would leave anything unmatched.
fn no_when(compiler: &mut Compiler<'_>, listen: &ListenFor, written: &[Written<'_>]) {
    let Some(unmatched) = &listen.unmatched else { return };
    if written.iter().all(|one| one.when.is_none()) {
        let message = "every event that correlates is heard, so none is ever unmatched";
        let help = "write `when:` for the events that are meant, or take `unmatched` out; `until` only says when to stop";
        compiler.find(Diagnostic::new(&codes::UNREACHABLE_STEP, unmatched.span, message).help(help));
    }
}

fn in_time(compiler: &mut Compiler<'_>, listen: &ListenFor, otherwise: &Spanned<StepBody>) -> Blocked {
    if listen.timeout.is_none() {
        let message = "`else` is what happens when the time is over, and this listens without end";
        let help = "write how long inside `listen:`, `timeout: 14d`, or take `else` out";
        compiler.find(Diagnostic::new(&codes::UNREACHABLE_STEP, otherwise.span, message).help(help));
    }
    compiler.only("else", otherwise)
}

/// What the step gives.
fn result(rule: Rule, written: &[Written<'_>], said: &[Said]) -> Typed {
    if said.iter().any(|said| said.typed.broken) {
        return Typed::unknown();
    }
    match rule {
        Rule::One => said.first().map_or_else(Typed::unknown, |said| said.typed.clone()),
        Rule::Any | Rule::All => {
            let fields = written.iter().zip(said).map(|(one, said)| {
                let field = Field { ty: said.typed.ty.clone(), required: rule == Rule::All };
                (Arc::from(one.name.value.as_str()), field)
            });
            Typed::sure(Type::object(fields.collect()))
        }
    }
}
