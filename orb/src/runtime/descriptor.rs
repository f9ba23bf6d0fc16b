//! The descriptors of listening sockets, which are higher than those of connections.
//!
//! Linux takes the files of a process that is killed from it in the order of their descriptors, the highest first. Were the
//! listening socket the lowest, as it is opened first, the clients of a killed server would hear that their connections have
//! ended while it still accepts others: those that dial again at once would reach a process that is no more, and lose a
//! second call. So they are refused, and go elsewhere.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// The least number that the descriptor of a listening socket is given. So many connections of a process are covered; beyond
/// them the first that end may be those above. It leaves half of the usual 1,024 descriptors.
const LISTENER_DESCRIPTOR_MIN: RawFd = 512;

/// The same socket under a descriptor above those that connections will have; where the system gives none, as it was.
pub(super) fn above_connections(socket: OwnedFd) -> OwnedFd {
    match raised(&socket) {
        Ok(Some(higher)) => higher,
        Ok(None) => socket,
        Err(error) => {
            tracing::debug!(%error, "the listening socket keeps its descriptor");
            socket
        }
    }
}

/// A copy at least that high; none if it is already. The system gives the lowest number that is free, so that all below have
/// to be taken for a moment.
fn raised(socket: &OwnedFd) -> io::Result<Option<OwnedFd>> {
    let mut last = None;
    let mut below = Vec::new();
    while last.as_ref().unwrap_or(socket).as_raw_fd() < LISTENER_DESCRIPTOR_MIN {
        below.extend(last.take());
        last = Some(socket.try_clone()?);
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_socket_is_the_same_and_its_descriptor_is_high() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let low: OwnedFd = listener.into();
        let high = above_connections(low);
        assert!(high.as_raw_fd() >= LISTENER_DESCRIPTOR_MIN);
        let listener = TcpListener::from(high);
        assert_eq!(listener.local_addr().unwrap(), address);
        let client = TcpStream::connect(address).unwrap();
        let (server, _) = listener.accept().unwrap();
        assert_eq!(server.peer_addr().unwrap(), client.local_addr().unwrap());
    }

    #[test]
    fn what_is_high_stays_where_it_is() {
        let high = above_connections(TcpListener::bind("127.0.0.1:0").unwrap().into());
        let number = high.as_raw_fd();
        assert_eq!(above_connections(high).as_raw_fd(), number);
    }
}
