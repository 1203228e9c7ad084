//! Random source schemas, and the targets that every expression of a kind is tried with.

use std::sync::OnceLock;

use super::random::Dice;

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    List,
    Object,
}

/// A field of the source.
pub struct Field {
    pub name: String,
    pub kind: Kind,
    pub schema: String,
    pub required: bool,
}

/// Random fields, some of every kind.
pub fn source(dice: &mut Dice) -> Vec<Field> {
    let kinds = [
        Kind::Text,
        Kind::Text,
        Kind::Text,
        Kind::Number,
        Kind::Number,
        Kind::List,
        Kind::List,
        Kind::Object,
    ];
    let fields = kinds.iter().enumerate().map(|(at, kind)| Field {
        name: format!("f{at}"),
        kind: *kind,
        schema: maybe_null(schema(*kind, 2, dice), dice),
        required: !dice.one_in(3),
    });
    fields.collect()
}

/// The schema of a source with these fields.
pub fn document(fields: &[Field]) -> String {
    let properties = fields.iter().map(|field| format!("\"{}\":{}", field.name, field.schema));
    let required = fields.iter().filter(|field| field.required).map(|field| format!("\"{}\"", field.name));
    format!(
        r#"{{"type":"object","properties":{{{}}},"required":[{}],"additionalProperties":false}}"#,
        properties.collect::<Vec<_>>().join(","),
        required.collect::<Vec<_>>().join(",")
    )
}

fn maybe_null(schema: String, dice: &mut Dice) -> String {
    if dice.one_in(6) { format!(r#"{{"anyOf":[{schema},{{"type":"null"}}]}}"#) } else { schema }
}

fn schema(kind: Kind, depth: usize, dice: &mut Dice) -> String {
    match kind {
        Kind::Text => text(dice),
        Kind::Number => number(dice),
        Kind::List => list(depth, dice),
        Kind::Object => object(depth, dice),
    }
}

fn text(dice: &mut Dice) -> String {
    let least = dice.below(3);
    let most = least + dice.below(12);
    match dice.below(12) {
        0 => r#"{"type":"string","format":"date"}"#.to_owned(),
        1 => r#"{"type":"string","format":"date-time"}"#.to_owned(),
        2 => r#"{"type":"string","format":"decimal"}"#.to_owned(),
        3 => r#"{"enum":["a","ab","straße"]}"#.to_owned(),
        4 => r#"{"type":"string","pattern":"^[a-z]*$"}"#.to_owned(),
        5 => format!(r#"{{"allOf":[{{"type":"string","minLength":{least}}},{{"maxLength":{most}}}]}}"#),
        6 => r#"{"type":"string"}"#.to_owned(),
        7 => format!(r#"{{"type":"string","maxLength":{most},"not":{{"const":"a"}}}}"#),
        8 => format!(r#"{{"type":["string","integer"],"maxLength":{most}}}"#),
        _ => format!(r#"{{"type":"string","minLength":{least},"maxLength":{most}}}"#),
    }
}

fn number(dice: &mut Dice) -> String {
    let low = dice.below(8) as i64 - 3;
    let high = low + dice.below(120) as i64;
    match dice.below(9) {
        0 => r#"{"type":"integer"}"#.to_owned(),
        1 => r#"{"type":"number"}"#.to_owned(),
        2 => format!(r#"{{"type":"integer","minimum":{low},"maximum":{high}}}"#),
        3 => format!(r#"{{"type":"number","minimum":{low},"multipleOf":0.01}}"#),
        4 => format!(r#"{{"type":"number","exclusiveMinimum":{low},"maximum":{high}}}"#),
        5 => r#"{"enum":[1,2.5,100]}"#.to_owned(),
        6 => r#"{"type":"string","format":"decimal"}"#.to_owned(),
        7 => format!(r#"{{"type":"number","maximum":{high},"multipleOf":0.1}}"#),
        _ => format!(r#"{{"type":"integer","exclusiveMinimum":{low}}}"#),
    }
}

fn list(depth: usize, dice: &mut Dice) -> String {
    let kind = if depth == 0 {
        Kind::Text
    } else {
        *dice.pick(&[Kind::Text, Kind::Number, Kind::Number, Kind::Object])
    };
    let items = schema(kind, depth.saturating_sub(1), dice);
    let least = dice.below(3);
    let most = least + dice.below(3);
    match dice.below(6) {
        0 => format!(r#"{{"type":"array","items":{items}}}"#),
        1 => format!(r#"{{"type":"array","items":{items},"minItems":{least}}}"#),
        2 => format!(r#"{{"type":"array","items":{items},"uniqueItems":true,"maxItems":{most}}}"#),
        3 | 4 => {
            let first = schema(kind, 0, dice);
            format!(
                r#"{{"type":"array","prefixItems":[{first}],"items":{items},"minItems":1,"maxItems":{}}}"#,
                most + 1
            )
        }
        _ => format!(r#"{{"type":"array","items":{items},"minItems":{least},"maxItems":{most}}}"#),
    }
}

fn object(depth: usize, dice: &mut Dice) -> String {
    let inner = |dice: &mut Dice| match depth {
        0 => text(dice),
        _ => schema(*dice.pick(&[Kind::Text, Kind::Number]), depth - 1, dice),
    };
    let (a, b) = (inner(dice), inner(dice));
    let closed = if dice.one_in(2) { r#","additionalProperties":false"# } else { "" };
    let required = if dice.one_in(3) { r#"["a","b"]"# } else { r#"["a"]"# };
    format!(r#"{{"type":"object","properties":{{"a":{a},"b":{b}}},"required":{required}{closed}}}"#)
}

/// The target that takes everything.
pub const OPEN: usize = 0;

/// Every target, with the kinds whose expressions go into it.
pub fn targets() -> &'static [(Vec<Kind>, String)] {
    static TARGETS: OnceLock<Vec<(Vec<Kind>, String)>> = OnceLock::new();
    TARGETS.get_or_init(|| {
        let mut all = vec![(Vec::new(), "{}".to_owned())];
        let mut add = |kinds: &[Kind], text: String| all.push((kinds.to_vec(), text));
        for most in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 30, 36, 40, 64] {
            add(&[Kind::Text], format!(r#"{{"type":"string","maxLength":{most}}}"#));
        }
        for least in [1, 2, 3, 4, 5, 8, 10, 20, 36, 64] {
            add(&[Kind::Text], format!(r#"{{"type":"string","minLength":{least}}}"#));
        }
        for format in ["date", "date-time", "uuid", "date-time-local", "time-local", "byte"] {
            add(&[Kind::Text], format!(r#"{{"type":"string","format":"{format}"}}"#));
        }
        add(&[Kind::Text, Kind::Number], r#"{"type":"string","format":"decimal"}"#.to_owned());
        add(&[Kind::Text], r#"{"type":"string","pattern":"^[a-z]*$"}"#.to_owned());
        add(&[Kind::Text], r#"{"type":"string","pattern":"^[A-Z]*$"}"#.to_owned());
        add(&[Kind::Text], r#"{"enum":["a","ab","A","straße"]}"#.to_owned());
        add(&[Kind::Text], r#"{"oneOf":[{"type":"string","maxLength":3},{"type":"string","minLength":4}]}"#.to_owned());
        for facet in [
            "integer", "minimum -10", "minimum 0", "minimum 1", "minimum 2", "exclusiveMinimum 0", "maximum 0",
            "maximum 1", "maximum 5", "maximum 10", "maximum 100", "maximum 1000", "exclusiveMaximum 3",
            "multipleOf 1", "multipleOf 0.1", "multipleOf 0.01", "multipleOf 0.001", "multipleOf 0.0001",
        ] {
            add(&[Kind::Number], match facet.split_once(' ') {
                Some((keyword, value)) => format!(r#"{{"type":"number","{keyword}":{value}}}"#),
                None => r#"{"type":"integer"}"#.to_owned(),
            });
        }
        add(&[Kind::Number], r#"{"enum":[0,1,2,2.5,3,100]}"#.to_owned());
        for counts in [
            r#""minItems":1"#, r#""minItems":2"#, r#""minItems":3"#, r#""maxItems":0"#, r#""maxItems":1"#,
            r#""maxItems":2"#, r#""maxItems":3"#, r#""maxItems":4"#, r#""maxItems":6"#,
            r#""items":{"type":"string"}"#, r#""items":{"type":"string","maxLength":8}"#,
            r#""items":{"type":"string","minLength":1}"#, r#""items":{"type":"number","minimum":0}"#,
            r#""items":{"type":"integer"}"#, r#""prefixItems":[{"type":"string"}]"#,
            r#""prefixItems":[{"type":"number","maximum":10}],"items":{"type":"number"}"#,
            r#""prefixItems":[{"type":"string"},{"type":"number"}],"items":false"#,
            r#""items":{"type":"object","required":["a"],"properties":{"a":{"type":"string","maxLength":8}}}"#,
            r#""prefixItems":[{"type":"string","minLength":1}]"#,
            r#""prefixItems":[{"type":"string","maxLength":4}]"#,
            r#""prefixItems":[{"type":"integer"}]"#,
            r#""prefixItems":[{"type":"number","minimum":1}]"#,
            r#""prefixItems":[{"type":"number","maximum":2}]"#,
            r#""prefixItems":[{},{"type":"number","minimum":2}]"#,
            r#""uniqueItems":true"#,
        ] {
            add(&[Kind::List], format!(r#"{{"type":"array",{counts}}}"#));
        }
        for rest in [
            r#""required":["a"]"#, r#""required":["a","b"]"#, r#""additionalProperties":{"type":"string"}"#,
            r#""properties":{"a":{"type":"string"},"b":{}},"additionalProperties":false"#,
            r#""properties":{"a":{"type":"string","maxLength":8}}"#, r#""properties":{"a":{"type":"integer","minimum":0}}"#,
            r#""minProperties":1"#, r#""properties":{"b":{"type":"number"}}"#,
        ] {
            add(&[Kind::Object], format!(r#"{{"type":"object",{rest}}}"#));
        }
        add(
            &[Kind::Object],
            r#"{"oneOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}]}"#
                .to_owned(),
        );
        all
    })
}
