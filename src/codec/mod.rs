//! Bytes to and from [`crate::value::Value`], a file per format.
//!
//! A format is a file, its `mod` line and its line in [`CODECS`].

pub mod accept;
mod charset;
pub mod form;
pub mod json;
mod media_type;
pub mod text;

use std::fmt;

pub use json::Limits;
pub use media_type::MediaType;

use crate::value::Value;

/// One format of bodies.
#[derive(Debug)]
pub struct Codec {
    /// The word for it in configuration and messages.
    pub name: &'static str,
    /// The media type that we send.
    pub media_type: &'static str,
    /// Further media types that are read as this.
    also: &'static [&'static str],
    /// The structured suffix (RFC 6839) that marks it, with its plus sign.
    suffix: Option<&'static str>,
    decode: fn(&[u8], &Limits) -> Result<Value, DecodeError>,
    encode: fn(&Value) -> Result<Vec<u8>, EncodeError>,
}

/// Every format, sorted by name.
pub static CODECS: &[Codec] = &[
    Codec {
        name: "form",
        media_type: "application/x-www-form-urlencoded",
        also: &[],
        suffix: None,
        decode: |bytes, limits| form::decode(bytes, limits, &[]),
        encode: form::encode,
    },
    Codec {
        name: "json",
        media_type: "application/json",
        also: &["text/json", "application/x-json"],
        suffix: Some("+json"),
        decode: json::decode,
        encode: |value| Ok(json::encode(value)),
    },
    Codec {
        name: "text",
        media_type: "text/plain",
        also: &[],
        suffix: None,
        decode: text::decode,
        encode: text::encode,
    },
];

/// The format called `name` in configuration.
pub fn find(name: &str) -> Option<&'static Codec> {
    CODECS.iter().find(|codec| codec.name == name)
}

/// The format of a media type, by its name or its structured suffix.
pub fn for_media_type(media_type: &MediaType) -> Option<&'static Codec> {
    let essence = media_type.essence();
    CODECS.iter().find(|codec| {
        codec.media_type == essence
            || codec.also.contains(&essence)
            || codec.suffix.is_some_and(|suffix| essence.ends_with(suffix))
    })
}

/// Reads a body by its `Content-Type`, whose charset is honoured; without the header it is JSON.
pub fn decode(body: &[u8], content_type: Option<&str>, limits: &Limits) -> Result<Value, BodyError> {
    let media_type = MediaType::parse(content_type.unwrap_or("application/json"))
        .ok_or_else(|| BodyError::MediaType(content_type.unwrap_or_default().to_owned()))?;
    let codec =
        for_media_type(&media_type).ok_or_else(|| BodyError::MediaType(media_type.essence().to_owned()))?;
    codec.decode(body, &media_type, limits)
}

impl Codec {
    /// Reads a body of this format; `media_type` gives the charset.
    pub fn decode(&self, body: &[u8], media_type: &MediaType, limits: &Limits) -> Result<Value, BodyError> {
        if body.len() > limits.bytes {
            let message = format!("the document is longer than {} bytes", limits.bytes);
            return Err(BodyError::Malformed(DecodeError { offset: limits.bytes, message }));
        }
        let utf8 = charset::to_utf8(body, media_type.parameter("charset"))?;
        (self.decode)(&utf8, limits).map_err(BodyError::Malformed)
    }

    /// Writes a value in this format, as UTF-8.
    pub fn encode(&self, value: &Value) -> Result<Vec<u8>, EncodeError> {
        (self.encode)(value)
    }
}

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The byte it is about, from 0.
    pub offset: usize,
    /// Lower case, no full stop: "the object has two members `id`".
    pub message: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {})", self.message, self.offset)
    }
}

impl std::error::Error for DecodeError {}

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// No format has this media type: 415.
    MediaType(String),
    /// No such charset: 415.
    Charset(String),
    /// The bytes are not of their format: 400.
    Malformed(DecodeError),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyError::MediaType(name) => write!(f, "bodies of `{name}` cannot be read"),
            BodyError::Charset(name) => write!(f, "the charset `{name}` is not known"),
            BodyError::Malformed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BodyError {}

/// Why a value cannot be written in a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// JSON Pointer to what does not fit.
    pub pointer: String,
    /// "a form holds texts, and this is an object".
    pub message: String,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.pointer, self.message)
    }
}

impl std::error::Error for EncodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8], content_type: &str) -> Result<Value, BodyError> {
        decode(bytes, Some(content_type), &Limits::default())
    }

    #[test]
    fn formats_are_found_by_name_and_suffix() {
        assert!(CODECS.windows(2).all(|pair| pair[0].name < pair[1].name));
        let found = |name: &str| for_media_type(&MediaType::parse(name)?).map(|codec| codec.name);
        assert_eq!(found("application/json"), Some("json"));
        assert_eq!(found("Application/Problem+JSON; charset=UTF-8"), Some("json"));
        assert_eq!(found("text/plain"), Some("text"));
        assert_eq!(found("application/xml"), None);
    }

    #[test]
    fn bodies_are_read_in_their_charset() {
        let expected = Value::from("Bjørn");
        assert_eq!(body("\"Bjørn\"".as_bytes(), "application/json"), Ok(expected.clone()));
        assert_eq!(body(b"\"Bj\xf8rn\"", "application/json; charset=ISO-8859-1"), Ok(expected.clone()));
        let little: Vec<u8> = "\u{feff}\"Bjørn\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "\"Bjørn\"".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(body(&little, "application/json"), Ok(expected.clone()));
        assert_eq!(body(&little, "application/json;charset=utf-16"), Ok(expected.clone()));
        assert_eq!(body(&big, "application/json; charset=\"utf-16be\""), Ok(expected));
        assert_eq!(
            body(b"\"\"", "application/json; charset=klingon"),
            Err(BodyError::Charset("klingon".into()))
        );
        assert_eq!(body(b"", "image/png"), Err(BodyError::MediaType("image/png".into())));
        assert!(matches!(body(b"\"\xff\"", "application/json; charset=utf-8"), Err(BodyError::Malformed(_))));
        assert!(matches!(body(b"a\xd8", "text/plain; charset=utf-16le"), Err(BodyError::Malformed(_))));
    }
}
