//! What accented Latin letters and typographic signs are in ASCII.

/// The letters of a block, one for each character from the first on; `?` where one letter is not it.
const BLOCKS: &[(u32, &str)] = &[
    (
        0xC0,
        "AAAAAA?CEEEEIIIIDNOOOOOxOUUUUY??aaaaaa?ceeeeiiiidnooooo?ouuuuy?yAaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGg\
    GgGgHhHhIiIiIiIiIi??JjKkkLlLlLlLlLlNnNnNnn??OoOoOo??RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs",
    ),
    (0x1CD, "AaIiOoUuUuUuUuUu?AaAa????GgKkOoOo??j???Gg??NnAa??OoAaAaEeEeIiIiOoOoRrRrUuUuSsTt??Hh"),
    (
        0x1E00,
        "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRr\
    SsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYyZzZzZzhtwy?s????AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe\
    EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy??????",
    ),
];

/// What takes more than a letter, or is a sign.
const OTHERS: &[(&str, &str)] = &[
    ("\u{ad}\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}", ""),
    ("\u{a0}\u{2002}\u{2003}\u{2007}\u{2009}\u{202f}", " "),
    ("‐‑‒–—―−", "-"),
    ("‘’‚‛′´", "'"),
    ("“”„‟″«»", "\""),
    ("·•", "."),
    ("ª", "a"),
    ("°º", "o"),
    ("¹", "1"),
    ("²", "2"),
    ("³", "3"),
    ("µ", "u"),
    ("¡", "!"),
    ("¿", "?"),
    ("⁄", "/"),
    ("ß", "ss"),
    ("ẞ", "SS"),
    ("Æ", "AE"),
    ("æ", "ae"),
    ("Ǽ", "AE"),
    ("ǽ", "ae"),
    ("Ǣ", "AE"),
    ("ǣ", "ae"),
    ("Œ", "OE"),
    ("œ", "oe"),
    ("Þ", "TH"),
    ("þ", "th"),
    ("Ĳ", "IJ"),
    ("ĳ", "ij"),
    ("Ŋ", "NG"),
    ("ŋ", "ng"),
    ("…", "..."),
    ("€", "EUR"),
    ("№", "No"),
    ("½", "1/2"),
    ("¼", "1/4"),
    ("¾", "3/4"),
    ("™", "TM"),
    ("©", "(C)"),
    ("®", "(R)"),
    ("ﬁ", "fi"),
    ("ﬂ", "fl"),
];

/// Nordic and German letters as their countries spell them where there is no such key.
const SPELLED: &[(char, &str)] = &[
    ('Ä', "AE"),
    ('Å', "AA"),
    ('Ö', "OE"),
    ('Ø', "OE"),
    ('Ü', "UE"),
    ('ä', "ae"),
    ('å', "aa"),
    ('ö', "oe"),
    ('ø', "oe"),
    ('ü', "ue"),
];

/// Appends what a character is in ASCII; `?` where nothing is known.
pub(super) fn write(character: char, spelled: bool, out: &mut String) {
    if character.is_ascii() {
        return out.push(character);
    }
    // Accents that stand behind their letter.
    if matches!(character, '\u{300}'..='\u{36f}') {
        return;
    }
    let spelling = SPELLED.iter().find(|(known, _)| spelled && *known == character);
    if let Some((_, spelling)) = spelling {
        return out.push_str(spelling);
    }
    match OTHERS.iter().find(|(known, _)| known.contains(character)) {
        Some((_, other)) => out.push_str(other),
        None => out.push(letter(character).unwrap_or('?')),
    }
}

fn letter(character: char) -> Option<char> {
    let code = u32::from(character);
    let (first, letters) = BLOCKS.iter().rev().find(|(first, _)| *first <= code)?;
    letters.as_bytes().get((code - first) as usize).map(|byte| char::from(*byte))
}
