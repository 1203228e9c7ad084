//! A mapping's text as tokens: words, literals, signs, brackets, what ends statements, comments.

use std::collections::BTreeMap;
use std::ops::Range;

use super::group;
use super::layout;

/// A token and where it begins and ends.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Word,
    /// A number, a text, a schema's name: its final form.
    Atom(String),
    Sign,
    Open(char),
    Close,
    Comma,
    /// A newline that ends a statement.
    Newline,
    Comment,
}

/// Signs of several characters, longer ones first.
const SIGNS: [&str; 8] = ["...", "..", "??", "==", "!=", "<=", ">=", "->"];

struct Lexer<'t> {
    /// Comments are blank here, and only newlines that end a statement are left.
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
}

/// The tokens of a text that can be read, comments among them. `atoms` are ranges that are one token.
pub(super) fn tokens(
    original: &str,
    prepared: &str,
    comments: &[Range<usize>],
    atoms: &[Range<usize>],
) -> Vec<Token> {
    let mut lexer = Lexer { text: prepared, at: 0, tokens: Vec::new() };
    let atoms: BTreeMap<usize, usize> = atoms.iter().map(|range| (range.start, range.end)).collect();
    while lexer.at < prepared.len() {
        match atoms.get(&lexer.at) {
            Some(end) if *end > lexer.at => lexer.schema(original, lexer.at..*end),
            _ => lexer.token(),
        }
    }
    let comment = |range: &Range<usize>| Token { kind: Kind::Comment, start: range.start, end: range.end };
    let mut tokens = lexer.tokens;
    tokens.extend(comments.iter().map(comment));
    tokens.sort_by_key(|token| token.start);
    tokens
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.tokens.push(Token { kind, start: self.at, end: self.at + length });
        self.at += length;
    }

    fn schema(&mut self, original: &str, range: Range<usize>) {
        let name: String = original[range.clone()].split_whitespace().collect();
        self.push(Kind::Atom(name), range.len());
    }

    fn token(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        let length_of = |fits: fn(char) -> bool| rest.find(|c: char| !fits(c)).unwrap_or(rest.len());
        match first {
            '\n' => self.push(Kind::Newline, 1),
            ',' => self.push(Kind::Comma, 1),
            '"' => self.text_token(),
            '(' | '[' | '{' => self.push(Kind::Open(first), 1),
            ')' | ']' | '}' => self.push(Kind::Close, 1),
            'a'..='z' | 'A'..='Z' | '_' => {
                self.push(Kind::Word, length_of(|c| c.is_ascii_alphanumeric() || c == '_'));
            }
            '0'..='9' => self.number(),
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).map(|sign| sign.len());
                self.push(Kind::Sign, sign.unwrap_or(first.len_utf8()));
            }
        }
    }

    /// Digits, and a point with digits behind it: `1..5` is no number.
    fn number(&mut self) {
        let rest = self.rest();
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let whole = digits(rest);
        let part = rest[whole..].strip_prefix('.').map_or(0, digits);
        let length = if part > 0 { whole + 1 + part } else { whole };
        self.push(Kind::Atom(rest[..length].to_owned()), length);
    }

    /// A text as written, but for the expressions in it.
    fn text_token(&mut self) {
        let (length, parts) = text_parts(self.rest());
        let mut written = String::with_capacity(length);
        let mut from = 0;
        for part in parts {
            written.push_str(&self.rest()[from..part.start]);
            written.push_str(&expression(&self.rest()[part.clone()]));
            from = part.end;
        }
        written.push_str(&self.rest()[from..length]);
        self.push(Kind::Atom(written), length);
    }
}

/// An expression inside a text, on its one line.
fn expression(text: &str) -> String {
    let tokens = tokens(text, text, &[], &[]);
    let items =
        group::items(text, &tokens, &super::Header { schemas: Vec::new(), words: Default::default() });
    let flat = items.first().and_then(|item| layout::flat(&item.pieces));
    flat.filter(|_| items.len() == 1).unwrap_or_else(|| text.to_owned())
}

/// How long the text at the beginning is, quotes included, and where in it expressions stand.
fn text_parts(rest: &str) -> (usize, Vec<Range<usize>>) {
    let bytes = rest.as_bytes();
    let (mut at, mut parts) = (1, Vec::new());
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return (at + 1, parts),
            b'\\' => at += 2,
            b'{' => {
                let end = closing(rest, at + 1);
                parts.push(at + 1..end);
                at = end + 1;
            }
            _ => at += 1,
        }
    }
    (rest.len(), parts)
}

/// Where the `}` stands that closes what began before `at`.
fn closing(rest: &str, mut at: usize) -> usize {
    let mut depth = 0;
    while let Some(byte) = rest.as_bytes().get(at) {
        match byte {
            b'"' => at += text_parts(&rest[at..]).0,
            b'}' if depth == 0 => return at,
            b'}' => {
                depth -= 1;
                at += 1;
            }
            b'{' => {
                depth += 1;
                at += 1;
            }
            _ => at += 1,
        }
    }
    rest.len()
}
