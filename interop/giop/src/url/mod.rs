//! References as text: `IOR:`, `corbaloc:` and `corbaname:` (CORBA 3.3 Part 2, 7.6.9 and 7.6.10).

mod corbaloc;
mod escape;

use std::fmt;
use std::str::FromStr;

pub use corbaloc::{Corbaloc, CorbalocAddress, DEFAULT_PORT};

use crate::ior::{Ior, IorTextError};
use crate::limits::{CORBALOC_ADDRESSES_MAX, REFERENCE_BYTES_MAX};

/// Anything that a string may say where a reference is expected.
///
/// Parsing does not look anything up: a `corbaname:` is only taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A stringified reference.
    Ior(Ior),
    /// An object key and where to find it.
    Corbaloc(Corbaloc),
    /// A name in a naming service.
    Corbaname(Corbaname),
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let text = text.trim();
        if text.len() > 2 * REFERENCE_BYTES_MAX + 4 {
            return Err(ReferenceError::TooLong { limit: REFERENCE_BYTES_MAX });
        }
        let (scheme, rest) = text.split_once(':').ok_or(ReferenceError::UnknownScheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            "ior" => Ok(Self::Ior(text.parse()?)),
            "corbaloc" => Corbaloc::parse(rest).map(Self::Corbaloc),
            "corbaname" => Corbaname::parse(rest).map(Self::Corbaname),
            _ => Err(ReferenceError::UnknownScheme),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ior(ior) => ior.fmt(f),
            Self::Corbaloc(corbaloc) => corbaloc.fmt(f),
            Self::Corbaname(corbaname) => corbaname.fmt(f),
        }
    }
}

/// `corbaname:<addresses>[/<key>][#<name>]`: a naming context, and a name to resolve in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corbaname {
    /// Where the naming context is; its key is `NameService` unless the text says another.
    pub context: Corbaloc,
    /// A stringified name such as `accounts/checking.kind`, without URL escapes; empty for the context itself.
    pub name: String,
}

impl Corbaname {
    fn parse(rest: &str) -> Result<Self, ReferenceError> {
        let (context, name) = rest.split_once('#').unwrap_or((rest, ""));
        let mut context = Corbaloc::parse(context)?;
        if context.key.as_bytes().is_empty() {
            context.key = Corbaloc::NAME_SERVICE;
        }
        let name = String::from_utf8(escape::decode(name)?).map_err(|_| ReferenceError::NameNotText)?;
        Ok(Self { context, name })
    }
}

impl fmt::Display for Corbaname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("corbaname:")?;
        self.context.fmt_without_scheme(f)?;
        if self.name.is_empty() {
            return Ok(());
        }
        f.write_str("#")?;
        escape::encode(self.name.as_bytes(), f)
    }
}

/// Why a string is no reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// Neither `IOR:` nor `corbaloc:` nor `corbaname:`.
    #[error("a reference starts with IOR:, corbaloc: or corbaname:")]
    UnknownScheme,
    /// The text is longer than any real reference.
    #[error("a reference of more than {limit} octets")]
    TooLong {
        /// The most octets accepted.
        limit: usize,
    },
    /// A defect in the digits after `IOR:`.
    #[error(transparent)]
    Ior(#[from] IorTextError),
    /// An address is not of the form `protocol:address`.
    #[error("an address has the form iiop:[version@]host[:port], :host[:port] or rir:")]
    MalformedAddress,
    /// A host with an `@`, a bracket or white space in it.
    #[error(
        "the host of an address has no `@`, no brackets but those around an IPv6 address, and no white space"
    )]
    MalformedHost,
    /// More addresses than are accepted.
    #[error("more than {CORBALOC_ADDRESSES_MAX} addresses")]
    TooManyAddresses,
    /// An address without a host.
    #[error("an address has no host")]
    EmptyHost,
    /// An IPv6 address is opened by `[` and not closed by `]`, or something but a port follows.
    #[error("an IPv6 address has the form [address] or [address]:port")]
    MalformedIpv6,
    /// What stands before `@` is not `1.` and a minor version.
    #[error("a version has the form 1.x")]
    InvalidVersion,
    /// What stands behind the host is not a port.
    #[error("a port is a number from 0 to 65535")]
    InvalidPort,
    /// `rir:` has an address of its own or stands in a list.
    #[error("rir: stands alone")]
    RirNotAlone,
    /// `%` without two hexadecimal digits.
    #[error("% is not followed by two hexadecimal digits at offset {offset}")]
    MalformedEscape {
        /// Where in the key or name, in octets.
        offset: usize,
    },
    /// The name of a `corbaname:` is not UTF-8.
    #[error("the name is not valid UTF-8")]
    NameNotText,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_any_of_three() {
        assert_eq!("IOR:01000000010000000000000000000000".parse(), Ok(Reference::Ior(Ior::nil())));
        let loc = " CorbaLoc::h/k ".parse::<Reference>().unwrap();
        assert_eq!(loc.to_string(), "corbaloc::h:2809/k");
        let name = "corbaname::h#a/b".parse::<Reference>().unwrap();
        assert_eq!(name.to_string(), "corbaname::h:2809/NameService#a/b");
        for text in ["", "grid", "http://h/", "ior"] {
            assert_eq!(text.parse::<Reference>(), Err(ReferenceError::UnknownScheme), "{text}");
        }
        let long = format!("corbaloc::{}", "h".repeat(2 * REFERENCE_BYTES_MAX));
        let refused = ReferenceError::TooLong { limit: REFERENCE_BYTES_MAX };
        assert_eq!(long.parse::<Reference>(), Err(refused));
    }

    #[test]
    fn names_have_a_context_and_escapes() {
        let Ok(Reference::Corbaname(name)) = "corbaname:iiop:1.2@h:1/Ctx#a%20b%c3%a9.k".parse() else {
            panic!("a corbaname")
        };
        assert_eq!(name.name, "a bé.k");
        assert_eq!(name.context.key.as_bytes(), b"Ctx");
        assert_eq!(name.to_string(), "corbaname:iiop:1.2@h:1/Ctx#a%20b%c3%a9.k");
        let Ok(Reference::Corbaname(root)) = "corbaname:rir:".parse() else { panic!("a corbaname") };
        assert_eq!((root.name.as_str(), root.to_string()), ("", "corbaname:rir:/NameService".into()));
        assert_eq!("corbaname::h#%ff".parse::<Reference>(), Err(ReferenceError::NameNotText));
    }
}
