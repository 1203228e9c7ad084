//! Asking an issuer's server: bounded in time and size, redirects not followed.

use std::path::PathBuf;
use std::time::Duration;

use crate::auth::Secret;
use crate::clock::BoxFuture;
use crate::config::declarations::Text;
use crate::diagnostic::{Diagnostic, codes};
use crate::http::{self, Bytes, Call, Client, ClientOptions, HeaderMap, HeaderValue, Method, Target, header};

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(5);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// Longest answer, in bytes.
const LARGEST: u64 = 512 << 10;

/// One place of an issuer's server.
pub(super) trait Source: Send + Sync + std::fmt::Debug {
    /// Asks there, with a form or without. The error is for the log and holds nothing of what was sent.
    fn ask(&self, form: Option<Bytes>) -> BoxFuture<'_, Result<Bytes, String>>;
}

/// A place that is asked over HTTP.
#[derive(Debug)]
pub(super) struct Place {
    client: Client,
    /// `?` and more, or nothing.
    query: String,
    /// Who we are there; sensitive.
    proof: Option<HeaderValue>,
}

impl Place {
    /// The place at `url`, whose server is trusted by the authorities in `ca`, or by the machine's own.
    ///
    /// # Errors
    /// In words, when the URL or the file is no good.
    pub fn new(url: &str, ca: Option<PathBuf>, proof: Option<HeaderValue>) -> Result<Place, String> {
        let (before, query) = url.split_at(url.find('?').unwrap_or(url.len()));
        let target = Target::parse(before).map_err(|error| format!("`{before}` {error}"))?;
        let options =
            ClientOptions { connect: CONNECT, response_size: LARGEST, ca, ..ClientOptions::default() };
        let client = Client::new(target, options).map_err(|error| error.to_string())?;
        Ok(Place { client, query: query.to_owned(), proof })
    }

    fn call(&self, form: Option<Bytes>) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if form.is_some() {
            let sent = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(header::CONTENT_TYPE, sent);
        }
        if let Some(proof) = &self.proof {
            headers.insert(header::AUTHORIZATION, proof.clone());
        }
        Call {
            method: if form.is_some() { Method::POST } else { Method::GET },
            path: self.query.clone(),
            headers,
            body: form.unwrap_or_default(),
            first_byte: WITHIN,
            whole: WITHIN,
            repeatable: true,
            as_is: false,
        }
    }
}

impl Source for Place {
    fn ask(&self, form: Option<Bytes>) -> BoxFuture<'_, Result<Bytes, String>> {
        let call = self.call(form);
        Box::pin(async move {
            let answer = self.client.send(call).await.map_err(|error| error.to_string())?;
            match answer.status {
                http::StatusCode::OK => Ok(answer.body),
                other => Err(format!("{} answered {}", self.client.target().origin(), other.as_u16())),
            }
        })
    }
}

/// Whether what is asked there can be believed: only over TLS, or on this machine.
pub(super) fn check(key: &str, url: &Text) -> Result<(), Diagnostic> {
    let Some(plain) = url.plain() else { return Ok(()) };
    let before = plain.split('?').next().unwrap_or_default();
    let bad = |message: String| Diagnostic::new(&codes::BAD_URL, url.span, message);
    let target = Target::parse(before).map_err(|error| {
        bad(format!("`{key}` {error}")).help(format!("write `{key}: https://issuer.example/…`"))
    })?;
    let near = matches!(&*target.host, "localhost" | "127.0.0.1" | "::1");
    if target.secure || near {
        return Ok(());
    }
    Err(bad(format!("`{key}` is asked without TLS: whoever stands in between decides who may call"))
        .help("write `https://`, with `ca:` when the server's authority is your own"))
}

/// Who we are there (RFC 6749 §2.3.1): both percent-encoded, and never shown.
pub(super) fn basic(id: &Secret, secret: &Secret) -> Result<HeaderValue, String> {
    use base64::Engine;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let part = |text: &Secret| utf8_percent_encode(text.reveal(), NON_ALPHANUMERIC).to_string();
    let pair = zeroize::Zeroizing::new(format!("{}:{}", part(id), part(secret)));
    let coded = base64::engine::general_purpose::STANDARD.encode(pair.as_bytes());
    let mut value = HeaderValue::from_str(&format!("Basic {coded}"))
        .map_err(|_| "`client_secret` is no secret".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
