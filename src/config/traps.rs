//! YAML's traps around expressions, each answered with the line as it should be written.

use granit_parser::ErrorKind;

use super::tree::{Content, NodeId, Style, Tree, scalar::quoted};
use crate::diagnostic::{Diagnostic, Span, codes};

/// A tag: refused. An expression that begins with `!` becomes one.
pub fn tag(text: &str, span: Span) -> Diagnostic {
    let word = &text[span.start as usize..span.end as usize];
    let negated = word.strip_prefix('!').filter(|name| {
        name.starts_with(|first: char| first.is_ascii_lowercase()) && !name.contains(['!', ':'])
    });
    let finding = Diagnostic::new(&codes::YAML_TAG, span, format!("`{word}` is a tag, which is not allowed"));
    let line = Line::at(text, span.start as usize);
    match negated {
        Some(name) => {
            let rest = &text[span.end as usize..line.end];
            let fixed = line.with(text, span.start as usize, line.end, &format!("not {name}{rest}"));
            finding.label("negation is `not`").help(format!("write `{}`", fixed.trim()))
        }
        None => finding.help("leave it out, or quote the text if it begins with `!`"),
    }
}

/// A syntax error, in plain words; when one of the traps is behind it, in the words of the trap.
pub fn syntax(text: &str, at: Span, kind: &ErrorKind) -> Diagnostic {
    let mut place = at.start as usize;
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    let here = Line::at(text, place);
    if let Some(finding) = here.trap(text, at).or_else(|| here.previous(text)?.trap(text, at)) {
        return finding;
    }
    let end = text[place..].chars().next().filter(|next| *next != '\n' && *next != '\r');
    let span = Span { end: place as u32 + end.map_or(0, |next| next.len_utf8() as u32), ..at };
    let (message, help) = plain_words(kind);
    let finding = Diagnostic::new(&codes::YAML_SYNTAX, span, message);
    match help {
        "" => finding,
        help => finding.help(help),
    }
}

/// What the parser stumbled over, and what to do about it.
fn plain_words(kind: &ErrorKind) -> (String, &'static str) {
    use ErrorKind::*;
    let (message, help) = match kind {
        TabNotAllowed
        | TabInBlockIndentation
        | TabInIndentation
        | TabAtBlockScalarStart
        | TabInPlainScalar => ("a tab stands where YAML wants spaces", "indent with spaces"),
        InvalidIndentation
        | ExpectedBlockMappingKey
        | ExpectedBlockSequenceEntry
        | UnexpectedEofBlockMapping
        | UnexpectedEofBlockSequence
        | BlockSequenceEntryNotAllowed => {
            ("the indentation does not fit the lines above", "indent entries of one map or list alike")
        }
        UnclosedQuotedScalar => ("a quote is opened and not closed", "close it, or quote the whole text"),
        UnclosedFlowCollection { open } => {
            return (format!("`{open}` is opened and not closed"), "close it");
        }
        UnexpectedEofFlowMapping | UnexpectedEofImplicitFlowMapping => {
            ("`{` is opened and not closed", "close it")
        }
        UnexpectedEofFlowSequence => ("`[` is opened and not closed", "close it"),
        MismatchedFlowCollectionEnd { open, close } => {
            return (format!("`{open}` is closed by `{close}`"), "");
        }
        MisplacedFlowCollectionEnd => ("a bracket is closed that was not opened", ""),
        ExpectedFlowMappingSeparator => ("a `,` or `}` is missing", "quote a text that holds brackets"),
        ExpectedFlowSequenceSeparator => ("a `,` or `]` is missing", "quote a text that holds brackets"),
        MappingValueNotAllowed | InvalidColonPlacement | SimpleKeyExpected | InvalidSimpleKey => (
            "a `:` stands where no key can end",
            "write `key: value`, one to a line, and quote a text that holds `: `",
        ),
        UnknownQuotedScalarEscape => {
            ("an escape that YAML does not know", "write `\\\\` for a backslash, or use single quotes")
        }
        BlockEntryInFlowCollection => ("`- ` cannot stand inside brackets", "separate items by commas"),
        _ => return (format!("this is not YAML: {}", kind.to_string().to_lowercase()), ""),
    };
    (message.to_owned(), help)
}

/// One line of a text, by its bytes, without its end.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
}

impl Line {
    fn at(text: &str, byte: usize) -> Line {
        let start = text[..byte].rfind('\n').map_or(0, |at| at + 1);
        let end = text[byte..].find('\n').map_or(text.len(), |at| byte + at);
        let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
        Line { start, end: end.max(start) }
    }

    /// The nearest line above that is not empty.
    fn previous(self, text: &str) -> Option<Line> {
        let mut line = self;
        while line.start > 0 {
            line = Line::at(text, line.start - 1);
            if !text[line.start..line.end].trim().is_empty() {
                return Some(line);
            }
        }
        None
    }

    /// The line with some of its bytes replaced.
    fn with(self, text: &str, from: usize, to: usize, replacement: &str) -> String {
        let to = to.clamp(from, self.end.max(from));
        let rest = text.get(to..self.end).unwrap_or_default();
        format!("{}{replacement}{rest}", &text[self.start..from.max(self.start)])
    }

    /// The value of a `key: value` line, as bytes of the text, without a comment behind it.
    fn value(self, text: &str) -> Option<(usize, usize)> {
        let line = &text[self.start..self.end];
        let mut from = line.len() - line.trim_start().len();
        while line[from..].starts_with("- ") {
            from += 2;
            from += line[from..].len() - line[from..].trim_start().len();
        }
        let key = line[from..].find([':', ' ', '"', '\'', '{', '[', '#'])?;
        let colon = from + key;
        if key == 0 || !line[colon..].starts_with(": ") {
            return None;
        }
        let value = line[colon + 1..].trim_start();
        let start = line.len() - value.len();
        let value = value.trim_end();
        (!value.is_empty()).then_some((self.start + start, self.start + start + value.len()))
    }

    /// The trap that this line of a file with a syntax error falls into, if one can be seen.
    fn trap(self, text: &str, at: Span) -> Option<Diagnostic> {
        let (start, end) = self.value(text)?;
        let value = &text[start..end];
        let message = match value.chars().next()? {
            quote @ ('"' | '\'') if goes_on_behind_quote(value, quote) => {
                "YAML ends this text at its second quote"
            }
            '%' | '@' | '`' => "a text cannot begin with this character unless it is quoted",
            '*' | '&' => "YAML takes this for an alias or an anchor",
            '[' | '{' if goes_on_behind_bracket(value) => "YAML ends this value at its closing bracket",
            '[' | '{' => return self.flow_trap(text, at),
            '|' | '>' | '"' | '\'' => return None,
            _ if outside_quotes(value).contains(": ") || value.ends_with(':') => {
                "YAML takes `: ` inside this text for a key of its own"
            }
            _ => return None,
        };
        Some(self.finding(text, at, (start, end), message))
    }

    /// A bracket or a quote inside an unquoted text within `{ }` or `[ ]`.
    fn flow_trap(self, text: &str, at: Span) -> Option<Diagnostic> {
        let place = (at.start as usize).clamp(self.start, self.end);
        let place = if text.is_char_boundary(place) { place } else { return None };
        let before = &text[self.start..place];
        let start = [": ", ", ", "{ ", "[ "].iter().filter_map(|mark| Some(before.rfind(mark)? + 2)).max()?;
        let rest = &text[self.start + start..self.end];
        let length = end_of_flow_value(rest);
        let value = rest[..length].trim_end();
        if !value.contains(['(', '[', '{', '"']) || value.starts_with(['[', '{', '"', '\'']) {
            return None;
        }
        let place = (self.start + start, self.start + start + value.len());
        Some(self.finding(text, at, place, "a text that holds brackets must be quoted here"))
    }

    fn finding(self, text: &str, at: Span, value: (usize, usize), message: &str) -> Diagnostic {
        let (start, end) = value;
        let fixed = self.with(text, start, end, &quoted(&text[start..end]));
        Diagnostic::new(&codes::YAML_TRAP, Span::new(at.source, start, end), message)
            .label("quote all of it")
            .help(format!("write `{}`", fixed.trim()))
    }
}

fn goes_on_behind_quote(value: &str, quote: char) -> bool {
    let Some(end) = value[1..].find(quote) else { return false };
    let rest = value[end + 2..].trim_start();
    !rest.is_empty() && !rest.starts_with(['#', ':', quote])
}

fn goes_on_behind_bracket(value: &str) -> bool {
    let rest = value[end_of_brackets(value)..].trim_start();
    !rest.is_empty() && !rest.starts_with('#')
}

/// Where the brackets that begin a text are all closed again; its length when they never are.
fn end_of_brackets(text: &str) -> usize {
    let mut depth = 0usize;
    let mut scan = Scan::default();
    for (at, next) in text.char_indices() {
        match (scan.inside(next), next) {
            (false, '(' | '[' | '{') => depth += 1,
            (false, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Where a value inside `{ }` or `[ ]` ends when its own brackets and quotes are respected.
fn end_of_flow_value(text: &str) -> usize {
    let mut depth = 0usize;
    let mut scan = Scan::default();
    for (at, next) in text.char_indices() {
        match (scan.inside(next), next) {
            (false, '(' | '[' | '{') => depth += 1,
            (false, ',' | '}' | ']') if depth == 0 => return at,
            (false, '\n') => return at,
            (false, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

/// Knows whether a character stands inside a double-quoted text of an expression.
#[derive(Default)]
struct Scan {
    quoted: bool,
    escaped: bool,
}

impl Scan {
    fn inside(&mut self, next: char) -> bool {
        if self.quoted {
            let closing = next == '"' && !self.escaped;
            self.escaped = next == '\\' && !self.escaped;
            self.quoted = !closing;
            return true;
        }
        self.quoted = next == '"';
        self.quoted
    }
}

fn outside_quotes(text: &str) -> String {
    let mut scan = Scan::default();
    text.chars().filter(|next| !scan.inside(*next)).collect()
}

/// Whether brackets or quotes are opened in a text and not closed.
fn is_open(text: &str) -> bool {
    let mut depth = 0i64;
    let mut scan = Scan::default();
    for next in text.chars() {
        match (scan.inside(next), next) {
            (false, '(' | '[' | '{') => depth += 1,
            (false, ')' | ']' | '}') => depth -= 1,
            _ => {}
        }
    }
    depth > 0 || scan.quoted
}

/// A comma inside `{ }` or `[ ]` that splits a call. Gives the finding for `id` when it is a
/// collection that this happened to; nothing else is worth saying about it then.
pub fn split(tree: &Tree, id: NodeId) -> Option<Diagnostic> {
    let values: Vec<NodeId> = match &tree.node(id).content {
        Content::Mapping(entries) => entries.iter().map(|(_, value)| *value).collect(),
        Content::Sequence(items) => items.clone(),
        _ => return None,
    };
    values.into_iter().find_map(|value| split_value(tree, value))
}

fn split_value(tree: &Tree, value: NodeId) -> Option<Diagnostic> {
    let node = tree.node(value);
    let Content::Scalar { text, style: Style::Plain } = &node.content else { return None };
    if !node.in_flow || !is_open(text) {
        return None;
    }
    let start = node.span.start as usize;
    let line = Line::at(&tree.text, start);
    let length = end_of_flow_value(&tree.text[start..line.end]);
    let whole = tree.text[start..start + length].trim_end();
    if is_open(whole) || whole.len() <= text.len() {
        return None;
    }
    let place = (start, start + whole.len());
    Some(line.finding(
        &tree.text,
        node.span,
        place,
        "YAML splits this at its comma: inside brackets it must be quoted",
    ))
}

/// The traps of an unquoted expression: `text` is the scalar's, with its `=` if it has one.
pub fn expression(tree: &Tree, id: NodeId) -> Option<Diagnostic> {
    let node = tree.node(id);
    let Content::Scalar { text, style: Style::Plain } = &node.content else { return None };
    let (start, end) = (node.span.start as usize, node.span.end as usize);
    let line = Line::at(&tree.text, start);
    let bare = text.strip_prefix('=').unwrap_or(text).trim_start();
    let dotted = bare.chars().all(|next| next.is_ascii_alphanumeric() || matches!(next, '.' | '_'));
    if node.in_flow && !dotted {
        let message = "inside `{ }` and `[ ]` an expression longer than a dotted path must be quoted";
        return Some(line.finding(&tree.text, node.span, (start, end), message));
    }
    let behind = tree.text.get(end..line.end.max(end)).unwrap_or_default();
    if is_open(text) && behind.trim_start().starts_with('#') {
        let place = (start, start + tree.text[start..line.end].trim_end().len());
        let message = "YAML takes the ` #` inside this for a comment and cuts the rest off";
        return Some(line.finding(&tree.text, node.span, place, message));
    }
    None
}
