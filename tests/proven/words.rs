//! Random expressions, most of which have the kind that is asked for.

use super::random::Dice;
use super::schemas::{Field, Kind};

/// Writes expressions over the fields of a source.
pub struct Author<'a> {
    pub dice: &'a mut Dice,
    pub fields: &'a [Field],
    /// The form of the next expression, where it is not left to chance.
    pub form: Option<usize>,
}

impl Author<'_> {
    /// An expression that goes into an optional field.
    pub fn top(&mut self, kind: Kind) -> String {
        // Of deep ones most is widened away: a form that is asked for stands over fields.
        let depth = if self.form.is_some() { 1 } else { 1 + self.dice.below(3) };
        let expression = self.of(kind, depth);
        if self.dice.one_in(3) { format!("({expression}) ?? omit") } else { expression }
    }

    /// One of so many forms.
    fn choose(&mut self, many: usize) -> usize {
        self.form.take().map_or_else(|| self.dice.below(many), |form| form % many)
    }

    fn of(&mut self, kind: Kind, depth: usize) -> String {
        match kind {
            Kind::Text => self.text(depth),
            Kind::Number => self.number(depth),
            Kind::List => self.list(depth),
            Kind::Object => self.object(depth),
        }
    }

    /// A field of a kind, with something else where it may be missing.
    fn field(&mut self, kind: Kind) -> String {
        let known: Vec<&Field> = self.fields.iter().filter(|field| field.kind == kind).collect();
        let field = self.dice.pick(&known);
        let path = format!("s.{}", field.name);
        let otherwise = match kind {
            Kind::Text => *self.dice.pick(&["\"\"", "\"none\"", "\"2026-01-31\""]),
            Kind::Number => *self.dice.pick(&["0", "1", "12.5"]),
            Kind::List => "[]",
            Kind::Object => "{ a: \"x\" }",
        };
        let sure = field.required && !field.schema.contains("null");
        match (sure, self.dice.below(4)) {
            (true, 0..3) => path,
            (_, 3) => format!("if({path} is present and {path} is not null, {path}, {otherwise})"),
            _ => format!("({path} ?? {otherwise})"),
        }
    }

    fn size(&mut self) -> usize {
        self.dice.below(9)
    }

    fn condition(&mut self, depth: usize) -> String {
        match self.dice.below(6) {
            0 => format!("{} > {}", self.number(depth), self.number(depth)),
            1 => format!("{} == \"a\"", self.text(depth)),
            2 => format!("contains({}, \"a\")", self.text(depth)),
            3 => format!("count({}) > 1", self.list(depth)),
            4 => format!("len({}) < 5", self.text(depth)),
            _ => format!("not ({} <= 2)", self.number(depth)),
        }
    }

    fn choice(&mut self, kind: Kind, depth: usize) -> String {
        let (one, other) = (self.of(kind, depth), self.of(kind, depth));
        match self.dice.below(9) {
            4..=6 => self.guarded(kind, &one),
            0 => format!("match {} {{ \"a\": {one}, else: {other} }}", self.text(depth)),
            1 => format!("try({one}, {other})"),
            2 => format!("(first([{one}, {other}], it -> {}) ?? {one})", self.condition(0)),
            _ => format!("if({}, {one}, {other})", self.condition(depth)),
        }
    }

    /// A field where a comparison says something of it.
    fn guarded(&mut self, kind: Kind, otherwise: &str) -> String {
        let field = self.field(kind);
        let (compared, size) = (*self.dice.pick(&["<", "<=", ">", ">="]), self.dice.below(6));
        let not = *self.dice.pick(&["", "not "]);
        match kind {
            Kind::Text if self.dice.one_in(3) => format!("if({field} != \"\", {field}, {otherwise})"),
            Kind::Text => format!("if({not}(len({field}) {compared} {size}), {field}, {otherwise})"),
            Kind::Number if self.dice.one_in(3) => {
                format!("if({size} {compared} {field}, {otherwise}, {field})")
            }
            Kind::Number => format!("if({not}({field} {compared} {size}), {field}, {otherwise})"),
            Kind::List => format!("if({not}(count({field}) {compared} {size}), {field}, {otherwise})"),
            Kind::Object => format!("if({field}.a is present, {field}, {otherwise})"),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            let literals = [
                "\"\"",
                "\"a\"",
                "\"ab\"",
                "\"ß-é\"",
                "\"12.50\"",
                "\"2026-01-31\"",
                "\"2026-01-31T10:00:00Z\"",
            ];
            return if self.dice.one_in(3) {
                (*self.dice.pick(&literals)).to_owned()
            } else {
                self.field(Kind::Text)
            };
        }
        let (inner, size) = (self.text(depth - 1), self.size());
        match self.choose(30) {
            28 | 29 => self.guarded(Kind::Text, &inner),
            0 => format!("left({inner}, {size})"),
            1 => format!("right({inner}, {size})"),
            2 => format!("mid({inner}, {}, {size})", self.dice.below(4)),
            3 => format!("upper({inner})"),
            4 => format!("lower({inner})"),
            5 => format!("trim({inner})"),
            6 => format!("\"{{{inner}}}-{{{}}}\"", self.text(depth - 1)),
            7 => format!("\"n{{{}}}\"", self.number(depth - 1)),
            8 => format!("pad_left({inner}, {size}, \"0\")"),
            9 => format!("pad_right({inner}, {size}, {})", self.text(0)),
            10 => format!("replace({inner}, \"a\", {})", self.text(0)),
            11 => format!("replace({inner}, \"-\", \"\")"),
            12 => format!("text({})", self.number(depth - 1)),
            13 => format!("date({inner})"),
            14 => format!("instant({inner})"),
            15 => format!("add_days({inner}, {})", self.number(depth - 1)),
            16 => format!("add_time({inner}, \"{}h\")", self.dice.pick(&["1", "-1", "9000000"])),
            17 => format!("local({inner}, \"Europe/Berlin\")"),
            18 => format!("time({inner})"),
            19 => format!("format_time({inner}, \"%Y%m%d\")"),
            20 => format!("join({}, \"{}\")", self.list(depth - 1), self.dice.pick(&["", ", "])),
            21 => format!("join_present([{inner}, {}], \"-\")", self.text(depth - 1)),
            22 => format!("sha256({inner})"),
            23 => format!("uuid5(\"dns\", {inner})"),
            24 => format!("base64_encode({inner})"),
            25 => format!("(split({inner}, \"-\")[{}] ?? \"x\")", self.dice.below(2)),
            26 => format!("instant_ms({})", self.number(depth - 1)),
            _ => self.choice(Kind::Text, depth - 1),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        if depth == 0 {
            let literals = ["0", "1", "2", "2.5", "0.005", "100"];
            return if self.dice.one_in(3) {
                (*self.dice.pick(&literals)).to_owned()
            } else {
                self.field(Kind::Number)
            };
        }
        let inner = self.number(depth - 1);
        let other = self.number(depth - 1);
        match self.choose(24) {
            22 | 23 => self.guarded(Kind::Number, &inner),
            0 => format!("({inner} + {other})"),
            1 => format!("({inner} - {other})"),
            2 => format!("({inner} * {other})"),
            3 => format!("({inner} / {})", self.dice.pick(&["2", "4", "10"])),
            4 => format!("({inner} % {})", self.dice.pick(&["2", "3", "0.7"])),
            5 => format!("-{inner}"),
            6 => format!("round({inner}, {})", self.dice.below(4)),
            7 => format!("round({inner} / {other}, {})", self.dice.below(4)),
            8 => format!(
                "round({inner}, {}, {})",
                self.dice.below(3),
                self.dice.pick(&["up", "down", "floor", "half_up"])
            ),
            9 => format!("floor({inner})"),
            10 => format!("ceil({inner})"),
            11 => format!("abs({inner})"),
            12 => format!("sum({})", self.list(depth - 1)),
            13 => format!("(max([{inner}, {other}]) ?? 0)"),
            14 => format!("(min([{inner}, {other}]) ?? 0)"),
            15 => format!("(max({}) ?? {inner})", self.list(depth - 1)),
            16 => format!("count({})", self.list(depth - 1)),
            17 => format!("len({})", self.text(depth - 1)),
            18 => format!("decimal({})", self.text(depth - 1)),
            19 => format!("integer({inner})"),
            20 => format!("(first({}) ?? {inner})", self.list(depth - 1)),
            _ => self.choice(Kind::Number, depth - 1),
        }
    }

    fn list(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.field(Kind::List);
        }
        let inner = self.list(depth - 1);
        let item = *self.dice.pick(&[Kind::Text, Kind::Number]);
        match self.choose(20) {
            18 => self.guarded(Kind::List, &inner),
            19 => format!("{inner}[].b"),
            16 => format!("sort_by([{}, {}], it -> it)", self.number(0), self.number(depth - 1)),
            17 => format!("[{}, {}]", self.field(Kind::Number), self.text(depth - 1)),
            0 => format!("filter({inner}, it -> {})", self.condition(0)),
            1 => format!("map({inner}, it -> it)"),
            2 => format!("map({inner}, it -> {})", self.of(item, depth - 1)),
            3 => format!("distinct({inner})"),
            4 => format!("sort_by({inner}, it -> it)"),
            5 => format!("sort_by({inner}, it -> {}, descending)", self.of(item, 0)),
            6 => format!("append({inner}, {})", self.of(item, depth - 1)),
            7 => format!("concat({inner}, {})", self.list(depth - 1)),
            8 => format!("flatten([{inner}, {}])", self.list(depth - 1)),
            9 => format!("[{}, {}]", self.of(item, depth - 1), self.of(item, depth - 1)),
            10 => format!("[{}]", self.number(depth - 1)),
            11 => format!("split({}, \"-\")", self.text(depth - 1)),
            12 => format!("each {inner} as it at n {{ a: {}, b: n }}", self.of(item, depth - 1)),
            13 => {
                format!("each {inner} as it where {} {{ a: it.a, b: {} }}", self.condition(0), self.number(0))
            }
            14 => format!("{inner}[].a"),
            _ => self.choice(Kind::List, depth - 1),
        }
    }

    fn object(&mut self, depth: usize) -> String {
        if depth == 0 || self.dice.one_in(3) {
            return self.field(Kind::Object);
        }
        let kind = *self.dice.pick(&[Kind::Text, Kind::Number]);
        match self.dice.below(4) {
            0 => format!("{{ a: {} }}", self.of(kind, depth - 1)),
            1 => format!("{{ a: {}, b: {} }}", self.of(kind, depth - 1), self.number(depth - 1)),
            2 => format!("{{ a: {}, b: ({}) ?? omit }}", self.text(depth - 1), self.text(depth - 1)),
            _ => self.choice(Kind::Object, depth - 1),
        }
    }
}
