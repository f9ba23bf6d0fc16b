//! Serving a replicated object: what is chosen, what is checked first, and the handle that comes back.

use super::effects::{ApplyAll, Effects, apply_all};
use super::entry::{Entry, Membership};
use super::error::{ServeError, StateError};
use super::moment;
use super::proto::{Place, Replica as Core, ReplicaLimits, Style};
use super::reads::Reads;
use super::reference::{is_reachable, profiles_of};
use super::seat::Seat;
use super::servant::GroupServant;
use super::subject::{OnTimer, Subject, Tied};
use super::work::{Agreed, work};
use crate::core::{GroupOptions, GroupView, ProcessId};
use crate::driver::{Domain, Ended, Served};
use quorb::adapter::ValueTie;
use quorb::{Context, ObjectRef, Orb, Proxy, SystemException};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

impl Domain {
    /// Serves an object as one of the replicas of this name; await it. The first process to do so brings the object's state;
    /// whoever comes later gets the state that the object has by then, and what its own servant held is replaced.
    ///
    /// The object is active in `orb` under its name from the moment on that this is awaited, and refuses calls with TRANSIENT
    /// until this member has the state: start the broker [`holding`](quorb::OrbBuilder::holding), or before its address is
    /// known.
    pub fn serve<'a, S>(&'a self, orb: &'a Orb, name: &'a str, servant: S) -> Serve<'a, S>
    where
        S: ValueTie,
        S::Value: Serialize + DeserializeOwned,
    {
        let options = GroupOptions::REPLICATED;
        let (style, limits) = (Style::default(), ReplicaLimits::default());
        Serve {
            domain: self,
            orb,
            name,
            servant,
            style,
            options,
            limits,
            reads: Reads::default(),
            on_timer: None,
            effects: None,
            active: None,
        }
    }
}

/// A replica about to be served; await it.
#[must_use = "nothing is served until it is awaited"]
pub struct Serve<'a, S: ValueTie> {
    domain: &'a Domain,
    orb: &'a Orb,
    name: &'a str,
    servant: S,
    style: Style,
    options: GroupOptions,
    limits: ReplicaLimits,
    reads: Reads,
    on_timer: Option<OnTimer<S::Value>>,
    effects: Option<ApplyAll<S::Value>>,
    active: Option<oneshot::Sender<()>>,
}

impl<'a, S> Serve<'a, S>
where
    S: ValueTie,
    S::Value: Serialize + DeserializeOwned,
{
    /// How requests are executed, by default [`Style::Active`]. All members must choose the same.
    pub fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// Every replica has each update on its disk before it is acknowledged: the object outlives the failure of all. The
    /// process has a log for that ([`Join::data`](crate::driver::Join::data)). All members must choose the same.
    ///
    /// After the failure of all, the object lives on when one of those comes back that had it last; until then others that
    /// serve it wait.
    pub fn durable(mut self) -> Self {
        self.options = GroupOptions::DURABLE;
        self
    }

    /// What queries may be answered from, by default the present value. All members should choose the same.
    pub fn reads(mut self, reads: Reads) -> Self {
        self.reads = reads;
        self
    }

    /// The limits; all members must be given the same.
    pub fn limits(mut self, limits: ReplicaLimits) -> Self {
        self.limits = limits;
        self
    }

    /// What a timer does to the value, by its name: those that updates have set by
    /// [`set_timer`](super::Ordered::set_timer). It is ordered like an update, and may set and cancel timers itself. All
    /// members must choose the same.
    pub fn on_timer(
        mut self,
        on_timer: impl Fn(&mut S::Value, &Context, &str) + Send + Sync + 'static,
    ) -> Self {
        self.on_timer = Some(Arc::new(on_timer));
        self
    }

    /// The executor style, where the executor ships what updates have done to the value and not the value itself. All members
    /// must choose the same.
    pub fn with_effects(mut self) -> Self
    where
        S::Value: Effects,
    {
        self.style = Style::Executor;
        self.effects = Some(apply_all::<S::Value>);
        self
    }

    /// Tells as soon as the object is active, and refuses calls until this member has the state.
    pub(crate) fn tell_active(mut self, active: oneshot::Sender<()>) -> Self {
        self.active = Some(active);
        self
    }

    async fn begin(self) -> Result<Replica<S::Proxy>, ServeError> {
        let Self { domain, orb, name, servant, style, options, limits, reads, on_timer, effects, active } =
            self;
        let (told, ships_effects) = (active, effects.is_some() && style == Style::Executor);
        let servant = Arc::new(servant);
        let interface = servant.interface();
        let subject = Tied { servant, on_timer, effects: effects.filter(|_| ships_effects) };
        let state = check_state(&subject, &limits).await?;
        let agreed = Arc::new(Agreed::default());
        if style == Style::Executor && !ships_effects {
            agreed.set(state);
        }
        let mut place = Place {
            interface: interface.id().into(),
            fingerprint: interface.fingerprint(),
            style,
            ships_effects,
            profiles: Vec::new(),
            time_us: moment::now().time_us,
        };
        let core = Core::new(domain.process(), &place, limits.clone());
        let (jobs, queue) = mpsc::unbounded_channel();
        let seat = Seat::new(orb.clone(), domain.process(), Box::new(subject), core, jobs, reads);
        let servant = GroupServant::new(seat.clone(), interface);
        domain.make_way(orb, name);
        let own = orb.adapter().activate_servant(name, Arc::new(servant))?;
        // Whatever fails from here on takes the object out of service again.
        let mut active = Active { orb: orb.clone(), own: Some(own.clone()) };
        domain.serves(name, &own, &seat);
        // Whoever wanted to know may have gone.
        let _ = told.map(|told| told.send(()));
        if !is_reachable(own.ior()) {
            return Err(ServeError::NotReachable);
        }
        place.profiles = profiles_of(own.ior());
        let _ = seat.own.set(own.clone());
        tokio::spawn(work(Arc::downgrade(&seat), queue, agreed.clone(), limits.clone()));
        let entry = Entry { seat: seat.clone(), place, limits, agreed, options };
        let Membership { leave, task } = entry.enter(domain, name, domain.name().to_owned()).await?;
        let reference = seat.reference.borrow().clone();
        let proxy = S::Proxy::from_object(reference.unwrap_or(own));
        active.own = None;
        Ok(Replica { seat, leave: Some(leave), task, proxy, _proxy: PhantomData })
    }
}

impl Domain {
    /// Takes the servant of a replica that is over out of the way of one that begins.
    fn make_way(&self, orb: &Orb, name: &str) {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if served.get(name).is_some_and(|former| former.over.load(Ordering::Acquire))
            && let Some(former) = served.remove(name)
        {
            orb.adapter().deactivate(&former.own);
        }
    }

    fn serves(&self, name: &str, own: &ObjectRef, seat: &Seat) {
        let served = Served { own: own.clone(), over: seat.over.clone() };
        self.served.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), served);
    }
}

impl<'a, S> IntoFuture for Serve<'a, S>
where
    S: ValueTie,
    S::Value: Serialize + DeserializeOwned,
{
    type Output = Result<Replica<S::Proxy>, ServeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    /// Returns when this member has the object's state and takes calls. Members of a dormant group wait for one that has the
    /// state. A process that is excluded meanwhile begins again if it [joins again](crate::driver::Join::rejoins), five times
    /// at most. Dropping the future takes the object out of service, and this member out of the group.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

impl<S: ValueTie> std::fmt::Debug for Serve<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serve").field("name", &self.name).field("style", &self.style).finish_non_exhaustive()
    }
}

/// The state must come back from its octets before anybody relies on that.
async fn check_state(subject: &dyn Subject, limits: &ReplicaLimits) -> Result<bytes::Bytes, StateError> {
    let state = subject.save().await?;
    let (octets, max) = (state.len(), limits.state_bytes_max);
    if octets > max {
        return Err(StateError::TooLarge { octets, limit: "state_bytes_max", max });
    }
    subject.load(state.clone()).await?;
    Ok(state)
}

/// Takes an object out of service that was not served after all.
struct Active {
    orb: Orb,
    own: Option<ObjectRef>,
}

impl Drop for Active {
    fn drop(&mut self) {
        if let Some(own) = self.own.take() {
            self.orb.adapter().deactivate(&own);
        }
    }
}

/// This process's replica of an object. It serves as long as the domain and the broker do; dropping the handle changes
/// nothing.
pub struct Replica<P> {
    seat: Arc<Seat>,
    leave: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<Ended, ServeError>>,
    proxy: P,
    _proxy: PhantomData<P>,
}

impl<P: Proxy> Replica<P> {
    /// A proxy on the object: calls of this process go to this replica.
    pub fn proxy(&self) -> &P {
        &self.proxy
    }

    /// The reference to the object, with all its present members, this one first. Clients need nothing else, and no crate but
    /// `quorb`; they learn of later members by themselves.
    #[must_use]
    pub fn reference(&self) -> ObjectRef {
        self.seat.reference.borrow().clone().unwrap_or_else(|| self.proxy.object().clone())
    }

    /// The reference, to wait for changes.
    #[must_use]
    pub fn references(&self) -> watch::Receiver<Option<ObjectRef>> {
        self.seat.reference.subscribe()
    }

    /// Counts the times that this member's copy may have changed, to wait for the next.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.seat.changes.subscribe()
    }

    /// The members, by rank.
    #[must_use]
    pub fn view(&self) -> Option<GroupView> {
        self.seat.look(|core| core.group_view().cloned())
    }

    /// The replica that executes, in the executor style.
    #[must_use]
    pub fn executor(&self) -> Option<ProcessId> {
        self.seat.look(Core::executor)
    }

    /// Lets the object take updates again, at every member, after one of them panicked.
    pub fn reactivate(&self) {
        let ((), effects) = self.seat.input(Core::reactivate);
        effects.into_iter().for_each(|effect| self.seat.carry_out(effect, None));
    }

    /// Leaves the group: the other members go on. New calls are refused here with TRANSIENT, and clients go to the others.
    ///
    /// # Errors
    /// Why the replica had stopped already.
    pub async fn leave(mut self) -> Result<Ended, ServeError> {
        if let Some(leave) = self.leave.take() {
            // A task that has ended says why below.
            let _ = leave.send(());
        }
        self.ended().await
    }

    /// Waits for the end of the membership: left, excluded by the domain, or given up because this member's state was wrong.
    /// Cancellation safe until it has returned once.
    ///
    /// # Errors
    /// Why the replica could not go on.
    pub async fn ended(&mut self) -> Result<Ended, ServeError> {
        (&mut self.task).await.unwrap_or(Ok(Ended::Dropped))
    }
}

impl<P: Proxy> std::fmt::Debug for Replica<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replica").field("reference", &self.reference()).field("view", &self.view()).finish()
    }
}

impl From<ServeError> for SystemException {
    /// For servers whose start fails with system exceptions.
    fn from(error: ServeError) -> Self {
        use quorb::{Completion, ExceptionKind, Minor};
        match error {
            ServeError::Activation(exception) => exception,
            other => SystemException::new(ExceptionKind::Initialize, Minor::UNSPECIFIED, Completion::No)
                .because(other),
        }
    }
}
