//! `scheme: basic`: a user and a password (RFC 7617).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::api_key::Fixed;
use super::{Declared, Means, Scheme, Signer, hidden};
use crate::auth::{Secret, resolve};
use crate::config::declarations::Text;
use crate::config::declarations::system::SystemAuth;

pub(super) static SCHEME: Scheme = Scheme {
    name: "basic",
    about: "a `user` and a `password`",
    needs: &["user", "password"],
    takes: &[],
    compile: |auth, _| (declared(auth).map(|declared| Box::new(declared) as Box<dyn Declared>), Vec::new()),
};

fn declared(auth: &SystemAuth) -> Option<Basic> {
    Some(Basic { user: auth.user.clone()?, password: auth.password.clone()? })
}

#[derive(Debug)]
struct Basic {
    user: Text,
    password: Text,
}

impl Declared for Basic {
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Signer>, Vec<String>> {
        let (user, password) = (resolve(&self.user, means.secret), resolve(&self.password, means.secret));
        match (user, password) {
            (Ok(user), Ok(password)) => Ok(Arc::new(Fixed::authorization(proof(&user, &password)))),
            (user, password) => Err([user.err(), password.err()].into_iter().flatten().flatten().collect()),
        }
    }
}

/// `None` when the user holds a colon, which no receiver could take apart.
fn proof(user: &Secret, password: &Secret) -> Option<crate::http::HeaderValue> {
    if user.reveal().contains(':') {
        return None;
    }
    let both = Zeroizing::new(format!("{}:{}", user.reveal(), password.reveal()));
    hidden(&Secret::new(format!("Basic {}", STANDARD.encode(both.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let value = proof(&secret("Aladdin"), &secret("open sesame")).unwrap();
        assert_eq!(value.to_str().unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(!format!("{value:?}").contains("QWx"));
        assert_eq!(proof(&secret("a:b"), &secret("c")), None);
    }
}
