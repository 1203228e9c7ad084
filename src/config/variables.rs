//! `${NAME}`, `${NAME:-default}`, `${secret:name}` and the escape `$${` inside scalars.

use super::declarations::TextPart;
use super::project::Environment;
use crate::diagnostic::short;

/// A reference inside a scalar, before anything is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Literal(String),
    Variable { name: String, default: Option<String> },
    Secret(String),
}

/// A `${` that is none of the three forms: what is wrong, and the bytes of the scalar it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    pub message: String,
    pub start: usize,
    pub end: usize,
}

/// A piece and the byte of the scalar where it begins.
pub type Placed = (usize, Piece);

/// Takes a scalar apart. A `$` that no `{` follows is a plain character.
pub fn parse(text: &str) -> Result<Vec<Placed>, Malformed> {
    let mut pieces: Vec<Placed> = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let dollar = at + found;
        if text[at..dollar].ends_with('$') {
            literal(&mut pieces, at, &text[at..dollar - 1]);
            literal(&mut pieces, dollar, "${");
            at = dollar + 2;
            continue;
        }
        literal(&mut pieces, at, &text[at..dollar]);
        let Some(length) = text[dollar..].find('}') else {
            let message = "`${` is opened and not closed".to_owned();
            return Err(Malformed { message, start: dollar, end: text.len() });
        };
        let end = dollar + length + 1;
        let piece = reference(&text[dollar + 2..end - 1]);
        let piece = piece.map_err(|message| Malformed { message, start: dollar, end })?;
        pieces.push((dollar, piece));
        at = end;
    }
    literal(&mut pieces, at, &text[at..]);
    Ok(pieces)
}

fn literal(pieces: &mut Vec<Placed>, at: usize, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some((_, Piece::Literal(before))) => before.push_str(text),
        _ => pieces.push((at, Piece::Literal(text.to_owned()))),
    }
}

fn reference(inside: &str) -> Result<Piece, String> {
    if let Some(name) = inside.strip_prefix("secret:") {
        let fits = |next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '-' | '.');
        // A secret is a file in a folder: its name must not lead out of it.
        if name.is_empty() || name.starts_with('.') || !name.chars().all(fits) {
            return Err(format!(
                "`{}` cannot name a secret: letters, digits, `_`, `-` and `.` can",
                short(name)
            ));
        }
        return Ok(Piece::Secret(name.to_owned()));
    }
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default.to_owned())),
        None => (inside, None),
    };
    let fits = |next: char| next.is_ascii_alphanumeric() || next == '_';
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) || !name.chars().all(fits) {
        return Err(format!("`{}` cannot name a variable: letters, digits and `_` can", short(name)));
    }
    Ok(Piece::Variable { name: name.to_owned(), default })
}

/// Looks variables up: a value, else the default, else [`TextPart::Missing`].
pub fn expand(pieces: Vec<Placed>, environment: &Environment) -> Vec<TextPart> {
    let mut parts: Vec<TextPart> = Vec::new();
    for (_, piece) in pieces {
        let part = match piece {
            Piece::Literal(text) => TextPart::Literal(text),
            Piece::Secret(name) => TextPart::Secret(name),
            Piece::Variable { name, default } => {
                match environment.variables.get(&name).cloned().or(default) {
                    Some(value) => TextPart::Literal(value),
                    None => TextPart::Missing(name),
                }
            }
        };
        match (parts.last_mut(), part) {
            (Some(TextPart::Literal(before)), TextPart::Literal(text)) => before.push_str(&text),
            (_, part) => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expanded(text: &str) -> Vec<TextPart> {
        let variables = [("A".to_owned(), "1".to_owned())].into();
        expand(parse(text).expect("well formed"), &Environment { variables })
    }

    fn text(text: &str) -> TextPart {
        TextPart::Literal(text.to_owned())
    }

    #[test]
    fn expands_each_form() {
        assert_eq!(expanded("${A}/x"), [text("1/x")]);
        assert_eq!(expanded("${B:-two}${A:-three}"), [text("two1")]);
        assert_eq!(expanded("${B}"), [TextPart::Missing("B".into())]);
        assert_eq!(expanded("Bearer ${secret:erp}"), [text("Bearer "), TextPart::Secret("erp".into())]);
        assert_eq!(expanded("$${A} costs $5"), [text("${A} costs $5")]);
        assert_eq!(expanded(""), []);
    }

    #[test]
    fn refuses_what_is_malformed() {
        for text in ["${", "${}", "x${1A}", "${secret:}", "${secret:../x}", "${a b}", "${secret:.x}"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let malformed = parse("ab${1}").expect_err("a digit");
        assert_eq!((malformed.start, malformed.end), (2, 6));
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,40}|[$a:{}-]{0,20}") {
            let _ = parse(&text);
        }
    }
}
