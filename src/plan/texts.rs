//! What customers read: rejections and exceptions with their texts by language.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use crate::config::declarations::exception::{Category, ExceptionSeverity};

/// A business answer.
#[derive(Debug, Clone)]
pub struct Rejection {
    pub code: Arc<str>,
    /// 4xx.
    pub status: u16,
    pub customer: Texts,
}

/// A stop that somebody must look at.
#[derive(Debug, Clone)]
pub struct Exception {
    pub code: Arc<str>,
    pub category: Category,
    pub severity: ExceptionSeverity,
    pub owner: Option<Arc<str>>,
    pub queues: Vec<Arc<str>>,
    pub runbook: Option<Arc<str>>,
    /// By when somebody must have seen it, and by when it must be dealt with.
    pub sla: Option<(Duration, Duration)>,
    pub customer: Texts,
}

/// A text by language (BCP 47, lower case); `{name}` stands for a fact. Never empty of `en`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts(BTreeMap<String, Arc<str>>);

impl Texts {
    /// The texts of a declaration.
    pub fn new<'a>(texts: impl IntoIterator<Item = (&'a String, &'a str)>) -> Texts {
        Texts(texts.into_iter().map(|(tag, text)| (tag.to_ascii_lowercase(), text.into())).collect())
    }

    /// The names of the facts that a text of any language shows.
    pub fn facts(&self) -> impl Iterator<Item = &str> {
        self.0.values().flat_map(|text| placeholders(text))
    }

    /// The text for an `Accept-Language` (RFC 9110 §12.5.4, lookup of RFC 4647 §3.4), and its
    /// language; `en`, or the first there is, when nothing asked for exists.
    pub fn pick(&self, accept_language: Option<&str>) -> Option<(&str, &str)> {
        let asked = ranges(accept_language.unwrap_or_default());
        let found = asked.iter().find_map(|range| self.look_up(range));
        found
            .or_else(|| self.look_up("en"))
            .or_else(|| self.0.iter().next().map(|(tag, text)| (&**tag, &**text)))
    }

    fn look_up(&self, range: &str) -> Option<(&str, &str)> {
        let mut tag = range;
        loop {
            if let Some((tag, text)) = self.0.get_key_value(tag) {
                return Some((tag, text));
            }
            tag = &tag[..tag.rfind('-')?];
        }
    }
}

/// The names in braces of a text: `{limit}`.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    parts.map(|(name, _)| name.trim()).filter(|name| !name.is_empty())
}

/// The language ranges of a header, best first; those with `q=0` are left out.
fn ranges(header: &str) -> Vec<String> {
    let mut ranges: Vec<(u16, String)> = header
        .split(',')
        .take(16)
        .filter_map(|part| {
            let mut pieces = part.split(';').map(str::trim);
            let range = pieces.next().filter(|range| !range.is_empty())?.to_ascii_lowercase();
            let quality = pieces
                .find_map(|piece| piece.strip_prefix("q="))
                .map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
            (quality > 0.0).then_some(((quality.min(1.0) * 1000.0) as u16, range))
        })
        .collect();
    ranges.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
    ranges.into_iter().map(|(_, range)| range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_by_preference_then_english() {
        let declared = [("en", "hello"), ("de", "hallo")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let texts = Texts::new(declared.iter().map(|(a, b)| (a, b.as_str())));
        assert_eq!(texts.pick(Some("fr, de-CH;q=0.8, en;q=0.2")), Some(("de", "hallo")));
        assert_eq!(texts.pick(Some("de;q=0")), Some(("en", "hello")));
        assert_eq!(texts.pick(None), Some(("en", "hello")));
        assert_eq!(Texts::default().pick(None), None);
    }
}
