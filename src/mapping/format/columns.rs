//! Statements below each other: values of neighbours begin in one column, their comments too.

use super::WIDTH;
use super::group::{Item, Piece};
use super::layout::{extend_indented, flat, indented, lines, push_leading, width};
use super::spacing::prefix;

/// A statement as it will stand.
struct Row {
    /// Lines, the first without its indent.
    lines: Vec<String>,
    /// `key:`, when the value goes into a column.
    key: Option<String>,
}

/// The statements of a block, or of a file, as lines.
pub(super) fn block(items: &[Item], indent: usize) -> Vec<String> {
    // Arms with alternatives are too unlike to stand in columns.
    let alternatives = |item: &Item| item.pieces[..prefix(&item.pieces)].iter().any(is_bar);
    let aligned = !items.iter().any(alternatives);
    let mut rows: Vec<Row> = items.iter().map(|item| row(item, indent, aligned)).collect();
    for run in runs(items, |at| rows[at].key.is_some()) {
        let column =
            rows[run.clone()].iter().filter_map(|row| row.key.as_deref().map(width)).max().unwrap_or(0);
        for row in &mut rows[run] {
            if let Some(key) = &row.key {
                row.lines[0].insert_str(key.len(), &" ".repeat(column - width(key)));
            }
        }
    }
    let commented = |at: usize| items[at].trailing.is_some() && rows[at].lines.len() == 1;
    for run in runs(items, commented) {
        let column = rows[run.clone()].iter().map(|row| width(&row.lines[0])).max().unwrap_or(0);
        for row in &mut rows[run] {
            let padding = column - width(&row.lines[0]);
            row.lines[0].push_str(&" ".repeat(padding));
        }
    }
    written(items, rows, indent)
}

fn is_bar(piece: &Piece) -> bool {
    matches!(piece, Piece::Sign(sign) if sign == "|")
}

fn row(item: &Item, indent: usize, aligned: bool) -> Row {
    if item.header {
        return Row { lines: clause(&item.pieces), key: None };
    }
    let made = lines(&item.pieces, indent, indent);
    let keyed = matches!(item.pieces.get(prefix(&item.pieces).wrapping_sub(1)), Some(Piece::Sign(sign)) if sign == ":");
    let key = (aligned && keyed && made.len() == 1)
        .then(|| flat(&item.pieces[..prefix(&item.pieces)]).unwrap_or_default());
    Row { lines: made, key }
}

/// A clause of the header: `from` and `to` name their schemas in one column.
fn clause(pieces: &[Piece]) -> Vec<String> {
    let made = lines(pieces, 3, 0);
    let padded = |line: String| match line.strip_prefix("to ") {
        Some(target) => format!("to   {target}"),
        None => line,
    };
    let made: Vec<String> = made.into_iter().map(padded).collect();
    let is_comma = |piece: &Piece| matches!(piece, Piece::Sign(sign) if sign == ",");
    if made.len() != 1 || width(&made[0]) <= WIDTH || !pieces.iter().any(is_comma) {
        return made;
    }
    let parts: Vec<&[Piece]> = pieces.split_inclusive(is_comma).collect();
    let part = |(at, part): (usize, &&[Piece])| {
        indented(&flat(part).unwrap_or_default(), if at == 0 { 0 } else { "from ".len() })
    };
    parts.iter().enumerate().map(part).collect()
}

/// Stretches of neighbours that belong together: no blank line between them.
fn runs(items: &[Item], belongs: impl Fn(usize) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, item) in items.iter().enumerate().filter(|(at, _)| belongs(*at)) {
        let blank = item.blank || item.leading.iter().any(|comment| comment.blank);
        match found.last_mut() {
            Some(run) if run.end == at && !blank => run.end += 1,
            _ => found.push(at..at + 1),
        }
    }
    found
}

fn written(items: &[Item], rows: Vec<Row>, indent: usize) -> Vec<String> {
    let mut made: Vec<String> = Vec::new();
    for (at, (item, mut row)) in items.iter().zip(rows).enumerate() {
        let body = at > 0 && items[at - 1].header && !item.header;
        let apart = made.len();
        push_leading(&mut made, item, indent, at == 0);
        if body && made.get(apart).is_none_or(|line| !line.is_empty()) {
            made.insert(apart, String::new());
        }
        if item.pieces.is_empty() {
            continue;
        }
        if let (Some(last), Some(comment)) = (row.lines.last_mut(), &item.trailing) {
            last.push_str(&format!("  {comment}"));
        }
        extend_indented(&mut made, row.lines, indent);
    }
    made
}
