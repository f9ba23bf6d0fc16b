//! Objects that are not active: found when they are called.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use quorb_giop::ior::Ior;

use super::active::ActiveObject;
use super::{Adapter, ObjectKey, Servant};
use crate::exception::SystemException;
use crate::model::Interface;
use crate::object::ObjectRef;

/// Finds servants for objects that are not active, when they are called (CORBA 3.3 Part 1, 15.3.6: a servant locator).
///
/// For objects that are too many to be active all the time: rows of a table, files, contexts of a naming service. It is
/// asked for every call, and its servant serves that call; an object that must be known longer is activated instead.
pub trait ServantLocator: Send + Sync + 'static {
    /// The servant of the object with this id, the locator's prefix included; `None` if there is no such object, which its
    /// caller gets as OBJECT_NOT_EXIST. Must not block.
    fn locate(&self, id: &str) -> Option<Arc<dyn Servant>>;

    /// The version of the endpoint sets of its objects, for objects that are served elsewhere, too: it counts up from 1 with
    /// each change. 0, as by default, says that there are none. Asked for every call.
    fn endpoints_version(&self) -> u64 {
        0
    }

    /// The reference to the object with this id that lists all its endpoints, under the same object key. Asked for callers
    /// who hold an older version, as [`publish_endpoints`](Adapter::publish_endpoints) says it for objects that are active.
    fn endpoints(&self, id: &str) -> Option<Ior> {
        let _ = id;
        None
    }
}

/// The locators of a broker, the one with the longest prefix first.
#[derive(Default)]
pub(super) struct Locators {
    /// The lock is held for a look at the prefixes, or an insertion.
    by_prefix: RwLock<Vec<(String, Arc<dyn ServantLocator>)>>,
}

impl Locators {
    pub(super) fn find(&self, key: &ObjectKey) -> Option<Arc<ActiveObject>> {
        let id = std::str::from_utf8(&key.0).ok()?;
        let locator = {
            let by_prefix = self.by_prefix.read().unwrap_or_else(PoisonError::into_inner);
            let (_, locator) = by_prefix.iter().find(|(prefix, _)| id.starts_with(prefix.as_str()))?;
            locator.clone()
        };
        let object = ActiveObject::new(locator.locate(id)?);
        if locator.endpoints_version() > 0 {
            object.endpoints.look_up(locator, id);
        }
        Some(object)
    }

    pub(super) fn insert(&self, prefix: &str, locator: Arc<dyn ServantLocator>) {
        let mut by_prefix = self.by_prefix.write().unwrap_or_else(PoisonError::into_inner);
        by_prefix.retain(|(known, _)| known != prefix);
        by_prefix.push((prefix.to_owned(), locator));
        by_prefix.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    }

    pub(super) fn clear(&self) {
        self.by_prefix.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl fmt::Debug for Locators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_prefix = self.by_prefix.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_list().entries(by_prefix.iter().map(|(prefix, _)| prefix)).finish()
    }
}

impl Adapter {
    /// Lets `locator` find the servants of all persistent objects whose ids begin with `prefix` and that are not active.
    /// Of several locators the one with the longest prefix is asked; one with the same prefix is replaced.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use quorb::adapter::ServantLocator;
    /// # use quorb::{Orb, Proxy, Servant, interface};
    /// # #[interface]
    /// # trait Account { fn owner(&self) -> String; }
    /// # struct Row(String);
    /// # impl Account for Row { fn owner(&self) -> String { self.0.clone() } }
    /// struct Accounts;
    ///
    /// impl ServantLocator for Accounts {
    ///     fn locate(&self, id: &str) -> Option<Arc<dyn Servant>> {
    ///         let owner = id.strip_prefix("account/")?; // here: whoever is asked for exists
    ///         Some(Arc::new(AccountServant::new(Row(owner.to_owned()))))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
    /// orb.adapter().locate_with("account/", Arc::new(Accounts));
    /// let account = orb.adapter().reference("account/ada", AccountProxy::interface())?;
    /// assert_eq!(account.unchecked::<AccountProxy>().owner().await?, "ada");
    /// # Ok(()) }
    /// ```
    pub fn locate_with(&self, prefix: &str, locator: Arc<dyn ServantLocator>) {
        self.active().locators.insert(prefix, locator);
    }

    /// A reference to the persistent object `id`, whether it is active or not. Its interface is what the reference says
    /// that it is, such as a base of what its servant implements.
    ///
    /// # Errors
    /// BAD_PARAM if `id` cannot be an object id, as for [`activate_persistent`](Adapter::activate_persistent).
    pub fn reference(&self, id: &str, interface: &'static Interface) -> Result<ObjectRef, SystemException> {
        let key = super::active::persistent_key(id)?;
        self.publish(interface);
        Ok(self.orb().reference_to(&key, interface))
    }

    /// The id of an object of this broker, if the reference leads to one that is persistent.
    pub fn id_of(&self, object: &ObjectRef) -> Option<String> {
        let key = self.key_here(object)?;
        let id = String::from_utf8(key.0.to_vec()).ok()?;
        ObjectKey::persistent(&id).is_some().then_some(id)
    }
}
