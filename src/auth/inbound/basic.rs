//! `scheme: basic`: a client's name and a password of its own (RFC 7617).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::flights::Flights;
use super::passwords::{self, LONGEST};
use super::verified::Verified;
use super::{
    Answer, AuthPolicy, Client, Declared, Head, Means, Refused, Scheme, Sight, Verdict, Verifier, Why, times,
};
use crate::clock::Clock;
use crate::http::{HeaderMap, header};

pub(super) static SCHEME: Scheme = Scheme {
    name: "basic",
    about: "a client's name and one of its `passwords` in `Authorization: Basic`",
    needs: &[],
    takes: &[],
    compile: |_, _| Ok(Arc::new(Basic) as AuthPolicy),
};

/// How long a password that was right is not hashed again.
const REMEMBERED: Duration = Duration::from_secs(300);
/// Passwords that are hashed at once: each takes 19 MiB and some hundredths of a second.
const AT_ONCE: usize = 2;
/// Requests that may wait for that.
const WAITING: usize = 64;
/// What a caller is told in `WWW-Authenticate` (RFC 7617 §2.1).
const CHALLENGE: &str = "Basic realm=\"crossdock\", charset=\"UTF-8\"";

#[derive(Debug)]
struct Basic;

impl Declared for Basic {
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        let (mut users, mut wrong) = (BTreeMap::new(), Vec::new());
        for (name, client) in means.clients {
            let mut hashes = Vec::new();
            for hash in &client.passwords {
                match hash.text(means.secret) {
                    Ok(text) => hashes.push(text),
                    Err(why) => wrong.push(why),
                }
            }
            users.insert(Arc::clone(name), (Arc::clone(client), hashes));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut key = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(key.as_mut_slice())
            .map_err(|_| vec!["the machine gives no randomness".to_owned()])?;
        Ok(Arc::new(Passwords(Arc::new(Users {
            users,
            key: hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()),
            verified: Verified::new(REMEMBERED),
            flights: Flights::default(),
            hashing: Semaphore::new(AT_ONCE),
            waiting: AtomicUsize::new(0),
            clock: Arc::clone(means.clock),
        }))))
    }
}

struct Users {
    users: BTreeMap<Arc<str>, (Arc<Client>, Vec<Arc<str>>)>,
    /// Of this generation alone: what is remembered tells nothing about a password to whoever reads memory later.
    key: hmac::Key,
    verified: Verified,
    flights: Flights,
    hashing: Semaphore,
    waiting: AtomicUsize,
    clock: Arc<dyn Clock>,
}

struct Passwords(Arc<Users>);

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Passwords({} users)", self.0.users.len())
    }
}

impl Verifier for Passwords {
    fn sees(&self, head: &Head<'_>) -> Sight {
        if sent(head.headers).is_some() { Sight::Yes } else { Sight::No }
    }

    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        let Some(coded) = sent(head.headers) else {
            return Verdict::Now(Err(refused(
                Why::Missing,
                "send your name and password as `Authorization: Basic`",
            )));
        };
        let Some(pair) = coded.and_then(pair) else { return Verdict::Now(Err(wrong())) };
        let users = &self.0;
        let digest = users.digest(&pair);
        if let Some(client) = users.verified.client(&digest, times::seconds(users.clock.now()), 0) {
            return Verdict::Now(Ok(Some(client)));
        }
        let users = Arc::clone(users);
        Verdict::Later(Box::pin(async move { users.check(pair, digest).await }))
    }
}

impl Users {
    fn digest(&self, pair: &[u8]) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&self.key, pair).as_ref());
        digest
    }

    /// Hashes a password, once for all who send the same, beside the threads that serve.
    async fn check(self: Arc<Users>, pair: Zeroizing<Vec<u8>>, digest: [u8; 32]) -> Answer {
        let _waiting = Waiting::one(&self.waiting).ok_or_else(busy)?;
        let _turn = self.flights.turn(digest).await;
        let now = times::seconds(self.clock.now());
        if let Some(client) = self.verified.client(&digest, now, 0) {
            return Ok(Some(client));
        }
        let _one = self.hashing.acquire().await.map_err(|_| busy())?;
        let colon = pair.iter().position(|byte| *byte == b':').ok_or_else(wrong)?;
        let name = std::str::from_utf8(&pair[..colon]).ok();
        let (client, hashes) = name.and_then(|name| self.users.get(name).cloned()).unzip();
        let hashes = hashes.unwrap_or_default();
        let hashed = move || passwords::is_one_of(&pair[colon + 1..], &hashes);
        let right = tokio::task::spawn_blocking(hashed).await.unwrap_or(false);
        let client = client.filter(|_| right).ok_or_else(wrong)?;
        self.verified.keep(digest, &client, now + REMEMBERED.as_secs_f64(), 0, 0);
        Ok(Some(client))
    }
}

/// One of those who wait.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn one(count: &'a AtomicUsize) -> Option<Waiting<'a>> {
        let before = count.fetch_add(1, Ordering::AcqRel);
        let waiting = Waiting(count);
        (before < WAITING).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What stands behind `Basic`; `Some(None)` when it cannot be read, or stands there twice.
fn sent(headers: &HeaderMap) -> Option<Option<&str>> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (one, more) = (sent.next()?, sent.next());
    let (scheme, coded) = one.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| more.is_none().then(|| coded.trim()))
}

/// `name:password`, within bounds.
fn pair(coded: &str) -> Option<Zeroizing<Vec<u8>>> {
    if coded.len() > 2 * LONGEST {
        return None;
    }
    let pair = Zeroizing::new(STANDARD.decode(coded).ok()?);
    let colon = pair.iter().position(|byte| *byte == b':')?;
    (colon > 0 && pair.len() - colon - 1 <= LONGEST && colon + 1 < pair.len()).then_some(pair)
}

fn refused(why: Why, detail: &str) -> Refused {
    Refused { detail: detail.to_owned(), challenge: CHALLENGE.to_owned(), why }
}

fn wrong() -> Refused {
    refused(Why::Wrong, "this name and password are not known here")
}

fn busy() -> Refused {
    refused(Why::Unknown, "passwords cannot be checked at present")
}

#[cfg(test)]
mod tests {
    use super::super::stage::{Stage, verify, verify_later};
    use super::super::{PasswordHash, hash_password};
    use super::*;

    fn stage() -> Stage {
        let mut stage = Stage::default();
        let hash = |password: &str| PasswordHash::parse(&hash_password(password, [3; 16]).unwrap()).unwrap();
        let passwords = vec![hash("open sesame"), hash("new:one")];
        let client = Client { name: "hub".into(), account: "HUB".into(), passwords, ..Client::default() };
        stage.clients.insert("hub".into(), Arc::new(client));
        stage.client("portal", &[]);
        stage
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[tokio::test]
    async fn a_name_and_one_of_its_passwords() {
        let verifier = stage().open(&(Arc::new(Basic) as AuthPolicy)).unwrap();
        for right in ["hub:open sesame", "hub:new:one"] {
            let proof = basic(right);
            let sent = [("authorization", proof.as_str())];
            let client = verify_later(&*verifier, &sent).await.unwrap().unwrap();
            assert_eq!(&*client.account, "HUB");
            // Remembered: nothing is hashed again.
            assert!(verify(&*verifier, &sent).is_ok());
        }
        for guess in [
            "hub:open Sesame",
            "hub:",
            ":open sesame",
            "hub",
            "nobody:open sesame",
            "portal:",
            "portal:x",
            "HUB:open sesame",
        ] {
            let refused = verify_later(&*verifier, &[("authorization", &basic(guess))]).await.unwrap_err();
            assert_eq!((refused.why, refused.challenge.as_str()), (Why::Wrong, CHALLENGE), "{guess}");
        }
        let twice =
            [("authorization", &*basic("hub:open sesame")), ("authorization", &*basic("hub:open sesame"))];
        assert_eq!(verify(&*verifier, &twice).unwrap_err().why, Why::Wrong);
        for none in ["Bearer abc", "Basic", "abc"] {
            assert_eq!(
                verify(&*verifier, &[("authorization", none)]).unwrap_err().why,
                Why::Missing,
                "{none}"
            );
        }
        assert!(!format!("{verifier:?}").contains("argon2"));
    }
}
