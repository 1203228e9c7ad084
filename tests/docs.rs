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
