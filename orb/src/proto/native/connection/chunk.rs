//! Chunks: their octets go to their bodies as they come, through the input or past it.

use bytes::{Buf, BytesMut};

use super::super::assemblies::Ended;
use super::super::error::ProtocolError;
use super::super::event::Event;
use super::super::frame::{FrameHeader, flags};
use super::Connection;
use crate::proto::head::{CallId, Time};

/// A chunk of which octets are to come.
#[derive(Debug)]
pub(super) struct Arrival {
    id: CallId,
    /// All of its octets.
    bytes: u32,
    /// Those that have not come.
    left: u32,
    last: bool,
    /// Its call was made after this side had said that it takes no more: its octets belong to nothing.
    stray: bool,
}

/// Where the next octets of the stream belong, if they need not go through the input.
#[derive(Debug)]
pub struct Landing<'a> {
    /// The body, with room behind what is there.
    pub buffer: &'a mut Vec<u8>,
    /// Only so many may be appended.
    pub bytes_max: usize,
}

impl Connection {
    /// Where the next octets belong, if the input has been looked at and is empty: a driver that reads them straight into
    /// their body, and tells [`landed`](Self::landed), saves a copy. None if they belong into the input as usual.
    pub fn landing(&mut self) -> Option<Landing<'_>> {
        let arrival = self.arrival.as_ref().filter(|arrival| arrival.left > 0 && !arrival.stray)?;
        let buffer = self.assemblies.room(arrival.id.0, arrival.left as usize)?;
        Some(Landing { buffer, bytes_max: arrival.left as usize })
    }

    /// So many octets have been appended to the buffer of [`landing`](Self::landing): at least one, and no more than it
    /// takes. What comes of them, [`receive`](Self::receive) tells.
    pub fn landed(&mut self, bytes: usize, now: Time) {
        if let Some(arrival) = &mut self.arrival {
            arrival.left -= bytes as u32;
            self.assemblies.landed(arrival.id.0, bytes as u64);
            self.watch.went_on(now);
            self.watch.body_went_on(now);
        }
    }

    /// Whether the next octets are those of a chunk, or its header: of the input, little more should be read than that.
    pub fn expects_chunk(&self) -> bool {
        self.arrival.is_none() && self.assemblies.expects_octets()
    }

    /// Octets that are missing of the chunk that the input is in the middle of.
    pub(super) fn chunk_bytes_left(&self) -> Option<usize> {
        self.arrival.as_ref().map(|arrival| arrival.left as usize)
    }

    /// The header of a chunk has come: what is wrong with it is found before its octets are here.
    pub(super) fn begin_chunk(&mut self, header: &FrameHeader, now: Time) -> Result<(), ProtocolError> {
        let id = CallId(header.id);
        let last = header.flags & flags::LAST != 0;
        let stray = !self.is_ours(id.0) && self.accept_until.is_some_and(|until| id.0 > until);
        if !stray {
            let checked = self.assemblies.check_chunk(id.0, header.body_len.into(), last);
            checked.map_err(|error| ProtocolError::Body { id, error })?;
            self.watch.body_went_on(now);
        }
        self.arrival = Some(Arrival { id, bytes: header.body_len, left: header.body_len, last, stray });
        Ok(())
    }

    /// Takes what has come of the chunk, and ends it if that is all; false if more is to come.
    pub(super) fn go_on_with_chunk(&mut self, input: &mut BytesMut, now: Time) -> Option<Option<Event>> {
        let arrival = self.arrival.as_mut()?;
        let count = input.len().min(arrival.left as usize);
        if count > 0 {
            if !arrival.stray {
                self.assemblies.add(arrival.id.0, &input[..count]);
                self.watch.body_went_on(now);
            }
            input.advance(count);
            arrival.left -= count as u32;
        }
        if arrival.left > 0 {
            return None;
        }
        self.watch.unit_complete();
        let arrival = self.arrival.take()?;
        Some(self.end_chunk(&arrival))
    }

    fn end_chunk(&mut self, arrival: &Arrival) -> Option<Event> {
        let id = arrival.id;
        if arrival.stray {
            self.count_dropped(arrival.bytes);
            return None;
        }
        match self.assemblies.end_chunk(id.0, arrival.last) {
            Ended::Added => None,
            Ended::Dropped => {
                self.count_dropped(arrival.bytes);
                None
            }
            Ended::Complete(body) if self.is_ours(id.0) => self.complete_reply(id, body),
            Ended::Complete(body) => self.complete_request(id, body),
            Ended::Over => {
                self.count_dropped(arrival.bytes);
                self.end_body_without_delivery(id)
            }
        }
    }

    /// The sender gives its body up.
    pub(super) fn on_abort(
        &mut self,
        header: &FrameHeader,
        now: Time,
    ) -> Result<Option<Event>, ProtocolError> {
        let id = CallId(header.id);
        if !self.is_ours(id.0) && self.accept_until.is_some_and(|until| id.0 > until) {
            self.count_dropped(0);
            return Ok(None);
        }
        self.assemblies.abort(id.0).map_err(|error| ProtocolError::Body { id, error })?;
        self.count_dropped(0);
        self.watch.body_went_on(now);
        Ok(self.end_body_without_delivery(id))
    }

    fn end_body_without_delivery(&mut self, id: CallId) -> Option<Event> {
        if self.is_ours(id.0) {
            return self.end_reply_without_body(id);
        }
        self.end_request_without_body(id.0);
        None
    }

    fn count_dropped(&mut self, octets: u32) {
        self.counters.chunks_dropped += 1;
        self.counters.chunk_octets_dropped += u64::from(octets);
    }
}
