//! Names for the updates that a call makes, where they are not to be fresh ones.
//!
//! An update's identity is what servers remember its reply by. Whoever makes a call again in another's place (the successor of a
//! lost replica) gives the updates that it makes the identities that the other one gave them: then they are executed once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::proto::head::{ClientId, RequestIdentity};
use crate::runtime::{OpenUpdate, Orb};

/// How the updates of one call are named; given to it with [`Context::name_updates`](super::Context::name_updates).
pub struct UpdateNames {
    client: ClientId,
    incarnation: u64,
    acknowledged_below: u64,
    how: How,
}

enum How {
    /// All of them are one request, sent to several.
    Same(u64, #[allow(dead_code, reason = "it keeps the number open")] OpenUpdate),
    /// By what they ask of whom, and the how-manieth time.
    Derived(u64, Mutex<Given>),
}

/// What was named already.
#[derive(Default)]
struct Given {
    times: BTreeMap<u64, u64>,
    slots: BTreeSet<u64>,
}

/// An update with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) identity: RequestIdentity,
    pub(crate) acknowledged_below: u64,
}

impl UpdateNames {
    /// Sequences that one call may use: its own begins at a multiple of this.
    pub const SPAN: u64 = 1 << 24;

    /// Names that follow from what is asked of which object, and how often in this call: a call that is made again gives the same
    /// ones, in whatever order. They are those of the client given, which nobody else is; `place` numbers the calls that are named
    /// so, and those below `open_from` are over.
    pub fn derived(client: ClientId, incarnation: u64, place: u64, open_from: u64) -> UpdateNames {
        let how = How::Derived(place.saturating_mul(Self::SPAN), Mutex::default());
        UpdateNames { client, incarnation, acknowledged_below: open_from.saturating_mul(Self::SPAN), how }
    }

    /// One fresh name for all.
    pub(crate) fn same(orb: &Orb) -> UpdateNames {
        let (identity, open) = orb.open_update();
        let RequestIdentity { client, incarnation, sequence } = identity;
        let acknowledged_below = orb.acknowledged_below();
        UpdateNames { client, incarnation, acknowledged_below, how: How::Same(sequence, open) }
    }

    /// The name of an update.
    pub(crate) fn name(&self, object_key: &[u8], operation: &[u8]) -> Named {
        let sequence = match &self.how {
            How::Same(sequence, _) => *sequence,
            How::Derived(base, given) => {
                let mut given = given.lock().unwrap_or_else(PoisonError::into_inner);
                base.saturating_add(given.slot(hash(object_key, operation)))
            }
        };
        let identity = RequestIdentity { client: self.client, incarnation: self.incarnation, sequence };
        Named { identity, acknowledged_below: self.acknowledged_below }
    }
}

impl Given {
    /// A slot that no other update of the call has; the same when all of them come again.
    fn slot(&mut self, what: u64) -> u64 {
        let times = self.times.entry(what).or_default();
        *times += 1;
        let mut slot = what.wrapping_add(times.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 40;
        while !self.slots.insert(slot) {
            slot = (slot + 1) % UpdateNames::SPAN;
        }
        slot
    }
}

/// FNV-1a, with what separates the two.
fn hash(object_key: &[u8], operation: &[u8]) -> u64 {
    let octets = object_key.iter().chain(&[0]).chain(operation);
    let hash = octets.fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash.wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

impl fmt::Debug for UpdateNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateNames").field("client", &self.client).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(place: u64) -> UpdateNames {
        UpdateNames::derived(ClientId(7), 5, place, 2)
    }

    #[test]
    fn a_call_that_is_made_again_gives_its_updates_the_same_names_in_any_order() {
        let (first, again) = (names(3), names(3));
        let a = first.name(b"ledger", b"add");
        let b = first.name(b"ledger", b"take");
        let c = first.name(b"ledger", b"add");
        assert_eq!([again.name(b"ledger", b"take"), again.name(b"ledger", b"add")], [b, a]);
        assert_eq!(again.name(b"ledger", b"add"), c);
        assert_ne!(first.name(b"other", b"add"), names(3).name(b"ledger", b"add"));
        assert_eq!(a.acknowledged_below, 2 * UpdateNames::SPAN);
    }

    #[test]
    fn no_name_comes_twice_and_calls_do_not_meet() {
        let (one, next) = (names(3), names(4));
        let mut seen = BTreeSet::new();
        for number in 0..2000u64 {
            let operation = (number % 7).to_le_bytes();
            for names in [&one, &next] {
                assert!(seen.insert(names.name(b"key", &operation).identity));
            }
        }
        let (low, high) = (3 * UpdateNames::SPAN, 5 * UpdateNames::SPAN);
        assert!(seen.iter().all(|identity| (low..high).contains(&identity.sequence)));
    }
}
