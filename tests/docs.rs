//! The samples in `docs/` are real: the fenced blocks of a page that name a file make one project, which must check.

use std::path::{Path, PathBuf};

use crossdock::config::{Environment, load_texts};
use crossdock::diagnostic::{Severity, render};
use crossdock::plan;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a page fenced as ```` ```yaml file=flows/x.yaml ````: file and text.
fn files_of(page: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(file) = line.strip_prefix("```").and_then(|info| info.split_once("file=")) else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        files.push((file.1.trim().to_owned(), text.join("\n") + "\n"));
    }
    files
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

/// The errors of the project that a page's samples make.
fn errors_of(files: Vec<(String, String)>) -> String {
    let (project, mut findings) = load_texts(files, &Environment::default());
    findings.extend(plan::build(&project).1);
    findings.retain(|finding| finding.severity() == Severity::Error);
    render::text::render(&findings, &project.sources, false)
}

#[test]
fn samples_in_the_docs_check() {
    let mut seen = 0;
    for page in pages() {
        let files = files_of(&std::fs::read_to_string(&page).expect("a page"));
        if files.iter().any(|(file, _)| file == "gateway.yaml") {
            seen += 1;
            let errors = errors_of(files);
            assert!(errors.is_empty(), "{}:\n{errors}", page.display());
        }
    }
    assert!(seen > 0, "no page of docs/ has a project in it");
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
    page += "\n## How we prove who we are to a system\n\n`auth:` in a system's file.\n";
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
