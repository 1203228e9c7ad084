//! Who a request is in every log: correlation id, request id and W3C Trace Context (level 1).

use std::sync::Arc;

use crate::clock::Clock;
use crate::http::HeaderMap;

/// The header that carries the correlation id, in and out.
pub const CORRELATION_ID: &str = "x-correlation-id";

/// The ids of one request.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The caller's, when it is 1 to 128 visible ASCII characters; otherwise ours.
    pub correlation_id: Arc<str>,
    /// Ours, fresh for each request.
    pub request_id: Arc<str>,
    /// The `traceparent` of this request's span, a child of the caller's when one came.
    pub traceparent: Arc<str>,
}

impl Trace {
    /// Reads the caller's ids and mints what is missing.
    pub fn read(headers: &HeaderMap, clock: &dyn Clock) -> Trace {
        let request_id: Arc<str> = Arc::from(&*clock.id().as_simple().encode_lower(&mut [0; 32]));
        let correlation_id = match headers.get(CORRELATION_ID).and_then(|value| value.to_str().ok()) {
            Some(text) if well_formed(text) => text.into(),
            _ => Arc::clone(&request_id),
        };
        Trace { correlation_id, request_id, traceparent: traceparent(headers, clock).into() }
    }
}

fn well_formed(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `00-<trace id>-<our span>-<flags>`: the caller's trace id and flags when its header is valid and
/// stands there once (Trace Context §3.2), a new trace otherwise.
fn traceparent(headers: &HeaderMap, clock: &dyn Clock) -> String {
    let mut sent = headers.get_all("traceparent").iter();
    let parent = match (sent.next(), sent.next()) {
        (Some(only), None) => only.to_str().ok().and_then(parse),
        _ => None,
    };
    let mut own = [0; 32];
    let (trace, flags) = match parent {
        Some((trace, flags)) => (trace, flags & 1),
        None => (&*clock.id().as_simple().encode_lower(&mut own), 0),
    };
    let span = span_id(clock.random());
    // Joined by hand: this is made for every request.
    ["00-", trace, "-", &*span, if flags == 1 { "-01" } else { "-00" }].concat()
}

/// Sixteen hex digits, not all of them zero.
fn span_id(random: u64) -> String {
    let mut digits = [0; 32];
    let digits = uuid::Uuid::from_u64_pair(0, random.max(1)).as_simple().encode_lower(&mut digits);
    digits[16..].to_owned()
}

/// Trace id and flags of a valid header. Later versions may carry more behind the flags.
fn parse(header: &str) -> Option<(&str, u8)> {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let mut parts = header.splitn(5, '-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let whole = version != "00" || parts.next().is_none();
    let lengths = (version.len(), trace.len(), span.len(), flags.len()) == (2, 32, 16, 2);
    let zero = trace.bytes().all(|byte| byte == b'0') || span.bytes().all(|byte| byte == b'0');
    let good = whole
        && lengths
        && !zero
        && version != "ff"
        && [version, trace, span, flags].iter().all(|part| hex(part));
    good.then(|| u8::from_str_radix(flags, 16).ok().map(|flags| (trace, flags))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::http::HeaderValue;

    #[test]
    fn trace_parents_are_valid_or_replaced() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(parse(good), Some(("0af7651916cd43dd8448eb211c80319c", 1)));
        assert!(parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more").is_some());
        let bad = [
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "",
        ];
        assert!(bad.iter().all(|header| parse(header).is_none()));
    }

    #[test]
    fn correlation_ids_are_kept_only_when_well_formed() {
        let clock = SystemClock::shared();
        let read = |text: &'static str| {
            let headers =
                [(CORRELATION_ID.parse().unwrap(), HeaderValue::from_static(text))].into_iter().collect();
            Trace::read(&headers, &*clock)
        };
        assert_eq!(&*read("order-7/a").correlation_id, "order-7/a");
        let spaced = read("a b");
        assert_eq!(spaced.correlation_id, spaced.request_id);
        assert_eq!(spaced.traceparent.len(), 55);
    }
}
