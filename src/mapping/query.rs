//! JSONPath (RFC 9535), compiled once, over our values.
//!
//! Queries that name one place (`$.a['b'][0]`) are followed by our own paths, a dozen times faster;
//! the others run through `jsonpath-rust`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Literal, Segment, Selector, Test,
    TestFunction,
};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use jsonpath_rust::query::queryable::Queryable;

use crate::value::{Number, PointerBuf, Value};

/// A query's text, at most.
const BYTES: usize = 4096;
/// Brackets in each other in a query's text, at most.
const DEPTH: usize = 16;

/// A compiled JSONPath query. Cloning shares it.
#[derive(Clone)]
pub struct Query {
    text: Arc<str>,
    form: Arc<Form>,
}

enum Form {
    /// One place, by names and positions.
    Single(Vec<Place>),
    Many(JpQuery),
}

enum Place {
    Name(String),
    /// From the end when negative.
    Position(i64),
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Query").field(&self.text).finish()
    }
}

impl Query {
    /// Compiles a query. The error says, in words for the author, what is wrong.
    pub fn compile(text: &str) -> Result<Query, String> {
        if text.len() > BYTES {
            return Err(format!("a query has at most {BYTES} bytes"));
        }
        if deepest(text) > DEPTH {
            return Err(format!("a query has at most {DEPTH} brackets inside each other"));
        }
        if !text.starts_with('$') {
            return Err("a query begins with `$`".to_owned());
        }
        let query = parse_json_path(text).map_err(|_| "this is no JSONPath (RFC 9535)".to_owned())?;
        query.segments.iter().try_for_each(check_segment)?;
        let single: Option<Vec<Place>> = query.segments.iter().map(place).collect();
        let form = single.map_or_else(|| Form::Many(query), Form::Single);
        Ok(Query { text: text.into(), form: Arc::new(form) })
    }

    /// The query as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every value it selects, in the order of RFC 9535.
    pub fn select<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match &*self.form {
            Form::Single(places) => follow(value, places).map(|(found, _)| found).into_iter().collect(),
            Form::Many(query) => {
                let found = js_path_process(query, value).unwrap_or_default();
                found.into_iter().map(|found| found.val).collect()
            }
        }
    }

    /// Where every selected value stands.
    pub fn locate(&self, value: &Value) -> Vec<PointerBuf> {
        match &*self.form {
            Form::Single(places) => follow(value, places).map(|(_, pointer)| pointer).into_iter().collect(),
            Form::Many(query) => {
                let found = js_path_process(query, value).unwrap_or_default();
                // Places are found again by identity: the crate's path text cannot be read back safely.
                found.into_iter().filter_map(|found| pointer_of(value, found.val)).collect()
            }
        }
    }
}

fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    // A chain of negations nests too.
    deepest.max(text.matches("!").count())
}

fn place(segment: &Segment) -> Option<Place> {
    match segment {
        Segment::Selector(Selector::Name(name)) => Some(Place::Name(name.clone())),
        Segment::Selector(Selector::Index(position)) => Some(Place::Position(*position)),
        _ => None,
    }
}

fn follow<'v>(root: &'v Value, places: &[Place]) -> Option<(&'v Value, PointerBuf)> {
    let mut pointer = PointerBuf::root();
    let mut at = root;
    for place in places {
        at = match place {
            Place::Name(name) => {
                pointer.push(name);
                at.get(name)?
            }
            Place::Position(position) => {
                let items = at.as_array()?;
                let from_end = i64::try_from(items.len()).ok()?.checked_add(*position)?;
                let index = usize::try_from(if *position < 0 { from_end } else { *position }).ok()?;
                pointer.push_index(index);
                items.get(index)?
            }
        };
    }
    Some((at, pointer))
}

/// Where `found`, a part of `root` in memory, stands. Strings and containers are shared, so two
/// places may hold one value: then each is found from its own holder.
fn pointer_of(root: &Value, found: &Value) -> Option<PointerBuf> {
    fn look(at: &Value, found: &Value, pointer: &PointerBuf, depth: usize) -> Option<PointerBuf> {
        if std::ptr::eq(at, found) {
            return Some(pointer.clone());
        }
        if depth > 256 {
            return None;
        }
        match at {
            Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
                let mut deeper = pointer.clone();
                deeper.push_index(index);
                look(item, found, &deeper, depth + 1)
            }),
            Value::Object(map) => {
                map.iter().find_map(|(name, item)| look(item, found, &pointer.child(name), depth + 1))
            }
            _ => None,
        }
    }
    look(root, found, &PointerBuf::root(), 0)
}

/// `match` and `search` compile their pattern for every value: only a pattern that stands in the
/// query is allowed, so that no payload chooses one.
fn check_segment(segment: &Segment) -> Result<(), String> {
    match segment {
        Segment::Descendant(inner) => check_segment(inner),
        Segment::Selector(selector) => check_selector(selector),
        Segment::Selectors(selectors) => selectors.iter().try_for_each(check_selector),
    }
}

fn check_selector(selector: &Selector) -> Result<(), String> {
    match selector {
        Selector::Filter(filter) => check_filter(filter),
        _ => Ok(()),
    }
}

fn check_filter(filter: &Filter) -> Result<(), String> {
    match filter {
        Filter::Or(filters) | Filter::And(filters) => filters.iter().try_for_each(check_filter),
        Filter::Atom(FilterAtom::Filter { expr, .. }) => check_filter(expr),
        Filter::Atom(FilterAtom::Test { expr, .. }) => check_test(expr),
        Filter::Atom(FilterAtom::Comparison(comparison)) => {
            let (left, right) = match &**comparison {
                Comparison::Eq(left, right) | Comparison::Ne(left, right) => (left, right),
                Comparison::Gt(left, right) | Comparison::Gte(left, right) => (left, right),
                Comparison::Lt(left, right) | Comparison::Lte(left, right) => (left, right),
            };
            [left, right].into_iter().try_for_each(|side| match side {
                Comparable::Function(function) => check_function(function),
                _ => Ok(()),
            })
        }
    }
}

fn check_test(test: &Test) -> Result<(), String> {
    match test {
        Test::RelQuery(segments) => segments.iter().try_for_each(check_segment),
        Test::AbsQuery(query) => query.segments.iter().try_for_each(check_segment),
        Test::Function(function) => check_function(function),
    }
}

fn check_function(function: &TestFunction) -> Result<(), String> {
    match function {
        TestFunction::Custom(name, _) => Err(format!("RFC 9535 has no function `{name}`")),
        TestFunction::Length(argument) => check_argument(argument),
        TestFunction::Value(argument) | TestFunction::Count(argument) => check_argument(argument),
        TestFunction::Search(subject, pattern) | TestFunction::Match(subject, pattern) => {
            check_argument(subject)?;
            match pattern {
                FnArg::Literal(Literal::String(pattern)) => regex::Regex::new(pattern)
                    .map(drop)
                    .map_err(|_| format!("`{pattern}` is no regular expression (RFC 9485)")),
                _ => Err("the pattern of `match` and `search` must be a text in the query".to_owned()),
            }
        }
    }
}

fn check_argument(argument: &FnArg) -> Result<(), String> {
    match argument {
        FnArg::Literal(_) => Ok(()),
        FnArg::Test(test) => check_test(test),
        FnArg::Filter(filter) => check_filter(filter),
    }
}

/// Comparisons inside filters see numbers as the crate does: whole ones exactly, others as floats.
impl Queryable for Value {
    fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?.get(key)
    }

    fn as_array(&self) -> Option<&Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    fn as_object(&self) -> Option<Vec<(&str, &Value)>> {
        match self {
            Value::Object(map) => Some(map.iter().map(|(name, value)| (&**name, value)).collect()),
            _ => None,
        }
    }

    fn as_str(&self) -> Option<&str> {
        Value::as_str(self)
    }

    fn as_i64(&self) -> Option<i64> {
        self.as_number()?.to_i64()
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_number().map(Number::to_f64)
    }

    fn as_bool(&self) -> Option<bool> {
        Value::as_bool(self)
    }

    fn null() -> Value {
        Value::Null
    }

    fn extension_custom(_name: &str, _arguments: Vec<Cow<'_, Value>>) -> Value {
        Value::Null
    }
}

/// Only for the crate's own literals and results, which are floats; no payload passes through here.
impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Number::parse(&number.to_string()).map_or(Value::Null, Value::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Map;

    fn sample() -> Value {
        let line = |sku: &str, count: i64| {
            let mut map = Map::new();
            map.insert("sku", Value::from(sku));
            map.insert("count", Value::from(count));
            Value::from(map)
        };
        let mut map = Map::new();
        map.insert("lines", Value::array(vec![line("a", 1), line("b", 5)]));
        Value::from(map)
    }

    fn check(query: &str, expected: &[&str]) {
        let value = sample();
        let query = Query::compile(query).expect("a query");
        let found: Vec<String> = query.locate(&value).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
        let selected: Vec<&Value> = expected.iter().filter_map(|pointer| value.pointer(pointer)).collect();
        assert_eq!(query.select(&value), selected);
    }

    #[test]
    fn selects_and_locates() {
        check("$", &[""]);
        check("$.lines[0].sku", &["/lines/0/sku"]);
        check("$.lines[-1]['sku']", &["/lines/1/sku"]);
        check("$.lines[7].sku", &[]);
        check("$..sku", &["/lines/0/sku", "/lines/1/sku"]);
        check("$.lines[?@.count > 2].sku", &["/lines/1/sku"]);
        check("$.lines[?match(@.sku, 'a|c')]", &["/lines/0"]);
    }

    #[test]
    fn refuses_what_is_no_query_or_no_literal_pattern() {
        for query in
            ["", "lines", "$.[", "$[?match(@.sku, @.pattern)]", "$[?foo(@.sku)]", "$[?match(@.a, '[')]"]
        {
            assert!(Query::compile(query).is_err(), "{query}");
        }
        assert!(Query::compile(&format!("${}", "[?@".repeat(1000))).is_err());
    }
}
