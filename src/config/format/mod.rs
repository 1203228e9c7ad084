//! One layout for YAML files, by their lines: indents of two, no space at the end of a line, one blank
//! line at most, no `=` where only an expression can stand. Order, quotes and comments stay.
//!
//! The file is never written from its tree: lines are moved, and the tree before and after is compared.

mod indent;
mod lines;

use std::sync::Arc;

use super::kind::Kind;
use super::project::Environment;
use super::structure;
use super::tree::{self, Content, NodeId, Style, Tree};
use crate::diagnostic::{Diagnostic, Severity, SourceId};

/// Why a text was not formatted.
#[derive(Debug)]
pub enum Unformatted {
    /// It cannot be read.
    Findings(Vec<Diagnostic>),
    /// It would read otherwise afterwards: a mistake of ours.
    Changed,
}

/// A YAML file in the one layout. Formatting what is formatted changes nothing. `kind` says where only
/// expressions can stand; without it no `=` is taken out.
pub fn format_yaml(kind: Option<Kind>, source: SourceId, text: &str) -> Result<String, Unformatted> {
    let before = read(source, text).map_err(Unformatted::Findings)?;
    let bare = without_needless(kind, &before).filter(|bare| says_same(&before, bare, true));
    let bare = bare.unwrap_or_else(|| text.to_owned());
    let tree = read(source, &bare).map_err(|_| Unformatted::Changed)?;
    for normalise in [true, false] {
        let written = lines::written(&tree, normalise);
        if says_same(&tree, &written, false) && ink(&bare).eq(ink(&written)) {
            return Ok(written);
        }
    }
    Err(Unformatted::Changed)
}

fn read(source: SourceId, text: &str) -> Result<Tree, Vec<Diagnostic>> {
    let (tree, findings) = tree::build(source, &Arc::from(text));
    match tree {
        Some(tree) if findings.iter().all(|finding| finding.severity() != Severity::Error) => Ok(tree),
        _ => Err(findings),
    }
}

/// Everything that can be seen: comments must not get lost either.
fn ink(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| !character.is_whitespace() && *character != '\u{feff}')
}

/// The text without each `=` where only an expression can stand.
fn without_needless(kind: Option<Kind>, tree: &Tree) -> Option<String> {
    let expressions = structure::check(tree, kind?, &Environment::default()).expressions;
    let mut cuts: Vec<(usize, usize)> = expressions.into_iter().filter_map(|id| needless(tree, id)).collect();
    cuts.sort_unstable();
    let mut bare = tree.text.to_string();
    for (start, end) in cuts.into_iter().rev() {
        bare.replace_range(start..end, "");
    }
    Some(bare)
}

/// From where to where the needless `=` of an expression stands. One that keeps YAML from taking what
/// follows for something else is needed.
fn needless(tree: &Tree, id: NodeId) -> Option<(usize, usize)> {
    let Content::Scalar { text, style } = &tree.node(id).content else { return None };
    let rest = text.strip_prefix('=').filter(|rest| !rest.starts_with('='))?;
    let begins = rest.trim_start().chars().next()?;
    if *style == Style::Plain && !begins.is_alphanumeric() && !matches!(begins, '_' | '(') {
        return None;
    }
    let start = tree.aligned(id)?.start as usize;
    Some((start, start + text.len() - rest.trim_start().len()))
}

/// Whether a text reads as the tree does; `bare`: but for an `=` at the beginning of scalars.
fn says_same(before: &Tree, text: &str, bare: bool) -> bool {
    read(before.source, text).is_ok_and(|after| same(before, before.root, &after, after.root, bare))
}

fn same(a: &Tree, at: NodeId, b: &Tree, other: NodeId, bare: bool) -> bool {
    match (&a.node(at).content, &b.node(other).content) {
        (Content::Scalar { text, style }, Content::Scalar { text: after, style: style_after }) => {
            let stripped = || text.strip_prefix('=').map(str::trim_start);
            style == style_after && (text == after || bare && stripped() == Some(after))
        }
        (Content::Sequence(items), Content::Sequence(after)) => {
            items.len() == after.len()
                && items.iter().zip(after).all(|(item, after)| same(a, *item, b, *after, bare))
        }
        (Content::Mapping(entries), Content::Mapping(after)) => {
            let entry = |((key, value), (key_after, value_after)): (&(_, _), &(_, _))| {
                same(a, *key, b, *key_after, bare) && same(a, *value, b, *value_after, bare)
            };
            entries.len() == after.len() && entries.iter().zip(after).all(entry)
        }
        (Content::Refused, _) | (Content::Scalar { .. } | Content::Sequence(_) | Content::Mapping(_), _) => {
            false
        }
    }
}

#[cfg(test)]
mod tests;
