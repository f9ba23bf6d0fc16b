//! Opening a connection to a peer.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream};

use super::pool::PoolKey;
use super::race::{Race, race};
use super::stream::Stream;
use super::{Address, Connection, Orb};

/// Why no connection could be had.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("its broker is called over its own connections only, and none is open here")]
    NotHere,
    /// In the words of the operating system.
    #[error("{0}")]
    Io(String),
    #[error("no connection within {0:?}")]
    TimedOut(std::time::Duration),
    #[error("the address has no meaning without an in-memory network")]
    NoMemoryNetwork,
    #[error("this broker has been shut down")]
    Stopped,
}

impl From<io::Error> for ConnectError {
    /// Keeps the operating system's words, without the number.
    fn from(error: io::Error) -> ConnectError {
        ConnectError::Io(in_words(&error))
    }
}

/// Opens a connection and starts its driver. Cancellation safe.
pub(super) async fn open(orb: &Orb, key: PoolKey) -> Result<Arc<Connection>, ConnectError> {
    let limit = orb.limits().connect_time_max;
    let stream = tokio::time::timeout(limit, dial(orb, &key.address))
        .await
        .map_err(|_| ConnectError::TimedOut(limit))??;
    if orb.shared.lifecycle.is_stopped() {
        return Err(ConnectError::Stopped);
    }
    Ok(Connection::client(orb, stream, key))
}

async fn dial(orb: &Orb, address: &Address) -> Result<Stream, ConnectError> {
    match address {
        Address::Tcp { host, port } => {
            Ok(Stream::tcp(dial_host(host, *port, orb.limits().connect_stagger).await?)?)
        }
        Address::Unix(path) => {
            Ok(Stream::unix(UnixStream::connect(path).await?, &path.display().to_string()))
        }
        Address::Caller(_) => Err(ConnectError::NotHere),
        Address::Memory(name) => {
            let network = orb.shared.settings.memory.as_ref().ok_or(ConnectError::NoMemoryNetwork)?;
            Ok(Stream::memory(network.connect(name).await?, name))
        }
    }
}

/// Connects to a host by any of its addresses.
async fn dial_host(host: &str, port: u16, stagger: Duration) -> Result<TcpStream, ConnectError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(TcpStream::connect((ip, port)).await?);
    }
    let addresses = alternating(tokio::net::lookup_host((host, port)).await?.collect());
    let mut causes = Vec::new();
    let record = |event| match event {
        Race::Started(_) => {}
        Race::Failed(number, cause) => causes.push(format!("{}: {}", addresses[number], in_words(&cause))),
        Race::Overtaken(number) => tracing::debug!(address = %addresses[number], "slower than another"),
    };
    let attempts = addresses.iter().map(|address| TcpStream::connect(*address));
    let winner = race(attempts.collect::<Vec<_>>().into_iter(), stagger, record).await;
    winner.ok_or_else(|| match causes.is_empty() {
        true => ConnectError::Io("the host name has no address".to_owned()),
        false => ConnectError::Io(causes.join(", ")),
    })
}

/// The addresses of a host in the order in which they are tried: the families by turns, beginning with that of the first
/// (RFC 8305, section 4).
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (same, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first_is_v4);
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    let pairs = std::iter::from_fn(|| {
        let pair = [same.next(), other.next()];
        pair.iter().any(Option::is_some).then_some(pair)
    });
    pairs.flatten().flatten().take(HOST_ADDRESSES_MAX).collect()
}

/// Addresses of one host name that are tried.
const HOST_ADDRESSES_MAX: usize = 16;

/// The operating system's words, without the number.
fn in_words(error: &io::Error) -> String {
    let text = error.to_string().to_lowercase();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().expect("an address")).collect()
        };
        let given = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"]);
        assert_eq!(alternating(given), parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]));
        let given = parse(&["1.1.1.1:1", "1.1.1.2:1", "[::1]:1"]);
        assert_eq!(alternating(given), parse(&["1.1.1.1:1", "[::1]:1", "1.1.1.2:1"]));
        assert_eq!(alternating(vec![]), []);
        let many: Vec<SocketAddr> = (0..1000).map(|port| ([1, 1, 1, 1], port).into()).collect();
        assert_eq!(alternating(many).len(), HOST_ADDRESSES_MAX);
    }
}
