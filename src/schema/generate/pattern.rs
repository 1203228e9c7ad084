//! Texts that match a pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::chance::Chance;

/// Repetitions without an upper bound come at most so often more than they must.
const MORE: usize = 6;
/// A text of a pattern has at most so many characters.
const LONGEST: usize = 2_000;

/// A text that matches; `None` when the pattern is none that can be followed.
pub(super) fn text(pattern: &str, chance: &mut Chance) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    follow(&hir, chance, &mut text);
    Some(text)
}

fn follow(hir: &Hir, chance: &mut Chance, text: &mut String) {
    if text.len() > LONGEST {
        return;
    }
    match hir.kind() {
        // Anchors: the text is made alone, so that they hold where patterns mean something.
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(sign(class, chance)),
        HirKind::Capture(capture) => follow(&capture.sub, chance, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| follow(part, chance, text)),
        HirKind::Alternation(ways) => {
            let at = chance.below(ways.len());
            if let Some(way) = ways.get(at) {
                follow(way, chance, text);
            }
        }
        HirKind::Repetition(repetition) => {
            let least = repetition.min as usize;
            let most = repetition.max.map_or(least + MORE, |most| most as usize);
            let between = least + chance.below(most - least + 1);
            let count = chance.pick(&[least, between, most]).unwrap_or(least);
            (0..count).for_each(|_| follow(&repetition.sub, chance, text));
        }
    }
}

/// A sign of a class: one of those that people type, where it holds any.
fn sign(class: &Class, chance: &mut Chance) -> Option<char> {
    let Class::Unicode(class) = class else {
        let Class::Bytes(class) = class else { return None };
        let range = class.ranges().first()?;
        return Some(char::from(range.start()));
    };
    let typed: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').chain("-_. ".chars()).collect();
    let holds = |sign: &char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(sign));
    let typed: Vec<char> = typed.into_iter().filter(holds).collect();
    let edges: Vec<char> =
        class.ranges().iter().map(|range| range.end()).filter(|sign| !sign.is_control()).collect();
    match chance.one_in(8) && edges.len() < 20 && !edges.is_empty() {
        true => chance.pick(&edges),
        false => chance.pick(&typed).or_else(|| chance.pick(&edges)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_their_pattern() {
        let patterns = [
            "^[A-Z]{3}$",
            r"^\S(.*\S)?$",
            "^-?(0|[1-9][0-9]{0,19})(\\.[0-9]{1,6})?$",
            "a|bc+",
            "^SO-\\d{6}$",
        ];
        for pattern in patterns {
            let regex = regex::Regex::new(pattern).expect("a pattern");
            let mut chance = Chance::new(7, pattern);
            for _ in 0..200 {
                let text = text(pattern, &mut chance).expect("a text");
                assert!(regex.is_match(&text), "{pattern}: {text:?}");
            }
        }
        assert_eq!(text("(?=a)", &mut Chance::new(1, "")), None);
    }
}
