//! Whom we may call: the address that was checked is the one that is dialled.
//!
//! A name is looked up once for a connection; each of its addresses is held against the rules, and only those that
//! pass are dialled. A name that leads elsewhere a moment later leads nobody there.

mod class;
mod rule;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

pub use class::{Class, class};
pub use rule::{BadRule, EgressRule};

use super::Target;
use crate::clock::BoxFuture;

/// Looks names up. A seam, so that a test can lead a name elsewhere.
pub trait Resolve: Send + Sync + fmt::Debug {
    /// The addresses of a name, in the order in which to try them.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// The machine's own resolver.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// What the whole gateway may call.
#[derive(Debug, Clone)]
pub struct EgressGuard {
    allow: Option<Vec<EgressRule>>,
    private: Vec<EgressRule>,
    resolver: Arc<dyn Resolve>,
}

impl Default for EgressGuard {
    /// Everybody that is declared; nothing is private.
    fn default() -> EgressGuard {
        EgressGuard { allow: None, private: Vec::new(), resolver: Arc::new(SystemResolver) }
    }
}

/// Where a target may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What the target's own words declare: a private or loopback address that is written out, this machine for
    /// `localhost`, a private network for a name that only such a network can have.
    Written,
    /// Public addresses only, whatever its words say: a target that somebody else chose.
    Public,
    /// Into private networks and to this machine too.
    Private,
}

/// Why an address is not called: lower case, no full stop, says what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied(String);

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Denied {}

/// Ends of names that no public resolver knows (RFC 6762, RFC 8375, and what networks use).
const PRIVATE_ENDS: [&str; 8] =
    [".internal", ".local", ".lan", ".home.arpa", ".intranet", ".corp", ".private", ".svc"];

impl EgressGuard {
    /// A guard of `allow` (`None`: whatever is declared) and of what is declared to be private.
    pub fn new(allow: Option<Vec<EgressRule>>, private: Vec<EgressRule>) -> EgressGuard {
        EgressGuard { allow, private, ..EgressGuard::default() }
    }

    /// Looks names up elsewhere.
    #[must_use]
    pub fn resolving(self, resolver: Arc<dyn Resolve>) -> EgressGuard {
        EgressGuard { resolver, ..self }
    }

    /// What can be said before any name is looked up: whether the rules can ever let a target be called.
    ///
    /// # Errors
    /// In words, what is not allowed.
    pub fn admit(&self, target: &Target, reach: Reach) -> Result<(), Denied> {
        if let Ok(address) = target.host.parse::<IpAddr>() {
            return self.check(target, reach, address);
        }
        let Some(allow) = &self.allow else { return Ok(()) };
        let may = |rule: &EgressRule| rule.names(&target.host, target.port) || rule.is_range();
        if allow.iter().any(may) { Ok(()) } else { Err(not_allowed(target)) }
    }

    /// Whether this address, which a target's host is or leads to, may be dialled.
    ///
    /// # Errors
    /// In words, and what would have to be written.
    pub fn check(&self, target: &Target, reach: Reach, address: IpAddr) -> Result<(), Denied> {
        let port = target.port;
        let holds = |rules: &[EgressRule]| rules.iter().any(|rule| rule.holds(address, port));
        let names = |rules: &[EgressRule]| rules.iter().any(|rule| rule.names(&target.host, port));
        if let Some(allow) = &self.allow
            && !holds(allow)
            && !names(allow)
        {
            return Err(not_allowed(target));
        }
        let class = class(address);
        let declared = holds(&self.private) || self.allow.as_deref().is_some_and(holds);
        let good = match class {
            Class::Public => true,
            Class::Nobody => false,
            Class::LinkLocal => declared && reach != Reach::Public,
            Class::Private | Class::Loopback => match reach {
                Reach::Private => true,
                Reach::Public => declared,
                Reach::Written => declared || names(&self.private) || is_written(&target.host, class),
            },
        };
        if good { Ok(()) } else { Err(denied(target, address, class)) }
    }

    /// The addresses of a target that may be dialled, at least one.
    pub(super) async fn addresses(
        &self,
        target: &Target,
        reach: Reach,
    ) -> io::Result<Result<Vec<SocketAddr>, Denied>> {
        let found = match target.host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, target.port)],
            Err(_) => self.resolver.resolve(&target.host, target.port).await?,
        };
        let (mut good, mut denied) = (Vec::new(), None);
        for address in found {
            match self.check(target, reach, address.ip()) {
                Ok(()) => good.push(address),
                Err(why) => denied = Some(why),
            }
        }
        Ok(match denied {
            Some(why) if good.is_empty() => Err(why),
            _ => Ok(good),
        })
    }
}

/// Whether the host's own words say that it is of this class.
fn is_written(host: &str, class: Class) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.parse::<IpAddr>().is_ok() {
        return true;
    }
    let is_here = host == "localhost" || host.ends_with(".localhost");
    match class {
        Class::Loopback => is_here,
        _ if is_here => false,
        // A name without a dot is of the machine's own network: a container's, a service's.
        Class::Private => {
            !host.contains('.')
                || PRIVATE_ENDS.iter().any(|end| host.ends_with(end))
                || host.ends_with(".cluster.local")
        }
        _ => false,
    }
}

fn not_allowed(target: &Target) -> Denied {
    let (host, port) = (&target.host, target.port);
    Denied(format!("`{host}`, port {port}, is not allowed: add it to `egress: allow` of `gateway.yaml`"))
}

fn denied(target: &Target, address: IpAddr, class: Class) -> Denied {
    let what = match target.host.parse::<IpAddr>() {
        Ok(_) => format!("`{address}` is {}", class.words()),
        Err(_) => format!("`{}` leads to `{address}`, {}", target.host, class.words()),
    };
    let help = match class {
        Class::LinkLocal => "; if that is meant, add the address to `egress: private` of `gateway.yaml`",
        Class::Private | Class::Loopback => {
            "; if that is meant, write `network: private` into the system's file, or add the host or the network to \
             `egress: private` of `gateway.yaml`"
        }
        Class::Public | Class::Nobody => "",
    };
    Denied(format!("{what}{help}"))
}

#[cfg(test)]
mod tests;
