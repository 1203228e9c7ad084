//! One layout for mapping files: what the text says, and its comments, stay; only white space and
//! needless commas change.
//!
//! The text is cut into [`tokens`], brackets and statements make [`group`]s of them, and `layout`
//! writes these as lines, `columns` aligns them. The syntax tree before and after is compared: what
//! would read otherwise is never given.

mod columns;
mod group;
mod layout;
mod spacing;
mod tokens;

use std::collections::BTreeSet;

use super::parse::{parse_mapping, prepare};
use super::syntax::{Mapping, Source};
use crate::config::Unformatted;
use crate::diagnostic::{Diagnostic, Severity, SourceId};

/// A line is broken where it would be longer, if there is a place to break it.
const WIDTH: usize = 100;
/// How often a text is written anew until it stays as it is.
const ROUNDS: usize = 6;

/// A mapping file in the one layout. Formatting what is formatted changes nothing.
pub fn format_mapping(source: SourceId, text: &str) -> Result<String, Unformatted> {
    let before = read(source, text).map_err(Unformatted::Findings)?;
    let mut written = once(text, &before).ok_or(Unformatted::Changed)?;
    for _ in 0..ROUNDS {
        let after = read(source, &written).map_err(|_| Unformatted::Changed)?;
        if !same(text, &before, &written, &after) {
            return Err(Unformatted::Changed);
        }
        let again = once(&written, &after).ok_or(Unformatted::Changed)?;
        if again == written {
            return Ok(written);
        }
        written = again;
    }
    Err(Unformatted::Changed)
}

/// The tree, when nothing is wrong with the text.
fn read(source: SourceId, text: &str) -> Result<Mapping, Vec<Diagnostic>> {
    let (mapping, findings) = parse_mapping(source, text);
    match mapping {
        Some(mapping) if findings.iter().all(|finding| finding.severity() != Severity::Error) => Ok(mapping),
        _ => Err(findings),
    }
}

fn once(text: &str, mapping: &Mapping) -> Option<String> {
    let (prepared, comments) = prepare(text)?;
    let header = Header::of(mapping);
    let tokens = tokens::tokens(text, &prepared, &comments, &header.schemas);
    let items = group::items(text, &tokens, &header);
    Some(layout::file(&items))
}

/// Where the words of the header stand: they are read by rules of their own.
pub(super) struct Header {
    /// Schema names, from byte to byte.
    pub schemas: Vec<std::ops::Range<usize>>,
    /// First bytes of what a clause names.
    pub words: BTreeSet<usize>,
}

impl Header {
    fn of(mapping: &Mapping) -> Header {
        // Every field by name: a new one asks for its place here.
        let Mapping { name, inputs, target, tables, body: _, comments: _ } = mapping;
        let sources = inputs.iter().map(|Source { schema, name: _, optional: _ }| schema);
        let schemas: Vec<std::ops::Range<usize>> = sources
            .chain([target])
            .map(|schema| schema.span.start as usize..schema.span.end as usize)
            .collect();
        let words = tables.iter().chain([name]).map(|word| word.span.start as usize);
        let words = words.chain(schemas.iter().map(|schema| schema.start)).collect();
        Header { schemas, words }
    }
}

/// Whether two texts say the same: the same tree but for places, and the same comments.
fn same(text: &str, before: &Mapping, written: &str, after: &Mapping) -> bool {
    let comments = |text: &str, mapping: &Mapping| -> Vec<String> {
        let texts = mapping.comments.iter().map(|span| &text[span.start as usize..span.end as usize]);
        texts.map(|comment| comment.trim_end().to_owned()).collect()
    };
    meaning(before) == meaning(after) && comments(text, before) == comments(written, after)
}

/// The tree as text, without places and comments: equal for texts that say the same.
pub fn meaning(mapping: &Mapping) -> String {
    let shown = format!("{:?}", Mapping { comments: Vec::new(), ..mapping.clone() });
    let mut plain = String::with_capacity(shown.len() / 2);
    let mut rest = shown.as_str();
    while let Some((before, behind)) = rest.split_once("Span { source: SourceId(") {
        plain.push_str(before);
        rest = behind.split_once('}').map_or("", |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests;
