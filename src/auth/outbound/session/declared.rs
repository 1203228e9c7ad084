//! What a system file says about its login, checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::answer;
use super::login::{self, Login, Session};
use crate::auth::outbound::desk::Desk;
use crate::auth::outbound::sessions::login_digest;
use crate::auth::outbound::{self, Declared, LogsIn, Means, Signer, concealed};
use crate::auth::{header_name, resolve, secret};
use crate::codec::json;
use crate::config::declarations::Text;
use crate::config::declarations::system::SystemAuth;
use crate::diagnostic::Diagnostic;
use crate::http::{HeaderMap, HeaderName, HeaderValue, header};
use crate::mapping::{self, Compiled, Context, Environment, Scope, Target};
use crate::schema::Type;
use crate::value::Value;

/// How long to wait after a refused login, unless said.
const BACKOFF: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct DeclaredSession {
    header: HeaderName,
    path: Text,
    headers: Vec<(HeaderName, Compiled)>,
    body: Option<Compiled>,
    ok: Option<Compiled>,
    value: Compiled,
    expired: Option<Compiled>,
    backoff: Duration,
}

/// Collects findings while compiling goes on.
struct Checked<'a> {
    environment: &'a Environment<'a>,
    findings: Vec<Diagnostic>,
}

impl Checked<'_> {
    fn keep<T>(&mut self, (done, findings): (Option<T>, Vec<Diagnostic>)) -> Option<T> {
        self.findings.extend(findings);
        done
    }

    fn header(&mut self, name: &crate::config::declarations::Name) -> Option<HeaderName> {
        match header_name(name) {
            Ok(name) => Some(name),
            Err(finding) => {
                self.findings.push(finding);
                None
            }
        }
    }
}

/// Checks `login` and `expired`.
pub(super) fn compile(auth: &SystemAuth, environment: &Environment<'_>) -> outbound::Compiled {
    let mut checked = Checked { environment, findings: Vec::new() };
    let declared = session(auth, &mut checked);
    (declared.map(|declared| Box::new(declared) as Box<dyn Declared>), checked.findings)
}

fn session(auth: &SystemAuth, checked: &mut Checked<'_>) -> Option<DeclaredSession> {
    let login = auth.login.as_ref()?;
    let environment = checked.environment;
    let header = match &auth.header {
        Some(name) => checked.header(name),
        None => Some(header::AUTHORIZATION),
    };
    let sent = Scope { secrets: true, ..Scope::new() };
    let headers: Vec<_> = login
        .headers
        .iter()
        .map(|(name, data)| {
            let target = text(format!("the header `{}` of the login", name.value));
            let compiled = mapping::compile_data_to(data, &target, &sent, environment);
            Some((checked.header(name)?, checked.keep(compiled)?))
        })
        .collect();
    let body = login.body.as_ref().map(|body| checked.keep(mapping::compile_data(body, &sent, environment)));
    let rule = answer::scope();
    let mut condition = |rule_text: &Option<_>| {
        rule_text.as_ref().map(|text| checked.keep(mapping::compile_condition(text, &rule, environment)))
    };
    let (ok, expired) = (condition(&login.ok), condition(&auth.expired));
    // A session that is not there is no finding here: it is a refused login.
    let target = Target { required: false, ..text("the session".to_owned()) };
    let value = mapping::compile_expression_to(&login.value, &target, &rule, environment);
    Some(DeclaredSession {
        value: checked.keep(value)?,
        header: header?,
        path: login.post.clone(),
        headers: headers.into_iter().collect::<Option<_>>()?,
        body: all(body)?,
        ok: all(ok)?,
        expired: all(expired)?,
        backoff: login.backoff.as_ref().map_or(BACKOFF, |lapse| lapse.value.0),
    })
}

fn all<T>(declared: Option<Option<T>>) -> Option<Option<T>> {
    match declared {
        None => Some(None),
        Some(compiled) => compiled.map(Some),
    }
}

fn text(what: String) -> Target {
    Target { ty: Type::text(), required: true, what }
}

impl Declared for DeclaredSession {
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Signer>, Vec<String>> {
        let path = resolve(&self.path, means.secret);
        let secrets = self.secrets(means)?;
        let give = |name: &str| secrets.get(name).cloned();
        let context = Context { secrets: Some(&give), ..Context::new(means.clock.now(), means.tables) };
        let headers = self.login_headers(&context)?;
        let body = match &self.body {
            Some(body) => eval(body, &context)?.map(|body| json::encode(&body)).unwrap_or_default(),
            None => Vec::new(),
        };
        let sent = Login { path: path?, headers, body: Zeroizing::new(body) };
        let mut parts: Vec<&[u8]> = vec![sent.path.reveal().as_bytes(), &sent.body];
        parts.extend(
            sent.headers.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]),
        );
        let desk = Desk {
            what: "login",
            digest: login_digest(parts),
            backoff: self.backoff,
            clock: Arc::clone(means.clock),
            sessions: means.sessions.clone(),
        };
        let means = login::Means {
            header: self.header.clone(),
            login: sent,
            ok: self.ok.clone(),
            value: self.value.clone(),
            expired: self.expired.clone(),
            tables: Arc::clone(means.tables),
            clock: Arc::clone(means.clock),
        };
        Ok(Arc::new(Session { means: Arc::new(means), desk }))
    }

    fn logs_in(&self) -> LogsIn {
        LogsIn::Own
    }
}

impl DeclaredSession {
    /// Every secret that the login needs.
    fn secrets(&self, means: &Means<'_>) -> Result<BTreeMap<Arc<str>, Arc<str>>, Vec<String>> {
        let (mut secrets, mut missing) = (BTreeMap::new(), Vec::new());
        let sent = self.headers.iter().map(|(_, compiled)| compiled).chain(&self.body);
        for name in sent.flat_map(|compiled| &compiled.secrets) {
            match (means.secret)(name) {
                Some(value) => drop(secrets.insert(Arc::clone(name), Arc::from(value.reveal()))),
                None => missing.push(secret::missing_secret(name)),
            }
        }
        missing.extend(resolve(&self.path, means.secret).err().into_iter().flatten());
        if missing.is_empty() { Ok(secrets) } else { Err(missing) }
    }

    fn login_headers(&self, context: &Context<'_>) -> Result<HeaderMap, Vec<String>> {
        let mut headers = HeaderMap::new();
        if self.body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        for (name, compiled) in &self.headers {
            let Some(Value::String(value)) = eval(compiled, context)? else { continue };
            let value = concealed(&value)
                .ok_or_else(|| vec![format!("the header `{name}` of the login holds what no header may")])?;
            headers.insert(name.clone(), value);
        }
        Ok(headers)
    }
}

/// The error says nothing of the values, which may be secret.
fn eval(compiled: &Compiled, context: &Context<'_>) -> Result<Option<Value>, Vec<String>> {
    compiled.program.eval(&[], context).map_err(|_| vec!["the login cannot be put together".to_owned()])
}
