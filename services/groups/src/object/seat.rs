//! A member's seat: what its servant and its task share.

use super::chains::{Chains, reentered};
use super::latest::Latest;
use super::moment;
use super::proto::{Answer, ClientCall, Effect, Place, Replica as Core, Ticket};
use super::reads::{Freshness, Reads};
use super::reference::{GroupName, to_group};
use super::subject::Subject;
use super::work::Job;
use crate::core::{Order, ProcessId};
use crate::driver::{GroupSender, SendError};
use bytes::Bytes;
use quorb::adapter::{Dispatch, Invocation, RelayedCall, Reply};
use quorb::proto::head::Completion;
use quorb::{Context, ExceptionKind, Minor, ObjectRef, Orb, Servant, SystemException};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// One replicated object in this process.
pub(super) struct Seat {
    pub(super) orb: Orb,
    /// This member, in the process's present life.
    me: AtomicU64,
    pub(super) subject: Box<dyn Subject>,
    /// The lock is held for one input of the core.
    state: Mutex<State>,
    /// How to send to the group, once it is entered.
    pub(super) group: Latest<GroupSender<Bytes>>,
    pub(super) name: Latest<GroupName>,
    /// This member's own reference, under which the object is active here.
    pub(super) own: OnceLock<ObjectRef>,
    /// The reference to the group, as this member gives it.
    pub(super) reference: watch::Sender<Option<ObjectRef>>,
    /// The version of the set of members that it lists.
    version: AtomicU64,
    /// The membership has ended.
    pub(super) over: Arc<AtomicBool>,
    /// Counts changes of this member's copy.
    pub(super) changes: watch::Sender<u64>,
    /// Held, shared, while a query begins; alone by whoever brings the value ahead of what all have agreed on.
    pub(super) ahead: RwLock<bool>,
    /// The task applies what the order says: only then is this member's copy one that may be read.
    pub(super) in_service: AtomicBool,
    /// What queries may be answered from.
    reads: Reads,
    fresh: Freshness,
    /// Whose queries run here and may call.
    chains: Chains,
    /// To the one who executes, in the executor style: the life in which a job is to be done, and the job.
    jobs: mpsc::UnboundedSender<(u64, Job)>,
    /// Counts the lives of this member's process; changed while nobody works.
    life: AtomicU64,
    /// Held while a job is done.
    pub(super) working: tokio::sync::Mutex<()>,
}

struct State {
    core: Core,
    waiting: HashMap<Ticket, oneshot::Sender<Given>>,
    reads: HashMap<u64, Read>,
    last: u64,
}

/// What a waiting update gets, and from when on it may be shown.
struct Given {
    answer: Answer,
    from: Instant,
}

/// What came of a query's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has begun, or nobody wants it any more.
    Begun,
    /// Its permit is void.
    AskAgain,
    /// When the value is settled.
    Later,
}

/// A query that waits for its place.
pub(super) struct Read {
    call: Invocation,
    servant: Arc<dyn Servant>,
    begun: oneshot::Sender<Dispatch>,
}

impl Seat {
    pub(super) fn new(
        orb: Orb,
        me: ProcessId,
        subject: Box<dyn Subject>,
        core: Core,
        jobs: mpsc::UnboundedSender<(u64, Job)>,
        reads: Reads,
    ) -> Arc<Self> {
        let state = State { core, waiting: HashMap::new(), reads: HashMap::new(), last: 0 };
        Arc::new(Self {
            orb,
            me: AtomicU64::new(me.0),
            subject,
            state: Mutex::new(state),
            group: Latest::default(),
            name: Latest::default(),
            own: OnceLock::new(),
            reference: watch::Sender::new(None),
            version: AtomicU64::new(0),
            over: Arc::default(),
            changes: watch::Sender::new(0),
            ahead: RwLock::new(false),
            in_service: AtomicBool::new(false),
            reads,
            fresh: Freshness::new(),
            chains: Chains::default(),
            jobs,
            life: AtomicU64::new(0),
            working: tokio::sync::Mutex::new(()),
        })
    }

    /// The process was excluded and has joined again: this is another member, which has nothing yet. What the one before had
    /// begun to execute is ended first, and what it had still to do is dropped.
    pub(super) async fn begin_again(&self, me: ProcessId, core: Core) {
        let _nobody_works = self.working.lock().await;
        self.life.fetch_add(1, Ordering::SeqCst);
        self.me.store(me.0, Ordering::SeqCst);
        self.lock().core = core;
        *self.ahead.write().unwrap_or_else(PoisonError::into_inner) = false;
    }

    pub(super) fn life(&self) -> u64 {
        self.life.load(Ordering::SeqCst)
    }

    fn to_do(&self, job: Job) {
        // The worker lives as long as the seat.
        let _ = self.jobs.send((self.life(), job));
    }

    /// This member's copy may have changed.
    pub(super) fn changed(&self) {
        // Nobody watches most objects.
        if self.changes.receiver_count() > 0 {
            self.changes.send_modify(|count| *count += 1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This member, in its present life.
    pub(super) fn me(&self) -> ProcessId {
        ProcessId(self.me.load(Ordering::Acquire))
    }

    /// The version of the set of members in the reference.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Looks at the core.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Core) -> R) -> R {
        look(&self.lock().core)
    }

    /// One input of the core, and what follows from it.
    pub(super) fn input<R>(&self, input: impl FnOnce(&mut Core) -> R) -> (R, Vec<Effect>) {
        let mut state = self.lock();
        let result = input(&mut state.core);
        (result, state.core.take_effects())
    }

    /// An update of a client of this member.
    pub(super) fn update(self: &Arc<Self>, call: Invocation) -> Dispatch {
        let context = call.context();
        if self.chains.has(context) || self.waits_for(context) {
            return Dispatch::Done(call.refuse(reentered(context.chain())));
        }
        let client_call = ClientCall {
            call: RelayedCall::of(&call),
            identity: context.identity(),
            acknowledged_below: context.acknowledged_below(),
            is_repeated: context.is_repeated(),
        };
        let (_, answered) = self.ask(client_call);
        Dispatch::Pending(Box::pin(async move {
            match answered.await {
                None => call.refuse(gone(Completion::Maybe)),
                Some(Answer::Reply(reply)) => reply.reply_to(&call).unwrap_or_else(|cause| {
                    call.refuse(
                        SystemException::new(ExceptionKind::Internal, Minor::UNSPECIFIED, Completion::Yes)
                            .because(cause),
                    )
                }),
                Some(Answer::Refusal(exception)) => call.refuse(*exception),
                Some(Answer::BeginAgain(exception, incarnation)) => {
                    Reply::readmitting(exception.in_operation(call.operation()), incarnation)
                }
            }
        }))
    }

    /// Has a request ordered; gives what becomes of it, when that may be shown. It is on its way on return; nothing is answered
    /// if the seat is given up.
    pub(super) fn ask(
        self: &Arc<Self>,
        client_call: ClientCall,
    ) -> (Ticket, impl Future<Output = Option<Answer>> + use<>) {
        let (given, gets) = oneshot::channel();
        let (ticket, effects) = {
            let mut state = self.lock();
            state.last += 1;
            let ticket = state.last;
            state.waiting.insert(ticket, given);
            state.core.call(ticket, client_call, moment::now());
            (ticket, state.core.take_effects())
        };
        let waiting = WaitingUpdate { seat: self.clone(), ticket };
        for effect in effects {
            self.carry_out(effect, Some(ticket));
        }
        let answered = async move {
            let _waiting = waiting;
            let Given { answer, from } = gets.await.ok()?;
            if from > Instant::now() {
                tokio::time::sleep_until(from).await;
            }
            Some(answer)
        };
        (ticket, answered)
    }

    /// A query of a client of this member: it reads this member's copy, once that is known to be current.
    pub(super) fn query(self: &Arc<Self>, call: Invocation) -> Dispatch {
        self.query_of(call, self.subject.servant())
    }

    /// A query, and the servant that answers it.
    pub(super) fn query_of(self: &Arc<Self>, call: Invocation, servant: Arc<dyn Servant>) -> Dispatch {
        let Some(group) = self.group.get() else {
            return Dispatch::Done(call.refuse(gone(Completion::No)));
        };
        if let Some(_settled) = self.current(&group, &call) {
            return self.chains.dispatch(servant, call);
        }
        if self.chains.has(call.context()) {
            // It reads what the query reads that it comes from: nothing changes here before that has ended.
            return self.chains.dispatch(servant, call);
        }
        if self.waits_for(call.context()) {
            let refusal = reentered(call.context().chain());
            return Dispatch::Done(call.refuse(refusal));
        }
        let (begun, begins) = oneshot::channel();
        let number = {
            let mut state = self.lock();
            // One who is cut off may still have what this client has seen.
            let refusal = state.core.not_now().filter(|_| !(self.suits(&call) && state.core.is_complete()));
            if let Some(refusal) = refusal {
                return Dispatch::Done(call.refuse(refusal));
            }
            state.last += 1;
            let number = state.last;
            state.reads.insert(number, Read { call, servant, begun });
            number
        };
        let waiting = WaitingRead { seat: self.clone(), number };
        Dispatch::Pending(Box::pin(async move {
            let waiting = waiting;
            if group.ask_to_read(number).await.is_err() {
                waiting.seat.may_not_read(number);
            }
            match begins.await {
                Ok(Dispatch::Done(reply)) => reply,
                Ok(Dispatch::Pending(future)) => future.await,
                Err(_) => Reply::system(gone(Completion::No)),
            }
        }))
    }

    /// Whether a call comes from an update of this object that waits for what the call does.
    fn waits_for(&self, context: &Context) -> bool {
        context.depth() > 0 && self.look(|core| core.is_inside(context.chain(), context.depth()))
    }

    /// If this member's copy is known to be good enough, a guard: as long as that is held the value is not brought ahead.
    fn current(&self, group: &GroupSender<Bytes>, call: &Invocation) -> Option<RwLockReadGuard<'_, bool>> {
        let ahead = self.ahead.read().unwrap_or_else(PoisonError::into_inner);
        if *ahead || !self.in_service.load(Ordering::SeqCst) {
            return None;
        }
        let is_current = group.may_read();
        let is_good = is_current
            || match self.reads {
                Reads::Linearizable => false,
                Reads::Session => self.suits(call) && group.is_caught_up() && self.look(Core::is_complete),
                Reads::BoundedStaleness(bound) => {
                    self.fresh.is_within(bound, Instant::now()) && self.look(Core::is_complete)
                }
            };
        if is_current && matches!(self.reads, Reads::BoundedStaleness(_)) {
            self.fresh.note(Instant::now());
        }
        is_good.then_some(ahead)
    }

    /// Whether this member's copy is the present value. The value is not brought ahead as long as the caller is inside the
    /// object: whoever does that says so before it asks to be let in.
    pub(super) fn is_current(&self) -> bool {
        let is_ahead = *self.ahead.read().unwrap_or_else(PoisonError::into_inner);
        let is_current = !is_ahead
            && self.in_service.load(Ordering::SeqCst)
            && self.group.get().is_some_and(|group| group.may_read());
        if is_current && matches!(self.reads, Reads::BoundedStaleness(_)) {
            self.fresh.note(Instant::now());
        }
        is_current
    }

    /// Whether the client of this query gets along with what this member has applied, wherever the others are: what it was answered
    /// last came from this set of replicas, or an earlier one, and every replica of the set had it.
    fn suits(&self, call: &Invocation) -> bool {
        let seen = call.context().endpoint_set_version();
        self.reads == Reads::Session && seen > 0 && seen <= self.version()
    }

    /// A query may begin now, at this place of the order, if the permit is still good and the value is not ahead.
    pub(super) fn may_read(&self, number: u64, until: Instant) -> Turn {
        let ahead = self.ahead.read().unwrap_or_else(PoisonError::into_inner);
        if *ahead {
            return Turn::Later;
        }
        if Instant::now() >= until {
            return Turn::AskAgain;
        }
        self.fresh.note(Instant::now());
        let Some(Read { call, servant, begun }) = self.lock().reads.remove(&number) else {
            return Turn::Begun;
        };
        // Whatever it waits for inside, it has its turn before any later update.
        let dispatched = self.chains.dispatch(servant, call);
        drop(ahead);
        // Whoever asked may have gone.
        let _ = begun.send(dispatched);
        Turn::Begun
    }

    pub(super) fn may_not_read(&self, number: u64) {
        let Some(Read { call, servant, begun }) = self.lock().reads.remove(&number) else { return };
        let ahead = self.ahead.read().unwrap_or_else(PoisonError::into_inner);
        if self.suits(&call) && !*ahead && self.look(Core::is_complete) {
            // Everything that was received when it came has been applied by now.
            let _ = begun.send(self.chains.dispatch(servant, call));
            return;
        }
        drop(ahead);
        let refusal = self.look(Core::not_now).unwrap_or_else(|| gone(Completion::No));
        let _ = begun.send(Dispatch::Done(call.refuse(refusal)));
    }

    /// No query is answered here any more.
    pub(super) fn refuse_reads(&self) {
        let numbers: Vec<u64> = self.lock().reads.keys().copied().collect();
        numbers.into_iter().for_each(|number| self.may_not_read(number));
    }

    /// Does what can be done at once, wherever it is wanted. `on_behalf_of`: whose message it is, should it not be sent.
    pub(super) fn carry_out(self: &Arc<Self>, effect: Effect, on_behalf_of: Option<Ticket>) {
        match effect {
            Effect::Multicast(message) => self.multicast(message, on_behalf_of),
            Effect::Answer { ticket, answer } => {
                let from = match (&answer, self.group.get()) {
                    (Answer::Reply(_), Some(group)) => group.acts_from(),
                    _ => Instant::now(),
                };
                if let Some(given) = self.lock().waiting.remove(&ticket) {
                    // Whoever waited may have gone.
                    let _ = given.send(Given { answer, from });
                }
            }
            Effect::Publish { version, places } => self.publish(version, &places),
            Effect::Execute(execution) => self.to_do(Job::Execute(execution)),
            Effect::Conclude => self.to_do(Job::Conclude),
            Effect::Adopt(_)
            | Effect::Apply(_)
            | Effect::Arm { .. }
            | Effect::Disarm { .. }
            | Effect::Settled
            | Effect::TakeBack
            | Effect::Reactivate
            | Effect::TakeDigest { .. } => {
                unreachable!("these follow from deliveries and executions, and are done where those are")
            }
            Effect::Diverged { place } | Effect::Disputed { place } => {
                tracing::error!(place, "divergence outside of the order");
            }
        }
    }

    fn multicast(self: &Arc<Self>, message: Bytes, on_behalf_of: Option<Ticket>) {
        let Some(group) = self.group.get() else { return };
        match group.try_send(Order::Total, true, &message) {
            Ok(None) => {}
            Ok(Some(_)) => {
                // Nobody may wait here: not the connection that the call came by, nor the one who reads the order.
                let (seat, group) = (self.clone(), group.clone());
                tokio::spawn(async move {
                    if let Err(cause) = group.send(Order::Total, true, &message).await {
                        seat.not_sent(cause, on_behalf_of);
                    }
                });
            }
            Err(cause) => self.not_sent(cause, on_behalf_of),
        }
    }

    fn not_sent(self: &Arc<Self>, cause: SendError, on_behalf_of: Option<Ticket>) {
        let Some(ticket) = on_behalf_of else {
            return tracing::warn!(%cause, "a message of the replica was not sent");
        };
        let exception = match cause {
            SendError::Gone(_) => gone(Completion::No),
            cause => SystemException::new(ExceptionKind::ImpLimit, Minor::MESSAGE_TOO_LARGE, Completion::No)
                .because(cause),
        };
        let ((), effects) = self.input(|core| core.not_sent(ticket, exception));
        effects.into_iter().for_each(|effect| self.carry_out(effect, None));
    }

    /// Says where the object is served now, to clients and to whoever asks this process for the reference.
    fn publish(&self, version: u64, places: &[(ProcessId, Place)]) {
        let (Some(name), Some(own)) = (self.name.get(), self.own.get()) else { return };
        let me = ProcessId(self.me.load(Ordering::SeqCst));
        let ior = match to_group(&name, version, places, me) {
            Ok(ior) => ior,
            Err(error) => return tracing::error!(%error, "the reference to the group cannot be written"),
        };
        if let Err(error) = self.orb.adapter().publish_endpoints(own, version, &ior) {
            tracing::error!(%error, "the endpoints of the group are not published");
        }
        if places.iter().any(|(process, _)| *process == me) {
            self.reference.send_replace(Some(self.orb.object(ior)));
            self.version.store(version, Ordering::Release);
        }
    }
}

/// The member does not serve the object any more, or not yet.
pub(super) fn gone(completed: Completion) -> SystemException {
    SystemException::new(ExceptionKind::Transient, Minor::REPLICA_INCOMPLETE, completed)
}

/// Takes an update whose caller has given up out of the books.
struct WaitingUpdate {
    seat: Arc<Seat>,
    ticket: Ticket,
}

impl Drop for WaitingUpdate {
    fn drop(&mut self) {
        let mut state = self.seat.lock();
        if state.waiting.remove(&self.ticket).is_some() {
            state.core.forget(self.ticket);
        }
    }
}

/// Takes a query whose caller has given up out of the books.
struct WaitingRead {
    seat: Arc<Seat>,
    number: u64,
}

impl Drop for WaitingRead {
    fn drop(&mut self) {
        let read = self.seat.lock().reads.remove(&self.number);
        drop(read);
    }
}
