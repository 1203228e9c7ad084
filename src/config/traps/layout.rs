//! Lines that do not stand where they should: a space, a dash or a comma is missing, or a line is
//! indented otherwise than its neighbours.

use granit_parser::ErrorKind;

use super::line::Line;
use super::scan::{is_open, second_key};
use crate::diagnostic::{Diagnostic, SourceId, Span, codes};

/// A key at the begin of a line.
struct Key<'t> {
    name: &'t str,
    /// Where it begins, in bytes of the text.
    start: usize,
    /// In which column it begins, from zero.
    column: usize,
    /// In which column the dash before it stands.
    dash: Option<usize>,
    /// What stands behind its `:`.
    value: &'t str,
}

impl Key<'_> {
    fn span(&self, source: SourceId) -> Span {
        Span::new(source, self.start, self.start + self.name.len())
    }

    /// Nothing can be put under it.
    fn is_full(&self) -> bool {
        !self.value.is_empty() && !self.value.starts_with(['|', '>', '#'])
    }

    /// The column of what begins the line.
    fn first(&self) -> usize {
        self.dash.unwrap_or(self.column)
    }
}

fn finding(span: Span, message: String, help: String) -> Diagnostic {
    Diagnostic::new(&codes::YAML_SYNTAX, span, message).help(help)
}

/// A comma that is missing between two entries within `{ }` or `[ ]`.
pub fn missing_comma(text: &str, here: Line, at: Span, kind: &ErrorKind) -> Option<Diagnostic> {
    use ErrorKind::{InvalidTrailingDoubleQuotedScalar, InvalidTrailingSingleQuotedScalar};
    let place = (at.start as usize).clamp(here.start, here.end);
    let before = text.get(here.start..place)?;
    let behind_quote = matches!(kind, InvalidTrailingDoubleQuotedScalar | InvalidTrailingSingleQuotedScalar);
    let next = match behind_quote {
        true => place,
        false => {
            let start =
                [": ", ", ", "{ ", "[ "].iter().filter_map(|mark| Some(before.rfind(mark)? + 2)).max()?;
            here.start + start + second_key(&text[here.start + start..here.end])?
        }
    };
    let inside =
        text[here.start..next].find(['{', '[']).is_some_and(|open| is_open(&text[here.start + open..next]));
    if !inside {
        return None;
    }
    let gap = text[here.start..next].trim_end().len() + here.start;
    let fixed = here.with(text, gap, next, ", ");
    let span = Span::new(at.source, next, next + text[next..].chars().next().map_or(0, char::len_utf8));
    Some(finding(span, "a `,` is missing before this".to_owned(), format!("write `{}`", fixed.trim())))
}

/// What is wrong with how the lines stand, where the parser stopped in line `here`.
pub fn misplaced(text: &str, here: Line, source: SourceId) -> Option<Diagnostic> {
    let above = before(text, here);
    let lines = [Some(here), above];
    if let Some(found) = lines.into_iter().flatten().find_map(|line| missing_space(text, line, source)) {
        return Some(found);
    }
    let (key, above) = (key(text, here)?, key(text, above?)?);
    missing_dash(text, here, &key, &above, source)
        .or_else(|| too_deep(&key, &above, source))
        .or_else(|| between(text, here, &key, source))
}

/// The nearest line above that says something.
fn before(text: &str, line: Line) -> Option<Line> {
    let mut line = line.previous(text)?;
    while text[line.start..line.end].trim_start().starts_with('#') {
        line = line.previous(text)?;
    }
    Some(line)
}

/// The line's key, when it begins with one.
fn key(text: &str, line: Line) -> Option<Key<'_>> {
    let words = &text[line.start..line.end];
    let mut column = words.len() - words.trim_start_matches(' ').len();
    let mut dash = None;
    while words[column..].starts_with("- ") {
        dash = dash.or(Some(column));
        column += 1;
        column += words[column..].len() - words[column..].trim_start_matches(' ').len();
    }
    let rest = &words[column..];
    let colon = rest.find(": ").or_else(|| rest.trim_end().strip_suffix(':').map(str::len))?;
    let name = &rest[..colon];
    let is_word = !name.is_empty() && !name.contains([' ', '{', '[', '"', '\'', '#']);
    is_word.then(|| Key { name, start: line.start + column, column, dash, value: rest[colon + 1..].trim() })
}

/// `run:read_order`.
fn missing_space(text: &str, line: Line, source: SourceId) -> Option<Diagnostic> {
    let words = text[line.start..line.end].trim_start_matches([' ', '-']);
    let (name, value) = words.split_once(':')?;
    let is_key =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !is_key || value.is_empty() || value.starts_with([' ', '/', ':']) || words.contains(": ") {
        return None;
    }
    let start = line.end - words.len();
    let span = Span::new(source, start, start + name.len() + 1);
    let message = format!("a space is missing behind `{name}:`");
    Some(finding(span, message, format!("write `{name}: {}`", value.trim())))
}

/// A line without `- ` among lines that have one.
fn missing_dash(
    text: &str,
    here: Line,
    key: &Key<'_>,
    above: &Key<'_>,
    source: SourceId,
) -> Option<Diagnostic> {
    let lacks = match key.dash {
        Some(dash) if above.dash.is_none() && above.column == dash => above,
        Some(_) => return None,
        None => {
            let mut line = before(text, here)?;
            while text[line.start..line.end].starts_with(&" ".repeat(key.column + 1)) {
                line = before(text, line)?;
            }
            let is_entry = self::key(text, line).is_some_and(|other| other.dash == Some(key.column));
            if !is_entry {
                return None;
            }
            key
        }
    };
    let message = format!("`{}` begins in the column of a list's `- `, and has none", lacks.name);
    let help = format!("write `- {}:` where it is an entry of that list", lacks.name);
    let found = finding(lacks.span(source), message, help);
    let inner = key.dash.is_none() && above.column > key.column;
    Some(if inner {
        found.help(format!("indent it by {} where it belongs to `{}`", above.column, above.name))
    } else {
        found
    })
}

/// A line that is indented under a key which has its value already.
fn too_deep(key: &Key<'_>, above: &Key<'_>, source: SourceId) -> Option<Diagnostic> {
    if key.first() <= above.column || !above.is_full() {
        return None;
    }
    let message =
        format!("`{}` stands deeper than `{}` above it, which has its value already", key.name, above.name);
    let help = "begin both in one column, or move the upper one to where it belongs".to_owned();
    Some(finding(key.span(source), message, help).related(above.span(source), "above it"))
}

/// A line that begins in no column in which a line above does.
fn between(text: &str, here: Line, key: &Key<'_>, source: SourceId) -> Option<Diagnostic> {
    let mut columns: Vec<usize> = Vec::new();
    let mut line = here;
    while let Some(next) = before(text, line) {
        line = next;
        let Some(other) = self::key(text, line) else { continue };
        for column in [Some(other.column), other.dash].into_iter().flatten() {
            if columns.last().is_none_or(|least| column < *least) {
                columns.push(column);
            }
        }
        if columns.last().is_some_and(|least| *least <= key.first()) {
            break;
        }
    }
    if columns.is_empty() || columns.contains(&key.first()) {
        return None;
    }
    columns.reverse();
    let listed: Vec<String> = columns.iter().map(usize::to_string).collect();
    let name = if key.dash.is_some() { format!("- {}", key.name) } else { key.name.to_owned() };
    let span = Span::new(source, here.start + key.first(), key.start + key.name.len());
    let message =
        format!("`{name}` is indented by {}, and the lines above it by {}", key.first(), listed.join(" or "));
    Some(finding(span, message, "indent it like the lines it belongs to".to_owned()))
}
