//! What waits for time, and what happens when it has waited too long.

use super::super::control::CloseCode;
use super::super::event::{Event, Silence};
use super::Connection;
use crate::proto::head::Time;

/// When the peer was last heard of.
#[derive(Debug)]
pub(super) struct Watch {
    /// The last octet came.
    heard: Time,
    /// The ping that nothing came after was sent.
    pinged: Option<Time>,
    /// The first octet of the frame (or preface) came that is not complete.
    unit_begun: Option<Time>,
    /// The last chunk came, or a body was announced.
    body_went_on: Time,
    /// Octets of input that were there already.
    left_over: usize,
}

impl Watch {
    pub(super) fn new(now: Time) -> Watch {
        Watch { heard: now, pinged: None, unit_begun: None, body_went_on: now, left_over: 0 }
    }

    /// There are `bytes` octets of input.
    pub(super) fn input(&mut self, bytes: usize, now: Time) {
        if bytes > self.left_over {
            self.went_on(now);
        }
    }

    /// A frame, or the preface, is complete.
    pub(super) fn unit_complete(&mut self) {
        self.unit_begun = None;
    }

    /// Octets came that did not go through the input.
    pub(super) fn went_on(&mut self, now: Time) {
        self.heard = now;
        self.pinged = None;
    }

    /// `bytes` octets of input wait for more; so does a chunk, if the input is in the middle of one.
    pub(super) fn left_over(&mut self, bytes: usize, mid_chunk: bool, now: Time) {
        self.left_over = bytes;
        if bytes > 0 || mid_chunk {
            self.unit_begun.get_or_insert(now);
        }
    }

    pub(super) fn body_went_on(&mut self, now: Time) {
        self.body_went_on = now;
    }
}

impl Connection {
    /// When [`handle_timeout`](Self::handle_timeout) must be called, at the latest; `None` when the connection is over.
    /// Changes with everything that happens, mostly to later.
    pub fn next_timeout(&self) -> Option<Time> {
        if self.is_closed() {
            return None;
        }
        let or_sooner =
            |next: Time, deadline: Option<Time>| deadline.map_or(next, |deadline| next.min(deadline));
        let next = or_sooner(self.ping_due(), self.frame_deadline());
        Some(or_sooner(or_sooner(next, self.body_deadline()), self.ping_deadline()))
    }

    /// Does what `now` is the time for: pings the peer, or gives it up. Too early a call does nothing.
    pub fn handle_timeout(&mut self, now: Time) -> Option<Event> {
        if self.is_closed() {
            return None;
        }
        let has_come = |deadline: Option<Time>| deadline.is_some_and(|deadline| deadline <= now);
        let (silence, text) = if has_come(self.ping_deadline()) {
            (Silence::PingUnanswered, "no answer to a ping within ping_timeout")
        } else if has_come(self.frame_deadline()) {
            (Silence::FrameStalled, "a frame was not completed within frame_wait_max")
        } else if has_come(self.body_deadline()) {
            (Silence::BodyStalled, "a body did not go on within body_wait_max")
        } else {
            if self.ping_due() <= now {
                self.send_ping();
                self.watch.pinged = Some(now);
            }
            return None;
        };
        self.close(CloseCode::SILENT, text);
        Some(Event::Lost(silence))
    }

    /// When to ping.
    fn ping_due(&self) -> Time {
        match self.watch.pinged {
            Some(_) => Time::NEVER,
            None => self.watch.heard + self.limits.ping_idle,
        }
    }

    fn ping_deadline(&self) -> Option<Time> {
        Some(self.watch.pinged? + self.limits.ping_timeout)
    }

    fn frame_deadline(&self) -> Option<Time> {
        Some(self.watch.unit_begun? + self.limits.frame_wait_max)
    }

    fn body_deadline(&self) -> Option<Time> {
        let expected = self.assemblies.expects_octets();
        expected.then(|| self.watch.body_went_on + self.limits.body_wait_max)
    }
}
