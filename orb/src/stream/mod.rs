//! Streams of octets as parameters and results: what does not fit into memory, or is not all there yet.
//!
//! A stream is *pulled*: its reader asks the broker of its writer for the next octets over the connection that is open
//! between them, in whichever direction that was opened. Nothing is sent that nobody has asked for, so that a slow reader
//! holds two chunks of its own stream and nothing else. A stream ends only where its writer says so, with the number of its
//! octets; every other end is an error.

mod activity;
mod passing;
mod pull;
mod sink;
mod source;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};

pub(crate) use self::activity::{Activity, EndsStreams, within};
pub(crate) use self::passing::{Passage, passing_by};
pub use self::sink::ByteSink;

/// The repository id that stands for a stream in descriptions.
pub(crate) const STREAM_ID: &str = "IDL:quorb/ByteStream:1.0";

/// Octets of a chunk at most: a reader holds two of them.
pub const CHUNK_BYTES_MAX: usize = 128 * 1024;

/// A stream of octets, as a parameter or as a result of an operation.
///
/// It is read once: by [`next`](ByteStream::next), or as an [`AsyncRead`]. Reading ends without an error only at the end that
/// the writer has declared. Dropping it before tells the writer to stop.
///
/// A parameter can be read as long as its call goes on; a result until it ends, or until nobody has read it for
/// [`stream_wait_max`](crate::Limits::stream_wait_max). Only the native protocol carries streams, and calls within a process.
pub struct ByteStream {
    handle: Handle,
    /// What a reader has not taken of the last chunk.
    rest: Bytes,
    /// Octets that have been read.
    octets: u64,
}

/// Where the chunks of a stream come from. Shared with what carries the stream elsewhere.
pub(crate) type Handle = Arc<Mutex<Option<Box<dyn Chunks>>>>;

/// Yields the chunks of a stream, none of them empty; after none, or an error, it is not asked again.
pub(crate) trait Chunks: Send {
    fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, StreamError>>>;
}

/// Why a stream has no end. What was read before is not all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// Its writer stopped: it was cancelled, its call has ended, or whoever made it was dropped.
    #[error("the stream was given up before its end")]
    GivenUp,
    /// The way to its writer ended.
    #[error("the stream was cut: {0}")]
    Cut(Arc<str>),
    /// Nothing came for so long.
    #[error("nothing came for {0:?}")]
    TimedOut(Duration),
    /// What the writer read from failed.
    #[error("the source of the stream failed: {0}")]
    SourceFailed(Arc<str>),
    /// The end came, and octets are missing, or too many.
    #[error("the stream ends after {received} octets; its writer says {total}")]
    WrongTotal {
        /// What was received.
        received: u64,
        /// What the writer has sent.
        total: u64,
    },
    /// The reader wanted no more than so many octets.
    #[error("the stream has more than {0} octets")]
    TooLong(usize),
}

impl ByteStream {
    fn of_chunks(chunks: impl Chunks + 'static) -> ByteStream {
        ByteStream::of_handle(Arc::new(Mutex::new(Some(Box::new(chunks)))))
    }

    pub(crate) fn of_handle(handle: Handle) -> ByteStream {
        ByteStream { handle, rest: Bytes::new(), octets: 0 }
    }

    /// A stream of octets that are all there. They are not copied.
    pub fn of(octets: impl Into<Bytes>) -> ByteStream {
        ByteStream::of_chunks(Pieces(std::iter::once(octets.into())))
    }

    /// A stream of pieces that are made when they are asked for. Empty ones are passed over.
    pub fn from_pieces<I>(pieces: I) -> ByteStream
    where
        I: IntoIterator<Item = Bytes>,
        I::IntoIter: Send + 'static,
    {
        ByteStream::of_chunks(Pieces(pieces.into_iter()))
    }

    /// A stream of what a reader yields: a file, a socket, the output of a process. It is read when the stream is.
    pub fn from_reader(reader: impl AsyncRead + Send + 'static) -> ByteStream {
        ByteStream::of_chunks(Reader { reader: Box::pin(reader), buffer: BytesMut::new() })
    }

    /// A stream, and the end that writes into it; `chunks_max` chunks wait between the two.
    pub fn channel(chunks_max: usize) -> (ByteSink, ByteStream) {
        let (sink, chunks) = sink::channel(chunks_max);
        (sink, ByteStream::of_chunks(chunks))
    }

    /// The next octets; none at the end. Cancellation safe.
    ///
    /// # Errors
    /// The stream has no end: what came before is not all. After an error there is nothing more.
    pub async fn next(&mut self) -> Option<Result<Bytes, StreamError>> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Polls for the next octets; none at the end. This is the shape of a `Stream` of other crates.
    pub fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.rest))));
        }
        let mut handle = lock(&self.handle);
        let Some(chunks) = handle.as_mut() else { return Poll::Ready(None) };
        let next = ready!(chunks.poll_next(cx));
        match &next {
            Some(Ok(chunk)) => self.octets += chunk.len() as u64,
            Some(Err(_)) | None => *handle = None,
        }
        Poll::Ready(next)
    }

    /// Octets that have been read so far.
    pub fn octets(&self) -> u64 {
        self.octets - self.rest.len() as u64
    }

    /// All that is left, as long as it is not more than `bytes_max` octets.
    ///
    /// # Errors
    /// As [`next`](ByteStream::next), and [`StreamError::TooLong`].
    pub async fn collect(mut self, bytes_max: usize) -> Result<Vec<u8>, StreamError> {
        let mut all = Vec::new();
        while let Some(chunk) = self.next().await {
            let chunk = chunk?;
            if chunk.len() > bytes_max - all.len() {
                return Err(StreamError::TooLong(bytes_max));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }
}

impl AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            match ready!(self.poll_next(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(chunk) => self.rest = chunk?,
            }
        }
        let count = self.rest.len().min(out.remaining());
        out.put_slice(&self.rest[..count]);
        self.rest.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl From<StreamError> for io::Error {
    /// No kind says that a stream has ended well.
    fn from(error: StreamError) -> io::Error {
        let kind = match error {
            StreamError::TimedOut(_) => io::ErrorKind::TimedOut,
            StreamError::WrongTotal { .. } => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::ConnectionAborted,
        };
        io::Error::new(kind, error)
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").field("octets", &self.octets()).finish_non_exhaustive()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Pieces that an iterator makes.
struct Pieces<I>(I);

impl<I: Iterator<Item = Bytes> + Send> Chunks for Pieces<I> {
    fn poll_next(&mut self, _: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        Poll::Ready(self.0.find(|piece| !piece.is_empty()).map(Ok))
    }
}

/// What a reader yields.
struct Reader {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    buffer: BytesMut,
}

impl Chunks for Reader {
    fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        self.buffer.resize(CHUNK_BYTES_MAX, 0);
        let mut room = ReadBuf::new(&mut self.buffer);
        let read = ready!(self.reader.as_mut().poll_read(cx, &mut room));
        let count = room.filled().len();
        let chunk = self.buffer.split_to(count).freeze();
        Poll::Ready(match read {
            Err(cause) => Some(Err(StreamError::SourceFailed(cause.to_string().into()))),
            Ok(()) => (count > 0).then_some(Ok(chunk)),
        })
    }
}
