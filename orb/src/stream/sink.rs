//! The writing end of a stream.

use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Chunks, StreamError};

/// Writes into a stream; made by [`ByteStream::channel`](super::ByteStream::channel).
///
/// The stream ends with [`finish`](ByteSink::finish). Dropping the sink without it gives the stream up: its reader gets an
/// error, however much has been written.
#[derive(Debug)]
pub struct ByteSink {
    sender: mpsc::Sender<Piece>,
}

#[derive(Debug)]
enum Piece {
    Octets(Bytes),
    End,
}

impl ByteSink {
    /// Writes octets. Waits while as many chunks are on their way as may be. Cancellation safe: then nothing was written.
    ///
    /// # Errors
    /// [`StreamError::GivenUp`]: nobody reads any more.
    pub async fn send(&mut self, octets: impl Into<Bytes>) -> Result<(), StreamError> {
        let octets = octets.into();
        if octets.is_empty() {
            return Ok(());
        }
        self.sender.send(Piece::Octets(octets)).await.map_err(|_| StreamError::GivenUp)
    }

    /// Declares the end: only now the stream is complete.
    ///
    /// # Errors
    /// [`StreamError::GivenUp`]: nobody reads any more.
    pub async fn finish(self) -> Result<(), StreamError> {
        self.sender.send(Piece::End).await.map_err(|_| StreamError::GivenUp)
    }

    /// Waits until nobody reads any more. Cancellation safe.
    pub async fn closed(&self) {
        self.sender.closed().await;
    }
}

/// What the sink has written.
pub(super) struct Written(mpsc::Receiver<Piece>);

pub(super) fn channel(chunks_max: usize) -> (ByteSink, Written) {
    let (sender, receiver) = mpsc::channel(chunks_max.max(1));
    (ByteSink { sender }, Written(receiver))
}

impl Chunks for Written {
    fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        Poll::Ready(match ready!(self.0.poll_recv(cx)) {
            Some(Piece::Octets(octets)) => Some(Ok(octets)),
            Some(Piece::End) => None,
            None => Some(Err(StreamError::GivenUp)),
        })
    }
}
