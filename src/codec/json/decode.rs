//! Bytes to a value: our own tokenizer, because the parsers of others lose digits, keep the last of
//! two equal names, or build a tree that has to be converted.

use std::borrow::Cow;

use bumpalo::Bump;

use super::Limits;
use super::make::{Make, Owned, Viewed};
use super::seen::Seen;
use crate::codec::DecodeError;
use crate::value::{Value, View, json_text, scan_number};

/// The stack holds this many levels whatever the caller allows.
const DEEPEST: usize = 512;

/// Reads one JSON document. Refused: duplicate member names, invalid UTF-8, lone surrogates, anything
/// after the value, and what exceeds `limits`. A byte order mark in front is skipped, because vendors
/// send it (RFC 8259 §8.1 allows both).
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Value, DecodeError> {
    let mut room = Owned::take();
    let value = read(bytes, limits, &mut *room);
    room.give_back();
    value
}

/// The same, to be looked at as long as the bytes and the arena live.
pub fn view<'t>(bytes: &'t [u8], limits: &Limits, arena: &'t Bump) -> Result<View<'t>, DecodeError> {
    read(bytes, limits, &mut Viewed::new(arena))
}

fn read<'t, M: Make<'t>>(bytes: &'t [u8], limits: &Limits, make: &mut M) -> Result<M::Value, DecodeError> {
    if bytes.len() > limits.bytes {
        let message = format!("the document is longer than {} bytes", limits.bytes);
        return Err(DecodeError { offset: limits.bytes, message });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| *refuse(error.valid_up_to(), "the text is not valid UTF-8"))?;
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let depth = limits.depth.min(DEEPEST);
    Reader { text, bytes, at: start, depth, make }.document().map_err(|refusal| *refusal)
}

/// Boxed, so that what goes well is not carried around in the room that an error needs.
type Refusal = Box<DecodeError>;

#[cold]
fn refuse(offset: usize, message: impl Into<String>) -> Refusal {
    Box::new(DecodeError { offset, message: message.into() })
}

struct Reader<'t, 'm, M> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Levels that may still be opened.
    depth: usize,
    make: &'m mut M,
}

impl<'t, M: Make<'t>> Reader<'t, '_, M> {
    fn document(&mut self) -> Result<M::Value, Refusal> {
        self.skip_space();
        let value = self.value()?;
        self.skip_space();
        if self.at < self.bytes.len() {
            return Err(refuse(self.at, "something follows the end of the value"));
        }
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        // Most documents are compact: one comparison says that nothing is to be skipped.
        while self.peek().is_some_and(|byte| byte <= b' ' && matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<M::Value, Refusal> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", View::Bool(true)),
            Some(b'f') => self.word("false", View::Bool(false)),
            Some(b'n') => self.word("null", View::Null),
            Some(_) => Err(self.not_a_value()),
            None => Err(refuse(self.at, "the text ends where a value should stand")),
        }
    }

    #[cold]
    fn not_a_value(&self) -> Refusal {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).take(12).collect();
        let message = match word.as_str() {
            "NaN" | "Infinity" => format!("`{word}` is no JSON number"),
            "" => match rest.chars().next() {
                Some('\'') => "strings stand in double quotes".to_owned(),
                Some('+') => "a number has no `+` in front".to_owned(),
                Some('.') => "a number has a digit before its point".to_owned(),
                Some(']' | '}') => "a value is missing here (or a comma is one too many)".to_owned(),
                _ => "no value starts with this character".to_owned(),
            },
            _ => format!("`{word}` is no JSON value"),
        };
        refuse(self.at, message)
    }

    fn word(&mut self, word: &str, value: View<'static>) -> Result<M::Value, Refusal> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.not_a_value());
        }
        self.at += word.len();
        Ok(self.make.word(value))
    }

    fn number(&mut self) -> Result<M::Value, Refusal> {
        let rest = &self.bytes[self.at..];
        let Some((number, length)) = scan_number(rest) else { return Err(self.bad_number()) };
        let token = &self.text[self.at..self.at + length];
        self.at += length;
        match self.peek() {
            None | Some(b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t') => {
                Ok(self.make.number(number, token))
            }
            _ => Err(self.bad_number()),
        }
    }

    #[cold]
    fn bad_number(&self) -> Refusal {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let digits = rest.strip_prefix(b"-").unwrap_or(rest);
        let message = match digits {
            [b'0', b'0'..=b'9', ..] => "a number has no leading zeros",
            [b'I' | b'N', ..] => "`-Infinity` and `NaN` are no JSON numbers",
            _ => "this is no JSON number",
        };
        refuse(self.at, message)
    }

    fn string(&mut self) -> Result<M::Value, Refusal> {
        let text = self.quoted()?;
        Ok(self.make.text(text))
    }

    /// The text between the quotes, the first of which stands here.
    #[inline]
    fn quoted(&mut self) -> Result<Cow<'t, str>, Refusal> {
        let start = self.at + 1;
        let end = json_text::plain_end(self.bytes, start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        let (text, end) = json_text::read_string(self.text, start).map_err(in_text)?;
        self.at = end;
        Ok(text)
    }

    fn name(&mut self) -> Result<M::Name, Refusal> {
        if self.peek() != Some(b'"') {
            return Err(refuse(self.at, "a member starts with its name in double quotes"));
        }
        let text = self.quoted()?;
        Ok(self.make.name(text))
    }

    fn open(&mut self) -> Result<(), Refusal> {
        self.depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| refuse(self.at, "arrays and objects are nested too deeply"))?;
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn array(&mut self) -> Result<M::Value, Refusal> {
        self.open()?;
        let base = self.make.items().len();
        if self.peek() == Some(b']') {
            return Ok(self.close_array(base));
        }
        loop {
            let item = self.value()?;
            self.make.items().push(item);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => return Ok(self.close_array(base)),
                _ => return Err(self.unfinished("array", "]")),
            }
            self.skip_space();
        }
    }

    fn close_array(&mut self, base: usize) -> M::Value {
        self.at += 1;
        self.depth += 1;
        self.make.list(base)
    }

    fn object(&mut self) -> Result<M::Value, Refusal> {
        self.open()?;
        let mut seen = Seen::new(self.make.members().len());
        if self.peek() == Some(b'}') {
            return Ok(self.close_object(seen.base));
        }
        loop {
            self.member(&mut seen)?;
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => return Ok(self.close_object(seen.base)),
                _ => return Err(self.unfinished("object", "}")),
            }
            self.skip_space();
        }
    }

    fn close_object(&mut self, base: usize) -> M::Value {
        self.at += 1;
        self.depth += 1;
        self.make.object(base)
    }

    fn member(&mut self, seen: &mut Seen<M::Name>) -> Result<(), Refusal> {
        let start = self.at;
        let name = self.name()?;
        if !seen.is_new(&name, self.make.members()) {
            return Err(refuse(start, format!("the object has two members `{}`", excerpt(&name))));
        }
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(refuse(self.at, "a `:` is missing after the name"));
        }
        self.at += 1;
        self.skip_space();
        let value = self.value()?;
        self.make.members().push((name, value));
        Ok(())
    }

    #[cold]
    fn unfinished(&self, what: &str, close: &str) -> Refusal {
        let message = match self.peek() {
            None => format!("the text ends inside an {what}"),
            Some(_) => format!("a `,` or `{close}` is missing here"),
        };
        refuse(self.at, message)
    }
}

fn in_text((offset, message): json_text::TextError) -> Refusal {
    refuse(offset, message)
}

/// A name, cut where it is too long for a message.
fn excerpt(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
