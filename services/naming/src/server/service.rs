//! What all contexts share.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;

use quorb::{Orb, SystemException};
use quorb_groups::object::Commands;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::changes::ChangeLog;
use super::group;
use super::iterators::Iterators;
use super::refused::Refused;
use crate::Limits;
use crate::cos::NameComponent;
use crate::storage::{Store, StoreError};
use crate::tree::{Change, Command, ContextId, Label, Outcome, Refusal, Time, Tree, TreeLimits};

/// A naming service: what its servants call.
pub(super) struct Service {
    shared: Arc<Shared>,
    keeper: Keeper,
    orb: Orb,
    limits: Limits,
    iterators: Iterators,
    /// One permit for each call of a foreign context.
    foreign: Semaphore,
}

/// Who makes updates last.
enum Keeper {
    /// The thread of this process's own store.
    Writer(mpsc::Sender<Update>),
    /// A group, once it has been entered.
    Group(OnceLock<Commands>),
}

/// What servants and whoever makes updates share.
pub(super) struct Shared {
    /// The lock is held for one question, or for applying one batch of updates; never across a sync or a wait.
    state: RwLock<State>,
    /// Counts batches that have ended, well or not.
    synced: watch::Sender<u64>,
    pub(super) log: ChangeLog,
    /// A time of the tree, and when it was.
    clock: Mutex<(Time, Instant)>,
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
#[derive(Debug, Clone, PartialEq)]
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
    /// The group has not made it, or this member does not know whether it has.
    Group(SystemException),
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
        let shared = Arc::new(Shared::new(tree, &limits));
        (Service::with(orb, shared, Keeper::Writer(updates), limits), receiver)
    }

    /// A service whose names a group keeps.
    pub(super) fn of_group(orb: Orb, shared: Arc<Shared>, limits: Limits) -> Arc<Service> {
        Service::with(orb, shared, Keeper::Group(OnceLock::new()), limits)
    }

    fn with(orb: Orb, shared: Arc<Shared>, keeper: Keeper, limits: Limits) -> Arc<Service> {
        let foreign = Semaphore::new(limits.foreign_calls_max);
        Arc::new(Service { shared, keeper, orb, iterators: Iterators::default(), foreign, limits })
    }

    /// The group has been entered.
    pub(super) fn enter(&self, entered: Commands) {
        if let Keeper::Group(commands) = &self.keeper {
            // Entered once.
            let _ = commands.set(entered);
        }
    }

    /// Whether a group keeps the names.
    pub(super) fn is_replicated(&self) -> bool {
        matches!(self.keeper, Keeper::Group(_))
    }

    /// How the group is told what to do; none if there is no group, or it has not been entered yet.
    pub(super) fn commands(&self) -> Option<&Commands> {
        match &self.keeper {
            Keeper::Group(commands) => commands.get(),
            Keeper::Writer(_) => None,
        }
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

    /// Has an update made and waits until it will last: by every member of the group, where a group keeps the names.
    pub(super) async fn submit(&self, command: Command) -> Result<Outcome, Failure> {
        let updates = match &self.keeper {
            Keeper::Writer(updates) => updates,
            Keeper::Group(commands) => {
                let commands = commands.get().ok_or(Failure::Ending)?;
                return group::ordered(commands, &command, self.shared.now()).await;
            }
        };
        let (reply, answer) = oneshot::channel();
        updates.try_send(Update::Apply { command, reply }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Failure::Overloaded,
            mpsc::error::TrySendError::Closed(_) => Failure::Ending,
        })?;
        answer.await.unwrap_or(Err(Failure::Ending))
    }

    /// Tells the writer that nothing comes any more.
    pub(super) async fn stop_writer(&self) {
        if let Keeper::Writer(updates) = &self.keeper {
            // A writer that has ended already needs not be told.
            let _ = updates.send(Update::Stop).await;
        }
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
    pub(super) fn new(tree: Tree, limits: &Limits) -> Shared {
        Shared {
            state: RwLock::new(State { tree, unsynced: Unsynced::default() }),
            synced: watch::Sender::new(0),
            log: ChangeLog::new(limits.changes_kept_max),
            clock: Mutex::new((Time::ZERO, Instant::now())),
        }
    }

    /// The time of the tree, as this process knows it: what it was when it was last told, and what has passed since then.
    pub(super) fn now(&self) -> Time {
        let (time, when) = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        time + when.elapsed()
    }

    /// What it was when it was last told.
    pub(super) fn told(&self) -> Time {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Somebody tells the time of the tree, which never goes back. Answers it.
    pub(super) fn tell_time(&self, time: Time) -> Time {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        if time > clock.0 {
            *clock = (time, Instant::now());
        }
        clock.0
    }

    /// The time of the tree is this.
    pub(super) fn set_time(&self, time: Time) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = (time, Instant::now());
    }

    /// Applies a command that will last already.
    pub(super) fn apply_agreed(&self, command: Command, now: Time) -> Result<Outcome, Refusal> {
        let mut changes = Vec::new();
        let outcome = self.write().tree.apply(command, now, &mut changes);
        self.log.append(&changes);
        outcome
    }

    /// Takes over what others have agreed on.
    pub(super) fn replace(&self, tree: Tree, last_change: u64) {
        self.write().tree = tree;
        self.log.begin_anew(last_change);
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
