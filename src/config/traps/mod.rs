//! YAML's traps around expressions, each answered with the line as it should be written.

mod layout;
mod line;
mod scan;

use granit_parser::ErrorKind;

use self::line::Line;
use self::scan::{end_of_flow_value, is_dotted, is_open, is_unfinished};
use super::tree::{Content, NodeId, Style, Tree};
use crate::diagnostic::{Diagnostic, Span, codes, short};

/// A tag: refused. An expression that begins with `!` becomes one.
pub fn tag(text: &str, span: Span) -> Diagnostic {
    let word = &text[span.start as usize..span.end as usize];
    let negated = word.strip_prefix('!').filter(|name| {
        name.starts_with(|first: char| first.is_ascii_lowercase()) && !name.contains(['!', ':'])
    });
    let finding =
        Diagnostic::new(&codes::YAML_TAG, span, format!("`{}` is a tag, which is not allowed", short(word)));
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

/// Texts in quotes that a word processor made: to YAML these are part of the text.
pub fn curly_quotes(tree: &Tree) -> Vec<Diagnostic> {
    const OPEN: [char; 4] = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}'];
    const CLOSE: [char; 4] = ['\u{201d}', '\u{201c}', '\u{2019}', '\u{2018}'];
    let found = tree.iter().filter_map(|(_, node)| {
        let Content::Scalar { text, style: Style::Plain } = &node.content else { return None };
        let inner = text.strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
        let message = "YAML takes curly quotes for a part of the text";
        let finding = Diagnostic::new(&codes::YAML_TRAP, node.span, message);
        Some(finding.help(format!("write straight ones: `\"{}\"`", short(inner))))
    });
    found.collect()
}

/// A syntax error, in plain words; when one of the traps is behind it, in the words of the trap.
pub fn syntax(text: &str, at: Span, kind: &ErrorKind) -> Diagnostic {
    let mut place = at.start as usize;
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    let here = Line::at(text, place);
    if let Some(finding) = layout::missing_comma(text, here, at, kind) {
        return finding;
    }
    if let Some(finding) = here.trap(text, at).or_else(|| here.previous(text)?.trap(text, at)) {
        return finding;
    }
    let unclosed = here.previous(text).and_then(|line| line.unclosed(text));
    if let (Some((start, bracket)), true) = (unclosed, is_indentation(kind)) {
        let span = Span::new(at.source, start, start + 1);
        let finding =
            Diagnostic::new(&codes::YAML_SYNTAX, span, format!("`{bracket}` is opened and not closed"));
        let closed = here.previous(text).and_then(|line| line.closed(text));
        return finding.help(closed.map_or("close it".to_owned(), |line| format!("write `{line}`")));
    }
    if is_layout(kind)
        && let Some(finding) = layout::misplaced(text, here, at.source)
    {
        return finding;
    }
    let end = text[place..].chars().next().filter(|next| *next != '\n' && *next != '\r');
    let span = Span { end: place as u32 + end.map_or(0, |next| next.len_utf8() as u32), ..at };
    let (message, help) = plain_words(kind);
    let finding = Diagnostic::new(&codes::YAML_SYNTAX, span, message);
    let closed = here.closed(text).filter(|_| help == "close it");
    match (help, closed) {
        (_, Some(line)) => finding.help(format!("write `{line}`")),
        ("", None) => finding,
        (help, None) => finding.help(help),
    }
}

/// Whether the parser met a line that stands too far to the left.
fn is_indentation(kind: &ErrorKind) -> bool {
    let (message, _) = plain_words(kind);
    message.starts_with("the indentation")
}

/// Whether how the lines stand can be behind what the parser met.
fn is_layout(kind: &ErrorKind) -> bool {
    use ErrorKind::*;
    let colon =
        matches!(kind, MappingValueNotAllowed | InvalidColonPlacement | SimpleKeyExpected | InvalidSimpleKey);
    colon || is_indentation(kind)
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
        | BlockSequenceEntryNotAllowed
        | InvalidFlowScalarIndent => {
            ("the indentation does not fit the lines above", "indent entries of one map or list alike")
        }
        UnclosedQuotedScalar | InvalidQuotedScalarIndent => {
            ("a quote is opened and not closed", "close it, or quote the whole text")
        }
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
    if node.in_flow && !is_dotted(text) {
        let message = "inside `{ }` and `[ ]` an expression longer than a dotted path must be quoted";
        return Some(line.finding(&tree.text, node.span, (start, end), message));
    }
    let behind = tree.text.get(end..line.end.max(end)).unwrap_or_default();
    if is_unfinished(text) && behind.trim_start().starts_with('#') {
        let place = (start, start + tree.text[start..line.end].trim_end().len());
        let message = "YAML takes the ` #` inside this for a comment and cuts the rest off";
        return Some(line.finding(&tree.text, node.span, place, message));
    }
    None
}
