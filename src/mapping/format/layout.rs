//! Statements as lines: on one line where it fits, else broken at operators, else at brackets.

use super::WIDTH;
use super::columns;
use super::group::{Comment, Group, Item, Piece};
use super::spacing::{gap, join, precedence, prefix};

/// How far contents stand in.
const STEP: usize = 2;

/// A whole file.
pub(super) fn file(items: &[Item]) -> String {
    let mut lines = columns::block(items, 0);
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// The pieces on one line; `None` when something among them stands on lines of its own.
pub(super) fn flat(pieces: &[Piece]) -> Option<String> {
    join(pieces, |piece| match piece {
        Piece::Word(text) | Piece::Atom(text) | Piece::Sign(text) => Some(text.clone()),
        Piece::Group(group) => flat_group(group),
        Piece::Comment(_) => None,
    })
}

fn flat_group(group: &Group) -> Option<String> {
    if group.expanded || group.has_comments() {
        return None;
    }
    let items: Option<Vec<String>> = group.items.iter().map(|item| flat(&item.pieces)).collect();
    let items = items?.join(", ");
    let space = if group.open == '{' && !items.is_empty() { " " } else { "" };
    Some(format!("{}{space}{items}{space}{}", group.open, group.close()))
}

pub(super) fn width(line: &str) -> usize {
    line.chars().count()
}

fn fits(lines: &[String], column: usize) -> bool {
    let first = lines.first().map_or(0, |line| column + width(line));
    first <= WIDTH && lines.iter().skip(1).all(|line| width(line) <= WIDTH)
}

/// The pieces as lines, the first of which begins at `column`; the others bring their indent along.
pub(super) fn lines(pieces: &[Piece], indent: usize, column: usize) -> Vec<String> {
    if let Some(flat) = flat(pieces)
        && column + width(&flat) <= WIDTH
    {
        return vec![flat];
    }
    if pieces.iter().any(|piece| matches!(piece, Piece::Comment(_))) {
        return around_comments(pieces, indent, column);
    }
    match prefix(pieces) {
        0 => value(pieces, indent, column),
        at if at == pieces.len() => vec![flat(pieces).unwrap_or_default()],
        at => {
            // The parameters of a definition may stand on lines of their own.
            let mut made = match flat(&pieces[..at]) {
                Some(head) => vec![head],
                None => opened(&pieces[..at], indent, column),
            };
            let several = made.len() > 1;
            let last = made.last_mut().expect("lines begin with one");
            last.push(' ');
            let column = width(last) + if several { 0 } else { column };
            append(&mut made, lines(&pieces[at..], indent, column));
            made
        }
    }
}

/// Comments in the middle: each ends its line, and what follows stands on the next.
fn around_comments(pieces: &[Piece], indent: usize, column: usize) -> Vec<String> {
    let inner = indent + STEP;
    let mut made = Vec::new();
    for part in pieces.split_inclusive(|piece| matches!(piece, Piece::Comment(_))) {
        let (words, comment) = match part.split_last() {
            Some((Piece::Comment(comment), words)) => (words, Some(comment)),
            _ => (part, None),
        };
        match (words.is_empty(), made.is_empty()) {
            (true, _) => {}
            (false, true) => made = lines(words, indent, column),
            (false, false) => extend_indented(&mut made, lines(words, inner, inner), inner),
        }
        match (comment, made.last_mut()) {
            (Some(comment), Some(last)) if !comment.alone => last.push_str(&format!("  {}", comment.text)),
            (Some(comment), _) => made.push(indented(&comment.text, inner)),
            (None, _) => {}
        }
    }
    made
}

/// A value that is too long for its line, or has something on lines of its own.
fn value(pieces: &[Piece], indent: usize, column: usize) -> Vec<String> {
    let is_flat = flat(pieces).is_some();
    let breaks = operators(pieces);
    if is_flat && !breaks.is_empty() {
        let made = at_operators(pieces, &breaks, indent, column);
        if made.len() == breaks.len() + 1 && fits(&made, column) {
            return made;
        }
    }
    let made = opened(pieces, indent, column);
    if breaks.is_empty() || fits(&made, column) {
        return made;
    }
    at_operators(pieces, &breaks, indent, column)
}

/// Where the loosest operators stand. A block of `match` or `each` holds what is before it together.
fn operators(pieces: &[Piece]) -> Vec<usize> {
    let is_block = |piece: &Piece| matches!(piece, Piece::Group(group) if group.open == '{');
    if pieces.iter().any(is_block) {
        return Vec::new();
    }
    let found: Vec<(usize, u8)> = (1..pieces.len())
        .filter_map(|at| precedence(pieces, at).map(|precedence| (at, precedence)))
        .collect();
    let loosest = found.iter().map(|(_, precedence)| *precedence).min();
    found.into_iter().filter(|(_, precedence)| Some(*precedence) == loosest).map(|(at, _)| at).collect()
}

fn at_operators(pieces: &[Piece], breaks: &[usize], indent: usize, column: usize) -> Vec<String> {
    let mut made = lines(&pieces[..breaks[0]], indent, column);
    let inner = indent + STEP;
    for (nth, at) in breaks.iter().enumerate() {
        let end = breaks.get(nth + 1).copied().unwrap_or(pieces.len());
        // The operator is no part of what may be broken again.
        let operator = format!("{} ", flat(&pieces[*at..*at + 1]).unwrap_or_default());
        let mut part = lines(&pieces[*at + 1..end], inner, inner + width(&operator));
        part[0].insert_str(0, &operator);
        extend_indented(&mut made, part, inner);
    }
    made
}

/// With brackets opened: those that have to be, else the widest.
fn opened(pieces: &[Piece], indent: usize, column: usize) -> Vec<String> {
    let groups = || {
        pieces.iter().enumerate().filter_map(|(at, piece)| match piece {
            Piece::Group(group) if !group.items.is_empty() || group.has_comments() => Some((at, group)),
            _ => None,
        })
    };
    let mut open: Vec<usize> =
        groups().filter(|(_, group)| flat_group(group).is_none()).map(|(at, _)| at).collect();
    if open.is_empty() {
        let length = |group: &Group| flat_group(group).map_or(0, |flat| width(&flat));
        let widest = groups().rev().max_by_key(|(_, group)| length(group));
        open.extend(widest.map(|(at, _)| at));
    }
    let mut made = vec![String::new()];
    for (at, piece) in pieces.iter().enumerate() {
        let space = if at > 0 && gap(pieces, at) { " " } else { "" };
        let last = made.last_mut().expect("lines begin with one");
        last.push_str(space);
        let here = width(last);
        match piece {
            Piece::Group(group) if open.contains(&at) => {
                let column = if made.len() == 1 { column + here } else { here };
                append(&mut made, open_group(group, indent, column));
            }
            other => last.push_str(&flat(std::slice::from_ref(other)).unwrap_or_default()),
        }
    }
    made
}

/// A group on several lines. One that only holds a block is not broken itself.
fn open_group(group: &Group, indent: usize, column: usize) -> Vec<String> {
    if group.open != '{' && !group.expanded && !group.has_comments() && flat_group(group).is_none() {
        let made = hugged(group, indent, column);
        if fits(&made, column) {
            return made;
        }
    }
    let mut made = vec![match &group.opening {
        Some(comment) => format!("{}  {comment}", group.open),
        None => group.open.to_string(),
    }];
    let inner = indent + STEP;
    match group.open {
        '{' => made.extend(columns::block(&group.items, inner)),
        _ => made.extend(listed(&group.items, inner)),
    }
    for (at, comment) in group.closing.iter().enumerate() {
        let first = at == 0 && group.items.is_empty();
        push_comment(&mut made, comment, inner, first);
    }
    made.push(indented(&group.close().to_string(), indent));
    made
}

/// The items behind each other, blocks among them opened where they stand.
fn hugged(group: &Group, indent: usize, column: usize) -> Vec<String> {
    let mut made = vec![group.open.to_string()];
    for (at, item) in group.items.iter().enumerate() {
        if at > 0 {
            append(&mut made, vec![", ".to_owned()]);
        }
        let here = width(made.last().map_or("", String::as_str));
        let here = if made.len() == 1 { column + here } else { here };
        append(&mut made, lines(&item.pieces, indent, here));
    }
    append(&mut made, vec![group.close().to_string()]);
    made
}

/// Arguments and items of a list, one a line, with commas between.
fn listed(items: &[Item], indent: usize) -> Vec<String> {
    let mut made = Vec::new();
    for (at, item) in items.iter().enumerate() {
        push_leading(&mut made, item, indent, at == 0);
        let mut part = lines(&item.pieces, indent, indent);
        if let Some(last) = part.last_mut() {
            last.push_str(if at + 1 < items.len() { "," } else { "" });
            last.push_str(&item.trailing.as_ref().map(|comment| format!("  {comment}")).unwrap_or_default());
        }
        extend_indented(&mut made, part, indent);
    }
    made
}

/// What stands before an item: comments, and at most one blank line.
pub(super) fn push_leading(made: &mut Vec<String>, item: &Item, indent: usize, first: bool) {
    for (at, comment) in item.leading.iter().enumerate() {
        push_comment(made, comment, indent, first && at == 0);
    }
    if item.blank && !(first && item.leading.is_empty()) && !item.pieces.is_empty() {
        made.push(String::new());
    }
}

fn push_comment(made: &mut Vec<String>, comment: &Comment, indent: usize, first: bool) {
    if comment.blank && !first {
        made.push(String::new());
    }
    made.push(indented(&comment.text, indent));
}

pub(super) fn indented(line: &str, indent: usize) -> String {
    format!("{}{line}", " ".repeat(indent))
}

/// Adds lines of which the first lacks its indent.
pub(super) fn extend_indented(made: &mut Vec<String>, mut part: Vec<String>, indent: usize) {
    if let Some(first) = part.first_mut() {
        first.insert_str(0, &" ".repeat(indent));
    }
    made.extend(part);
}

/// Adds lines of which the first goes on with the last one so far.
fn append(made: &mut Vec<String>, part: Vec<String>) {
    let mut part = part.into_iter();
    if let (Some(last), Some(first)) = (made.last_mut(), part.next()) {
        last.push_str(&first);
    }
    made.extend(part);
}
