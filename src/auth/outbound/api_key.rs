//! `scheme: api_key`: a key in a header.

use std::fmt;
use std::sync::Arc;

use super::{Declared, Means, Proof, Scheme, Signer, hidden};
use crate::auth::{header_name, resolve};
use crate::config::declarations::Text;
use crate::config::declarations::system::SystemAuth;
use crate::http::{HeaderMap, HeaderName, HeaderValue, header};

pub(super) static SCHEME: Scheme = Scheme {
    name: "api_key",
    about: "a key in a header: `key`, and `header` unless it is `X-Api-Key`",
    needs: &["key"],
    takes: &["header"],
    compile: |auth, _| (declared(auth).map(|declared| Box::new(declared) as Box<dyn Declared>), Vec::new()),
};

fn declared(auth: &SystemAuth) -> Option<ApiKey> {
    let header = match &auth.header {
        Some(name) => header_name(name).ok()?,
        None => HeaderName::from_static("x-api-key"),
    };
    Some(ApiKey { header, key: auth.key.clone()? })
}

#[derive(Debug)]
struct ApiKey {
    header: HeaderName,
    key: Text,
}

impl Declared for ApiKey {
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Signer>, Vec<String>> {
        let key = resolve(&self.key, means.secret)?;
        Ok(Arc::new(Fixed::new(self.header.clone(), hidden(&key, "key")?)))
    }
}

/// A header that is always the same.
pub(super) struct Fixed {
    header: HeaderName,
    value: HeaderValue,
}

impl Fixed {
    pub(super) fn new(header: HeaderName, value: HeaderValue) -> Fixed {
        Fixed { header, value }
    }

    pub(super) fn authorization(value: HeaderValue) -> Fixed {
        Fixed { header: header::AUTHORIZATION, value }
    }
}

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fixed({}: ..)", self.header)
    }
}

impl Signer for Fixed {
    fn sign(&self, headers: &mut HeaderMap) -> Option<Proof> {
        headers.insert(self.header.clone(), self.value.clone());
        Some(Proof(0))
    }
}
