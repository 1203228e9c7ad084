//! Coverage as a table for people and as data for scripts.

use std::fmt::Write as _;
use std::sync::Arc;

use super::coverage::{Coverage, Covered, Missed, Rows, Share};
use crate::value::{Number, Value};

impl Coverage {
    /// A line per mapping and per table, then what is not covered.
    pub fn text(&self) -> String {
        let names = self.mappings.iter().map(|mapping| &mapping.name);
        let names = names.chain(self.tables.iter().map(|table| &table.name));
        let width = names.map(|name| name.chars().count()).max().unwrap_or(0).max("mapping".len());
        let mut out = format!("  {:<width$}  {:>9}  {:>9}  {:>7}\n", "mapping", "fields", "branches", "all");
        for mapping in &self.mappings {
            out += &line(&mapping.name, width, mapping.fields, mapping.branches);
        }
        let sum = |share: fn(&Covered) -> Share| {
            let shares = self.mappings.iter().map(share);
            shares.fold(Share::default(), |sum, share| Share {
                hit: sum.hit + share.hit,
                all: sum.all + share.all,
            })
        };
        out += &line("all", width, sum(|mapping| mapping.fields), sum(|mapping| mapping.branches));
        if !self.tables.is_empty() {
            let _ = writeln!(out, "\n  {:<width$}  {:>9}", "table", "rows");
        }
        for table in &self.tables {
            let _ = writeln!(out, "  {:<width$}  {:>9}", table.name, share(table.rows));
        }
        out + &self.missed()
    }

    fn missed(&self) -> String {
        let mut out = String::new();
        for missed in self.mappings.iter().flat_map(|mapping| &mapping.missed) {
            let colon = if missed.words.starts_with("is ") { " " } else { ": " };
            let field = match missed.field.is_empty() {
                true => String::new(),
                false => format!("`{}`{colon}", missed.field),
            };
            let _ = writeln!(out, "  {}  {field}{}", missed.at, missed.words);
        }
        for table in self.tables.iter().filter(|table| !table.missed.is_empty()) {
            let more = table.rows.all - table.rows.hit - table.missed.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let _ =
                writeln!(out, "  tables/{}.csv  never found: {}{more}", table.name, table.missed.join("; "));
        }
        if out.is_empty() { out } else { format!("\nnot covered\n{out}") }
    }

    /// The same, as data.
    pub fn value(&self) -> Value {
        let mappings = self.mappings.iter().map(mapping_value).collect();
        let tables = self.tables.iter().map(table_value).collect();
        object(vec![
            ("percent", percent(self.share())),
            ("mappings", Value::array(mappings)),
            ("tables", Value::array(tables)),
        ])
    }
}

fn line(name: &str, width: usize, fields: Share, branches: Share) -> String {
    let all = Share { hit: fields.hit + branches.hit, all: fields.all + branches.all };
    format!("  {name:<width$}  {:>9}  {:>9}  {:>7}\n", share(fields), share(branches), percent_text(all))
}

fn share(share: Share) -> String {
    format!("{}/{}", share.hit, share.all)
}

/// `87.5 %`, rounded down.
pub fn percent_text(share: Share) -> String {
    let tenths = share.per_mille();
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn percent(share: Share) -> Value {
    let tenths = share.per_mille();
    let text = format!("{}.{}", tenths / 10, tenths % 10);
    Number::parse_decimal(&text).map_or(Value::Null, Value::Number)
}

fn object(members: Vec<(&str, Value)>) -> Value {
    members.into_iter().map(|(name, value)| (Arc::from(name), value)).collect()
}

fn share_value(share: Share) -> Value {
    object(vec![("covered", Value::from(share.hit as i64)), ("of", Value::from(share.all as i64))])
}

fn mapping_value(mapping: &Covered) -> Value {
    object(vec![
        ("mapping", Value::from(&*mapping.name)),
        ("percent", percent(mapping.share())),
        ("fields", share_value(mapping.fields)),
        ("branches", share_value(mapping.branches)),
        ("missed", Value::array(mapping.missed.iter().map(missed_value).collect())),
    ])
}

fn missed_value(missed: &Missed) -> Value {
    object(vec![
        ("at", Value::from(missed.at.as_str())),
        ("field", Value::from(&*missed.field)),
        ("why", Value::from(missed.words.as_str())),
    ])
}

fn table_value(table: &Rows) -> Value {
    let missed = table.missed.iter().map(|key| Value::from(key.as_str())).collect();
    object(vec![
        ("table", Value::from(&*table.name)),
        ("rows", share_value(table.rows)),
        ("missed", Value::array(missed)),
    ])
}
