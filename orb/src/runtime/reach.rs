//! Reaching one of several endpoints.

use std::sync::Arc;
use std::time::Duration;

use super::connect::ConnectError;
use super::progress::Progress;
use super::race::{Race, race};
use super::{Address, Connection, Endpoint, Orb};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::proto::health::Health;

impl Orb {
    /// A connection to one of the candidates: those that are well before those that have failed lately, and among them in
    /// order, the next one `connect_stagger` after the one before it. None if none can be reached. Cancellation safe.
    ///
    /// A request is written only when this has ended: however many are tried, one gets it.
    ///
    /// # Errors
    /// BAD_INV_ORDER if this broker has been shut down.
    pub(super) async fn reach(
        &self,
        mut candidates: Vec<Arc<Endpoint>>,
        progress: &mut Progress,
    ) -> Result<Option<(Arc<Connection>, Arc<Endpoint>)>, SystemException> {
        let now = self.shared.clock.now();
        {
            let health = self.health();
            candidates.sort_by_key(|endpoint| {
                progress.choice(endpoint, || health.is_resting(&endpoint.address, now))
            });
        }
        // Of a call that one server may have executed, only that one can tell: it gets the time it needs.
        let stagger = if progress.is_bound() { NEVER } else { self.limits().connect_stagger };
        let attempts = candidates.iter().cloned().map(|endpoint| {
            let orb = self.clone();
            async move { orb.connect(&endpoint).await.map(|connection| (connection, endpoint)) }
        });
        let mut is_stopped = false;
        let record = |event| match event {
            Race::Started(number) => progress.connects(&candidates[number]),
            Race::Failed(number, cause) => {
                is_stopped |= matches!(cause, ConnectError::Stopped);
                self.health().failed(&candidates[number].address, self.shared.clock.now());
                progress.not_reached(&candidates[number], &cause);
            }
            Race::Overtaken(number) => {
                self.health().failed(&candidates[number].address, self.shared.clock.now());
                progress.not_reached(&candidates[number], &"no answer before another one was there");
            }
        };
        let winner = race(attempts.collect::<Vec<_>>().into_iter(), stagger, record).await;
        if let Some((_, endpoint)) = &winner {
            self.health().well(&endpoint.address);
        }
        match winner {
            None if is_stopped => Err(stopped()),
            winner => Ok(winner),
        }
    }

    /// A server goes out of service, or gives no sign of life: others are asked before it.
    pub(super) fn note_leaving(&self, address: &Address) {
        self.health().failed(address, self.shared.clock.now());
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health<Address>> {
        self.shared.health.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A wait without an end of its own.
const NEVER: Duration = Duration::from_secs(365 * 86_400);

/// This broker makes no calls any more.
pub(super) fn stopped() -> SystemException {
    SystemException::new(ExceptionKind::BadInvOrder, Minor::BROKER_STOPPED, Completion::No)
        .at(Stage::Resolving)
}
