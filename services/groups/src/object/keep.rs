//! Keeping a machine: what is chosen, what is checked first, and the handle that comes back.

use super::entry::{Entry, Membership};
use super::error::{ServeError, StateError};
use super::machine::{Commands, Kept, Machine, Members};
use super::moment;
use super::proto::{Place, Replica as Core, ReplicaLimits, Style};
use super::reads::Reads;
use super::reference::{is_reachable, profiles_of};
use super::seat::Seat;
use super::subject::Subject;
use crate::core::{GroupOptions, GroupView};
use crate::driver::{Domain, Ended};
use quorb::adapter::ServantLocator;
use quorb::model::Interface;
use quorb::{ObjectRef, Orb};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

impl Domain {
    /// Keeps a machine as one of the members of this name; await it. `fronts` finds the front of each object behind it, by ids
    /// that begin with `name`; `name` itself is one of them, with this interface. The first process to do so brings the state,
    /// unless a durable group has one; whoever comes later gets the state of that time.
    pub fn keep<'a>(
        &'a self,
        orb: &'a Orb,
        name: &'a str,
        interface: &'static Interface,
        machine: Arc<dyn Machine>,
        fronts: Arc<dyn ServantLocator>,
    ) -> Keep<'a> {
        let limits = ReplicaLimits::default();
        Keep { domain: self, orb, name, interface, machine, fronts, durable: false, limits }
    }
}

/// A machine about to be kept; await it.
#[must_use = "nothing is kept until it is awaited"]
pub struct Keep<'a> {
    domain: &'a Domain,
    orb: &'a Orb,
    name: &'a str,
    interface: &'static Interface,
    machine: Arc<dyn Machine>,
    fronts: Arc<dyn ServantLocator>,
    durable: bool,
    limits: ReplicaLimits,
}

impl Keep<'_> {
    /// Whether the state outlives the failure of all members: every command is on the disk of every member before its
    /// outcome is told. The process then has joined with [`data`](crate::driver::Join::data). All members must choose the
    /// same.
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// The limits; all members must be given the same.
    pub fn limits(mut self, limits: ReplicaLimits) -> Self {
        self.limits = limits;
        self
    }

    async fn begin(self) -> Result<Family, ServeError> {
        let Self { domain, orb, name, interface, machine, fronts, durable, limits } = self;
        let mut place = Place {
            interface: interface.id().into(),
            fingerprint: machine.version(),
            style: Style::Active,
            ships_effects: false,
            profiles: Vec::new(),
            time_us: moment::now().time_us,
        };
        let subject = Kept { machine, interface };
        let (octets, max) = (subject.save().await?.len(), limits.state_bytes_max);
        if octets > max {
            return Err(StateError::TooLarge { octets, limit: "state_bytes_max", max }.into());
        }
        let core = Core::new(domain.process(), &place, limits.clone());
        // Nobody executes alone here.
        let (jobs, _) = mpsc::unbounded_channel();
        let seat = Seat::new(orb.clone(), domain.process(), Box::new(subject), core, jobs, Reads::default());
        let own = orb.adapter().reference(name, interface)?;
        if !is_reachable(own.ior()) {
            return Err(ServeError::NotReachable);
        }
        place.profiles = profiles_of(own.ior());
        let members = Members { seat: Arc::downgrade(&seat), fronts };
        orb.adapter().locate_with(name, Arc::new(members));
        let options = if durable { GroupOptions::DURABLE } else { GroupOptions::REPLICATED };
        // Others may have chosen the same name: a reference says which of the domains it is.
        let which = format!("{}/{:016x}", domain.name(), domain.view().domain.0);
        let _ = seat.own.set(own);
        let entry = Entry { seat: seat.clone(), place, limits, agreed: Arc::default(), options };
        let Membership { leave, task } = entry.enter(domain, name, which).await?;
        Ok(Family { commands: Commands { seat }, leave: Some(leave), task })
    }
}

impl<'a> IntoFuture for Keep<'a> {
    type Output = Result<Family, ServeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    /// Returns when this member has the state and takes calls. A process that is excluded meanwhile begins again if it
    /// [joins again](crate::driver::Join::rejoins), five times at most.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

impl std::fmt::Debug for Keep<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keep")
            .field("name", &self.name)
            .field("durable", &self.durable)
            .finish_non_exhaustive()
    }
}

/// This process's membership in a group that keeps a machine. It goes on as long as the domain and the broker do; dropping
/// the handle changes nothing.
#[derive(Debug)]
pub struct Family {
    commands: Commands,
    leave: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<Ended, ServeError>>,
}

impl Family {
    /// How to give commands.
    #[must_use]
    pub fn commands(&self) -> &Commands {
        &self.commands
    }

    /// The reference to the object with the group's name, with all its present members, to wait for changes.
    #[must_use]
    pub fn references(&self) -> watch::Receiver<Option<ObjectRef>> {
        self.commands.seat.reference.subscribe()
    }

    /// The members, by rank.
    #[must_use]
    pub fn view(&self) -> Option<GroupView> {
        self.commands.seat.look(|core| core.group_view().cloned())
    }

    /// Leaves the group: the other members go on.
    ///
    /// # Errors
    /// Why the membership had ended already.
    pub async fn leave(mut self) -> Result<Ended, ServeError> {
        if let Some(leave) = self.leave.take() {
            // A task that has ended says why below.
            let _ = leave.send(());
        }
        self.ended().await
    }

    /// Waits for the end of the membership. Cancellation safe until it has returned once.
    ///
    /// # Errors
    /// Why it could not go on.
    pub async fn ended(&mut self) -> Result<Ended, ServeError> {
        (&mut self.task).await.unwrap_or(Ok(Ended::Dropped))
    }
}
