//! Tables of patterns against the engine of the validator.

use proptest::prelude::*;

use super::*;
use crate::schema::facets;
use crate::schema::node::Exact;
use crate::value::Value;

const PLAIN: &[&str] = &[
    "^$",
    "^[A-Z]{3}$",
    "^-?(0|[1-9][0-9]{0,11})(\\.[0-9]{1,6})?$",
    "^(0|[1-9][0-9]{0,19})(\\.[0-9]{1,6})?$",
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$",
    "^\\S(.*\\S)?$",
    "^([0-9]{8}|[0-9]{12,14})$",
    "^[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}$",
    "^([0-7][0-9A-HJKMNP-TV-Z]{25}|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})$",
    "^canonical/[a-z][a-z-]*@[1-9][0-9]*$",
    "^[1-9](\\.[1-6])?$",
    "^(a|b|ab)(c|bcd)*d{2,3}(e?f)*$",
    "^((a?b){2,3}|c*)+x$",
    "^(|a)b*()$",
    "^a{0,2}a{3}(\\d|\\$)+$",
];
const OTHER: &[&str] = &[
    "a",
    "^a",
    "a$",
    "^a|b$",
    "^a+?$",
    "^a*+$",
    "^[^a]$",
    "^\\w$",
    "^a\\$",
    "^(?:a)$",
    "^(?i)a$",
    "^(a)\\1$",
    "^[a-]b-c]$",
    "^[a$",
    "^é$",
    "^a{2,}$",
    "^a)$",
    "^(a$",
    "^[a&&b]$",
    "^[Z-a]$",
    "^a^b$",
    "^a$b$",
    "^\\ba$",
    "^a{500}$",
    "^(((){400}){400}){400}$",
    "^(.{0,9}a.{9}){9}$",
];

fn validator(pattern: &str) -> jsonschema::Validator<Exact> {
    facets::options().build(&serde_json::json!({ "pattern": pattern })).expect("a pattern")
}

/// A text that the table takes, as far as the choices go.
fn walked(table: &Table, choices: &[usize]) -> String {
    let (mut text, mut state) = (String::new(), 1);
    for choice in choices {
        let row = &table.rows[state];
        let ways: Vec<usize> = (0..WIDTH).filter(|column| row[*column] != DEAD).collect();
        let Some(column) = ways.get(choice % ways.len().max(1)) else { break };
        if table.ends[state] && choice % 7 == 0 {
            break;
        }
        text.push(char::from(FIRST + *column as u8));
        state = usize::from(row[*column]);
    }
    text
}

#[test]
fn what_is_not_plain_is_left() {
    for pattern in OTHER {
        assert!(Table::compile(pattern).is_none(), "{pattern}");
    }
    let table = Table::compile("^a$").expect("plain");
    assert_eq!(["a", "b", "", "aa"].map(|text| table.matches(text)), [true, false, false, false].map(Some));
    assert_eq!(["é", "a\n", "\u{7f}", "a\0"].map(|text| table.matches(text)), [None; 4]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 40 } else { 1000 }))]

    #[test]
    fn tables_match_as_the_validator_does(
        choices in proptest::collection::vec(any::<usize>(), 0..60),
        at in any::<usize>(), other in b' '..=b'~', texts in proptest::collection::vec("[ -~]{0,6}|[abcdef0-9.x$]{0,9}", 20),
    ) {
        for pattern in PLAIN {
            let (table, validator) = (Table::compile(pattern).expect(pattern), validator(pattern));
            let whole = walked(&table, &choices);
            let mut bent: Vec<char> = whole.chars().collect();
            let place = at % (bent.len() + 1);
            bent.splice(place..(place + at % 2).min(bent.len()), [char::from(other)]);
            let bent: String = bent.into_iter().collect();
            let cut = whole[..at % (whole.len() + 1)].to_owned();
            for text in [whole, bent, cut].iter().chain(&texts) {
                let found = validator.is_valid(&Value::from(&**text));
                prop_assert_eq!(table.matches(text), Some(found), "{} {:?}", pattern, text);
            }
        }
    }
}
