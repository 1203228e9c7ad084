//! Where a system is: scheme, host, port and a path prefix.

use std::fmt;
use std::sync::Arc;

use ::http::{HeaderValue, Uri};

/// An origin and a path prefix, read from an `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// Whether to speak TLS.
    pub secure: bool,
    /// A name or an address; IPv6 without brackets.
    pub host: Arc<str>,
    pub port: u16,
    /// What stands before every path: empty, or `/` and more, without a `/` at its end.
    pub prefix: Arc<str>,
    /// For the `Host` header: as written, without the scheme's own port.
    pub(super) authority: HeaderValue,
}

/// Why a text is no target. Shows nothing of a password that stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetError {
    /// Not a URL at all.
    Malformed,
    /// Neither `http` nor `https`.
    Scheme,
    /// `user:password@` stands in it.
    UserInfo,
    /// A query or a fragment stands in it.
    Query,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TargetError::Malformed => "is not a URL: write `https://host:port/path`",
            TargetError::Scheme => "begins with neither `http://` nor `https://`",
            TargetError::UserInfo => "holds a user or a password: these belong into `auth`",
            TargetError::Query => "holds a query or a fragment: write these with the operations",
        })
    }
}

impl std::error::Error for TargetError {}

impl Target {
    /// Reads `http://host:port/prefix`.
    pub fn parse(url: &str) -> Result<Target, TargetError> {
        if url.contains(['?', '#']) {
            return Err(TargetError::Query);
        }
        let uri: Uri = url.trim().parse().map_err(|_| TargetError::Malformed)?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) => return Err(TargetError::Scheme),
            None => return Err(TargetError::Malformed),
        };
        let authority = uri.authority().ok_or(TargetError::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(TargetError::UserInfo);
        }
        let usual = if secure { 443 } else { 80 };
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") | Some(":") | None => usual,
            Some(_) => authority.port_u16().filter(|port| *port > 0).ok_or(TargetError::Malformed)?,
        };
        let host = authority.host();
        let shown = if port == usual { host.to_owned() } else { format!("{host}:{port}") };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if bare.is_empty() {
            return Err(TargetError::Malformed);
        }
        Ok(Target {
            secure,
            host: bare.into(),
            port,
            prefix: uri.path().trim_end_matches('/').into(),
            authority: HeaderValue::from_str(&shown).map_err(|_| TargetError::Malformed)?,
        })
    }

    /// The origin as logs show it: `https://erp.example:8443`.
    pub fn origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority.to_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_and_prefixes() {
        let target = Target::parse("https://erp.example:8443/api/v1/").unwrap();
        assert!(target.secure);
        assert_eq!((&*target.host, target.port, &*target.prefix), ("erp.example", 8443, "/api/v1"));
        assert_eq!(target.authority, "erp.example:8443");
        let target = Target::parse("http://[::1]").unwrap();
        assert_eq!((&*target.host, target.port, &*target.prefix), ("::1", 80, ""));
        assert_eq!(target.authority, "[::1]");
        assert_eq!(Target::parse("https://erp.example:443").unwrap().authority, "erp.example");
    }

    #[test]
    fn what_is_no_target() {
        let error = |url: &str| Target::parse(url).unwrap_err();
        assert_eq!(error("https://me:secret@erp.example"), TargetError::UserInfo);
        assert_eq!(error("ftp://erp.example"), TargetError::Scheme);
        assert_eq!(error("https://erp.example/?a=1"), TargetError::Query);
        assert_eq!(error("/erp"), TargetError::Malformed);
        assert_eq!(error("erp"), TargetError::Malformed);
        assert_eq!(error("http://erp:0"), TargetError::Malformed);
        assert_eq!(error("http://erp:99999"), TargetError::Malformed);
        assert_eq!(error(""), TargetError::Malformed);
    }
}
