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

use super::check::Shared;
use super::parse::{parse_mapping, parse_shared, prepare};
use super::syntax::{Def, Mapping, Parameter, SchemaName, SharedFile, Source, Word};
use crate::config::Unformatted;
use crate::diagnostic::{Diagnostic, Severity, SourceId, Span};

/// A line is broken where it would be longer, if there is a place to break it.
const WIDTH: usize = 100;
/// How often a text is written anew until it stays as it is.
const ROUNDS: usize = 6;

/// A mapping file, or a file of definitions, in the one layout. Formatting what is formatted changes nothing.
pub fn format_mapping(source: SourceId, text: &str) -> Result<String, Unformatted> {
    let before = read(source, text).map_err(Unformatted::Findings)?;
    let mut written = once(text, &before).ok_or(Unformatted::Changed)?;
    for _ in 0..ROUNDS {
        let after = read(source, &written).map_err(|_| Unformatted::Changed)?;
        if !before.says_the_same(&after) {
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

/// A file without a mistake.
struct Read {
    header: Header,
    /// The tree as text, without places and comments.
    meaning: String,
    comments: Vec<String>,
}

impl Read {
    fn says_the_same(&self, other: &Read) -> bool {
        self.meaning == other.meaning && self.comments == other.comments
    }
}

fn read(source: SourceId, text: &str) -> Result<Read, Vec<Diagnostic>> {
    let texts = |spans: &[Span]| {
        let texts = spans.iter().map(|span| &text[span.start as usize..span.end as usize]);
        texts.map(|comment| comment.trim_end().to_owned()).collect()
    };
    let (read, findings) = if Shared::is_shared(text) {
        let (shared, findings) = parse_shared(source, text);
        let read = shared.map(|shared| Read {
            header: Header::of_shared(&shared),
            comments: texts(&shared.comments),
            meaning: without_places(&SharedFile { comments: Vec::new(), ..shared }),
        });
        (read, findings)
    } else {
        let (mapping, findings) = parse_mapping(source, text);
        let read = mapping.map(|mapping| Read {
            header: Header::of(&mapping),
            comments: texts(&mapping.comments),
            meaning: meaning(&mapping),
        });
        (read, findings)
    };
    match read {
        Some(read) if findings.iter().all(|finding| finding.severity() != Severity::Error) => Ok(read),
        _ => Err(findings),
    }
}

fn once(text: &str, read: &Read) -> Option<String> {
    let (prepared, comments) = prepare(text)?;
    let tokens = tokens::tokens(text, &prepared, &comments, &read.header.schemas);
    let items = group::items(text, &tokens, &read.header);
    Some(layout::file(&items))
}

/// Where the words of the header, and of definitions, stand: they are read by rules of their own.
pub(super) struct Header {
    /// Schema names, from byte to byte.
    pub schemas: Vec<std::ops::Range<usize>>,
    /// First bytes of what a clause names.
    pub words: BTreeSet<usize>,
}

impl Header {
    // Every field by name: a new one asks for its place here.
    fn of(mapping: &Mapping) -> Header {
        let Mapping { name, inputs, target, tables, uses, defs, body: _, comments: _ } = mapping;
        let sources = inputs.iter().map(|Source { schema, name: _, optional: _ }| schema);
        Header::new(sources.chain([target]), tables.iter().chain(uses).chain([name]), defs)
    }

    fn of_shared(shared: &SharedFile) -> Header {
        let SharedFile { name, tables, uses, defs, comments: _ } = shared;
        Header::new(std::iter::empty(), tables.iter().chain(uses).chain([name]), defs)
    }

    fn new<'m>(
        schemas: impl Iterator<Item = &'m SchemaName>,
        words: impl Iterator<Item = &'m Word>,
        defs: &'m [Def],
    ) -> Header {
        let parameters = defs.iter().flat_map(|Def { parameters, name: _, body: _, depth: _ }| parameters);
        let types = parameters.map(|Parameter { ty, name: _, optional: _ }| ty);
        let schemas: Vec<std::ops::Range<usize>> =
            schemas.chain(types).map(|schema| schema.span.start as usize..schema.span.end as usize).collect();
        let words = words.chain(defs.iter().map(|def| &def.name)).map(|word| word.span.start as usize);
        let words = words.chain(schemas.iter().map(|schema| schema.start)).collect();
        Header { schemas, words }
    }
}

/// The tree as text, without places and comments: equal for texts that say the same.
pub fn meaning(mapping: &Mapping) -> String {
    without_places(&Mapping { comments: Vec::new(), ..mapping.clone() })
}

fn without_places(tree: &impl std::fmt::Debug) -> String {
    let shown = format!("{tree:?}");
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
