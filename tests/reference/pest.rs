//! `grammar/mapping.pest` as rules, each with its section, its comment and the tokens of its body.

/// A rule of the grammar.
pub struct Rule {
    pub section: String,
    pub name: String,
    /// White space is not skipped inside it.
    pub atomic: bool,
    pub comment: String,
    pub body: Vec<Token>,
}

/// A token of a rule's body.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Name(String),
    Literal(String),
    /// `( ) | ? * + !`, `{4}`.
    Sign(String),
}

pub fn text() -> String {
    std::fs::read_to_string(super::root().join("grammar/mapping.pest")).expect("the grammar")
}

/// Every rule, in the order written.
pub fn rules() -> Vec<Rule> {
    let (mut rules, mut section, mut comment) = (Vec::new(), String::new(), String::new());
    let mut whole = String::new();
    for line in text().lines() {
        if let Some(words) = line.strip_prefix("// ----") {
            section = words.trim_matches(['-', ' ']).to_owned();
            comment.clear();
        } else if let Some(words) = line.strip_prefix("//") {
            comment = format!("{comment} {}", words.trim()).trim().to_owned();
        } else if line.trim().is_empty() {
            comment.clear();
        } else {
            whole += line;
            whole.push('\n');
            if line.trim_end().ends_with('}') && (line.starts_with('}') || !line.starts_with(' ')) {
                rules.extend(rule(&whole, &section, std::mem::take(&mut comment)));
                whole.clear();
            }
        }
    }
    rules
}

/// `name = _{ body }`.
fn rule(text: &str, section: &str, comment: String) -> Option<Rule> {
    let (name, rest) = text.split_once('=')?;
    let (modifier, body) = rest.split_once('{')?;
    let body = body.trim_end().strip_suffix('}')?;
    Some(Rule {
        section: section.to_owned(),
        name: name.trim().to_owned(),
        atomic: modifier.contains(['@', '$']),
        comment,
        body: tokens(body),
    })
}

fn tokens(body: &str) -> Vec<Token> {
    let (mut tokens, mut rest) = (Vec::new(), body);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => literal(rest),
            '{' => rest.find('}').map_or(1, |end| end + 1),
            _ if first.is_ascii_alphabetic() || first == '_' => {
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        let word = rest[..length].to_owned();
        match first {
            '"' => {
                tokens.push(Token::Literal(word[1..length - 1].replace("\\\"", "\"").replace("\\\\", "\\")))
            }
            _ if first.is_ascii_alphabetic() || first == '_' => tokens.push(Token::Name(word)),
            '~' => {}
            _ if first.is_whitespace() => {}
            _ => tokens.push(Token::Sign(word)),
        }
        rest = &rest[length..];
    }
    tokens
}

/// How long the literal at the beginning is, quotes included.
fn literal(rest: &str) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, sign)| {
        let ends = *sign == '"' && !escaped;
        escaped = *sign == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

/// What a rule stands for when it is one word or sign: `kw_map`, `colon`.
pub fn token_of(rule: &Rule) -> Option<&str> {
    match rule.body.as_slice() {
        [Token::Literal(word)] => Some(word),
        [Token::Literal(word), Token::Sign(not), ..] if not == "!" => Some(word),
        _ => None,
    }
}

/// Every word of the language, sorted: what its rules write in letters.
pub fn keywords() -> Vec<String> {
    let rules = rules();
    let words =
        rules.iter().filter_map(token_of).filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()));
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    words.sort();
    words.dedup();
    words
}
