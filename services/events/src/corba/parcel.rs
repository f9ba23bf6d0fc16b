//! An event as consumers are pushed it: made and marshalled once for all of them.
//!
//! The only argument of `push` stands at the beginning of its body, which in GIOP 1.2, and in the native protocol, is aligned
//! wherever its message begins: by the same rules (byte order, version, code sets) it is the same octets for every consumer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use quorb::value::{BodyError, BodyWriter};
use quorb::{Any, ExceptionKind, Proxy};
use quorb_giop::cdr::{Cdr, CdrProfile};

use super::pushing::PushEnd;
use crate::cos::PushConsumerProxy;
use crate::server::refused;

/// An event on its way to consumers.
pub(super) struct Parcel {
    any: Any,
    /// The octets of the value.
    bytes: usize,
    /// Others will be pushed it, too.
    is_shared: bool,
    /// The rules of whoever was pushed it first, and the body by these rules.
    body: OnceLock<(CdrProfile, Box<[u8]>)>,
}

/// The newest events that were pushed to several consumers of a channel.
#[derive(Default)]
pub(crate) struct Parcels {
    consumers: AtomicUsize,
    /// The lock is held for a look or an insertion.
    recent: Mutex<Recent>,
}

/// Positions ascend.
#[derive(Default)]
struct Recent {
    parcels: VecDeque<(u64, Arc<Parcel>)>,
    bytes: usize,
}

/// A consumer that is pushed what others are pushed.
pub(super) struct Sharing<'a>(&'a Parcels);

/// Events that are kept for other consumers.
const PARCELS_MAX: usize = 1_024;

/// The octets of the values of these events; one always fits.
const PARCELS_BYTES_MAX: usize = 1 << 20;

/// What the body of a request is aligned to.
const ALIGNMENT: usize = 8;

impl Parcel {
    /// An event, with the octets of its value.
    fn new((any, bytes): (Any, usize), is_shared: bool) -> Parcel {
        Parcel { any, bytes, is_shared, body: OnceLock::new() }
    }

    /// Pushes it to a consumer.
    pub(super) async fn push_to(&self, consumer: &PushConsumerProxy) -> PushEnd {
        let interface = PushConsumerProxy::interface();
        let Some(push) = interface.operation("push") else {
            return Err(refused(ExceptionKind::BadOperation, "no consumer is pushed anything").into());
        };
        consumer.object().invoke(interface, push, &|body| self.write(body), |_| Ok(())).await
    }

    fn write(&self, body: &mut BodyWriter) -> Result<(), BodyError> {
        body.items(1);
        let out = match body {
            BodyWriter::Cdr(out) if self.is_shared && out.position().is_multiple_of(ALIGNMENT) => out,
            _ => return body.put(&self.any),
        };
        if let Some((profile, octets)) = self.body.get()
            && *profile == out.profile()
        {
            out.write_octets(octets);
            return Ok(());
        }
        let before = out.len();
        self.any.encode(out)?;
        // Whoever was first has set it.
        self.body.get_or_init(|| (out.profile(), out.as_slice()[before..].into()));
        Ok(())
    }
}

impl Parcels {
    /// Notes a consumer that is pushed everything.
    pub(super) fn share(&self) -> Sharing<'_> {
        self.consumers.fetch_add(1, Ordering::Relaxed);
        Sharing(self)
    }

    /// The event at a position, made by the first consumer that is pushed it. One whose octets are not what they are said to
    /// be is made again by each, and refused.
    pub(super) fn at<E>(
        &self,
        position: u64,
        make: impl FnOnce() -> Result<(Any, usize), E>,
    ) -> Result<Arc<Parcel>, E> {
        if self.consumers.load(Ordering::Relaxed) < 2 {
            return Ok(Arc::new(Parcel::new(make()?, false)));
        }
        if let Some(known) = self.recent().find(position) {
            return Ok(known);
        }
        // Two consumers may make it at the same time: one of the two parcels is found by the others.
        let parcel = Arc::new(Parcel::new(make()?, true));
        self.recent().keep(position, &parcel);
        Ok(parcel)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn find(&self, position: u64) -> Option<Arc<Parcel>> {
        let place = self.parcels.binary_search_by_key(&position, |(position, _)| *position).ok()?;
        Some(self.parcels[place].1.clone())
    }

    /// Keeps the newest, and forgets the oldest. A consumer that lags behind them makes what it is pushed.
    fn keep(&mut self, position: u64, parcel: &Arc<Parcel>) {
        if self.parcels.back().is_some_and(|(newest, _)| *newest >= position) {
            return;
        }
        self.parcels.push_back((position, parcel.clone()));
        self.bytes += parcel.bytes;
        // One always fits.
        while self.parcels.len() > 1 && (self.parcels.len() > PARCELS_MAX || self.bytes > PARCELS_BYTES_MAX) {
            let Some((_, oldest)) = self.parcels.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
        }
    }
}

impl Drop for Sharing<'_> {
    fn drop(&mut self) {
        if self.0.consumers.fetch_sub(1, Ordering::Relaxed) <= 2 {
            // Who is alone shares with nobody.
            let forgotten = std::mem::take(&mut *self.0.recent());
            drop(forgotten);
        }
    }
}

#[cfg(test)]
mod tests {
    use quorb_giop::cdr::{CdrProfile, Encoder, Endian, GiopVersion};
    use quorb_giop::codeset::CodeSets;

    use super::*;

    fn made(value: u32) -> Result<(Any, usize), quorb::value::AnyError> {
        Ok((Any::new(&value)?, size_of::<u32>()))
    }

    /// None if there is no form by these rules.
    fn body(parcel: &Parcel, origin: usize, profile: CdrProfile) -> Option<Vec<u8>> {
        let mut body = BodyWriter::Cdr(Encoder::with_buffer(Vec::new(), origin, profile));
        parcel.write(&mut body).ok()?;
        Some(body.into_bytes())
    }

    #[test]
    fn a_consumer_alone_keeps_nothing() {
        let parcels = Parcels::default();
        let one = parcels.share();
        parcels.at(1, || made(7)).unwrap();
        assert!(parcels.recent().parcels.is_empty());
        let two = parcels.share();
        let (first, again) = (parcels.at(1, || made(7)).unwrap(), parcels.at(1, || made(8)).unwrap());
        assert!(Arc::ptr_eq(&first, &again));
        drop(two);
        assert!(parcels.recent().parcels.is_empty());
        drop(one);
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_newest() {
        let parcels = Parcels::default();
        let _sharing = (parcels.share(), parcels.share());
        for position in 1..=PARCELS_MAX as u64 + 10 {
            parcels.at(position, || made(1)).unwrap();
        }
        assert_eq!(parcels.recent().parcels.len(), PARCELS_MAX);
        let late = parcels.at(3, || made(1)).unwrap();
        assert!(!Arc::ptr_eq(&late, &parcels.at(3, || made(1)).unwrap()), "it is not kept");
        let large = |position| {
            parcels.at(position, || made(1).map(|(any, _)| (any, PARCELS_BYTES_MAX))).unwrap();
            parcels.recent().parcels.len()
        };
        assert_eq!((large(5_000), large(5_001)), (1, 1));
        parcels.at::<()>(5_002, || Err(())).err().expect("it is refused");
        assert_eq!(parcels.recent().bytes, PARCELS_BYTES_MAX);
    }

    #[test]
    fn every_consumer_gets_the_octets_that_it_would_get_alone() {
        let values = [
            Any::new(&"caf\u{e9}".to_owned()).unwrap(),
            Any::new(&vec![1.5, 2.5]).unwrap(),
            Any::new(&Any::new(&7u8).unwrap()).unwrap(),
            Any::null(),
        ];
        let versions = [GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2];
        let sets = [CodeSets::UNNEGOTIATED, CodeSets::from(CdrProfile::native(Endian::Big))];
        for any in values {
            let parcel = |is_shared| Parcel::new((any.clone(), 0), is_shared);
            for first in [Endian::Little, Endian::Big] {
                let shared = parcel(true);
                assert!(body(&shared, 0, CdrProfile::native(first)).is_some());
                for version in versions {
                    for endian in [Endian::Big, Endian::Little] {
                        for set in &sets {
                            for origin in [0, 4, 13, 64] {
                                let profile = set.profile(endian, version);
                                let alone = body(&parcel(false), origin, profile);
                                assert_eq!(body(&shared, origin, profile), alone, "{profile:?} at {origin}");
                            }
                        }
                    }
                }
            }
        }
    }
}
