//! What a proven token says about its bearer, and the client that this makes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Client, Means};
use crate::clock::Moment;
use crate::config::declarations::{Data, gateway};
use crate::diagnostic::Diagnostic;
use crate::mapping::{self, Compiled, Context, Environment, Scope, Tables};
use crate::schema::{ObjectType, Type};
use crate::value::Value;

/// Longest name, account or scope that is taken from a token, in bytes.
const LONGEST: usize = 256;
/// Most scopes of one token.
const SCOPES: usize = 500;
/// Where issuers name the client: RFC 9068, Keycloak and Entra, Entra v1, Okta.
const CLIENT: [&str; 4] = ["client_id", "azp", "appid", "cid"];
/// Where issuers say what a token allows: RFC 8693, Entra and Okta.
const ALLOWED: [&str; 2] = ["scope", "scp"];

/// Where something is found in claims.
#[derive(Debug)]
enum Place {
    /// The first of these that is there: a claim's name, or a way into it (`realm_access.roles`).
    Claims(Vec<String>),
    Computed(Compiled),
}

/// How claims become a client, as declared.
#[derive(Debug)]
pub(super) struct Reading {
    client: Place,
    account: Option<Place>,
    scopes: Option<Place>,
}

/// Why a token that holds makes no client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nobody {
    /// A claim that is missing or not what it should be.
    Unsaid,
    /// It names a client that is not declared.
    Unknown,
}

impl Reading {
    /// Checks `client`, `account` and `scopes` of a policy.
    pub fn compile(
        policy: &gateway::AuthPolicy,
        environment: &Environment<'_>,
    ) -> Result<Reading, Vec<Diagnostic>> {
        let mut findings = Vec::new();
        let mut place =
            |data: &Option<Data>| match data.as_ref().map(|data| Place::compile(data, environment)) {
                Some(Ok(place)) => Some(place),
                Some(Err(wrong)) => {
                    findings.extend(wrong);
                    None
                }
                None => None,
            };
        let (client, account, scopes) =
            (place(&policy.client), place(&policy.account), place(&policy.scopes));
        let client = client.unwrap_or_else(|| Place::Claims(CLIENT.map(str::to_owned).to_vec()));
        if findings.is_empty() { Ok(Reading { client, account, scopes }) } else { Err(findings) }
    }
}

impl Place {
    fn compile(data: &Data, environment: &Environment<'_>) -> Result<Place, Vec<Diagnostic>> {
        if let Data::Literal(value, _) = data
            && let Some(name) = value.value.as_str()
        {
            return Ok(Place::Claims(vec![name.to_owned()]));
        }
        let open = Type::Object(Arc::new(ObjectType { rest: Some(Type::Any), ..ObjectType::default() }));
        let (compiled, findings) =
            mapping::compile_data(data, &Scope::new().with("claims", open), environment);
        compiled.map(Place::Computed).ok_or(findings)
    }

    fn find(&self, claims: &Value, context: &Context<'_>) -> Option<Value> {
        match self {
            Place::Claims(names) => names.iter().find_map(|name| claim(claims, name)).cloned(),
            Place::Computed(compiled) => {
                compiled.program.eval(&[Some(claims.clone())], context).ok().flatten()
            }
        }
    }
}

/// A claim by its whole name (`https://acme.example/account`), else by the way into it (`realm_access.roles`).
fn claim<'v>(claims: &'v Value, name: &str) -> Option<&'v Value> {
    claims.get(name).or_else(|| name.split('.').try_fold(claims, |value, part| value.get(part)))
}

/// What is needed to make clients of claims.
#[derive(Debug)]
pub(super) struct Maker {
    reading: Arc<Reading>,
    /// The declared ones by name.
    clients: BTreeMap<Arc<str>, Arc<Client>>,
    tables: Arc<Tables>,
}

impl Maker {
    /// Reads claims as declared.
    pub fn new(reading: &Arc<Reading>, means: &Means<'_>) -> Maker {
        let (clients, tables) = (means.clients.clone(), Arc::clone(means.tables));
        Maker { reading: Arc::clone(reading), clients, tables }
    }

    /// One that finds declared clients where issuers usually name them.
    #[cfg(test)]
    pub fn plain(clients: BTreeMap<Arc<str>, Arc<Client>>) -> Maker {
        let client = Place::Claims(CLIENT.map(str::to_owned).to_vec());
        let reading = Arc::new(Reading { client, account: None, scopes: None });
        Maker { reading, clients, tables: Arc::new(Tables::default()) }
    }

    /// The client of a token that holds.
    pub fn client(&self, claims: &Value, now: Moment) -> Result<Arc<Client>, Nobody> {
        let context = Context::new(now, &self.tables);
        let name = self
            .reading
            .client
            .find(claims, &context)
            .and_then(|value| word(&value))
            .ok_or(Nobody::Unsaid)?;
        let scopes = || self.scopes(claims, &context).ok_or(Nobody::Unsaid);
        let made = match &self.reading.account {
            Some(account) => {
                let account =
                    account.find(claims, &context).and_then(|value| word(&value)).ok_or(Nobody::Unsaid)?;
                Client { name, account, scopes: scopes()?, ..Client::default() }
            }
            None => {
                let declared = self.clients.get(&name).ok_or(Nobody::Unknown)?;
                let mut client = Client { keys: Vec::new(), ..Client::clone(declared) };
                if self.reading.scopes.is_some() {
                    let said = scopes()?;
                    client.scopes.retain(|own| said.contains(own));
                }
                client
            }
        };
        Ok(Arc::new(Client { claims: Some(claims.clone()), ..made }))
    }

    /// What a token allows, sorted: words between spaces, or a list. Nothing said is nothing allowed.
    fn scopes(&self, claims: &Value, context: &Context<'_>) -> Option<Vec<Arc<str>>> {
        let said = match &self.reading.scopes {
            Some(place) => place.find(claims, context),
            None => ALLOWED.iter().find_map(|name| claims.get(name)).cloned(),
        };
        let mut scopes: Vec<Arc<str>> = match &said {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) => {
                text.split(' ').filter(|word| !word.is_empty()).map(Arc::from).collect()
            }
            Some(list) => list.as_array()?.iter().map(word).collect::<Option<_>>()?,
        };
        scopes.sort();
        scopes.dedup();
        (scopes.len() <= SCOPES && scopes.iter().all(|scope| scope.len() <= LONGEST)).then_some(scopes)
    }
}

/// A name, an account or a scope: a text or a whole number, neither empty nor long, without control characters.
/// An empty account would be that of callers whom nobody knows.
fn word(value: &Value) -> Option<Arc<str>> {
    let text: Arc<str> = match value {
        Value::String(text) => Arc::clone(text),
        Value::Number(number) if number.is_integer() => number.canonical_text().into(),
        _ => return None,
    };
    let plain = !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
    plain.then_some(text)
}
