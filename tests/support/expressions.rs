//! Expressions grown by type from what is in scope, and the target that they make.

use super::chance::Chance;
use super::shapes::{self, Field, Shape};

/// Something that an expression may name.
#[derive(Debug, Clone)]
struct Known {
    path: String,
    shape: Shape,
    /// It may be absent or null.
    empty: bool,
}

/// Grows the body of a mapping.
pub struct Growth<'c> {
    chance: &'c mut Chance,
    known: Vec<Known>,
    names: usize,
    made: Vec<Field>,
}

/// How deep the expressions of an entry grow.
const DEPTH: usize = 4;

impl<'c> Growth<'c> {
    pub fn new(chance: &'c mut Chance, source: &[Field]) -> Growth<'c> {
        let mut growth = Growth { chance, known: Vec::new(), names: 0, made: Vec::new() };
        growth.learn("doc", source, false);
        growth
    }

    /// Adds the fields below a path to what is known.
    fn learn(&mut self, path: &str, fields: &[Field], empty: bool) {
        for field in fields {
            let path = format!("{path}.{}", field.name);
            let empty = empty || !field.required || field.nullable;
            if let Shape::Object(inner) = &field.shape {
                self.learn(&path, inner, empty);
            }
            self.known.push(Known { path, shape: field.shape.clone(), empty });
        }
    }

    fn name(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    /// The statements of the mapping.
    pub fn body(&mut self) -> String {
        let mut body = String::new();
        for _ in 0..3 + self.chance.below(7) {
            if self.chance.once_in(4) {
                let shape = self.any_shape();
                let (name, value) = (self.name("let_"), self.grow(&shape, DEPTH));
                body += &format!("let {name} = {value}\n");
                // Read at once, so that it is not unused.
                self.known.push(Known { path: name.clone(), shape: shape.clone(), empty: false });
                body += &self.entry(&shape, name, true);
                continue;
            }
            let shape = self.any_shape();
            let (value, required) = match self.chance.once_in(3) {
                true => match self.empty(&shape) {
                    Some(path) => (path, false),
                    None => (self.grow(&shape, DEPTH), true),
                },
                false => (self.grow(&shape, DEPTH), true),
            };
            body += &self.entry(&shape, value, required);
        }
        body
    }

    fn entry(&mut self, shape: &Shape, value: String, required: bool) -> String {
        let name = self.name("field");
        self.made.push(Field { name: name.clone(), shape: shape.clone(), required, nullable: !required });
        format!("{name}: {value}\n")
    }

    /// The JSON Schema of what the body makes.
    pub fn target_schema(&self) -> String {
        shapes::schema(&Shape::Object(self.made.clone())).to_string()
    }

    fn any_shape(&mut self) -> Shape {
        match self.chance.below(8) {
            0 | 1 => Shape::Text,
            2 => Shape::Integer,
            3 => Shape::Number,
            4 => Shape::Boolean,
            5 => Shape::Decimal,
            6 => Shape::List(Box::new(
                self.chance.pick(&[Shape::Text, Shape::Integer, Shape::Boolean]).clone(),
            )),
            _ => {
                let fields = [("x", Shape::Text), ("y", Shape::Integer)];
                let field = |(name, shape): (&str, Shape)| Field {
                    name: name.to_owned(),
                    shape,
                    required: true,
                    nullable: false,
                };
                let object = Shape::Object(fields.into_iter().map(field).collect());
                if self.chance.once_in(2) { object } else { Shape::List(Box::new(object)) }
            }
        }
    }

    /// A path of a shape that may be empty.
    fn empty(&mut self, shape: &Shape) -> Option<String> {
        self.path(shape, true)
    }

    fn path(&mut self, shape: &Shape, empty: bool) -> Option<String> {
        let fits = |known: &&Known| {
            known.empty == empty
                && (known.shape == *shape
                    || matches!((&known.shape, shape), (Shape::Enum(_) | Shape::Instant, Shape::Text)))
        };
        let paths: Vec<String> = self.known.iter().filter(fits).map(|known| known.path.clone()).collect();
        if paths.is_empty() { None } else { Some(self.chance.pick(&paths).clone()) }
    }

    /// A list in scope, with the shape of its items.
    fn list(&mut self) -> Option<(String, Shape)> {
        let lists: Vec<(String, Shape)> = self
            .known
            .iter()
            .filter_map(|known| match &known.shape {
                Shape::List(items) if !known.empty => Some((known.path.clone(), (**items).clone())),
                Shape::List(items) => Some((format!("({} ?? [])", known.path), (**items).clone())),
                _ => None,
            })
            .collect();
        if lists.is_empty() { None } else { Some(self.chance.pick(&lists).clone()) }
    }

    /// Grows with one more name in scope.
    fn with<T>(&mut self, path: &str, shape: &Shape, grow: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.known.len();
        if let Shape::Object(fields) = shape {
            self.learn(path, fields, false);
        }
        self.known.push(Known { path: path.to_owned(), shape: shape.clone(), empty: false });
        let made = grow(self);
        self.known.truncate(before);
        made
    }

    /// An expression of a shape that is never absent or null.
    fn grow(&mut self, shape: &Shape, depth: usize) -> String {
        if depth == 0 || self.chance.once_in(4) {
            return self.path(shape, false).unwrap_or_else(|| self.literal(shape));
        }
        if self.chance.once_in(4)
            && let Some(general) = self.general(shape, depth - 1)
        {
            return general;
        }
        let depth = depth - 1;
        match shape {
            Shape::Text => self.text(depth),
            Shape::Integer => self.integer(depth),
            Shape::Number => self.number(depth),
            Shape::Boolean => self.boolean(depth),
            Shape::List(items) => self.items(items, depth),
            Shape::Object(fields) => self.object(fields, depth),
            Shape::Decimal => format!("round({}, 2, half_up)", self.grow(&Shape::Number, depth)),
            Shape::Enum(_) | Shape::Instant => self.literal(shape),
        }
    }

    /// Forms that make any shape.
    fn general(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        match self.chance.below(4) {
            0 => Some(format!(
                "if({}, {}, {})",
                self.grow(&Shape::Boolean, depth),
                self.grow(shape, depth),
                self.grow(shape, depth)
            )),
            1 => {
                let path = self.empty(shape)?;
                let otherwise = self.grow(shape, depth);
                let otherwise = if self.chance.once_in(8) {
                    "reject(\"no_value\", \"none\")".to_owned()
                } else {
                    otherwise
                };
                Some(format!("({path} ?? {otherwise})"))
            }
            2 => self.matching(shape, depth),
            _ => {
                let path = self.empty(shape)?;
                let otherwise = self.grow(shape, depth);
                Some(format!("if({path} is present and {path} is not null, {path}, {otherwise})"))
            }
        }
    }

    fn matching(&mut self, shape: &Shape, depth: usize) -> Option<String> {
        let enums: Vec<(String, Vec<&'static str>)> = self
            .known
            .iter()
            .filter_map(|known| match &known.shape {
                Shape::Enum(members) if !known.empty => Some((known.path.clone(), members.clone())),
                _ => None,
            })
            .collect();
        if enums.is_empty() {
            return None;
        }
        let (path, members) = self.chance.pick(&enums).clone();
        let split = 1 + self.chance.below(members.len() - 1);
        let quoted: Vec<String> = members.iter().map(|member| format!("\"{member}\"")).collect();
        let (first, rest) = quoted.split_at(split);
        let rest = if self.chance.once_in(2) { "else".to_owned() } else { rest.join(" | ") };
        let (one, two) = (self.grow(shape, depth), self.grow(shape, depth));
        Some(format!("match {path} {{ {}: {one}, {rest}: {two} }}", first.join(" | ")))
    }

    fn literal(&mut self, shape: &Shape) -> String {
        match shape {
            Shape::Text => {
                (*self.chance.pick(&["\"\"", "\"a\"", "\"Ærø \\{\"", "\"12\"", "\"two words\"", "\"CT\""]))
                    .to_owned()
            }
            Shape::Integer => (*self.chance.pick(&["0", "1", "2", "7", "10", "-3"])).to_owned(),
            Shape::Number => (*self.chance.pick(&["0.5", "12.50", "-1.25", "3", "100"])).to_owned(),
            Shape::Decimal => "12.50".to_owned(),
            Shape::Boolean => (if self.chance.once_in(2) { "true" } else { "false" }).to_owned(),
            Shape::Enum(members) => format!("\"{}\"", members[0]),
            Shape::Instant => "\"2026-01-02T03:04:05Z\"".to_owned(),
            Shape::List(items) => {
                let count = 1 + self.chance.below(2);
                let items: Vec<String> = (0..count).map(|_| self.literal(items)).collect();
                format!("[{}]", items.join(", "))
            }
            Shape::Object(fields) => self.object(fields, 0),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let mut text = || self.grow(&Shape::Text, depth);
        let first = text();
        match self.chance.below(13) {
            0 => format!("upper({first})"),
            1 => format!("trim(lower({first}))"),
            2 => format!("left({first}, {})", self.chance.below(6)),
            3 => format!("right({first}, {})", self.chance.below(6)),
            4 => format!("\"<{{{first}}}> {{{}}} \\{{\"", self.grow(&Shape::Integer, depth)),
            5 => format!("pad_left({first}, 8, \"0\")"),
            6 => format!("replace({first}, \"a\", {})", self.grow(&Shape::Text, depth)),
            7 => format!("join({}, \"-\")", self.grow(&Shape::List(Box::new(Shape::Text)), depth)),
            8 => format!("text({})", self.grow(&Shape::Number, depth)),
            9 => format!("(lookup(codes, {first}).name ?? {})", self.grow(&Shape::Text, depth)),
            10 => format!("join_present([{first}, {}], \", \")", self.grow(&Shape::Text, depth)),
            11 => format!("mid({first}, 1, 3)"),
            _ => format!("left(sha256({first}), 12)"),
        }
    }

    fn integer(&mut self, depth: usize) -> String {
        let list = self.list();
        match (self.chance.below(8), list) {
            (0, Some((path, _))) => format!("count({path})"),
            (1, _) => format!("len({})", self.grow(&Shape::Text, depth)),
            (2, _) => {
                format!("({} + {})", self.grow(&Shape::Integer, depth), self.grow(&Shape::Integer, depth))
            }
            (3, _) => {
                format!("({} - {})", self.grow(&Shape::Integer, depth), self.grow(&Shape::Integer, depth))
            }
            (4, _) => format!("{} * {}", self.grow(&Shape::Integer, 0), self.literal(&Shape::Integer)),
            (5, _) => {
                format!("try(integer({}), {})", self.grow(&Shape::Text, depth), self.literal(&Shape::Integer))
            }
            (6, Some((path, shape))) => {
                let name = self.name("it");
                let condition = self.with(&name, &shape, |growth| growth.grow(&Shape::Boolean, depth));
                format!("count(filter({path}, {name} -> {condition}))")
            }
            (_, _) => format!("integer(floor({}))", self.grow(&Shape::Number, depth)),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        let places = self.chance.below(4);
        match self.chance.below(8) {
            0 => format!("({} + {})", self.grow(&Shape::Number, depth), self.grow(&Shape::Integer, depth)),
            1 => format!("({} - {})", self.grow(&Shape::Number, depth), self.grow(&Shape::Number, depth)),
            2 => format!("abs({})", self.grow(&Shape::Number, depth)),
            3 => format!(
                "round({} / {}, {places}, half_even)",
                self.grow(&Shape::Number, depth),
                self.chance.pick(&["3", "7.5", "0.1"])
            ),
            4 => format!("max([{}, {}])", self.grow(&Shape::Number, depth), self.grow(&Shape::Number, depth)),
            5 => match self.list() {
                Some((path, shape)) => {
                    let name = self.name("it");
                    let amount = self.with(&name, &shape, |growth| growth.grow(&Shape::Number, depth.min(1)));
                    format!("sum(map({path}, {name} -> {amount}))")
                }
                None => self.grow(&Shape::Integer, depth),
            },
            6 => match self.path(&Shape::Decimal, false) {
                Some(path) => format!("(decimal({path}) + 1)"),
                None => format!("-{}", self.grow(&Shape::Number, 0)),
            },
            _ => self.grow(&Shape::Integer, depth),
        }
    }

    fn boolean(&mut self, depth: usize) -> String {
        let comparison = *self.chance.pick(&["==", "!=", "<", "<=", ">", ">="]);
        match self.chance.below(9) {
            0 | 1 => format!(
                "({} {comparison} {})",
                self.grow(&Shape::Number, depth),
                self.grow(&Shape::Number, depth)
            ),
            2 => format!("{} == {}", self.grow(&Shape::Text, depth), self.grow(&Shape::Text, depth)),
            3 => format!("not ({})", self.grow(&Shape::Boolean, depth)),
            4 => format!("({} and {})", self.grow(&Shape::Boolean, depth), self.grow(&Shape::Boolean, depth)),
            5 => format!("({} or {})", self.grow(&Shape::Boolean, depth), self.grow(&Shape::Boolean, depth)),
            6 => {
                let empty: Vec<String> =
                    self.known.iter().filter(|known| known.empty).map(|known| known.path.clone()).collect();
                if empty.is_empty() {
                    return self.literal(&Shape::Boolean);
                }
                format!(
                    "{} is {}",
                    self.chance.pick(&empty).clone(),
                    self.chance.pick(&["present", "not present"])
                )
            }
            7 => format!("contains({}, {})", self.grow(&Shape::Text, depth), self.grow(&Shape::Text, 0)),
            _ => match self.list() {
                Some((path, shape)) => {
                    let (name, function) = (self.name("it"), *self.chance.pick(&["any", "all"]));
                    let condition = self.with(&name, &shape, |growth| growth.grow(&Shape::Boolean, depth));
                    format!("{function}({path}, {name} -> {condition})")
                }
                None => format!("{} in [1, 2]", self.grow(&Shape::Integer, depth)),
            },
        }
    }

    fn items(&mut self, items: &Shape, depth: usize) -> String {
        let own = Shape::List(Box::new(items.clone()));
        if let Some((path, shape)) = self.list().filter(|_| !self.chance.once_in(4)) {
            let name = self.name("it");
            if let (Shape::Object(fields), true) = (items, self.chance.once_in(2)) {
                let number = self.name("n");
                let (condition, body) = self.with(&name, &shape, |growth| {
                    let condition = growth.grow(&Shape::Boolean, depth);
                    (condition, growth.with(&number, &Shape::Integer, |growth| growth.object(fields, depth)))
                });
                return format!("each {path} as {name} at {number} where {condition} {body}");
            }
            let made = self.with(&name, &shape, |growth| growth.grow(items, depth));
            return format!("map({path}, {name} -> {made})");
        }
        match self.chance.below(5) {
            0 => format!("concat({}, {})", self.grow(&own, depth), self.grow(&own, depth)),
            1 => format!("append({}, {})", self.grow(&own, depth), self.grow(items, depth)),
            2 if !matches!(items, Shape::Object(_)) => format!("distinct({})", self.grow(&own, depth)),
            3 if matches!(items, Shape::Text | Shape::Integer) => {
                let name = self.name("it");
                format!("sort_by({}, {name} -> {name})", self.grow(&own, depth))
            }
            4 if *items == Shape::Text => format!("split({}, \" \")", self.grow(&Shape::Text, depth)),
            _ => format!("[{}, {}]", self.grow(items, depth), self.grow(items, depth)),
        }
    }

    fn object(&mut self, fields: &[Field], depth: usize) -> String {
        let members: Vec<String> = fields
            .iter()
            .map(|field| format!("{}: {}", field.name, self.grow(&field.shape, depth)))
            .collect();
        format!("{{ {} }}", members.join(", "))
    }
}
