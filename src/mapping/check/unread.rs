//! Required fields of a source that a mapping never reads.

use super::{Input, Read};
use crate::diagnostic::{Diagnostic, codes};
use crate::schema::Type;

/// So many fields of one source are named.
const NAMED: usize = 12;
/// Objects are looked into this deep.
const DEPTH: usize = 4;

/// A hint for each source with required fields that nothing reads.
pub(super) fn unread<'r>(inputs: &[Input], reads: impl Iterator<Item = &'r Read> + Clone) -> Vec<Diagnostic> {
    let hint = |(slot, input): (usize, &Input)| {
        let paths: Vec<&str> =
            reads.clone().filter(|read| read.slot == slot).map(|read| read.path.as_str()).collect();
        let mut missed = Vec::new();
        look(&input.ty, "", &paths, 0, &mut missed);
        told(input, &missed)
    };
    inputs.iter().enumerate().filter_map(hint).collect()
}

fn told(input: &Input, missed: &[String]) -> Option<Diagnostic> {
    if missed.is_empty() {
        return None;
    }
    let listed = missed.iter().take(NAMED).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    let more = match missed.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("`{}` always brings {listed}{more}, which nothing here reads", input.name);
    Some(
        Diagnostic::new(&codes::UNREAD_SOURCE, input.span, message)
            .help("nothing to write where the target has no use for it"),
    )
}

/// Adds the required fields below `ty` that no path reads, the outermost only.
fn look(ty: &Type, at: &str, paths: &[&str], depth: usize, missed: &mut Vec<String>) {
    let Some(object) = ty.as_object().filter(|_| depth < DEPTH) else { return };
    for (name, field) in object.fields.iter().filter(|(_, field)| field.required) {
        let path = if at.is_empty() { name.to_string() } else { format!("{at}.{name}") };
        let covered = paths.iter().any(|read| covers(read, &path));
        let entered = paths.iter().any(|read| covers(&path, read));
        match (covered, entered) {
            (true, _) => {}
            (false, true) => look(&field.ty, &path, paths, depth + 1, missed),
            (false, false) => missed.push(path),
        }
    }
}

/// Whether reading `whole` reads `part`.
fn covers(whole: &str, part: &str) -> bool {
    let rest = part.strip_prefix(whole);
    whole.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
