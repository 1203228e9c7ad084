//! Decides which newlines end a statement, before the grammar reads the text: pest cannot treat
//! white space by context. Comments and other newlines become spaces, so that places stay the same.

use std::ops::Range;

use super::hints::CURLY;

/// Brackets, `match` and `each` inside each other, at most.
pub(super) const DEPTH: usize = 64;

/// A text that the grammar can read.
#[derive(Debug)]
pub(super) struct Prepared {
    /// As long as the original.
    pub text: String,
    pub comments: Vec<Range<usize>>,
    /// Every statement, inner ones before the outer ones that hold them.
    pub statements: Vec<Range<usize>>,
}

/// A bracket or quote that does not fit, and what to blank to read on.
#[derive(Debug)]
pub(super) struct Problem {
    pub at: Range<usize>,
    pub message: String,
    pub help: Option<String>,
    /// `None`: there is no reading on.
    pub blank: Option<Range<usize>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Paren,
    Bracket,
    Brace,
    Text,
    /// `{` inside a text.
    Interpolation,
}

impl Open {
    fn opener(self) -> char {
        match self {
            Open::Paren => '(',
            Open::Bracket => '[',
            Open::Brace | Open::Interpolation => '{',
            Open::Text => '"',
        }
    }
}

struct Scanner<'t> {
    source: &'t str,
    bytes: &'t [u8],
    output: Vec<u8>,
    at: usize,
    open: Vec<(Open, usize)>,
    /// `match` and `each` whose `{` has not come yet.
    pending: usize,
    starts: Vec<usize>,
    /// Newlines before this byte are decided: whether they continue a statement. Kept so that a run
    /// of empty lines is looked over once.
    decided: (usize, bool),
    comments: Vec<Range<usize>>,
    statements: Vec<Range<usize>>,
}

/// Prepares a text, or says what bracket or quote does not fit.
pub(super) fn prepare(source: &str) -> Result<Prepared, Problem> {
    let mut scanner = Scanner {
        source,
        bytes: source.as_bytes(),
        output: source.as_bytes().to_vec(),
        at: 0,
        open: Vec::new(),
        pending: 0,
        starts: vec![0],
        decided: (0, false),
        comments: Vec::new(),
        statements: Vec::new(),
    };
    scanner.run()?;
    let text = String::from_utf8(scanner.output).expect("only whole characters are blanked");
    Ok(Prepared { text, comments: scanner.comments, statements: scanner.statements })
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), Problem> {
        if self.source.starts_with('\u{feff}') {
            self.blank(0..3);
            self.at = 3;
        }
        while let Some(&byte) = self.bytes.get(self.at) {
            if matches!(self.open.last(), Some((Open::Text, _))) {
                self.in_text(byte)?;
            } else {
                self.in_code(byte)?;
            }
        }
        if let Some(&(open, at)) = self.open.last() {
            return Err(self.unclosed(open, at));
        }
        self.end_statement();
        Ok(())
    }

    fn blank(&mut self, range: Range<usize>) {
        self.output[range].fill(b' ');
    }

    fn line(&self, at: usize) -> Range<usize> {
        let start = self.source[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.source[at..].find('\n').map_or(self.source.len(), |length| at + length);
        start..end
    }

    fn in_text(&mut self, byte: u8) -> Result<(), Problem> {
        match byte {
            b'\\' => self.at += 1 + usize::from(self.bytes.get(self.at + 1).is_some_and(u8::is_ascii)),
            b'"' => {
                self.open.pop();
                self.at += 1;
            }
            b'{' => self.push(Open::Interpolation)?,
            b'\n' => return Err(self.unclosed_text()),
            _ => self.at += 1,
        }
        Ok(())
    }

    fn in_code(&mut self, byte: u8) -> Result<(), Problem> {
        match byte {
            b'"' => self.push(Open::Text)?,
            b'(' => self.push(Open::Paren)?,
            b'[' => self.push(Open::Bracket)?,
            b'{' => {
                self.pending = self.pending.saturating_sub(1);
                self.push(Open::Brace)?;
                self.starts.push(self.at);
            }
            b')' => self.close(Open::Paren)?,
            b']' => self.close(Open::Bracket)?,
            b'}' => self.close(Open::Brace)?,
            b'#' => self.comment(),
            b'\n' => self.newline()?,
            b',' => {
                if matches!(self.open.last(), None | Some((Open::Brace, _))) {
                    self.end_statement();
                }
                self.at += 1;
            }
            _ if byte.is_ascii_alphabetic() || byte == b'_' => self.word()?,
            _ => self.at += 1,
        }
        Ok(())
    }

    fn too_deep(&self) -> Result<(), Problem> {
        if self.open.len() + self.pending <= DEPTH {
            return Ok(());
        }
        Err(Problem {
            at: self.at..self.at + 1,
            message: format!("more than {DEPTH} brackets inside each other"),
            help: Some("give a part a name of its own with `let`".to_owned()),
            blank: None,
        })
    }

    fn push(&mut self, open: Open) -> Result<(), Problem> {
        self.open.push((open, self.at));
        self.too_deep()?;
        self.at += 1;
        Ok(())
    }

    fn close(&mut self, closer: Open) -> Result<(), Problem> {
        match self.open.last() {
            Some((Open::Brace, _)) if closer == Open::Brace => {
                self.end_statement();
                self.starts.pop();
                self.open.pop();
            }
            Some((Open::Interpolation, _)) if closer == Open::Brace => {
                self.open.pop();
            }
            Some((open, _)) if *open == closer => {
                self.open.pop();
            }
            Some(&(open @ (Open::Paren | Open::Bracket | Open::Interpolation), at)) => {
                return Err(self.unclosed(open, at));
            }
            _ => return Err(self.unopened()),
        }
        self.at += 1;
        Ok(())
    }

    fn unopened(&self) -> Problem {
        let at = self.at..self.at + 1;
        let message = format!("this `{}` closes nothing", &self.source[at.clone()]);
        Problem { at: at.clone(), message, help: None, blank: Some(at) }
    }

    fn unclosed(&self, open: Open, at: usize) -> Problem {
        if matches!(open, Open::Text | Open::Interpolation) {
            return self.unclosed_text();
        }
        let message = format!("this `{}` is not closed", open.opener());
        Problem { at: at..at + 1, message, help: None, blank: Some(self.line(at)) }
    }

    /// A text ends on its line. Where a `{` inside it is open, that is more likely the slip.
    fn unclosed_text(&self) -> Problem {
        let text = self.open.iter().find(|(open, _)| *open == Open::Text);
        let start = text.map_or(self.at, |(_, at)| *at);
        let brace = self.open.iter().rev().find(|(open, _)| *open == Open::Interpolation);
        let line = self.line(start);
        if let Some((at, quote)) = self.source[line.clone()].char_indices().find(|(_, c)| CURLY.contains(c)) {
            let at = line.start + at..line.start + at + quote.len_utf8();
            let message = format!("this text is not closed: `{quote}` does not end it");
            let help = "write straight quotes: `\"text\"`".to_owned();
            return Problem { at, message, help: Some(help), blank: Some(line) };
        }
        let (at, message, help) = match brace {
            Some((_, at)) => (
                *at..*at + 1,
                "this `{` inside a text is not closed".to_owned(),
                "`{` begins a value inside a text; for the character itself write `\\{`",
            ),
            None => (
                start..start + 1,
                "this text is not closed".to_owned(),
                "a text ends with `\"` on the line where it begins; write `\\n` for a line break inside it",
            ),
        };
        Problem { at, message, help: Some(help.to_owned()), blank: Some(self.line(start)) }
    }

    fn comment(&mut self) {
        let end = self.source[self.at..].find('\n').map_or(self.source.len(), |length| self.at + length);
        self.comments.push(self.at..end);
        self.blank(self.at..end);
        self.at = end;
    }

    fn newline(&mut self) -> Result<(), Problem> {
        match self.open.last().map(|(open, _)| *open) {
            Some(Open::Paren | Open::Bracket) => self.blank(self.at..self.at + 1),
            Some(Open::Interpolation) => return Err(self.unclosed_text()),
            _ if self.continues() => self.blank(self.at..self.at + 1),
            _ => {
                self.pending = 0;
                self.end_statement();
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Whether the text after this newline continues the statement before it: its first line that
    /// says anything begins with an operator.
    fn continues(&mut self) -> bool {
        if self.at < self.decided.0 {
            return self.decided.1;
        }
        let mut start = self.at + 1;
        for line in self.source[start..].split('\n') {
            let words = line.trim_start();
            if !words.is_empty() && !words.starts_with('#') {
                let rest = &self.source[start + line.len() - words.len()..];
                self.decided = (start, begins_with_operator(rest));
                return self.decided.1;
            }
            start += line.len() + 1;
        }
        self.decided = (self.source.len(), false);
        false
    }

    fn word(&mut self) -> Result<(), Problem> {
        let rest = &self.source[self.at..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let is_name = self.source[..self.at].ends_with('.') || is_key(&rest[length..]);
        if !is_name && matches!(&rest[..length], "match" | "each") {
            self.pending += 1;
            self.too_deep()?;
        }
        self.at += length;
        Ok(())
    }

    fn end_statement(&mut self) {
        let start = self.starts.last_mut().map(|start| std::mem::replace(start, self.at + 1));
        let start = start.unwrap_or(0);
        if !self.source[start.min(self.at)..self.at].trim().is_empty() {
            self.statements.push(start..self.at);
        }
    }
}

fn is_key(rest: &str) -> bool {
    rest.trim_start_matches([' ', '\t']).starts_with(':')
}

fn begins_with_operator(line: &str) -> bool {
    // `...value` is a spread, `..10: ...` a pattern of `match`.
    if line.starts_with("..") || is_kind_pattern(line) {
        return false;
    }
    let symbols = ["??", "==", "!=", "<", ">", "+", "*", "/", "%", "|", "."];
    if symbols.iter().any(|symbol| line.starts_with(symbol)) {
        return true;
    }
    if let Some(rest) = line.strip_prefix('-') {
        // `-1: ...` is a pattern of `match`, as is `-5..-1: ...`.
        let in_pattern = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | ' ');
        let after_number = rest.trim_start_matches(in_pattern);
        return !after_number.starts_with([':', '|']);
    }
    ["and", "or", "in", "is"].iter().any(|word| {
        line.strip_prefix(word).is_some_and(|rest| {
            !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && !is_key(rest)
        })
    })
}

/// `is text: ...`, `is text | is list: ...`: a pattern, where `is text` alone goes on with a test.
fn is_kind_pattern(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("is").filter(|rest| rest.starts_with([' ', '\t'])) else {
        return false;
    };
    let rest = rest.trim_start().trim_start_matches(|c: char| c.is_ascii_alphabetic());
    // The bar may begin the next line.
    rest.trim_start().starts_with([':', '|'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(source: &str) -> String {
        prepare(source).expect("brackets fit").text
    }

    #[test]
    fn newlines_end_statements_outside_parentheses_only() {
        assert_eq!(prepared("a: f(1,\n2)\nb: 2"), "a: f(1, 2)\nb: 2");
        assert_eq!(prepared("a: x\n  ?? y\nb: 2"), "a: x   ?? y\nb: 2");
        assert_eq!(prepared("a: x # é\n\n # c\n and y"), "a: x             and y");
        assert_eq!(prepared("a: x\nand: y"), "a: x\nand: y");
        assert_eq!(prepared("a: [{\nb: 1\n}]"), "a: [{\nb: 1\n}]");
        for whole in [
            "a: match x {\n 1: 2\n -1: 3\n}",
            "a: match x {\n 1: 2\n -5..-2: 3\n ..-6: 4\n}",
            "a: match x {\n 1: 2\n is text | is list: 3\n}",
            "a: match x {\n 1: 2\n is text: 3\n is number: 4\n}",
            "a: x\n...y\nb: 1",
        ] {
            assert_eq!(prepared(whole), whole);
        }
        assert_eq!(prepared("a: x\n is text"), "a: x  is text");
        assert_eq!(prepared("{\n1: 2\n is text\n | is list: 3\n}"), "{\n1: 2\n is text  | is list: 3\n}");
    }

    #[test]
    fn texts_are_not_looked_into_except_for_values() {
        assert_eq!(prepared(r##"a: "# { "x" } \" \{" # c"##), r##"a: "# { "x" } \" \{"    "##);
        assert!(prepare("a: \"x\nb: 1").is_err());
        assert!(prepare("a: (\nb: ]").is_err());
    }

    #[test]
    fn deep_nesting_is_answered_at_once() {
        let deep = "(".repeat(10_000);
        assert!(prepare(&deep).expect_err("deep").blank.is_none());
        let deep = "match ".repeat(10_000);
        assert!(prepare(&deep).expect_err("deep").blank.is_none());
    }
}
