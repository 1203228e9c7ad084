//! Chance that a seed decides, and the values that tend to break things.

use crossdock::value::{Number, Value};

/// Numbers by SplitMix64.
pub struct Dice(u64);

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "ab",
    "abc",
    "A",
    "ABC",
    " ",
    "  a ",
    "a-b",
    "a-b-c",
    "ß",
    "straße",
    "ŉ",
    "ﬃ",
    "İ",
    "ΐ",
    "é",
    "日本",
    "👍🏽",
    "0",
    "1",
    "-1",
    "12.50",
    "0.005",
    "007",
    "1e5",
    "100000000000000000000000000000.5",
    "2026-01-31",
    "0000-01-01",
    "9999-12-31",
    "1890-06-01",
    "2026-01-31T10:05:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-10-25T02:30:00+02:00",
    "2016-12-31T23:59:60Z",
    "2026-01-31T10:05:00.123456789Z",
    "2026-01-31T10:05:00.5-05:30",
    "cfbff0d1-9375-5685-968c-48ce8b15ae17",
    "a b c d e f g h i j k l",
    "Lorem ipsum dolor sit amet, consetetur sadipscing elitr",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "10",
    "99",
    "100",
    "1000",
    "-1",
    "-2",
    "-7",
    "-0",
    "-0.0",
    "0.5",
    "-0.5",
    "0.05",
    "0.005",
    "2.5",
    "2.345",
    "9.99",
    "99.995",
    "1e2",
    "1e-3",
    "1.0",
    "12.50",
    "1e30",
    "1e400",
    "-1e-400",
    "1e-30",
    "123456789012345678901234567890",
    "0.1234567890123456789012345678901",
    "79228162514264337593543950335",
    "9223372036854775807",
    "1778090400000",
    "-99999999999999",
];

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub fn pick<'t, T>(&mut self, among: &'t [T]) -> &'t T {
        &among[self.below(among.len())]
    }

    pub fn number(&mut self) -> Value {
        Value::Number(Number::parse(self.pick::<&str>(NUMBERS)).expect("a number"))
    }

    /// Any value, not deeper than said.
    pub fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 10 } else { 16 }) {
            0 => Value::Null,
            1 => Value::Bool(self.one_in(2)),
            2..=3 => Value::from(*self.pick(TEXTS)),
            // As long as a limit may just allow.
            4..=5 => Value::from(self.pick(&["a", "ß", "ﬃ", "İ", "é", "-"]).repeat(1 + self.below(12))),
            6..=9 => self.number(),
            10..=12 => Value::array((0..self.below(5)).map(|_| self.value(depth - 1)).collect()),
            _ => {
                let names = ["a", "b", "c"].into_iter().filter(|_| self.one_in(2)).collect::<Vec<_>>();
                let members = names.into_iter().map(|name| (name.into(), self.value(depth - 1)));
                Value::object(members.collect())
            }
        }
    }
}

/// A document and many that differ from it in one place.
pub fn around(document: &Value) -> Vec<Value> {
    let texts = TEXTS.iter().map(|text| Value::from(*text));
    let numbers = NUMBERS.iter().map(|text| Value::Number(Number::parse(text).expect("a number")));
    let odd: Vec<Option<Value>> =
        texts.chain(numbers).chain([Value::Null, Value::array(Vec::new())]).map(Some).chain([None]).collect();
    let mut made = vec![document.clone()];
    for at in 0..places(document) {
        made.extend(odd.iter().filter_map(|new| with(document, &mut at.clone(), new)));
    }
    made
}

fn places(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(places).sum::<usize>(),
        Value::Object(map) => 1 + map.iter().map(|(_, value)| places(value)).sum::<usize>(),
        _ => 1,
    }
}

/// The document with the value at a place (counted from the top) replaced, or left out.
fn with(value: &Value, at: &mut usize, new: &Option<Value>) -> Option<Value> {
    if *at == 0 {
        *at = usize::MAX;
        return new.clone();
    }
    *at = at.wrapping_sub(usize::from(*at != usize::MAX));
    Some(match value {
        Value::Array(items) => Value::array(items.iter().filter_map(|item| with(item, at, new)).collect()),
        Value::Object(map) => {
            let members = map.iter().filter_map(|(name, value)| Some((name.clone(), with(value, at, new)?)));
            Value::object(members.collect())
        }
        other => other.clone(),
    })
}
