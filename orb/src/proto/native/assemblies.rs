//! Bodies that arrive in chunks.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::error::{BodyError, BodyRefusal};
use super::limits::Limits;

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

/// What a chunk did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// It was added; others follow.
    Added,
    /// It was dropped, because the body was refused or given up; others follow.
    Dropped,
    /// The body is complete.
    Complete(Bytes),
    /// The body is over, and there is nothing to deliver.
    Over,
}

/// A chunk as it came.
#[derive(Debug)]
pub(super) struct ChunkFrame<'a> {
    pub(super) octets: &'a [u8],
    pub(super) last: bool,
    pub(super) abort: bool,
}

/// The least by which a body's buffer grows, in octets.
const GROWTH_BYTES_MIN: u64 = 64 * 1024;

impl Assemblies {
    pub(super) fn new(limits: &Limits) -> Assemblies {
        Assemblies {
            open: BTreeMap::new(),
            waiting: VecDeque::new(),
            admitted_bytes: 0,
            window: limits.call_window_bytes.into(),
            body_bytes_max: limits.body_bytes_max,
            assembly_bytes_max: limits.assembly_bytes_max,
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

    /// Takes a chunk of the body of call `id`.
    pub(super) fn chunk(&mut self, id: u64, chunk: &ChunkFrame<'_>) -> Result<Chunk, BodyError> {
        let body = self.open.get_mut(&id).ok_or(BodyError::NotAnnounced)?;
        if chunk.abort {
            self.forget(id);
            return Ok(Chunk::Over);
        }
        if chunk.octets.is_empty() {
            return Err(BodyError::EmptyChunk);
        }
        let received = body.received.saturating_add(chunk.octets.len() as u64);
        let total = body.total;
        if received > total {
            return Err(BodyError::BeyondTotal { total });
        }
        if received > body.granted {
            return Err(BodyError::BeyondCredit { received, granted: body.granted });
        }
        if chunk.last != (received == total) {
            return Err(BodyError::WrongEnd { received, total });
        }
        body.received = received;
        let Some(kept) = &mut body.kept else {
            if chunk.last {
                self.forget(id);
                return Ok(Chunk::Over);
            }
            return Ok(Chunk::Dropped);
        };
        grow(kept, total, chunk.octets.len());
        super::output::copy_in_pieces(chunk.octets, kept);
        if !chunk.last {
            return Ok(Chunk::Added);
        }
        let whole = Bytes::from(std::mem::take(kept));
        self.forget(id);
        Ok(Chunk::Complete(whole))
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

/// Makes room for `more` octets, in steps that double, never beyond `total`: memory follows what came, not what was
/// announced.
fn grow(kept: &mut Vec<u8>, total: u64, more: usize) {
    let free = kept.capacity() - kept.len();
    if free < more {
        let step = (kept.len() as u64).max(GROWTH_BYTES_MIN).max(more as u64);
        let room = step.min(total - kept.len() as u64);
        kept.reserve_exact(usize::try_from(room).unwrap_or(more));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assemblies() -> Assemblies {
        Assemblies::new(&Limits {
            call_window_bytes: 4,
            body_bytes_max: 20,
            assembly_bytes_max: 25,
            ..Limits::default()
        })
    }

    fn octets(octets: &[u8], last: bool) -> ChunkFrame<'_> {
        ChunkFrame { octets, last, abort: false }
    }

    const ABORT: ChunkFrame<'static> = ChunkFrame { octets: &[], last: false, abort: true };

    #[test]
    fn a_body_within_its_window_needs_no_credit() {
        let mut bodies = assemblies();
        assert_eq!(bodies.open(1, 4), Ok(()));
        assert_eq!(bodies.next_grant(), None);
        assert_eq!(bodies.chunk(1, &octets(b"ab", false)), Ok(Chunk::Added));
        assert_eq!(bodies.chunk(1, &octets(b"cd", true)), Ok(Chunk::Complete(Bytes::from_static(b"abcd"))));
        assert_eq!(bodies.chunk(1, &octets(b"e", true)), Err(BodyError::NotAnnounced));
    }

    #[test]
    fn large_bodies_are_admitted_in_order_while_there_is_room() {
        let mut bodies = assemblies();
        for (id, total) in [(1, 20), (2, 6), (3, 5)] {
            assert_eq!(bodies.open(id, total), Ok(()));
        }
        assert_eq!(bodies.next_grant(), Some((1, 20)));
        assert_eq!(bodies.next_grant(), None, "2 does not fit, and 3 does not overtake it");
        assert_eq!(bodies.chunk(2, &octets(b"abcd", false)), Ok(Chunk::Added));
        assert_eq!(
            bodies.chunk(2, &octets(b"e", false)),
            Err(BodyError::BeyondCredit { received: 5, granted: 4 })
        );
        assert_eq!(bodies.chunk(1, &ABORT), Ok(Chunk::Over));
        assert_eq!(bodies.next_grant(), Some((2, 6)));
        assert_eq!(bodies.next_grant(), Some((3, 5)));
        assert_eq!(bodies.chunk(2, &octets(b"ef", true)), Ok(Chunk::Complete(Bytes::from_static(b"abcdef"))));
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
        assert_eq!(bodies.chunk(1, &octets(b"x", false)), Ok(Chunk::Dropped));
        assert_eq!(bodies.chunk(1, &octets(&[0; 19], true)), Ok(Chunk::Over));
        assert!(!bodies.is_open(1) && !bodies.is_open(2));
    }

    #[test]
    fn a_refused_body_is_dropped_to_its_end() {
        let mut bodies = assemblies();
        assert_eq!(bodies.open(1, 21), Err(BodyRefusal::TooLarge { total: 21, limit: 20 }));
        assert_eq!(bodies.open(2, u64::MAX), Err(BodyRefusal::UnknownLength));
        assert_eq!(bodies.next_grant(), None);
        assert_eq!(bodies.chunk(1, &octets(b"abcd", false)), Ok(Chunk::Dropped));
        assert_eq!(bodies.chunk(1, &ABORT), Ok(Chunk::Over));
        assert_eq!(bodies.held_bytes(), 0);
        assert!(!bodies.expects_octets());
    }

    #[test]
    fn the_end_must_be_where_it_was_announced() {
        let mut bodies = assemblies();
        assert_eq!(bodies.open(1, 3), Ok(()));
        assert_eq!(bodies.chunk(1, &octets(b"", false)), Err(BodyError::EmptyChunk));
        assert_eq!(bodies.chunk(1, &octets(b"ab", true)), Err(BodyError::WrongEnd { received: 2, total: 3 }));
        assert_eq!(
            bodies.chunk(1, &octets(b"abc", false)),
            Err(BodyError::WrongEnd { received: 3, total: 3 })
        );
        assert_eq!(bodies.chunk(1, &octets(b"abcd", true)), Err(BodyError::BeyondTotal { total: 3 }));
    }

    #[test]
    fn memory_follows_what_came() {
        let mut bodies = Assemblies::new(&Limits::default());
        assert_eq!(bodies.open(1, 64 << 20), Ok(()));
        assert_eq!(bodies.next_grant(), Some((1, 64 << 20)));
        assert_eq!(bodies.chunk(1, &octets(&[7; 10], false)), Ok(Chunk::Added));
        assert!(bodies.held_bytes() <= GROWTH_BYTES_MIN as usize);
    }
}
