//! The endpoint set of an object, for callers who hold an older one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use quorb_giop::cdr::{Cdr, Encoder, Endian};
use quorb_giop::ior::Ior;

use super::{Adapter, ServantLocator};
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::object::ObjectRef;
use crate::proto::head::EndpointSet;

/// The newest endpoint set of an active object. Objects without one, which are nearly all, cost a look at a number.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    /// 0 as long as there is no set.
    version: AtomicU64,
    /// The lock is held for a clone or a replacement.
    set: Mutex<Option<EndpointSet>>,
    /// Where the set of an object that is not active is to be had, and the object's id.
    located: OnceLock<Located>,
}

struct Located {
    locator: Arc<dyn ServantLocator>,
    id: String,
}

impl std::fmt::Debug for Located {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Located").field(&self.id).finish()
    }
}

/// The longest reference that travels as a new endpoint set, in octets.
const SET_BYTES_MAX: usize = 16 * 1024;

impl Endpoints {
    /// The set, if it is newer than the one that a caller holds.
    pub(crate) fn newer_than(&self, held: u64) -> Option<EndpointSet> {
        if let Some(Located { locator, id }) = self.located.get() {
            let version = locator.endpoints_version();
            // A set that cannot be sent is as good as none: its caller goes on with the one that it has.
            return if version > held { set_of(version, &locator.endpoints(id)?).ok() } else { None };
        }
        if self.version.load(Ordering::Acquire) <= held {
            return None;
        }
        self.set.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets a locator say what the set is.
    pub(super) fn look_up(&self, locator: Arc<dyn ServantLocator>, id: &str) {
        // Set once, where the object is found.
        let _ = self.located.set(Located { locator, id: id.to_owned() });
    }

    fn replace(&self, newer: EndpointSet) {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        if newer.version > self.version.load(Ordering::Acquire) {
            self.version.store(newer.version, Ordering::Release);
            *set = Some(newer);
        }
    }
}

impl Adapter {
    /// Says where else an active object is served from now on: `reference` lists all its endpoints, under the same object
    /// key, and `version` counts up from 1 with each change. Callers over the native protocol who hold an older version get
    /// the new one with their next reply, and follow it. An older version than the last one changes nothing.
    ///
    /// Answers whether the object is active.
    ///
    /// # Errors
    /// IMP_LIMIT if the reference has more than 16 KiB; MARSHAL if it cannot be encoded.
    pub fn publish_endpoints(
        &self,
        object: &ObjectRef,
        version: u64,
        reference: &Ior,
    ) -> Result<bool, SystemException> {
        let set = set_of(version, reference)?;
        let Some(object) = self.active_object(object) else { return Ok(false) };
        object.endpoints.replace(set);
        Ok(true)
    }
}

fn set_of(version: u64, reference: &Ior) -> Result<EndpointSet, SystemException> {
    let ior = Encoder::encapsulate(Endian::Big, |out| reference.encode(out)).map_err(|cause| {
        SystemException::new(ExceptionKind::Marshal, Minor::VALUE_NOT_ENCODABLE, Completion::No)
            .because(cause)
    })?;
    if ior.len() > SET_BYTES_MAX {
        return Err(SystemException::new(ExceptionKind::ImpLimit, Minor::MESSAGE_TOO_LARGE, Completion::No)
            .because(format_args!("a reference of {} octets, more than {SET_BYTES_MAX}", ior.len())));
    }
    Ok(EndpointSet { version, ior: ior.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_newer_sets_are_taken_and_handed_out() {
        let endpoints = Endpoints::default();
        assert_eq!(endpoints.newer_than(0), None);
        let set = |version| EndpointSet { version, ior: vec![version as u8].into() };
        for (published, newest) in [(3, 3), (2, 3), (3, 3), (4, 4)] {
            endpoints.replace(set(published));
            assert_eq!(endpoints.newer_than(0), Some(set(newest)));
            assert_eq!(endpoints.newer_than(newest - 1), Some(set(newest)));
            assert_eq!(endpoints.newer_than(newest), None);
        }
    }
}
