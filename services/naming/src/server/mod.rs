//! The service: the tree behind OMG's interfaces, durable, shared by everybody who calls.
//!
//! | file | what it is about |
//! |---|---|
//! | `service` | the state that all contexts share: how it is read, how an update gets to the writer |
//! | `writer` | the thread that applies updates in order and makes many durable with one sync |
//! | `group` | or the group that applies them in one order at all its members |
//! | `context`, `directory` | the interfaces, each operation |
//! | `locator` | finding the context behind an object key, and resolving without detours |
//! | `references` | from references to what the tree keeps, and back |
//! | `foreign` | contexts of other services on the way of a name |
//! | `iterators` | the rest of long lists |
//! | `changes` | the last changes, for those who watch |
//! | `refused` | from what went wrong to the exception that says so |
//!
//! **Invariant: nobody is told what a crash could take back.** Updates are in the tree before they are on the disk; who reads
//! a name that is not on the disk yet waits until it is.

mod changes;
mod context;
mod directory;
mod foreign;
mod group;
mod iterators;
mod locator;
mod references;
mod refused;
mod service;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use quorb::{Orb, Proxy, SystemException};
use quorb_groups::driver::{Domain, Ended};
use quorb_groups::object::{Commands, Family};

use crate::Limits;
use crate::cos::{DirectoryProxy, NamingContextExtProxy};
use crate::storage::{Store, StoreError};
use crate::tree::{Command, ContextId};
use service::Service;
use writer::Writer;

/// The id of the root context, and with that its object key: what `corbaloc::host/NameService` asks for.
pub const ROOT_ID: &str = "NameService";

/// A naming service in a broker.
///
/// It serves until the broker is shut down. Dropping the value does not stop it; [`close`](NameServer::close), after the
/// broker's shutdown, waits until the store has everything and can be opened by another process.
#[derive(Debug)]
pub struct NameServer {
    service: Arc<Service>,
    kept_by: KeptBy,
    ticker: tokio::task::JoinHandle<()>,
}

/// Who makes updates last.
#[derive(Debug)]
enum KeptBy {
    Writer(Writer),
    Group(Family),
    /// The membership has ended.
    Nobody,
}

/// Why a naming service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] SystemException),
    /// The thread that writes cannot be started.
    #[error("no thread for the store: {0}")]
    Thread(#[from] std::io::Error),
    /// The group that keeps the names.
    #[error(transparent)]
    Group(#[from] quorb_groups::object::ServeError),
}

impl NameServer {
    /// Serves the names of a store in a broker, under the object key [`ROOT_ID`].
    ///
    /// Loading a million names takes about a second; a broker that was started with [`holding`](quorb::OrbBuilder::holding)
    /// lets its clients wait meanwhile. Cancellation safe: nothing is served then.
    ///
    /// # Errors
    /// The store cannot be read; OBJ_ADAPTER if the broker has a naming service already.
    pub async fn start(orb: &Orb, store: impl Store, limits: Limits) -> Result<NameServer, ServeError> {
        let loading = tokio::task::spawn_blocking(move || {
            let mut store = store;
            service::load(&mut store, &limits).map(|tree| (store, tree, limits))
        });
        let (store, tree, limits) = loading.await.map_err(std::io::Error::other)??;
        let (service, updates) = Service::new(orb.clone(), tree, limits);
        let writer = Writer::spawn(
            service.shared().clone(),
            updates,
            Box::new(store),
            service.limits().updates_per_sync_max,
        )?;
        if let Err(exception) = locator::activate(&service) {
            writer.stop(&service).await;
            return Err(exception.into());
        }
        let ticker = tokio::spawn(tick(Arc::downgrade(&service)));
        Ok(NameServer { service, kept_by: KeptBy::Writer(writer), ticker })
    }

    /// Serves the names that a group keeps, as one of its members: all processes of the domain that do so are one naming
    /// service, under one reference that lists them all. With `durable` an update is on the disk of every member before it is
    /// answered, so that the names outlive the failure of all members; the process then has joined with
    /// [`data`](quorb_groups::driver::Join::data). All members must be given the same limits and choose the same.
    ///
    /// Returns when this member has the names. What it promises to clients is said in
    /// [the guarantees of object groups](quorb_groups::guide::guarantees).
    ///
    /// # Errors
    /// The group cannot be entered; the broker has no address that others can dial.
    pub async fn replicated(
        orb: &Orb,
        domain: &Domain,
        durable: bool,
        limits: Limits,
    ) -> Result<NameServer, ServeError> {
        let (service, family) = group::enter(orb, domain, durable, limits).await?;
        let ticker = tokio::spawn(tick(Arc::downgrade(&service)));
        Ok(NameServer { service, kept_by: KeptBy::Group(family), ticker })
    }

    /// Waits until this process is a member of the group no longer, and says why; for ever where there is no group. Calls are
    /// refused then with TRANSIENT, and clients go to the other members. Cancellation safe until it has returned once.
    ///
    /// # Errors
    /// Why the membership could not go on.
    pub async fn ended(&mut self) -> Result<Ended, quorb_groups::object::ServeError> {
        match &mut self.kept_by {
            KeptBy::Writer(_) | KeptBy::Nobody => std::future::pending().await,
            KeptBy::Group(family) => {
                let ended = family.ended().await;
                self.kept_by = KeptBy::Nobody;
                ended
            }
        }
    }

    /// The root context.
    pub fn root(&self) -> NamingContextExtProxy {
        self.service.context_reference(ContextId::ROOT).unchecked()
    }

    /// The root context, with what ours can beyond OMG's.
    pub fn directory(&self) -> DirectoryProxy {
        DirectoryProxy::from_object(self.service.context_reference(ContextId::ROOT))
    }

    /// How many names are bound, in all contexts.
    pub fn bindings(&self) -> usize {
        self.service.shared().read_tree(|tree| tree.bindings())
    }

    /// Iterators that are kept for clients.
    pub fn iterators(&self) -> usize {
        self.service.iterators().len()
    }

    /// Ends the service: what has been taken is made durable, further updates are refused, and the store is free again on
    /// return. A member of a group leaves it; the others go on.
    pub async fn close(self) {
        self.ticker.abort();
        match self.kept_by {
            KeptBy::Writer(writer) => writer.stop(&self.service).await,
            KeptBy::Group(family) => {
                match tokio::time::timeout(self.service.limits().leave_wait_max, family.leave()).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(why)) => tracing::warn!(%why, "the group of the names had been left before"),
                    Err(_) => tracing::warn!(
                        "too few of the group are here to be left: it is as if this one were lost"
                    ),
                }
            }
            KeptBy::Nobody => {}
        }
    }
}

/// How often the time is looked at, for leases and iterators.
const TICK: Duration = Duration::from_millis(100);

/// Ends leases that nobody has renewed, and forgets iterators that nobody uses.
async fn tick(service: std::sync::Weak<Service>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(service) = service.upgrade() else { return };
        let now = service.shared().now();
        service.forget_idle_iterators(now);
        if service.is_replicated() && !service.commands().is_some_and(Commands::is_first) {
            continue;
        }
        let due = service.shared().read_tree(|tree| tree.next_expiry().is_some_and(|end| end <= now));
        if due && let Err(failure) = service.submit(Command::Expire).await {
            // It is tried again with the next tick.
            tracing::warn!(?failure, "leases could not be ended");
        }
    }
}
