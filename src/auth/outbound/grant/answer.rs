//! What a token endpoint answers (RFC 6749 §5).

use std::time::Duration;

use zeroize::Zeroizing;

use crate::auth::outbound::desk::Given;
use crate::auth::outbound::{LoginAnswer, concealed};
use crate::codec::json;
use crate::http::header;
use crate::value::Value;

/// What may be repeated of a refusal: the codes of RFC 6749 §5.2, no words of the endpoint's own.
const REFUSALS: [&str; 6] = [
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
];
/// No token is kept for longer.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// The token of an answer as a header; `life` is for one that does not say how long it is good.
/// The error says nothing of the answer's words.
pub(super) fn token(answer: &LoginAnswer, life: Duration) -> Result<Given, String> {
    let body = json::decode(&answer.body, &json::Limits::default()).unwrap_or(Value::Null);
    if !(200..300).contains(&answer.status) {
        let said = body.get("error").and_then(Value::as_str);
        let code = said.and_then(|said| REFUSALS.into_iter().find(|code| *code == said));
        let code = code.map(|code| format!(", `{code}`")).unwrap_or_default();
        return Err(format!("the token endpoint gave no token (status {}{code})", answer.status));
    }
    let Some(token) = body.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty())
    else {
        return Err("the token endpoint's answer holds no `access_token`".to_owned());
    };
    let kind = body.get("token_type").and_then(Value::as_str);
    if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err("the token endpoint gave a token that is no bearer token".to_owned());
    }
    let proof = Zeroizing::new(format!("Bearer {token}"));
    let proof = concealed(&proof).ok_or("the token holds what no header may")?;
    let life = expires_in(&body).unwrap_or(life).min(LONGEST);
    if life.is_zero() {
        return Err("the token endpoint gave a token that is over already".to_owned());
    }
    Ok(Given { headers: vec![(header::AUTHORIZATION, proof)], life: Some(life) })
}

/// In seconds; some endpoints write the number as a text.
fn expires_in(body: &Value) -> Option<Duration> {
    let text = match body.get("expires_in")? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().ok().map(Duration::from_secs)
}
