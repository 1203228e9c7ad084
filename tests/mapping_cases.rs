//! Runs the cases below `tests/cases/mapping` and the examples of every function. `BLESS=1` writes
//! what they come to.

#[path = "support/mapping.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

use crossdock::codec::json;
use crossdock::mapping::stdlib::{self, Example};
use crossdock::mapping::{Context, Environment, Shared, compile_mapping};
use crossdock::value::Value;
use libtest_mimic::{Arguments, Failed, Trial};
use support::Actual;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/mapping");
    let mut trials: Vec<Trial> = support::cases(&root)
        .into_iter()
        .map(|(name, case)| Trial::test(format!("case {name}"), move || check(&case)))
        .collect();
    let functions = stdlib::FUNCTIONS.iter().map(|function| (function.name, function.examples));
    let forms = stdlib::FORMS.iter().map(|form| (form.name, form.examples));
    for (name, examples) in functions.chain(forms) {
        let tables = root.join("functions");
        trials.push(Trial::test(format!("examples of {name}"), move || {
            examples.iter().try_for_each(|example| check_example(example, &tables))
        }));
    }
    let arguments = Arguments::from_args();
    let ended = libtest_mimic::run(&arguments, trials);
    let (fast, reference) = (support::agree::FAST.load(Relaxed), support::agree::REFERENCE.load(Relaxed));
    println!("the fast evaluator ran {fast} programs and left {reference} to the reference");
    let all = arguments.filter.is_none() && !arguments.list && arguments.skip.is_empty();
    assert!(!all || fast > 3 * reference, "what is meant to be compared is compared seldom");
    ended.exit();
}

fn check(case: &Path) -> Result<(), Failed> {
    let actual = support::run(case)?;
    let (json_file, text_file) = (case.join("expected.json"), case.join("expected.txt"));
    if std::env::var_os("BLESS").is_some() {
        return bless(&actual, &json_file, &text_file).map_err(|error| error.to_string().into());
    }
    if json_file.exists() && text_file.exists() {
        return Err("has both `expected.json` and `expected.txt`: which of them holds?".into());
    }
    let expected = match &actual {
        Actual::Json(_) => std::fs::read(&json_file).map_err(|_| format!("gives a value: {actual:?}"))?,
        Actual::Text(text) => std::fs::read(&text_file).map_err(|_| format!("gives no value: {text}"))?,
    };
    match actual {
        Actual::Json(value) => {
            let expected =
                json::decode(&expected, &json::Limits::default()).map_err(|error| error.message)?;
            same(&json::encode(&expected), &json::encode(&value))
        }
        Actual::Text(text) => same(&expected, text.as_bytes()),
    }
}

fn same(expected: &[u8], actual: &[u8]) -> Result<(), Failed> {
    if expected == actual {
        return Ok(());
    }
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Err(format!("expected:\n{}\nactual:\n{}", text(expected), text(actual)).into())
}

fn bless(actual: &Actual, json_file: &PathBuf, text_file: &PathBuf) -> std::io::Result<()> {
    let (write, remove, bytes) = match actual {
        Actual::Json(value) => {
            let mut bytes = json::encode(value);
            bytes.push(b'\n');
            (json_file, text_file, bytes)
        }
        Actual::Text(text) => (text_file, json_file, text.clone().into_bytes()),
    };
    if remove.exists() {
        std::fs::remove_file(remove)?;
    }
    std::fs::write(write, bytes)
}

fn check_example(example: &Example, folder: &Path) -> Result<(), Failed> {
    let mut world = support::world(&[folder]);
    let text = format!(
        "map example\nfrom any as unused\nto any\nusing tables carrier, zone\nresult: {}\n",
        example.call
    );
    let source = world.sources.add("example.mapping", text.clone());
    let environment =
        Environment { schemas: &world.schemas, tables: &world.tables, rejections: &world.rejections };
    let (mapping, findings) = compile_mapping(source, &text, &environment, &Shared::default());
    if example.gives == "error" && findings.iter().any(|finding| finding.code.name == "always-fails") {
        return Ok(());
    }
    let shown = crossdock::diagnostic::render::text::render(&findings, &world.sources, false);
    let mapping = mapping.ok_or(shown)?;
    let context = Context::new(support::NOW, &world.tables);
    support::agree::agree(&mapping.program, &[Some(Value::Null)], &context)?;
    let result = mapping.program.eval(&[Some(Value::Null)], &context);
    let actual = match result.map(|made| made.and_then(|made| made.get("result").cloned())) {
        Ok(Some(value)) => String::from_utf8_lossy(&json::encode(&value)).replace(",", ", "),
        Ok(None) => "absent".to_owned(),
        Err(_) => "error".to_owned(),
    };
    let expected = match json::decode(example.gives.as_bytes(), &json::Limits::default()) {
        Ok(value) => String::from_utf8_lossy(&json::encode(&value)).replace(",", ", "),
        Err(_) => example.gives.to_owned(),
    };
    if actual == expected {
        Ok(())
    } else {
        Err(format!("`{}` gives {actual}, not {expected}", example.call).into())
    }
}
