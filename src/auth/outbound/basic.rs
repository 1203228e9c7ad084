//! `scheme: basic`: a user and a password (RFC 7617).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::api_key::Fixed;
use super::{Declared, Means, Scheme, Signer, UNSENDABLE, hidden};
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
            (Ok(user), Ok(password)) => Ok(Arc::new(Fixed::authorization(proof(&user, &password)?))),
            (user, password) => Err([user.err(), password.err()].into_iter().flatten().flatten().collect()),
        }
    }
}

fn proof(user: &Secret, password: &Secret) -> Result<crate::http::HeaderValue, Vec<String>> {
    if user.reveal().contains(':') {
        return Err(vec!["`user` holds a colon, where no receiver could take it apart".to_owned()]);
    }
    let whole = |text: &Secret, key: &str| match text.reveal().contains(char::is_control) {
        true => Err(format!("`{key}` {UNSENDABLE}")),
        false => Ok(()),
    };
    let wrong = [whole(user, "user"), whole(password, "password")].into_iter().filter_map(Result::err);
    let wrong: Vec<String> = wrong.collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let both = Zeroizing::new(format!("{}:{}", user.reveal(), password.reveal()));
    hidden(&Secret::new(format!("Basic {}", STANDARD.encode(both.as_bytes()))), "password")
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
        assert!(proof(&secret("a:b"), &secret("c")).is_err());
        let refused = proof(&secret("a"), &secret("hush\n")).unwrap_err();
        assert!(refused[0].starts_with("`password` holds") && !refused[0].contains("hush"), "{refused:?}");
    }
}
