//! Every mapping of the project, compiled side by side and found by its name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::findings::Findings;
use crate::config::{TextFile, side_by_side};
use crate::diagnostic::{Diagnostic, codes};
use crate::mapping::{Environment, Mapping, compile_mapping};

/// The mappings of a project by name.
pub(super) type Mappings = BTreeMap<Arc<str>, Arc<Mapping>>;

/// Compiles every mapping file.
pub(super) fn link(files: &[TextFile], environment: &Environment<'_>, findings: &mut Findings) -> Mappings {
    let mut mappings = Mappings::new();
    let compile = |file: &TextFile| compile_mapping(file.source, &file.text, environment);
    for compiled in side_by_side(files, compile) {
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
        mapping.hints().into_iter().for_each(|hint| findings.add(hint));
        mappings.insert(mapping.name.clone(), Arc::new(mapping));
    }
    mappings
}

/// The name at the head of a mapping's text, read without compiling it.
pub(super) fn declared_name(text: &str) -> Option<&str> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let head = lines.clone().find(|line| !line.is_empty() && !line.starts_with('#'))?;
    // The word before it should be `map`; where it is not, that has been said.
    head.split_whitespace().nth(1)
}
