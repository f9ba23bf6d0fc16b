//! From octets to frames, and from frames to events.

use bytes::{Buf, Bytes, BytesMut};

use super::super::control::{Close, CloseCode, decode_credit};
use super::super::error::{BodyError, BodyRefusal, HeadError, ProtocolError};
use super::super::event::Event;
use super::super::frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKind, flags};
use super::super::hello::{Features, Hello, PREFACE_BYTES, decode_preface};
use super::{Connection, Phase};
use crate::proto::head::{CallId, Time};

/// A frame with its octets.
pub(super) struct Frame {
    pub(super) header: FrameHeader,
    pub(super) head: Bytes,
    pub(super) body: Bytes,
}

impl Frame {
    pub(super) fn head_error(&self, error: HeadError) -> ProtocolError {
        ProtocolError::Head { kind: self.header.kind, error }
    }

    pub(super) fn wrong_side(&self) -> ProtocolError {
        ProtocolError::IdOfWrongSide { kind: self.header.kind, id: CallId(self.header.id) }
    }

    /// Takes the head out; copied if a body follows in chunks, so that a call in assembly does not keep a read buffer
    /// alive.
    pub(super) fn take_head(&mut self) -> Bytes {
        if self.header.flags & flags::MORE != 0 {
            Bytes::copy_from_slice(&self.head)
        } else {
            std::mem::take(&mut self.head)
        }
    }
}

impl Connection {
    /// Takes the next event out of `input`, the octets that the socket delivered and that no event was made of yet. `None`
    /// means that more are needed. Heads and bodies share the octets of `input`: an event that is kept keeps them alive.
    ///
    /// # Errors
    /// The peer broke the protocol. The connection is closed; the CLOSE frame for the peer is queued. Once only: from then
    /// on, input is dropped.
    pub fn receive(&mut self, input: &mut BytesMut, now: Time) -> Result<Option<Event>, ProtocolError> {
        self.watch.input(input.len(), now);
        let result = self.next_event(input, now);
        match &result {
            Ok(_) if self.is_closed() => input.clear(),
            Ok(_) => {}
            Err(error) => {
                self.close(close_code(error), &error.to_string());
                input.clear();
            }
        }
        self.watch.left_over(input.len(), self.arrival.is_some(), now);
        result
    }

    /// How many more octets the frame needs that `input` begins with, to let a driver reserve room for all of it. At
    /// least 1; at most what `frame_bytes_max` allows.
    pub fn wanted_bytes(&self, input: &[u8]) -> usize {
        if let Some(left) = self.chunk_bytes_left() {
            return left.max(1);
        }
        let needed = match input.first_chunk() {
            _ if self.phase == Phase::Preface => PREFACE_BYTES as u64,
            Some(header) => FrameHeader::decode(header).frame_bytes(),
            None => FRAME_HEADER_BYTES as u64,
        };
        let needed = needed.min(self.limits.frame_bytes_max.into()) as usize;
        needed.saturating_sub(input.len()).max(1)
    }

    fn next_event(&mut self, input: &mut BytesMut, now: Time) -> Result<Option<Event>, ProtocolError> {
        if self.phase == Phase::Preface {
            let Some(version) = decode_preface(input)? else {
                return Ok(None);
            };
            self.peer_version = Some(version);
            input.advance(PREFACE_BYTES);
            self.phase = Phase::Hello;
            self.watch.unit_complete();
        }
        while self.phase != Phase::Closed {
            if self.arrival.is_some() {
                match self.go_on_with_chunk(input, now) {
                    None => return Ok(None),
                    Some(None) => continue,
                    Some(event) => return Ok(event),
                }
            }
            let Some(header) = self.peek(input)? else {
                return Ok(None);
            };
            if header.kind == FrameKind::CHUNK && header.flags & flags::ABORT == 0 {
                let prefix = FRAME_HEADER_BYTES + usize::from(header.head_len);
                if input.len() < prefix {
                    return Ok(None);
                }
                self.begin_chunk(&header, now)?;
                self.count_frame(&header);
                input.advance(prefix);
                continue;
            }
            let Some(frame) = self.next_frame(header, input) else {
                return Ok(None);
            };
            self.watch.unit_complete();
            if let Some(event) = self.on_frame(frame, now)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The header of the next frame, if it is there. What is wrong with it is found before the rest is here.
    fn peek(&self, input: &BytesMut) -> Result<Option<FrameHeader>, ProtocolError> {
        let Some(octets) = input.first_chunk() else {
            return Ok(None);
        };
        let header = FrameHeader::decode(octets);
        self.check_header(&header)?;
        Ok(Some(header))
    }

    /// Cuts the next frame off, if it is whole.
    fn next_frame(&mut self, header: FrameHeader, input: &mut BytesMut) -> Option<Frame> {
        if (input.len() as u64) < header.frame_bytes() {
            return None;
        }
        self.count_frame(&header);
        input.advance(FRAME_HEADER_BYTES);
        let head = input.split_to(header.head_len.into()).freeze();
        let body = input.split_to(header.body_len as usize).freeze();
        Some(Frame { header, head, body })
    }

    fn count_frame(&mut self, header: &FrameHeader) {
        self.counters.frames_received += 1;
        self.counters.octets_received += header.frame_bytes();
    }

    fn check_header(&self, header: &FrameHeader) -> Result<(), ProtocolError> {
        let kind = header.kind;
        if self.phase == Phase::Hello && kind != FrameKind::HELLO && kind != FrameKind::CLOSE {
            return Err(ProtocolError::HelloExpected { kind });
        }
        let bytes = header.frame_bytes();
        let limit = u64::from(self.limits.frame_bytes_max);
        if bytes > limit {
            return Err(ProtocolError::FrameTooLong { bytes, limit });
        }
        let (known_flags, may_have_body) = match kind {
            FrameKind::REQUEST => (flags::MORE | flags::ONEWAY, header.flags & flags::MORE == 0),
            FrameKind::REPLY => (flags::MORE, header.flags & flags::MORE == 0),
            FrameKind::CHUNK => (flags::LAST | flags::ABORT, header.flags & flags::ABORT == 0),
            FrameKind::HELLO
            | FrameKind::CREDIT
            | FrameKind::CANCEL
            | FrameKind::PING
            | FrameKind::PONG
            | FrameKind::DRAIN
            | FrameKind::CLOSE => (0, false),
            FrameKind(_) if kind.is_group() || kind.is_extension() => return Ok(()),
            FrameKind(_) => return Err(ProtocolError::UnknownKind { kind }),
        };
        if header.flags & flags::CRITICAL & !known_flags != 0 {
            return Err(ProtocolError::UnknownFlags { kind, flags: header.flags });
        }
        if header.body_len > 0 && !may_have_body {
            return Err(ProtocolError::BodyNotAllowed { kind, bytes: header.body_len });
        }
        Ok(())
    }

    fn on_frame(&mut self, frame: Frame, now: Time) -> Result<Option<Event>, ProtocolError> {
        match frame.header.kind {
            FrameKind::HELLO => self.on_hello(frame),
            FrameKind::REQUEST => self.on_request(frame, now),
            FrameKind::REPLY => self.on_reply(frame, now),
            // Others do not come as frames: see `begin_chunk`.
            FrameKind::CHUNK => self.on_abort(&frame.header, now),
            FrameKind::CREDIT => self.on_credit(&frame),
            FrameKind::CANCEL => self.on_cancel(&frame),
            FrameKind::PING => {
                self.pong_due = Some(frame.header.id);
                Ok(None)
            }
            FrameKind::PONG => Ok(self.on_pong(frame.header.id)),
            FrameKind::DRAIN => {
                let last_accepted = CallId(frame.header.id);
                let not_executed = self.stop_calls_after(last_accepted);
                Ok(Some(Event::Drain { last_accepted, not_executed }))
            }
            FrameKind::CLOSE => self.on_close(frame),
            kind if kind.is_group() && self.features.contains(Features::GROUPS) => Ok(Some(Event::Group {
                kind,
                flags: frame.header.flags,
                id: frame.header.id,
                head: frame.head,
                body: frame.body,
            })),
            kind if kind.is_group() => {
                self.counters.group_frames_refused += 1;
                Ok(None)
            }
            _ => {
                self.counters.extensions_skipped += 1;
                Ok(None)
            }
        }
    }

    fn on_hello(&mut self, frame: Frame) -> Result<Option<Event>, ProtocolError> {
        if self.phase != Phase::Hello {
            return Err(ProtocolError::HelloRepeated);
        }
        self.peer = Hello::decode(frame.head)?;
        self.phase = Phase::Open;
        // Bodies may be on their way under the least window; the larger one is theirs from now on.
        self.bodies.grant_all(self.peer.call_window_bytes.into());
        Ok(Some(Event::Hello(self.peer.clone())))
    }

    fn on_pong(&mut self, number: u64) -> Option<Event> {
        let asked = self.ping_asked.filter(|asked| *asked <= number)?;
        self.ping_asked = None;
        Some(Event::Pong { number: asked })
    }

    fn on_close(&mut self, frame: Frame) -> Result<Option<Event>, ProtocolError> {
        let last_accepted = CallId(frame.header.id);
        let close = Close::decode(frame.head.clone()).map_err(|error| frame.head_error(error))?;
        let before = self.accepted_until.unwrap_or(u64::MAX);
        self.accepted_until = Some(before.min(last_accepted.0));
        self.phase = Phase::Closed;
        self.bodies.clear();
        Ok(Some(Event::Closed { close, last_accepted }))
    }

    fn on_credit(&mut self, frame: &Frame) -> Result<Option<Event>, ProtocolError> {
        let granted = decode_credit(frame.head.clone()).map_err(|error| frame.head_error(error))?;
        if !self.bodies.grant(frame.header.id, granted) {
            self.counters.frames_late += 1;
        }
        Ok(None)
    }

    /// Opens a body that the peer announced, or says why it is not taken; that is no fault of the connection.
    pub(super) fn open_body(
        &mut self,
        id: CallId,
        total: u64,
        now: Time,
    ) -> Result<Option<BodyRefusal>, ProtocolError> {
        if total == 0 {
            return Err(ProtocolError::Body { id, error: BodyError::NothingAnnounced });
        }
        self.watch.body_went_on(now);
        Ok(self.assemblies.open(id.0, total).err())
    }
}

/// What the peer is told about its error.
fn close_code(error: &ProtocolError) -> CloseCode {
    match error {
        ProtocolError::Version { .. } => CloseCode::VERSION,
        ProtocolError::FrameTooLong { .. } | ProtocolError::TooManyCalls { .. } => CloseCode::LIMIT,
        _ => CloseCode::PROTOCOL,
    }
}
