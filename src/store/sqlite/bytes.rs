//! Lists of texts as bytes: each with its length before it.

use std::sync::Arc;

use rusqlite::types::{FromSqlError, FromSqlResult};

/// Texts as bytes.
pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        // A text of 4 GiB does not come here: whatever reads payload bounds it far below.
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

/// Pairs of texts as bytes.
pub(super) fn pairs(pairs: &[(Arc<str>, Arc<str>)]) -> Vec<u8> {
    texts(pairs.iter().flat_map(|(a, b)| [&**a, &**b]))
}

/// The texts that were written.
pub(super) fn read_texts(mut bytes: &[u8]) -> FromSqlResult<Vec<Arc<str>>> {
    let mut texts = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let (text, rest) =
            rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(FromSqlError::InvalidType)?;
        texts.push(std::str::from_utf8(text).map_err(FromSqlError::other)?.into());
        bytes = rest;
    }
    if bytes.is_empty() { Ok(texts) } else { Err(FromSqlError::InvalidType) }
}

/// The pairs that were written.
pub(super) fn read_pairs(bytes: &[u8]) -> FromSqlResult<Vec<(Arc<str>, Arc<str>)>> {
    let texts = read_texts(bytes)?;
    let (pairs, rest) = texts.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(FromSqlError::InvalidType);
    }
    Ok(pairs.iter().map(|[a, b]| (a.clone(), b.clone())).collect())
}

/// A number as SQLite counts: none of ours comes near its end.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A bound on how many rows.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
