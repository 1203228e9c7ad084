//! What to write instead of what the grammar cannot read: the slips that people make, and their cure.

use crate::diagnostic::nearest;

/// A text begins so, and what to write.
const STARTS: &[(&str, &str)] = &[
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("!", "write `not`"),
    ("'", "texts stand in double quotes: `\"text\"`"),
    (";", "an entry ends with its line; remove the `;`"),
    ("?.", "write `.`: a path through something absent is absent"),
    ("=>", "write `it -> it.price`"),
    ("=", "write `name: value` to give a target field its value, and `==` to compare"),
    ("::", "write one `:`"),
    ("else", "`if` is a function: `if(condition, value, otherwise)`"),
    ("$", "names stand without `$`"),
    ("@", "quote a foreign name: `\"@odata.etag\"`"),
];

/// Kinds as others call them, and as they are called here.
const KINDS: &[(&str, &str)] = &[
    ("array", "list"),
    ("bool", "boolean"),
    ("decimal", "number"),
    ("int", "number"),
    ("integer", "number"),
    ("string", "text"),
];

/// Quotes that word processors make.
pub(super) const CURLY: [char; 7] =
    ['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}', '\u{ab}', '\u{bb}'];

/// What to write, where the rest of the text begins with what cannot be read; `before` stands in front
/// of it, and `expected` says what could have stood there.
pub(super) fn hint(
    rest: &str,
    before: &str,
    found: &str,
    expected: &str,
    wants_value: bool,
) -> Option<String> {
    let line = before.rsplit('\n').next().unwrap_or_default().trim();
    token(rest, line, found, wants_value, expected.contains("`:` or `|`"))
        .map(str::to_owned)
        .or_else(|| slip(rest, before, expected))
        .or_else(|| misspelled(found, expected, line))
        .or_else(|| of_line(rest, line, expected))
        .or_else(|| {
            STARTS.iter().find(|(start, _)| rest.starts_with(start)).map(|(_, help)| (*help).to_owned())
        })
        .or_else(|| general(rest, before, wants_value))
}

/// A slip in a number, a text or an item's name, by what surrounds it.
fn token(rest: &str, before: &str, found: &str, wants_value: bool, in_case: bool) -> Option<&'static str> {
    let digit = |c: char| c.is_ascii_digit();
    let help = if rest.starts_with('\\') {
        "a `\\` stands before `\"`, `\\`, `/`, `{`, `}`, `n`, `t`, `r` or `u` and four digits; for itself write `\\\\`"
    } else if wants_value && rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(digit)) {
        "digits stand on both sides of the point: `0.5`"
    } else if before.strip_suffix('.').is_some_and(|before| before.ends_with(digit)) {
        "digits stand on both sides of the point: `1.0`"
    } else if found.starts_with(digit) && found.contains(['e', 'E']) {
        "write the number out: `1000`"
    } else if wants_value && rest.starts_with('}') && before.ends_with('{') {
        "write a value between `{` and `}`, or `\\{` for the character itself"
    } else if rest.starts_with("->") && !in_case {
        "`it -> …` stands in a call: `map(list, it -> it.price)`"
    } else if rest.starts_with(',') && rest.contains(") ->") {
        "one name stands before `->`, without brackets: `it -> it.price`"
    } else if found == "at" && before.contains(" where ") {
        "`at` stands before `where`: `each list as item at number where condition { … }`"
    } else {
        return None;
    };
    Some(help)
}

/// A slip that the words around it give away.
fn slip(rest: &str, before: &str, expected: &str) -> Option<String> {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let ends = |with: &str| {
        before.ends_with(with) && !before[..before.len() - with.len()].ends_with(char::is_alphanumeric)
    };
    let help = if rest.starts_with(CURLY) {
        "write straight quotes: `\"text\"`".to_owned()
    } else if rest.starts_with('/') && before.ends_with('/') || rest.starts_with("/*") {
        "a comment begins with `#`".to_owned()
    } else if ends("is") && matches!(&*word, "absent" | "missing" | "empty" | "undefined" | "none") {
        "write `is not present`; an empty text is asked for by `== \"\"`".to_owned()
    } else if ends("is") && KINDS.iter().any(|(other, _)| *other == word) {
        let kind = KINDS.iter().find(|(other, _)| *other == word).map_or("", |(_, kind)| *kind);
        format!("write `is {kind}`")
    } else if ends("is") && word == "null" && !expected.contains("`present`") {
        "null is a case by itself: `null: …`".to_owned()
    } else if expected.contains("a case") && rest.starts_with(':') && before.ends_with("..") {
        "a range has one end at least: `..10`; what is left is `else`".to_owned()
    } else if expected.contains("a case") && rest.starts_with('.') && before.ends_with("..") {
        "a range has two dots: `1..10`".to_owned()
    } else if rest.starts_with("...") || (rest.starts_with('.') && before.ends_with("..")) {
        "a spread `...value` stands in `{ }`; lists are joined by `flatten([a, b])`".to_owned()
    } else if ends("for") {
        "write `each list as item { … }`".to_owned()
    } else if ends("using") && word == "table" {
        "write `using tables`, and the names of the tables behind it".to_owned()
    } else if expected.contains("a case")
        && !word.is_empty()
        && rest[word.len()..].trim_start().starts_with([':', '|'])
    {
        format!("a text stands in quotes: `\"{word}\": …`")
    } else if expected.contains("`:` or `|`") && (rest.starts_with("->") || rest.starts_with('=')) {
        "write `:` between a case and its value".to_owned()
    } else {
        return None;
    };
    Some(help)
}

/// A line of a header, `each`, or an entry that is not whole.
fn of_line(rest: &str, line: &str, expected: &str) -> Option<String> {
    let line_ends = rest.is_empty() || rest.starts_with('\n');
    let first = line.split_whitespace().next().unwrap_or_default();
    if expected.contains("`as`") && first == "from" {
        return Some("give it a name: `from canonical/booking@1 as booking`".to_owned());
    }
    if expected.contains("`as`") && line.contains("each ") {
        return Some(
            "name the item: `each list as item { … }`, or `each list as item at number { … }`".to_owned(),
        );
    }
    if line == "def" && expected == "`:`" {
        return Some("a definition stands outside of every `{ }`".to_owned());
    }
    if first == "def" {
        let form = "write `def name(parameter: type) = expression`";
        let types = "types are `text`, `number`, … and schemas such as `canonical/address@1`";
        return Some(format!("{form}; {types}"));
    }
    if line_ends && expected == "`{`" {
        return Some("open the block on this line: `{`".to_owned());
    }
    let is_word =
        !first.is_empty() && first == line && first.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_word || !expected.contains("`:`") || line_ends || rest.starts_with('=') {
        return None;
    }
    Some(match first {
        "into" | "target" => "the target's schema stands behind `to`".to_owned(),
        "input" | "source" | "with" => {
            "an input stands behind `from`: `from canonical/booking@1 as booking`".to_owned()
        }
        _ => format!("write `{first}: …` to give the target's `{first}` a value"),
    })
}

/// The keyword that was meant: in place of what was found, or at the head of its line.
fn misspelled(found: &str, expected: &str, head: &str) -> Option<String> {
    let quoted = expected.split('`').skip(1).step_by(2);
    let keywords = quoted.filter(|word| word.chars().all(char::is_alphabetic));
    let operators = ["is", "in", "and", "or"].into_iter().filter(|_| expected.contains("an operator"));
    let near = nearest(found, keywords.chain(operators)).or_else(|| {
        let near = nearest(head, ["def", "each", "from", "let", "map", "shared", "to", "use", "using"])?;
        (near != head).then_some(near)
    });
    near.filter(|_| found.len() > 2).map(|near| format!("did you mean `{near}`?"))
}

fn general(rest: &str, before: &str, wants_value: bool) -> Option<String> {
    if rest.starts_with('?') && !rest.starts_with("??") {
        return Some("write `if(condition, value, otherwise)`".to_owned());
    }
    let line_ends = rest.is_empty() || rest.starts_with('\n');
    if line_ends && wants_value && before.ends_with(['+', '-', '*', '/', '%', '=', '?', '<', '>', '|']) {
        return Some("to go on in the next line, begin that line with the operator".to_owned());
    }
    before.ends_with("if").then(|| "write `if(condition, value, otherwise)`".to_owned())
}
