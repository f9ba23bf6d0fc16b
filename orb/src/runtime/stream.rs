//! The two ends of a connection's transport, whichever it is.

use std::ffi::c_int;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use socket2::Socket;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::{TcpStream, UnixStream, tcp, unix};

use super::memory::{MemoryReader, MemoryWriter};

/// The reading end. The driver of the connection owns it.
#[derive(Debug)]
pub(crate) enum ReadEnd {
    Tcp(tcp::OwnedReadHalf),
    Unix(unix::OwnedReadHalf),
    Memory(MemoryReader),
}

/// The writing end. It writes through a shared reference, so that a caller can write by itself while the driver waits for
/// input; the connection's lock keeps writers from interleaving.
#[derive(Debug)]
pub(crate) enum WriteEnd {
    Tcp(tcp::OwnedWriteHalf),
    Unix(unix::OwnedWriteHalf),
    Memory(MemoryWriter),
    /// A socket that is read by a thread, which waits in it.
    Direct(Arc<Socket>),
}

/// A connected transport and the address of its other end, as text.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) read: ReadEnd,
    pub(crate) write: WriteEnd,
    pub(crate) peer: String,
}

/// `MSG_DONTWAIT`: only reading waits in a socket that does.
const WITHOUT_WAIT: c_int = if cfg!(any(target_os = "linux", target_os = "android")) { 0x40 } else { 0x80 };

impl Stream {
    /// The socket, which waits from now on; the stream again if it is none.
    pub(crate) fn into_socket(self) -> Result<io::Result<Socket>, Stream> {
        let socket = match (self.read, self.write) {
            (ReadEnd::Tcp(read), WriteEnd::Tcp(write)) => {
                read.reunite(write).map_err(io::Error::other).and_then(TcpStream::into_std).map(Socket::from)
            }
            (ReadEnd::Unix(read), WriteEnd::Unix(write)) => {
                read.reunite(write).map_err(io::Error::other).and_then(UnixStream::into_std).map(Socket::from)
            }
            (read, write) => return Err(Stream { read, write, peer: self.peer }),
        };
        Ok(socket.and_then(|socket| socket.set_nonblocking(false).map(|()| socket)))
    }

    /// Small messages leave at once: delaying them (Nagle's algorithm) would add a round trip to every call.
    pub(crate) fn tcp(stream: TcpStream) -> io::Result<Stream> {
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr()?.to_string();
        let (read, write) = stream.into_split();
        Ok(Stream { read: ReadEnd::Tcp(read), write: WriteEnd::Tcp(write), peer })
    }

    pub(crate) fn unix(stream: UnixStream, path: &str) -> Stream {
        let (read, write) = stream.into_split();
        Stream { read: ReadEnd::Unix(read), write: WriteEnd::Unix(write), peer: format!("unix:{path}") }
    }

    pub(crate) fn memory((read, write): (MemoryReader, MemoryWriter), name: &str) -> Stream {
        Stream { read: ReadEnd::Memory(read), write: WriteEnd::Memory(write), peer: format!("memory:{name}") }
    }
}

impl AsyncRead for ReadEnd {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            ReadEnd::Tcp(end) => Pin::new(end).poll_read(cx, buf),
            ReadEnd::Unix(end) => Pin::new(end).poll_read(cx, buf),
            ReadEnd::Memory(end) => Pin::new(end).poll_read(cx, buf),
        }
    }
}

impl WriteEnd {
    /// Writes what the transport takes now.
    ///
    /// # Errors
    /// `WouldBlock` when it takes nothing; others when it is broken.
    pub(crate) fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            WriteEnd::Tcp(end) => match slices {
                [slice] => end.try_write(slice),
                _ => end.try_write_vectored(slices),
            },
            WriteEnd::Unix(end) => end.try_write_vectored(slices),
            WriteEnd::Memory(end) => end.try_write(slices),
            WriteEnd::Direct(socket) => match slices {
                [slice] => socket.send_with_flags(slice, WITHOUT_WAIT),
                _ => socket.send_vectored_with_flags(slices, WITHOUT_WAIT),
            },
        }
    }

    /// Waits until the transport takes something. Cancellation safe.
    pub(crate) async fn writable(&self) -> io::Result<()> {
        match self {
            WriteEnd::Tcp(end) => end.writable().await,
            WriteEnd::Unix(end) => end.writable().await,
            WriteEnd::Memory(end) => end.writable().await,
            // Its thread tries again by itself.
            WriteEnd::Direct(_) => Ok(()),
        }
    }

    /// Tells the other side that nothing more will come.
    pub(crate) fn shutdown(&self) {
        let result = match self {
            WriteEnd::Tcp(end) => socket2::SockRef::from(end.as_ref()).shutdown(std::net::Shutdown::Write),
            WriteEnd::Unix(end) => socket2::SockRef::from(end.as_ref()).shutdown(std::net::Shutdown::Write),
            WriteEnd::Memory(end) => {
                end.shutdown();
                Ok(())
            }
            // Whoever reads from it must learn it, too.
            WriteEnd::Direct(socket) => socket.shutdown(std::net::Shutdown::Both),
        };
        if let Err(cause) = result {
            tracing::trace!(%cause, "the transport was closed already");
        }
    }
}
