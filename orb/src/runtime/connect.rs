//! Opening a connection to a peer.

use std::io;
use std::sync::Arc;

use tokio::net::{TcpStream, UnixStream};

use super::pool::PoolKey;
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
        let text = error.to_string().to_lowercase();
        ConnectError::Io(text.split(" (os error").next().unwrap_or_default().to_owned())
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
        Address::Tcp { host, port } => Ok(Stream::tcp(TcpStream::connect((host.as_str(), *port)).await?)?),
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
