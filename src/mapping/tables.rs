//! Code tables: CSV files looked up by key.
//!
//! The first line names the columns. `rate:decimal` gives a column a type (text unless said:
//! `decimal`, `integer`, `boolean`, `date`). A `*` before a name makes the column a part of the key;
//! without one, the first column is the key. A blank cell is absent.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::eval::Observer;
use super::stdlib::{canonical, canonical_text};
use crate::config::TextFile;
use crate::diagnostic::{Diagnostic, Span, codes};
use crate::schema::{Field, ObjectType, TextType, Type};
use crate::value::{Map, Number, Value};

/// Rows and columns of one table, at most.
const ROWS: usize = 200_000;
const COLUMNS: usize = 64;
/// A text column of at most so many different values is an enumeration to the checker.
const VALUES: usize = 64;
/// Findings of one table, at most.
const FINDINGS: usize = 20;

/// Every table of a project, by name. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    tables: BTreeMap<Arc<str>, Arc<Table>>,
    observer: OnceLock<Arc<dyn Observer>>,
}

/// One table: rows found by key.
#[derive(Debug)]
pub struct Table {
    pub name: Arc<str>,
    /// All columns, in the order of the file.
    pub columns: Vec<Column>,
    /// Which columns make the key, in order.
    pub keys: Vec<usize>,
    rows: HashMap<String, Value>,
    /// The rows of each beginning of a key of several columns, in the order of the file.
    beginnings: HashMap<String, Vec<Value>>,
    /// Where each text of a column with few texts stands first.
    cells: HashMap<Arc<str>, Span>,
    /// The type of a row.
    pub row: Type,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: Arc<str>,
    pub kind: ColumnKind,
    /// Rows in which it is blank.
    pub blanks: usize,
}

/// What a column's cells are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    Text,
    Decimal,
    Integer,
    Boolean,
    Date,
}

impl ColumnKind {
    // Sorted by name.
    const ALL: &'static [(&'static str, ColumnKind)] = &[
        ("boolean", ColumnKind::Boolean),
        ("date", ColumnKind::Date),
        ("decimal", ColumnKind::Decimal),
        ("integer", ColumnKind::Integer),
        ("text", ColumnKind::Text),
    ];

    fn read(self, cell: &str) -> Option<Value> {
        match self {
            ColumnKind::Text => Some(Value::from(cell)),
            ColumnKind::Decimal => Number::parse_decimal(cell).map(Value::Number),
            ColumnKind::Integer => cell.parse::<i64>().ok().map(Value::from),
            ColumnKind::Boolean => cell.parse::<bool>().ok().map(Value::from),
            ColumnKind::Date => cell.parse::<jiff::civil::Date>().ok().map(|_| Value::from(cell)),
        }
    }

    fn name(self) -> &'static str {
        ColumnKind::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    fn ty(self) -> Type {
        match self {
            ColumnKind::Text => Type::text(),
            ColumnKind::Decimal => Type::number(),
            ColumnKind::Integer => Type::integer(),
            ColumnKind::Boolean => Type::Boolean,
            ColumnKind::Date => Type::formatted("date"),
        }
    }
}

impl Tables {
    /// Reads all tables. A table with errors is left out.
    pub fn compile(files: &[TextFile]) -> (Tables, Vec<Diagnostic>) {
        let mut findings = Vec::new();
        let mut tables = BTreeMap::new();
        for file in files {
            let before = findings.len();
            let table = read(file, &mut findings);
            if let Some(table) = table.filter(|_| findings.len() == before) {
                tables.insert(table.name.clone(), Arc::new(table));
            }
        }
        (Tables { tables, observer: OnceLock::new() }, findings)
    }

    /// From now on `observer` watches every evaluation that may ask these tables; the first one stays.
    pub fn watched_by(&self, observer: Arc<dyn Observer>) {
        let _ = self.observer.set(observer);
    }

    /// Who watches.
    pub(super) fn observer(&self) -> Option<&dyn Observer> {
        self.observer.get().map(|observer| &**observer)
    }

    /// The table called `name`.
    pub fn get(&self, name: &str) -> Option<&Arc<Table>> {
        self.tables.get(name)
    }

    /// Every name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.tables.keys()
    }
}

impl Table {
    /// The row with these keys, in the order of the key columns.
    pub fn lookup(&self, keys: &[Value]) -> Option<&Value> {
        self.rows.get(&key_text(keys))
    }

    /// The rows whose keys begin with these, in the order of the file.
    pub fn lookup_all(&self, keys: &[Value]) -> &[Value] {
        let key = key_text(keys);
        let whole = || self.rows.get(&key).map(std::slice::from_ref);
        self.beginnings.get(&key).map(Vec::as_slice).or_else(whole).unwrap_or_default()
    }

    /// The key of a row.
    pub fn keys_of(&self, row: &Value) -> Vec<Value> {
        let columns = self.keys.iter().filter_map(|at| self.columns.get(*at));
        columns.filter_map(|column| row.get(&column.name).cloned()).collect()
    }

    /// Every row with the text of its key, by which [`Table::key`] knows it.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.rows.iter().map(|(key, row)| (key.as_str(), row))
    }

    /// Equal keys have equal texts.
    pub fn key(keys: &[Value]) -> String {
        key_text(keys)
    }

    /// The row whose only key is a text.
    pub fn lookup_text(&self, key: &str) -> Option<&Value> {
        let mut text = String::with_capacity(key.len() + 8);
        canonical_text(key, &mut text);
        self.rows.get(&text)
    }

    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }

    /// The line of the first row that holds a text, where it is one of few.
    pub fn cell(&self, text: &str) -> Option<Span> {
        self.cells.get(text).copied()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

struct Reader<'f> {
    file: &'f TextFile,
    findings: &'f mut Vec<Diagnostic>,
    cells: HashMap<Arc<str>, Span>,
}

fn read(file: &TextFile, findings: &mut Vec<Diagnostic>) -> Option<Table> {
    let mut reader = Reader { file, findings, cells: HashMap::new() };
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let shift = file.text.len() - text.len();
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::None)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut records = csv.records();
    let header = match records.next() {
        Some(Ok(header)) => header,
        _ => {
            reader.note(0, 0, "the table has no line of column names".to_owned());
            return None;
        }
    };
    let (mut columns, keys) = reader.columns(&header)?;
    let mut rows: HashMap<String, Value> = HashMap::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    let mut beginnings: HashMap<String, Vec<Value>> = HashMap::new();
    for (count, record) in records.enumerate() {
        let Ok(record) = record else {
            reader.note(0, 0, "the table is not valid CSV text".to_owned());
            return None;
        };
        let start = record.position().map_or(0, |position| position.byte() as usize) + shift;
        if count >= ROWS {
            reader.note(start, start, format!("a table has at most {ROWS} rows"));
            return None;
        }
        if reader.findings.len() >= FINDINGS {
            return None;
        }
        let Some((cells, row)) = reader.row(&record, start, &mut columns, &keys) else { continue };
        let key = key_text(&cells);
        match lines.get(&key) {
            Some(first) => reader.duplicate(&cells, *first, start),
            None => {
                lines.insert(key.clone(), start);
                for count in 1..cells.len() {
                    beginnings.entry(key_text(&cells[..count])).or_default().push(row.clone());
                }
                rows.insert(key, row);
            }
        }
    }
    let row = row_type(&file.name, &columns, &keys, &rows);
    let cells = reader.cells;
    Some(Table { name: file.name.clone(), columns, keys, rows, beginnings, cells, row })
}

impl Reader<'_> {
    fn line(&self, start: usize) -> Span {
        let start = start.min(self.file.text.len());
        // The csv crate gives the place before the empty lines that it skips.
        let rest = &self.file.text.as_bytes()[start..];
        let start = start + rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let rest = &self.file.text.as_bytes()[start..];
        let end = start + rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        Span::new(self.file.source, start, end)
    }

    fn note(&mut self, start: usize, _end: usize, message: String) {
        let span = self.line(start);
        self.findings.push(Diagnostic::new(&codes::BAD_TABLE, span, message));
    }

    fn help(&mut self, help: &str) {
        if let Some(finding) = self.findings.last_mut() {
            finding.help.push(help.to_owned());
        }
    }

    /// Spaces around a cell are for the eye, and are left out; those inside its quotes could be meant.
    fn trimmed<'c>(&mut self, cell: &'c str, start: usize) -> &'c str {
        let trimmed = cell.trim();
        let line = self.line(start);
        let written = self.file.text.get(line.start as usize..line.end as usize).unwrap_or_default();
        if trimmed != cell && written.contains(&format!("\"{cell}\"")) {
            self.note(start, start, format!("`\"{cell}\"` has spaces inside its quotes"));
            self.help("remove them: a key with spaces around it would never be found");
        }
        trimmed
    }

    fn duplicate(&mut self, key: &[Value], first: usize, second: usize) {
        let key = key.iter().map(|value| format!("`{}`", plain(value))).collect::<Vec<_>>().join(", ");
        let message = format!("the key {key} stands in the table twice");
        let (first, second) = (self.line(first), self.line(second));
        let finding = Diagnostic::new(&codes::DUPLICATE_ROW, second, message);
        self.findings.push(
            finding
                .related(first, "the first row with this key")
                .help("remove one row, or mark further key columns with `*` before their names"),
        );
    }

    fn columns(&mut self, header: &csv::StringRecord) -> Option<(Vec<Column>, Vec<usize>)> {
        let before = self.findings.len();
        let mut columns: Vec<Column> = Vec::new();
        let mut keys = Vec::new();
        if let [only] = header.iter().collect::<Vec<_>>().as_slice()
            && let Some(other) = [';', '\t', '|'].into_iter().find(|other| only.contains(*other))
        {
            let shown = if other == '\t' { "a tab".to_owned() } else { format!("`{other}`") };
            self.note(0, 0, format!("the cells are separated by {shown}, not by `,`"));
            self.help("separate cells by commas; a spreadsheet saves them so as \"CSV (comma delimited)\"");
            return None;
        }
        for (at, cell) in header.iter().map(str::trim).take(COLUMNS + 1).enumerate() {
            let (is_key, cell) = cell.strip_prefix('*').map_or((false, cell), |rest| (true, rest));
            let (name, kind) = cell.split_once(':').unwrap_or((cell, "text"));
            let known =
                ColumnKind::ALL.iter().find(|(known, _)| *known == kind.trim()).map(|(_, kind)| *kind);
            if known.is_none() {
                self.note(0, 0, format!("`{}` is no type of a column", kind.trim()));
                self.help("write boolean, date, decimal, integer or text");
            }
            let name = name.trim();
            if name.is_empty() || columns.iter().any(|column| &*column.name == name) {
                self.note(0, 0, format!("column {} has no name of its own", at + 1));
            }
            if is_key {
                keys.push(at);
            }
            columns.push(Column { name: name.into(), kind: known.unwrap_or(ColumnKind::Text), blanks: 0 });
        }
        if columns.len() > COLUMNS {
            self.note(0, 0, format!("a table has at most {COLUMNS} columns"));
        }
        if keys.is_empty() {
            keys.push(0);
        }
        (self.findings.len() == before).then_some((columns, keys))
    }

    fn row(
        &mut self,
        record: &csv::StringRecord,
        start: usize,
        columns: &mut [Column],
        keys: &[usize],
    ) -> Option<(Vec<Value>, Value)> {
        if record.len() != columns.len() {
            let message =
                format!("this row has {} cells, but there are {} columns", record.len(), columns.len());
            self.note(start, start, message);
            return None;
        }
        let mut row = Map::with_capacity(columns.len());
        let mut key = Vec::with_capacity(keys.len());
        for (at, (cell, column)) in record.iter().zip(columns.iter_mut()).enumerate() {
            let cell = self.trimmed(cell, start);
            let is_key = keys.contains(&at);
            if cell.is_empty() {
                column.blanks += 1;
                if is_key {
                    self.note(start, start, format!("the key column `{}` is blank in this row", column.name));
                    return None;
                }
                continue;
            }
            let Some(value) = column.kind.read(cell) else {
                let message = format!("`{cell}` in column `{}` is no {}", column.name, column.kind.name());
                self.note(start, start, message);
                return None;
            };
            if is_key {
                key.push(value.clone());
            }
            if let (ColumnKind::Text, true, Value::String(text)) =
                (column.kind, self.cells.len() <= VALUES * 4, &value)
            {
                let line = self.line(start);
                self.cells.entry(text.clone()).or_insert(line);
            }
            row.insert(column.name.clone(), value);
        }
        Some((key, Value::object(row)))
    }
}

/// Equal keys give equal texts.
fn key_text(keys: &[Value]) -> String {
    let mut text = String::new();
    keys.iter().for_each(|key| canonical(key, &mut text));
    text
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        other => other.kind().name().to_owned(),
    }
}

fn row_type(name: &str, columns: &[Column], keys: &[usize], rows: &HashMap<String, Value>) -> Type {
    let field = |(at, column): (usize, &Column)| {
        let ty = match column.kind {
            ColumnKind::Text => text_type(&column.name, rows),
            kind => kind.ty(),
        };
        (column.name.clone(), Field { ty, required: column.blanks == 0 || keys.contains(&at) })
    };
    Type::Object(Arc::new(ObjectType {
        name: Some(format!("table `{name}`").into()),
        fields: columns.iter().enumerate().map(field).collect(),
        ..ObjectType::default()
    }))
}

/// The values of a text column, when they are few; else how long they are.
fn text_type(column: &str, rows: &HashMap<String, Value>) -> Type {
    let mut values: Vec<Arc<str>> = Vec::new();
    let (mut shortest, mut longest, mut few) = (usize::MAX, 0, true);
    for row in rows.values() {
        let Some(Value::String(text)) = row.get(column) else { continue };
        let length = text.chars().count();
        (shortest, longest) = (shortest.min(length), longest.max(length));
        if few && !values.contains(text) {
            values.push(text.clone());
            few = values.len() <= VALUES;
        }
    }
    values.sort();
    Type::Text(Arc::new(TextType {
        min_length: (longest > 0).then_some(shortest),
        max_length: (longest > 0).then_some(longest),
        values: (few && !values.is_empty()).then_some(values),
        ..TextType::default()
    }))
}
