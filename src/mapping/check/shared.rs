//! Files of definitions that mappings `use`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::define::{Unit, define};
use super::defs::Defs;
use super::scope::Checker;
use super::{Environment, Scope};
use crate::config::TextFile;
use crate::diagnostic::{Diagnostic, Span, codes, nearest};
use crate::mapping::parse;
use crate::mapping::syntax::{self, SharedFile, Word};

/// The definitions of a project that mappings may use, checked.
#[derive(Debug, Default)]
pub struct Shared {
    files: BTreeMap<Arc<str>, File>,
    /// What its definitions call of each other.
    calls: BTreeSet<Span>,
    /// Whether a file could not be read at all.
    unread: bool,
}

#[derive(Debug)]
struct File {
    defs: Arc<Defs>,
    tables: Vec<Arc<str>>,
    /// Whether all of it could be read.
    whole: bool,
}

impl Shared {
    /// Whether a text, by its first line, holds definitions for others and no mapping.
    pub fn is_shared(text: &str) -> bool {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let head = lines.clone().find(|line| !line.is_empty() && !line.starts_with('#'));
        head.is_some_and(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some("shared") && words.next().is_some_and(|word| !word.starts_with(':'))
        })
    }

    /// Reads and checks the files of definitions among `files`.
    pub fn compile(files: &[TextFile], environment: &Environment<'_>) -> (Shared, Vec<Diagnostic>) {
        let mut checker = Checker::new(&Scope::new(), environment, Some(Vec::new()));
        let mut read: Vec<SharedFile> = Vec::new();
        let mut torn: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut unread = false;
        for file in files.iter().filter(|file| Shared::is_shared(&file.text)) {
            let (syntax, findings) = parse::parse_shared(file.source, &file.text);
            let Some(syntax) = syntax else {
                unread = true;
                checker.findings.extend(findings);
                continue;
            };
            if !findings.is_empty() {
                torn.insert(syntax.name.text.clone());
            }
            checker.findings.extend(findings);
            match read.iter().find(|known| known.name.text == syntax.name.text) {
                Some(first) => second_file(&mut checker, &syntax.name, &first.name),
                None => read.push(syntax),
            }
        }
        let units: Vec<Unit<'_>> = read.iter().map(|file| unit(&mut checker, file, &read)).collect();
        let defined = define(&mut checker, &units);
        let known: Vec<Arc<str>> = defined.iter().flat_map(|defs| defs.keys().cloned()).collect();
        checker.suggest(&known);
        let tables = |file: &SharedFile| file.tables.iter().map(|word| word.text.clone()).collect();
        let found = read.iter().zip(defined);
        let files = found
            .map(|(file, defs)| {
                let name = file.name.text.clone();
                let whole = !torn.contains(&name);
                (name, File { defs: Arc::new(defs), tables: tables(file), whole })
            })
            .collect();
        (Shared { files, calls: checker.calls.called, unread }, checker.findings)
    }

    /// Tables that used files name.
    pub(super) fn tables<'s>(&'s self, uses: &'s [Word]) -> impl Iterator<Item = Arc<str>> + 's {
        uses.iter().filter_map(|word| self.files.get(&word.text)).flat_map(|file| file.tables.iter().cloned())
    }

    /// Warns of definitions that neither `called` nor each other has.
    pub fn unused(&self, called: &BTreeSet<Span>) -> Vec<Diagnostic> {
        let defs = self.files.values().flat_map(|file| file.defs.values());
        let unused =
            defs.filter(|def| !called.contains(&def.name.span) && !self.calls.contains(&def.name.span));
        unused.map(|def| unused_def(&def.name)).collect()
    }
}

fn second_file(checker: &mut Checker<'_>, name: &Word, first: &Word) {
    let message = format!("there are two shared files `{}`", name.text);
    let finding = checker.note(&codes::DUPLICATE_NAME, name.span, message);
    finding.related.push((first.span, "the first one".to_owned()));
    finding.help.push("give one of them another name".to_owned());
}

fn unit<'s>(checker: &mut Checker<'_>, file: &'s SharedFile, all: &[SharedFile]) -> Unit<'s> {
    checker.header_tables(&file.tables);
    let mut uses = Vec::new();
    for word in &file.uses {
        match all.iter().position(|known| known.name.text == word.text) {
            Some(at) => uses.push(at),
            None => checker.unknown_shared(word, all.iter().map(|file| &*file.name.text)),
        }
    }
    let tables = file.tables.iter().map(|word| word.text.clone()).collect();
    Unit { defs: &file.defs, uses, ready: Arc::default(), tables }
}

fn unused_def(name: &Word) -> Diagnostic {
    let message = format!("nothing calls `{}`", name.text);
    Diagnostic::new(&codes::UNUSED_DEF, name.span, message).help("call it, or remove it")
}

impl Checker<'_> {
    fn unknown_shared<'n>(&mut self, word: &Word, known: impl Iterator<Item = &'n str>) {
        let known: Vec<String> = known.map(str::to_owned).collect();
        let near = nearest(&word.text, known.iter().map(String::as_str));
        let near = near.map(|near| format!("did you mean `{near}`?"));
        let message = format!("there is no shared file `{}`", word.text);
        let finding = self.note(&codes::UNKNOWN_SHARED, word.span, message);
        if near.is_none() {
            let help = "definitions for several mappings stand in a file of their own, which begins with";
            finding.help.push(format!("{help} `shared {}`", word.text));
        }
        finding.label = near;
    }

    /// The definitions of the files that a mapping uses.
    pub(super) fn uses(&mut self, uses: &[Word], shared: &Shared) -> Arc<Defs> {
        let mut found = Defs::new();
        for word in uses {
            let Some(file) = shared.files.get(&word.text) else {
                if !shared.unread {
                    self.unknown_shared(word, shared.files.keys().map(|name| &**name));
                }
                continue;
            };
            for (name, def) in file.defs.iter() {
                match found.get(name).map(|first| first.name.span) {
                    Some(first) if first != def.name.span => {
                        self.second_def(&Word { text: name.clone(), span: word.span }, first)
                    }
                    _ => drop(found.insert(name.clone(), def.clone())),
                }
            }
        }
        Arc::new(found)
    }

    /// Checks a mapping's own definitions, and puts them and those it uses in scope.
    pub(super) fn own_defs(&mut self, defs: &[syntax::Def], uses: &Arc<Defs>) -> Defs {
        let tables = self.tables.clone().unwrap_or_default();
        let unit = Unit { defs, uses: Vec::new(), ready: uses.clone(), tables };
        let own = define(self, &[unit]).pop().unwrap_or_default();
        let mut all = (**uses).clone();
        for (name, def) in &own {
            if let Some(first) = all.get(name).map(|first| first.name.span) {
                self.second_def(&def.name, first);
            }
            all.insert(name.clone(), def.clone());
        }
        self.defs = Arc::new(all);
        own
    }

    /// Functions that there are not: what follows from a file that could not be read or found is not said,
    /// and where a file has one, its name is.
    pub(super) fn strangers(&mut self, uses: &[Word], shared: &Shared) {
        if uses.iter().any(|word| shared.files.get(&word.text).is_none_or(|file| !file.whole)) {
            self.findings.retain(|finding| finding.code != &codes::UNKNOWN_FUNCTION);
        }
        let known: Vec<Arc<str>> = self.defs.keys().cloned().collect();
        self.suggest(&known);
        for finding in self.findings.iter_mut().filter(|finding| finding.code == &codes::UNKNOWN_FUNCTION) {
            let name = finding.message.split('`').nth(1).unwrap_or_default();
            let file = shared.files.iter().find(|(_, file)| file.defs.contains_key(name));
            if let Some((file, _)) = file {
                finding.label = None;
                finding.help =
                    vec![format!("it is defined in a shared file: write `use {file}` in the header")];
            }
        }
    }

    /// Names the definition that was likely meant: inside a definition, only what it calls was known.
    fn suggest(&mut self, known: &[Arc<str>]) {
        for finding in self.findings.iter_mut().filter(|finding| finding.code == &codes::UNKNOWN_FUNCTION) {
            let name = finding.message.split('`').nth(1).unwrap_or_default();
            if let (None, Some(near)) = (&finding.label, nearest(name, known.iter().map(|name| &**name))) {
                finding.label = Some(format!("did you mean `{near}`?"));
                finding.help.clear();
            }
        }
    }

    /// Warns of a mapping's own definitions that nothing calls, and of files that it uses for nothing.
    pub(super) fn unused(&mut self, uses: &[Word], shared: &Shared, own: &Defs) {
        for def in own.values().filter(|def| !self.calls.called.contains(&def.name.span)) {
            if !self.is_meant(&codes::UNKNOWN_FUNCTION, &def.name.text) {
                self.findings.push(unused_def(&def.name));
            }
        }
        for word in uses {
            let Some(file) = shared.files.get(&word.text) else { continue };
            if file.whole && !file.defs.values().any(|def| self.calls.called.contains(&def.name.span)) {
                let message = format!("nothing of `{}` is called here", word.text);
                self.note(&codes::UNUSED_DEF, word.span, message)
                    .help
                    .push("remove it from `use`".to_owned());
            }
        }
    }
}
