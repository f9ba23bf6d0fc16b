//! A line to a server: resolving, connecting, talking.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use quorb::Address;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout, timeout_at};

use crate::limits::{ADDRESSES_PER_NAME_MAX, ANSWER_BYTES_MAX};

/// Why a line is of no use.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The name does not resolve.
    NoSuchName(String),
    /// Nothing answered in time.
    Late(Duration),
    /// The operating system says no.
    Io(io::Error),
    /// The server closed the line without a word.
    Closed,
    /// It says what no broker says; the first octets of it.
    Stranger(Vec<u8>),
    /// A broker's protocol, but not as it should be.
    Protocol(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::NoSuchName(cause) => write!(f, "the name does not resolve: {cause}"),
            Trouble::Late(limit) => write!(f, "no answer within {limit:?}"),
            Trouble::Io(cause) => {
                let text = cause.to_string().to_lowercase();
                f.write_str(text.split(" (os error").next().unwrap_or_default())
            }
            Trouble::Closed => f.write_str("closed without a word"),
            Trouble::Stranger(octets) => f.write_str(&super::stranger::guess(octets)),
            Trouble::Protocol(cause) => f.write_str(cause),
        }
    }
}

impl Trouble {
    /// What to do when a server cannot be connected to.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Trouble::NoSuchName(_) => {
                "check the name and the resolver, or let the server `advertise` a name that resolves here"
            }
            Trouble::Late(_) => "the machine is down, or a firewall drops the packets: check the way to it",
            Trouble::Io(cause) => match cause.kind() {
                io::ErrorKind::ConnectionRefused => {
                    "nothing listens there: start the server, or get a fresh reference if its port has changed"
                }
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    "there is no way to this address: check networks, routes and VPN"
                }
                io::ErrorKind::NotFound => {
                    "the socket file is gone: the server has ended, or is on another machine"
                }
                io::ErrorKind::PermissionDenied => "this user may not open the socket",
                _ => "see what the operating system says",
            },
            _ => "a server that is no broker, or one that is broken",
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(cause: io::Error) -> Trouble {
        match cause.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
                Trouble::Closed
            }
            _ => Trouble::Io(cause),
        }
    }
}

/// The addresses of a host name, in the order in which they are tried.
pub(super) async fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, Trouble> {
    let found =
        timeout(limit, tokio::net::lookup_host((host, port))).await.map_err(|_| Trouble::Late(limit))?;
    let found: Vec<SocketAddr> = match found {
        Ok(found) => found.take(ADDRESSES_PER_NAME_MAX).collect(),
        Err(cause) => return Err(Trouble::NoSuchName(Trouble::Io(cause).to_string())),
    };
    if found.is_empty() { Err(Trouble::NoSuchName("it has no address".to_owned())) } else { Ok(found) }
}

/// Where a line leads, once names are resolved.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Tcp(SocketAddr),
    Unix(std::path::PathBuf),
}

impl Target {
    /// The targets of an address that needs no look-up.
    pub(super) fn of(address: &Address) -> Option<Target> {
        match address {
            Address::Tcp { host, port } => Some(Target::Tcp(SocketAddr::new(host.parse().ok()?, *port))),
            Address::Unix(path) => Some(Target::Unix(path.clone())),
            _ => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Tcp(address) => address.fmt(f),
            Target::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// An open line, and what was heard on it and not taken yet.
pub(super) struct Line {
    stream: Box<dyn Duplex>,
    pub(super) input: BytesMut,
    limit: Duration,
    until: Instant,
}

impl Line {
    /// Opens a line. Everything said and heard on it must be over `limit` after this.
    pub(super) async fn open(target: &Target, limit: Duration) -> Result<Line, Trouble> {
        let until = Instant::now() + limit;
        let late = |_| Trouble::Late(limit);
        let stream: Box<dyn Duplex> = match target {
            Target::Tcp(address) => {
                let stream = timeout_at(until, TcpStream::connect(address)).await.map_err(late)?;
                let stream = stream.map_err(Trouble::Io)?;
                stream.set_nodelay(true).map_err(Trouble::Io)?;
                Box::new(stream)
            }
            Target::Unix(path) => {
                let stream = timeout_at(until, UnixStream::connect(path)).await.map_err(late)?;
                Box::new(stream.map_err(Trouble::Io)?)
            }
        };
        Ok(Line { stream, input: BytesMut::new(), limit, until })
    }

    pub(super) async fn say(&mut self, octets: &[u8]) -> Result<(), Trouble> {
        let written = timeout_at(self.until, self.stream.write_all(octets)).await;
        Ok(written.map_err(|_| Trouble::Late(self.limit))??)
    }

    /// Waits until there is more in `input`.
    pub(super) async fn hear(&mut self) -> Result<(), Trouble> {
        if self.input.len() >= ANSWER_BYTES_MAX {
            return Err(Trouble::Protocol(format!("an answer of more than {ANSWER_BYTES_MAX} octets")));
        }
        let read = timeout_at(self.until, self.stream.read_buf(&mut self.input)).await;
        match read.map_err(|_| Trouble::Late(self.limit))?? {
            0 => Err(Trouble::Closed),
            _ => Ok(()),
        }
    }
}
