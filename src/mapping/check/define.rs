//! Definitions from their syntax: names, types of parameters, order, cycles, and the check of each body.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::defs::{DEPTH, Def, Defs, Gives, Parameter};
use super::scope::Checker;
use crate::diagnostic::{Severity, codes};
use crate::mapping::calls::{calls, parts};
use crate::mapping::stdlib;
use crate::mapping::syntax::{self, Word};

/// Definitions in one file, at most.
const MOST: usize = 1_000;

/// The definitions of one file, and what they may use besides each other.
pub(super) struct Unit<'s> {
    pub defs: &'s [syntax::Def],
    /// Files of the same round whose definitions it uses, by place.
    pub uses: Vec<usize>,
    /// Definitions that are ready.
    pub ready: Arc<Defs>,
    pub tables: Vec<Arc<str>>,
}

/// One definition of a round: its file and its place there.
type Key = (usize, usize);

/// Checks the definitions of files that may use each other; gives those of each file.
pub(super) fn define(checker: &mut Checker<'_>, units: &[Unit<'_>]) -> Vec<Defs> {
    let names: Vec<BTreeMap<Arc<str>, usize>> =
        units.iter().map(|unit| checker.names_of(unit.defs)).collect();
    let mut round = Round { units, names: &names, calls: BTreeMap::new(), done: BTreeMap::new() };
    for (file, own) in names.iter().enumerate() {
        for place in own.values() {
            let calls = round.calls_of((file, *place));
            round.calls.insert((file, *place), calls);
        }
    }
    round.run(checker);
    let mut found: Vec<Defs> = units.iter().map(|_| Defs::new()).collect();
    for ((file, _), def) in round.done {
        found[file].insert(def.name.text.clone(), def);
    }
    found
}

/// What may be checked, and what waits for which.
struct Queue {
    ready: Vec<Key>,
    callers: BTreeMap<Key, Vec<Key>>,
    /// How many callees each definition waits for.
    waits: BTreeMap<Key, usize>,
}

impl Queue {
    fn new(calls: &BTreeMap<Key, BTreeSet<Key>>) -> Queue {
        let mut callers: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
        for (key, called) in calls {
            called.iter().for_each(|called| callers.entry(*called).or_default().push(*key));
        }
        let waits: BTreeMap<Key, usize> = calls.iter().map(|(key, called)| (*key, called.len())).collect();
        let ready = waits.iter().filter(|(_, waits)| **waits == 0).map(|(key, _)| *key).collect();
        Queue { ready, callers, waits }
    }

    /// Whoever calls `key` need not wait for it any more.
    fn release(&mut self, key: Key) {
        for caller in self.callers.get(&key).into_iter().flatten() {
            let Some(waits) = self.waits.get_mut(caller) else { continue };
            *waits = waits.saturating_sub(1);
            if *waits == 0 {
                self.ready.push(*caller);
            }
        }
    }
}

struct Round<'r, 's> {
    units: &'r [Unit<'s>],
    names: &'r [BTreeMap<Arc<str>, usize>],
    /// What each definition calls.
    calls: BTreeMap<Key, BTreeSet<Key>>,
    done: BTreeMap<Key, Arc<Def>>,
}

impl Round<'_, '_> {
    /// What a name means in a file: a definition of this round.
    fn resolve(&self, file: usize, name: &str) -> Option<Key> {
        let files = std::iter::once(file).chain(self.units[file].uses.iter().copied());
        files.filter_map(|file| Some((file, *self.names[file].get(name)?))).next()
    }

    fn syntax(&self, (file, place): Key) -> &syntax::Def {
        &self.units[file].defs[place]
    }

    fn calls_of(&self, key: Key) -> BTreeSet<Key> {
        let mut found = BTreeSet::new();
        calls(&self.syntax(key).body, &mut |name| found.extend(self.resolve(key.0, &name.text)));
        found
    }

    /// What is called first, then what calls it. What is left over calls itself.
    fn run(&mut self, checker: &mut Checker<'_>) {
        let mut queue = Queue::new(&self.calls);
        loop {
            while let Some(key) = queue.ready.pop() {
                if !self.done.contains_key(&key) {
                    let def = self.check(checker, key);
                    self.done.insert(key, Arc::new(def));
                    queue.release(key);
                }
            }
            let Some(cycle) = self.cycle() else { return };
            self.note_cycle(checker, &cycle);
            for key in &cycle {
                let broken = self.broken(checker, *key);
                self.done.insert(*key, Arc::new(broken));
            }
            cycle.into_iter().for_each(|key| queue.release(key));
        }
    }

    /// A definition that waits for itself, and what it goes through.
    fn cycle(&self) -> Option<Vec<Key>> {
        let start = self.calls.keys().find(|key| !self.done.contains_key(key))?;
        let mut path = vec![*start];
        let mut at = BTreeMap::from([(*start, 0)]);
        loop {
            let next = self.calls.get(path.last()?)?.iter().find(|key| !self.done.contains_key(key))?;
            if let Some(first) = at.get(next) {
                return Some(path.split_off(*first));
            }
            at.insert(*next, path.len());
            path.push(*next);
        }
    }

    fn note_cycle(&self, checker: &mut Checker<'_>, cycle: &[Key]) {
        let first = cycle.iter().min_by_key(|key| **key).copied().unwrap_or_default();
        let start = cycle.iter().position(|key| *key == first).unwrap_or(0);
        let names: Vec<&str> = cycle[start..]
            .iter()
            .chain(&cycle[..start])
            .chain([&first])
            .map(|key| &*self.syntax(*key).name.text)
            .collect();
        let word = &self.syntax(first).name;
        let message = format!("`{}` calls itself: `{}`", word.text, names.join("` → `"));
        checker
            .note(&codes::DEF_CYCLE, word.span, message)
            .help
            .push("a definition ends: go through a list with `map`, `filter` or `each`".to_owned());
    }

    fn broken(&self, checker: &mut Checker<'_>, key: Key) -> Def {
        let syntax = self.syntax(key);
        let found = checker.findings.len();
        let parameters = checker.parameters(syntax);
        checker.findings.truncate(found);
        let called = self.calls[&key].iter().map(|called| self.syntax(*called).name.span);
        checker.calls.called.extend(called);
        self.def(key, parameters, Arc::default())
    }

    fn def(&self, key: Key, parameters: Vec<Parameter>, defs: Arc<Defs>) -> Def {
        let syntax = self.syntax(key);
        let below = self.calls[&key].iter().filter_map(|called| self.done.get(called));
        let imported = defs.values().map(|def| def.depth);
        let deepest = below.map(|def| def.depth).chain(imported).max().unwrap_or(0);
        Def {
            name: syntax.name.clone(),
            parameters,
            body: syntax.body.clone(),
            depth: syntax.depth + 1 + deepest,
            parts: parts(&syntax.body),
            defs,
            tables: self.units[key.0].tables.clone(),
            result: None,
        }
    }

    /// A definition whose callees are ready.
    fn check(&self, checker: &mut Checker<'_>, key: Key) -> Def {
        let syntax = self.syntax(key);
        let found = checker.findings.len();
        let parameters = checker.parameters(syntax);
        let mut defs = Defs::new();
        calls(&syntax.body, &mut |name| {
            let ready = || self.units[key.0].ready.get(&name.text).cloned();
            let def = match self.resolve(key.0, &name.text) {
                Some(key) => self.done.get(&key).cloned(),
                None => ready(),
            };
            defs.extend(def.map(|def| (name.text.clone(), def)));
        });
        let mut def = self.def(key, parameters, Arc::new(defs));
        if def.depth > DEPTH {
            let message = format!(
                "more than {DEPTH} expressions inside each other, with what `{}` calls",
                def.name.text
            );
            checker.note(&codes::TOO_COMPLEX, def.name.span, message);
            // What calls it is not also too deep, and what it calls is called.
            def.depth = 0;
            checker.calls.called.extend(def.defs.values().map(|called| called.name.span));
        } else {
            def.result = checker.body_of(&def);
        }
        if checker.findings.iter().skip(found).any(|finding| finding.severity() == Severity::Error) {
            def.result = None;
        }
        if def.result.is_none() {
            def.defs = Arc::default();
        }
        def
    }
}

impl Checker<'_> {
    /// The names that a file defines; what is taken already is noted.
    fn names_of(&mut self, defs: &[syntax::Def]) -> BTreeMap<Arc<str>, usize> {
        let mut names: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        if let Some(def) = defs.get(MOST) {
            let message = format!("more than {MOST} definitions in one file");
            self.note(&codes::TOO_COMPLEX, def.name.span, message);
        }
        for (place, def) in defs.iter().enumerate().take(MOST) {
            let word = &def.name;
            if stdlib::names().any(|name| name == &*word.text) {
                let message = format!("there is a function `{}` already", word.text);
                self.note(&codes::DUPLICATE_NAME, word.span, message)
                    .help
                    .push("give it another name".to_owned());
            } else if let Some(first) = names.get(&word.text) {
                let first = defs[*first].name.span;
                self.second_def(word, first);
            } else {
                names.insert(word.text.clone(), place);
            }
        }
        names
    }

    /// Notes a definition whose name another one has.
    pub(super) fn second_def(&mut self, word: &Word, first: crate::diagnostic::Span) {
        let message = format!("there are two definitions `{}`", word.text);
        let finding = self.note(&codes::DUPLICATE_NAME, word.span, message);
        finding.related.push((first, "the first one".to_owned()));
        finding.help.push("give one of them another name".to_owned());
    }

    /// Checks a body for parameters of the declared types.
    fn body_of(&mut self, def: &Def) -> Option<Gives> {
        let outer = std::mem::take(&mut self.known);
        let defs = std::mem::replace(&mut self.defs, def.defs.clone());
        let tables = self.tables.replace(def.tables.clone());
        let defining = std::mem::replace(&mut self.calls.defining, true);
        for to in &def.parameters {
            self.declare(&to.name, to.ty.clone(), to.optional, None, None);
        }
        let typed = self.expr(&def.body);
        self.known = outer;
        self.defs = defs;
        self.tables = tables;
        self.calls.defining = defining;
        Some(Gives { ty: typed.ty, absent: typed.absent, fallible: typed.fallible })
    }
}
