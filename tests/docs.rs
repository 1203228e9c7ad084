//! The samples in `docs/` are real: the fenced blocks that name a file make one project, which must check and pass its
//! tests; mappings make what is shown, and examples give what stands beside them.

#[path = "docs/canonical.rs"]
mod canonical;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crossdock::clock::Moment;
use crossdock::codec::json;
use crossdock::config::declarations::Expression;
use crossdock::config::{self, load_texts};
use crossdock::diagnostic::{Severity, Span};
use crossdock::mapping::{self, Environment};
use crossdock::plan;
use crossdock::value::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a page fenced as ```` ```json input=name ````, for `input=`: name and text.
fn blocks(page: &str, word: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some((_, name)) = line.strip_prefix("```").and_then(|info| info.split_once(word)) else {
            continue;
        };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push((name.trim().to_owned(), text.join("\n") + "\n"));
    }
    found
}

/// The blocks that name a file.
fn files_of(page: &str) -> Vec<(String, String)> {
    blocks(page, "file=")
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(root().join("docs"))
        .expect("docs/")
        .map(|entry| entry.expect("an entry of docs/").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    pages
}

/// Every file that any page shows: they make one project, and no two pages show the same file.
fn project() -> Vec<(String, String)> {
    let pages =
        pages().into_iter().flat_map(|page| files_of(&std::fs::read_to_string(&page).expect("a page")));
    let files: Vec<(String, String)> = pages.collect();
    let names: BTreeSet<&String> = files.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), files.len(), "a file stands in two places");
    files
}

/// The project on disk.
fn written() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (file, text) in project() {
        let path = dir.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    dir
}

/// Runs `crossdock` and gives what it printed, when it found nothing wrong.
fn crossdock(arguments: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_crossdock")).args(arguments).output().expect("crossdock runs");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "crossdock {arguments:?}:\n{said}{}", String::from_utf8_lossy(&ran.stderr));
    said
}

#[test]
fn samples_in_the_docs_check_and_their_tests_pass() {
    let dir = written();
    let dir = dir.path().to_str().expect("a path");
    let said = crossdock(&["check", dir]);
    // The page on exceptions shows one that no flow of these pages raises.
    let others =
        said.lines().filter(|line| line.contains("warning[") && !line.contains("[unused-exception]"));
    assert_eq!(others.count(), 0, "{said}");
    let said = crossdock(&["test", dir]);
    assert!(said.ends_with(" 0 failed\n"), "{said}");
}

#[test]
fn mappings_in_the_docs_make_what_the_page_shows() {
    let dir = written();
    let mut seen = 0;
    for page in pages() {
        let page = std::fs::read_to_string(&page).expect("a page");
        for (name, input) in blocks(&page, "input=") {
            let output =
                blocks(&page, "output=").into_iter().find(|(of, _)| *of == name).expect("an output").1;
            let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
            let (mapping, file) =
                (dir.path().join(format!("mappings/{name}.mapping")), dir.path().join("../docs-input.json"));
            let file = file.with_file_name(format!("docs-input-{}.json", std::process::id()));
            std::fs::write(&file, input).expect("the input");
            let said = crossdock(&[
                "map",
                mapping.to_str().expect("a path"),
                "--input",
                file.to_str().expect("a path"),
            ]);
            std::fs::remove_file(&file).expect("the input");
            assert_eq!(json(&said), json(&output), "{name}");
            seen += 1;
        }
    }
    assert!(seen > 0, "no page shows a mapping at work");
}

/// The rows `| example | gives |` of a page; `\|` is a bar.
fn examples_of(page: &str) -> Vec<(String, String)> {
    let mut examples = Vec::new();
    let mut lines = page.lines();
    while lines.any(|line| line == "| example | gives |") {
        for row in lines.by_ref().skip(1).take_while(|line| line.starts_with('|')) {
            let row = row.replace("\\|", "\u{1}");
            let cells: Vec<String> = row.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
            examples.push((cells[1].trim_matches('`').to_owned(), cells[2].trim_matches('`').to_owned()));
        }
    }
    examples
}

/// What an example comes to: JSON, `absent`, or why it does not run.
fn outcome(example: &str, order: &Value, plan: &crossdock::plan::Plan) -> String {
    let rejections = Default::default();
    let environment = Environment { schemas: &plan.schemas, tables: &plan.tables, rejections: &rejections };
    let ty = plan.schemas.get("erp/order@1").expect("the order's schema").ty.clone();
    let scope = mapping::Scope::new().with("order", ty);
    let text = example.to_owned();
    let expression = Expression { text, span: Span::default(), aligned: true };
    let (compiled, findings) = mapping::compile_expression(&expression, &scope, &environment);
    let errors: Vec<&String> = findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Error)
        .map(|finding| &finding.message)
        .collect();
    let Some(compiled) = compiled.filter(|_| errors.is_empty()) else { return format!("{errors:?}") };
    let context = mapping::Context::new(Moment(0), &plan.tables);
    match compiled.program.eval(&[Some(order.clone())], &context) {
        Ok(Some(value)) => String::from_utf8_lossy(&json::encode(&value)).into_owned(),
        Ok(None) => "absent".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn operators_and_forms_do_what_the_page_says() {
    let page = |name: &str| std::fs::read_to_string(root().join("docs").join(name)).expect("a page");
    let (_, order) = blocks(&page("language.md"), "input=").into_iter().next().expect("the order");
    let read = |text: &str| json::decode(text.as_bytes(), &json::Limits::default());
    let order = read(&order).expect("JSON");
    let (project, _) = load_texts(project(), &config::Environment::default());
    let plan = plan::build(&project).0.expect("a plan");
    let examples = ["language.md", "traps.md"].iter().flat_map(|name| examples_of(&page(name)));
    let examples: Vec<_> = examples.collect();
    assert!(examples.len() > 40, "{} examples", examples.len());
    let wrong: Vec<String> = examples
        .iter()
        .map(|(example, gives)| (example, gives, outcome(example, &order, &plan)))
        .filter(|(_, gives, came)| match (read(gives), read(came)) {
            (Ok(gives), Ok(came)) => gives != came,
            _ => *gives != came,
        })
        .map(|(example, gives, came)| format!("{example}\n  the page says {gives}\n  it gives {came}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_key_of_stubs_and_tests_is_explained() {
    let page = std::fs::read_to_string(root().join("docs/testing.md")).expect("the page");
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")).collect();
    let explained: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.split('|').next().unwrap_or_default().split(['`', ' '])).collect();
    for kind in ["stub", "test"] {
        let schema = config::schema_of(kind).expect("a kind of file");
        let mut keys = BTreeSet::new();
        keys_of(&serde_json::to_value(&schema).expect("JSON"), &mut keys);
        let missing: Vec<&String> = keys.iter().filter(|key| !explained.contains(key.as_str())).collect();
        assert!(missing.is_empty(), "docs/testing.md does not explain {missing:?} of a {kind}");
    }
}

/// Every key that any object of a schema may have.
fn keys_of(schema: &serde_json::Value, keys: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(members) => {
            if let Some(properties) = members.get("properties").and_then(|properties| properties.as_object())
            {
                keys.extend(properties.keys().cloned());
            }
            members.values().for_each(|member| keys_of(member, keys));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys_of(item, keys)),
        _ => {}
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut all = pages();
    all.extend([root().join("README.md"), root().join("ARCHITECTURE.md")]);
    for page in all {
        let text = std::fs::read_to_string(&page).expect("a page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let file = link.split('#').next().unwrap_or(link);
            let target = page.parent().unwrap_or(Path::new("")).join(file);
            assert!(target.exists(), "{} links to `{link}`, which is not there", page.display());
        }
    }
}

/// The reference of functions, made from their own entries.
fn functions() -> String {
    let mut page = String::from(
        "# Functions\n\nWhat expressions and mappings can call. Made from the functions' own entries; every example runs as a\ntest. `BLESS=1 cargo test --test docs` writes this page anew.\n",
    );
    for function in crossdock::mapping::stdlib::FUNCTIONS {
        let params: Vec<String> = function
            .params
            .iter()
            .map(|param| {
                format!(
                    "{}{}{}",
                    param.name,
                    if param.repeated { "..." } else { "" },
                    if param.required { "" } else { "?" }
                )
            })
            .collect();
        page += &format!(
            "\n## {}\n\n`{}({})`\n\n{}\n",
            function.name,
            function.name,
            params.join(", "),
            function.summary
        );
        if function.passes_empty {
            page += "\nAbsent in, absent out; null in, null out.\n";
        }
        page += "\n| example | gives |\n|---|---|\n";
        for example in function.examples {
            let cell = |text: &str| text.replace('|', "\\|");
            page += &format!("| `{}` | `{}` |\n", cell(example.call), cell(example.gives));
        }
    }
    page
}

#[test]
fn the_reference_of_functions_is_fresh() {
    let path = root().join("docs/functions.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, functions()).expect("docs/functions.md");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == functions(), "docs/functions.md is old: run `BLESS=1 cargo test --test docs`");
}

/// The reference of auth schemes, made from their own entries.
fn schemes() -> String {
    use crossdock::auth::{NOT_BUILT, inbound, outbound};
    let mut page = String::from(
        "# Auth schemes\n\nMade from the schemes' own entries; `BLESS=1 cargo test --test docs` writes this page anew. Exactly the keys\nof its scheme stand beside `scheme:`; anything else is refused by `check`.\n",
    );
    page += "\n## How callers prove who they are\n\n`auth:` in `gateway.yaml` names the ways; a route or its file picks one.\n";
    page += &scheme_table(inbound::SCHEMES);
    page += "\n## How we prove who we are to a system\n\n`auth:` in a system's file. `csrf: { get: PATH }` may stand beside any scheme: a token against forged requests is fetched\nthere first and sent with every call. A client certificate stands beside `auth`, under `tls` ([security](security.md)).\n";
    page += &scheme_table(outbound::SCHEMES);
    let names: Vec<String> = NOT_BUILT.iter().map(|name| format!("`{name}`")).collect();
    page += "\n## Not built yet\n\n";
    page += &format!("Refused by `check` with the code `not-built-yet`: {}.\n", names.join(", "));
    page
}

fn scheme_table<C>(schemes: &[&crossdock::auth::Scheme<C>]) -> String {
    let keys = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ");
    let mut table = String::from("\n| scheme | what it is | needs | takes |\n|---|---|---|---|\n");
    for scheme in schemes {
        let (needs, takes) = (keys(scheme.needs), keys(scheme.takes));
        table += &format!("| `{}` | {} | {needs} | {takes} |\n", scheme.name, scheme.about);
    }
    table
}

#[test]
fn the_reference_of_auth_schemes_is_fresh() {
    let path = root().join("docs/schemes.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, schemes()).expect("docs/schemes.md");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == schemes(), "docs/schemes.md is old: run `BLESS=1 cargo test --test docs`");
}

#[test]
fn the_reference_of_canonical_entities_is_fresh() {
    let path = root().join("docs/canonical.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, canonical::page()).expect("docs/canonical.md");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == canonical::page(), "docs/canonical.md is old: run `BLESS=1 cargo test --test docs`");
}
