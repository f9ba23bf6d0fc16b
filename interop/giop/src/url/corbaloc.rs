//! `corbaloc:` URLs (CORBA 3.3 Part 2, 7.6.10.1).

use std::fmt;
use std::str::FromStr;

use super::{ReferenceError, escape};
use crate::cdr::{CdrError, GiopVersion};
use crate::ior::{IiopProfile, Ior};
use crate::limits::CORBALOC_ADDRESSES_MAX;
use crate::names::{ObjectKey, RepositoryId};

/// The port of an address that names none.
pub const DEFAULT_PORT: u16 = 2809;

/// `corbaloc:<address>[,<address>]...[/<key>]`: an object key, and where it may be found.
///
/// | Address | Means |
/// |---|---|
/// | `:host`, `iiop:host:1234` | GIOP 1.0 at the host, port 2809 unless given |
/// | `iiop:1.2@[::1]:1234` | GIOP up to 1.2 at an IPv6 address |
/// | `rir:` | an initial reference of this process, named by the key |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corbaloc {
    /// The addresses, to be tried in order; at least one.
    pub addresses: Vec<CorbalocAddress>,
    /// The object key, without URL escapes; for `rir:` the name of an initial reference.
    pub key: ObjectKey,
}

impl Corbaloc {
    /// The key under which naming services are found.
    pub const NAME_SERVICE: ObjectKey = ObjectKey::from_static(b"NameService");

    /// Reads what follows `corbaloc:`.
    pub(super) fn parse(rest: &str) -> Result<Self, ReferenceError> {
        let (list, key) = rest.split_once('/').unwrap_or((rest, ""));
        let addresses: Vec<CorbalocAddress> =
            list.split(',').take(CORBALOC_ADDRESSES_MAX + 1).map(str::parse).collect::<Result<_, _>>()?;
        if addresses.len() > CORBALOC_ADDRESSES_MAX {
            return Err(ReferenceError::TooManyAddresses);
        }
        let is_rir = addresses.contains(&CorbalocAddress::Rir);
        if is_rir && addresses.len() > 1 {
            return Err(ReferenceError::RirNotAlone);
        }
        let key = match escape::decode(key)? {
            empty if empty.is_empty() && is_rir => Self::NAME_SERVICE,
            key => ObjectKey::new(key.into()),
        };
        Ok(Self { addresses, key })
    }

    /// A reference with one IIOP profile for each address that has a host. It has no type; whoever uses
    /// it asks the object.
    ///
    /// # Errors
    /// [`CdrError::NulInString`] for a host that no host can be.
    pub fn to_ior(&self) -> Result<Ior, CdrError> {
        let mut ior = Ior { type_id: RepositoryId::default(), profiles: Vec::new() };
        for address in &self.addresses {
            if let CorbalocAddress::Iiop { version, host, port } = address {
                let profile = IiopProfile::new(*version, host.clone(), *port, self.key.clone());
                ior.profiles.push(profile.to_tagged()?);
            }
        }
        Ok(ior)
    }

    pub(super) fn fmt_without_scheme(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, address) in self.addresses.iter().enumerate() {
            write!(f, "{}{address}", if index == 0 { "" } else { "," })?;
        }
        if self.key.as_bytes().is_empty() {
            return Ok(());
        }
        f.write_str("/")?;
        escape::encode(self.key.as_bytes(), f)
    }
}

impl fmt::Display for Corbaloc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("corbaloc:")?;
        self.fmt_without_scheme(f)
    }
}

/// One address of a `corbaloc:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorbalocAddress {
    /// `rir:`: whatever this process knows as an initial reference.
    Rir,
    /// `iiop:`, or nothing before the colon.
    Iiop {
        /// The highest version to use; 1.0 unless given.
        version: GiopVersion,
        /// A host name or IP address, IPv6 without brackets.
        host: String,
        /// A TCP port; [`DEFAULT_PORT`] unless given.
        port: u16,
    },
    /// Another protocol, for those who know it.
    Other {
        /// What stands before the colon.
        protocol: String,
        /// What stands behind it.
        address: String,
    },
}

impl FromStr for CorbalocAddress {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (protocol, address) = text.split_once(':').ok_or(ReferenceError::MalformedAddress)?;
        match protocol.to_ascii_lowercase().as_str() {
            "rir" if address.is_empty() => Ok(Self::Rir),
            "rir" => Err(ReferenceError::RirNotAlone),
            "" | "iiop" => parse_iiop(address),
            _ if !is_token(protocol) || address.contains(is_blank) => Err(ReferenceError::MalformedAddress),
            _ => Ok(Self::Other { protocol: protocol.into(), address: address.into() }),
        }
    }
}

impl fmt::Display for CorbalocAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rir => f.write_str("rir:"),
            Self::Iiop { version, host, port } => {
                if *version == GiopVersion::V1_0 {
                    f.write_str(":")?;
                } else {
                    write!(f, "iiop:{version}@")?;
                }
                let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
                write!(f, "{open}{host}{close}:{port}")
            }
            Self::Other { protocol, address } => write!(f, "{protocol}:{address}"),
        }
    }
}

/// Reads `[version@]host[:port]`.
fn parse_iiop(address: &str) -> Result<CorbalocAddress, ReferenceError> {
    let (version, address) = match address.split_once('@') {
        Some((version, address)) => (parse_version(version)?, address),
        None => (GiopVersion::V1_0, address),
    };
    let (host, port) = match address.strip_prefix('[') {
        Some(bracketed) => {
            let (host, behind) = bracketed.split_once(']').ok_or(ReferenceError::MalformedIpv6)?;
            match behind.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if behind.is_empty() => (host, None),
                None => return Err(ReferenceError::MalformedIpv6),
            }
        }
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    if host.is_empty() {
        return Err(ReferenceError::EmptyHost);
    }
    if host.contains(['@', '[', ']']) || host.contains(is_blank) {
        return Err(ReferenceError::MalformedHost);
    }
    let port = port.map_or(Ok(DEFAULT_PORT), |port| decimal(port).ok_or(ReferenceError::InvalidPort))?;
    Ok(CorbalocAddress::Iiop { version, host: host.into(), port })
}

/// What neither a host nor a foreign address has in it.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control()
}

/// What names a protocol.
fn is_token(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-._".contains(&octet))
}

fn parse_version(text: &str) -> Result<GiopVersion, ReferenceError> {
    let minor = text.strip_prefix("1.").and_then(decimal);
    minor.map(|minor| GiopVersion { major: 1, minor }).ok_or(ReferenceError::InvalidVersion)
}

/// Digits only; the sign that `parse` would take is none of ours.
fn decimal<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iiop(version: GiopVersion, host: &str, port: u16) -> CorbalocAddress {
        CorbalocAddress::Iiop { version, host: host.into(), port }
    }

    #[test]
    fn defaults_are_filled_in() {
        let loc = Corbaloc::parse(":grid").unwrap();
        assert_eq!(loc.addresses, [iiop(GiopVersion::V1_0, "grid", 2809)]);
        assert_eq!(loc.key, ObjectKey::default());
        assert_eq!(Corbaloc::parse("rir:").unwrap().key, Corbaloc::NAME_SERVICE);
        assert_eq!(Corbaloc::parse("RIR:/RootPOA").unwrap().key, ObjectKey::from_static(b"RootPOA"));
    }

    #[test]
    fn addresses_of_all_kinds_print_as_they_parse() {
        let text = "iiop:1.2@a:1,:b:2,iiop:1.1@[::1]:3,uiop:x/k%2fe%00y";
        let loc = Corbaloc::parse(text).unwrap();
        assert_eq!(
            loc.addresses,
            [
                iiop(GiopVersion::V1_2, "a", 1),
                iiop(GiopVersion::V1_0, "b", 2),
                iiop(GiopVersion::V1_1, "::1", 3),
                CorbalocAddress::Other { protocol: "uiop".into(), address: "x".into() },
            ]
        );
        assert_eq!(loc.key.as_bytes(), b"k/e\0y");
        assert_eq!(loc.to_string(), "corbaloc:iiop:1.2@a:1,:b:2,iiop:1.1@[::1]:3,uiop:x/k/e%00y");
        let hosts: Vec<_> = loc.to_ior().unwrap().iiop_profiles().map(|p| p.unwrap().host).collect();
        assert_eq!(hosts, ["a", "b", "::1"]);
    }

    #[test]
    fn the_key_may_contain_what_separates_addresses() {
        let loc = Corbaloc::parse(":h/a/b,c:d@e").unwrap();
        assert_eq!((loc.addresses.len(), loc.key.as_bytes()), (1, &b"a/b,c:d@e"[..]));
        let loc = Corbaloc::parse("iiop:1.2@[fe80::1]/k").unwrap();
        assert_eq!(loc.addresses, [iiop(GiopVersion::V1_2, "fe80::1", 2809)]);
    }

    #[test]
    fn every_defect_has_its_name() {
        for (text, error) in [
            ("", ReferenceError::MalformedAddress),
            ("h/k", ReferenceError::MalformedAddress),
            (":h,/k", ReferenceError::MalformedAddress),
            (":", ReferenceError::EmptyHost),
            ("iiop:1.2@:1/k", ReferenceError::EmptyHost),
            ("iiop:2.0@h", ReferenceError::InvalidVersion),
            ("iiop:1.256@h", ReferenceError::InvalidVersion),
            ("iiop:@h", ReferenceError::InvalidVersion),
            (":h:65536", ReferenceError::InvalidPort),
            (":h:+1", ReferenceError::InvalidPort),
            (":h:", ReferenceError::InvalidPort),
            ("iiop:1.0@0@h:1", ReferenceError::MalformedHost),
            (":[[h]", ReferenceError::MalformedHost),
            ("u\0iop:x", ReferenceError::MalformedAddress),
            ("uiop:x\ny", ReferenceError::MalformedAddress),
            (":h h", ReferenceError::MalformedHost),
            (":[::1", ReferenceError::MalformedIpv6),
            (":[::1]1", ReferenceError::MalformedIpv6),
            ("rir:x", ReferenceError::RirNotAlone),
            ("rir:,:h", ReferenceError::RirNotAlone),
            (":h/%4", ReferenceError::MalformedEscape { offset: 0 }),
            (&[":h"; CORBALOC_ADDRESSES_MAX + 1].join(","), ReferenceError::TooManyAddresses),
        ] {
            assert_eq!(Corbaloc::parse(text), Err(error), "{text}");
        }
    }
}
