//! A YAML text line by line: which lines begin inside a text or a flow collection, and all of them anew.

use std::collections::BTreeMap;

use super::indent::Indents;
use crate::config::tree::{Content, Style, Tree};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A key, an item, the first line of a value.
    Structure,
    Comment,
    Blank,
    /// Goes on with a flow collection, or with a text that YAML folds.
    Continued,
    /// A line of a block text (`|`, `>`), white space and all.
    Block,
}

/// The text with its lines in the one layout; with the author's indents unless `normalise`.
pub(super) fn written(tree: &Tree, normalise: bool) -> String {
    let text = tree.text.strip_prefix('\u{feff}').unwrap_or(&tree.text);
    let lines: Vec<&str> = text.lines().collect();
    let kinds = kinds(tree, &lines);
    let mut writer = Writer {
        indents: Indents::new(normalise),
        out: Vec::new(),
        waiting: Vec::new(),
        shift: 0,
        block: None,
    };
    for (line, kind) in lines.iter().zip(kinds) {
        writer.line(line, kind);
    }
    writer.comments(None);
    while writer.out.last().is_some_and(String::is_empty) && !writer.ends_in_block(&lines) {
        writer.out.pop();
    }
    let mut text = writer.out.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The kind of each line.
fn kinds(tree: &Tree, lines: &[&str]) -> Vec<Kind> {
    let bom = tree.text.len() - tree.text.strip_prefix('\u{feff}').unwrap_or(&tree.text).len();
    let mut starts = Vec::with_capacity(lines.len());
    let mut at = bom;
    for line in tree.text[bom..].split_inclusive('\n') {
        starts.push(at);
        at += line.len();
    }
    let line_of = |byte: u32| starts.partition_point(|start| *start <= byte as usize).saturating_sub(1);
    let mut special: BTreeMap<usize, Kind> = BTreeMap::new();
    for (_, node) in tree.iter() {
        let (first, last) = (line_of(node.span.start), line_of(node.span.end.saturating_sub(1)));
        let flow = matches!(tree.text.as_bytes().get(node.span.start as usize), Some(b'{' | b'['));
        match &node.content {
            Content::Scalar { text, style: Style::Block } => {
                // The place is that of the first character; the header stands above it.
                let header = (0..first).rev().find(|at| !lines[*at].trim().is_empty());
                let range = header.filter(|_| !text.trim().is_empty()).map(|at| block_lines(lines, at));
                special.extend(range.into_iter().flatten().map(|line| (line, Kind::Block)));
            }
            Content::Scalar { .. } if last > first => {
                special.extend((first + 1..=last).map(|line| (line, Kind::Continued)));
            }
            Content::Sequence(_) | Content::Mapping(_) if flow && last > first => {
                for line in first + 1..=last {
                    special.entry(line).or_insert(Kind::Continued);
                }
            }
            Content::Scalar { .. } | Content::Sequence(_) | Content::Mapping(_) | Content::Refused => {}
        }
    }
    let kind = |(at, line): (usize, &&str)| match special.get(&at) {
        Some(kind) => *kind,
        None if line.trim().is_empty() => Kind::Blank,
        None if line.trim_start().starts_with('#') => Kind::Comment,
        None => Kind::Structure,
    };
    lines.iter().enumerate().map(kind).collect()
}

/// The lines of the block text whose `|` or `>` stands on line `header`.
fn block_lines(lines: &[&str], header: usize) -> std::ops::Range<usize> {
    let first = (header + 1..lines.len()).find(|at| !lines[*at].trim().is_empty());
    let Some(first) = first else { return header + 1..header + 1 };
    let indent = indent_of(lines[first]);
    let ends = |at: &usize| !lines[*at].trim().is_empty() && indent_of(lines[*at]) < indent;
    let end = (first..lines.len()).find(ends).unwrap_or(lines.len());
    // Blank lines at the end belong to the text only where a `+` keeps them.
    let indicator = lines[header].split(" #").next().unwrap_or_default();
    let keeps = indicator.rsplit(['|', '>']).next().is_some_and(|signs| signs.contains('+'));
    let trimmed = (first..end).rev().find(|at| !lines[*at].trim().is_empty()).map_or(first, |at| at + 1);
    header + 1..if keeps { end } else { trimmed }
}

struct Writer {
    indents: Indents,
    out: Vec<String>,
    /// Comments and blank lines whose indent depends on what follows.
    waiting: Vec<String>,
    /// How far the last structure line's contents moved.
    shift: isize,
    /// How far the lines of the block text move that is being written.
    block: Option<isize>,
}

impl Writer {
    fn line(&mut self, line: &str, kind: Kind) {
        if kind != Kind::Block {
            self.block = None;
        }
        match kind {
            Kind::Comment | Kind::Blank => self.waiting.push(line.trim_end().to_owned()),
            Kind::Structure => self.structure(line),
            Kind::Continued => {
                self.comments(None);
                let moved = moved(line.trim_end(), self.shift);
                self.out.push(moved);
            }
            Kind::Block => self.block(line),
        }
    }

    fn structure(&mut self, line: &str) {
        let line = line.trim_end();
        let (before, placed) = (self.indents.clone(), self.indents.place(line));
        self.comments(Some((&before, indent_of(line), placed.indent)));
        self.shift = placed.shift;
        self.out.push(placed.line);
    }

    fn block(&mut self, line: &str) {
        self.comments(None);
        let shift = match self.block {
            Some(shift) => shift,
            None if line.trim().is_empty() => return self.out.push(String::new()),
            None => self.indents.block_shift(indent_of(line), self.out.last().map_or("", String::as_str)),
        };
        self.block = Some(shift);
        self.out.push(moved(line, shift));
    }

    /// Writes the comments and blank lines that wait, at most one blank line between two others.
    fn comments(&mut self, next: Option<(&Indents, usize, usize)>) {
        for line in std::mem::take(&mut self.waiting) {
            if line.is_empty() {
                if self.out.last().is_some_and(|last| !last.is_empty()) {
                    self.out.push(line);
                }
                continue;
            }
            let own = indent_of(&line);
            let indent = match next {
                Some((_, old, new)) if own == old => new,
                Some((before, _, new)) => before.known(own).unwrap_or(new),
                None => self.indents.known(own).unwrap_or(own),
            };
            self.out.push(format!("{}{}", " ".repeat(indent), line.trim_start()));
        }
    }

    /// Whether the blank lines at the end are a text's own.
    fn ends_in_block(&self, lines: &[&str]) -> bool {
        self.block.is_some() && lines.last().is_some_and(|line| line.trim().is_empty())
    }
}

/// A line moved to the right, or to the left as far as there are spaces.
fn moved(line: &str, shift: isize) -> String {
    let indent = indent_of(line);
    let blank = line.trim().is_empty();
    let wanted = indent.saturating_add_signed(shift);
    if blank && (indent == 0 || wanted == 0) {
        return String::new();
    }
    format!("{}{}", " ".repeat(wanted), &line[indent..])
}
