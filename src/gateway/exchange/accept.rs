//! Content negotiation (RFC 9110 §12.5.1): whether a caller takes what we give.

use crate::http::HeaderMap;

/// Whether the `Accept` of a request takes `media_type` (`application/json`). No header takes
/// everything; the most specific range that fits decides, and `q=0` refuses.
pub(super) fn takes(headers: &HeaderMap, media_type: &str) -> bool {
    let mut said = headers.get_all("accept").iter().filter_map(|value| value.to_str().ok()).peekable();
    if said.peek().is_none() {
        return true;
    }
    let ranges = said.flat_map(|line| line.split(','));
    let best = ranges.filter_map(|range| fit(range, media_type)).max_by_key(|(specific, _)| *specific);
    best.is_some_and(|(_, wanted)| wanted)
}

/// How specifically a range names the media type, and whether its quality is above zero.
fn fit(range: &str, media_type: &str) -> Option<(u8, bool)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let (kind, _) = media_type.split_once('/')?;
    let specific = match name.as_str() {
        "*/*" | "*" => 0,
        name if name.strip_suffix("/*") == Some(kind) => 1,
        name if name == media_type => 2,
        _ => return None,
    };
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((
        specific,
        quality.is_none_or(|quality| quality.trim().parse::<f32>().is_ok_and(|quality| quality > 0.0)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderValue;

    #[test]
    fn the_most_specific_range_decides() {
        let taken = |accept: &'static str| {
            let headers =
                [("accept".parse().unwrap(), HeaderValue::from_static(accept))].into_iter().collect();
            takes(&headers, "application/json")
        };
        for accept in [
            "*/*",
            "application/*",
            "application/json; version=2",
            "text/html, */*;q=0.1",
            "Application/JSON",
        ] {
            assert!(taken(accept), "{accept}");
        }
        for accept in ["text/html", "application/json;q=0, */*", "application/xml, text/*", ""] {
            assert!(!taken(accept), "{accept}");
        }
        assert!(takes(&HeaderMap::new(), "application/json"));
    }
}
