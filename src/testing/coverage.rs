//! What the tests made happen in mappings: fields written, ways taken, rows of tables found.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostic::Sources;
use crate::diagnostic::Span;
use crate::mapping::{Branch, Mapping, Observer, Table, Written};
use crate::plan::Plan;
use crate::value::Value;

/// Keys of rows that were not found are listed up to so many.
const LISTED: usize = 10;

/// Watches every evaluation of a plan.
#[derive(Debug, Default)]
pub struct Watcher {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    points: HashSet<(Span, Option<Branch>)>,
    rows: HashMap<Arc<str>, HashSet<String>>,
}

impl Watcher {
    /// From now on all evaluations of the plan are watched.
    pub fn of(plan: &Plan) -> Arc<Watcher> {
        let watcher = Arc::new(Watcher::default());
        plan.tables.watched_by(Arc::clone(&watcher) as Arc<dyn Observer>);
        watcher
    }

    fn saw(&self, key: Span, branch: Option<Branch>) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).points.insert((key, branch));
    }
}

impl Observer for Watcher {
    fn branch(&self, at: Span, branch: Branch) {
        self.saw(at, Some(branch));
    }

    fn field(&self, field: &Written<'_>) {
        if field.value.is_some() {
            self.saw(field.span, None);
        }
    }

    fn row(&self, table: &str, keys: &[Value], found: bool) {
        if found {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.rows.entry(table.into()).or_default().insert(Table::key(keys));
        }
    }
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    pub hit: usize,
    pub all: usize,
}

impl Share {
    fn count(&mut self, hit: bool) {
        self.hit += usize::from(hit);
        self.all += 1;
    }

    fn and(self, other: Share) -> Share {
        Share { hit: self.hit + other.hit, all: self.all + other.all }
    }

    /// In tenths of a percent, rounded down; all of nothing is everything.
    pub fn per_mille(self) -> usize {
        (self.hit * 1000).checked_div(self.all).unwrap_or(1000)
    }
}

/// What was covered of a project.
#[derive(Debug)]
pub struct Coverage {
    /// By name.
    pub mappings: Vec<Covered>,
    pub tables: Vec<Rows>,
}

/// What was covered of a mapping.
#[derive(Debug)]
pub struct Covered {
    pub name: Arc<str>,
    pub fields: Share,
    pub branches: Share,
    /// In the order of the source.
    pub missed: Vec<Missed>,
}

/// Something that no test made happen.
#[derive(Debug)]
pub struct Missed {
    /// `mappings/order.mapping:12`
    pub at: String,
    pub field: Arc<str>,
    pub words: String,
}

/// What was found in a table.
#[derive(Debug)]
pub struct Rows {
    pub name: Arc<str>,
    pub rows: Share,
    /// Keys of rows that nobody found, the first few.
    pub missed: Vec<String>,
}

impl Covered {
    /// Fields and branches together.
    pub fn share(&self) -> Share {
        self.fields.and(self.branches)
    }
}

impl Coverage {
    /// Of every mapping, and of every table that a mapping uses.
    pub fn of(plan: &Plan, sources: &Sources, watcher: &Watcher) -> Coverage {
        let seen = watcher.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mappings =
            plan.mappings.values().map(|mapping| covered(mapping, sources, &seen.points)).collect();
        let used: BTreeMap<&Arc<str>, &Arc<Table>> = plan
            .mappings
            .values()
            .flat_map(|mapping| &mapping.tables)
            .filter_map(|name| Some((name, plan.tables.get(name)?)))
            .collect();
        let nothing = HashSet::new();
        let tables = used.values().map(|table| rows(table, seen.rows.get(&table.name).unwrap_or(&nothing)));
        Coverage { mappings, tables: tables.collect() }
    }

    /// Fields and branches of all mappings together. Rows do not count: data grows while the gateway runs.
    pub fn share(&self) -> Share {
        self.mappings.iter().fold(Share::default(), |sum, mapping| sum.and(mapping.share()))
    }
}

fn covered(mapping: &Mapping, sources: &Sources, seen: &HashSet<(Span, Option<Branch>)>) -> Covered {
    let mut covered = Covered {
        name: mapping.name.clone(),
        fields: Share::default(),
        branches: Share::default(),
        missed: Vec::new(),
    };
    for point in mapping.points() {
        let hit = seen.contains(&(point.key, point.branch));
        match point.branch {
            None => covered.fields.count(hit),
            Some(_) => covered.branches.count(hit),
        }
        if !hit {
            let source = sources.get(point.at.source);
            let at = source.map(|source| format!("{}:{}", source.path, source.position(point.at.start).0));
            let at = at.unwrap_or_default();
            covered.missed.push(Missed { at, field: point.field, words: point.missing });
        }
    }
    covered
}

fn rows(table: &Table, found: &HashSet<String>) -> Rows {
    let mut rows = Rows { name: table.name.clone(), rows: Share::default(), missed: Vec::new() };
    for (key, row) in table.rows() {
        let hit = found.contains(key);
        rows.rows.count(hit);
        if !hit {
            let keys = table.keys.iter().filter_map(|at| row.get(&table.columns[*at].name));
            rows.missed.push(keys.map(plain).collect::<Vec<_>>().join(", "));
        }
    }
    rows.missed.sort();
    rows.missed.truncate(LISTED);
    rows
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        other => super::compare::shown(other),
    }
}
