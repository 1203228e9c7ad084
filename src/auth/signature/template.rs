//! What is signed: texts and parts of the message, in their order.

use std::sync::Arc;

/// What is signed, in its order.
#[derive(Debug, Clone)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(Arc<str>),
    Part(Part),
}

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Body,
    Id,
    Method,
    Path,
    Timestamp,
    Url,
}

/// The parts by their names, sorted.
pub(super) const PARTS: [(&str, Part); 6] = [
    ("body", Part::Body),
    ("id", Part::Id),
    ("method", Part::Method),
    ("path", Part::Path),
    ("timestamp", Part::Timestamp),
    ("url", Part::Url),
];

/// The parts of one message; empty where it has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub body: &'a [u8],
    pub id: &'a str,
    pub method: &'a str,
    pub path: &'a str,
    pub timestamp: &'a str,
    pub url: &'a str,
}

impl Template {
    /// Reads `{id}.{timestamp}.{body}`. The error is the word in braces that names no part, or a lone brace.
    pub fn parse(text: &str) -> Result<Template, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, behind) = rest.split_at(at);
            let name = behind.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let Some((name, after)) = name else { return Err(behind.chars().take(1).collect()) };
            let part = PARTS.iter().find(|(known, _)| *known == name);
            let (_, part) = part.ok_or_else(|| format!("{{{name}}}"))?;
            pieces.extend((!before.is_empty()).then(|| Piece::Text(before.into())));
            pieces.push(Piece::Part(*part));
            rest = after;
        }
        pieces.extend((!rest.is_empty()).then(|| Piece::Text(rest.into())));
        Ok(Template(pieces))
    }

    /// Whether a part of the message is signed.
    pub fn has(&self, part: Part) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Part(one) if *one == part))
    }

    /// What is signed of a message, stretch by stretch.
    pub fn stretches<'a>(&'a self, parts: &Parts<'a>) -> impl Iterator<Item = &'a [u8]> {
        let parts = *parts;
        self.0.iter().map(move |piece| match piece {
            Piece::Text(text) => text.as_bytes(),
            Piece::Part(Part::Body) => parts.body,
            Piece::Part(Part::Id) => parts.id.as_bytes(),
            Piece::Part(Part::Method) => parts.method.as_bytes(),
            Piece::Part(Part::Path) => parts.path.as_bytes(),
            Piece::Part(Part::Timestamp) => parts.timestamp.as_bytes(),
            Piece::Part(Part::Url) => parts.url.as_bytes(),
        })
    }
}
