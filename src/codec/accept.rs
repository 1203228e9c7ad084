//! Content negotiation by the `Accept` header (RFC 9110 §12.5.1).

use super::media_type::parameters;

/// Ranges of one header, at most; what follows is not read.
const RANGES: usize = 64;

/// The offered media type that the caller likes best; among equals the first one offered. Without a
/// header (`None`) anything is taken. `None` when nothing offered is acceptable: 406.
pub fn choose<'o>(accept: Option<&str>, offered: &[&'o str]) -> Option<&'o str> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return offered.first().copied();
    };
    let ranges: Vec<Range> = split(accept).take(RANGES).filter_map(Range::read).collect();
    let mut best: Option<(u16, &str)> = None;
    for offer in offered {
        let quality = quality(&ranges, offer);
        if quality > 0 && best.is_none_or(|(known, _)| quality > known) {
            best = Some((quality, offer));
        }
    }
    best.map(|(_, offer)| offer)
}

struct Range {
    kind: String,
    subtype: String,
    parameters: Vec<(String, String)>,
    /// In thousandths.
    quality: u16,
}

impl Range {
    fn read(text: &str) -> Option<Range> {
        let (essence, rest) = text.split_once(';').unwrap_or((text, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let (kind, subtype) = if essence == "*" { ("*", "*") } else { essence.split_once('/')? };
        let mut parameters = parameters(rest)?;
        let weight = parameters.iter().position(|(name, _)| name == "q");
        let quality = match weight {
            Some(at) => read_quality(&parameters[at].1)?,
            None => 1000,
        };
        // What follows the weight are extensions of the header, not of the media type.
        parameters.truncate(weight.unwrap_or(parameters.len()));
        Some(Range { kind: kind.to_owned(), subtype: subtype.to_owned(), parameters, quality })
    }

    /// How closely the range names a media type; `None` when it does not.
    fn closeness(&self, essence: &str, of: &[(String, String)]) -> Option<usize> {
        let (kind, subtype) = essence.split_once('/')?;
        match (self.kind.as_str(), self.subtype.as_str()) {
            ("*", "*") => Some(0),
            (ours, "*") if ours == kind => Some(1),
            (ours, sub) if ours == kind && sub == subtype => {
                let all = self.parameters.iter().all(|wanted| of.contains(wanted));
                all.then_some(2 + self.parameters.len())
            }
            _ => None,
        }
    }
}

/// The quality of an offer: that of the range that names it most closely.
fn quality(ranges: &[Range], offer: &str) -> u16 {
    let (essence, rest) = offer.split_once(';').unwrap_or((offer, ""));
    let essence = essence.trim().to_ascii_lowercase();
    let of = parameters(rest).unwrap_or_default();
    let fitting = ranges.iter().filter_map(|range| Some((range.closeness(&essence, &of)?, range.quality)));
    fitting.max().map_or(0, |(_, quality)| quality)
}

/// `0`, `0.5`, `1.000`: in thousandths (RFC 9110 §12.4.2).
fn read_quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// The parts between commas that stand outside quotes.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |character: char| {
        let ends = character == ',' && !quoted;
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && quoted && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_offer_is_chosen() {
        let offered = ["application/json", "text/csv"];
        let cases = [
            (None, Some("application/json")),
            (Some(""), Some("application/json")),
            (Some("*/*"), Some("application/json")),
            (Some("text/*"), Some("text/csv")),
            (Some("text/csv;q=0.5, application/json;q=0.4"), Some("text/csv")),
            (Some("application/json;q=0, */*"), Some("text/csv")),
            (Some("*/*;q=0.1, text/csv"), Some("text/csv")),
            (Some("application/xml"), None),
            (Some("*/*;q=0"), None),
            (Some("text/csv;q=1.5"), None),
            (Some("APPLICATION/JSON"), Some("application/json")),
            (Some("text/csv;header=present, application/json;q=0.2"), Some("application/json")),
            (Some("a/b;c=\"d,text/csv\""), None),
            (Some("nonsense, text/csv"), Some("text/csv")),
        ];
        for (accept, expected) in cases {
            assert_eq!(choose(accept, &offered), expected, "{accept:?}");
        }
    }
}
