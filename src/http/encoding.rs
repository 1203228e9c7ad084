//! Content codings (RFC 9110 §8.4): decompression within bounds, compression where it is worth it.

use std::io::{BufRead, Read, Write};

use ::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;

use super::Response;

/// A body may not become so many times larger, once it is larger than [`FREE`].
pub const RATIO: u64 = 200;
const FREE: u64 = 64 << 10;
/// Longest name of an unknown coding that is shown.
const SHOWN: usize = 40;

/// How a body is coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Deflate,
    Unknown(String),
}

/// Why a body cannot be decompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undecodable {
    TooLarge,
    /// It becomes more than [`RATIO`] times larger.
    Inflated,
    Broken,
}

impl Coding {
    /// What `Content-Encoding` says. Codings upon codings are unknown.
    pub fn of(headers: &HeaderMap) -> Coding {
        let values = headers.get_all(header::CONTENT_ENCODING);
        let names = values.iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let names = names.map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase());
        let mut names = names.filter(|name| !name.is_empty() && name != "identity");
        let Some(name) = names.next() else { return Coding::Identity };
        match (name.as_str(), names.next()) {
            ("gzip" | "x-gzip", None) => Coding::Gzip,
            ("deflate", None) => Coding::Deflate,
            (_, _) => Coding::Unknown(name.chars().filter(char::is_ascii_graphic).take(SHOWN).collect()),
        }
    }

    /// Decompresses `bytes` to at most `limit` bytes.
    pub fn decode(&self, bytes: Bytes, limit: u64) -> Result<Bytes, Undecodable> {
        match self {
            Coding::Identity => Ok(bytes),
            Coding::Gzip => inflate(MultiGzDecoder::new(&bytes[..]), bytes.len(), limit),
            // The name means the zlib format; some senders leave its frame out.
            Coding::Deflate if is_zlib(&bytes) => inflate(ZlibDecoder::new(&bytes[..]), bytes.len(), limit),
            Coding::Deflate => inflate(DeflateDecoder::new(&bytes[..]), bytes.len(), limit),
            Coding::Unknown(_) => Err(Undecodable::Broken),
        }
    }

    /// The same for what a system answers: some say `gzip` over plain bytes.
    pub fn decode_leniently(&self, bytes: Bytes, limit: u64) -> Result<Bytes, Undecodable> {
        let plain = bytes.is_empty() || (*self == Coding::Gzip && !bytes.starts_with(&[0x1f, 0x8b]));
        if plain { Ok(bytes) } else { self.decode(bytes, limit) }
    }
}

/// RFC 1950 §2.2: method 8, and a checksum over the first two bytes.
fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [method, flags, ..] if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0)
}

fn inflate(mut from: impl Read, compressed: usize, limit: u64) -> Result<Bytes, Undecodable> {
    let most = limit.min((compressed as u64).saturating_mul(RATIO).max(FREE));
    let mut whole = Vec::with_capacity(compressed.saturating_mul(4).min(most as usize));
    let mut bounded = std::io::BufReader::with_capacity(16 << 10, from.by_ref());
    loop {
        let came = bounded.fill_buf().map_err(|_| Undecodable::Broken)?;
        let length = came.len();
        if length == 0 {
            return Ok(whole.into());
        }
        if (whole.len() + length) as u64 > most {
            return Err(if most < limit { Undecodable::Inflated } else { Undecodable::TooLarge });
        }
        whole.extend_from_slice(came);
        bounded.consume(length);
    }
}

/// Whether a caller takes gzip (RFC 9110 §12.5.3): named with a weight above zero.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING);
    let entries = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut any = None;
    for entry in entries {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1").trim().parse().unwrap_or(1.0_f32);
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return weight > 0.0,
            "*" => any = Some(weight > 0.0),
            _ => {}
        }
    }
    any.unwrap_or(false)
}

/// Compresses a response where that is worth it, and says that the answer depends on it.
pub(super) fn compress(response: &mut Response, from: usize, accepted: bool) {
    if response.body.len() < from || !is_compressible(response) {
        return;
    }
    response.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !accepted {
        return;
    }
    let room = Vec::with_capacity(response.body.len() / 3);
    let mut encoder = GzEncoder::new(room, Compression::fast());
    let Ok(compressed) = encoder.write_all(&response.body).and_then(|()| encoder.finish()) else { return };
    response.body = compressed.into();
    response.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    weaken(&mut response.headers);
}

fn is_compressible(response: &Response) -> bool {
    let headers = &response.headers;
    let text =
        |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let media_type = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    let wordy = media_type.starts_with("text/")
        || media_type.ends_with("json")
        || media_type.ends_with("xml")
        || media_type == "application/javascript";
    wordy
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !headers.contains_key(header::CONTENT_RANGE)
        && !text(header::CACHE_CONTROL).contains("no-transform")
}

/// Other bytes, another strong tag (RFC 9110 §8.8.3): keep it as a weak one.
fn weaken(headers: &mut HeaderMap) {
    headers.remove(header::CONTENT_LENGTH);
    let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return };
    if !tag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        headers.insert(header::ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    fn accepting(text: &'static str) -> HeaderMap {
        [(header::ACCEPT_ENCODING, HeaderValue::from_static(text))].into_iter().collect()
    }

    #[test]
    fn who_takes_gzip() {
        for (text, takes) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("*", true),
            ("*;q=0", false),
            ("gzip;q=0, *", false),
            ("br", false),
            ("identity", false),
        ] {
            assert_eq!(takes_gzip(&accepting(text)), takes, "{text}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn bombs_are_cut_by_ratio_and_by_size() {
        let bomb = gzip(&vec![0; 8 << 20]);
        assert!(bomb.len() < 64 << 10);
        assert_eq!(Coding::Gzip.decode(bomb.clone(), u64::MAX), Err(Undecodable::Inflated));
        assert_eq!(Coding::Gzip.decode(bomb, 1 << 20), Err(Undecodable::TooLarge));
        let small = gzip(&[b'a'; 60_000]);
        assert_eq!(Coding::Gzip.decode(small.clone(), 60_000).map(|bytes| bytes.len()), Ok(60_000));
        assert_eq!(Coding::Gzip.decode(small, 59_999), Err(Undecodable::TooLarge));
    }

    #[test]
    fn plain_bytes_under_a_gzip_header() {
        let plain = Bytes::from_static(b"{\"result\":null}");
        assert_eq!(Coding::Gzip.decode(plain.clone(), 100), Err(Undecodable::Broken));
        assert_eq!(Coding::Gzip.decode_leniently(plain.clone(), 100), Ok(plain));
        let cut = gzip(b"hello").slice(..12);
        assert_eq!(Coding::Gzip.decode_leniently(cut, 100), Err(Undecodable::Broken));
    }

    #[test]
    fn codings_by_name() {
        let coding = |text: &'static str| {
            Coding::of(&[(header::CONTENT_ENCODING, HeaderValue::from_static(text))].into_iter().collect())
        };
        assert_eq!(coding("X-GZIP"), Coding::Gzip);
        assert_eq!(coding("identity"), Coding::Identity);
        assert_eq!(coding("gzip, gzip"), Coding::Unknown("gzip".into()));
        assert_eq!(coding("br"), Coding::Unknown("br".into()));
        assert_eq!(Coding::of(&HeaderMap::new()), Coding::Identity);
    }

    #[test]
    fn strong_tags_become_weak() {
        let mut response = Response::new(Default::default(), "application/json", vec![b' '; 2000])
            .with(header::ETAG, HeaderValue::from_static("\"1\""));
        compress(&mut response, 1024, true);
        assert_eq!(response.headers[header::ETAG], "W/\"1\"");
        assert_eq!(response.headers[header::VARY], "accept-encoding");
        assert_eq!(Coding::of(&response.headers).decode(response.body, 5000).unwrap().len(), 2000);
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(bytes: Vec<u8>, cut in 0usize..100) {
            for coding in [Coding::Gzip, Coding::Deflate] {
                let _ = coding.decode(Bytes::from(bytes.clone()), 1000);
                let _ = coding.decode_leniently(Bytes::from(bytes.clone()), 1000);
            }
            let whole = gzip(&bytes);
            let _ = Coding::Gzip.decode(whole.slice(..whole.len().min(cut)), 1000);
            prop_assert_eq!(Coding::Gzip.decode(whole, 1 << 20), Ok(Bytes::from(bytes)));
        }
    }
}
