//! The certificate that a caller proved to have, read once for each connection.

use std::net::IpAddr;

use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::X509Name;

/// Names of one certificate that are looked at.
const NAMES: usize = 100;

/// Who a caller is by its certificate, which one of our authorities vouches for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Attributes of the subject with their short names (`CN`, `O`), sorted.
    pub subject: Vec<(String, String)>,
    /// Attributes of the issuer, likewise.
    pub issuer: Vec<(String, String)>,
    /// Its other names (RFC 5280 §4.2.1.6): `dns:…`, `email:…`, `uri:…`, `ip:…`; names of hosts in lower case.
    pub names: Vec<String>,
}

impl PeerCertificate {
    /// Reads the certificate of a handshake that went well. `None` when it is none that we can read.
    pub(super) fn read(der: &CertificateDer<'_>) -> Option<PeerCertificate> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok()?;
        let names = names.iter().flat_map(|names| &names.value.general_names).take(NAMES);
        Some(PeerCertificate {
            subject: of(certificate.subject())?,
            issuer: of(certificate.issuer())?,
            names: names.filter_map(name).collect(),
        })
    }
}

/// The attributes of a name; `None` when one of them is no text, so that it cannot be compared.
fn of(name: &X509Name<'_>) -> Option<Vec<(String, String)>> {
    let attribute = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
        let kind = attribute.attr_type();
        let kind = oid2abbrev(kind, oid_registry()).map_or_else(|_| kind.to_id_string(), str::to_owned);
        Some((kind, attribute.as_str().ok()?.to_owned()))
    };
    let mut attributes: Vec<_> = name.iter_attributes().map(attribute).collect::<Option<_>>()?;
    attributes.sort();
    Some(attributes)
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(format!("dns:{}", name.to_ascii_lowercase())),
        GeneralName::RFC822Name(name) => Some(format!("email:{name}")),
        GeneralName::URI(name) => Some(format!("uri:{name}")),
        GeneralName::IPAddress(bytes) => Some(format!("ip:{}", address(bytes)?)),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = || <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    let sixteen = || <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from);
    four().or_else(sixteen)
}

/// The attributes that a text such as `CN=hub, O=Hub Ltd` names (RFC 4514), sorted: the order in which they are written
/// means nothing here. A comma inside a value is written `\\,`. `None` when it is no such text.
pub fn attributes(text: &str) -> Option<Vec<(String, String)>> {
    let (mut parts, mut part, mut escaped) = (Vec::new(), String::new(), false);
    for sign in text.chars() {
        match sign {
            _ if escaped => {
                part.push(sign);
                escaped = false;
            }
            '\\' => escaped = true,
            ',' => parts.push(std::mem::take(&mut part)),
            _ => part.push(sign),
        }
    }
    parts.push(part);
    let pair = |part: &String| {
        let (kind, value) = part.split_once('=')?;
        let (kind, value) = (kind.trim(), value.trim());
        (!kind.is_empty() && !value.is_empty()).then(|| (kind.to_owned(), value.to_owned()))
    };
    let mut attributes: Vec<_> = parts.iter().map(pair).collect::<Option<_>>()?;
    attributes.sort();
    (!escaped).then_some(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_compared_whatever_their_order() {
        assert_eq!(attributes("CN=hub, O=Hub Ltd"), attributes("O=Hub Ltd,CN=hub"));
        assert_eq!(attributes("O=Hub\\, Ltd"), Some(vec![("O".into(), "Hub, Ltd".into())]));
        for wrong in ["", "hub", "CN=", "=hub", "CN=hub,", "CN=hub\\"] {
            assert_eq!(attributes(wrong), None, "{wrong}");
        }
    }
}
