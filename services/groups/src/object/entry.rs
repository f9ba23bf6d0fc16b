//! How a member gets into its group: entered, and with the state. A process that stands still meanwhile is excluded; where it
//! joins its domain again ([`Join::rejoins`](crate::driver::Join::rejoins)) it begins again, so many times.

use super::error::ServeError;
use super::proto::{Place, ReplicaLimits};
use super::seat::Seat;
use super::task::Task;
use super::timers::Alarms;
use super::work::Agreed;
use crate::core::GroupOptions;
use crate::driver::{BEGINNINGS_MAX, Domain, Ended};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

/// What enters a group.
pub(super) struct Entry {
    pub(super) seat: Arc<Seat>,
    pub(super) place: Place,
    pub(super) limits: ReplicaLimits,
    pub(super) agreed: Arc<Agreed>,
    pub(super) options: GroupOptions,
}

/// A membership that has begun, and how to end it.
pub(super) struct Membership {
    pub(super) leave: oneshot::Sender<()>,
    pub(super) task: JoinHandle<Result<Ended, ServeError>>,
}

impl Entry {
    /// Returns when this member has the state and takes calls. Whoever is not waited for any more leaves.
    pub(super) async fn enter(
        self,
        domain: &Domain,
        name: &str,
        domain_name: String,
    ) -> Result<Membership, ServeError> {
        tokio::select! {
            membership = self.begin(domain, name, domain_name) => membership,
            () = domain.begun_again(BEGINNINGS_MAX) => Err(ServeError::Ended(Ended::Excluded)),
        }
    }

    async fn begin(self, domain: &Domain, name: &str, domain_name: String) -> Result<Membership, ServeError> {
        let Self { seat, place, limits, agreed, options } = self;
        let mut way = domain.way(name, options);
        let Some((process, group)) = way.enter().await? else {
            return Err(ServeError::Ended(way.last_word()));
        };
        let (alarms, reads_held) = (Alarms::default(), VecDeque::new());
        let mut task =
            Task { seat: seat.clone(), group, way, domain_name, place, limits, agreed, alarms, reads_held };
        task.take_seat(process).await;
        let (leave, left) = oneshot::channel();
        let mut waiting = Waiting(Some(leave));
        let mut task = tokio::spawn(task.run(left));
        let mut reference = seat.reference.subscribe();
        tokio::select! {
            // The seat, and with it the sender, is here.
            _ = reference.wait_for(Option::is_some) => {}
            ended = &mut task => return Err(ended_early(ended)),
        }
        match waiting.0.take() {
            Some(leave) => Ok(Membership { leave, task }),
            None => Err(ServeError::Ended(Ended::Left)),
        }
    }
}

/// Whoever waits for a member's state; the member leaves if nobody does any more.
struct Waiting(Option<oneshot::Sender<()>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(leave) = self.0.take() {
            // A task that has ended is out already.
            let _ = leave.send(());
        }
    }
}

fn ended_early(ended: Result<Result<Ended, ServeError>, JoinError>) -> ServeError {
    match ended {
        Ok(Ok(why)) => ServeError::Ended(why),
        Ok(Err(error)) => error,
        Err(_) => ServeError::Ended(Ended::Dropped),
    }
}
