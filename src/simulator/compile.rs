//! A stub file becomes a [`Stub`], with every finding about it.

mod answer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::stub::{Case, Cases, Find, ListStart, NAMES, STATE, Selection, Stub, Update};
use crate::config::declarations::stub::{StubCase, StubFile, StubFind, StubState};
use crate::config::declarations::{Data, Expression, Name};
use crate::diagnostic::{Diagnostic, Severity, Sources, codes};
use crate::mapping::{self, Compiled, Context, Environment, Scope};
use crate::schema::{Field, Type};
use crate::system::{LogsIn, Operation, System};
use crate::value::Value;

/// So many records unless said.
const AT_MOST: u32 = 10_000;

/// What a stub file may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Deps<'a> {
    pub environment: Environment<'a>,
    pub systems: &'a BTreeMap<Arc<str>, Arc<System>>,
    /// The texts of the files, to say where an answer is written.
    pub sources: &'a Sources,
}

/// Compiles one stub file. With an error there is no stub.
pub fn compile(file: &StubFile, deps: &Deps<'_>) -> (Option<Stub>, Vec<Diagnostic>) {
    let mut compiler = Compiler { file, deps, findings: Vec::new() };
    let stub = compiler.stub();
    let refused = compiler.findings.iter().any(|finding| finding.severity() == Severity::Error);
    (stub.filter(|_| !refused), compiler.findings)
}

struct Compiler<'a> {
    file: &'a StubFile,
    deps: &'a Deps<'a>,
    findings: Vec<Diagnostic>,
}

impl Compiler<'_> {
    fn stub(&mut self) -> Option<Stub> {
        let file = self.file;
        let Some(system) = self.deps.systems.get(file.stub.value.as_str()) else {
            let message = format!("there is no system `{}` to stand in for", file.stub.value);
            let finding = Diagnostic::new(&codes::UNKNOWN_SYSTEM, file.stub.span, message);
            let known = self.deps.systems.keys().map(|name| &**name);
            self.findings.push(finding.nearest(&file.stub.value, known));
            return None;
        };
        let (mut lists, mut counters) = (BTreeMap::new(), BTreeMap::new());
        for (name, state) in &file.state {
            let key: Arc<str> = name.value.as_str().into();
            match &state.counter {
                Some(counter) => drop(counters.insert(key, counter.value)),
                None => drop(lists.insert(key, self.list(state))),
            }
            self.one_kind(name, state);
        }
        self.login(system);
        let mut operations = BTreeMap::new();
        for (name, cases) in &file.operations {
            if let Some(cases) = self.operation(system, name, cases) {
                operations.insert(Arc::from(name.value.as_str()), cases);
            }
        }
        let delay = file.delay.as_ref().map_or(Duration::ZERO, |delay| delay.value.0);
        Some(Stub { system: Arc::clone(system), delay, lists, counters, operations })
    }

    fn one_kind(&mut self, name: &Name, state: &StubState) {
        if state.counter.is_some() && (!state.records.is_empty() || state.at_most.is_some()) {
            let message = format!("`{}` is a counter and a list at once", name.value);
            let help = "give the counter a name of its own";
            self.findings.push(Diagnostic::new(&codes::CONFLICTING_KEYS, name.span, message).help(help));
        }
    }

    fn list(&mut self, state: &StubState) -> ListStart {
        let at_most = state.at_most.as_ref().map_or(AT_MOST, |most| most.value).max(1);
        let records = state.records.iter().filter_map(|record| self.constant(record)).collect();
        ListStart { records, at_most: at_most as usize }
    }

    /// Data that names nothing: evaluated once.
    fn constant(&mut self, data: &Data) -> Option<Value> {
        let program = self.data(data, &Scope::new())?;
        let environment = &self.deps.environment;
        let context = Context::new(crate::clock::Moment(0), environment.tables);
        program.program.eval(&[], &context).ok().flatten()
    }

    /// A system that logs in needs a stub that lets us in.
    fn login(&mut self, system: &System) {
        if system.logs_in() == LogsIn::Own && !self.file.operations.keys().any(|name| name.value == "login") {
            let message = format!("`{}` logs in, but its stub does not answer a login", system.name);
            let help = "add `login:` under `operations`, with the answer that the system file's `login` reads its session from";
            let finding = Diagnostic::new(&codes::MISSING_KEY, self.file.stub.span, message);
            self.findings.push(finding.help(help));
        }
    }

    fn operation(&mut self, system: &System, name: &Name, cases: &[StubCase]) -> Option<Cases> {
        let login = system.logs_in() != LogsIn::Never && name.value == "login";
        if system.operation(&name.value).is_none() && !login {
            let message = format!("`{}` has no operation `{}`", system.name, name.value);
            let finding = Diagnostic::new(&codes::UNKNOWN_OPERATION, name.span, message);
            let known = system.operations.keys().map(|name| &**name);
            self.findings.push(finding.nearest(&name.value, known));
            return None;
        }
        let mut scope = scope(system.operation(&name.value).map(|operation| &**operation));
        let cases: Option<Vec<Case>> =
            cases.iter().map(|case| self.case(system, name, case, &mut scope)).collect();
        let cases = cases?;
        let reads_state = cases.iter().any(Case::reads_state);
        Some(Cases { cases, reads_state })
    }

    /// Compiles one case; `scope` grows by what it finds.
    fn case(
        &mut self,
        system: &System,
        operation: &Name,
        case: &StubCase,
        scope: &mut Scope,
    ) -> Option<Case> {
        let found: Option<Vec<Find>> = case.find.values().map(|find| self.find(find, scope)).collect();
        for (name, find) in &case.find {
            let name = name.value.as_str();
            *scope = match find.all {
                true => scope.clone().with(name, Type::list(Type::Any)),
                false => scope.clone().with_optional(name, Type::Any),
            };
        }
        if let Some(next) = &case.next {
            self.counter(next);
            *scope = scope.clone().with(next.value.as_str(), Type::integer());
        }
        let changes =
            case.next.is_some() || case.update.is_some() || case.remove.is_some() || !case.insert.is_empty();
        if case.answer.is_none() && (changes || case.find.is_empty()) {
            let message = format!("a case of `{}` has no answer", operation.value);
            let help = "add `answer: { status: 200, body: ... }`; only a case that just finds goes without";
            self.findings.push(Diagnostic::new(&codes::MISSING_KEY, operation.span, message).help(help));
        }
        let when = self.condition(case.when.as_ref(), scope);
        let inserts: Option<Vec<_>> = case
            .insert
            .iter()
            .map(|(list, data)| Some((self.known(list)?, self.data(data, scope)?)))
            .collect();
        let update = match &case.update {
            Some(update) => Some(Update {
                select: self.select(&update.list, update.condition.as_ref(), scope)?,
                set: self.set(&update.set, scope)?,
            }),
            None => None,
        };
        let remove = match &case.remove {
            Some(remove) => Some(self.select(&remove.list, remove.condition.as_ref(), scope)?),
            None => None,
        };
        if let Some(answer) = &case.answer {
            self.fits(system, operation, answer);
        }
        Some(Case {
            finds: found?,
            when: when?,
            times: case.times.as_ref().map(|times| times.value),
            next: case.next.as_ref().map(|next| next.value.as_str().into()),
            inserts: inserts?,
            update,
            remove,
            answer: match &case.answer {
                Some(answer) => Some(self.answer(answer, scope)?),
                None => None,
            },
        })
    }

    fn find(&mut self, find: &StubFind, scope: &Scope) -> Option<Find> {
        let select = self.select(&find.list, find.condition.as_ref(), scope)?;
        Some(Find { select, all: find.all })
    }

    fn select(&mut self, list: &Name, condition: Option<&Expression>, scope: &Scope) -> Option<Selection> {
        let list = self.known(list)?;
        let condition = self.condition(condition, &with_record(scope))?;
        Some(Selection { list, condition })
    }

    fn set(&mut self, set: &BTreeMap<Name, Data>, scope: &Scope) -> Option<Vec<(Arc<str>, Compiled)>> {
        let scope = with_record(scope);
        set.iter().map(|(name, data)| Some((name.value.as_str().into(), self.data(data, &scope)?))).collect()
    }

    /// What is absent compares false in a stub's conditions.
    fn condition(&mut self, condition: Option<&Expression>, scope: &Scope) -> Option<Option<Compiled>> {
        let Some(condition) = condition else { return Some(None) };
        let scope = Scope { lenient: true, ..scope.clone() };
        let (compiled, findings) = mapping::compile_condition(condition, &scope, &self.deps.environment);
        self.findings.extend(findings);
        compiled.map(Some)
    }

    fn data(&mut self, data: &Data, scope: &Scope) -> Option<Compiled> {
        let (compiled, findings) = mapping::compile_data(data, scope, &self.deps.environment);
        self.findings.extend(findings);
        compiled
    }

    /// A list that the stub declares.
    fn known(&mut self, name: &Name) -> Option<Arc<str>> {
        let is_list = |state: &StubState| state.counter.is_none();
        if self.file.state.get(name.value.as_str()).is_some_and(is_list) {
            return Some(name.value.as_str().into());
        }
        self.unknown_state(name, "list", is_list);
        None
    }

    fn counter(&mut self, name: &Name) {
        let is_counter = |state: &StubState| state.counter.is_some();
        if !self.file.state.get(name.value.as_str()).is_some_and(is_counter) {
            self.unknown_state(name, "counter", is_counter);
        }
    }

    fn unknown_state(&mut self, name: &Name, what: &str, fits: fn(&StubState) -> bool) {
        let message = format!("this stub remembers no {what} `{}`", name.value);
        let known = self.file.state.iter().filter(|(_, state)| fits(state));
        let finding = Diagnostic::new(&codes::UNKNOWN_STATE, name.span, message);
        let finding = finding.nearest(&name.value, known.map(|(name, _)| name.value.as_str()));
        let form = if what == "counter" { "{ counter: 0 }" } else { "{ records: [] }" };
        self.findings.push(finding.help(format!("declare it: `state: {{ {}: {form} }}`", name.value)));
    }
}

/// What a case sees of a request to an operation; the login of a session is none.
fn scope(operation: Option<&Operation>) -> Scope {
    let any = Type::any_object;
    let texts = |names: Vec<Arc<str>>, required| {
        Type::object(names.into_iter().map(|name| (name, Field { ty: Type::text(), required })).collect())
    };
    let [path, query, headers, body, state, count] = NAMES;
    Scope::new()
        .with(path, operation.map_or_else(any, |operation| texts(operation.path_names(), true)))
        .with(query, operation.map_or_else(any, |operation| texts(operation.query_names(), false)))
        .with(headers, any())
        .with_optional(body, Type::Any)
        .with(state, any())
        .with(count, Type::integer())
}

fn with_record(scope: &Scope) -> Scope {
    scope.clone().with("it", Type::Any)
}

impl Case {
    fn reads_state(&self) -> bool {
        let selections = self.finds.iter().map(|find| &find.select).chain(&self.remove);
        let selections = selections.chain(self.update.iter().map(|update| &update.select));
        let set = self.update.iter().flat_map(|update| update.set.iter().map(|(_, program)| program));
        let answer = self.answer.iter().flat_map(|answer| {
            let headers = answer.headers.iter().map(|(_, program)| program);
            headers.chain(&answer.body).chain(&answer.error)
        });
        let inserts = self.inserts.iter().map(|(_, program)| program);
        let all = selections.filter_map(|selection| selection.condition.as_ref()).chain(&self.when);
        let mut all = all.chain(set).chain(answer).chain(inserts);
        all.any(|program| program.reads.iter().any(|read| read.slot == STATE))
    }
}
