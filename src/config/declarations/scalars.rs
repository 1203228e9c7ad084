//! Durations, rates, sizes and the like: one line of text each, with a unit.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::common::{Lapse, Rate, Size};
use super::system::{Backoff, OpenAt};

/// The longest duration that can be written: ten years.
const LONGEST: Duration = Duration::from_secs(3650 * 86_400);

/// What a one-line value is: how it is read, and what messages and editors say about it.
struct Form {
    kind: &'static str,
    /// `a duration such as `5s``.
    words: &'static str,
    pattern: &'static str,
    examples: &'static [&'static str],
}

const LAPSE: Form = Form {
    kind: "duration",
    words: "a duration such as `5s` (ms, s, m, h, d)",
    pattern: "^[0-9]+(ms|s|m|h|d)$",
    examples: &["200ms", "5s", "1m", "12h", "14d"],
};
const RATE: Form = Form {
    kind: "rate",
    words: "a rate such as `20/s` (per s, m, h, d)",
    pattern: "^[1-9][0-9]*/(s|m|h|d)$",
    examples: &["20/s", "600/m", "1000/h"],
};
const SIZE: Form = Form {
    kind: "size",
    words: "a size such as `16KB` (B, KB, MB, GB)",
    pattern: "^[0-9]+(B|KB|MB|GB)$",
    examples: &["16KB", "1MB"],
};
const BACKOFF: Form = Form {
    kind: "backoff",
    words: "the first and the longest wait such as `200ms..30s`",
    pattern: "^[0-9]+(ms|s|m|h|d)\\.\\.[0-9]+(ms|s|m|h|d)$",
    examples: &["200ms..30s"],
};
const OPEN_AT: Form = Form {
    kind: "open_at",
    words: "a share of calls within a time such as `50% of 20 in 10s`",
    pattern: "^[0-9]+% of [1-9][0-9]* in [0-9]+(ms|s|m|h|d)$",
    examples: &["50% of 20 in 10s"],
};

impl Lapse {
    /// Reads `200ms`, `5s`, `1m`, `12h`, `14d`; at most ten years.
    pub fn parse(text: &str) -> Option<Lapse> {
        let (count, unit) = counted(text)?;
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        let lapse = Duration::from_millis(count.checked_mul(millis)?);
        (lapse <= LONGEST).then_some(Lapse(lapse))
    }
}

impl Rate {
    /// Reads `20/s`, `600/m`, `1000/h`; at least one.
    pub fn parse(text: &str) -> Option<Rate> {
        let (count, unit) = counted(text)?;
        let seconds = match unit.strip_prefix('/')? {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let count = u32::try_from(count).ok().filter(|count| *count > 0)?;
        Some(Rate { count, per: Duration::from_secs(seconds) })
    }
}

impl Size {
    /// Reads `512B`, `16KB`, `1MB`, `2GB`: powers of 1024.
    pub fn parse(text: &str) -> Option<Size> {
        let (count, unit) = counted(text)?;
        let bytes = match unit {
            "B" => 1,
            "KB" => 1 << 10,
            "MB" => 1 << 20,
            "GB" => 1 << 30,
            _ => return None,
        };
        Some(Size(count.checked_mul(bytes)?))
    }
}

impl Backoff {
    /// Reads `200ms..30s`; the longest wait is not shorter than the first.
    pub fn parse(text: &str) -> Option<Backoff> {
        let (first, longest) = text.split_once("..")?;
        let (first, longest) = (Lapse::parse(first)?, Lapse::parse(longest)?);
        (first <= longest).then_some(Backoff { first, longest })
    }
}

impl OpenAt {
    /// Reads `50% of 20 in 10s`; 1 to 100 percent of at least one call.
    pub fn parse(text: &str) -> Option<OpenAt> {
        let (percent, rest) = text.split_once("% of ")?;
        let (calls, within) = rest.split_once(" in ")?;
        let percent = percent.parse().ok().filter(|percent| (1..=100).contains(percent))?;
        let calls = calls.parse().ok().filter(|calls| *calls > 0)?;
        Some(OpenAt { percent, calls, within: Lapse::parse(within)? })
    }
}

/// Digits and the unit behind them.
fn counted(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|next: char| !next.is_ascii_digit())?;
    let (count, unit) = text.split_at(digits);
    Some((count.parse().ok()?, unit))
}

/// Whether a text is a well-formed one-line value of the kind that a schema names.
pub fn fits(kind: &str, text: &str) -> bool {
    match kind {
        "duration" => Lapse::parse(text).is_some(),
        "rate" => Rate::parse(text).is_some(),
        "size" => Size::parse(text).is_some(),
        "backoff" => Backoff::parse(text).is_some(),
        "open_at" => OpenAt::parse(text).is_some(),
        _ => true,
    }
}

macro_rules! one_line {
    ($($ty:ty = $form:ident;)*) => {$(
        impl<'de> Deserialize<'de> for $ty {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                <$ty>::parse(&text).ok_or_else(|| serde::de::Error::custom($form.words))
            }
        }
        impl JsonSchema for $ty {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $form.kind.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "description": $form.words,
                    "pattern": $form.pattern,
                    "examples": $form.examples,
                    "x-kind": $form.kind,
                })
            }
        }
    )*};
}
one_line! {
    Lapse = LAPSE;
    Rate = RATE;
    Size = SIZE;
    Backoff = BACKOFF;
    OpenAt = OPEN_AT;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        assert_eq!(Lapse::parse("200ms"), Some(Lapse(Duration::from_millis(200))));
        assert_eq!(Lapse::parse("14d"), Some(Lapse(Duration::from_secs(14 * 86_400))));
        assert_eq!(Rate::parse("600/m"), Some(Rate { count: 600, per: Duration::from_secs(60) }));
        assert_eq!(Size::parse("16KB"), Some(Size(16_384)));
        let backoff = Backoff::parse("200ms..30s").expect("well formed");
        assert_eq!(backoff.longest, Lapse(Duration::from_secs(30)));
        let open_at = OpenAt::parse("50% of 20 in 10s").expect("well formed");
        assert_eq!((open_at.percent, open_at.calls), (50, 20));
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "5", "s", "5 s", "-5s", "5sec", "1.5s", "99999999999999999999s", "4000d", "5S"] {
            assert_eq!(Lapse::parse(text), None, "{text}");
        }
        for text in ["0/s", "20", "20/", "20/w", "5000000000/s"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
        assert_eq!(Size::parse("99999999999999GB"), None);
        assert_eq!(Backoff::parse("30s..200ms"), None);
        assert_eq!(OpenAt::parse("500% of 20 in 10s"), None);
    }

    #[test]
    fn patterns_agree_with_the_readers() {
        for form in [&LAPSE, &RATE, &SIZE, &BACKOFF, &OPEN_AT] {
            let pattern = regex::Regex::new(form.pattern).expect("a good pattern");
            for example in form.examples {
                assert!(pattern.is_match(example) && fits(form.kind, example), "{example}");
            }
        }
    }
}
