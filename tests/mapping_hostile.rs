//! No source text, however strange, and no input panics the mapping language or makes it run away.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossdock::clock::Moment;
use crossdock::codec::json;
use crossdock::config::declarations::Expression;
use crossdock::diagnostic::{Sources, Span};
use crossdock::mapping::{
    Context, Environment, Error, Limits, Mapping, Query, Scope, Shared, Tables, compile_expression,
    compile_mapping, with_arena,
};
use crossdock::schema::{Schemas, Type};
use crossdock::value::{Value, View};
use proptest::prelude::*;

const SAMPLE: &str = r#"map sample
from any as booking, any as account  # two
to any
using tables carrier

let zone = "Europe/{account.city ?? "Berlin"}"
orderNo:   upper(trim(booking.reference ?? ""))
orderType: match booking.level { "a" | "b": 1, -2: "x", else: null }
"@odata.etag": "W/\"1\" \u00e9 \{"
moment: try(instant("2026-03-29T02:30:00", zone, dst: reject), omit)
lines: each booking.packages[] as it at n where (it.count ?? 0) > 0 and not false {
  lineNo: n * 10 % 7
  unit: lookup(carrier, it.type).erp ?? reject("code", "no {it.type ?? "?"}")
  net: round(sum(map(it.parts[], p -> p.price ?? 0)) / 3, 2, half_even)
  ids: query(it, "$..id")
}
def line(street: text, city: text?) = "{street}, {city ?? "-"}"
def twice(n: number) = n * 2
band: match booking.weight { is text: "t", ..10 | 20..30: "light", -5..-1: "odd", is number: line("a"), else: null }
days: match booking.day { "2026-01-01".."2026-06-30": twice(1), else: omit }
site: { ...{ street: "a" }, ...booking.rest, city: line("b", city: booking.city) }
list: [1, { a: 2, b: [3] }, if(booking.x is present and booking.x is not null, booking.x, omit)]
"#;

struct World {
    schemas: Schemas,
    tables: Tables,
    rejections: crossdock::mapping::Rejections,
}

impl World {
    fn new() -> World {
        World {
            schemas: Schemas::compile(&[]).0,
            tables: Tables::default(),
            rejections: [(Arc::from("code"), BTreeSet::new())].into(),
        }
    }

    fn environment(&self) -> Environment<'_> {
        Environment { schemas: &self.schemas, tables: &self.tables, rejections: &self.rejections }
    }

    /// Reads, checks and, if it gets that far, runs; every finding's place must lie in the text.
    fn compiled(&self, text: &str) -> Mapping {
        let source = Sources::default().add("x", text.to_owned());
        let (mapping, findings) = compile_mapping(source, text, &self.environment(), &Shared::default());
        mapping.unwrap_or_else(|| panic!("{findings:?}"))
    }

    fn mapping(&self, text: &str) {
        let source = Sources::default().add("x", text.to_owned());
        let (mapping, findings) = compile_mapping(source, text, &self.environment(), &Shared::default());
        for finding in &findings {
            let span = finding.span.expect("findings of mappings have places");
            assert!(span.start <= span.end && span.end as usize <= text.len().max(1), "{finding:?}");
        }
        assert!(mapping.is_some() || !findings.is_empty(), "refused without a finding: {text}");
        if let Some(mapping) = mapping {
            let _ = mapping.program.eval(&[Some(Value::Null), None], &Context::new(Moment(0), &self.tables));
        }
    }
}

fn expression(text: &str) -> Expression {
    let span = Span { end: text.len() as u32, ..Span::default() };
    Expression { text: text.to_owned(), span, aligned: true }
}

#[test]
fn every_truncation_of_a_sample_is_answered() {
    let world = World::new();
    for end in (0..SAMPLE.len()).filter(|end| SAMPLE.is_char_boundary(*end)) {
        world.mapping(&SAMPLE[..end]);
    }
}

#[test]
fn every_sample_with_one_character_changed_is_answered() {
    let world = World::new();
    for (at, c) in SAMPLE.char_indices() {
        for put in ["", "{", "\"", "(", "\n"] {
            world.mapping(&format!("{}{put}{}", &SAMPLE[..at], &SAMPLE[at + c.len_utf8()..]));
        }
    }
}

#[test]
fn deep_and_long_texts_are_answered_at_once() {
    let world = World::new();
    let nested = |open: &str, close: &str, count: usize| {
        format!("map a\nfrom any as x\nto any\na: {}1{}\n", open.repeat(count), close.repeat(count))
    };
    let started = Instant::now();
    for count in [60, 63, 64, 65, 200, 10_000] {
        let brackets = [
            ("(", ")"),
            ("[", "]"),
            ("{ a: ", " }"),
            ("{ ...", " }"),
            ("upper(", ")"),
            ("\"{", "}\""),
            ("match x { is text | 1..2: ", ", else: 0 }"),
        ];
        for (open, close) in brackets {
            world.mapping(&nested(open, close, count));
            world.mapping(&format!(
                "{}\ndef f(a: number) = {}1{}\nb: f(1)",
                nested(open, close, 1),
                open.repeat(count),
                close.repeat(count)
            ));
        }
        world.mapping(&defs(count));
        world.mapping(&arms(count));
        for chain in ["not ", "-", "1 + ", "match ", "each ", "x ?? ", "x is null and "] {
            world.mapping(&nested(chain, "", count));
        }
        world.mapping(&nested("x", &".x".repeat(count), 1));
        world.mapping(&nested("f(it -> ", ")", count));
    }
    world.mapping(&"\n".repeat(1_000_000));
    world.mapping(&"a ".repeat(300_000));
    world.mapping(&"x".repeat(2_000_000));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

/// Definitions that call each other, each one twice.
fn defs(count: usize) -> String {
    let one = |at: usize| format!("def f{at}(n: number) = f{}(n) + f{}(n)\n", at + 1, at + 1);
    let all: String = (0..count).map(one).collect();
    format!("map a\nfrom any as x\nto any\n{all}def f{count}(n: number) = n\na: f0(1)\n")
}

/// Cases that leave many gaps, and ranges that lie inside each other.
fn arms(count: usize) -> String {
    let all: String = (0..count).map(|at| format!("  {}..{}: {at}\n", at * 3, at * 3 + 1)).collect();
    format!("map a\nfrom any as x\nto any\na: match 3 * 4 {{\n{all}  ..0.5: 1\n}}\n")
}

#[test]
fn nesting_200_deep_is_answered_in_milliseconds() {
    let world = World::new();
    for (open, close) in [("(", ")"), ("{ ...", " }"), ("match x { ..2: ", ", else: 0 }")] {
        let text = format!("map a\nfrom any as x\nto any\na: {}1{}\n", open.repeat(200), close.repeat(200));
        let started = Instant::now();
        world.mapping(&text);
        assert!(started.elapsed() < Duration::from_millis(500), "{open}: {:?}", started.elapsed());
    }
}

#[test]
fn calls_of_definitions_are_bounded() {
    let world = World::new();
    let text = defs(40);
    let started = Instant::now();
    let source = Sources::default().add("x", text.clone());
    let (mapping, findings) = compile_mapping(source, &text, &world.environment(), &Shared::default());
    assert!(mapping.is_none(), "2^40 calls fit nowhere");
    assert!(findings.iter().any(|finding| finding.code.name == "too-complex"), "{findings:?}");
    let many: String = (0..3_000).map(|at| format!("def f{at}(n: number) = f{at}(n)\n")).collect();
    world.mapping(&format!("map a\nfrom any as x\nto any\n{many}a: f0(1)\n"));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn evaluation_is_bounded() {
    let world = World::new();
    let list = format!("[{}]", "0, ".repeat(200));
    let text = format!(
        "map a\nfrom any as x\nto any\nlet l = {list}\n\
         a: map(l, a -> map(l, b -> map(l, c -> map(l, d -> \"long text to be made many times {{d}}\"))))\n"
    );
    let (mapping, findings) = compile_mapping(
        Sources::default().add("x", text.clone()),
        &text,
        &world.environment(),
        &Shared::default(),
    );
    let mapping = mapping.unwrap_or_else(|| panic!("{findings:?}"));
    let limits = Limits { steps: 100_000, output: 1 << 20 };
    let context = Context { limits, ..Context::new(Moment(0), &world.tables) };
    match mapping.program.eval(&[Some(Value::Null)], &context) {
        Err(Error::Failed(failed)) => assert!(failed.limit, "{failed:?}"),
        other => panic!("{other:?}"),
    }
}

/// Values that share their parts have few of them in memory, and no end of them when they are copied or written.
#[test]
fn shared_values_are_never_copied_part_by_part() {
    let world = World::new();
    let lets: String =
        (1..30).map(|at| format!("let t{at} = {{a: t{}, b: t{}}}\n", at - 1, at - 1)).collect();
    let text = format!("map a\nfrom any as x\nto any\nlet t0 = {{a: 1, b: x}}\n{lets}");
    let inputs = [Some(Value::from(7))];
    let limits = Limits { output: 1 << 20, ..Limits::default() };
    let context = Context { limits, ..Context::new(Moment(0), &world.tables) };
    let counted = world.compiled(&format!("{text}n: count(append([t29], t29))\n"));
    assert_eq!(
        counted.program.eval_fast(&inputs, &context),
        None,
        "the reference shares what this would copy"
    );
    let result = counted.program.eval(&inputs, &context).expect("a count");
    assert_eq!(result.and_then(|made| made.get("n").cloned()), Some(Value::from(2)));
    let whole = world.compiled(&format!("{text}all: t29\n"));
    let mut out = b"before".to_vec();
    with_arena(|arena| {
        let views = [Some(View::of(inputs[0].as_ref().expect("an input")))];
        assert_eq!(whole.program.write_fast(&views, &context, arena, &mut out), None, "too much to write");
    });
    assert_eq!(out, b"before");
    let made = whole.program.eval(&inputs, &context).expect("it shares its parts").expect("a target");
    assert!(!json::encode_view(View::of(&made), 1 << 20, &mut out), "it has no end when it is written");
}

#[test]
fn expressions_of_nothing_are_refused() {
    let world = World::new();
    for text in ["", "  ", "\n", "# c", ","] {
        let (compiled, findings) = compile_expression(&expression(text), &Scope::new(), &world.environment());
        assert!(compiled.is_none() && !findings.is_empty(), "{text:?}");
    }
}

const WORDS: &[&str] = &[
    "booking",
    ".reference",
    "[]",
    "[0]",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\"a\"",
    "\\",
    "1",
    "2.5",
    "0",
    "+",
    "-",
    "*",
    "/",
    "%",
    "??",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "and",
    "or",
    "not",
    "is",
    "present",
    "null",
    "match",
    "else",
    "each",
    "as",
    "at",
    "where",
    "let",
    "map",
    "from",
    "to",
    "using",
    "tables",
    "it -> it",
    "if(",
    "try(",
    "reject(",
    "query(",
    "upper(",
    "round(",
    "lookup(",
    "sum(",
    ",",
    ":",
    "=",
    "|",
    "->",
    "\n",
    " ",
    "#",
    "é",
    "omit",
    "true",
    "a: ",
    "\u{feff}",
    "\r\n",
    "canonical/booking@1",
    "is text",
    "is list:",
    "..",
    "...",
    "1..10:",
    "\"a\"..",
    "def f(",
    "def f(a: text) = a",
    "f(",
    "a: number",
    "?",
    "use",
    "shared",
];

fn source() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS), 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_words_never_panic(body in source()) {
        World::new().mapping(&format!("map a\nfrom any as booking\nto any\n{body}"));
    }

    #[test]
    fn random_text_never_panics(text in "\\PC{0,80}") {
        let world = World::new();
        world.mapping(&text);
        let _ = Query::compile(&text);
        let scope = Scope::new().with("booking", Type::Any);
        let (compiled, _) = compile_expression(&expression(&text), &scope, &world.environment());
        if let Some(compiled) = compiled {
            let _ = compiled.program.eval(&[Some(Value::Null)], &Context::new(Moment(0), &world.tables));
        }
    }
}
