//! Requests to a running gateway.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::http::{Answer, Call, Client, ClientOptions, HeaderMap, HeaderValue, Method, Target};

/// How long one request may take: a look at a whole store takes its time.
const PATIENCE: Duration = Duration::from_secs(600);

/// Where the gateway is, and who asks.
#[derive(Debug, Args)]
pub(in crate::cli) struct Where {
    /// The gateway's listener for operators
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9090")]
    admin: String,
    /// A file with the token; instead of `CROSSDOCK_TOKEN`
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A PEM file with the authorities to trust, for `https`
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// A gateway that can be asked.
pub(in crate::cli) struct Gateway {
    client: Client,
    token: Zeroizing<String>,
    runtime: tokio::runtime::Runtime,
}

impl Where {
    /// Gets ready to ask. Nothing is sent yet.
    pub fn open(&self) -> Result<Gateway, String> {
        let target = Target::parse(&self.admin).map_err(|why| format!("`--admin {}` {why}", self.admin))?;
        let options =
            ClientOptions { ca: self.ca.clone(), response_size: 256 << 20, ..ClientOptions::default() };
        let client = Client::new(target, options).map_err(|error| error.to_string())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        Ok(Gateway { client, token: self.token()?, runtime })
    }

    fn token(&self) -> Result<Zeroizing<String>, String> {
        let text = match &self.token_file {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| format!("`{}` cannot be read: {error}", file.display()))?,
            None => std::env::var("CROSSDOCK_TOKEN")
                .map_err(|_| "who are you? set CROSSDOCK_TOKEN, or give `--token-file FILE`".to_owned())?,
        };
        Ok(Zeroizing::new(text.trim().to_owned()))
    }
}

impl Gateway {
    /// Asks for something.
    pub fn get(&self, path: &str) -> Result<Json, String> {
        read(&self.send(Method::GET, path, None, None)?)
    }

    /// Asks for a text.
    pub fn text(&self, path: &str) -> Result<String, String> {
        Ok(String::from_utf8_lossy(&self.send(Method::GET, path, None, None)?.body).into_owned())
    }

    /// Has something done.
    pub fn post(&self, path: &str, body: &str) -> Result<Json, String> {
        read(&self.send(Method::POST, path, Some(body), None)?)
    }

    /// Has something done that must not be done twice: when no answer comes, the same request is sent again.
    pub fn once(&self, path: &str, body: &str) -> Result<Json, String> {
        let key = uuid::Uuid::new_v4().to_string();
        let first = self.send(Method::POST, path, Some(body), Some(&key));
        let answer = match first {
            Err(Lost::Silent(_)) => self.send(Method::POST, path, Some(body), Some(&key)),
            other => other,
        };
        read(&answer?)
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&str>,
        key: Option<&str>,
    ) -> Result<Answer, Lost> {
        let mut headers = HeaderMap::new();
        let bearer = Zeroizing::new(format!("Bearer {}", self.token.as_str()));
        let bearer = HeaderValue::from_str(&bearer)
            .map_err(|_| Lost::Told("the token has a sign that no header can hold".to_owned()))?;
        headers.insert("authorization", bearer);
        if body.is_some() {
            headers.insert("content-type", HeaderValue::from_static("application/json"));
        }
        if let Some(key) = key.and_then(|key| HeaderValue::from_str(key).ok()) {
            headers.insert("idempotency-key", key);
        }
        let call = Call {
            repeatable: method == Method::GET,
            method,
            path: path.to_owned(),
            headers,
            body: body.unwrap_or_default().as_bytes().to_vec().into(),
            first_byte: PATIENCE,
            whole: PATIENCE,
            as_is: false,
        };
        let origin = self.client.target().origin();
        let silent = |error: &dyn std::fmt::Display| {
            Lost::Silent(format!(
                "the gateway at {origin} does not answer: {error}; `--admin URL` says where it is"
            ))
        };
        let answer = self.runtime.block_on(self.client.send(call)).map_err(|error| silent(&error))?;
        if answer.status.is_success() { Ok(answer) } else { Err(Lost::Told(told(&answer))) }
    }
}

/// Why there is no good answer.
enum Lost {
    /// None came.
    Silent(String),
    /// The gateway said no.
    Told(String),
}

impl From<Lost> for String {
    fn from(lost: Lost) -> String {
        match lost {
            Lost::Silent(why) | Lost::Told(why) => why,
        }
    }
}

/// What a refusal says.
fn told(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body).trim().to_owned();
    let detail =
        serde_json::from_str::<Json>(&text).ok().and_then(|body| Some(body["detail"].as_str()?.to_owned()));
    match (answer.status.as_u16(), detail) {
        (_, Some(detail)) => detail,
        (401, None) => "the gateway does not know this token".to_owned(),
        (status, None) => format!("{text} (status {status})"),
    }
}

fn read(answer: &Answer) -> Result<Json, String> {
    serde_json::from_slice(&answer.body)
        .map_err(|_| "the gateway's answer is not JSON: is it one?".to_owned())
}

/// A path's part or a query's value.
pub(in crate::cli) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A query of what is given.
pub(in crate::cli) fn query(members: &[(&str, Option<String>)]) -> String {
    let given =
        members.iter().filter_map(|(name, value)| Some(format!("{name}={}", escaped(value.as_ref()?))));
    let given: Vec<String> = given.collect();
    if given.is_empty() { String::new() } else { format!("?{}", given.join("&")) }
}
