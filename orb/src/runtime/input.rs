//! What has been read of a connection and not been used yet.

use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::{BufMut, BytesMut};
use tokio::io::AsyncReadExt;

use super::spare;
use super::stream::ReadEnd;
use crate::value::large;

/// The octets of a connection's peer, in a buffer that is there only while there is something in it: the thread's spare one,
/// or one of the process' large ones for a large message.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) octets: BytesMut,
    /// The capacity of the buffer as a whole, if it is large.
    large_bytes: usize,
}

/// How much of the stream is to be read at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Octets that the message needs that the input begins with.
    pub(super) bytes: usize,
    /// Chunks of a body are to come: what is read with a header would have to be moved behind what is there of the body.
    pub(super) only_header: bool,
}

/// The room that is made in the input before each read.
const READ_ROOM_BYTES: usize = 8 * 1024;

/// The most room that is made at once, however long the message says it is: what is announced may never come.
const READ_ROOM_BYTES_MAX: usize = 256 * 1024;

/// What is read when only a header is wanted: there may be other frames between two chunks.
const HEADER_ROOM_BYTES: usize = 1024;

impl Input {
    /// Begins with what was read before the protocol was known.
    pub(super) fn with(octets: BytesMut) -> Input {
        Input { octets, large_bytes: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// The memory that it holds. An empty one holds none: its buffer goes back.
    pub(super) fn held_bytes(&self) -> usize {
        if self.is_empty() { 0 } else { self.octets.capacity() }
    }

    /// Reads what has come. A connection that waits with nothing in its hands holds no buffer.
    pub(super) fn poll_read(
        &mut self,
        read: &mut ReadEnd,
        wanted: Wanted,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let bytes_max = self.make_room(wanted);
        let polled = poll_read_into(read, &mut self.octets, bytes_max, cx);
        if self.is_empty() {
            self.give_back();
        }
        polled
    }

    /// Makes room for what is wanted, and says how much may be read: behind a large message nothing, because the next one
    /// belongs into another buffer.
    fn make_room(&mut self, wanted: Wanted) -> usize {
        let whole = self.octets.len().saturating_add(wanted.bytes);
        if whole <= spare::SPARE_BYTES {
            if self.octets.capacity() == 0 {
                self.octets = spare::borrow();
            }
            self.octets.reserve(wanted.bytes.max(READ_ROOM_BYTES));
            return if wanted.only_header { HEADER_ROOM_BYTES } else { usize::MAX };
        }
        if self.octets.capacity() - self.octets.len() < wanted.bytes {
            self.enlarge(whole, wanted.bytes);
        }
        // One that is whole, and not taken yet, wants nothing.
        if wanted.bytes == 0 { READ_ROOM_BYTES } else { wanted.bytes }
    }

    /// Takes a large buffer for a message of `whole` octets, or lets the one that it has grow with what comes.
    fn enlarge(&mut self, whole: usize, wanted: usize) {
        if let Some(mut larger) = large::lend(whole) {
            larger.extend_from_slice(&self.octets);
            let capacity = larger.capacity();
            let mut before = std::mem::replace(self, Input { octets: larger, large_bytes: capacity });
            before.octets.clear();
            return before.give_back();
        }
        self.octets.reserve(wanted.min(READ_ROOM_BYTES_MAX.max(self.octets.len())));
        self.large_bytes = self.octets.capacity();
    }

    /// Takes over what has been read elsewhere.
    pub(super) fn append(&mut self, octets: &[u8]) {
        if self.octets.capacity() == 0 {
            self.octets = spare::borrow();
        }
        self.octets.extend_from_slice(octets);
    }

    /// Gives the buffer back if there is nothing in it.
    pub(super) fn rest(&mut self) {
        if self.is_empty() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        let Input { octets, large_bytes } = std::mem::take(self);
        match large_bytes {
            0 => spare::give_back(octets),
            bytes => large::keep(bytes, octets),
        }
    }
}

/// Appends at most `bytes_max` octets of what has come to a buffer; at least one, or the stream has ended.
pub(super) fn poll_read_into(
    read: &mut ReadEnd,
    buffer: &mut impl BufMut,
    bytes_max: usize,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    pin!(read.read_buf(&mut buffer.limit(bytes_max))).poll(cx)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::runtime::stream::Stream;

    async fn read(input: &mut Input, end: &mut ReadEnd, wanted: Wanted) -> usize {
        std::future::poll_fn(|cx| input.poll_read(end, wanted, cx)).await.expect("it is read")
    }

    const fn message(bytes: usize) -> Wanted {
        Wanted { bytes, only_header: false }
    }

    #[tokio::test]
    async fn a_large_message_gets_a_buffer_of_its_own_and_nothing_behind_it() {
        const BYTES: usize = 3 * spare::SPARE_BYTES;
        let (here, there) = tokio::net::UnixStream::pair().expect("a pair");
        let mut end = Stream::unix(here, "test").read;
        let writer = tokio::spawn(async move {
            let mut there = there;
            there.write_all(&vec![1; BYTES]).await.expect("it is written");
            there.write_all(&[2; 100]).await.expect("it is written");
        });
        let mut input = Input::default();
        while input.octets.len() < BYTES {
            let wanted = message(BYTES - input.octets.len());
            read(&mut input, &mut end, wanted).await;
        }
        assert_eq!(input.octets.len(), BYTES);
        assert!(input.octets.iter().all(|octet| *octet == 1));
        assert!(input.large_bytes >= BYTES);
        let taken = input.octets.split_to(BYTES).freeze();
        while input.octets.len() < 100 {
            read(&mut input, &mut end, message(12)).await;
        }
        assert_eq!(input.octets, [2; 100][..]);
        writer.await.expect("it has written");
        drop(taken);
    }

    #[tokio::test]
    async fn with_a_header_little_else_is_read() {
        let (here, mut there) = tokio::net::UnixStream::pair().expect("a pair");
        let mut end = Stream::unix(here, "test").read;
        there.write_all(&[3; 4 * HEADER_ROOM_BYTES]).await.expect("it is written");
        let mut input = Input::default();
        assert_eq!(
            read(&mut input, &mut end, Wanted { bytes: 16, only_header: true }).await,
            HEADER_ROOM_BYTES
        );
        assert_eq!(input.held_bytes(), input.octets.capacity());
        input.octets.clear();
        assert_eq!(input.held_bytes(), 0);
    }
}
