//! Declared tests to stories: names resolved against the plan, bodies made, everything wrong said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::compare::merge_patch;
use super::{CallExpectation, Exchange, Expectation, Happens, Step, Story, Suite, routed};
use crate::clock::Moment;
use crate::codec::json;
use crate::config::declarations::test::{
    Expect, ExpectedCall, TestAnswer, TestCase, TestFile, TestRequest, TestStep,
};
use crate::config::declarations::{Data, Name};
use crate::config::{Project, Spanned};
use crate::diagnostic::{Diagnostic, Span, codes, short};
use crate::http::{HeaderName, HeaderValue, Method, Uri};
use crate::mapping::{Context, Environment, Error, Scope, compile_data};
use crate::plan::{AuthPolicy, Plan};
use crate::simulator::Scripted;
use crate::system::OperationName;
use crate::value::Value;

/// Resolves every test of a project. Stories with a finding are left out.
pub fn compile(project: &Project, plan: &Plan) -> (Suite, Vec<Diagnostic>) {
    let mut compiling = Compiling { project, plan, codes: codes_of(plan), findings: Vec::new() };
    let stories = project.tests.iter().flat_map(|file| compiling.file(file)).collect();
    (Suite { stories }, compiling.findings)
}

/// Every word that `problem` may name.
fn codes_of(plan: &Plan) -> BTreeSet<Arc<str>> {
    let declared = plan.rejections.keys().chain(plan.exceptions.keys()).cloned();
    declared.chain(crate::gateway::KINDS.iter().map(|kind| Arc::from(kind.name))).collect()
}

pub(super) struct Compiling<'a> {
    project: &'a Project,
    pub plan: &'a Plan,
    codes: BTreeSet<Arc<str>>,
    pub findings: Vec<Diagnostic>,
}

type Bodies = BTreeMap<Arc<str>, Value>;
type Answers = BTreeMap<OperationName, Vec<Scripted>>;

impl Compiling<'_> {
    fn file(&mut self, file: &TestFile) -> Vec<Story> {
        let bodies: Bodies = file
            .bodies
            .iter()
            .filter_map(|(name, data)| Some((Arc::from(name.as_str()), self.constant(data)?)))
            .collect();
        self.names(file);
        file.tests.iter().filter_map(|case| self.story(case, &bodies)).collect()
    }

    /// Each test of a file has a name of its own: reports speak of it by that.
    fn names(&mut self, file: &TestFile) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for case in &file.tests {
            let (name, span) = (case.test.value.as_str(), case.test.span);
            let Some(first) = seen.get(name) else {
                seen.insert(name, span);
                continue;
            };
            let message = format!("there are two tests `{}` in this file", short(name));
            let finding = Diagnostic::new(&codes::DUPLICATE_NAME, span, message);
            self.findings
                .push(finding.related(*first, "the first one").help("give one of them another name"));
        }
    }

    fn story(&mut self, case: &Spanned<TestCase>, bodies: &Bodies) -> Option<Story> {
        let before = self.findings.len();
        let mapped = case.map.as_ref().and_then(|name| self.mapped(case, name));
        if let (None, Some(name)) = (&case.map, case.inputs.keys().next()) {
            self.bad(name.span, "`inputs` is for tests of a mapping").help("name the mapping: `map: ...`");
        }
        let steps = if case.map.is_some() { Vec::new() } else { self.steps(case, bodies) };
        let answers = self.answers(&case.systems);
        let receipts = self.receipts(&case.webhooks);
        let source = self.project.sources.get(case.test.span.source)?;
        let story = Story {
            file: Arc::clone(&source.path),
            name: Arc::from(crate::diagnostic::plain(&case.test.value)),
            line: source.position(case.test.span.start).0,
            answers,
            receipts,
            steps,
            mapped,
        };
        (self.findings.len() == before).then_some(story)
    }

    fn answers(&mut self, declared: &BTreeMap<Name, Vec<Spanned<TestAnswer>>>) -> Answers {
        let mut answers = Answers::new();
        for (name, declared) in declared {
            let operation = self.operation(name);
            let scripted = declared.iter().map(|answer| self.scripted(answer)).collect();
            answers.extend(operation.map(|name| (name, scripted)));
        }
        answers
    }

    fn scripted(&mut self, answer: &Spanned<TestAnswer>) -> Scripted {
        Scripted {
            place: self.place(answer.span),
            status: answer.status.as_ref().map_or(200, |status| status.value),
            headers: self.headers(&answer.headers),
            body: answer.body.as_ref().and_then(|body| self.constant(body)),
            error: answer.error.as_ref().and_then(|error| self.constant(error)),
            text: answer.text.as_ref().map(|text| text.value.clone()),
            delay: answer.delay.as_ref().map_or(Duration::ZERO, |delay| delay.value.0),
            fault: answer.fault.as_ref().map(|fault| fault.value),
            commits: answer.commits,
            times: answer.times.as_ref().map_or(1, |times| times.value),
        }
    }

    /// `tests/booking.yaml:30`
    fn place(&self, span: Span) -> Option<Arc<str>> {
        let source = self.project.sources.get(span.source)?;
        Some(format!("{}:{}", source.path, source.position(span.start).0).into())
    }

    fn steps(&mut self, case: &Spanned<TestCase>, bodies: &Bodies) -> Vec<Step> {
        match (&case.request, &case.expect, &case.steps) {
            (Some(request), Some(expect), None) => {
                let span = case.test.span;
                self.asked(case.client.as_ref(), request, expect, span, bodies).into_iter().collect()
            }
            (None, None, Some(steps)) if !steps.is_empty() && case.client.is_none() => {
                steps.iter().filter_map(|step| self.step(step, bodies)).collect()
            }
            _ => {
                self.bad(case.test.span, "a test has either `request` and `expect`, or `steps` that each have both, or `map`")
                    .help("write `request: { get: /path }` and `expect: { status: 200 }`, or put several such pairs under `steps:`");
                Vec::new()
            }
        }
    }

    fn step(&mut self, step: &Spanned<TestStep>, bodies: &Bodies) -> Option<Step> {
        let made = match (&step.request, &step.wait, &step.act, &step.expect) {
            (Some(request), None, None, Some(expect)) => {
                self.asked(step.client.as_ref(), request, expect, step.span, bodies)
            }
            (None, Some(lapse), None, expect) => {
                self.by_itself(step, expect.as_ref(), Some(Happens::Passed(lapse.value.0)))
            }
            (None, None, Some(act), expect) => {
                let act = self.act(act).map(Happens::Acted);
                self.by_itself(step, expect.as_ref(), act)
            }
            _ => {
                self.bad(step.span, "a step has either `request` and `expect`, or `wait`, or `act`").help(
                    "write `wait: 2h` to let time pass, `act: { case: ..., action: retry }` for what an operator does",
                );
                None
            }
        };
        let answers = self.answers(&step.systems);
        let receipts = self.receipts(&step.webhooks);
        made.map(|made| Step { answers, receipts, ..made })
    }

    /// A step in which nobody asks.
    fn by_itself(
        &mut self,
        step: &TestStep,
        expect: Option<&Expect>,
        happens: Option<Happens>,
    ) -> Option<Step> {
        if let Some(client) = &step.client {
            self.bad(client.span, "`client` says who asks, and this step has no `request`")
                .help("take it out");
        }
        if let Some(expect) = expect {
            self.no_answer(expect);
        }
        let expect = expect.map(|expect| self.expectation(expect)).unwrap_or_default();
        Some(Step { happens: happens?, answers: Answers::new(), receipts: Vec::new(), expect })
    }

    /// What only an answer has.
    fn no_answer(&mut self, expect: &Expect) {
        let headers = expect.headers.keys().next().map(|name| name.span);
        let of_an_answer = [
            ("status", expect.status.as_ref().map(|status| status.span)),
            ("headers", headers),
            ("body", expect.body.as_ref().map(|body| body.span())),
            ("problem", expect.problem.as_ref().map(|problem| problem.span)),
            ("pointers", expect.pointers.as_ref().and_then(|all| all.first()).map(|first| first.span)),
            ("stream", expect.stream.as_ref().and_then(|all| all.first()).map(|first| first.span)),
            ("within", expect.within.as_ref().map(|within| within.span)),
        ];
        for (key, span) in of_an_answer {
            if let Some(span) = span {
                self.bad(span, format!("`{key}` is of an answer, and nobody asks in this step"))
                    .help("put it into the step that has the `request`");
            }
        }
    }

    fn asked(
        &mut self,
        client: Option<&Name>,
        request: &TestRequest,
        expect: &Expect,
        span: Span,
        bodies: &Bodies,
    ) -> Option<Step> {
        let client = client.map(|name| self.client(name));
        let target = self.target(request, span);
        let headers = self.headers(&request.headers);
        let body = self.body(request, span, bodies);
        let expected = self.expectation(expect);
        let (method, uri) = target?;
        self.findings.extend(routed::check(self.plan, request, &method, &uri, expect));
        let signed_by = request.signed_by.as_ref().and_then(|name| self.signed_by(name));
        let exchange = Exchange { client: client.flatten(), method, uri, headers, signed_by, body };
        Some(Step {
            happens: Happens::Asked(exchange),
            answers: Answers::new(),
            receipts: Vec::new(),
            expect: expected,
        })
    }

    fn client(&mut self, name: &Name) -> Option<Arc<str>> {
        let known = self.plan.clients.iter().map(|client| &*client.name);
        if known.clone().any(|client| client == name.as_str()) {
            return Some(Arc::from(name.as_str()));
        }
        let finding = Diagnostic::new(
            &codes::UNKNOWN_CLIENT,
            name.span,
            format!("there is no client `{}`", name.value),
        );
        self.findings
            .push(finding.nearest(&name.value, known).help("clients are declared in `gateway.yaml`"));
        None
    }

    /// The policy whose sender signs a request.
    fn signed_by(&mut self, name: &Name) -> Option<AuthPolicy> {
        let policies = &self.plan.policies;
        let Some(policy) = policies.get(name.as_str()) else {
            let message = format!("there is no auth policy `{}`", name.value);
            let finding = Diagnostic::new(&codes::UNKNOWN_AUTH, name.span, message);
            let known = policies.keys().map(|known| &**known);
            self.findings.push(finding.nearest(&name.value, known).help("declare it in `gateway.yaml`"));
            return None;
        };
        if policy.signature().is_none() {
            self.bad(name.span, format!("senders of `{}` do not sign what they send", name.value))
                .help("name a policy of `scheme: signature`, or send what proves it in `headers`");
            return None;
        }
        Some(policy.clone())
    }

    fn target(&mut self, request: &TestRequest, span: Span) -> Option<(Method, Uri)> {
        let methods = [
            (Method::GET, &request.get),
            (Method::POST, &request.post),
            (Method::PUT, &request.put),
            (Method::PATCH, &request.patch),
            (Method::DELETE, &request.delete),
        ];
        let mut stated = methods.into_iter().filter_map(|(method, path)| Some((method, path.as_ref()?)));
        let (Some((method, path)), None) = (stated.next(), stated.next()) else {
            self.bad(span, "a request has exactly one method")
                .help("write `get: /v1/bookings/BK-1`, or `post`, `put`, `patch`, `delete`");
            return None;
        };
        match path.value.parse::<Uri>() {
            Ok(uri) if path.value.starts_with('/') => Some((method, uri)),
            _ => {
                let message = format!("`{}` is no path", path.value);
                self.bad(path.span, message)
                    .help("write a path that begins with `/`, percent-encoded where needed");
                None
            }
        }
    }

    fn body(&mut self, request: &TestRequest, span: Span, bodies: &Bodies) -> Option<Vec<u8>> {
        let value = match (&request.body, &request.like, &request.raw) {
            (None, None, None) => return None,
            (None, None, Some(raw)) => return Some(raw.value.clone().into_bytes()),
            (Some(body), None, None) => self.constant(body)?,
            (None, Some(name), None) => self.like(name, bodies)?,
            _ => {
                self.bad(span, "a request has one of `body`, `like` and `raw`");
                return None;
            }
        };
        let changes = match &request.but {
            Some(but) => Some(self.constant(but)?),
            None => None,
        };
        Some(json::encode(&changes.map_or(value.clone(), |changes| merge_patch(&value, &changes))))
    }

    fn like(&mut self, name: &Name, bodies: &Bodies) -> Option<Value> {
        let body = bodies.get(name.as_str()).cloned();
        if body.is_none() {
            let message = format!("there is no body `{}`", name.value);
            let finding = Diagnostic::new(&codes::BAD_TEST, name.span, message);
            let known = bodies.keys().map(|name| &**name);
            self.findings.push(
                finding
                    .nearest(&name.value, known)
                    .help("bodies are declared at the head of the file, under `bodies:`"),
            );
        }
        body
    }

    fn expectation(&mut self, expect: &Expect) -> Expectation {
        self.only_for_mappings(expect);
        if let Some(problem) = &expect.problem
            && !self.codes.contains(problem.as_str())
        {
            let message = format!("there is no rejection, exception or problem `{}`", problem.value);
            let finding = Diagnostic::new(&codes::UNKNOWN_REJECTION, problem.span, message);
            self.findings.push(finding.nearest(&problem.value, self.codes.iter().map(|code| &**code)));
        }
        let texts = |names: &Vec<Spanned<String>>| {
            let mut texts: Vec<Arc<str>> = names.iter().map(|name| Arc::from(name.as_str())).collect();
            texts.sort();
            texts
        };
        Expectation {
            status: expect.status.as_ref().map(|status| status.value),
            headers: self.expected_headers(&expect.headers),
            body: expect.body.as_ref().and_then(|body| self.constant(body)),
            problem: expect.problem.as_ref().map(|code| Arc::from(code.as_str())),
            pointers: expect.pointers.as_ref().map(texts),
            calls: expect
                .calls
                .as_ref()
                .map(|calls| calls.iter().filter_map(|call| self.call(call)).collect()),
            no_calls: expect.no_calls.iter().filter_map(|name| self.operation(name)).collect(),
            within: expect.within.as_ref().map(|lapse| lapse.value.0),
            life: self.life(expect),
            told: self.told(expect),
        }
    }

    fn call(&mut self, call: &Spanned<ExpectedCall>) -> Option<CallExpectation> {
        Some(CallExpectation {
            operation: self.operation(&call.call)?,
            path: call.path.as_ref().map(|path| Arc::from(path.as_str())),
            headers: self.expected_headers(&call.headers),
            query: call.query.as_ref().and_then(|query| self.constant(query)),
            body: call.body.as_ref().and_then(|body| self.constant(body)),
        })
    }

    fn operation(&mut self, name: &Name) -> Option<OperationName> {
        let found = name.value.split_once('.').filter(|(system, operation)| {
            self.plan.systems.get(*system).is_some_and(|system| system.operation(operation).is_some())
        });
        if let Some((system, operation)) = found {
            return Some(OperationName { system: system.into(), operation: operation.into() });
        }
        let known: Vec<String> = self
            .plan
            .systems
            .values()
            .flat_map(|system| {
                system.operations.keys().map(|operation| format!("{}.{operation}", system.name))
            })
            .collect();
        let finding = Diagnostic::new(
            &codes::UNKNOWN_OPERATION,
            name.span,
            format!("there is no operation `{}`", name.value),
        );
        let finding = finding.nearest(&name.value, known.iter().map(String::as_str));
        self.findings.push(finding.help("an operation is written `system.operation`"));
        None
    }

    fn headers(&mut self, declared: &BTreeMap<Name, Spanned<String>>) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::new();
        for (name, value) in declared {
            match (name.value.parse::<HeaderName>(), HeaderValue::from_str(&value.value)) {
                (Ok(name), Ok(value)) => headers.push((name, value)),
                _ => drop(self.bad(name.span, format!("`{}: {}` is no header", name.value, value.value))),
            }
        }
        headers
    }

    fn expected_headers(
        &mut self,
        declared: &BTreeMap<Name, Spanned<String>>,
    ) -> Vec<(HeaderName, Arc<str>)> {
        let text = |value: HeaderValue| value.to_str().map(Arc::from).unwrap_or_default();
        self.headers(declared).into_iter().map(|(name, value)| (name, text(value))).collect()
    }

    /// Data that stands for itself: expressions may compute, but there is nothing to read.
    pub(super) fn constant(&mut self, data: &Data) -> Option<Value> {
        let environment = Environment {
            schemas: &self.plan.schemas,
            tables: &self.plan.tables,
            rejections: &crate::mapping::Rejections::new(),
        };
        let (compiled, findings) = compile_data(data, &Scope::new(), &environment);
        self.findings.extend(findings);
        match compiled?.program.eval(&[], &Context::new(Moment(0), &self.plan.tables)) {
            Ok(value) => value,
            Err(Error::Failed(failed)) => {
                self.bad(failed.span, failed.message);
                None
            }
            Err(Error::Rejected(rejected)) => {
                self.bad(rejected.span, "a test's data cannot reject");
                None
            }
        }
    }

    pub(super) fn bad(&mut self, span: Span, message: impl Into<String>) -> Wrong<'_> {
        self.findings.push(Diagnostic::new(&codes::BAD_TEST, span, message));
        Wrong(&mut self.findings)
    }
}

/// The finding just added.
pub(super) struct Wrong<'a>(&'a mut Vec<Diagnostic>);

impl Wrong<'_> {
    pub fn help(self, help: &str) {
        if let Some(last) = self.0.last_mut() {
            last.help.push(help.to_owned());
        }
    }
}
