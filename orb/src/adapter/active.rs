//! The adapter: which servants are active under which keys.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use super::endpoints::Endpoints;
use super::key_hashing::KeyHashing;
use super::located::Locators;
use super::{ObjectKey, Servant, Tie};
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::model::Interface;
use crate::object::{ObjectRef, Proxy};
use crate::repository::KnownInterfaces;
use crate::runtime::Orb;

/// Whether references to an object outlive its server process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lifespan {
    /// The object lives at most as long as the process; its references are refused by a restarted one.
    Transient,
    /// The object has an id of its own; a restarted server that activates the same id serves the same references.
    Persistent,
}

/// The active object map of a broker, and the policies by which objects enter it.
///
/// Cloning is cheap and gives the same adapter.
#[derive(Clone)]
pub struct Adapter {
    orb: Orb,
}

/// What the broker keeps for its adapter.
#[derive(Default)]
pub(crate) struct ActiveObjects {
    objects: DashMap<ObjectKey, Arc<ActiveObject>, KeyHashing>,
    transient_counter: AtomicU64,
    pub(super) locators: Locators,
    /// The interfaces of all that was ever active.
    known: KnownInterfaces,
}

/// An object that takes calls.
pub(crate) struct ActiveObject {
    pub(crate) servant: Arc<dyn Servant>,
    pub(crate) endpoints: Endpoints,
    /// False once it has been taken out of service. Direct calls look here instead of looking the object up.
    pub(crate) in_service: Arc<AtomicBool>,
}

impl ActiveObject {
    pub(crate) fn new(servant: Arc<dyn Servant>) -> Arc<ActiveObject> {
        let in_service = Arc::new(AtomicBool::new(true));
        Arc::new(ActiveObject { servant, endpoints: Endpoints::default(), in_service })
    }

    fn retire(&self) {
        self.in_service.store(false, Ordering::Release);
    }
}

/// What is known about a key.
pub(crate) enum Lookup {
    Active(Arc<ActiveObject>),
    /// A transient object of an earlier life of this server.
    OfEarlierLife,
    Unknown,
}

impl ActiveObjects {
    pub(crate) fn find(&self, key: &ObjectKey, incarnation: u64) -> Lookup {
        match self.objects.get(key) {
            Some(object) => Lookup::Active(object.clone()),
            None => self.find_inactive(key, incarnation),
        }
    }

    /// The object with this key, if it is active: one that a locator would find is not.
    pub(crate) fn active(&self, key: &ObjectKey) -> Option<Arc<ActiveObject>> {
        self.objects.get(key).map(|object| object.clone())
    }

    fn find_inactive(&self, key: &ObjectKey, incarnation: u64) -> Lookup {
        match self.locators.find(key) {
            Some(object) => Lookup::Active(object),
            None if key.incarnation().is_some_and(|life| life != incarnation) => Lookup::OfEarlierLife,
            None => Lookup::Unknown,
        }
    }

    /// What the interface repository is made of.
    pub(crate) fn known_interfaces(&self) -> &KnownInterfaces {
        &self.known
    }

    /// Lets a servant take calls that is no object of the user's.
    pub(crate) fn insert(&self, key: ObjectKey, servant: Arc<dyn Servant>) {
        if let Some(before) = self.objects.insert(key, ActiveObject::new(servant)) {
            before.retire();
        }
    }

    /// Takes an object out of service. Answers whether it was in.
    pub(crate) fn remove(&self, key: &ObjectKey) -> bool {
        self.objects.remove(key).is_some_and(|(_, object)| {
            object.retire();
            true
        })
    }

    /// Lets go of every servant.
    pub(crate) fn clear(&self) {
        self.objects.retain(|_, object| {
            object.retire();
            false
        });
        self.locators.clear();
    }
}

impl Lookup {
    /// The object, or the exception that its absence is.
    pub(crate) fn into_result(self) -> Result<Arc<ActiveObject>, SystemException> {
        let minor = match self {
            Lookup::Active(object) => return Ok(object),
            Lookup::OfEarlierLife => Minor::OBJECT_OF_EARLIER_LIFE,
            Lookup::Unknown => Minor::OBJECT_UNKNOWN,
        };
        Err(SystemException::new(ExceptionKind::ObjectNotExist, minor, Completion::No))
    }
}

impl Adapter {
    pub(crate) fn new(orb: Orb) -> Adapter {
        Adapter { orb }
    }

    /// Activates a transient object and returns a proxy on it.
    pub fn activate<S: Tie>(&self, servant: S) -> S::Proxy {
        let counter = self.active().transient_counter.fetch_add(1, Ordering::Relaxed);
        let key = ObjectKey::transient(self.orb.incarnation(), counter);
        let reference = self.orb.reference_to(&key, servant.interface());
        self.publish(servant.interface());
        self.active().objects.insert(key, ActiveObject::new(Arc::new(servant)));
        S::Proxy::from_object(reference)
    }

    /// Activates the persistent object `id` and returns a proxy on it.
    ///
    /// # Errors
    /// OBJ_ADAPTER if an object with this id is active, BAD_PARAM if `id` is empty, longer than
    /// [`ObjectKey::ID_BYTES_MAX`] octets or holds control characters.
    pub fn activate_persistent<S: Tie>(&self, id: &str, servant: S) -> Result<S::Proxy, SystemException> {
        self.activate_servant(id, Arc::new(servant)).map(S::Proxy::from_object)
    }

    /// Activates a servant whose interface may be known only at run time, as the persistent object `id`.
    ///
    /// # Errors
    /// As [`activate_persistent`](Adapter::activate_persistent).
    pub fn activate_servant(
        &self,
        id: &str,
        servant: Arc<dyn Servant>,
    ) -> Result<ObjectRef, SystemException> {
        let key = persistent_key(id)?;
        let reference = self.orb.reference_to(&key, servant.interface());
        match self.active().objects.entry(key) {
            Entry::Occupied(_) => {
                Err(SystemException::new(ExceptionKind::ObjAdapter, Minor::ID_IN_USE, Completion::No)
                    .because(id))
            }
            Entry::Vacant(entry) => {
                self.publish(servant.interface());
                entry.insert(ActiveObject::new(servant));
                Ok(reference)
            }
        }
    }

    /// Lets the interface repository know an interface, its bases and what it refers to, before any object of it is active.
    /// Interfaces of active objects are known by themselves. See [`Orb::interface_repository`].
    pub fn publish(&self, interface: &'static Interface) {
        self.active().known.enter(interface);
    }

    /// Takes an object out of service: new calls get OBJECT_NOT_EXIST, calls under way run to their end. The servant is
    /// dropped after the last of them. Answers whether the object was active.
    pub fn deactivate(&self, object: &ObjectRef) -> bool {
        self.key_here(object).is_some_and(|key| self.active().remove(&key))
    }

    /// Lets an object take updates again after one of them panicked. Answers whether the object is active.
    pub fn reactivate(&self, object: &ObjectRef) -> bool {
        self.active_object(object).map(|object| object.servant.reactivate()).is_some()
    }

    /// How many objects are active.
    pub fn len(&self) -> usize {
        self.active().objects.len()
    }

    /// Whether no object is active.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn active_object(&self, object: &ObjectRef) -> Option<Arc<ActiveObject>> {
        let key = self.key_here(object)?;
        self.active().active(&key)
    }

    pub(super) fn key_here(&self, object: &ObjectRef) -> Option<ObjectKey> {
        self.orb.own_key(object.ior())
    }

    pub(super) fn active(&self) -> &ActiveObjects {
        self.orb.active_objects()
    }

    pub(super) fn orb(&self) -> &Orb {
        &self.orb
    }
}

/// The key of the persistent object with this id.
pub(super) fn persistent_key(id: &str) -> Result<ObjectKey, SystemException> {
    ObjectKey::persistent(id).ok_or_else(|| {
        SystemException::new(ExceptionKind::BadParam, Minor::UNSPECIFIED, Completion::No).because(
            format_args!(
                "an object id has 1 to {} octets and no control characters",
                ObjectKey::ID_BYTES_MAX
            ),
        )
    })
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").field("active", &self.len()).finish()
    }
}
