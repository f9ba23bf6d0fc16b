//! Several servers that are one: channels whose order all of them agree on.
//!
//! ```text
//!   publisher --> front of one server --batch--> Publishing --command--> group, total order --> Machine at every server
//!                                                                                                  |
//!   subscriber <-- queue of its server <-- the channel of its server <---- place_agreed -----------+--> disk of its server
//! ```
//!
//! | file | what it is about |
//! |---|---|
//! | `command` | what they agree on, as octets |
//! | `machine` | commands go in, and the same comes of them everywhere |
//! | `agreed` | what comes of each command at this server |
//! | `publishing` | many blocks with one command; waiting for slow subscribers, wherever they are |
//! | `copying` | from the order to this server's disk, and from others' disks what was missed |
//! | `places` | where a channel is: here, or, if one server has it alone, there |
//!
//! **Invariant: nobody is told what a crash could take back.** What a command does is seen when all servers have it, on their
//! disks if the group is durable; the spool of a durable channel follows at its own pace, and what it has not is in the state
//! that the group keeps.

mod agreed;
mod command;
mod copying;
mod machine;
mod places;
mod publishing;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use quorb::adapter::ServantLocator;
use quorb::model::Interface;
use quorb::{Completion, ExceptionKind, Minor, ObjectRef, Orb, Proxy, Servant, SystemException};
use quorb_groups::core::ProcessId;
use quorb_groups::driver::Domain;
use quorb_groups::object::{Commands, Family};

use super::live::LiveChannel;
use super::service::Service;
use super::{SERVICE_ID, ServeError, native};
use crate::native::{EventServiceProxy, EventServiceServant};
pub(crate) use command::{Change, Opening, Outcome, Settling};
pub(crate) use machine::SavedChannel;
pub(crate) use places::{Elsewhere, Place};
pub(crate) use publishing::{Batches, Publishing};

/// What a service has beside its channels if it is one of several servers.
#[derive(Default)]
pub(crate) struct Group {
    /// Set when this server has what the others have.
    commands: OnceLock<Commands>,
    /// Whose channels are relayed: by the number that the other server has given. The lock is held for a look.
    relayed: Mutex<BTreeMap<u64, EventServiceProxy>>,
}

/// Enters the group.
pub(super) async fn enter(
    domain: &Domain,
    service: &Arc<Service>,
    durable: bool,
) -> Result<Family, ServeError> {
    let machine = Arc::new(machine::Channels::new(service));
    let fronts: Arc<dyn ServantLocator> = Arc::new(Front(service.clone()));
    let orb: &Orb = service.orb();
    let keeping = domain.keep(orb, SERVICE_ID, EventServiceProxy::interface(), machine, fronts);
    let family = keeping.durable(durable).await?;
    if let Some(group) = service.group() {
        // Entered once.
        let _ = group.commands.set(family.commands().clone());
    }
    service.entered();
    Ok(family)
}

/// The service at this server.
struct Front(Arc<Service>);

impl ServantLocator for Front {
    fn locate(&self, id: &str) -> Option<Arc<dyn Servant>> {
        let servant = || Arc::new(EventServiceServant::new(native::Bus(self.0.clone()))) as Arc<dyn Servant>;
        (id == SERVICE_ID).then(servant)
    }
}

impl Group {
    fn relayed(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, EventServiceProxy>> {
        self.relayed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this server has what the others have, and can agree with them on more.
    pub(crate) fn is_entered(&self) -> bool {
        self.commands.get().is_some()
    }
}

impl Service {
    /// Has all servers do something, and waits until this one has done it: it knows everything then that any of them has
    /// acknowledged before.
    pub(crate) async fn order(&self, command: Bytes) -> Result<Outcome, SystemException> {
        let commands = self.group().and_then(|group| group.commands.get()).cloned();
        let commands = commands.ok_or_else(|| not_agreed(Completion::No))?;
        // In nobody's name: what a caller asks for again is known by what it says.
        let asked = tokio::spawn(async move { commands.order(command).await });
        let outcome = match tokio::time::timeout(self.limits().agree_wait_max, asked).await {
            Ok(Ok(outcome)) => outcome?,
            Ok(Err(_)) | Err(_) => return Err(not_agreed(Completion::Maybe)),
        };
        Outcome::read(&outcome).ok_or_else(|| not_agreed(Completion::Maybe))
    }

    /// Has all servers make a change.
    pub(crate) async fn order_change(&self, change: &Change) -> Result<Outcome, SystemException> {
        self.order(change.to_octets()).await
    }

    /// Whether somebody holds publishers of a channel up: a subscriber here, or the servers of others.
    pub(crate) fn is_held(&self, live: &LiveChannel) -> bool {
        let Some(commands) = self.group().and_then(|group| group.commands.get()) else { return false };
        !live.has_room() || live.holders().into_iter().any(|server| commands.is_member(ProcessId(server)))
    }

    /// Says whether publishers are to wait for subscribers of this server.
    pub(crate) async fn hold(&self, live: &LiveChannel, holds: bool) -> Result<Outcome, SystemException> {
        let (life, server) = (live.life(), self.me());
        self.order_change(&Change::Hold(command::Holding { life, server, holds })).await
    }

    /// This server among the others; 0 before it is one of them.
    pub(crate) fn me(&self) -> u64 {
        let commands = self.group().and_then(|group| group.commands.get());
        commands.map_or(0, |commands| commands.me().0)
    }

    /// An object at each of the other servers.
    pub(crate) fn others(&self, id: &str, interface: &'static Interface) -> Vec<ObjectRef> {
        let Some(commands) = self.group().and_then(|group| group.commands.get()) else { return Vec::new() };
        let all = commands.at_members(id, interface).into_iter();
        all.filter(|(process, _)| *process != commands.me()).map(|(_, object)| object).collect()
    }

    /// The servers, as addresses; none if this is one alone.
    pub(crate) fn members(&self) -> Vec<String> {
        let Some(commands) = self.group().and_then(|group| group.commands.get()) else { return Vec::new() };
        let all = commands.at_members(SERVICE_ID, EventServiceProxy::interface());
        let address = |object: &ObjectRef| {
            let profile = object.ior().iiop_profiles().flatten().next()?;
            Some(format!("{}:{}", profile.host, profile.port))
        };
        all.iter().filter_map(|(_, object)| address(object)).collect()
    }

    /// The reference to an object that every server has under this id: it lists all of them, this one first.
    pub(crate) fn reference_to(
        &self,
        id: &str,
        interface: &'static Interface,
    ) -> Result<ObjectRef, SystemException> {
        let commands = self.group().and_then(|group| group.commands.get());
        match commands.and_then(|commands| commands.reference_to(id, interface)) {
            Some(reference) => Ok(reference),
            None => self.orb().adapter().reference(id, interface),
        }
    }
}

/// The servers have not agreed, as far as this one knows.
fn not_agreed(completed: Completion) -> SystemException {
    SystemException::new(ExceptionKind::Transient, Minor::UNSPECIFIED, completed)
        .because("the servers have not agreed on it")
}
