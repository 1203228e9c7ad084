//! Every mapping of the project, compiled side by side and found by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::findings::Findings;
use crate::config::{TextFile, side_by_side};
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::mapping::{Environment, Mapping, Shared, compile_mapping};

/// The mappings of a project by name.
pub(super) type Mappings = BTreeMap<Arc<str>, Arc<Mapping>>;

/// Compiles the files of definitions, then every mapping file.
pub(super) fn link(files: &[TextFile], environment: &Environment<'_>, findings: &mut Findings) -> Mappings {
    let shared = findings.take(Shared::compile(files, environment));
    let used = files.iter().filter(|file| Shared::is_shared(&file.text));
    let base = used.fold(Sha256::new(), |digest, file| digest.chain_update(&*file.text));
    let files: Vec<TextFile> = files.iter().filter(|file| !Shared::is_shared(&file.text)).cloned().collect();
    let mappings = compile(&files, environment, &shared, &base, findings);
    let called: BTreeSet<Span> =
        mappings.values().flat_map(|mapping| mapping.calls.iter().copied()).collect();
    // A mapping that could not be compiled may well call it.
    if mappings.len() == files.len() {
        shared.unused(&called).into_iter().for_each(|finding| findings.add(finding));
    }
    mappings
}

fn compile(
    files: &[TextFile],
    environment: &Environment<'_>,
    shared: &Shared,
    base: &Sha256,
    findings: &mut Findings,
) -> Mappings {
    let mut mappings = Mappings::new();
    let compile = |file: &TextFile| compile_mapping(file.source, &file.text, environment, shared);
    for (file, compiled) in files.iter().zip(side_by_side(files, compile)) {
        let Some(mut mapping) = findings.take(compiled) else { continue };
        let digest = base.clone().chain_update(&*file.text).finalize();
        mapping.digest = format!("{digest:x}").into();
        if let Some(first) = mappings.get(&mapping.name) {
            findings.add(
                Diagnostic::new(
                    &codes::DUPLICATE_NAME,
                    mapping.span,
                    format!("there are two mappings `{}`", mapping.name),
                )
                .related(first.span, "the first one")
                .help("give one of them another name"),
            );
            continue;
        }
        mapping.hints().into_iter().for_each(|hint| findings.add(hint));
        mappings.insert(mapping.name.clone(), Arc::new(mapping));
    }
    mappings
}

/// The name at the head of a mapping's text, read without compiling it.
pub(super) fn declared_name(text: &str) -> Option<&str> {
    if Shared::is_shared(text) {
        return None;
    }
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let head = lines.clone().find(|line| !line.is_empty() && !line.starts_with('#'))?;
    // The word before it should be `map`; where it is not, that has been said.
    head.split_whitespace().nth(1)
}
