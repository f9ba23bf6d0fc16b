//! A link: one TCP connection with a task that reads it and one that writes it.
//!
//! ```text
//!   +----------------+------------------------------+
//!   | length (4, LE) | frame: head (17) and body    |
//!   +----------------+------------------------------+
//! ```

use super::limits::DriverLimits;
use crate::core::{Address, LinkId};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// Octets of the length in front of a frame.
const LENGTH_BYTES: usize = 4;
/// Room made for reads: several frames share it, so that few of them are cut by its end and copied.
const READ_BYTES: usize = 256 << 10;
/// New room is made when less than this is left.
const READ_BYTES_MIN: usize = 16 << 10;
/// Frames up to this length are gathered into one write; a longer one is written from where it lies.
const GATHER_BYTES: usize = 8 << 10;
/// So much is gathered at most.
const WRITE_BYTES: usize = 64 << 10;
/// Frames taken from the queue at once.
const GATHER_FRAMES: usize = 256;

/// What the network tells the owner.
#[derive(Debug)]
pub(super) enum Net {
    Dialled {
        address: Address,
        stream: io::Result<TcpStream>,
        /// Dialled a second time, after the first connection had ended without a word.
        again: bool,
    },
    Received {
        link: LinkId,
        frame: Bytes,
    },
    Closed {
        link: LinkId,
    },
}

/// One frame to write: head and body.
type Frame = ([u8; crate::core::FRAME_HEAD_BYTES], Bytes);

/// The owner's end of a link. Dropped, it stops reading, writes what is queued, and closes the connection.
#[derive(Debug)]
pub(super) struct Link {
    queue: mpsc::UnboundedSender<Frame>,
    queued: Arc<AtomicUsize>,
    reader: AbortHandle,
    writer: AbortHandle,
    lingers: bool,
    /// To be dialled again if this connection ends before the other side has said a word.
    pub(super) retry: Option<Address>,
}

impl Link {
    /// Starts the tasks of a connection.
    pub(super) fn start(
        id: LinkId,
        stream: TcpStream,
        net: &mpsc::Sender<Net>,
        limits: &DriverLimits,
    ) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(link = id.0, %error, "cannot switch delay off");
        }
        let (read, write) = stream.into_split();
        let (queue, frames) = mpsc::unbounded_channel();
        let queued = Arc::new(AtomicUsize::new(0));
        let reader = Reader { id, read, net: net.clone(), limits: limits.clone() };
        let writer =
            Writer { id, write, frames, queued: queued.clone(), net: net.clone(), limits: limits.clone() };
        let reader = tokio::spawn(reader.run()).abort_handle();
        let writer = tokio::spawn(writer.run()).abort_handle();
        Self { queue, queued, reader, writer, lingers: false, retry: None }
    }

    /// Queues a frame; false if more waits than may.
    pub(super) fn send(&self, frame: Frame, limits: &DriverLimits) -> bool {
        let octets = frame.0.len() + frame.1.len();
        if self.queued.fetch_add(octets, Ordering::Relaxed) > limits.link_queue_bytes_max {
            self.writer.abort();
            return false;
        }
        // A writer that has ended has said so already.
        let _ = self.queue.send(frame);
        true
    }

    /// Octets that wait to be written.
    pub(super) fn queued_bytes(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    /// Writes what is queued and closes this side, but reads on until the other side closes, or until what is returned is
    /// aborted.
    pub(super) fn finish(mut self) -> AbortHandle {
        self.lingers = true;
        self.reader.clone()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if !self.lingers {
            self.reader.abort();
        }
    }
}

/// Dials an address; a stream that met itself (a free port of this host was both source and target) is a refusal.
pub(super) fn dial(address: Address, again: bool, net: mpsc::Sender<Net>, limits: &DriverLimits) {
    let wait = limits.dial_wait;
    tokio::spawn(async move {
        let stream = match timeout(wait, TcpStream::connect(&*address)).await {
            Ok(Ok(stream)) if stream.local_addr().ok() == stream.peer_addr().ok() => {
                Err(io::ErrorKind::ConnectionRefused.into())
            }
            Ok(stream) => stream,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        // Without an owner nobody wants to know.
        let _ = net.send(Net::Dialled { address, stream, again }).await;
    });
}

struct Reader {
    id: LinkId,
    read: OwnedReadHalf,
    net: mpsc::Sender<Net>,
    limits: DriverLimits,
}

impl Reader {
    async fn run(mut self) {
        let link = self.id;
        if let Err(error) = self.frames().await {
            tracing::debug!(link = link.0, %error, "link ends");
        }
        let _ = self.net.send(Net::Closed { link }).await;
    }

    /// Reads frames until the connection ends or says something that makes no sense.
    async fn frames(&mut self) -> io::Result<()> {
        let mut buffer = BytesMut::with_capacity(READ_BYTES);
        let greeting = timeout(self.limits.greeting_wait, async {
            loop {
                if let Some(frame) = split_frame(&mut buffer, self.limits.greeting_bytes_max)? {
                    return Ok(Some(frame));
                }
                if self.read.read_buf(&mut buffer).await? == 0 {
                    return io::Result::Ok(None);
                }
            }
        });
        let Some(frame) = greeting.await.map_err(|_| io::ErrorKind::TimedOut)?? else { return Ok(()) };
        let mut next = Some(frame);
        loop {
            while let Some(frame) = next.take() {
                if self.net.send(Net::Received { link: self.id, frame }).await.is_err() {
                    return Ok(());
                }
                next = split_frame(&mut buffer, self.limits.frame_bytes_max)?;
            }
            if buffer.capacity() - buffer.len() < READ_BYTES_MIN {
                // At least as much again as is there: a long frame is copied a few times, not once a read.
                buffer.reserve(READ_BYTES.max(buffer.len()));
            }
            if self.read.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            next = split_frame(&mut buffer, self.limits.frame_bytes_max)?;
        }
    }
}

/// Takes one whole frame from the front, if it is there.
fn split_frame(buffer: &mut BytesMut, max: usize) -> io::Result<Option<Bytes>> {
    let Some(mut length) = buffer.get(..LENGTH_BYTES) else { return Ok(None) };
    let length = length.get_u32_le() as usize;
    if length > max {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    if buffer.len() < LENGTH_BYTES + length {
        return Ok(None);
    }
    buffer.advance(LENGTH_BYTES);
    Ok(Some(buffer.split_to(length).freeze()))
}

struct Writer {
    id: LinkId,
    write: OwnedWriteHalf,
    frames: mpsc::UnboundedReceiver<Frame>,
    queued: Arc<AtomicUsize>,
    net: mpsc::Sender<Net>,
    limits: DriverLimits,
}

impl Writer {
    async fn run(mut self) {
        let mut frames = Vec::new();
        let mut buffer = BytesMut::new();
        while self.frames.recv_many(&mut frames, GATHER_FRAMES).await > 0 {
            for (head, body) in frames.drain(..) {
                self.queued.fetch_sub(head.len() + body.len(), Ordering::Relaxed);
                buffer.put_u32_le((head.len() + body.len()) as u32);
                buffer.put_slice(&head);
                let long = body.len() > GATHER_BYTES;
                if !long {
                    buffer.put_slice(&body);
                }
                if long || buffer.len() > WRITE_BYTES {
                    let written = self.put(&buffer, if long { &body } else { &[] }).await;
                    buffer.clear();
                    if !written {
                        return self.give_up().await;
                    }
                }
            }
            if !buffer.is_empty() && !self.put(&buffer, &[]).await {
                return self.give_up().await;
            }
            buffer.clear();
        }
        // The owner closed the link: the other side sees the end of the stream after the last frame.
        let _ = self.write.shutdown().await;
    }

    /// Writes both parts, in one call of the system if it takes them; false if the connection has ended or makes no
    /// progress.
    async fn put(&mut self, mut first: &[u8], mut second: &[u8]) -> bool {
        while !first.is_empty() || !second.is_empty() {
            let parts = [IoSlice::new(first), IoSlice::new(second)];
            match timeout(self.limits.write_wait, self.write.write_vectored(&parts)).await {
                Ok(Ok(written)) if written > 0 => {
                    let of_first = written.min(first.len());
                    first = &first[of_first..];
                    second = &second[written - of_first..];
                }
                _ => return false,
            }
        }
        true
    }

    async fn give_up(self) {
        let _ = self.net.send(Net::Closed { link: self.id }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_whole_or_not_at_all() {
        let octets = [2, 0, 0, 0, b'a', b'b', 0, 0, 0, 0, 1, 0, 0, 0];
        for cut in 0..octets.len() {
            let mut buffer = BytesMut::from(&octets[..cut]);
            let mut found = Vec::new();
            while let Some(frame) = split_frame(&mut buffer, 2).unwrap() {
                found.push(frame.len());
            }
            assert_eq!(found.len(), usize::from(cut >= 6) + usize::from(cut >= 10), "cut {cut}");
        }
    }

    #[test]
    fn a_length_beyond_the_limit_ends_the_link() {
        let mut buffer = BytesMut::from(&[0xff, 0xff, 0xff, 0xff][..]);
        assert_eq!(split_frame(&mut buffer, 4096).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
