//! A JSON text as a value together with the place of each part.

use std::collections::HashMap;
use std::sync::Arc;

use crate::value::{Map, PointerBuf, Value, json_text, scan_number};

/// Levels of nesting in a schema file.
const DEPTH: usize = 128;

/// Where one value stands, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Of the member's name with its quotes, when it is a member.
    pub key: Option<(usize, usize)>,
    pub value: (usize, usize),
}

/// The places of all values of a text, by JSON Pointer.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<String, Place>);

impl Places {
    /// The bytes of the value at a pointer; the nearest one above it when there is none.
    pub(super) fn value(&self, pointer: &str) -> (usize, usize) {
        self.near(pointer).value
    }

    /// The bytes of the name of the member at a pointer; of its value when it has none.
    pub(super) fn key(&self, pointer: &str) -> (usize, usize) {
        let place = self.near(pointer);
        place.key.unwrap_or(place.value)
    }

    fn near(&self, mut pointer: &str) -> Place {
        loop {
            if let Some(place) = self.0.get(pointer) {
                return *place;
            }
            match pointer.rfind('/') {
                Some(slash) => pointer = &pointer[..slash],
                None => return Place { key: None, value: (0, 0) },
            }
        }
    }
}

/// What is wrong with a text: where, and in which words.
pub(super) type Problem = ((usize, usize), String);

/// Reads a JSON text with the place of each of its values. Comments, trailing commas, duplicate names
/// and more than 128 levels are refused.
pub(super) fn read(text: &str) -> Result<(Value, Places), Problem> {
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { text, at, depth: 0, places: Places::default() };
    let value = reader.value(&PointerBuf::root(), None)?;
    reader.skip_space();
    if reader.at < text.len() {
        return Err(reader.problem("something follows the end of the value"));
    }
    Ok((value, reader.places))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    places: Places,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn problem(&self, message: &str) -> Problem {
        // The character there, or the last one of the text.
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.chars().next().map_or(0, char::len_utf8);
        ((self.at, self.at + length), message.to_owned())
    }

    fn value(&mut self, pointer: &PointerBuf, key: Option<(usize, usize)>) -> Result<Value, Problem> {
        self.skip_space();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.object(pointer)?,
            Some(b'[') => self.array(pointer)?,
            Some(b'"') => Value::string(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        let place = Place { key, value: (start, self.at) };
        self.places.0.insert(pointer.as_str().to_owned(), place);
        Ok(value)
    }

    fn word(&mut self) -> Result<Value, Problem> {
        let words = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)];
        for (word, value) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.problem(match self.peek() {
            None => "the text ends where a value should stand",
            Some(b'/' | b'#') => "JSON has no comments: write `$comment` or `description`",
            Some(b']' | b'}') => "a comma is one too many, or a value is missing",
            Some(b'\'') => "strings stand in double quotes",
            Some(_) => "this is no JSON value",
        }))
    }

    fn number(&mut self) -> Result<Value, Problem> {
        match scan_number(&self.text.as_bytes()[self.at..]) {
            Some((number, length)) => {
                self.at += length;
                Ok(Value::Number(number))
            }
            None => Err(self.problem("this is no JSON number")),
        }
    }

    fn string(&mut self) -> Result<Arc<str>, Problem> {
        let (text, end) = json_text::read_string(self.text, self.at + 1)
            .map_err(|(at, message)| ((at, at), message.to_owned()))?;
        self.at = end;
        Ok(text.into())
    }

    fn open(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.problem("arrays and objects are nested too deeply"));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn array(&mut self, pointer: &PointerBuf) -> Result<Value, Problem> {
        self.open()?;
        let mut items = Vec::new();
        while self.peek() != Some(b']') {
            let mut below = pointer.clone();
            below.push_index(items.len());
            items.push(self.value(&below, None)?);
            self.separator(b']')?;
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Value::array(items))
    }

    fn object(&mut self, pointer: &PointerBuf) -> Result<Value, Problem> {
        self.open()?;
        let mut map = Map::new();
        while self.peek() != Some(b'}') {
            self.member(pointer, &mut map)?;
            self.separator(b'}')?;
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Value::object(map))
    }

    fn member(&mut self, pointer: &PointerBuf, map: &mut Map) -> Result<(), Problem> {
        if self.peek() != Some(b'"') {
            return Err(self.problem("a member starts with its name in double quotes"));
        }
        let start = self.at;
        let name = self.string()?;
        let key = (start, self.at);
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.problem("a `:` is missing after the name"));
        }
        self.at += 1;
        let value = self.value(&pointer.child(&name), Some(key))?;
        map.push_new(name, value).map_err(|name| (key, format!("the object has two members `{name}`")))
    }

    /// A comma with something behind it, or the closing bracket, which stays.
    fn separator(&mut self, close: u8) -> Result<(), Problem> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.skip_space();
                if self.peek() == Some(close) {
                    return Err(self.problem("a comma is one too many"));
                }
                Ok(())
            }
            Some(byte) if byte == close => Ok(()),
            None => Err(self.problem("the text ends too early")),
            Some(_) => Err(self.problem("a comma is missing here")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_its_place() {
        let text = r#"{"a": [1, {"b/c": "x"}]}"#;
        let (value, places) = read(text).expect("the text is JSON");
        assert_eq!(value.pointer("/a/1/b~1c"), Some(&Value::from("x")));
        let (start, end) = places.value("/a/1/b~1c");
        assert_eq!(&text[start..end], "\"x\"");
        let (start, end) = places.key("/a/1/b~1c");
        assert_eq!(&text[start..end], "\"b/c\"");
        assert_eq!(places.value("/a/7"), places.value("/a"));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for (text, at) in [("{\"a\":1,}", 7), ("[1 2]", 3), ("{\"a\":1,\"a\":2}", 7), ("[", 1), ("// x", 0)] {
            let ((start, _), _) = read(text).expect_err(text);
            assert_eq!(start, at, "{text}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
