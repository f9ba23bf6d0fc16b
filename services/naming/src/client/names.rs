//! Names by path.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use quorb::{ExceptionKind, Fault, ObjectRef, Orb, Proxy};
use quorb_giop::ior::{IiopProfile, QuorbEndpoint};
use tokio::sync::OnceCell;

use super::by_name::ByName;
use super::cache::Cache;
use super::error::{About, NameError};
use crate::cos::{DirectoryProxy, NameComponent, NamingContextExtProxy, NotFoundReason};
use crate::name;

/// Where the naming service is, unless somebody says otherwise.
pub const DEFAULT_REFERENCE: &str = "corbaloc:iiop:1.2@localhost:2809/NameService";

/// The variable of the environment that says where the naming service is.
const VARIABLE: &str = "QUORB_NAMES";

/// A naming service, as a Rust program uses it: ours, or any other that speaks CosNaming.
///
/// Names are paths, `trading/grid` or `trading/grid.object`. What was resolved is remembered until it changes: the service
/// says when it does, so that nothing is used for longer than that message takes. While the service cannot be asked, nothing
/// is remembered. Cloning is cheap and shares what is remembered.
///
/// All methods are cancellation safe: a dropped update may have been made or not.
#[derive(Clone)]
pub struct Names {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) orb: Orb,
    pub(super) root: NamingContextExtProxy,
    /// The root as ours, if it is one; found out when it is first needed.
    directory: OnceCell<Option<DirectoryProxy>>,
    /// The root by the reference that it gives itself, once that was asked for. The lock is held for a clone.
    for_updates: Mutex<Option<NamingContextExtProxy>>,
    pub(super) cache: Arc<Cache>,
}

impl Names {
    /// The naming service of a broker: its initial reference `NameService`, else what the environment says in `QUORB_NAMES`,
    /// else [`DEFAULT_REFERENCE`]. Nothing is sent yet.
    ///
    /// # Errors
    /// A reference that is malformed.
    pub fn of(orb: &Orb) -> Result<Names, NameError> {
        if let Ok(root) = orb.string_to_object("corbaloc:rir:/NameService") {
            return Ok(Names::with_root(orb, root.unchecked()));
        }
        match std::env::var(VARIABLE) {
            Ok(reference) if !reference.is_empty() => Names::at(orb, &reference),
            _ => Names::at(orb, DEFAULT_REFERENCE),
        }
    }

    /// The naming service that a reference names: `corbaloc:iiop:1.2@HOST:PORT/NameService`, or `IOR:`. Any context will do,
    /// and is the root of all paths then.
    ///
    /// # Errors
    /// A reference that is malformed.
    pub fn at(orb: &Orb, reference: &str) -> Result<Names, NameError> {
        Ok(Names::with_root(orb, orb.bind(reference)?))
    }

    /// The context that is the root of all paths.
    pub fn with_root(orb: &Orb, root: NamingContextExtProxy) -> Names {
        let cache = Arc::new(Cache::default());
        Names {
            shared: Arc::new(Shared {
                orb: orb.clone(),
                root,
                directory: OnceCell::new(),
                for_updates: Mutex::new(None),
                cache,
            }),
        }
    }

    /// The root of all paths.
    pub fn root(&self) -> &NamingContextExtProxy {
        &self.shared.root
    }

    /// Binds a name to an object, and makes the contexts on its way that are missing.
    ///
    /// # Errors
    /// [`NameError::AlreadyBound`], among others.
    pub async fn bind(&self, path: &str, object: &impl Proxy) -> Result<(), NameError> {
        self.bind_object(path, object.object()).await
    }

    /// Binds a name to an object, whatever object it was bound to, and makes the contexts on its way that are missing.
    ///
    /// # Errors
    /// [`NameError::NotFound`] with `NotObject` if it is bound to a context, among others.
    pub async fn rebind(&self, path: &str, object: &impl Proxy) -> Result<(), NameError> {
        self.rebind_object(path, object.object()).await
    }

    /// [`bind`](Names::bind), for a reference without a type.
    ///
    /// # Errors
    /// The same.
    pub async fn bind_object(&self, path: &str, object: &ObjectRef) -> Result<(), NameError> {
        let name = parsed(path)?;
        let root = self.for_updates().await;
        let bound = self.updated(root.bind(&name, object).await, path);
        if self.has_made_way(&name, path, &bound).await? {
            self.updated(root.bind(&name, object).await, path)?;
        } else {
            bound?;
        }
        self.shared.cache.forget(path);
        Ok(())
    }

    /// [`rebind`](Names::rebind), for a reference without a type.
    ///
    /// # Errors
    /// The same.
    pub async fn rebind_object(&self, path: &str, object: &ObjectRef) -> Result<(), NameError> {
        let name = parsed(path)?;
        let root = self.for_updates().await;
        let bound = self.updated(root.rebind(&name, object).await, path);
        if self.has_made_way(&name, path, &bound).await? {
            self.updated(root.rebind(&name, object).await, path)?;
        } else {
            bound?;
        }
        self.shared.cache.forget(path);
        Ok(())
    }

    /// Removes a binding.
    ///
    /// # Errors
    /// [`NameError::NotFound`], among others.
    pub async fn unbind(&self, path: &str) -> Result<(), NameError> {
        let name = parsed(path)?;
        let unbound = self.updated(self.for_updates().await.unbind(&name).await, path);
        self.shared.cache.forget(path);
        unbound
    }

    /// A proxy on the object that a name is bound to. If the object is gone or out of reach when it is called, the name is
    /// resolved again, and the same proxy goes on at the object that it is bound to then.
    ///
    /// # Errors
    /// [`NameError::NotFound`]; [`NameError::WrongInterface`] if the object says that it has not the interface of `P`.
    pub async fn resolve<P: Proxy>(&self, path: &str) -> Result<P, NameError> {
        let interface = P::interface().id();
        if let Some(object) = self.shared.cache.get(path, Some(interface)) {
            return Ok(P::from_object(object));
        }
        let object = self.resolve_object(path).await?;
        match object.is_a(interface).await {
            Ok(true) => {
                self.shared.cache.confirm(path, &object, interface);
                Ok(P::from_object(object))
            }
            Ok(false) => Err(NameError::WrongInterface { path: path.to_owned(), interface }),
            // What is no server of today may be one tomorrow: the name is resolved again then.
            Err(fault) if fault.kind() == Some(ExceptionKind::ObjectNotExist) => Ok(P::from_object(object)),
            Err(fault) => Err(fault.about(path)),
        }
    }

    /// [`resolve`](Names::resolve), for a reference without a type.
    ///
    /// # Errors
    /// [`NameError::NotFound`], among others.
    pub async fn resolve_object(&self, path: &str) -> Result<ObjectRef, NameError> {
        if let Some(object) = self.shared.cache.get(path, None) {
            return Ok(object);
        }
        let name = parsed(path)?;
        let Some(directory) = self.directory().await? else {
            let object = self.shared.root.resolve(&name).await.map_err(|fault| fault.about(path))?;
            return ByName::begin(self, path, object).await;
        };
        self.shared.cache.listen_to(&self.shared.orb, directory);
        let found = directory.look_up(&name).await.map_err(|fault| fault.about(path))?;
        let object = ByName::begin(self, path, found.object).await?;
        self.shared.cache.put(path, &object, &found.steps, found.seen);
        Ok(object)
    }

    /// The root as ours, if it is one.
    pub(super) async fn directory(&self) -> Result<Option<&DirectoryProxy>, NameError> {
        let find = || async {
            let is_ours = self.shared.root.object().is_a(DirectoryProxy::interface().id()).await;
            match is_ours {
                Ok(true) => Ok(Some(self.shared.root.object().unchecked())),
                Ok(false) => Ok(None),
                Err(fault) => Err(fault.about("")),
            }
        };
        Ok(self.shared.directory.get_or_try_init(find).await?.as_ref())
    }

    /// The root for an update. A reference of ours that is no more than addresses is exchanged, once, for the one that says
    /// everything: with that an update whose server is lost is repeated, and made once.
    pub(super) async fn for_updates(&self) -> NamingContextExtProxy {
        let root = &self.shared.root;
        let says_all = |profile: IiopProfile| profile.component::<QuorbEndpoint>().is_some();
        if root.object().ior().iiop_profiles().flatten().any(says_all) {
            return root.clone();
        }
        let known = self.shared.for_updates.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return known;
        }
        // What prevents this prevents the update, too.
        let Ok(Some(directory)) = self.directory().await else { return root.clone() };
        let Ok(reference) = directory.reference().await else { return root.clone() };
        let found: NamingContextExtProxy = reference.unchecked();
        *self.shared.for_updates.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        found
    }

    /// What came of an update. Servers that are not where they were are looked for where everybody does, next time.
    pub(super) fn updated<R, E: About>(
        &self,
        result: Result<R, Fault<E>>,
        path: &str,
    ) -> Result<R, NameError> {
        result.map_err(|fault| {
            if matches!(fault.kind(), Some(ExceptionKind::Transient | ExceptionKind::CommFailure)) {
                *self.shared.for_updates.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            fault.about(path)
        })
    }

    /// Makes the contexts that a failed attempt has missed. Answers whether there is anything to try again.
    pub(super) async fn has_made_way(
        &self,
        name: &[NameComponent],
        path: &str,
        attempt: &Result<(), NameError>,
    ) -> Result<bool, NameError> {
        let Err(NameError::NotFound { why: NotFoundReason::MissingNode, rest, .. }) = attempt else {
            return Ok(false);
        };
        let left = name::parse(rest).map_or(0, |rest| rest.len());
        let root = self.for_updates().await;
        let first_missing = name.len().saturating_sub(left);
        for end in first_missing + 1..name.len() {
            match self.updated(root.bind_new_context(&name[..end]).await, path) {
                // Somebody else has been faster.
                Ok(_) | Err(NameError::AlreadyBound { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(left > 1)
    }
}

pub(super) fn parsed(path: &str) -> Result<Vec<NameComponent>, NameError> {
    name::parse(path).map_err(|cause| NameError::Malformed { path: path.to_owned(), cause })
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("root", &self.shared.root).finish()
    }
}
