//! Commands of the runtime.

use super::super::control::{Close, CloseCode, encode_bare};
use super::super::error::Refused;
use super::super::frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKind};
use super::super::hello::Features;
use super::super::limits::{CONTEXTS_MAX, SEGMENT_BYTES_MIN};
use super::super::output::Payload;
use super::super::reply::ReplyFrame;
use super::super::request::RequestFrame;
use super::inbound::Serving;
use super::outbound::{Outbound, ReplyPhase};
use super::{Connection, Phase};
use crate::proto::head::{
    BodyFormat, CallId, ReplyHead, ReplyStatus, RequestHead, ResponseExpected, ServiceContext,
};

impl Connection {
    /// Makes a call. The event `Reply` (or `ReplyRefused`, or `Drain`) ends it, unless it is oneway. A body longer than
    /// `chunk_bytes` leaves in chunks, beside other frames.
    ///
    /// A small call is written straight into the output: nothing is allocated once that has grown.
    ///
    /// # Errors
    /// Nothing was queued; the call was not made.
    pub fn request<'a>(
        &mut self,
        head: &RequestHead,
        body: impl Into<Payload<'a>>,
    ) -> Result<CallId, Refused> {
        let body = body.into();
        self.check_room_for_call(body.len())?;
        let mut frame = RequestFrame::new(head, self.speaker, None);
        let whole = self.fits_frame(frame.bytes(), body.len());
        if !whole {
            frame = RequestFrame::new(head, self.speaker, Some(body.len() as u64));
        }
        check_head(frame.bytes(), &head.contexts)?;
        self.last_outbound += 1;
        let id = self.last_outbound;
        let start = self.queued_end();
        let mut header = FrameHeader::new(FrameKind::REQUEST, id);
        header.flags = frame.flags();
        header.head_len = frame.bytes() as u16;
        if whole {
            self.write_frame(header, |out| frame.encode(out), body);
        } else {
            self.write_frame(header, |out| frame.encode(out), Payload::EMPTY);
            self.bodies.open(id, body.into_segments(), self.peer.call_window_bytes.into());
        }
        let oneway = head.response == ResponseExpected::No;
        if !(oneway && whole) {
            let call = Outbound {
                start,
                end: if whole { self.queued_end() } else { u64::MAX },
                sending: !whole,
                reply: if oneway { ReplyPhase::None } else { ReplyPhase::Awaited },
            };
            self.outbound.push(id, call);
        }
        Ok(CallId(id))
    }

    /// Answers a call of the peer. Of a cancelled one, only that it was cancelled is sent.
    ///
    /// # Errors
    /// [`Refused::UnknownCall`]: it is oneway, or answered, or never was. [`Refused::HeadTooLong`] and
    /// [`Refused::TooManyContexts`]: the call is still open; answer something shorter. [`Refused::Closed`].
    pub fn reply<'a>(
        &mut self,
        id: CallId,
        head: &ReplyHead,
        body: impl Into<Payload<'a>>,
    ) -> Result<(), Refused> {
        let body = body.into();
        if self.is_closed() {
            return Err(Refused::Closed);
        }
        let Some(Serving::Running { cancelled }) = self.inbound.get_mut(id.0).map(|call| &call.serving)
        else {
            return Err(Refused::UnknownCall { id });
        };
        if *cancelled {
            let head = ReplyHead::new(ReplyStatus::CANCELLED, BodyFormat::CDR_LE);
            self.end_service(id.0, &head, Payload::EMPTY);
            return Ok(());
        }
        let head_bytes = ReplyFrame::new(head, None).bytes();
        if self.fits_frame(head_bytes, body.len()) {
            check_head(head_bytes, &head.contexts)?;
            self.end_service(id.0, head, body);
            return Ok(());
        }
        let total = body.len() as u64;
        check_head(ReplyFrame::new(head, Some(total)).bytes(), &head.contexts)?;
        if let Some(call) = self.inbound.get_mut(id.0) {
            call.serving = Serving::Replying;
        }
        self.write_reply(id.0, head, Some(total), Payload::EMPTY);
        self.bodies.open(id.0, body.into_segments(), self.peer.call_window_bytes.into());
        Ok(())
    }

    /// Gives up a call of this side: its reply will not be an event. What is not sent of it is not sent. The call stays
    /// in flight until the server has answered nevertheless. Unknown and finished calls are left alone.
    pub fn cancel(&mut self, id: CallId) {
        if self.is_closed() {
            return;
        }
        let Some(call) = self.outbound.get_mut(id.0) else {
            return;
        };
        let before = std::mem::replace(&mut call.reply, ReplyPhase::Unwanted);
        if matches!(before, ReplyPhase::Unwanted) {
            return;
        }
        call.sending = false;
        self.bodies.abort(id.0);
        self.assemblies.discard(id.0);
        self.send_bare(FrameKind::CANCEL, id.0);
        if matches!(before, ReplyPhase::None) {
            self.outbound.remove(id.0);
        }
    }

    /// Asks the peer for a sign of life: the event `Pong` has the number returned here. A ping that is asked for before
    /// the answer replaces this one.
    ///
    /// # Errors
    /// [`Refused::Closed`].
    pub fn ping(&mut self) -> Result<u64, Refused> {
        if self.is_closed() {
            return Err(Refused::Closed);
        }
        self.send_ping();
        self.ping_asked = Some(self.last_ping);
        Ok(self.last_ping)
    }

    /// Takes no further calls of the peer: those that it makes after the one returned are dropped, and it knows that they
    /// are not executed. Calls in flight go on; calls of this side are not affected. A second time changes nothing.
    pub fn drain(&mut self) -> CallId {
        if self.accept_until.is_none() && !self.is_closed() {
            self.accept_until = Some(self.last_inbound);
            self.send_bare(FrameKind::DRAIN, self.last_inbound);
        }
        self.last_accepted()
    }

    /// Ends the connection: a CLOSE frame is the last output. Chunked bodies that are not sent completely are given up.
    pub fn close(&mut self, code: CloseCode, text: &str) {
        if self.is_closed() {
            return;
        }
        self.phase = Phase::Closed;
        self.bodies.clear();
        let last_accepted = self.last_accepted().0;
        let close = Close { code, text: text.to_owned() };
        self.pending.append(0, |out| close.encode(last_accepted, out));
    }

    /// Sends a frame of object groups, in order with all other frames but chunks.
    ///
    /// # Errors
    /// [`Refused::NotSpoken`] if `kind` is none of theirs or the peer has not offered (yet) to take them;
    /// [`Refused::FrameTooLong`] if head and body do not fit a frame; [`Refused::OutputFull`]; [`Refused::Closed`].
    pub fn group<'a>(
        &mut self,
        kind: FrameKind,
        id: u64,
        head: &[u8],
        body: impl Into<Payload<'a>>,
    ) -> Result<(), Refused> {
        let body = body.into();
        if self.is_closed() {
            return Err(Refused::Closed);
        }
        if !kind.is_group() || !self.peer.features.contains(Features::GROUPS) {
            return Err(Refused::NotSpoken { kind });
        }
        self.check_output(body.len())?;
        let bytes = FRAME_HEADER_BYTES + head.len() + body.len();
        if head.len() > u16::MAX.into() || bytes > self.peer.frame_bytes_max as usize {
            return Err(Refused::FrameTooLong { bytes });
        }
        let mut header = FrameHeader::new(kind, id);
        header.head_len = head.len() as u16;
        self.write_frame(header, |out| out.extend_from_slice(head), body);
        Ok(())
    }

    /// Whether a request with a small body would be taken now.
    pub fn has_room(&self) -> bool {
        self.check_room_for_call(0).is_ok()
    }

    fn check_room_for_call(&self, body_bytes: usize) -> Result<(), Refused> {
        if self.is_closed() {
            return Err(Refused::Closed);
        }
        if self.accepted_until.is_some() {
            return Err(Refused::Draining);
        }
        let limit = self.calls_outbound_max();
        if self.outbound.len() >= limit as usize {
            return Err(Refused::TooManyCalls { limit });
        }
        self.check_output(body_bytes)
    }

    /// What goes into one frame waits for the frames before it, not for the bodies that leave in chunks beside them: a
    /// small call passes a large one.
    fn check_output(&self, body_bytes: usize) -> Result<(), Refused> {
        let queued = match body_bytes <= self.limits.chunk_bytes as usize {
            true => self.pending.len() as u64,
            false => self.output_bytes(),
        };
        let limit = self.limits.output_bytes_max;
        if queued > 0 && queued.saturating_add(body_bytes as u64) > limit {
            return Err(Refused::OutputFull { queued, limit });
        }
        Ok(())
    }

    /// Whether head and body go into one frame.
    fn fits_frame(&self, head_bytes: usize, body_bytes: usize) -> bool {
        body_bytes == 0
            || body_bytes <= self.limits.chunk_bytes as usize
                && FRAME_HEADER_BYTES + head_bytes + body_bytes <= self.peer.frame_bytes_max as usize
    }

    /// Position in the output behind everything that is queued but chunks.
    pub(super) fn queued_end(&self) -> u64 {
        self.handed + self.pending.len() as u64
    }

    pub(super) fn write_reply(
        &mut self,
        id: u64,
        head: &ReplyHead,
        body_total: Option<u64>,
        body: Payload<'_>,
    ) {
        let frame = ReplyFrame::new(head, body_total);
        let mut header = FrameHeader::new(FrameKind::REPLY, id);
        header.flags = frame.flags();
        header.head_len = frame.bytes() as u16;
        self.write_frame(header, |out| frame.encode(out), body);
    }

    fn write_frame(&mut self, mut header: FrameHeader, head: impl FnOnce(&mut Vec<u8>), body: Payload<'_>) {
        header.body_len = body.len() as u32;
        let bytes = FRAME_HEADER_BYTES + usize::from(header.head_len) + body.len().min(SEGMENT_BYTES_MIN);
        self.pending.append(bytes, |out| {
            out.extend_from_slice(&header.encode());
            head(out);
        });
        body.append_to(&mut self.pending);
    }

    pub(super) fn send_ping(&mut self) {
        self.last_ping += 1;
        self.send_bare(FrameKind::PING, self.last_ping);
    }

    pub(super) fn send_bare(&mut self, kind: FrameKind, id: u64) {
        self.pending.append(FRAME_HEADER_BYTES, |out| encode_bare(kind, 0, id, out));
    }
}

fn check_head(bytes: usize, contexts: &[ServiceContext]) -> Result<(), Refused> {
    if contexts.len() > CONTEXTS_MAX {
        return Err(Refused::TooManyContexts { limit: CONTEXTS_MAX });
    }
    if bytes > u16::MAX.into() {
        return Err(Refused::HeadTooLong { bytes });
    }
    Ok(())
}
