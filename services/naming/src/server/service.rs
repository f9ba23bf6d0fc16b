//! What all contexts share.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;

use quorb::Orb;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::changes::ChangeLog;
use super::iterators::Iterators;
use super::refused::Refused;
use crate::Limits;
use crate::cos::NameComponent;
use crate::storage::{Store, StoreError};
use crate::tree::{Change, Command, ContextId, Label, Outcome, Refusal, Time, Tree, TreeLimits};

/// A naming service: what its servants call.
pub(super) struct Service {
    shared: Arc<Shared>,
    updates: mpsc::Sender<Update>,
    orb: Orb,
    limits: Limits,
    iterators: Iterators,
    /// One permit for each call of a foreign context.
    foreign: Semaphore,
}

/// What servants and writer share.
pub(super) struct Shared {
    /// The lock is held for one question, or for applying one batch of updates; never across a sync or a wait.
    state: RwLock<State>,
    /// Counts batches that have ended, well or not.
    synced: watch::Sender<u64>,
    pub(super) log: ChangeLog,
    started: Instant,
}

struct State {
    tree: Tree,
    unsynced: Unsynced,
}

/// What the batch that is on its way to the disk has changed.
#[derive(Default)]
struct Unsynced {
    bindings: BTreeMap<ContextId, BTreeSet<Label>>,
    contexts: bool,
}

/// An update on its way to the writer.
pub(super) enum Update {
    Apply { command: Command, reply: oneshot::Sender<Result<Outcome, Failure>> },
    Stop,
}

/// Why an update was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Refused(Refusal),
    /// The store has failed: it is not made.
    Store,
    /// The store has failed, and nobody knows whether it is made.
    InDoubt,
    /// Too many wait.
    Overloaded,
    /// The service ends.
    Ending,
}

/// The tree that a store holds.
pub(super) fn load(store: &mut impl Store, limits: &Limits) -> Result<Tree, StoreError> {
    let mut tree = Tree::new(TreeLimits::from(limits));
    store.load(&mut |key, value| Ok(tree.restore(key, value)?))?;
    tree.restored(Time::ZERO);
    Ok(tree)
}

impl Service {
    pub(super) fn new(orb: Orb, tree: Tree, limits: Limits) -> (Arc<Service>, mpsc::Receiver<Update>) {
        let (updates, receiver) = mpsc::channel(limits.updates_waiting_max);
        let state = State { tree, unsynced: Unsynced::default() };
        let shared = Shared {
            state: RwLock::new(state),
            synced: watch::Sender::new(0),
            log: ChangeLog::new(limits.changes_kept_max),
            started: Instant::now(),
        };
        let service = Service {
            shared: Arc::new(shared),
            updates,
            orb,
            iterators: Iterators::default(),
            foreign: Semaphore::new(limits.foreign_calls_max),
            limits,
        };
        (Arc::new(service), receiver)
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(super) fn orb(&self) -> &Orb {
        &self.orb
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn iterators(&self) -> &Iterators {
        &self.iterators
    }

    pub(super) fn foreign_permits(&self) -> &Semaphore {
        &self.foreign
    }

    /// Has an update made and waits until it is durable.
    pub(super) async fn submit(&self, command: Command) -> Result<Outcome, Failure> {
        let (reply, answer) = oneshot::channel();
        self.updates.try_send(Update::Apply { command, reply }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Failure::Overloaded,
            mpsc::error::TrySendError::Closed(_) => Failure::Ending,
        })?;
        answer.await.unwrap_or(Err(Failure::Ending))
    }

    /// Tells the writer that nothing comes any more.
    pub(super) async fn stop_writer(&self) {
        // A writer that has ended already needs not be told.
        let _ = self.updates.send(Update::Stop).await;
    }

    /// The name as the tree knows it.
    pub(super) fn labels(&self, name: &[NameComponent]) -> Result<Vec<Label>, Refused> {
        let longest = self.limits.component_bytes_max;
        if name.is_empty() || name.len() > self.limits.name_components_max {
            return Err(Refused::InvalidName);
        }
        let label = |component: &NameComponent| {
            let fits = component.id.len() <= longest && component.kind.len() <= longest;
            fits.then(|| Label::of(component)).flatten().ok_or(Refused::InvalidName)
        };
        name.iter().map(label).collect()
    }

    /// Reads the tree: `read` is told what to call for each binding that its answer depends on. None if the answer depends
    /// on what is not on the disk yet.
    pub(super) fn try_read<R>(
        &self,
        read: impl FnOnce(&Tree, &mut dyn FnMut(ContextId, &Label)) -> Result<R, Refusal>,
    ) -> Option<Result<R, Refusal>> {
        let state = self.shared.read();
        let unsynced = &state.unsynced;
        if unsynced.is_empty() {
            return Some(read(&state.tree, &mut |_, _| ()));
        }
        let mut depends = false;
        let mut visit = |context, label: &Label| {
            depends |= unsynced.bindings.get(&context).is_some_and(|labels| labels.contains(label));
        };
        let answer = read(&state.tree, &mut visit);
        let gone = matches!(answer, Err(Refusal::NoContext | Refusal::Destroyed { .. }));
        let waits = depends || (gone && unsynced.contexts);
        (!waits).then_some(answer)
    }

    /// Reads the tree, as soon as the answer is on the disk.
    pub(super) async fn read<R>(
        &self,
        mut read: impl FnMut(&Tree, &mut dyn FnMut(ContextId, &Label)) -> Result<R, Refusal>,
    ) -> Result<R, Refusal> {
        let mut synced = self.shared.synced.subscribe();
        loop {
            synced.borrow_and_update();
            if let Some(answer) = self.try_read(&mut read) {
                return answer;
            }
            // The sender lives as long as the service.
            let _ = synced.changed().await;
        }
    }

    /// Reads a context as a whole, as soon as nothing in it waits for the disk.
    pub(super) async fn read_context<R>(
        &self,
        context: ContextId,
        read: impl Fn(&Tree) -> Result<R, Refusal>,
    ) -> Result<R, Refusal> {
        let mut synced = self.shared.synced.subscribe();
        loop {
            synced.borrow_and_update();
            {
                let state = self.shared.read();
                let waits = state.unsynced.contexts || state.unsynced.bindings.contains_key(&context);
                if !waits {
                    return read(&state.tree);
                }
            }
            let _ = synced.changed().await;
        }
    }
}

impl Shared {
    pub(super) fn now(&self) -> Time {
        self.started.elapsed()
    }

    pub(super) fn read_tree<R>(&self, read: impl FnOnce(&Tree) -> R) -> R {
        read(&self.read().tree)
    }

    /// Applies commands and marks what they change as not on the disk.
    pub(super) fn apply(
        &self,
        commands: impl Iterator<Item = Command>,
        changes: &mut Vec<Change>,
    ) -> Vec<Result<Outcome, Refusal>> {
        let now = self.now();
        let mut state = self.write();
        let outcomes = commands.map(|command| state.tree.apply(command, now, changes)).collect();
        state.unsynced.add(changes);
        outcomes
    }

    /// The last commands are on the disk.
    pub(super) fn keep(&self, changes: &[Change]) {
        self.write().unsynced = Unsynced::default();
        self.log.append(changes);
        self.synced.send_modify(|batches| *batches += 1);
    }

    /// The last commands cannot be written: they have not happened.
    pub(super) fn take_back(&self, changes: &[Change]) {
        let mut state = self.write();
        state.tree.revert(changes);
        state.unsynced = Unsynced::default();
        drop(state);
        self.synced.send_modify(|batches| *batches += 1);
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unsynced {
    fn is_empty(&self) -> bool {
        self.bindings.is_empty() && !self.contexts
    }

    fn add(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Binding { context, label, .. } => {
                    self.bindings.entry(*context).or_default().insert(label.clone());
                }
                Change::Context { .. } => self.contexts = true,
                Change::Lease { .. } | Change::NextNumber { .. } => {}
            }
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bindings, contexts) = self.shared.read_tree(|tree| (tree.bindings(), tree.contexts()));
        f.debug_struct("Service").field("bindings", &bindings).field("contexts", &contexts).finish()
    }
}
