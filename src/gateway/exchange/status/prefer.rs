//! What a caller prefers (RFC 7240) and what it has already (RFC 9110 §13.1.2).

use std::time::Duration;

use crate::http::{HeaderMap, header};

/// Longest that a caller may wait for a change.
const LONGEST: Duration = Duration::from_secs(60);
/// What is left of its time for saying how it is.
pub(super) const MARGIN: Duration = Duration::from_millis(100);

/// How long the caller wants to wait for a change: `Prefer: wait=20`. The first one counts (RFC 7240 §2).
pub(super) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let sent = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut wishes = sent.flat_map(|value| value.split(','));
    wishes.find_map(|wish| {
        let (name, value) = wish.split(';').next()?.split_once('=')?;
        let seconds = value.trim().trim_matches('"').parse().ok()?;
        name.trim().eq_ignore_ascii_case("wait").then(|| Duration::from_secs(seconds).min(LONGEST))
    })
}

/// Whether the caller has this version already. Tags are compared weakly.
pub(super) fn has_it(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let sent = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderName, HeaderValue};

    fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
        let name = HeaderName::from_static(name);
        let mut headers = HeaderMap::new();
        values.iter().for_each(|value| _ = headers.append(name.clone(), HeaderValue::from_static(value)));
        headers
    }

    #[test]
    fn a_wish_to_wait_is_read_wherever_it_stands() {
        let seconds = |values: &[&'static str]| wait(&headers("prefer", values)).map(|wait| wait.as_secs());
        assert_eq!(seconds(&["wait=20"]), Some(20));
        assert_eq!(seconds(&["respond-async, Wait = \"5\"; x=1"]), Some(5));
        assert_eq!(seconds(&["return=minimal", "wait=7, wait=9"]), Some(7));
        assert_eq!(seconds(&["wait=100000"]), Some(60));
        for none in ["wait", "wait=-1", "wait=soon", "await=3", ""] {
            assert_eq!(wait(&headers("prefer", &[none])), None, "{none}");
        }
    }

    #[test]
    fn tags_are_compared_weakly() {
        let has = |sent: &'static str| has_it(&headers("if-none-match", &[sent]), "W/\"3-a\"");
        assert!(has("W/\"3-a\"") && has("\"3-a\"") && has("\"1-a\", W/\"3-a\"") && has("*"));
        assert!(!has("\"2-a\"") && !has("3") && !has(""));
        assert!(!has_it(&HeaderMap::new(), "W/\"3-a\""));
    }
}
