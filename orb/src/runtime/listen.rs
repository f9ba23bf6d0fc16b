//! Listening: sockets, the addresses that references carry, and the first octets of a connection.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;

use super::builder::initialize;
use super::descriptor::above_connections;
use super::memory::{MemoryReader, MemoryWriter};
use super::stream::Stream;
use super::{Address, Connection, MemoryNetwork, Orb};
use crate::adapter::Protocol;
use crate::exception::SystemException;

/// Where a broker listens, and what its references say about that.
#[derive(Debug, Default)]
pub(crate) struct Listening {
    /// As bound: a port of 0 has become a real one.
    pub(super) bound: Vec<Address>,
    /// The TCP addresses that references carry.
    pub(super) advertised: Vec<(String, u16)>,
    /// The address for callers on this machine or in this process.
    pub(super) local: Option<Address>,
    /// Socket files to remove at the end.
    socket_files: Vec<PathBuf>,
}

/// A socket that is open but accepts nothing yet.
#[derive(Debug)]
pub(super) enum OpenSocket {
    Tcp(TcpListener),
    Unix(UnixListener, String),
    Memory(mpsc::Receiver<(MemoryReader, MemoryWriter)>, String),
}

impl Listening {
    /// Opens every address.
    pub(super) fn open(
        addresses: &[Address],
        advertise: &[String],
        memory: Option<&MemoryNetwork>,
    ) -> Result<(Listening, Vec<OpenSocket>), SystemException> {
        let mut listening = Listening::default();
        let mut sockets = Vec::new();
        for address in addresses {
            let socket = match address {
                Address::Tcp { host, port } => listening.open_tcp(host, *port),
                Address::Unix(path) => listening.open_unix(path),
                Address::Memory(name) => listening.open_memory(name, memory),
                Address::Caller(_) => Err(io::Error::from(io::ErrorKind::Unsupported)),
            };
            sockets.push(socket.map_err(|cause| initialize(&cause).tried(address, &cause))?);
        }
        listening.advertise(advertise)?;
        Ok((listening, sockets))
    }

    fn open_tcp(&mut self, host: &str, port: u16) -> io::Result<OpenSocket> {
        let address = std::net::ToSocketAddrs::to_socket_addrs(&(host, port))?
            .next()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host name has no address"))?;
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            Some(socket2::Protocol::TCP),
        )?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG_CONNECTIONS)?;
        let socket = above_connections(socket.into());
        let listener = TcpListener::from_std(socket.into())?;
        let bound = listener.local_addr()?;
        if !bound.ip().is_loopback() {
            tracing::warn!(address = %bound, "listening beyond this machine without TLS: anybody who can reach the port can call");
        }
        self.bound.push(Address::Tcp { host: bound.ip().to_string(), port: bound.port() });
        Ok(OpenSocket::Tcp(listener))
    }

    fn open_unix(&mut self, path: &PathBuf) -> io::Result<OpenSocket> {
        let listener = match UnixListener::bind(path) {
            // A file that nobody listens on any more is left over from a server that was killed.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path) => {
                std::fs::remove_file(path)?;
                UnixListener::bind(path)?
            }
            other => other?,
        };
        self.socket_files.push(path.clone());
        self.bound.push(Address::Unix(path.clone()));
        self.local.get_or_insert(Address::Unix(std::path::absolute(path)?));
        Ok(OpenSocket::Unix(listener, path.display().to_string()))
    }

    fn open_memory(&mut self, name: &str, memory: Option<&MemoryNetwork>) -> io::Result<OpenSocket> {
        let network = memory.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "give the network with `OrbBuilder::memory`")
        })?;
        let accepted = network.listen(name)?;
        let address = Address::Memory(name.to_owned());
        self.bound.push(address.clone());
        self.local.get_or_insert(address);
        Ok(OpenSocket::Memory(accepted, name.to_owned()))
    }

    /// Decides what references carry: what was asked for, else every bound address, where an unspecified one (`0.0.0.0`)
    /// stands for the address this machine uses towards others.
    fn advertise(&mut self, wanted: &[String]) -> Result<(), SystemException> {
        let bound: Vec<(String, u16)> = self
            .bound
            .iter()
            .filter_map(|address| match address {
                Address::Tcp { host, port } => Some((reachable_host(host), *port)),
                _ => None,
            })
            .collect();
        if wanted.is_empty() {
            self.advertised = bound;
            return Ok(());
        }
        let default_port = bound.first().map(|(_, port)| *port);
        for text in wanted {
            let address = match (text.parse(), default_port) {
                (Ok(Address::Tcp { host, port }), _) => (host, port),
                (Err(_), Some(port)) if !text.is_empty() && !text.contains([':', '/', ' ']) => {
                    (text.clone(), port)
                }
                _ => {
                    return Err(initialize(format_args!(
                        "`{text}` cannot be advertised: expected HOST or HOST:PORT"
                    )));
                }
            };
            self.advertised.push(address);
        }
        Ok(())
    }

    /// Removes the files of Unix sockets.
    pub(super) fn remove_sockets(&self) {
        for path in &self.socket_files {
            if let Err(cause) = std::fs::remove_file(path) {
                tracing::debug!(path = %path.display(), %cause, "the socket file was gone already");
            }
        }
    }
}

/// Connections that the system queues until they are accepted.
const BACKLOG_CONNECTIONS: i32 = 1024;

fn is_stale(path: &PathBuf) -> bool {
    std::os::unix::net::UnixStream::connect(path)
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// What others can reach instead of an unspecified address.
fn reachable_host(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() => outward_ip().to_string(),
        _ => host.to_owned(),
    }
}

/// The address of this machine on its way to others; loopback if it has no way. Nothing is sent: connecting a datagram
/// socket only chooses a route.
fn outward_ip() -> IpAddr {
    let probe = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        // An address of the documentation range (RFC 5737): it names nobody.
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr().map(|address: SocketAddr| address.ip())
    };
    probe().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

impl OpenSocket {
    /// Starts to accept connections for a broker, until it stops.
    pub(super) fn accept_into(mut self, orb: &Orb) {
        let orb = orb.clone();
        let task = {
            let orb = orb.clone();
            async move {
                orb.shared.lifecycle.opened().await;
                loop {
                    match self.accept().await {
                        Ok(Accepted::Stream(stream)) => admit(&orb, stream),
                        Ok(Accepted::Gone(cause)) => {
                            tracing::debug!(%cause, "a connection was gone before it was accepted");
                        }
                        Ok(Accepted::End) => return,
                        Err(cause) => {
                            // Most often there are no descriptors left: a pause lets some become free.
                            tracing::warn!(%cause, "a connection could not be accepted");
                            tokio::time::sleep(ACCEPT_PAUSE).await;
                        }
                    }
                }
            }
        };
        orb.shared.lifecycle.add_listener(tokio::spawn(task));
    }

    async fn accept(&mut self) -> io::Result<Accepted> {
        let accepted = match self {
            OpenSocket::Tcp(listener) => listener.accept().await.map(|(stream, _)| Stream::tcp(stream)),
            OpenSocket::Unix(listener, path) => {
                listener.accept().await.map(|(stream, _)| Ok(Stream::unix(stream, path)))
            }
            OpenSocket::Memory(accepted, name) => match accepted.recv().await {
                Some(stream) => Ok(Ok(Stream::memory(stream, name))),
                None => return Ok(Accepted::End),
            },
        };
        match accepted {
            Ok(Ok(stream)) => Ok(Accepted::Stream(stream)),
            // A peer that connects and breaks off must not make the others wait.
            Ok(Err(cause)) => Ok(Accepted::Gone(cause)),
            Err(cause) if cause.kind() == io::ErrorKind::ConnectionAborted => Ok(Accepted::Gone(cause)),
            Err(cause) => Err(cause),
        }
    }
}

/// What came of waiting for a connection.
enum Accepted {
    Stream(Stream),
    /// The peer has broken off already.
    Gone(io::Error),
    /// Nobody listens any more.
    End,
}

/// The pause after a failure to accept.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Takes a connection in, or refuses it when there are too many.
fn admit(orb: &Orb, stream: Stream) {
    if orb.shared.lifecycle.connections() >= orb.limits().connections_max {
        tracing::warn!(
            peer = stream.peer,
            limit = orb.limits().connections_max,
            "too many connections: one is refused"
        );
        return;
    }
    let entry = orb.shared.lifecycle.enter();
    let orb_of_task = orb.clone();
    tokio::spawn(async move {
        let orb = orb_of_task;
        if let Some((stream, protocol, input)) = greet(&orb, stream).await {
            Connection::server(&orb, stream, protocol, input, entry);
        }
    });
}

/// Waits for the first octets, which say the protocol. `None` if they say none, or do not come.
async fn greet(orb: &Orb, mut stream: Stream) -> Option<(Stream, Protocol, BytesMut)> {
    let mut input = BytesMut::with_capacity(FIRST_READ_BYTES);
    let first = async {
        loop {
            match protocol_of(&input) {
                Sniff::Known(protocol) => return Ok(protocol),
                Sniff::Unknown => return Err(Ungreeted::Magic),
                Sniff::Unfinished => {}
            }
            if stream.read.read_buf(&mut input).await.map_err(Ungreeted::Io)? == 0 {
                return Err(if input.is_empty() { Ungreeted::Silent } else { Ungreeted::Truncated });
            }
        }
    };
    let draining = orb.shared.lifecycle.draining();
    let greeted = tokio::select! {
        greeted = tokio::time::timeout(orb.limits().first_octets_wait, first) => greeted.unwrap_or(Err(Ungreeted::Late)),
        () = draining => return None,
    };
    match greeted {
        Ok(protocol) => Some((stream, protocol, input)),
        Err(why) => {
            if matches!(why, Ungreeted::Silent) {
                tracing::debug!(peer = stream.peer, %why, "a connection was closed");
            } else {
                let begins = input.iter().take(8).map(|octet| format!("{octet:02x}")).collect::<String>();
                tracing::warn!(peer = stream.peer, %why, begins, "a connection was closed");
            }
            None
        }
    }
}

const FIRST_READ_BYTES: usize = 4096;

/// Why a connection was closed before its protocol was known.
#[derive(Debug, thiserror::Error)]
enum Ungreeted {
    #[error("its first octets are of no protocol spoken here (a TLS hello starts with 16)")]
    Magic,
    #[error("it was silent for too long")]
    Late,
    #[error("it ended without a word")]
    Silent,
    #[error("it ended in its first octets")]
    Truncated,
    #[error("{0}")]
    Io(io::Error),
}

enum Sniff {
    Known(Protocol),
    Unknown,
    Unfinished,
}

fn protocol_of(input: &[u8]) -> Sniff {
    let candidates: [(&[u8], Protocol); 2] = [(b"GIOP", Protocol::Iiop), (b"QUORB", Protocol::Native)];
    for (magic, protocol) in candidates {
        if input.starts_with(magic) {
            return Sniff::Known(protocol);
        }
        if magic.starts_with(input) {
            return Sniff::Unfinished;
        }
    }
    Sniff::Unknown
}
