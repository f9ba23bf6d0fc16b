//! Bodies that arrive in chunks.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::error::{BodyError, BodyRefusal};
use super::limits::Limits;
use super::output::copy_in_pieces;
use crate::proto::buffers::Buffers;

/// The bodies that the peer has announced and not yet completed, by call.
///
/// A body that does not exceed the window needs no credit. A larger one is admitted while the announced lengths of the
/// admitted ones stay below `assembly_bytes_max` together; then all of it is granted at once, because room for all of it
/// is reserved. Others wait, first come first served, with no more than their window here. Admitted bodies depend on
/// nothing but the peer, so waiting cannot deadlock.
#[derive(Debug)]
pub(super) struct Assemblies {
    open: BTreeMap<u64, Assembly>,
    /// Bodies that wait for credit, oldest first.
    waiting: VecDeque<u64>,
    /// Announced lengths of the admitted bodies.
    admitted_bytes: u64,
    window: u64,
    body_bytes_max: u64,
    assembly_bytes_max: u64,
    buffers: Buffers,
}

#[derive(Debug)]
struct Assembly {
    total: u64,
    received: u64,
    granted: u64,
    /// `None` if nobody wants it.
    kept: Option<Vec<u8>>,
    /// Part of `total` that counts in `admitted_bytes`: all or nothing.
    reserved: u64,
}

/// What the end of a chunk means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was added; others follow.
    Added,
    /// It was dropped, because the body was refused or given up; others follow.
    Dropped,
    /// The body is complete.
    Complete(Bytes),
    /// The body is over, and there is nothing to deliver.
    Over,
}

/// The least by which a body's buffer grows, in octets.
const GROWTH_BYTES_MIN: u64 = 64 * 1024;

impl Assemblies {
    pub(super) fn new(limits: &Limits, buffers: Buffers) -> Assemblies {
        Assemblies {
            open: BTreeMap::new(),
            waiting: VecDeque::new(),
            admitted_bytes: 0,
            window: limits.call_window_bytes.into(),
            body_bytes_max: limits.body_bytes_max,
            assembly_bytes_max: limits.assembly_bytes_max,
            buffers,
        }
    }

    /// Why a body of `total` octets is not taken, if it is not.
    pub(super) fn refuses(&self, total: u64) -> Option<BodyRefusal> {
        match total {
            u64::MAX => Some(BodyRefusal::UnknownLength),
            _ if total > self.body_bytes_max => {
                Some(BodyRefusal::TooLarge { total, limit: self.body_bytes_max })
            }
            _ => None,
        }
    }

    /// Opens the body of call `id`. A refused one is open as well: its chunks are dropped until it ends.
    pub(super) fn open(&mut self, id: u64, total: u64) -> Result<(), BodyRefusal> {
        let refusal = self.refuses(total);
        let assembly = Assembly {
            total,
            received: 0,
            granted: self.window.min(total),
            kept: refusal.is_none().then(Vec::new),
            reserved: 0,
        };
        if refusal.is_none() && total > self.window {
            self.waiting.push_back(id);
        }
        self.open.insert(id, assembly);
        refusal.map_or(Ok(()), Err)
    }

    /// Whether a body waits for credit and there is room for it.
    pub(super) fn has_grant(&self) -> bool {
        let next = self.waiting.front().and_then(|id| self.open.get(id));
        next.is_some_and(|body| self.admitted_bytes + body.total <= self.assembly_bytes_max)
    }

    /// Admits the next waiting body if there is room: its id, and its length, all of which is granted.
    pub(super) fn next_grant(&mut self) -> Option<(u64, u64)> {
        if !self.has_grant() {
            return None;
        }
        let id = self.waiting.pop_front()?;
        let body = self.open.get_mut(&id)?;
        self.admitted_bytes += body.total;
        body.reserved = body.total;
        body.granted = body.total;
        Some((id, body.total))
    }

    /// Checks the announcement of a chunk: `octets` of the body of call `id`, the `last` or not.
    pub(super) fn check_chunk(&self, id: u64, octets: u64, last: bool) -> Result<(), BodyError> {
        let body = self.open.get(&id).ok_or(BodyError::NotAnnounced)?;
        if octets == 0 {
            return Err(BodyError::EmptyChunk);
        }
        let received = body.received.saturating_add(octets);
        let total = body.total;
        if received > total {
            return Err(BodyError::BeyondTotal { total });
        }
        if received > body.granted {
            return Err(BodyError::BeyondCredit { received, granted: body.granted });
        }
        if last != (received == total) {
            return Err(BodyError::WrongEnd { received, total });
        }
        Ok(())
    }

    /// Takes octets of a chunk that was checked.
    pub(super) fn add(&mut self, id: u64, octets: &[u8]) {
        if let Some(kept) = self.room(id, octets.len()) {
            copy_in_pieces(octets, kept);
        }
        self.landed(id, octets.len() as u64);
    }

    /// The buffer of the body of call `id`, with room for `more` octets of a chunk that was checked; none if nobody wants it.
    pub(super) fn room(&mut self, id: u64, more: usize) -> Option<&mut Vec<u8>> {
        let body = self.open.get_mut(&id)?;
        let kept = body.kept.as_mut()?;
        grow(kept, body.total, more, self.buffers);
        Some(kept)
    }

    /// Octets of a chunk are here, in the buffer if it is wanted.
    pub(super) fn landed(&mut self, id: u64, octets: u64) {
        if let Some(body) = self.open.get_mut(&id) {
            body.received += octets;
        }
    }

    /// A chunk of the body of call `id` is here as a whole.
    pub(super) fn end_chunk(&mut self, id: u64, last: bool) -> Ended {
        let kept = self.open.get_mut(&id).and_then(|body| body.kept.as_mut());
        match (kept, last) {
            (Some(_), false) => Ended::Added,
            (None, false) => Ended::Dropped,
            (Some(kept), true) => {
                let whole = (self.buffers.share)(std::mem::take(kept));
                self.forget(id);
                Ended::Complete(whole)
            }
            (None, true) => {
                self.forget(id);
                Ended::Over
            }
        }
    }

    /// The sender gives the body of call `id` up.
    pub(super) fn abort(&mut self, id: u64) -> Result<(), BodyError> {
        if !self.is_open(id) {
            return Err(BodyError::NotAnnounced);
        }
        self.forget(id);
        Ok(())
    }

    /// Nobody wants the body of call `id` any more: what is here is freed, what comes is dropped until it ends.
    pub(super) fn discard(&mut self, id: u64) {
        if let Some(body) = self.open.get_mut(&id) {
            body.kept = None;
            self.admitted_bytes -= std::mem::take(&mut body.reserved);
            self.waiting.retain(|waiting| *waiting != id);
        }
    }

    /// The body of call `id` is over: no chunk of it follows.
    pub(super) fn forget(&mut self, id: u64) {
        self.discard(id);
        self.open.remove(&id);
    }

    /// Whether chunks of the body of call `id` may come.
    pub(super) fn is_open(&self, id: u64) -> bool {
        self.open.contains_key(&id)
    }

    /// Whether the peer may send something of a body that somebody wants.
    pub(super) fn expects_octets(&self) -> bool {
        self.open.values().any(|body| body.kept.is_some() && body.received < body.granted)
    }

    /// Octets that are held for bodies in assembly.
    pub(super) fn held_bytes(&self) -> usize {
        self.open.values().filter_map(|body| body.kept.as_ref()).map(Vec::capacity).sum()
    }
}

/// Makes room for `more` octets: all at once in a buffer that is at hand; else in steps that double, never beyond `total`.
/// Memory follows what came, not what was announced.
fn grow(kept: &mut Vec<u8>, total: u64, more: usize, buffers: Buffers) {
    if kept.capacity() - kept.len() >= more {
        return;
    }
    let whole = usize::try_from(total).unwrap_or(usize::MAX);
    if kept.is_empty()
        && let Some(lent) = (buffers.lend)(whole)
    {
        *kept = lent;
        return;
    }
    let step = (kept.len() as u64).max(GROWTH_BYTES_MIN).max(more as u64);
    let room = step.min(total - kept.len() as u64);
    kept.reserve_exact(usize::try_from(room).unwrap_or(more));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assemblies() -> Assemblies {
        let limits =
            Limits { call_window_bytes: 4, body_bytes_max: 20, assembly_bytes_max: 25, ..Limits::default() };
        Assemblies::new(&limits, Buffers::default())
    }

    /// Takes a chunk as it comes in two pieces.
    fn take(bodies: &mut Assemblies, id: u64, octets: &[u8], last: bool) -> Result<Ended, BodyError> {
        bodies.check_chunk(id, octets.len() as u64, last)?;
        let (begin, end) = octets.split_at(octets.len() / 2);
        bodies.add(id, begin);
        bodies.add(id, end);
        Ok(bodies.end_chunk(id, last))
    }

    #[test]
    fn a_body_within_its_window_needs_no_credit() {
        let mut bodies = assemblies();
        assert_eq!(bodies.open(1, 4), Ok(()));
        assert_eq!(bodies.next_grant(), None);
        assert_eq!(take(&mut bodies, 1, b"ab", false), Ok(Ended::Added));
        assert_eq!(take(&mut bodies, 1, b"cd", true), Ok(Ended::Complete(Bytes::from_static(b"abcd"))));
        assert_eq!(take(&mut bodies, 1, b"e", true), Err(BodyError::NotAnnounced));
    }

    #[test]
    fn large_bodies_are_admitted_in_order_while_there_is_room() {
        let mut bodies = assemblies();
        for (id, total) in [(1, 20), (2, 6), (3, 5)] {
            assert_eq!(bodies.open(id, total), Ok(()));
        }
        assert_eq!(bodies.next_grant(), Some((1, 20)));
        assert_eq!(bodies.next_grant(), None, "2 does not fit, and 3 does not overtake it");
        assert_eq!(take(&mut bodies, 2, b"abcd", false), Ok(Ended::Added));
        assert_eq!(
            take(&mut bodies, 2, b"e", false),
            Err(BodyError::BeyondCredit { received: 5, granted: 4 })
        );
        assert_eq!(bodies.abort(1), Ok(()));
        assert_eq!(bodies.next_grant(), Some((2, 6)));
        assert_eq!(bodies.next_grant(), Some((3, 5)));
        assert_eq!(take(&mut bodies, 2, b"ef", true), Ok(Ended::Complete(Bytes::from_static(b"abcdef"))));
    }

    #[test]
    fn one_that_waits_may_go_without_harm() {
        let mut bodies = assemblies();
        for id in 1..=3 {
            assert_eq!(bodies.open(id, 20), Ok(()));
        }
        assert_eq!(bodies.next_grant(), Some((1, 20)));
        bodies.forget(2);
        bodies.discard(1);
        assert_eq!(bodies.next_grant(), Some((3, 20)));
        assert_eq!(take(&mut bodies, 1, b"x", false), Ok(Ended::Dropped));
        assert_eq!(take(&mut bodies, 1, &[0; 19], true), Ok(Ended::Over));
        assert!(!bodies.is_open(1) && !bodies.is_open(2));
    }

    #[test]
    fn a_refused_body_is_dropped_to_its_end() {
        let mut bodies = assemblies();
        assert_eq!(bodies.open(1, 21), Err(BodyRefusal::TooLarge { total: 21, limit: 20 }));
        assert_eq!(bodies.open(2, u64::MAX), Err(BodyRefusal::UnknownLength));
        assert_eq!(bodies.next_grant(), None);
        assert_eq!(take(&mut bodies, 1, b"abcd", false), Ok(Ended::Dropped));
        assert_eq!(bodies.abort(1), Ok(()));
        assert_eq!(bodies.held_bytes(), 0);
        assert!(!bodies.expects_octets());
    }

    #[test]
    fn the_end_must_be_where_it_was_announced() {
        let mut bodies = assemblies();
        assert_eq!(bodies.open(1, 3), Ok(()));
        assert_eq!(take(&mut bodies, 1, b"", false), Err(BodyError::EmptyChunk));
        assert_eq!(take(&mut bodies, 1, b"ab", true), Err(BodyError::WrongEnd { received: 2, total: 3 }));
        assert_eq!(take(&mut bodies, 1, b"abc", false), Err(BodyError::WrongEnd { received: 3, total: 3 }));
        assert_eq!(take(&mut bodies, 1, b"abcd", true), Err(BodyError::BeyondTotal { total: 3 }));
    }

    #[test]
    fn memory_follows_what_came() {
        let mut bodies = Assemblies::new(&Limits::default(), Buffers::default());
        assert_eq!(bodies.open(1, 64 << 20), Ok(()));
        assert_eq!(bodies.next_grant(), Some((1, 64 << 20)));
        assert_eq!(take(&mut bodies, 1, &[7; 10], false), Ok(Ended::Added));
        assert!(bodies.held_bytes() <= GROWTH_BYTES_MIN as usize);
    }
}
