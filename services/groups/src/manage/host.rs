//! A process that holds replicas: what it offers, and what is asked of it.

use super::agent::{Agent, Serving};
use super::control::Control;
use super::ft::{FtReader, ObjectGroupManagerServant};
use super::interface::{
    DomainControlServant, HostRecord, PlaceError, PlacementsProxy, PlacementsServant, Plan,
};
use super::offer::{Make, Offer};
use super::placement::Placement;
use super::{DOMAIN_KEY, FT_KEY, PLACEMENT_KEY};
use crate::core::ProcessId;
use crate::driver::{BEGINNINGS_MAX, Domain, Ended};
use crate::object::{Replica, ServeError};
use quorb::adapter::ValueTie;
use quorb::{Address, Fault, ObjectRef, Orb, SystemException};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// Why a host could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The plan of the domain, or an object of it, cannot be served here.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The plan refuses.
    #[error("{0}")]
    Refused(Fault<PlaceError>),
    /// A servant of management cannot be activated.
    #[error("management cannot be served: {0}")]
    Activation(#[from] SystemException),
    /// This host could not serve the object.
    #[error("`{name}` is not served here: {reason}")]
    NotServed {
        /// The object.
        name: String,
        /// Why.
        reason: String,
    },
    /// The host is in the domain no longer.
    #[error("this process is out of the domain: {0}")]
    Ended(Ended),
}

/// A host about to start: say what it offers, then [`start`](Self::start) it.
pub struct StartHost {
    domain: Domain,
    orb: Orb,
    offers: BTreeMap<String, Arc<dyn Offer>>,
}

impl StartHost {
    /// Offers to hold replicas of this kind: `make` gives a servant as it is at the beginning of an object; joiners replace its
    /// value.
    #[must_use]
    pub fn offer<S, F>(mut self, kind: &str, make: F) -> Self
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: ValueTie,
        S::Value: Serialize + DeserializeOwned,
        S::Proxy: Send + Sync + 'static,
    {
        self.offers.insert(kind.to_owned(), Arc::new(Make(make)));
        self
    }

    /// Enrols this process in the plan of its domain. The broker must listen by now; what is planned for this host is served
    /// from now on.
    ///
    /// # Errors
    /// When the plan cannot be served here, for instance because the broker listens nowhere.
    pub async fn start(self) -> Result<Host, HostError> {
        let Self { domain, orb, offers } = self;
        let placement = PlacementsServant::new(Placement::default());
        let placement = domain.serve(&orb, PLACEMENT_KEY, placement).await?;
        orb.serve(DOMAIN_KEY, DomainControlServant::new(Control { watch: domain.watch() }))?;
        orb.serve(FT_KEY, ObjectGroupManagerServant::new(FtReader { orb: orb.clone() }))?;
        let plan = placement.proxy().clone();
        let record = enrol(&plan, &domain, &orb, offers.keys().cloned().collect()).await?;
        let domain = Arc::new(domain);
        let (stop, stopped) = oneshot::channel();
        let (agent, (served, enrolled)) =
            Agent::new(domain.clone(), orb, record, offers, plan, placement.changes());
        let task = Task(tokio::spawn(agent.run(stopped)));
        Ok(Host { domain, placement, served, enrolled, stop, task })
    }
}

/// A process that holds replicas, as planned. It goes on until it leaves, or the domain goes on without it. Dropping it ends the
/// membership as a crash would.
pub struct Host {
    domain: Arc<Domain>,
    placement: Replica<PlacementsProxy>,
    served: watch::Receiver<BTreeMap<String, Serving>>,
    /// The process that the plan knows.
    enrolled: watch::Receiver<u64>,
    stop: oneshot::Sender<()>,
    task: Task,
}

/// The agent's task. It ends, and with it all that it does, when this is dropped.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Host {
    /// A host in this domain and broker.
    #[must_use]
    pub fn of(domain: Domain, orb: &Orb) -> StartHost {
        StartHost { domain, orb: orb.clone(), offers: BTreeMap::new() }
    }

    /// The domain.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The plan, to be looked at and changed: the same at every host.
    #[must_use]
    pub fn placements(&self) -> &PlacementsProxy {
        self.placement.proxy()
    }

    /// Has this host hold a replica of the object, which is created if there is none of this name, and waits until the replica
    /// takes calls. The reference lists all replicas.
    ///
    /// # Errors
    /// When the object is planned in another way, this host does not offer its kind, or cannot serve it.
    pub async fn serve(&self, name: &str, plan: Plan) -> Result<ObjectRef, HostError> {
        self.begin(name, plan).await?;
        self.ready(name).await
    }

    /// As [`serve`](Self::serve), but waits only until the object is known to the broker, and refuses calls with TRANSIENT: then
    /// callers may be let in, who would take an object that is not known for one that is gone.
    ///
    /// # Errors
    /// As there.
    pub async fn begin(&self, name: &str, plan: Plan) -> Result<(), HostError> {
        for _ in 0..BEGINNINGS_MAX {
            let process = self.enrolled().await?;
            let begun = tokio::select! {
                begun = self.begin_as(process, name, plan.clone()) => begun,
                // What was planned was planned for one that is no more.
                () = self.domain.lives_after(process) => continue,
            };
            if begun.is_ok() || !self.domain.lives_on_after(process).await {
                return begun;
            }
        }
        Err(HostError::Ended(Ended::Excluded))
    }

    /// This process, when the plan knows it: one that was excluded, and has joined again, is soon enrolled again.
    async fn enrolled(&self) -> Result<ProcessId, HostError> {
        let mut enrolled = self.enrolled.clone();
        let enrolled = enrolled.wait_for(|process| *process == self.domain.process().0).await;
        enrolled.map(|process| ProcessId(*process)).map_err(|_| HostError::Ended(Ended::Dropped))
    }

    async fn begin_as(&self, process: ProcessId, name: &str, plan: Plan) -> Result<(), HostError> {
        let here = process.to_string();
        let kind = plan.kind.clone();
        match self.placements().create(name, plan, &here).await {
            // One that the plan has placed here by itself is as good.
            Err(Fault::User(PlaceError::CannotPlace(_))) if self.is_planned_here(name, &kind).await => {}
            other => other.map_err(HostError::Refused)?,
        }
        let known = |serving: &Serving| !matches!(serving, Serving::Begun);
        self.until(name, |serving| known(serving).then_some(())).await
    }

    /// Waits until a replica that was begun takes calls. Members of a dormant group wait for one that has the state.
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub async fn ready(&self, name: &str) -> Result<ObjectRef, HostError> {
        let reference = |serving: &Serving| match serving {
            Serving::Ready(reference) => Some(reference.clone()),
            _ => None,
        };
        self.until(name, reference).await
    }

    /// Waits for a state of an object here.
    async fn until<T>(&self, name: &str, wanted: impl Fn(&Serving) -> Option<T>) -> Result<T, HostError> {
        let mut served = self.served.clone();
        loop {
            match served.borrow_and_update().get(name) {
                Some(Serving::Failed(reason)) => {
                    return Err(HostError::NotServed { name: name.into(), reason: reason.clone() });
                }
                Some(serving) => {
                    if let Some(found) = wanted(serving) {
                        return Ok(found);
                    }
                }
                None => {}
            }
            if served.changed().await.is_err() {
                return Err(HostError::Ended(Ended::Dropped));
            }
        }
    }

    async fn is_planned_here(&self, name: &str, kind: &str) -> bool {
        let me = self.domain.process().0;
        let groups = self.placements().groups().await.unwrap_or_default();
        let group = groups.iter().find(|group| group.name == name && group.plan.kind == kind);
        group.is_some_and(|group| group.replicas.iter().any(|replica| replica.process == me))
    }

    /// Leaves in order: the plan is told, so that others take over where a number of replicas is wanted; then the replicas
    /// leave, and then the process leaves the domain. Let the broker end its calls first.
    ///
    /// # Errors
    /// Why the host had ended already.
    pub async fn leave(self) -> Result<Ended, HostError> {
        let Self { domain, placement, stop, mut task, .. } = self;
        let withdrawn = placement.proxy().withdraw(domain.process().0).await;
        if let Err(fault) = withdrawn {
            tracing::warn!(%fault, "the plan is not told that this host leaves; it will notice");
        }
        // An agent that has ended has told so already.
        let _ = stop.send(());
        let _ = (&mut task.0).await;
        placement.leave().await?;
        match Arc::into_inner(domain) {
            Some(domain) => Ok(domain.leave().await),
            None => Ok(Ended::Dropped),
        }
    }

    /// Waits until the host is in the domain no longer. Cancellation safe until it has returned once.
    ///
    /// # Errors
    /// Why the plan could not be kept here any more.
    pub async fn ended(&mut self) -> Result<Ended, HostError> {
        Ok(self.placement.ended().await?)
    }
}

impl std::fmt::Debug for StartHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let offers: Vec<&String> = self.offers.keys().collect();
        f.debug_struct("StartHost").field("offers", &offers).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("process", &self.domain.process()).finish_non_exhaustive()
    }
}

/// Tells the plan that this process is a host; once more if it was excluded meanwhile and has joined again.
async fn enrol(
    plan: &PlacementsProxy,
    domain: &Domain,
    orb: &Orb,
    kinds: Vec<String>,
) -> Result<HostRecord, HostError> {
    let tcp = orb.addresses().iter().find(|address| matches!(address, Address::Tcp { .. }));
    let address = tcp.or(orb.addresses().first()).map(ToString::to_string).unwrap_or_default();
    for _ in 0..BEGINNINGS_MAX {
        let process = domain.process();
        let since_view = domain.view().number.0;
        let record =
            HostRecord { process: process.0, address: address.clone(), kinds: kinds.clone(), since_view };
        match plan.enrol(record.clone()).await {
            Ok(()) => return Ok(record),
            Err(_) if domain.lives_on_after(process).await => {}
            Err(fault) => return Err(HostError::Activation(system(fault))),
        }
    }
    Err(HostError::Ended(Ended::Excluded))
}

/// An operation without exceptions of its own raises only the system's.
fn system<E: std::fmt::Debug>(fault: Fault<E>) -> SystemException {
    match fault {
        Fault::System(exception) => exception,
        Fault::User(exception) => {
            let kind = quorb::ExceptionKind::Unknown;
            SystemException::new(kind, quorb::Minor::UNSPECIFIED, quorb::Completion::Maybe)
                .because(format_args!("{exception:?}"))
        }
    }
}
