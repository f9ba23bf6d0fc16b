//! The thread that makes updates: in order, and many with one sync.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::service::{Failure, Service, Shared, Update};
use crate::storage::{Store, StoreError};
use crate::tree::{Command, Outcome};

/// The thread that owns the store.
///
/// It takes whatever updates wait, applies them to the tree, writes all their changes with one sync, and answers. While
/// the disk works, the next ones gather.
#[derive(Debug)]
pub(super) struct Writer {
    thread: JoinHandle<()>,
}

type Reply = oneshot::Sender<Result<Outcome, Failure>>;

impl Writer {
    pub(super) fn spawn(
        shared: Arc<Shared>,
        updates: mpsc::Receiver<Update>,
        store: Box<dyn Store>,
        updates_per_sync_max: usize,
    ) -> std::io::Result<Writer> {
        let thread = std::thread::Builder::new().name("quorb-names".into());
        let thread = thread.spawn(move || write(&shared, updates, store, updates_per_sync_max))?;
        Ok(Writer { thread })
    }

    /// Has everything written that was taken, and waits for the end.
    pub(super) async fn stop(self, service: &Service) {
        service.stop_writer().await;
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the thread of the store has panicked");
        }
    }
}

fn write(
    shared: &Shared,
    mut updates: mpsc::Receiver<Update>,
    mut store: Box<dyn Store>,
    per_sync_max: usize,
) {
    let mut stopping = false;
    while !stopping {
        let Some(first) = updates.blocking_recv() else { return };
        let mut batch = Batch::default();
        stopping = batch.take(first);
        while !stopping && batch.commands.len() < per_sync_max {
            match updates.try_recv() {
                Ok(update) => stopping = batch.take(update),
                Err(_) => break,
            }
        }
        if batch.make(shared, &mut *store) {
            store.settle();
        }
    }
    // Whoever comes now is told that the service ends.
    updates.close();
}

#[derive(Default)]
struct Batch {
    commands: Vec<Command>,
    replies: Vec<Reply>,
}

impl Batch {
    /// Answers whether it is the last one.
    fn take(&mut self, update: Update) -> bool {
        match update {
            Update::Apply { command, reply } => {
                self.commands.push(command);
                self.replies.push(reply);
                false
            }
            Update::Stop => true,
        }
    }

    /// Makes the updates and answers. Says whether the store is well.
    fn make(self, shared: &Shared, store: &mut dyn Store) -> bool {
        let mut changes = Vec::new();
        let outcomes = shared.apply(self.commands.into_iter(), &mut changes);
        // Refusals, renewals of leases, and names that lead elsewhere leave nothing to write.
        let committed = match changes.is_empty() {
            true => Ok(()),
            false => {
                let rows: Vec<_> = changes.iter().map(crate::tree::Change::row).collect();
                store.commit(&rows)
            }
        };
        let failure = match committed {
            Ok(()) => {
                shared.keep(&changes);
                None
            }
            Err(cause) => {
                tracing::error!(%cause, updates = outcomes.len(), "names could not be written down");
                shared.take_back(&changes);
                Some(if matches!(cause, StoreError::InDoubt(_)) { Failure::InDoubt } else { Failure::Store })
            }
        };
        for (reply, outcome) in self.replies.into_iter().zip(outcomes) {
            let answer = failure.clone().map_or(outcome.map_err(Failure::Refused), Err);
            // A caller who has gone away needs no answer.
            let _ = reply.send(answer);
        }
        failure.is_none()
    }
}
