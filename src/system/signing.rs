//! How a request proves who we are: fixed headers, or a session that is opened once for all callers.

use std::time::Duration;

use base64::Engine as _;

use crate::config::declarations::{Text, TextPart};
use crate::http::{HeaderName, HeaderValue};
use crate::mapping::Compiled;

/// The declared scheme; secrets are references.
#[derive(Debug)]
pub(super) enum Scheme {
    None,
    /// The header and the key in it.
    ApiKey(HeaderName, Text),
    /// User and password (RFC 7617).
    Basic(Text, Text),
    /// A token (RFC 6750).
    Bearer(Text),
    Session(Box<SessionScheme>),
}

/// How a session is opened and noticed to be over.
#[derive(Debug)]
pub(super) struct SessionScheme {
    /// The header that carries the session.
    pub header: HeaderName,
    /// Where to log in, below the system's `url`.
    pub path: Text,
    pub headers: Vec<(HeaderName, Compiled)>,
    pub body: Option<Compiled>,
    /// Which answers are a session; any 2xx unless said.
    pub ok: Option<Compiled>,
    pub value: Compiled,
    /// Which answers mean that the session is over; 401 unless said.
    pub expired: Option<Compiled>,
    pub backoff: Duration,
}

/// What a connection signs with: secrets resolved, shown to nobody.
pub(super) enum Signer {
    None,
    Fixed(HeaderName, HeaderValue),
    /// The path of the login.
    Session(String),
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Signer::None => "Signer::None",
            Signer::Fixed(..) => "Signer::Fixed(..)",
            Signer::Session(_) => "Signer::Session(..)",
        })
    }
}

impl Scheme {
    /// The scheme with its secrets. `text` gives a text's value; what cannot be had it notes itself.
    /// The error is a sentence that shows nothing of a secret.
    pub fn signer(&self, text: &mut dyn FnMut(&Text) -> Option<String>) -> Result<Signer, String> {
        let fixed = |name: HeaderName, value: Option<String>| {
            let Some(value) = value else { return Ok(Signer::None) };
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| "the key, token or password holds characters that no header may hold")?;
            value.set_sensitive(true);
            Ok(Signer::Fixed(name, value))
        };
        match self {
            Scheme::None => Ok(Signer::None),
            Scheme::ApiKey(name, key) => fixed(name.clone(), text(key)),
            Scheme::Bearer(token) => {
                fixed(AUTHORIZATION, text(token).map(|token| format!("Bearer {token}")))
            }
            Scheme::Basic(user, password) => {
                let (user, password) = (text(user), text(password));
                let pair = user.zip(password).map(|(user, password)| format!("{user}:{password}"));
                let encode = |pair| base64::engine::general_purpose::STANDARD.encode::<String>(pair);
                fixed(AUTHORIZATION, pair.map(|pair| format!("Basic {}", encode(pair))))
            }
            Scheme::Session(session) => Ok(Signer::Session(text(&session.path).unwrap_or_default())),
        }
    }

    /// Every text that may hold a secret or a variable.
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Scheme::None => Vec::new(),
            Scheme::ApiKey(_, text) | Scheme::Bearer(text) => vec![text],
            Scheme::Basic(user, password) => vec![user, password],
            Scheme::Session(session) => vec![&session.path],
        }
    }

    /// Names of the secrets it needs.
    pub fn secrets(&self) -> Vec<&str> {
        let parts = self.texts().into_iter().flat_map(|text| &text.parts);
        let mut names: Vec<&str> = parts
            .filter_map(|part| match part {
                TextPart::Secret(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        if let Scheme::Session(session) = self {
            let programs = session.headers.iter().map(|(_, program)| program).chain(&session.body);
            names.extend(programs.flat_map(|program| program.secrets.iter().map(|name| &**name)));
        }
        names
    }
}

const AUTHORIZATION: HeaderName = crate::http::header::AUTHORIZATION;
