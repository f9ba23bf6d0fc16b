//! A process's place in a domain, as the application holds it.

use super::call::Call;
use super::error::{Ended, Gone, RequestError};
use super::group::EnterGroup;
use super::join::{Join, Plan};
use super::lives::{Keeper, Life, Running, Way};
use super::metrics::Metrics;
use super::registry::DomainWatch;
use crate::core::{Counters, GroupOptions, ProcessId, View};
use bytes::Bytes;
use quorb::ObjectRef;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// A member of a domain. Dropping it ends the membership as a crash would: the others notice the closed connections and
/// exclude this process. To go in an orderly way, [`leave`](Self::leave).
#[derive(Debug)]
pub struct Domain {
    name: Arc<str>,
    lives: watch::Receiver<Life>,
    view: watch::Receiver<View>,
    message_bytes_max: usize,
    leave: Option<oneshot::Sender<()>>,
    keeper: JoinHandle<Ended>,
    last_word: Arc<OnceLock<Ended>>,
    /// The objects that were served here, by name.
    pub(crate) served: Mutex<BTreeMap<String, Served>>,
}

/// An object that is or was served by this process. When its replica here is over, its servant still sends callers on to the
/// others, until the name is served anew.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) own: ObjectRef,
    pub(crate) over: Arc<AtomicBool>,
}

impl Domain {
    /// Begins to join the domain that these seeds found; await what it returns.
    #[must_use]
    pub fn join<S: Into<String>>(seeds: impl IntoIterator<Item = S>) -> Join {
        Join::new(seeds.into_iter().map(Into::into).collect())
    }

    /// A process in its first view.
    pub(super) fn new(plan: Plan, view: watch::Receiver<View>, running: Running) -> Self {
        let (name, message_bytes_max) = (plan.name.as_str().into(), plan.message_bytes_max());
        let (lives, followed) = watch::channel(running.life.clone());
        let (leave, asked) = oneshot::channel();
        let last_word = Arc::default();
        let keeper = Keeper { plan, lives, leave: asked, last_word: Arc::clone(&last_word) };
        let keeper = tokio::spawn(keeper.keep(running));
        Self {
            name,
            lives: followed,
            view,
            message_bytes_max,
            leave: Some(leave),
            keeper,
            last_word,
            served: Mutex::default(),
        }
    }

    /// This incarnation. A process that [joins again](Join::rejoins) is another one.
    #[must_use]
    pub fn process(&self) -> ProcessId {
        self.lives.borrow().process
    }

    fn calls(&self) -> mpsc::Sender<Call> {
        self.lives.borrow().calls.clone()
    }

    /// The domain's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The view of the domain installed last.
    #[must_use]
    pub fn view(&self) -> View {
        self.view.borrow().clone()
    }

    /// The view of the domain, to wait for changes. A slow watcher sees the last view, not each one.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<View> {
        self.view.clone()
    }

    /// A group whose messages are of this type, encoded as CBOR. All members must mean the same type by it.
    pub fn group<M: Serialize + DeserializeOwned>(&self, name: &str) -> EnterGroup<M> {
        let encode = |message: &M| {
            let mut octets = Vec::new();
            ciborium::into_writer(message, &mut octets)?;
            Ok(octets.into())
        };
        let decode = |octets: &Bytes| ciborium::from_reader(&octets[..]).ok();
        EnterGroup::new(&self.lives.borrow(), name, self.message_bytes_max, encode, decode)
    }

    /// A group whose messages are octets.
    pub fn octets(&self, name: &str) -> EnterGroup<Bytes> {
        EnterGroup::octets(&self.lives.borrow(), name, self.message_bytes_max)
    }

    /// The way into a group, and back into it should this process be excluded.
    pub(crate) fn way(&self, name: &str, options: GroupOptions) -> Way {
        let (lives, last_word) = (self.lives.clone(), Arc::clone(&self.last_word));
        let message_bytes_max = self.message_bytes_max;
        Way { lives, life: None, last_word, name: name.into(), options, message_bytes_max }
    }

    /// Returns when this process has been excluded, and has joined again, so many times from now on.
    pub(crate) async fn begun_again(&self, times: u64) {
        let mut lives = self.lives.clone();
        let first = lives.borrow().number;
        if lives.wait_for(|life| life.number >= first + times).await.is_err() {
            // No other life follows.
            std::future::pending().await
        }
    }

    /// Returns when this process has another life than that one.
    pub(crate) async fn lives_after(&self, process: ProcessId) {
        if self.lives.clone().wait_for(|life| life.process != process).await.is_err() {
            // No other life follows.
            std::future::pending().await
        }
    }

    /// Whether that life of this process is over, and another one has begun: waits for that if it is over.
    pub(crate) async fn lives_on_after(&self, process: ProcessId) -> bool {
        if self.process() == process && self.metrics().await.is_ok() {
            return false;
        }
        self.lives.clone().wait_for(|life| life.process != process).await.is_ok()
    }

    /// A handle to look at the domain and its groups with, from elsewhere.
    #[must_use]
    pub fn watch(&self) -> DomainWatch {
        DomainWatch { name: self.name.clone(), lives: self.lives.clone(), view: self.view.clone() }
    }

    /// Sends octets to the whole domain: every group of every member sees them ([`Event::Cast`](super::Event::Cast)) between
    /// the same messages of its own, so that they may divide the past from the future. It is decided with a view, which
    /// costs an agreement and a short flush: not for what is frequent. Returns when it has taken its place. Cancelled, it is
    /// sent all the same.
    ///
    /// # Errors
    /// When it is too long, or this process is no longer in the domain.
    pub async fn cast(&self, payload: Bytes) -> Result<(), RequestError> {
        let (answer, decided) = oneshot::channel();
        self.calls().send(Call::Cast { payload, answer }).await.map_err(|_| Gone)?;
        decided.await.map_err(|_| Gone)?
    }

    /// Gives a dormant group, one that lost its last member with state, a new life without the state: the oldest member is
    /// taken for complete. What had been acknowledged is lost: an operator's decision. Returns when it is decided.
    ///
    /// # Errors
    /// When there is no such group, it is not dormant, or this process is no longer in the domain.
    pub async fn reset_group(&self, name: &str) -> Result<(), RequestError> {
        let (answer, decided) = oneshot::channel();
        self.calls().send(Call::Reset { name: name.into(), answer }).await.map_err(|_| Gone)?;
        decided.await.map_err(|_| Gone)?
    }

    /// Ends a group for all its members, after the same messages everywhere ([`Ended::Dissolved`]), and gives up what it had:
    /// its state, the copies on the disks, also those of processes that are away, and its name, which a new group may take.
    /// A durable group ends in no other way: its members may leave it, but it waits for them. Returns when it is decided.
    ///
    /// # Errors
    /// When there is no such group, or this process is no longer in the domain.
    pub async fn dissolve_group(&self, name: &str) -> Result<(), RequestError> {
        let (answer, decided) = oneshot::channel();
        self.calls().send(Call::Dissolve { name: name.into(), answer }).await.map_err(|_| Gone)?;
        decided.await.map_err(|_| Gone)?
    }

    /// What this process is doing, in numbers.
    ///
    /// # Errors
    /// When this process is no longer in the domain.
    pub async fn metrics(&self) -> Result<Metrics, Gone> {
        let (reply, answer) = oneshot::channel();
        self.calls().send(Call::Metrics { reply }).await.map_err(|_| Gone)?;
        answer.await.map_err(|_| Gone)
    }

    /// What has happened in the protocol so far.
    ///
    /// # Errors
    /// As [`metrics`](Self::metrics).
    pub async fn counters(&self) -> Result<Counters, Gone> {
        Ok(self.metrics().await?.counters)
    }

    /// Leaves the domain and all its groups: returns when a view without this process is decided, and says how it ended.
    pub async fn leave(mut self) -> Ended {
        if let Some(leave) = self.leave.take() {
            // If nobody hears it the membership has ended already, and its last word says how.
            let _ = leave.send(());
        }
        (&mut self.keeper).await.unwrap_or(Ended::Dropped)
    }
}

impl Drop for Domain {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}
