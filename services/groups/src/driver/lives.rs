//! A process's lives in its domain: one membership after the other. Whoever was excluded begins another one by itself, where
//! that was asked for ([`Join::rejoins`](super::Join::rejoins)).

use super::call::Call;
use super::error::{Ended, EnterError, Gone};
use super::group::{EnterGroup, Group};
use super::join::Plan;
use super::outbox::Outbox;
use crate::core::{GroupOptions, ProcessId};
use bytes::Bytes;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// The least between the end of a life and the next attempt to begin one.
pub(super) const REJOIN_REST: Duration = Duration::from_millis(50);

/// One membership, to whoever uses it.
#[derive(Debug, Clone)]
pub(super) struct Life {
    /// The first is 0.
    pub(super) number: u64,
    pub(super) process: ProcessId,
    pub(super) calls: mpsc::Sender<Call>,
    pub(super) outbox: Arc<Outbox>,
}

/// A life under way; dropping it ends it as a crash would.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) life: Life,
    pub(super) owner: JoinHandle<Ended>,
    /// Told with the first view.
    pub(super) joined: oneshot::Receiver<()>,
}

impl Running {
    /// Waits for the first view.
    ///
    /// # Errors
    /// Why there was none.
    pub(super) async fn joined(&mut self) -> Result<(), Ended> {
        match (&mut self.joined).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.ended().await),
        }
    }

    async fn ended(&mut self) -> Ended {
        (&mut self.owner).await.unwrap_or(Ended::Dropped)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.owner.abort();
    }
}

/// Keeps the process in its domain.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) plan: Plan,
    pub(super) lives: watch::Sender<Life>,
    /// Asks to leave.
    pub(super) leave: oneshot::Receiver<()>,
    /// How the last life ended.
    pub(super) last_word: Arc<OnceLock<Ended>>,
}

impl Keeper {
    /// Goes on until a life ends that no other one follows.
    pub(super) async fn keep(mut self, running: Running) -> Ended {
        let ended = self.live(running).await;
        // Said before whoever waits for another life is told that none follows. Nobody else says it.
        let _ = self.last_word.set(ended);
        ended
    }

    async fn live(&mut self, mut running: Running) -> Ended {
        let mut leaving = false;
        loop {
            let ended = tokio::select! {
                ended = running.ended() => ended,
                _ = &mut self.leave, if !leaving => {
                    leaving = true;
                    // A life that has ended says why, above.
                    let _ = running.life.calls.send(Call::Leave).await;
                    continue;
                }
            };
            if ended != Ended::Excluded || !self.plan.rejoins || leaving {
                return ended;
            }
            tracing::info!("joining the domain again, as a new member");
            let number = running.life.number + 1;
            let next = tokio::select! {
                next = self.plan.begin_again(number) => next,
                _ = &mut self.leave => return Ended::Left,
            };
            running = match next {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "cannot join the domain again");
                    return ended;
                }
            };
            let joined = tokio::select! {
                joined = running.joined() => joined,
                _ = &mut self.leave => return Ended::Left,
            };
            match joined {
                Ok(()) => drop(self.lives.send_replace(running.life.clone())),
                Err(Ended::Excluded) => tokio::time::sleep(REJOIN_REST).await,
                Err(why) => return why,
            }
        }
    }
}

/// The way into a group, and back into it for a member that was excluded with its process.
#[derive(Debug)]
pub(crate) struct Way {
    pub(super) lives: watch::Receiver<Life>,
    /// The life that it was entered in, or tried to be.
    pub(super) life: Option<u64>,
    pub(super) last_word: Arc<OnceLock<Ended>>,
    pub(super) name: Arc<str>,
    pub(super) options: GroupOptions,
    pub(super) message_bytes_max: usize,
}

impl Way {
    /// Enters the group in the present life, or if it was that one already or it is over, in the next; none if no other life
    /// follows.
    ///
    /// # Errors
    /// When the domain refuses.
    pub(crate) async fn enter(&mut self) -> Result<Option<(ProcessId, Group<Bytes>)>, EnterError> {
        loop {
            let last = self.life;
            let is_next = |life: &Life| last.is_none_or(|last| life.number > last);
            let Ok(life) = self.lives.wait_for(is_next).await.map(|life| life.clone()) else {
                return Ok(None);
            };
            self.life = Some(life.number);
            let process = life.process;
            let enter = EnterGroup::octets(&life, &self.name, self.message_bytes_max).options(self.options);
            match enter.await {
                Ok(group) => return Ok(Some((process, group))),
                // That life has ended, too.
                Err(EnterError::Gone(Gone)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// How the last life ended, after which none follows.
    pub(crate) fn last_word(&self) -> Ended {
        self.last_word.get().copied().unwrap_or(Ended::Dropped)
    }
}
