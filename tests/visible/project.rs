//! Small projects with an experience route.

use crossdock::config::Environment;
use crossdock::plan::check_texts;

use super::programs::Program;

/// A file: its path and its text.
pub type Texts = Vec<(String, String)>;

const GATEWAY: &str = "edition: 2026\ngateway: test\nauth:\n  portal: { scheme: api_key }\nclients:\n  acme:\n    account: ACME\n    scopes: [ read ]\n    keys: [ \"sha256:0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\" ]\n";

fn text(path: &str, text: &str) -> (String, String) {
    (path.to_owned(), text.to_owned())
}

/// The findings about what customers see.
pub fn found(texts: &Texts) -> Vec<String> {
    let checked = check_texts(texts.clone(), &Environment::default());
    let ours = checked.diagnostics.into_iter().filter(|finding| finding.code.name == "internal-field-shown");
    ours.map(|finding| finding.message).collect()
}

/// Every error.
pub fn all(texts: &Texts) -> Vec<String> {
    let checked = check_texts(texts.clone(), &Environment::default());
    let errors = checked
        .diagnostics
        .into_iter()
        .filter(|one| one.severity() == crossdock::diagnostic::Severity::Error);
    errors.map(|finding| format!("{}: {}", finding.code.name, finding.message)).collect()
}

/// Ways of a value through a flow, all of it.
const WAYS: [&str; 5] = [
    "output: =found\n",
    "  - held: { set: =found }\noutput: =held\n",
    "  - tried: { try: [ { again: { call: erp.find } } ], catch: { do: [ { other: { set: =found } } ] } }\noutput: =tried\n",
    "  - chosen:\n      switch:\n        - when: =client.account == \"A\"\n          do: [ { one: { set: =found } } ]\n      else: { set: =found }\noutput: =chosen\n",
    "  - both: { fork: { left: { set: =found }, right: { set: =found } } }\noutput: =both.left\n",
];

/// A project whose route answers a system's answer through a random mapping.
pub fn random(seed: u64, source: &str, program: &Program) -> Texts {
    let way = WAYS[seed as usize % WAYS.len()];
    vec![
        text("gateway.yaml", GATEWAY),
        text("specs/g/source@1.json", source),
        text("specs/g/target@1.json", &program.target_schema),
        text(
            "tables/codes.csv",
            "code,name,factor:decimal,rank:integer\nCT,carton,1,1\nPX,pallet,0.5,2\nBX,,2,\n",
        ),
        text("mappings/made.mapping", &program.text),
        text("exceptions.yaml", "rejections:\n  no_value: { customer: { en: \"There is none.\" } }\n"),
        text(
            "systems/erp.yaml",
            "system: erp\nowner: it\nrunbook: https://wiki.example/erp\nurl: https://erp.example\noperations:\n  find:\n    gives: g/source@1\n    get: /things\n    effect: read\n",
        ),
        text(
            "flows/find.yaml",
            &format!("flow: find\nowner: it\ngives: g/source@1\ndo:\n  - found: {{ call: erp.find }}\n{way}"),
        ),
        text(
            "routes/things.yaml",
            "api: things\nlayer: experience\nowner: it\nversion: 1\nstatus: active\nauth: portal\nroutes:\n  - get: /things\n    scope: read\n    run: find\n    response: { map: made, schema: g/target@1 }\n",
        ),
    ]
}

const THING: &str = r#"{
  "type": "object", "required": ["name", "score", "notes", "lines"], "additionalProperties": false,
  "properties": {
    "name": { "type": "string" },
    "score": { "type": "string", "x-visibility": "internal" },
    "notes": { "type": "array", "x-visibility": "internal", "items": { "type": "string" } },
    "lines": { "type": "array", "items": { "type": "object", "required": ["text", "cost"], "additionalProperties": false,
      "properties": { "text": { "type": "string" }, "cost": { "type": "string", "x-visibility": "internal" } } } }
  }
}"#;

const SEEN: &str = r#"{ "type": "object", "required": ["number"], "additionalProperties": false,
  "properties": { "number": { "type": "string" }, "text": { "type": "string" } } }"#;

/// A project whose route runs these steps behind `found`, a thing with marked fields.
pub fn with_flow(steps: &str) -> Texts {
    vec![
        text("gateway.yaml", GATEWAY),
        text("specs/own/thing@1.json", THING),
        text("specs/own/seen@1.json", SEEN),
        text("tables/tiers.csv", "code,name\nA,gold\n"),
        text(
            "mappings/seen_to_customer.mapping",
            "map seen_to_customer\nfrom own/seen@1 as seen\nto own/seen@1\n\nnumber: seen.number\n",
        ),
        text(
            "mappings/thing_to_seen.mapping",
            "map thing_to_seen\nfrom own/thing@1 as thing\nto own/seen@1\n\nnumber: thing.name\ntext: \"score {thing.score}\"\n",
        ),
        text(
            "exceptions.yaml",
            "rejections:\n  too_low: { customer: { en: \"Only {limit}.\" } }\nexceptions:\n  stuck: { category: data, severity: high, owner: it, queues: [ it ], runbook: https://wiki.example/stuck, customer: { en: \"Held for {why}.\" } }\n",
        ),
        text("events/things.yaml", "events:\n  thing.seen: { schema: own/seen@1, owner: it, key: number }\n"),
        text(
            "systems/erp.yaml",
            "system: erp\nowner: it\nrunbook: https://wiki.example/erp\nurl: https://erp.example\noperations:\n  find:\n    takes: { number: string }\n    gives: own/thing@1\n    get: /things/{number}\n    effect: read\n",
        ),
        text(
            "flows/inner.yaml",
            "flow: inner\nowner: it\ninput: { thing: own/thing@1 }\ndo:\n  - told: { set: { inside: =thing.score } }\noutput: =told\n",
        ),
        text(
            "flows/find.yaml",
            &format!(
                "flow: find\nowner: it\ninput: {{ number: string }}\ndo:\n  - found: {{ call: erp.find }}\n{steps}"
            ),
        ),
        text(
            "routes/things.yaml",
            "api: things\nlayer: experience\nowner: it\nversion: 1\nstatus: active\nauth: portal\nroutes:\n  - get: /things/{number}\n    scope: read\n    run: find\n",
        ),
    ]
}

/// Steps that show a marked field, and what the finding says of where.
pub const LEAKS: &[(&str, &str, &str)] = &[
    ("all of it", "output: =found\n", "`score` in the answer"),
    ("inside something", "output: { thing: =found }\n", "`thing.score` in the answer"),
    ("a text with it", "output: { text: '=\"it is {found.score}\"' }\n", "`text` in the answer"),
    ("a function of it", "output: { text: '=upper(left(found.score, 3))' }\n", "`text` in the answer"),
    ("set", "  - held: { set: { a: =found.score } }\noutput: { b: =held.a }\n", "`b` in the answer"),
    ("a list of it", "output: { costs: '=found.lines[].cost' }\n", "`costs` in the answer"),
    ("map", "output: { costs: '=map(found.lines, it -> it.cost)' }\n", "`costs[]` in the answer"),
    (
        "for",
        "  - costs:\n      for: { each: found.lines, as: line }\n      do: [ { cost: { set: =line.cost } } ]\n      collect: =cost\noutput: =costs\n",
        "`[]` in the answer",
    ),
    (
        "switch",
        "  - held:\n      switch:\n        - when: found.name == \"a\"\n          do: [ { one: { set: { a: =found.score } } } ]\n      else: { set: { a: \"none\" } }\noutput: =held\n",
        "`a` in the answer",
    ),
    (
        "catch",
        "  - held: { try: [ { one: { set: { a: \"none\" } } } ], catch: { do: [ { two: { set: { a: =found.score } } } ] } }\noutput: =held\n",
        "`a` in the answer",
    ),
    (
        "fork",
        "  - both: { fork: { left: { set: =found.score }, right: { set: \"none\" } } }\noutput: =both\n",
        "`left` in the answer",
    ),
    (
        "run",
        "  - inside: { run: inner, with: { thing: =found } }\noutput: =inside\n",
        "`inside` in the answer",
    ),
    ("respond", "  - told: { respond: { status: 200, body: { a: =found.score } } }\n", "`a` in the answer"),
    (
        "an error's body",
        "  - told: { respond: { status: 409, body: { a: =found.score } } }\n",
        "`a` in the answer",
    ),
    (
        "a header",
        "  - told: { respond: { status: 200, headers: { x-score: =found.score } } }\n",
        "a header of the answer",
    ),
    (
        "a mapping",
        "  - told: { respond: { status: 200, map: thing_to_seen, with: { thing: =found } } }\n",
        "`text` in the answer",
    ),
    (
        "a rejection",
        "  - told: { reject: too_low, facts: { limit: =found.score } }\n",
        "`limit` in the text of a problem",
    ),
    (
        "an exception",
        "  - told: { raise: stuck, facts: { why: =found.score } }\n",
        "`why` in the text of a problem",
    ),
    (
        "an expression that rejects",
        "output: { a: '=if(found.name == \"a\", \"b\", reject(\"too_low\", \"low\", limit: found.score))' }\n",
        "`limit` in the text of a problem",
    ),
];

/// Steps that show nothing that is marked.
pub const PASSES: &[(&str, &str)] = &[
    ("a plain field", "output: { name: =found.name }\n"),
    ("a condition", "output: { tier: '=if(found.score == \"high\", \"gold\", \"none\")' }\n"),
    ("a comparison", "output: { high: '=found.score == \"high\"' }\n"),
    ("a match", "output: { tier: '=match found.score { \"A\": \"gold\", else: \"none\" }' }\n"),
    ("a lookup", "output: { tier: '=lookup(tiers, found.score).name ?? \"none\"' }\n"),
    ("a number of items", "output: { notes: '=count(found.notes)' }\n"),
    (
        "items that are filtered by it",
        "output: { texts: '=map(filter(found.lines, it -> it.cost == \"1\"), it -> it.text)' }\n",
    ),
    (
        "a list beside it",
        "  - texts:\n      for: { each: found.lines, as: line }\n      do: [ { one: { set: =line.text } } ]\n      collect: =one\noutput: =texts\n",
    ),
    (
        "a fact that no text shows",
        "  - told: { reject: too_low, facts: { limit: =found.name, score: =found.score } }\n",
    ),
    (
        "a step that is decided by it",
        "  - told:\n      when: found.score == \"low\"\n      reject: too_low\n      facts: { limit: =found.name }\noutput: { name: =found.name }\n",
    ),
];

/// A flow that says a marked field by an event.
pub const EMITS: &str = "  - told: { emit: thing.seen, map: thing_to_seen, with: { thing: =found } }\noutput: { name: =found.name }\n";
