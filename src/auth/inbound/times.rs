//! When a proof is good: the claims `exp`, `nbf` and `iat` (RFC 7519 §4.1), with clocks that are a little apart.

use std::time::Duration;

use crate::clock::Moment;
use crate::value::Value;

/// How far clocks are taken to be apart, unless said.
pub(super) const SKEW: Duration = Duration::from_secs(60);
/// The most that may be said.
pub(super) const MOST_SKEW: Duration = Duration::from_secs(300);

/// Why a proof is not good now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untimely {
    /// A time that is missing or no number.
    Unreadable,
    Expired,
    NotYet,
}

/// Seconds since 1970 of a moment.
pub(super) fn seconds(moment: Moment) -> f64 {
    moment.0 as f64 / 1e9
}

/// The end of a proof in seconds since 1970, when it is good now. `expires`: there must be an end; without one, it
/// is for ever.
pub(super) fn end(claims: &Value, now: Moment, skew: Duration, expires: bool) -> Result<f64, Untimely> {
    let (now, skew) = (seconds(now), skew.as_secs_f64());
    let end = match time(claims, "exp")? {
        Some(end) => end,
        None if expires => return Err(Untimely::Unreadable),
        None => f64::INFINITY,
    };
    for start in ["nbf", "iat"] {
        if time(claims, start)?.is_some_and(|start| start > now + skew) {
            return Err(Untimely::NotYet);
        }
    }
    if now >= end + skew { Err(Untimely::Expired) } else { Ok(end) }
}

fn time(claims: &Value, name: &str) -> Result<Option<f64>, Untimely> {
    let Some(said) = claims.get(name) else { return Ok(None) };
    let number = said.as_number().map(|number| number.to_f64()).filter(|number| number.is_finite());
    number.map(Some).ok_or(Untimely::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    fn asked(claims: &str) -> Result<f64, Untimely> {
        let claims = json::decode(claims.as_bytes(), &json::Limits::default()).unwrap();
        end(&claims, Moment(1_000 * 1_000_000_000), Duration::from_secs(10), true)
    }

    #[test]
    fn clocks_may_be_apart_by_the_skew_and_no_more() {
        assert_eq!(asked(r#"{"exp":2000,"nbf":900,"iat":900}"#), Ok(2000.0));
        assert_eq!(asked(r#"{"exp":991,"nbf":1010}"#), Ok(991.0));
        assert_eq!(asked(r#"{"exp":990}"#), Err(Untimely::Expired));
        assert_eq!(asked(r#"{"exp":2000,"nbf":1011}"#), Err(Untimely::NotYet));
        assert_eq!(asked(r#"{"exp":2000,"iat":1011}"#), Err(Untimely::NotYet));
    }

    #[test]
    fn a_time_is_a_number_and_an_end_is_there() {
        for claims in
            [r#"{}"#, r#"{"exp":"2000"}"#, r#"{"exp":null}"#, r#"{"exp":2000,"nbf":"x"}"#, r#"{"exp":1e999}"#]
        {
            assert_eq!(asked(claims), Err(Untimely::Unreadable), "{claims}");
        }
    }
}
