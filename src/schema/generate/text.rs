//! Texts that fit their facets.

use super::chance::Chance;
use super::pattern;
use crate::schema::TextType;

/// A text without an upper bound has at most so many characters more than it must.
const LONG: usize = 120;
/// A text with an upper bound is made that long, if it is no more than this.
const LONGEST: usize = 2_000;

/// Signs that go wrong somewhere: accents, signs of more than two bytes, quotes, spaces.
const SIGNS: &[char] = &['a', 'B', '7', '0', ' ', 'é', 'ß', '漢', '😀', '"', '\'', '-', '/', '\\', ',', 'Z'];

/// Texts of a format; what is not listed is made as any text is, and then mostly does not fit.
const FORMATS: &[(&str, &[&str])] = &[
    ("date", &["2026-05-07", "2024-02-29", "1999-12-31", "2026-01-01", "0001-01-01"]),
    (
        "date-time",
        &[
            "2026-05-07T08:00:00Z",
            "2024-02-29T23:59:59.999Z",
            "2026-03-29T01:30:00+01:00",
            "2026-10-25T02:30:00-05:00",
            "2026-05-07T08:00:00.123456789Z",
        ],
    ),
    (
        "date-time-local",
        &["2026-05-07T08:00", "2026-03-29T02:30:00", "2026-10-25T02:30:00", "2024-02-29T23:59:59"],
    ),
    ("decimal", &["0", "1", "-1", "0.01", "12.50", "1250.00", "999999999.99", "0.125"]),
    ("duration", &["P1D", "PT0S", "PT36H", "P1Y2M3DT4H5M6S"]),
    ("email", &["a@example.org", "first.last+tag@example.co.uk"]),
    ("hostname", &["example.org", "a.b.example"]),
    ("ipv4", &["192.0.2.1", "0.0.0.0"]),
    ("ipv6", &["2001:db8::1", "::1"]),
    ("time", &["08:00:00Z", "23:59:59.5+02:00"]),
    ("uri", &["https://example.org/a?b=c#d", "urn:example:1"]),
    ("uri-reference", &["/a/b", "https://example.org/", "a?b"]),
    ("uuid", &["00000000-0000-0000-0000-000000000000", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"]),
];

/// A text of a type; `None` when its pattern cannot be followed.
pub(super) fn text(ty: &TextType, chance: &mut Chance) -> Option<String> {
    if let Some(values) = &ty.values {
        return chance.pick(values).map(|value| value.to_string());
    }
    if let Some(pattern) = &ty.pattern {
        // Several: lengths are met by luck.
        let fits = |text: &String| {
            let length = text.chars().count();
            ty.min_length.is_none_or(|least| length >= least)
                && ty.max_length.is_none_or(|most| length <= most)
        };
        return (0..20).find_map(|_| pattern::text(pattern, chance).filter(fits));
    }
    let format = ty.format.as_deref().and_then(|format| FORMATS.iter().find(|(name, _)| *name == format));
    match format {
        Some((_, texts)) => chance.pick(texts).map(str::to_owned),
        None => Some(plain(ty, chance)),
    }
}

fn plain(ty: &TextType, chance: &mut Chance) -> String {
    let least = ty.min_length.unwrap_or(0);
    let most = match ty.max_length {
        Some(most) if most <= LONGEST => most,
        _ => least + LONG,
    };
    let lengths = [least, least + 1, least + 7, (least + most) / 2, most.saturating_sub(1).max(least), most];
    let length = chance.pick(&lengths).unwrap_or(least).min(most);
    // A run of one sign now and then: what counts bytes for characters is found by it.
    match chance.one_in(3) {
        true => chance.pick(SIGNS).into_iter().cycle().take(length).collect(),
        false => (0..length).filter_map(|_| chance.pick(SIGNS)).collect(),
    }
}
