//! Bodies in other charsets, turned into UTF-8 before they are read.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::{BodyError, DecodeError};

/// The body as UTF-8. Without a charset it is taken for UTF-8, or for UTF-16 where a byte order mark
/// says so. Names are those of the WHATWG Encoding Standard, whose `iso-8859-1` is windows-1252.
/// UTF-8 itself is not looked at: the format's own reader says where it is invalid.
pub(super) fn to_utf8<'b>(body: &'b [u8], charset: Option<&str>) -> Result<Cow<'b, [u8]>, BodyError> {
    let marked = Encoding::for_bom(body).map(|(encoding, _)| encoding);
    let encoding = match charset {
        None => marked.unwrap_or(UTF_8),
        Some(name) => named(name, marked).ok_or_else(|| BodyError::Charset(name.to_owned()))?,
    };
    if encoding == UTF_8 {
        return Ok(Cow::Borrowed(body));
    }
    let (text, _, malformed) = encoding.decode(body);
    if malformed {
        let message = format!("the text is not valid {}", encoding.name());
        return Err(BodyError::Malformed(DecodeError { offset: 0, message }));
    }
    Ok(Cow::Owned(text.into_owned().into_bytes()))
}

fn named(name: &str, marked: Option<&'static Encoding>) -> Option<&'static Encoding> {
    // `utf-16` leaves the order to the mark (RFC 2781 §4.1: without one it is big-endian).
    if name.trim().eq_ignore_ascii_case("utf-16") {
        return Some(marked.filter(|encoding| *encoding == UTF_16LE).unwrap_or(UTF_16BE));
    }
    Encoding::for_label_no_replacement(name.as_bytes())
}
