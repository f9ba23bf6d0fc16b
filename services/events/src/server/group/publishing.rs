//! From publishers of this server to the order of all: what gathers while the last blocks are agreed on goes together next.

use std::sync::{Arc, Weak};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use super::command::{Command, Outcome};
use crate::Limits;
use crate::block::Block;
use crate::channel::PublishRefused;
use crate::native::{Accepted, WhyNot};
use crate::server::live::LiveChannel;
use crate::server::service::Service;

/// The way of a channel's blocks to the order of all servers.
#[derive(Debug)]
pub(crate) struct Publishing {
    queue: mpsc::Sender<Waiting>,
    /// Publishers may not have to wait any more.
    pub(crate) bell: Arc<Notify>,
}

/// A block on its way.
struct Waiting {
    block: Block,
    answer: oneshot::Sender<Result<Accepted, PublishRefused>>,
}

/// What takes blocks at the other end.
pub(crate) struct Batches {
    queue: mpsc::Receiver<Waiting>,
    bell: Arc<Notify>,
}

/// How long it takes at most until it is noticed that a server which held publishers up is gone.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(50);

impl Publishing {
    pub(crate) fn new(limits: &Limits) -> (Publishing, Batches) {
        let (sender, queue) = mpsc::channel(limits.publishes_waiting_max);
        let bell = Arc::new(Notify::new());
        (Publishing { queue: sender, bell: bell.clone() }, Batches { queue, bell })
    }

    /// Publishes a block, and waits until all servers have it.
    pub(crate) async fn publish(&self, block: Block) -> Result<Accepted, PublishRefused> {
        let next_sequence = block.first_sequence();
        let refused = |why| PublishRefused { why, next_sequence };
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Waiting { block, answer }).map_err(|full| match full {
            mpsc::error::TrySendError::Full(_) => refused(WhyNot::Overloaded),
            mpsc::error::TrySendError::Closed(_) => refused(WhyNot::Ending),
        })?;
        answered.await.unwrap_or(Err(refused(WhyNot::Ending)))
    }
}

impl Batches {
    /// Has blocks agreed on as long as there is a channel to publish to.
    pub(crate) async fn run(mut self, live: Weak<LiveChannel>, service: Weak<Service>) {
        while let Some(first) = self.queue.recv().await {
            let (Some(live), Some(service)) = (live.upgrade(), service.upgrade()) else { return };
            let batch = self.gather(first, live.limits());
            if self.wait_for_room(&live, &service).await {
                agree(batch, &live, &service).await;
            } else {
                refuse(batch, WhyNot::SlowSubscriber);
            }
        }
    }

    /// What goes together.
    fn gather(&mut self, first: Waiting, limits: &Limits) -> Vec<Waiting> {
        let mut bytes = first.block.octets().len();
        let mut batch = vec![first];
        while batch.len() < limits.batch_blocks_max && bytes < limits.batch_bytes_max {
            let Ok(more) = self.queue.try_recv() else { break };
            bytes += more.block.octets().len();
            batch.push(more);
        }
        batch
    }

    /// Waits until no server holds publishers up. False if that takes too long.
    async fn wait_for_room(&self, live: &LiveChannel, service: &Service) -> bool {
        let end = Instant::now() + live.limits().publish_wait_max;
        loop {
            let rung = self.bell.notified();
            if !service.is_held(live) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            // Cancelled with the wait: nothing is lost.
            let _ = tokio::time::timeout(LOOK_AGAIN, rung).await;
        }
    }
}

async fn agree(batch: Vec<Waiting>, live: &LiveChannel, service: &Service) {
    let blocks: Vec<Block> = batch.iter().map(|waiting| waiting.block.clone()).collect();
    let outcome = service.order(Command::publish(live.life(), &blocks)).await;
    match outcome {
        Ok(Outcome::Placed(places)) if places.len() == batch.len() => {
            for (Waiting { block, answer }, accepted) in batch.into_iter().zip(places) {
                let answered = match accepted.last {
                    0 => Err(PublishRefused { why: WhyNot::Store, next_sequence: block.first_sequence() }),
                    _ => Ok(accepted),
                };
                // A publisher that has gone away needs no answer.
                let _ = answer.send(answered);
            }
        }
        Ok(_) => refuse(batch, WhyNot::Ending),
        Err(exception) => {
            tracing::warn!(channel = live.name(), %exception, "blocks may not have been agreed on");
            refuse(batch, WhyNot::NotAgreed);
        }
    }
}

fn refuse(batch: Vec<Waiting>, why: WhyNot) {
    for Waiting { block, answer } in batch {
        let _ = answer.send(Err(PublishRefused { why, next_sequence: block.first_sequence() }));
    }
}

/// Lets all servers know whether publishers are to wait for subscribers of this one.
pub(crate) async fn tell_holds(
    mut wanted: tokio::sync::watch::Receiver<bool>,
    live: Weak<LiveChannel>,
    service: Weak<Service>,
) {
    let mut told = false;
    loop {
        let wants = *wanted.borrow_and_update();
        if wants != told {
            let (Some(live), Some(service)) = (live.upgrade(), service.upgrade()) else { return };
            match service.hold(&live, wants).await {
                Ok(_) => told = wants,
                // It is said again when it is looked at next.
                Err(exception) => {
                    tracing::debug!(channel = live.name(), %exception, "not told whether publishers wait");
                    drop((live, service));
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
            }
            continue;
        }
        if wanted.changed().await.is_err() {
            return;
        }
    }
}
