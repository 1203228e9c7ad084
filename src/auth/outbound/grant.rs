//! `scheme: oauth2_client` and `scheme: jwt_bearer`: a token endpoint gives a bearer token for what we can prove
//! (RFC 6749 §4.4, RFC 7523), which goes with every call until it ends.
//!
//! One request serves all who wait for it; the next token is got before the last one ends. An answer that says
//! that the token is over forgets exactly that one, and the call is sent once more with a fresh one.

mod answer;
mod assertion;
mod declared;
mod form;
mod token;

use super::Scheme;

pub(super) static OAUTH2_CLIENT: Scheme = Scheme {
    name: "oauth2_client",
    about: "a token for client credentials (RFC 6749 §4.4) from `token_url`, kept and renewed; the client proves \
            itself with `client_secret` in a header or in the form, or with an assertion that `key` signs \
            (`client_auth: private_key_jwt`)",
    needs: &["token_url", "client_id"],
    takes: &[
        "client_secret",
        "client_auth",
        "scope",
        "audience",
        "parameters",
        "key",
        "key_id",
        "algorithm",
        "lifetime",
        "token_life",
        "expired",
    ],
    compile: declared::oauth2_client,
};

pub(super) static JWT_BEARER: Scheme = Scheme {
    name: "jwt_bearer",
    about: "a token for an assertion that `key` signs (RFC 7523 §2.1), from `token_url`, kept and renewed",
    needs: &["token_url", "issuer", "key"],
    takes: &[
        "subject",
        "audience",
        "claims",
        "scope",
        "parameters",
        "key_id",
        "algorithm",
        "lifetime",
        "token_life",
        "expired",
    ],
    compile: declared::jwt_bearer,
};

#[cfg(test)]
mod tests;
