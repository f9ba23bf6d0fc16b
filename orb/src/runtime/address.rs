//! Where a broker listens or is reached.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// An address of a broker: TCP, Unix socket, or in memory.
///
/// As text: `host:port` (IPv6 in brackets), `unix:/path`, `memory:name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Address {
    /// A TCP port of a host, by name or number.
    Tcp {
        /// The host name or IP address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix stream socket.
    Unix(PathBuf),
    /// A name in a [`MemoryNetwork`](super::MemoryNetwork).
    Memory(String),
    /// Over a native connection that the broker with this identity has opened to here. It appears in reports; it cannot be
    /// written by hand.
    Caller(u64),
}

impl Address {
    /// Whether only processes of this machine can reach the address.
    pub fn is_local(&self) -> bool {
        match self {
            Address::Tcp { host, .. } => {
                host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
            }
            Address::Unix(_) | Address::Memory(_) | Address::Caller(_) => true,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp { host, port } => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Memory(name) => write!(f, "memory:{name}"),
            Address::Caller(identity) => write!(f, "connection of {identity:016x}"),
        }
    }
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address: expected HOST:PORT, [IPV6]:PORT, unix:/PATH or memory:NAME")]
pub struct AddressError(String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let error = || AddressError(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(error()) } else { Ok(Address::Unix(path.into())) };
        }
        if let Some(name) = text.strip_prefix("memory:") {
            return if name.is_empty() { Err(error()) } else { Ok(Address::Memory(name.to_owned())) };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(error)?;
        let port = port.parse().map_err(|_| error())?;
        let host = match host.strip_prefix('[').map(|rest| rest.strip_suffix(']')) {
            Some(Some(host)) => host,
            Some(None) => return Err(error()),
            None if host.contains(':') => return Err(error()),
            None => host,
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(error());
        }
        Ok(Address::Tcp { host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_address_is_its_own_text() {
        for text in ["127.0.0.1:0", "grid.example:2809", "[::1]:80", "unix:/run/quorb.sock", "memory:grid"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_forms_that_are() {
        for text in ["", "localhost", "::1:80", "[::1:80", "host:99999", ":80", "unix:", "a b:1"] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("expected HOST:PORT"), "{error}");
        }
    }

    #[test]
    fn loopback_is_local() {
        for (text, local) in
            [("127.0.0.9:1", true), ("[::1]:1", true), ("10.0.0.1:1", false), ("unix:/x", true)]
        {
            assert_eq!(text.parse::<Address>().unwrap().is_local(), local, "{text}");
        }
    }
}
