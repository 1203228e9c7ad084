//! The loader from text to declarations: what is read, and every finding with its words.

use super::declarations::{Data, TextPart, flow::FlowInput};
use super::*;
use crate::diagnostic::{Diagnostic, render};
use crate::value::{Number, Value};

const GATEWAY: &str = "\
edition: 2026
gateway: acme
listen: { public: '${LISTEN:-127.0.0.1:8080}' }
limits: { body_size: 1MB, header_time: 10s, rate: 2000/s }
auth:
  portal: { scheme: api_key, header: X-Api-Key }
clients:
  web:
    account: '10001'
    scopes: [bookings:write]
    keys: ['${secret:web_key}']
validate: { responses: warn }
";

const SYSTEM: &str = "\
system: erp
owner: NO
runbook: https://wiki.example/erp
url: ${ERP_URL}
auth: { scheme: bearer, token: 'Bearer ${secret:erp}' }
limits: { rate: 20/s, concurrency: '${CONCURRENCY:-8}' }
timeout: ${ERP_TIMEOUT:-5s}
retry: { attempts: 6, backoff: 200ms..30s, jitter: full }
breaker: { open_at: 50% of 20 in 10s, half_open_after: 15s }
operations:
  get_account:
    takes: { number: string }
    gives: canonical/customer-account@1
    get: /api/v1/accounts/{number}
    query: { exact: 12.50, big: 12345678901234567890.12, none: null, text: '==x', of: =number }
    outcome:
      rejected: status == 422 or body.error.code == \"UserError\"
    effect: read
    cache: { ttl: 5m }
";

const ROUTE: &str = "\
api: bookings
layer: experience
version: 1
status: active
routes:
  - post: /v1/bookings
    run: book_shipment
    limit: { per: client, rate: 20/s, burst: 40 }
  - get: /v1/bookings/{reference}
    forward: erp.get_account
";

const FLOW: &str = "\
flow: book_shipment
input: canonical/booking@1 as booking
do:
  - account:
      call: erp.get_account
      with: { number: =booking.accountRef }
      fresh: true
  - credit:
      require: account.creditStatus == \"ok\"
      else: { reject: credit_refused }
  - quotes:
      fork:
        dhl: { call: dhl.quote }
        ups: { call: ups.quote }
      join: gather
      within: 800ms
      need: 1
  - lines:
      for: { each: booking.packages, as: it }
      do:
        - one: { set: { sku: =it.sku } }
      collect: =one
";

const EXCEPTIONS: &str = "\
rejections:
  credit_refused: { status: 422, customer: { en: No., de: Nein. } }
exceptions:
  late:
    category: dispatch
    severity: high
    customer: { en: Late. }
";

const STUB: &str = "\
stub: erp
delay: 20ms
state:
  accounts:
    records:
      - { number: C-1001, limit: 5000.00 }
  order_number: { counter: -4711 }
operations:
  get_account:
    - find:
        account: { in: accounts, where: 'it.number == path.number' }
    - when: account is not present
      answer: { status: 404 }
    - answer: { body: =account }
";

const SAMPLES: &[(&str, &str)] = &[
    ("exceptions.yaml", EXCEPTIONS),
    ("flows/book.yaml", FLOW),
    ("gateway.yaml", GATEWAY),
    ("routes/bookings.yaml", ROUTE),
    ("stubs/erp.yaml", STUB),
    ("systems/erp.yaml", SYSTEM),
];

fn load_all(files: &[(&str, &str)]) -> (Project, Vec<Diagnostic>) {
    let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    load_texts(texts.collect(), &Environment::default())
}

/// The findings about one file beside a good gateway, as text.
fn findings(path: &str, text: &str) -> String {
    let (project, findings) = load_all(&[("gateway.yaml", GATEWAY), (path, text)]);
    render::text::render(&findings, &project.sources, false)
}

#[track_caller]
fn says(path: &str, text: &str, words: &[&str]) {
    let said = findings(path, text);
    for word in words {
        assert!(said.contains(word), "wanted: {word}\n{said}");
    }
    assert!(!words.is_empty() || said.is_empty(), "{said}");
}

/// Fails a test: something else was read than wanted.
#[track_caller]
fn wrong<T>(wanted: &str) -> T {
    panic!("not read as wanted: {wanted}")
}

fn flow(steps: &str) -> String {
    format!("flow: a\ndo:\n{steps}")
}

#[test]
fn a_good_project_is_read_whole() {
    let (project, findings) = load_all(SAMPLES);
    assert_eq!(render::text::render(&findings, &project.sources, false), "");
    let gateway = project.gateway.as_ref().expect("read");
    let listen = gateway.listen.public.as_ref().expect("said");
    assert_eq!(listen.plain().as_deref(), Some("127.0.0.1:8080"));
    assert_eq!(gateway.clients["web"].keys[0].parts, [TextPart::Secret("web_key".into())]);
    let erp = &project.systems[0];
    assert_eq!(erp.owner.as_ref().map(|owner| owner.as_str()), Some("NO"));
    assert_eq!(erp.url.parts, [TextPart::Missing("ERP_URL".into())]);
    assert_eq!(erp.limits.as_ref().and_then(|limits| limits.concurrency.map(|count| count.value)), Some(8));
    assert_eq!(erp.timeout.map(|timeout| timeout.0.as_secs()), Some(5));
    let missing: Vec<&str> = project.missing_variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(missing, ["ERP_URL"]);
    let secrets: Vec<&str> = project.secrets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(secrets, ["web_key", "erp"]);
    assert_eq!(project.digest.len(), 64);
    assert_eq!(project.routes[0].routes.len(), 2);
    assert_eq!(project.exceptions.rejections.len(), 1);
}

#[test]
fn places_are_exact() {
    let (project, _) = load_all(SAMPLES);
    let book = &project.flows[0];
    let FlowInput::One { schema, name } = book.input.as_ref().expect("said") else {
        return wrong("one input");
    };
    let words = |span: crate::diagnostic::Span| {
        let text = &project.sources.get(span.source).expect("a source").text;
        text[span.start as usize..span.end as usize].to_owned()
    };
    assert_eq!((words(schema.span).as_str(), words(name.span).as_str()), ("canonical/booking@1", "booking"));
    let account = &book.steps[0];
    assert_eq!(words(account.name.span), "account");
    assert_eq!(words(account.body.call.as_ref().expect("said").span), "erp.get_account");
    let (key, Data::Expression(number)) = account.body.with.iter().next().expect("one") else {
        return wrong("an expression");
    };
    assert_eq!((words(key.span).as_str(), words(number.span).as_str()), ("number", "booking.accountRef"));
    assert!(number.aligned);
    let require = book.steps[1].body.require.as_ref().expect("said");
    assert_eq!(words(require.span), r#"account.creditStatus == "ok""#);
    assert_eq!(project.sources.locate(require.span), "flows/book.yaml:9:16");
}

#[test]
fn data_is_exact() {
    let (project, _) = load_all(SAMPLES);
    let query = &project.systems[0].operations["get_account"].query;
    let literal = |name: &str| match &query[name] {
        Data::Literal(value, _) => value.value.clone(),
        _ => wrong("a literal"),
    };
    let number = |text: &str| Value::Number(Number::parse(text).expect("a number"));
    assert_eq!(literal("big"), number("12345678901234567890.12"));
    assert_eq!(format!("{:?}", literal("exact")), format!("{:?}", number("12.50")));
    assert_eq!(literal("none"), Value::Null);
    assert_eq!(literal("text"), Value::from("=x"));
    assert!(matches!(&query["of"], Data::Expression(expression) if expression.text == "number"));
}

#[test]
fn editors_accept_what_is_read() {
    for (path, text) in SAMPLES {
        let Some(place::Place::Yaml(kind)) = place::place(path) else { return wrong("a YAML file") };
        let schema = schema_of(kind.name()).expect("a known kind");
        let validator = jsonschema::draft202012::new(&schema).expect("it compiles");
        let value: serde_json::Value = serde_yaml::from_str(text).expect("it is YAML");
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{path}");
        let nothing = serde_json::json!({ "flow": "a", "do": [{ "x": { "when": "a" } }] });
        assert!(!validator.is_valid(&nothing), "{path}");
    }
}

#[test]
fn a_file_of_nonsense_does_not_bury_the_others() {
    let text: String = (0..5000).map(|n| format!("k{n}: 1\n")).collect();
    let (_, findings) = load_all(&[("gateway.yaml", GATEWAY), ("flows/a.yaml", &text)]);
    assert_eq!(findings.len(), 200);
    let said = findings.iter().any(|finding| finding.help.iter().any(|help| help.contains("more findings")));
    assert!(said);
    says("flows/a.yaml", &format!("? {}\n: 1\n", "x".repeat(100_000)), &["has no key `xxx", "xxx...`"]);
}

#[test]
fn crlf_and_a_byte_order_mark_are_accepted() {
    for (path, text) in SAMPLES {
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        let mut files: Vec<(&str, &str)> = vec![("gateway.yaml", GATEWAY)];
        files.retain(|(known, _)| known != path);
        files.push((path, &windows));
        let (project, findings) = load_all(&files);
        assert_eq!(render::text::render(&findings, &project.sources, false), "", "{path}");
    }
}

#[test]
fn all_errors_at_once() {
    let text =
        "systm: erp\nurl: x\ntimeout: 5\noperations:\n  a: { get: /x, post: /y, effect: reed }\n  b: {}\n";
    let said = findings("systems/a.yaml", text);
    for word in [
        "has no key `systm`",
        "did you mean `system`?",
        "a duration such as `5s`",
        "`post` stands beside `get`",
        "did you mean `read`?",
        "`b` lacks the key `effect`",
        "`b` lacks one of `get`",
    ] {
        assert!(said.contains(word), "wanted: {word}\n{said}");
    }
    assert!(!said.contains("lacks the key `system`"), "{said}");
}

#[test]
fn yaml_is_kept_plain() {
    says("flows/a.yaml", "flow: a\ndo: &x []\n", &["yaml-anchor", "`&x` is an anchor"]);
    says("flows/a.yaml", "flow: a\ndo: *x\n", &["yaml-alias", "`*x` is an alias"]);
    says("flows/a.yaml", "flow: a\n<<: { do: [] }\n", &["yaml-merge-key"]);
    says("flows/a.yaml", "flow: !name a\ndo: []\n", &["yaml-tag", "`!name` is a tag"]);
    says("flows/a.yaml", "flow: a\ndo: []\n---\nflow: b\n", &["yaml-document", "a second document"]);
    says("flows/a.yaml", "flow: a\nflow: b\ndo: []\n", &["duplicate-key", "again here", "first here"]);
    says("flows/a.yaml", "flow: a\ndo: [\n", &["yaml-syntax", "`[` is opened and not closed"]);
    says("flows/a.yaml", "flow: a\ninput: { a: b\ndo: []\n", &["2:8", "`{` is opened and not closed"]);
    says("flows/a.yaml", "flow: \"a\ndo: []\n", &["a quote is opened and not closed"]);
    says("flows/a.yaml", &flow("  - x: { set: 1, when:  }\n"), &["`when` has no value"]);
    says("flows/a.yaml", &flow("  - \n"), &["this is nothing"]);
    says("flows/a.yaml", "flow: a\n\tdo: []\n", &["yaml-syntax", "a tab stands where"]);
    let deep = format!("flow: a\ndo: {}{}\n", "[".repeat(100), "]".repeat(100));
    says("flows/a.yaml", &deep, &["too-deep"]);
    says("flows/a.yaml", &" ".repeat(tree::MAX_BYTES + 1), &["too-large"]);
    let wide = format!("flow: a\ndo: [{}]\n", "a,".repeat(tree::MAX_NODES));
    says("flows/a.yaml", &wide, &["too-large"]);
}

#[test]
fn bytes_that_are_no_text_have_a_place() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("gateway.yaml"), b"edition: 2026\ngateway: M\xfcller\n").expect("written");
    let (project, findings) = load(dir.path(), &Environment::default());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code.name, "not-utf8");
    assert_eq!(project.sources.locate(findings[0].span.expect("a place")), "gateway.yaml:2:11");
}

#[test]
fn what_two_readers_read_apart_is_to_be_quoted() {
    says("flows/a.yaml", &flow("  - x: { set: { plant: 012 } }\n"), &["quote-it", "write `'012'`"]);
    says("flows/a.yaml", &flow("  - x: { set: { no: NO, at: 12:30, day: 2026-01-31 } }\n"), &[]);
    says("flows/a.yaml", "flow: 12\ndo: []\n", &["quote-it", "write `'12'`"]);
    says("flows/a.yaml", "flow: true\ndo: []\n", &["quote-it", "write `'true'`"]);
    let gateway = GATEWAY.replace("'10001'", "10001");
    says("gateway.yml", &gateway, &["quote-it", "write `'10001'`"]);
}

#[test]
fn slips_around_steps_have_their_own_words() {
    says(
        "flows/a.yaml",
        &flow("  - call: erp.get_account\n    fresh: true\n"),
        &["this step has no name", "- get_account:", "    call: erp.get_account", "    fresh: true"],
    );
    says(
        "flows/a.yaml",
        &flow("  - account:\n    call: erp.get_account\n"),
        &["stand beside its name", "- account:", "    call: erp.get_account"],
    );
    says("flows/a.yaml", &flow("  - account\n"), &["a step needs a name and a kind"]);
    says("flows/a.yaml", &flow("  - account:\n"), &["the step `account` does nothing"]);
    says(
        "flows/a.yaml",
        &flow("  - a: { call: x.y }\n    b: { call: x.y }\n"),
        &["`b` stands beside the step `a`"],
    );
    says("flows/a.yaml", &flow("  - a: { call: x.y, set: 1 }\n"), &["two kinds, `call` and `set`"]);
    says("flows/a.yaml", &flow("  - a: { when: =b }\n"), &["does not say what to do"]);
    says("flows/a.yaml", &flow("  - a: { cal: x.y }\n"), &["did you mean `call`?"]);
    says(
        "flows/a.yaml",
        &flow("  - a: { call: x.y, within: 2s }\n"),
        &["`within` does not belong to `call`", "write `timeout:`"],
    );
    says("flows/a.yaml", &flow("  - a: { for: { each: b, as: c } }\n"), &["lacks the key `do`"]);
}

#[test]
fn what_is_not_built_is_refused_by_name() {}

#[test]
fn traps_print_the_line_as_it_should_be() {
    for (line, fixed) in [
        (r#"with: { zone: =zone_of(a, b), x: 1 }"#, r#"write `with: { zone: '=zone_of(a, b)', x: 1 }`"#),
        (r#"with: { zone: =a + b }"#, r#"write `with: { zone: '=a + b' }`"#),
        (r#"with: { zone: =a[0].b }"#, r#"write `with: { zone: '=a[0].b' }`"#),
        (r#"when: a == "x #1""#, r#"write `when: 'a == "x #1"'`"#),
        (r#"when: "a" == b"#, r#"write `when: '"a" == b'`"#),
        (r#"when: match a { "x": 1 }"#, r#"write `when: 'match a { "x": 1 }'`"#),
        (r#"when: @a == 1"#, r#"write `when: '@a == 1'`"#),
        (r#"when: `a` == 1"#, r#"write `when: '`a` == 1'`"#),
        (r#"when: %a == 1"#, r#"write `when: '%a == 1'`"#),
        (r#"when: [1, 2] == a"#, r#"write `when: '[1, 2] == a'`"#),
        (r#"when: > 5"#, r#"write `when: '> 5'`"#),
        (r#"when: - 5 < a"#, r#"write `when: '- 5 < a'`"#),
        (r#"when: a == #1"#, r#"write `when: 'a == #1'`"#),
        (r#"when: *a == b"#, r#"write `when: '*a == b'`"#),
        (r#"with: { zone: =a ? b : c }"#, r#"write `with: { zone: '=a ? b : c' }`"#),
        (r#"when: !feasible and x"#, r#"write `when: not feasible and x`"#),
        (r#"when: ==a"#, r#"write `a`"#),
    ] {
        let text = flow(&format!("  - s:\n      call: x.y\n      {line}\n"));
        says("flows/a.yaml", &text, &[fixed]);
    }
    for line in
        [r#"when: a == "x"  # why"#, r#"with: { a: =b.c, d: "=f(x, y)" }"#, "when: =a.b", "when: 'a: b'"]
    {
        says("flows/a.yaml", &flow(&format!("  - s:\n      call: x.y\n      {line}\n")), &[]);
    }
}

#[test]
fn variables_are_judged_where_they_stand() {
    says(
        "systems/erp.yaml",
        &SYSTEM.replace("${ERP_TIMEOUT:-5s}", "${ERP_TIMEOUT}"),
        &["unset-variable", "such as `${ERP_TIMEOUT:-5s}`"],
    );
    says("systems/erp.yaml", &SYSTEM.replace("${ERP_TIMEOUT:-5s}", "${secret:t}"), &["misplaced-secret"]);
    says("systems/erp.yaml", &SYSTEM.replace("${ERP_URL}", "http://${ERP URL}"), &["bad-variable", "13"]);
    says(
        "systems/erp.yaml",
        &SYSTEM.replace("status == 422", "status == ${X}"),
        &["do not stand in expressions"],
    );
}

#[test]
fn names_are_declared_once() {
    let (project, findings) = load_all(&[
        ("gateway.yaml", GATEWAY),
        ("systems/a.yaml", SYSTEM),
        ("systems/b.yaml", SYSTEM),
        ("exceptions.yaml", EXCEPTIONS),
        ("exceptions.yml", EXCEPTIONS),
    ]);
    let said = render::text::render(&findings, &project.sources, false);
    assert!(said.contains("the system `erp` is declared twice") && said.contains("first here"), "{said}");
    assert!(said.contains("`credit_refused` is declared twice"), "{said}");
}

#[test]
fn a_project_without_its_first_file_says_so() {
    let (_, findings) = load_all(&[("flow/a.yaml", FLOW)]);
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.name).collect();
    assert_eq!(codes, ["missing-gateway", "unknown-file"]);
}

#[test]
fn the_digest_is_of_paths_and_bytes() {
    let digest = |files: &[(&str, &str)]| load_all(files).0.digest;
    assert_eq!(digest(&[("a", "b"), ("c", "d")]), digest(&[("c", "d"), ("a", "b")]));
    assert_ne!(digest(&[("a", "bc")]), digest(&[("ab", "c")]));
}

#[test]
fn every_truncation_of_every_file_is_answered() {
    for (path, text) in SAMPLES {
        for end in 0..text.len() {
            let files = vec![((*path).to_owned(), text[..end].to_owned())];
            let (project, findings) = load_texts(files, &Environment::default());
            for format in [render::Format::Text, render::Format::Json, render::Format::Sarif] {
                render::render(format, &findings, &project.sources, end % 2 == 0);
            }
        }
    }
}

mod hostile {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn random_texts_never_panic(
            text in "[-a-z:{}\\[\\]\"'#&*!|>%@`=,$ \\n\\t.0-9é]{0,200}",
            which in 0..SAMPLES.len(),
        ) {
            let (project, findings) = load_all(&[(SAMPLES[which].0, &text)]);
            render::text::render(&findings, &project.sources, false);
        }

        #[test]
        fn random_changes_never_panic(
            which in 0..SAMPLES.len(),
            at in 0usize..2000,
            insert in "[-a-z:{}\\[\\]\"'#&*!|>%@`=,$ \\n\\té]{0,6}",
            cut in 0usize..8,
        ) {
            let (path, text) = SAMPLES[which];
            let at = at % text.len();
            let changed = format!("{}{insert}{}", &text[..at], &text[(at + cut).min(text.len())..]);
            let (project, findings) = load_all(&[(path, &changed)]);
            render::text::render(&findings, &project.sources, false);
        }
    }
}
