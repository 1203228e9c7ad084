//! `scheme: bearer`: a fixed token (RFC 6750).

use std::sync::Arc;

use super::api_key::Fixed;
use super::{Declared, Means, Scheme, Signer, hidden};
use crate::auth::{Secret, resolve};
use crate::config::declarations::Text;

pub(super) static SCHEME: Scheme = Scheme {
    name: "bearer",
    about: "a fixed token: `token`, sent as `Authorization: Bearer`",
    needs: &["token"],
    takes: &[],
    compile: |auth, _| {
        let declared = auth.token.clone().map(|token| Box::new(Bearer { token }) as Box<dyn Declared>);
        (declared, Vec::new())
    },
};

#[derive(Debug)]
struct Bearer {
    token: Text,
}

impl Declared for Bearer {
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Signer>, Vec<String>> {
        let token = resolve(&self.token, means.secret)?;
        let proof = Secret::new(format!("Bearer {}", token.reveal()));
        Ok(Arc::new(Fixed::authorization(hidden(&proof, "token")?)))
    }
}
