//! A value that the members of a group have and change alike.

use super::journal::Recorder;
use super::proto::State;
use crate::core::{Blocked, GroupOptions, GroupView, Order, ProcessId};
use crate::driver::{Domain, Ended, EnterError, Event, Gone, Group, GroupSender, SendError};
use bytes::Bytes;
use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Why a tool could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// The group cannot be entered.
    #[error("the group cannot be entered: {0}")]
    Enter(#[from] EnterError),
    /// The change cannot be sent: it has no form as octets, or is too large.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The value, or a change of it, does not come back from its octets.
    #[error("the value cannot be written or read: {0}")]
    Encoding(String),
    /// This process is in the group no longer. Whether the last change was done nobody here can tell.
    #[error("this process is out of the group: {0}")]
    Ended(Ended),
    /// Too little of the domain can be reached to know the present value.
    #[error("too little of the domain can be reached")]
    NotPrimary,
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] super::JournalError),
}

impl From<Gone> for ToolError {
    fn from(_: Gone) -> Self {
        Self::Ended(Ended::Dropped)
    }
}

/// A value that all members of a group have, and change in one order. Clones are handles on the same membership, which ends when
/// the last one is dropped.
///
/// ```no_run
/// # use quorb_groups::toolkit::{Replicated, ToolError};
/// # use quorb_groups::toolkit::proto::State;
/// # use quorb_groups::core::ProcessId;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Default, Serialize, Deserialize)]
/// struct Prices(std::collections::BTreeMap<String, u64>);
///
/// impl State for Prices {
///     type Change = (String, u64);
///     type Answer = Option<u64>; // the price before
///     fn apply(&mut self, _by: ProcessId, (article, price): (String, u64)) -> Option<u64> {
///         self.0.insert(article, price)
///     }
/// }
///
/// # async fn f(domain: &quorb_groups::driver::Domain) -> Result<(), ToolError> {
/// let prices = Replicated::join(domain, "prices", Prices::default()).await?;
/// let before = prices.change(("wheat".into(), 412)).await?;     // done at every member when this returns
/// let now = prices.read(|prices| prices.0["wheat"]).await?;      // no message; nothing that anybody was answered is missing
/// let seen = prices.look(|prices| prices.0.len());               // what this member has by now
/// # let _ = (before, now, seen); Ok(()) }
/// ```
#[derive(Debug)]
pub struct Replicated<T: State> {
    inner: Arc<Inner<T>>,
}

impl<T: State> Clone for Replicated<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

/// What all handles share.
struct Inner<T: State> {
    seat: Arc<Seat<T>>,
    task: JoinHandle<()>,
}

/// What handles and the task share.
struct Seat<T: State> {
    me: ProcessId,
    sender: GroupSender<Bytes>,
    /// The lock is held for one change, or one look.
    held: Mutex<Held<T>>,
    /// Counts whatever may have changed the value or the members.
    changed: watch::Sender<u64>,
}

struct Held<T: State> {
    /// None until the state is here.
    value: Option<T>,
    members: Vec<ProcessId>,
    waiting: HashMap<u64, oneshot::Sender<T::Answer>>,
    reads: HashMap<u64, Read<T>>,
    last: u64,
    ended: Option<Ended>,
}

/// A look that waits for its place.
type Read<T> = Box<dyn FnOnce(&T) + Send>;

/// A tool about to be joined; await it.
#[derive(Debug)]
#[must_use = "nothing is joined until it is awaited"]
pub struct JoinTool<'a, T> {
    domain: &'a Domain,
    name: &'a str,
    initial: T,
    options: GroupOptions,
    journal: Option<PathBuf>,
}

impl<T: State> Replicated<T> {
    /// Joins the group of this name; await it. The first member brings the value; whoever comes later gets the value as it is by
    /// then.
    pub fn join<'a>(domain: &'a Domain, name: &'a str, initial: T) -> JoinTool<'a, T> {
        JoinTool { domain, name, initial, options: GroupOptions::REPLICATED, journal: None }
    }

    /// Does a change at every member, at one place of the order, and gives the answer that this member's value gave there. When it
    /// returns, every member has the change. Cancelled, it has been sent or not; sent, it is done all the same.
    ///
    /// # Errors
    /// When the change has no form as octets or is too large; when this process is out of the group: then it may have been done.
    pub async fn change(&self, change: T::Change) -> Result<T::Answer, ToolError> {
        let seat = &self.inner.seat;
        let (answer, answered) = oneshot::channel();
        let ticket = seat.lock().ticket(|held, ticket| drop(held.waiting.insert(ticket, answer)))?;
        let message = encode(&(ticket, change))?;
        let sent = seat.sender.send(Order::Total, true, &message).await;
        if let Err(error) = sent {
            seat.lock().waiting.remove(&ticket);
            return Err(error.into());
        }
        answered.await.map_err(|_| seat.end())
    }

    /// Has a change done without waiting for it.
    pub(super) fn post(&self, change: T::Change) {
        let handle = self.clone();
        // Without a runtime the process is ending, and with it its membership.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { handle.change(change).await.map(drop) });
        }
    }

    /// Looks at the value once it is known that nothing is missing in it that any member was answered: that costs no message.
    ///
    /// # Errors
    /// When too little of the domain can be reached; when this process is out of the group.
    pub async fn read<R: Send + 'static>(
        &self,
        look: impl FnOnce(&T) -> R + Send + 'static,
    ) -> Result<R, ToolError> {
        let seat = &self.inner.seat;
        let (found, finds) = oneshot::channel();
        let read: Read<T> = Box::new(move |value| {
            // Whoever asked may have gone.
            let _ = found.send(look(value));
        });
        let number = seat.lock().ticket(|held, number| drop(held.reads.insert(number, read)))?;
        seat.sender.ask_to_read(number).await?;
        finds.await.map_err(|_| match seat.lock().ended {
            Some(why) => ToolError::Ended(why),
            None => ToolError::NotPrimary,
        })
    }

    /// Looks at the value as this member has it by now. Others may be ahead. Changes wait meanwhile: be brief.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        let held = self.inner.seat.lock();
        look(held.value.as_ref().expect("a member that has joined has the value"))
    }

    /// Waits until this member's value gives something.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn until<R>(&self, mut look: impl FnMut(&T) -> Option<R>) -> Result<R, ToolError> {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            if let Some(found) = self.look(&mut look) {
                return Ok(found);
            }
            if self.inner.seat.lock().ended.is_some() || changes.changed().await.is_err() {
                return Err(self.inner.seat.end());
            }
        }
    }

    /// Counts changes of the value and of the members, to wait for the next.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.seat.changed.subscribe()
    }

    /// The members with the value, by rank.
    #[must_use]
    pub fn members(&self) -> Vec<ProcessId> {
        self.inner.seat.lock().members.clone()
    }

    /// This process.
    #[must_use]
    pub fn me(&self) -> ProcessId {
        self.inner.seat.me
    }

    /// Leaves the group, whatever other handles there are.
    pub async fn leave(self) -> Ended {
        if self.inner.seat.lock().ended.is_none() {
            self.inner.task.abort();
            // The task owned the membership, and with it the last word. What is left is the end.
            self.inner.seat.over(Ended::Left);
        }
        self.inner.seat.lock().ended.unwrap_or(Ended::Left)
    }
}

impl<'a, T: State> JoinTool<'a, T> {
    /// Every member has each change on its disk before anybody is answered. The process has a log for that
    /// ([`Join::data`](crate::driver::Join::data)); all members choose the same.
    pub fn durable(mut self) -> Self {
        self.options = GroupOptions::DURABLE;
        self
    }

    /// Writes every change, at its place, to a file, from which [`Playback`](super::Playback) gives them again. A file that is
    /// there is begun anew.
    pub fn record(mut self, journal: impl Into<PathBuf>) -> Self {
        self.journal = Some(journal.into());
        self
    }

    async fn begin(self) -> Result<Replicated<T>, ToolError> {
        let Self { domain, name, initial, options, journal } = self;
        let recorder = match journal {
            Some(path) => Some(Recorder::create(path).await?),
            None => None,
        };
        let group = domain.octets(name).options(options).await?;
        let held = Held {
            value: None,
            members: Vec::new(),
            waiting: HashMap::new(),
            reads: HashMap::new(),
            last: 0,
            ended: None,
        };
        let seat = Arc::new(Seat {
            me: domain.process(),
            sender: group.sender(),
            held: Mutex::new(held),
            changed: watch::Sender::new(0),
        });
        let mut changes = seat.changed.subscribe();
        let task = Task { seat: seat.clone(), group, initial: Some(initial), recorder, replaying: false };
        let task = tokio::spawn(task.run());
        let inner = Arc::new(Inner { seat, task });
        loop {
            changes.borrow_and_update();
            {
                let held = inner.seat.lock();
                if let Some(why) = held.ended {
                    return Err(ToolError::Ended(why));
                }
                if held.value.is_some() && held.members.contains(&inner.seat.me) {
                    break;
                }
            }
            if changes.changed().await.is_err() {
                return Err(inner.seat.end());
            }
        }
        Ok(Replicated { inner })
    }
}

impl<'a, T: State> IntoFuture for JoinTool<'a, T> {
    type Output = Result<Replicated<T>, ToolError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    /// Returns when this member has the value and is counted among those that do.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

impl<T: State> Held<T> {
    fn ticket(&mut self, enter: impl FnOnce(&mut Self, u64)) -> Result<u64, ToolError> {
        if let Some(why) = self.ended {
            return Err(ToolError::Ended(why));
        }
        self.last += 1;
        let ticket = self.last;
        enter(self, ticket);
        Ok(ticket)
    }
}

impl<T: State> Seat<T> {
    fn lock(&self) -> MutexGuard<'_, Held<T>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) -> ToolError {
        ToolError::Ended(self.lock().ended.unwrap_or(Ended::Dropped))
    }

    /// Whoever waits is told.
    fn over(&self, why: Ended) {
        {
            let mut held = self.lock();
            held.ended.get_or_insert(why);
            held.members.clear();
            held.waiting.clear();
            held.reads.clear();
        }
        self.changed.send_modify(|count| *count += 1);
    }
}

impl<T: State> Drop for Inner<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<T: State> std::fmt::Debug for Inner<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replicated").field("me", &self.seat.me).finish_non_exhaustive()
    }
}

/// A member's task.
struct Task<T: State> {
    seat: Arc<Seat<T>>,
    group: Group<Bytes>,
    /// The value that the first member brings.
    initial: Option<T>,
    recorder: Option<Recorder>,
    /// It goes through its own log: the present members come after it.
    replaying: bool,
}

impl<T: State> Task<T> {
    async fn run(mut self) {
        let why = loop {
            match self.group.next().await {
                None => break Ended::Dropped,
                Some(Event::Ended(why)) => break why,
                Some(event) => {
                    if let Err(error) = self.happened(event).await {
                        tracing::error!(%error, "a shared value cannot be kept: this process leaves its group");
                        break Ended::Dropped;
                    }
                }
            }
        };
        self.seat.over(why);
    }

    async fn happened(&mut self, event: Event<Bytes>) -> Result<(), ToolError> {
        match event {
            Event::View(view) => self.view(&view).await?,
            Event::Message(delivery) => self.apply(delivery.sender, &delivery.message).await?,
            Event::State(state) => {
                let value: T = decode(&state)?;
                if let Some(recorder) = &mut self.recorder {
                    recorder.begin(state).await?;
                }
                let mut held = self.seat.lock();
                self.replaying = held.members.contains(&self.seat.me);
                held.value = Some(value);
            }
            Event::Replayed => {
                self.replaying = false;
                let members = self.seat.lock().members.clone();
                self.roster(&members).await?;
            }
            Event::StateWanted(request) => {
                let state = self.seat.lock().value.as_ref().map(encode).transpose()?;
                if let Some(state) = state {
                    // Whoever wanted it is told by the end of the membership.
                    let _ = request.give(state).await;
                }
                return Ok(());
            }
            Event::MayRead(permit) => {
                self.read(permit.read, permit.until);
                return Ok(());
            }
            Event::MayNotRead(number) => {
                self.seat.lock().reads.remove(&number);
                return Ok(());
            }
            Event::Blocked(Blocked::Dormant(_)) => {
                tracing::warn!("nobody with the shared value is left: waiting for one to return");
            }
            _ => return Ok(()),
        }
        self.seat.changed.send_modify(|count| *count += 1);
        Ok(())
    }

    async fn view(&mut self, view: &GroupView) -> Result<(), ToolError> {
        let complete = view.members.iter().filter(|member| member.complete);
        let members: Vec<ProcessId> = complete.map(|member| member.process).collect();
        let begins = self.seat.lock().value.is_none() && members.contains(&self.seat.me);
        // The group begins here, or an operator has let it begin anew here.
        let initial = if begins { self.initial.take() } else { None };
        if let (Some(recorder), Some(value)) = (&mut self.recorder, &initial) {
            recorder.begin(encode(value)?).await?;
        }
        {
            let mut held = self.seat.lock();
            held.value = held.value.take().or(initial);
            held.members.clone_from(&members);
        }
        if self.replaying { Ok(()) } else { self.roster(&members).await }
    }

    async fn roster(&mut self, members: &[ProcessId]) -> Result<(), ToolError> {
        if self.seat.lock().value.is_none() {
            return Ok(());
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.roster(members).await?;
        }
        self.seat.lock().value.iter_mut().for_each(|value| value.roster(members));
        Ok(())
    }

    async fn apply(&mut self, by: ProcessId, message: &Bytes) -> Result<(), ToolError> {
        let (ticket, change): (u64, T::Change) = decode(message)?;
        if let Some(recorder) = &mut self.recorder {
            recorder.record(by, message.clone()).await?;
        }
        let mut held = self.seat.lock();
        let Some(value) = &mut held.value else { return Ok(()) };
        let answer = value.apply(by, change);
        if by == self.seat.me
            && let Some(waiting) = held.waiting.remove(&ticket)
        {
            // Whoever waited may have gone.
            let _ = waiting.send(answer);
        }
        Ok(())
    }

    fn read(&self, number: u64, until: Instant) {
        let mut held = self.seat.lock();
        if Instant::now() >= until {
            let sender = self.seat.sender.clone();
            drop(held);
            // Nobody may wait here; one whose membership ended is told so with the end.
            tokio::spawn(async move { sender.ask_to_read(number).await });
            return;
        }
        if let (Some(read), Some(value)) = (held.reads.remove(&number), &held.value) {
            read(value);
        }
    }
}

pub(super) fn encode<V: serde::Serialize>(value: &V) -> Result<Bytes, ToolError> {
    let mut octets = Vec::new();
    let written = ciborium::into_writer(value, &mut octets);
    written.map_err(|cause| ToolError::Encoding(cause.to_string()))?;
    Ok(octets.into())
}

pub(super) fn decode<V: serde::de::DeserializeOwned>(octets: &[u8]) -> Result<V, ToolError> {
    let mut rest = octets;
    let value = ciborium::from_reader(&mut rest).map_err(|cause| ToolError::Encoding(cause.to_string()))?;
    match rest.len() {
        0 => Ok(value),
        more => Err(ToolError::Encoding(format!("{more} octets follow it"))),
    }
}
