//! Names that end with their server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quorb::{Fault, ObjectRef, Proxy};

use super::error::{About, NameError};
use super::names::{Names, parsed};
use crate::cos::{BindLeasedError, DirectoryProxy};

/// Names that are there as long as this program: a task renews their lease, and when the program ends, however it does, the
/// service removes them.
///
/// If the service has ended the lease in between, because this program could not reach it for longer than the lease's time,
/// the names are bound again under a new one, unless somebody else has them by then. Dropping the value ends the lease soon;
/// [`release`](Lease::release) waits until the names are gone.
#[derive(Debug)]
pub struct Lease {
    held: Arc<Held>,
    renewal: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Held {
    names: Names,
    directory: DirectoryProxy,
    ttl: Duration,
    /// The lock is held for a look or an insertion.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    lease: u64,
    bound: BTreeMap<String, ObjectRef>,
}

/// How often a lease is renewed within its time.
const RENEWALS_PER_TIME: u32 = 3;

impl Names {
    /// Begins a lease: names that are bound under it are removed when this program has not been heard of for `time`.
    ///
    /// # Errors
    /// [`NameError::NotOurs`]; BAD_PARAM if the service does not take so short or so long a time; among others.
    pub async fn lease(&self, time: Duration) -> Result<Lease, NameError> {
        self.directory().await?.ok_or(NameError::NotOurs)?;
        let directory: DirectoryProxy = self.for_updates().await.object().unchecked();
        let lease = directory.grant(milliseconds(time)).await.map_err(|fault| fault.about(""))?;
        let state = Mutex::new(State { lease, bound: BTreeMap::new() });
        let held = Arc::new(Held { names: self.clone(), directory, ttl: time, state });
        let renewal = tokio::spawn(renew(held.clone()));
        Ok(Lease { held, renewal })
    }
}

impl Lease {
    /// Binds a name to an object as long as the lease lives, and makes the contexts on its way that are missing. A name that
    /// an earlier life of this program may have left is taken over with [`rebind`](Lease::rebind).
    ///
    /// # Errors
    /// [`NameError::AlreadyBound`], among others.
    pub async fn bind(&self, path: &str, object: &impl Proxy) -> Result<(), NameError> {
        self.held.bind(path, object.object(), false).await
    }

    /// Binds a name as [`bind`](Lease::bind) does, whatever object it was bound to.
    ///
    /// # Errors
    /// [`NameError::NotFound`] with `NotObject` if it is bound to a context, among others.
    pub async fn rebind(&self, path: &str, object: &impl Proxy) -> Result<(), NameError> {
        self.held.bind(path, object.object(), true).await
    }

    /// Removes a name before the lease ends.
    ///
    /// # Errors
    /// [`NameError::NotFound`], among others.
    pub async fn unbind(&self, path: &str) -> Result<(), NameError> {
        self.held.state().bound.remove(path);
        self.held.names.unbind(path).await
    }

    /// Ends the lease; its names are gone on return.
    ///
    /// # Errors
    /// The service cannot be reached: then the names end by themselves.
    pub async fn release(self) -> Result<(), NameError> {
        self.renewal.abort();
        let lease = self.held.state().lease;
        match self.held.directory.revoke(lease).await {
            // It has ended already.
            Ok(()) | Err(Fault::User(_)) => Ok(()),
            Err(fault) => Err(fault.about("")),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
        let (directory, lease) = (self.held.directory.clone(), self.held.state().lease);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Whoever drops it does not wait, and the lease ends by itself.
            runtime.spawn(async move { directory.revoke(lease).await });
        }
    }
}

impl Held {
    async fn bind(&self, path: &str, object: &ObjectRef, replace: bool) -> Result<(), NameError> {
        let name = parsed(path)?;
        let lease = self.state().lease;
        let attempt = self.directory.bind_leased(&name, object, lease, replace).await;
        let attempt = attempt.map_err(|fault| fault.about(path));
        if self.names.has_made_way(&name, path, &attempt).await? {
            let again = self.directory.bind_leased(&name, object, lease, replace).await;
            again.map_err(|fault| fault.about(path))?;
        } else {
            attempt?;
        }
        self.state().bound.insert(path.to_owned(), object.clone());
        self.names.shared.cache.forget(path);
        Ok(())
    }

    /// Begins a new lease and binds everything again.
    async fn begin_again(&self) -> Result<(), NameError> {
        let lease = self.directory.grant(milliseconds(self.ttl)).await.map_err(|fault| fault.about(""))?;
        let bound = {
            let mut state = self.state();
            state.lease = lease;
            state.bound.clone()
        };
        for (path, object) in bound {
            match self.directory.bind_leased(&parsed(&path)?, &object, lease, false).await {
                Ok(()) => {}
                Err(Fault::User(BindLeasedError::AlreadyBound(_))) => {
                    tracing::warn!(path, "the lease had ended, and somebody else has the name");
                    self.state().bound.remove(&path);
                }
                Err(fault) => return Err(fault.about(&path)),
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renews the lease until it is told to stop.
async fn renew(held: Arc<Held>) {
    let pause = held.ttl / RENEWALS_PER_TIME;
    // An answer that comes later than that is of no use.
    let directory = held.directory.with_deadline(pause.max(Duration::from_millis(50)));
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = held.names.shared.orb.draining() => return,
        }
        let lease = held.state().lease;
        let renewed = match directory.renew(lease).await {
            Ok(()) => Ok(()),
            Err(Fault::User(_)) => held.begin_again().await,
            Err(fault) => Err(fault.about("")),
        };
        if let Err(cause) = renewed {
            tracing::warn!(%cause, "a lease of names was not renewed: it is tried again");
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
