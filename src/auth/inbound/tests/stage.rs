//! What verifiers stand on in tests.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Answer, AuthPolicy, Client, Head, Keys, Lasting, Means, Verdict, Verifier};
use crate::clock::{Clock, SystemClock};
use crate::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use crate::mapping::Tables;

/// Keys, clients, secrets, a clock and a folder.
pub struct Stage {
    pub keys: Arc<Keys<Arc<Client>>>,
    pub clients: BTreeMap<Arc<str>, Arc<Client>>,
    pub secrets: BTreeMap<String, String>,
    pub clock: Arc<dyn Clock>,
    pub root: PathBuf,
    pub lasting: Lasting,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage {
            keys: Arc::new(Keys::resolve(std::iter::empty(), &|_| None).unwrap()),
            clients: BTreeMap::new(),
            secrets: BTreeMap::new(),
            clock: SystemClock::shared(),
            root: PathBuf::new(),
            lasting: Lasting::default(),
        }
    }
}

impl Stage {
    /// A client that is declared.
    pub fn client(&mut self, name: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| Arc::from(*scope)).collect();
        let client = Client { name: name.into(), account: "ACME".into(), scopes, ..Client::default() };
        self.clients.insert(name.into(), Arc::new(client));
    }

    /// A policy, ready to look at requests.
    pub fn open(&self, policy: &AuthPolicy) -> Result<Arc<dyn Verifier>, Vec<String>> {
        let secret = |name: &str| self.secrets.get(name).map(|value| Arc::from(value.as_str()));
        policy.open(&Means {
            keys: &self.keys,
            clients: &self.clients,
            secret: &secret,
            tables: &Arc::new(Tables::default()),
            clock: &self.clock,
            root: &self.root,
            lasting: &self.lasting,
        })
    }
}

/// What a verifier says at once of a request with these headers.
pub fn verify(verifier: &dyn Verifier, headers: &[(&str, &str)]) -> Answer {
    match verdict(verifier, headers) {
        Verdict::Now(answer) => answer,
        Verdict::Later(_) => panic!("this takes time"),
    }
}

/// What it says in the end.
pub async fn verify_later(verifier: &dyn Verifier, headers: &[(&str, &str)]) -> Answer {
    match verdict(verifier, headers) {
        Verdict::Now(answer) => answer,
        Verdict::Later(answer) => tokio::time::timeout(Duration::from_secs(20), answer).await.unwrap(),
    }
}

fn verdict<'v>(verifier: &'v dyn Verifier, sent: &[(&str, &str)]) -> Verdict<'v> {
    let header = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    };
    let (headers, uri): (HeaderMap, Uri) = (sent.iter().map(header).collect(), "/".parse().unwrap());
    verifier.verify(&Head {
        method: &Method::GET,
        uri: &uri,
        headers: &headers,
        certificate: None,
        peer: None,
    })
}
