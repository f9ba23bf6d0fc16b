//! Versions of objects, which a server says with every reply.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::adapter::{ObjectKey, Reply};
use crate::intercept::{ServerCall, ServerInterceptor, ServerNext};
use crate::model::Kind;
use crate::object::ObjectRef;

/// The service context that carries an [`AttributeVersion`] in replies: `QRB` and 3.
pub const ATTRIBUTE_VERSION_CONTEXT: u32 = 0x5152_4203;

/// Which state of an object a reply speaks of. In a reply it has 16 octets: the epoch and the number, both little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeVersion {
    /// Which life of the server: versions of different epochs say nothing about each other.
    pub epoch: u64,
    /// Larger is newer.
    pub number: u64,
}

impl AttributeVersion {
    fn encode(self) -> Bytes {
        Bytes::from([self.epoch.to_le_bytes(), self.number.to_le_bytes()].concat())
    }

    pub(super) fn decode(octets: &[u8]) -> Option<AttributeVersion> {
        let (epoch, number) = octets.split_first_chunk::<8>()?;
        let number: &[u8; 8] = number.try_into().ok()?;
        Some(AttributeVersion { epoch: u64::from_le_bytes(*epoch), number: u64::from_le_bytes(*number) })
    }
}

/// Says with every reply which version of its object it speaks of, so that an [`AttributeCache`](super::AttributeCache)
/// notices changes made by others with the next reply it gets.
///
/// Every operation that is not a query makes a new version. A servant that changes by itself (a timer, another thread) has
/// it [touched](AttributeVersions::touch). Bounded: of objects beyond `objects_max` the versions are forgotten, which makes
/// caches forget too early, never too late.
#[derive(Debug)]
pub struct AttributeVersions {
    objects_max: usize,
    /// Drawn from the broker at the first call.
    epoch: AtomicU64,
    /// The lock is held for a look or a change.
    changes: Mutex<Changes>,
}

#[derive(Debug, Default)]
struct Changes {
    /// The number of the last change of any object.
    last: u64,
    /// The number of the last change of each object.
    by_object: BTreeMap<Bytes, u64>,
    /// No object that is not in the map has changed after this one.
    floor: u64,
}

/// Objects whose versions are remembered, unless something else is said.
const OBJECTS_MAX: usize = 100_000;

impl Default for AttributeVersions {
    fn default() -> AttributeVersions {
        AttributeVersions::new(OBJECTS_MAX)
    }
}

impl AttributeVersions {
    /// Remembers the versions of up to `objects_max` objects.
    pub fn new(objects_max: usize) -> AttributeVersions {
        AttributeVersions { objects_max, epoch: AtomicU64::new(0), changes: Mutex::default() }
    }

    /// Notes that an object of this broker has changed without a call. `orb` is the broker that serves it; an object of
    /// another one changes nothing.
    pub fn touch(&self, orb: &crate::Orb, object: &ObjectRef) {
        if let Some(ObjectKey(key)) = orb.own_key(object.ior()) {
            self.changed(&key);
        }
    }

    fn changed(&self, key: &[u8]) {
        let mut changes = self.lock();
        changes.last += 1;
        let last = changes.last;
        if let Some(number) = changes.by_object.get_mut(key) {
            *number = last;
            return;
        }
        if changes.by_object.len() >= self.objects_max {
            // One goes, and takes all that are not in the map with it to its own number.
            if let Some((_, number)) = changes.by_object.pop_first() {
                changes.floor = changes.floor.max(number);
            }
        }
        changes.by_object.insert(Bytes::copy_from_slice(key), last);
    }

    fn number_of(&self, key: &[u8]) -> u64 {
        let changes = self.lock();
        changes.by_object.get(key).copied().unwrap_or(changes.floor)
    }

    fn epoch(&self, random: impl Fn() -> u64) -> u64 {
        match self.epoch.load(Ordering::Relaxed) {
            0 => {
                let drawn = random().max(1);
                let set = self.epoch.compare_exchange(0, drawn, Ordering::Relaxed, Ordering::Relaxed);
                set.err().unwrap_or(drawn)
            }
            epoch => epoch,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerInterceptor for AttributeVersions {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        let Some(operation) = call.declared() else { return next.run(call).await };
        let key = Bytes::copy_from_slice(call.context().object_key());
        let epoch = self.epoch(|| call.random());
        // A query says the version from before it ran: what it read may be newer, never older.
        let before = self.number_of(&key);
        let change =
            (operation.behaviour.kind != Kind::Query).then(|| Change { versions: self, key: key.clone() });
        let mut reply = next.run(call).await;
        let is_update = change.is_some();
        // After the update has run, before its caller can know.
        drop(change);
        let number = if is_update { self.number_of(&key) } else { before };
        reply.set_context(ATTRIBUTE_VERSION_CONTEXT, AttributeVersion { epoch, number }.encode());
        reply
    }
}

/// An update of an object: a change when it is dropped, however it ended.
struct Change<'a> {
    versions: &'a AttributeVersions,
    key: Bytes,
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.versions.changed(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_comes_back_and_nothing_else_is_one() {
        let version = AttributeVersion { epoch: 1, number: u64::MAX };
        assert_eq!(AttributeVersion::decode(&version.encode()), Some(version));
        for length in (0..40).filter(|length| *length != 16) {
            assert_eq!(AttributeVersion::decode(&vec![7; length]), None);
        }
    }

    #[test]
    fn a_forgotten_object_is_never_taken_for_an_older_one() {
        let versions = AttributeVersions::new(2);
        let mut seen = BTreeMap::new();
        let mut dice = 1_u64;
        for _ in 0..1000 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = [(dice >> 40) as u8 % 5];
            let before = versions.number_of(&key);
            versions.changed(&key);
            assert!(versions.number_of(&key) > before);
            for key in 0..5_u8 {
                let number = versions.number_of(&[key]);
                assert!(seen.insert(key, number).unwrap_or(0) <= number, "a version went back");
            }
            assert!(versions.lock().by_object.len() <= 2);
        }
    }
}
