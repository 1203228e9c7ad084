//! Says what the grammar missed in plain words, and what to write.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::{Rule, hints};

/// Where the grammar stopped, and what to say about it.
pub(super) struct Stop {
    pub at: usize,
    /// What to point at.
    pub shown: std::ops::Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

/// Describes the grammar's first error in a prepared text.
pub(super) fn describe(error: &Error<Rule>, text: &str) -> Stop {
    let at = match error.location {
        InputLocation::Pos(at) => at,
        InputLocation::Span((at, _)) => at,
    };
    let rest = &text[at..];
    let found = found(rest);
    let before = text[..at].trim_end_matches([' ', '\t', '\r']);
    let (expected, wants_value) = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => (in_words(positives), wants_value(positives)),
        ErrorVariant::CustomError { message } => (message.clone(), false),
    };
    let here = match found.as_str() {
        "" => "the line ends here".to_owned(),
        found => format!("found `{found}`"),
    };
    let message = if expected.is_empty() {
        if found.is_empty() { here } else { format!("cannot read `{found}` here") }
    } else {
        format!("expected {expected}, but {here}")
    };
    let help = hints::hint(rest, before, &found, &expected, wants_value);
    // At the end of a line there is nothing to point at but what stands before it.
    let shown = if found.is_empty() { before.len().saturating_sub(1).min(at) } else { at };
    let shown = (0..=shown).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    Stop { at, shown: shown..shown + found.len().max(1), message, help }
}

fn found(rest: &str) -> String {
    let first = rest.chars().next();
    match first {
        None | Some('\n') => String::new(),
        Some(c) if c.is_alphanumeric() || c == '_' => {
            rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(40).collect()
        }
        Some(c) if c.is_ascii_punctuation() => {
            let pairs = ["&&", "||", "=>", "->", "==", "!=", "::", "++", "--", "//", "**"];
            pairs
                .iter()
                .find(|pair| rest.starts_with(**pair))
                .map_or(c.to_string(), |pair| (*pair).to_owned())
        }
        Some(c) => c.to_string(),
    }
}

fn wants_value(positives: &[Rule]) -> bool {
    positives.iter().any(|rule| matches!(rule, Rule::number | Rule::text | Rule::named | Rule::expr))
}

/// What is missing, in words, the likeliest things only.
fn in_words(positives: &[Rule]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for rule in positives {
        let word = word(*rule);
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    // Where a value may stand, operators and closers say little more.
    if words.contains(&"a value") {
        words.retain(|word| matches!(*word, "a value" | "`)`" | "`]`"));
    } else if words.contains(&"an operator") && words.len() > 1 {
        words.retain(|word| !matches!(*word, "`.`" | "`[`" | "`(`" | "`is`"));
    }
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn word(rule: Rule) -> &'static str {
    match rule {
        Rule::expr
        | Rule::operand
        | Rule::primary
        | Rule::number
        | Rule::text
        | Rule::object
        | Rule::list => "a value",
        Rule::group | Rule::match_value | Rule::each_item | Rule::constant | Rule::named => "a value",
        Rule::not | Rule::minus | Rule::quote | Rule::lambda | Rule::named_argument | Rule::argument => {
            "a value"
        }
        Rule::or | Rule::and | Rule::equal | Rule::not_equal | Rule::less | Rule::less_or_equal => {
            "an operator"
        }
        Rule::greater | Rule::greater_or_equal | Rule::in_list | Rule::else_value => "an operator",
        Rule::add | Rule::subtract | Rule::multiply | Rule::divide | Rule::remainder | Rule::is_test => {
            "an operator"
        }
        Rule::entry | Rule::statement | Rule::member | Rule::key | Rule::value | Rule::header => {
            "an entry `name: value`"
        }
        Rule::let_statement | Rule::def_statement | Rule::spread | Rule::ellipsis => "an entry `name: value`",
        Rule::parameter => "a parameter `name: type`",
        Rule::quoted_name | Rule::name => "a name",
        Rule::schema_name | Rule::schema_path => "a schema's name such as `canonical/booking@1`",
        Rule::source => "a schema's name such as `canonical/booking@1`",
        Rule::newline | Rule::comma => "the end of the line",
        Rule::EOI => "the end of the line",
        Rule::arm | Rule::patterns | Rule::pattern | Rule::otherwise => "a case `value: result`",
        Rule::kind_pattern | Rule::range | Rule::bound => "a case `value: result`",
        Rule::open_paren | Rule::arguments | Rule::parameters => "`(`",
        Rule::close_paren => "`)`",
        Rule::open_bracket | Rule::items_step | Rule::item_step => "`[`",
        Rule::close_bracket => "`]`",
        Rule::open_brace => "`{`",
        Rule::close_brace => "`}`",
        Rule::colon => "`:`",
        Rule::dot | Rule::field_step => "`.`",
        Rule::bar => "`|`",
        Rule::assign => "`=`",
        Rule::kw_as => "`as`",
        Rule::kw_is => "`is`",
        Rule::kw_tables => "`tables`",
        Rule::kw_present => "`present`",
        Rule::kw_null => "`null`",
        Rule::kw_not => "`not`",
        Rule::kind => "`text`, `number`, `boolean`, `list`, `object`",
        Rule::position => "a number",
        Rule::map_clause | Rule::from_clause | Rule::to_clause | Rule::using_clause => "",
        _ => "",
    }
}
