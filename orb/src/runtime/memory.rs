//! The in-memory transport: connections inside a process, for tests and for brokers that share it.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

/// A network inside the process: brokers that share it reach each other by name.
///
/// Connections behave like sockets: ordered octets both ways, a bounded buffer that makes a writer wait, an end that the
/// other side sees. Cloning is cheap and gives the same network.
#[derive(Debug, Clone, Default)]
pub struct MemoryNetwork {
    listeners: Arc<Mutex<HashMap<String, mpsc::Sender<MemoryStream>>>>,
}

/// Both ends of a connection that one side has.
pub(crate) type MemoryStream = (MemoryReader, MemoryWriter);

/// Connections that wait to be accepted.
const BACKLOG_CONNECTIONS_MAX: usize = 128;

/// Octets in flight in one direction of a connection.
const BUFFER_BYTES_MAX: usize = 256 * 1024;

impl MemoryNetwork {
    /// An empty network.
    pub fn new() -> MemoryNetwork {
        MemoryNetwork::default()
    }

    /// Takes a name; connections to it come out of the receiver until it is dropped.
    pub(crate) fn listen(&self, name: &str) -> io::Result<mpsc::Receiver<MemoryStream>> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if listeners.get(name).is_some_and(|listener| !listener.is_closed()) {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "the name is taken"));
        }
        let (sender, receiver) = mpsc::channel(BACKLOG_CONNECTIONS_MAX);
        listeners.insert(name.to_owned(), sender);
        Ok(receiver)
    }

    /// Connects to a name. Cancellation safe.
    pub(crate) async fn connect(&self, name: &str) -> io::Result<MemoryStream> {
        let listener = {
            let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            listeners.get(name).cloned()
        };
        let refused = || io::Error::new(io::ErrorKind::ConnectionRefused, "nobody listens under this name");
        let (there, back) = (Pipe::new(), Pipe::new());
        let theirs = (MemoryReader(there.clone()), MemoryWriter(back.clone()));
        listener.ok_or_else(refused)?.send(theirs).await.map_err(|_| refused())?;
        Ok((MemoryReader(back), MemoryWriter(there)))
    }
}

/// One direction of a connection.
#[derive(Debug, Clone)]
struct Pipe(Arc<Mutex<PipeState>>);

#[derive(Debug, Default)]
struct PipeState {
    octets: VecDeque<u8>,
    /// The writer is gone: after the octets comes the end.
    ended: bool,
    /// The reader is gone: writing fails.
    broken: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    fn new() -> Pipe {
        Pipe(Arc::default())
    }

    fn with<R>(&self, act: impl FnOnce(&mut PipeState) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The reading end of a connection in memory.
#[derive(Debug)]
pub(crate) struct MemoryReader(Pipe);

impl AsyncRead for MemoryReader {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.with(|pipe| {
            if pipe.octets.is_empty() && !pipe.ended {
                pipe.reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let (front, _) = pipe.octets.as_slices();
            let count = front.len().min(buf.remaining());
            buf.put_slice(&front[..count]);
            pipe.octets.drain(..count);
            if let Some(writer) = pipe.writer.take() {
                writer.wake();
            }
            Poll::Ready(Ok(()))
        })
    }
}

impl Drop for MemoryReader {
    fn drop(&mut self) {
        self.0.with(|pipe| {
            pipe.broken = true;
            pipe.octets = VecDeque::new();
            if let Some(writer) = pipe.writer.take() {
                writer.wake();
            }
        });
    }
}

/// The writing end of a connection in memory.
#[derive(Debug)]
pub(crate) struct MemoryWriter(Pipe);

impl MemoryWriter {
    /// Writes what fits, without waiting.
    pub(crate) fn try_write(&self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.0.with(|pipe| {
            if pipe.broken {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let mut written = 0;
            for slice in slices {
                let count = slice.len().min(BUFFER_BYTES_MAX - pipe.octets.len());
                pipe.octets.extend(&slice[..count]);
                written += count;
            }
            if written == 0 && slices.iter().any(|slice| !slice.is_empty()) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            if let Some(reader) = pipe.reader.take() {
                reader.wake();
            }
            Ok(written)
        })
    }

    /// Waits until something can be written, or writing would fail.
    pub(crate) async fn writable(&self) -> io::Result<()> {
        std::future::poll_fn(|cx| {
            self.0.with(|pipe| {
                if pipe.broken || pipe.octets.len() < BUFFER_BYTES_MAX {
                    return Poll::Ready(Ok(()));
                }
                pipe.writer = Some(cx.waker().clone());
                Poll::Pending
            })
        })
        .await
    }

    /// Ends the stream: the reader sees the end after what was written.
    pub(crate) fn shutdown(&self) {
        self.0.with(|pipe| {
            pipe.ended = true;
            if let Some(reader) = pipe.reader.take() {
                reader.wake();
            }
        });
    }
}

impl Drop for MemoryWriter {
    fn drop(&mut self) {
        self.shutdown();
    }
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn octets_arrive_in_order_and_then_the_end() {
        let network = MemoryNetwork::new();
        let mut accepted = network.listen("a").unwrap();
        let (_, writer) = network.connect("a").await.unwrap();
        let (mut reader, _) = accepted.recv().await.unwrap();
        assert_eq!(writer.try_write(&[IoSlice::new(b"ab"), IoSlice::new(b"c")]).unwrap(), 3);
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "abc");
    }

    #[tokio::test]
    async fn a_full_buffer_makes_the_writer_wait_and_a_gone_reader_breaks_it() {
        let network = MemoryNetwork::new();
        let mut accepted = network.listen("a").unwrap();
        let (_, writer) = network.connect("a").await.unwrap();
        let (mut reader, _) = accepted.recv().await.unwrap();
        let big = vec![7; BUFFER_BYTES_MAX + 1];
        assert_eq!(writer.try_write(&[IoSlice::new(&big)]).unwrap(), BUFFER_BYTES_MAX);
        assert_eq!(writer.try_write(&[IoSlice::new(b"x")]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        reader.read_u8().await.unwrap();
        writer.writable().await.unwrap();
        assert_eq!(writer.try_write(&[IoSlice::new(b"xy")]).unwrap(), 1);
        drop(reader);
        writer.writable().await.unwrap();
        assert_eq!(writer.try_write(&[IoSlice::new(b"x")]).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn a_name_is_taken_until_its_listener_is_gone() {
        let network = MemoryNetwork::new();
        let first = network.listen("a").unwrap();
        assert_eq!(network.listen("a").unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert_eq!(network.connect("a").await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        network.listen("a").unwrap();
    }
}
