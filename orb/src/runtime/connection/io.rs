//! Between a connection's core and its transport: what is written, what is heard, and what its driver waits for.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};

use super::{Connection, State};
use crate::proto::head::Time;
use crate::runtime::Limits;
use crate::runtime::input::{Wanted, poll_read_into};
use crate::runtime::stream::ReadEnd;
use crate::runtime::wire::{CoreEvent, Violation};
use crate::value::Encoding;

/// What the driver should wait for.
pub(in crate::runtime) struct Posture {
    pub(in crate::runtime) blocked: bool,
    /// Reading pauses: the peer does not take what it is sent, or has too many calls under way.
    pub(in crate::runtime) paused: bool,
    /// Everything is said and written.
    pub(in crate::runtime) finished: bool,
    pub(in crate::runtime) timeout: Option<Time>,
    /// When calls are to be given up.
    pub(in crate::runtime) due: Option<Instant>,
    /// When the connection beside this one is given up, unless it is used.
    pub(in crate::runtime) beside: Option<Instant>,
    /// No call is under way, and nothing waits to be written.
    pub(in crate::runtime) idle: bool,
    /// Calls in either direction since the beginning.
    pub(in crate::runtime) uses: u64,
    /// The peer is to go on with a body.
    pub(in crate::runtime) expects_octets: bool,
    /// Octets of bodies in assembly, and of replies that the peer has not taken.
    pub(in crate::runtime) held_bytes: u64,
    /// What is read next belongs to a body, not into the input.
    pub(in crate::runtime) lands: bool,
    /// How much is to be read into the input.
    pub(in crate::runtime) wanted: Wanted,
}

/// What the input holds.
pub(in crate::runtime) enum Heard {
    Event {
        event: CoreEvent,
        /// There is nothing behind it.
        is_last: bool,
    },
    /// Nothing that is whole, or that may be looked at before the peer takes what it was answered, or calls of it have ended.
    Nothing,
}

impl Connection {
    /// Writes what the transport takes now.
    pub(in crate::runtime) fn flush(&self) {
        let mut state = self.lock();
        self.flush_locked(&mut state);
    }

    /// Stops after [`FLUSH_BYTES_MAX`], so that others get the lock; the driver goes on.
    pub(super) fn flush_locked(&self, state: &mut State) {
        let mut written_bytes = 0;
        while !state.blocked && state.write_error.is_none() {
            if state.out.is_empty() {
                state.core.transmit(&mut state.out);
                if state.out.is_empty() {
                    break;
                }
            }
            if written_bytes >= FLUSH_BYTES_MAX {
                self.bell.ring();
                break;
            }
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = state.out.chunks_vectored(&mut slices);
            match self.write.try_write(&slices[..count]) {
                Ok(written) => {
                    state.out.advance(written);
                    written_bytes += written;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.blocked = true;
                    self.bell.ring();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    state.write_error = Some(error);
                    self.bell.ring();
                }
            }
        }
        if written_bytes > 0 {
            self.offer_room(state);
        }
    }

    /// The transport takes octets again.
    pub(in crate::runtime) fn unblock(&self) {
        self.lock().blocked = false;
    }

    /// Writes what the transport takes now, and says what its driver waits for, with `input` in its hands.
    pub(in crate::runtime) fn rest(&self, input: &[u8]) -> Result<Posture, io::Error> {
        let mut state = self.lock();
        state.gathers = false;
        self.flush_locked(&mut state);
        self.posture_of(&mut state, input)
    }

    pub(in crate::runtime) fn posture(&self) -> Result<Posture, io::Error> {
        self.posture_of(&mut self.lock(), &[])
    }

    fn posture_of(&self, state: &mut State, input: &[u8]) -> Result<Posture, io::Error> {
        if let Some(error) = state.write_error.take() {
            return Err(error);
        }
        state.held = state.must_hold(self.orb.limits());
        if state.core.is_ready() {
            // A call has ended since the core kept a request back for it: whoever ended it did not know.
            self.bell.ring();
        }
        Ok(Posture {
            blocked: state.blocked,
            paused: state.held,
            finished: state.core.is_closed() && !state.has_output(),
            timeout: state.core.next_timeout(),
            due: state.due,
            beside: self.gives_up_beside_at(&state.beside),
            idle: state.is_idle(),
            uses: state.uses,
            expects_octets: state.core.expects_octets(),
            held_bytes: state.held_bytes(),
            lands: input.is_empty() && state.core.landing().is_some(),
            wanted: state.core.wanted(input),
        })
    }

    /// Feeds the core; the next event, if the input holds a whole one.
    pub(in crate::runtime) fn receive(self: &Arc<Self>, input: &mut BytesMut) -> Result<Heard, Violation> {
        let mut state = self.lock();
        let limits = self.orb.limits();
        // A peer that reads must not make replies pile up either by asking faster than they are written.
        let mut before = u64::MAX;
        while (limits.output_bytes_max as u64..before).contains(&state.waiting_output()) {
            before = state.waiting_output();
            self.flush_locked(&mut state);
        }
        if state.must_hold(limits) {
            return Ok(Heard::Nothing);
        }
        let now = self.now();
        let Some(event) = state.core.receive(input, now)? else { return Ok(Heard::Nothing) };
        self.heard_at.store(now.0, Ordering::Relaxed);
        let is_last = input.is_empty() && !state.core.holds_back();
        if matches!(event, CoreEvent::Request { .. }) {
            state.uses += 1;
            let offered = state.core.take_offered();
            if !offered.is_empty() {
                drop(state);
                self.is_opened_at(offered);
            }
        }
        Ok(Heard::Event { event, is_last })
    }

    /// When something was heard of the peer last.
    pub(in crate::runtime) fn heard_at(&self) -> Time {
        Time(self.heard_at.load(Ordering::Relaxed))
    }

    /// The peer was heard at this time, on another connection.
    pub(in crate::runtime) fn hears_at(&self, time: Time) {
        self.heard_at.fetch_max(time.0, Ordering::Relaxed);
    }

    /// How long nothing has been heard of the peer.
    pub(in crate::runtime) fn silent_for(&self) -> Duration {
        self.now().since(self.heard_at())
    }

    /// Whether the peer has begun a message that is not complete.
    pub(in crate::runtime) fn is_mid_message(&self, input: &[u8]) -> bool {
        !input.is_empty() || self.lock().core.is_mid_message()
    }

    /// Octets of replies that wait to be taken by the peer.
    pub(in crate::runtime) fn waiting_output(&self) -> u64 {
        self.lock().waiting_output()
    }

    pub(in crate::runtime) fn handle_timeout(&self) -> Option<CoreEvent> {
        self.lock().core.handle_timeout(self.now())
    }

    /// Reads what has come of a body straight to its place; none if it has none any more.
    pub(in crate::runtime) fn poll_land(
        &self,
        read: &mut ReadEnd,
        cx: &mut Context<'_>,
    ) -> Option<Poll<io::Result<usize>>> {
        let mut state = self.lock();
        let landing = state.core.landing()?;
        let polled = poll_read_into(read, landing.buffer, landing.bytes_max, cx);
        if let Poll::Ready(Ok(bytes @ 1..)) = polled {
            state.core.landed(bytes, self.now());
        }
        Some(polled)
    }

    /// How answers are written that belong to no readable request.
    pub(in crate::runtime) fn answer_encoding(&self) -> Encoding {
        self.lock().core.answer_encoding()
    }

    pub(in crate::runtime) fn now(&self) -> Time {
        self.orb.shared.clock.now()
    }
}

impl State {
    pub(super) fn has_output(&self) -> bool {
        !self.out.is_empty() || self.core.has_output()
    }

    pub(super) fn waiting_output(&self) -> u64 {
        self.out.len() as u64 + self.core.output_bytes()
    }

    /// What the peer makes this side hold. Requests of this side are its own affair.
    fn held_bytes(&self) -> u64 {
        let replies = if self.serves { self.waiting_output() } else { 0 };
        self.core.assembly_bytes() as u64 + replies
    }

    pub(super) fn is_idle(&self) -> bool {
        self.core.calls_outbound() == 0 && self.core.calls_inbound() == 0 && !self.has_output()
    }

    /// Whether nothing more of the peer should be looked at: it does not take what it is sent, or has too many calls under
    /// way. What waits for credit of a peer that reads is no reason: its credit must be heard.
    fn must_hold(&self, limits: &Limits) -> bool {
        self.write_error.is_some()
            || self.serves && self.blocked && self.waiting_output() > limits.output_bytes_max as u64
            || self.core.is_congested()
    }
}

/// Pieces of output that are given to one write.
const SLICES_MAX: usize = 16;

/// Octets that are written before others get at the connection.
const FLUSH_BYTES_MAX: usize = 1 << 20;
