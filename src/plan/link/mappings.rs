//! Every mapping of the project, compiled side by side and found by its name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::Findings;
use crate::config::TextFile;
use crate::diagnostic::{Diagnostic, codes};
use crate::mapping::{Environment, Mapping, compile_mapping};

/// The mappings of a project by name.
pub(super) type Mappings = BTreeMap<Arc<str>, Arc<Mapping>>;

/// A mapping, when it compiled, and what there is to say about it.
type Compiled = (Option<Mapping>, Vec<Diagnostic>);

/// Compiles every mapping file.
pub(super) fn link(files: &[TextFile], environment: &Environment<'_>, findings: &mut Findings) -> Mappings {
    let mut mappings = Mappings::new();
    for compiled in side_by_side(files, environment) {
        let Some(mapping) = findings.take(compiled) else { continue };
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
        mappings.insert(mapping.name.clone(), Arc::new(mapping));
    }
    mappings
}

/// In the order of the files, on as many threads as the machine has cores.
fn side_by_side(files: &[TextFile], environment: &Environment<'_>) -> Vec<Compiled> {
    let compile = |file: &TextFile| compile_mapping(file.source, &file.text, environment);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(threads).max(1);
    if files.len() < 32 {
        return files.iter().map(compile).collect();
    }
    std::thread::scope(|scope| {
        let parts =
            files.chunks(share).map(|part| scope.spawn(move || part.iter().map(compile).collect::<Vec<_>>()));
        let parts: Vec<_> = parts.collect();
        parts.into_iter().flat_map(|part| part.join().expect("compiling never panics")).collect()
    })
}

/// The name at the head of a mapping's text, read without compiling it.
pub(super) fn declared_name(text: &str) -> Option<&str> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let head = lines.clone().find(|line| !line.is_empty() && !line.starts_with('#'))?;
    // The word before it should be `map`; where it is not, that has been said.
    head.split_whitespace().nth(1)
}
