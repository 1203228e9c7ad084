//! One line of a file: what of it is a value, and which trap it falls into.

use super::scan::*;
use crate::config::tree::scalar::quoted;
use crate::diagnostic::{Diagnostic, Span, codes};

/// One line of a text, by its bytes, without its end.
#[derive(Clone, Copy)]
pub struct Line {
    pub start: usize,
    pub end: usize,
}

impl Line {
    /// The line that a byte stands in.
    pub fn at(text: &str, byte: usize) -> Line {
        let start = text[..byte].rfind('\n').map_or(0, |at| at + 1);
        let end = text[byte..].find('\n').map_or(text.len(), |at| byte + at);
        let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
        Line { start, end: end.max(start) }
    }

    /// The nearest line above that is not empty.
    pub fn previous(self, text: &str) -> Option<Line> {
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
    pub fn with(self, text: &str, from: usize, to: usize, replacement: &str) -> String {
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
    pub fn trap(self, text: &str, at: Span) -> Option<Diagnostic> {
        let (start, end) = self.value(text)?;
        let value = &text[start..end];
        let message = match value.chars().next()? {
            quote @ ('"' | '\'') if goes_on_behind_quote(value, quote) => {
                "YAML ends this text at its second quote"
            }
            '%' | '@' | '`' => "a text cannot begin with this character unless it is quoted",
            '*' | '&' => "YAML takes this for an alias or an anchor",
            '-' if value.starts_with("- ") => "YAML takes `- ` for an entry of a list",
            '>' | '|' if !is_block_header(value) => "YAML takes this for the head of a text in block style",
            '[' | '{' if let Some(extra) = extra_closer(value) => {
                let place = start + extra;
                let message = format!("this `{}` closes nothing", &text[place..=place]);
                let finding =
                    Diagnostic::new(&codes::YAML_SYNTAX, Span::new(at.source, place, place + 1), message);
                return Some(finding.help("take it out"));
            }
            '[' | '{' if goes_on_behind_bracket(value) => "YAML ends this value at its closing bracket",
            '[' | '{' => return self.flow_trap(text, at),
            '|' | '>' | '"' | '\'' => return None,
            _ if starts_with_key(value) => return Some(self.two_keys(text, at, (start, end))),
            // Quotes inside an unquoted text mean nothing to YAML.
            _ if without_comment(value).contains(": ") || without_comment(value).ends_with(':') => {
                "YAML takes `: ` inside this text for a key of its own"
            }
            _ => return None,
        };
        Some(self.finding(text, at, (start, end), message))
    }

    /// `order: call: erp.find_order`.
    fn two_keys(self, text: &str, at: Span, value: (usize, usize)) -> Diagnostic {
        let (start, end) = value;
        let name = text[start..end].split(':').next().unwrap_or_default();
        let braces = self.with(text, start, end, &format!("{{ {} }}", &text[start..end]));
        let all = self.with(text, start, end, &quoted(&text[start..end]));
        let span = Span::new(at.source, start, start + name.len());
        Diagnostic::new(&codes::YAML_TRAP, span, "a second key stands on one line with the first")
            .help(format!(
                "write `{}`, or put `{name}:` on a line of its own, indented under the first",
                braces.trim()
            ))
            .help(format!("where all of it is one text, quote it: `{}`", all.trim()))
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
        let held = (value.starts_with('=') && !is_dotted(value)) || value.contains(['(', '[', '{', '"']);
        if !held || value.starts_with(['[', '{', '"', '\'']) {
            return None;
        }
        let place = (self.start + start, self.start + start + value.len());
        Some(self.finding(text, at, place, "inside `{ }` and `[ ]` this must be quoted"))
    }

    /// The bracket that this line opens and does not close, or the quote inside it.
    pub fn unclosed(self, text: &str) -> Option<(usize, char)> {
        let (start, end) = self.value(text)?;
        let bracket = text[start..end].chars().next().filter(|first| matches!(first, '[' | '{'))?;
        if let Some(quote) = open_quote(&text[start..end]) {
            return Some((start + quote, '"'));
        }
        is_open(&text[start..end]).then_some((start, bracket))
    }

    /// This line with every bracket of its value closed; `None` when it seems to go on below.
    pub fn closed(self, text: &str) -> Option<String> {
        let (start, end) = self.value(text)?;
        let value = without_comment(&text[start..end]);
        let missing = missing_brackets(value);
        if missing.is_empty() || open_quote(value).is_some() || value.ends_with([',', '{', '[', ':']) {
            return None;
        }
        let gap = if missing.starts_with('}') { " " } else { "" };
        Some(self.with(text, start + value.len(), self.end, &format!("{gap}{missing}")).trim().to_owned())
    }

    /// Says to quote the bytes `value` of this line, and prints it so.
    pub fn finding(self, text: &str, at: Span, value: (usize, usize), message: &str) -> Diagnostic {
        let (start, end) = value;
        let fixed = self.with(text, start, end, &quoted(&text[start..end]));
        Diagnostic::new(&codes::YAML_TRAP, Span::new(at.source, start, end), message)
            .label("quote all of it")
            .help(format!("write `{}`", fixed.trim()))
    }
}
