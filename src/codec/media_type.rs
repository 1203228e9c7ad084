//! Media types with their parameters (RFC 9110 §8.3.1).

use std::borrow::Cow;

const JSON: &str = "application/json";

/// A media type, lower-cased, with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    essence: Cow<'static, str>,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Reads a `Content-Type`: `application/json; charset="utf-8"`. `None` when it is none.
    pub fn parse(text: &str) -> Option<MediaType> {
        // What nearly everybody sends needs no reading.
        if text == JSON {
            return Some(MediaType { essence: Cow::Borrowed(JSON), parameters: Vec::new() });
        }
        let (essence, rest) = text.split_once(';').unwrap_or((text, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let parameters = parameters(rest)?;
        // Twice the same parameter: who reads the first and who reads the last read different things.
        let mut rest = parameters.as_slice();
        while let [(name, _), others @ ..] = rest {
            if others.iter().any(|(other, _)| other == name) {
                return None;
            }
            rest = others;
        }
        Some(MediaType { parameters, essence: Cow::Owned(essence) })
    }

    /// `application/json`: without parameters, in lower case.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The value of a parameter, by its name in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// `name=value; name="quoted; value"`; at most 32 of them. `None` when they are malformed.
pub(super) fn parameters(mut text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    loop {
        text = text.trim_start_matches([' ', '\t', ';']);
        if text.is_empty() {
            return Some(found);
        }
        let (name, rest) = text.split_once('=')?;
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => read_quoted(quoted)?,
            None => {
                let (value, rest) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
                (value.trim_end().to_owned(), rest)
            }
        };
        let name = name.trim().to_ascii_lowercase();
        if !is_token(&name) || found.len() == 32 {
            return None;
        }
        found.push((name, value));
        text = rest;
    }
}

/// A quoted string after its first quote (RFC 9110 §5.6.4), with what follows it.
fn read_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            plain => value.push(plain),
        }
    }
    None
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    let special = b"!#$%&'*+-.^_`|~";
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || special.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read() {
        let read = MediaType::parse("Text/Plain ; Charset=\"utf\\-8\";; format=flowed").expect("valid");
        assert_eq!((read.essence(), read.parameter("charset")), ("text/plain", Some("utf-8")));
        assert_eq!(read.parameter("format"), Some("flowed"));
        for bad in ["", "json", "a/b/c", "a/", "a/b; c", "a/b; c=\"d", "a b/c", "a/b; =c", "a/b; c=1; C=2"] {
            assert_eq!(MediaType::parse(bad), None, "{bad}");
        }
    }
}
