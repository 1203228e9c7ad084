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

/// Texts of the formats and patterns that sources have.
const FORMATS: &[(&str, &[&str])] = &[
    ("date", &["2026-01-31", "0000-01-01", "9999-12-31", "1890-06-01", "2024-02-29"]),
    (
        "date-time",
        &[
            "2026-01-31T10:05:00Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2026-10-25T02:30:00+02:00",
            "2016-12-31T23:59:60Z",
            "2026-01-31T10:05:00.123456789Z",
            "2026-01-31T10:05:00.5-05:30",
        ],
    ),
    ("decimal", &["0", "1", "-1", "12.50", "0.005", "100000000000000000000000000000.5", "-7.000", "99"]),
    ("^[a-z]*$", &["", "a", "ab", "abc", "straight", "abcdefghijklmnopq"]),
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
        // Of narrow ranges as well.
        if self.one_in(4) {
            return Value::from(self.below(130) as i64 - 5);
        }
        Value::Number(Number::parse(self.pick::<&str>(NUMBERS)).expect("a number"))
    }

    /// A value of the kind that a schema asks for, which may still break its facets.
    pub fn of(&mut self, schema: &Value) -> Value {
        if let Some(listed) = schema.get("enum").and_then(Value::as_array) {
            return self.pick(listed).clone();
        }
        let several = schema.get("anyOf").or(schema.get("allOf")).and_then(Value::as_array);
        if let Some(several) = several {
            let one = self.pick(several).clone();
            return self.of(&one);
        }
        let kinds = schema.get("type");
        let kind = match kinds.and_then(Value::as_array) {
            Some(kinds) => self.pick(kinds).as_str().map(str::to_owned),
            None => kinds.and_then(Value::as_str).map(str::to_owned),
        };
        match kind.as_deref() {
            Some("null") => Value::Null,
            Some("number" | "integer") => self.number(),
            Some("array") => self.list_of(schema),
            Some("object") => self.object_of(schema),
            _ => self.text_of(schema),
        }
    }

    fn text_of(&mut self, schema: &Value) -> Value {
        let format = schema.get("format").or(schema.get("pattern")).and_then(Value::as_str);
        match FORMATS.iter().find(|(name, _)| Some(*name) == format) {
            Some((_, texts)) => Value::from(*self.pick(texts)),
            None => self.text(),
        }
    }

    fn list_of(&mut self, schema: &Value) -> Value {
        let prefix = schema.get("prefixItems").and_then(Value::as_array).unwrap_or_default();
        let items = (0..self.below(5)).map(|at| {
            let of = prefix.get(at).or(schema.get("items")).cloned().unwrap_or(Value::Null);
            (0..20).map(|_| self.of(&of)).find(|value| fits_roughly(value, &of)).unwrap_or(Value::Null)
        });
        Value::array(items.collect())
    }

    fn object_of(&mut self, schema: &Value) -> Value {
        let fields =
            schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|map| map.iter());
        let required = schema.get("required").and_then(Value::as_array).unwrap_or_default();
        let members = fields.filter_map(|(name, of)| {
            let must = required.iter().any(|known| known.as_str() == Some(name));
            if !must && self.one_in(2) {
                return None;
            }
            let value = (0..20).map(|_| self.of(of)).find(|value| fits_roughly(value, of));
            Some((name.clone(), value.unwrap_or(Value::Null)))
        });
        Value::object(members.collect())
    }

    fn text(&mut self) -> Value {
        // As long as a limit may just allow.
        match self.one_in(3) {
            true => Value::from(self.pick(&["a", "ß", "ﬃ", "İ", "é", "-"]).repeat(1 + self.below(12))),
            false => Value::from(*self.pick(TEXTS)),
        }
    }
}

/// Whether a leaf keeps the facets that are easily looked at: what is inside a list or object is drawn
/// until it does, or hardly any whole would be valid.
fn fits_roughly(value: &Value, schema: &Value) -> bool {
    let number = |keyword: &str| schema.get(keyword).and_then(Value::as_number);
    match value {
        Value::String(text) => {
            let length = Number::from(text.chars().count() as i64);
            number("minLength").is_none_or(|least| length.cmp(least).is_ge())
                && number("maxLength").is_none_or(|most| length.cmp(most).is_le())
        }
        Value::Number(value) => {
            number("minimum").is_none_or(|least| value.cmp(least).is_ge())
                && number("exclusiveMinimum").is_none_or(|least| value.cmp(least).is_gt())
                && number("maximum").is_none_or(|most| value.cmp(most).is_le())
                && number("multipleOf").is_none_or(|unit| value.is_multiple_of(unit) == Some(true))
                && (schema.get("type").and_then(Value::as_str) != Some("integer") || value.is_integer())
        }
        _ => true,
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
