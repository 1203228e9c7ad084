//! `scheme: mtls`: a certificate that an authority of ours vouches for, of a declared subject, name or issuer.

use std::sync::Arc;

use super::{
    Answer, AuthPolicy, Client, Declared, Head, Means, Refused, Scheme, Sight, Verdict, Verifier, Why,
};
use crate::http::PeerCertificate;

pub(super) static SCHEME: Scheme = Scheme {
    name: "mtls",
    about: "a TLS certificate by one of `listen: tls: client_ca` that is among the client's `certificates`",
    needs: &[],
    takes: &[],
    compile: |_, _| Ok(mtls()),
};

/// Which certificates are a client's: all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateRule {
    /// Attributes of the subject, sorted: all of them and no other.
    pub subject: Option<Vec<(String, String)>>,
    /// One of its names: `dns:hub.example`.
    pub san: Option<String>,
    /// Attributes of the issuer, likewise.
    pub issuer: Option<Vec<(String, String)>>,
}

impl CertificateRule {
    /// Whether a certificate is meant.
    pub fn fits(&self, certificate: &PeerCertificate) -> bool {
        let same =
            |rule: &Option<Vec<_>>, own: &[(String, String)]| rule.as_ref().is_none_or(|rule| rule == own);
        let named = self.san.as_ref().is_none_or(|name| certificate.names.contains(name));
        let says_something = self.subject.is_some() || self.san.is_some() || self.issuer.is_some();
        says_something
            && named
            && same(&self.subject, &certificate.subject)
            && same(&self.issuer, &certificate.issuer)
    }
}

/// The policy of those who prove themselves by a certificate.
pub fn mtls() -> AuthPolicy {
    Arc::new(Mtls)
}

#[derive(Debug)]
struct Mtls;

impl Declared for Mtls {
    fn open(&self, means: &Means<'_>) -> Result<Arc<dyn Verifier>, Vec<String>> {
        let owners = means.clients.values().filter(|client| !client.certificates.is_empty());
        Ok(Arc::new(Certificates(owners.cloned().collect())))
    }
}

#[derive(Debug)]
struct Certificates(Vec<Arc<Client>>);

impl Verifier for Certificates {
    fn sees(&self, head: &Head<'_>) -> Sight {
        if head.certificate.is_some() { Sight::Yes } else { Sight::No }
    }

    fn verify(&self, head: &Head<'_>) -> Verdict<'_> {
        Verdict::Now(self.answer(head.certificate))
    }
}

impl Certificates {
    fn answer(&self, certificate: Option<&PeerCertificate>) -> Answer {
        let refused = |why, detail: &str| {
            // No challenge can ask for a certificate; one must stand there (RFC 9110 §15.5.2).
            Err(Refused { detail: detail.to_owned(), challenge: "ClientCertificate".to_owned(), why })
        };
        let Some(certificate) = certificate else {
            return refused(Why::Missing, "connect with your certificate");
        };
        let is_own = |client: &&Arc<Client>| client.certificates.iter().any(|rule| rule.fits(certificate));
        let mut owners = self.0.iter().filter(is_own);
        match (owners.next(), owners.next()) {
            (Some(owner), None) => Ok(Some(Arc::clone(owner))),
            (Some(_), Some(_)) => refused(Why::Unfit, "this certificate is that of several clients"),
            _ => refused(Why::Unfit, "the owner of this certificate is not known here"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;
    use crate::http::{HeaderMap, Method};

    fn attributes(text: &str) -> Vec<(String, String)> {
        crate::http::attributes(text).unwrap()
    }

    #[test]
    fn a_certificate_is_the_client_whose_rule_it_fits() {
        let mut stage = Stage::default();
        let mut client = |name: &str, rule: CertificateRule| {
            let client = Client {
                name: name.into(),
                account: name.into(),
                certificates: vec![rule],
                ..Client::default()
            };
            stage.clients.insert(name.into(), Arc::new(client));
        };
        let subject = Some(attributes("O=Hub Ltd, CN=hub"));
        client("by_subject", CertificateRule { subject, ..CertificateRule::default() });
        client("by_san", CertificateRule { san: Some("dns:b.example".into()), ..CertificateRule::default() });
        let issuer = Some(attributes("CN=Partners"));
        client("by_issuer", CertificateRule { issuer, ..CertificateRule::default() });
        client("by_nothing", CertificateRule::default());
        let verifier = stage.open(&(Arc::new(Mtls) as AuthPolicy)).unwrap();
        let ask = |subject: &str, san: &str, issuer: &str| {
            let certificate = PeerCertificate {
                subject: attributes(subject),
                issuer: attributes(issuer),
                names: vec![san.to_owned()],
            };
            let (headers, uri) = (HeaderMap::new(), "/".parse().unwrap());
            let head = Head {
                method: &Method::GET,
                uri: &uri,
                headers: &headers,
                certificate: Some(&certificate),
                peer: None,
            };
            let Verdict::Now(answer) = verifier.verify(&head) else { panic!("this takes time") };
            answer.map(|client| client.unwrap().name.to_string()).map_err(|refused| refused.detail)
        };
        assert_eq!(ask("CN=hub, O=Hub Ltd", "dns:x", "CN=Other").unwrap(), "by_subject");
        assert_eq!(ask("CN=b", "dns:b.example", "CN=Other").unwrap(), "by_san");
        assert_eq!(ask("CN=c", "dns:c.example", "CN=Partners").unwrap(), "by_issuer");
        assert!(ask("CN=hub", "dns:x", "CN=Other").is_err());
        assert!(ask("CN=hub, O=Hub Ltd, OU=more", "dns:x", "CN=Other").is_err());
        assert!(ask("CN=b", "dns:b.example.evil", "CN=Other").is_err());
        assert!(ask("CN=b", "uri:b.example", "CN=Other").is_err());
        assert!(ask("CN=b", "dns:b.example", "CN=Partners").unwrap_err().contains("several"));
    }
}
