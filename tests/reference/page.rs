//! `docs/grammar.md`, made from the grammar.

use super::pest::{Rule, Token, keywords, token_of};

const HEAD: &str = "# The grammar of mappings

Made from `grammar/mapping.pest`; `BLESS=1 cargo test --test reference` writes this page anew. [language.md](language.md)
shows the forms with examples.

Words in `this type` stand in a mapping as they are; the others are links to their rule. `?` after something: it may be left out;
`*`: any number of times; `+`: once or more; `|` stands between alternatives; brackets hold together. Spaces and comments (`#` to
the end of the line) may stand between any two parts, except where a rule says that nothing stands between them.

A newline ends a statement, except inside `( )` and `[ ]` and before a line that begins with an operator, with `.` or with `|`.
";

/// The whole page.
pub fn page(rules: &[Rule]) -> String {
    let mut page = HEAD.to_owned();
    let mut section = "";
    for rule in rules.iter().filter(|rule| token_of(rule).is_none() && rule.name != "WHITESPACE") {
        if rule.section != section {
            section = &rule.section;
            page += &format!("\n## {}\n", capital(section));
        }
        page += &format!("\n### {}\n\n{}\n", rule.name, body(&rule.body, rules));
        if rule.atomic {
            page += "\nNothing stands between its parts.\n";
        }
        if !rule.comment.is_empty() {
            page += &format!("\n{}\n", rule.comment);
        }
        page += &used(&rule.name, rules);
    }
    page += "\n## Words and signs\n\n";
    let code = |word: &String| format!("`{word}`");
    page += &format!("Words: {}.\n", keywords().iter().map(code).collect::<Vec<_>>().join(" "));
    let is_sign = |word: &&str| !word.chars().all(|c| c.is_ascii_alphabetic()) && *word != "\\n";
    let mut signs: Vec<&str> = rules.iter().filter_map(token_of).filter(is_sign).collect();
    signs.sort_unstable();
    signs.dedup();
    let signs: Vec<String> = signs.iter().map(|sign| format!("`{sign}`")).collect();
    page += &format!("\nSigns: {}.\n", signs.join(" "));
    page += "\nAfter `.` and before `:` any word is a name.\n";
    page
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Which rules a rule stands in.
fn used(name: &str, rules: &[Rule]) -> String {
    let holds = |rule: &&Rule| rule.body.contains(&Token::Name(name.to_owned())) && token_of(rule).is_none();
    let holders: Vec<String> =
        rules.iter().filter(holds).map(|rule| format!("[{0}](#{0})", rule.name)).collect();
    if holders.is_empty() { String::new() } else { format!("\nStands in {}.\n", holders.join(", ")) }
}

/// A body as a line of words and links.
fn body(tokens: &[Token], rules: &[Rule]) -> String {
    let mut line = String::new();
    for token in tokens {
        let word = match token {
            Token::Name(name) if name == "SOI" || name == "EOI" => continue,
            Token::Name(name) => named(name, rules),
            Token::Literal(text) => code(text),
            Token::Sign(sign) if sign == "!" => "not before".to_owned(),
            Token::Sign(sign) => sign.replace('*', "\\*").replace('{', "×").replace('}', ""),
        };
        let tight = matches!(token, Token::Sign(sign) if matches!(sign.as_str(), "?" | "*" | "+" | ")") || sign.starts_with('{'));
        if !line.is_empty() && !tight && !line.ends_with('(') {
            line.push(' ');
        }
        line += &word;
    }
    line.trim_start_matches("| ").to_owned()
}

fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn named(name: &str, rules: &[Rule]) -> String {
    match name {
        "ANY" => return "any character".to_owned(),
        "ASCII_ALPHA" => return "a letter".to_owned(),
        "ASCII_ALPHANUMERIC" => return "a letter or digit".to_owned(),
        "ASCII_DIGIT" => return "a digit".to_owned(),
        "ASCII_HEX_DIGIT" => return "a hexadecimal digit".to_owned(),
        _ => {}
    }
    match rules.iter().find(|rule| rule.name == name).map(token_of) {
        Some(Some("\\n")) => "a newline".to_owned(),
        Some(Some(word)) => code(word),
        Some(None) => format!("[{name}](#{name})"),
        None => panic!("the page has no words for `{name}` of pest"),
    }
}
