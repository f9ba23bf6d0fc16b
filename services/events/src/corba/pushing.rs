//! How events get to a consumer that is pushed: one after the other, or several under way.
//!
//! **Invariants.** A consumer is sent an event again only if it has certainly not got it, and nothing later than it. What is
//! under way has left in order, over one connection; behind a failure events go one by one until one has arrived.

use std::sync::Arc;

use quorb::value::AnyError;
use quorb::{Completion, ExceptionKind, Fault, Proxy, SystemException};

use super::event::Reader;
use super::parcel::Parcel;
use super::under_way::UnderWay;
use crate::Limits;
use crate::channel::{Delivery, SubscriberId, TakeRefused};
use crate::cos::{Disconnected, PushConsumerProxy};
use crate::server::live::LiveChannel;

/// Pushes to one consumer.
pub(super) struct Pushing {
    limits: Arc<Limits>,
    /// One call after the other, each repeated by the broker as it may be.
    consumer: PushConsumerProxy,
    under_way: UnderWay,
    /// The last event has arrived: further ones may be under way at the same time.
    flows: bool,
    failures: u32,
    reader: Reader,
}

/// The consumer is gone.
pub(super) struct Gone;

/// What came of pushing an event.
enum Pushed {
    /// The consumer has it.
    Arrived,
    /// It was there, and has thrown: that was its chance.
    Refused,
    /// The consumer cannot be reached. Perhaps it has the event.
    InDoubt(SystemException),
    /// The consumer cannot be reached, and has not got the event.
    NotThere(SystemException),
    /// The consumer is gone.
    Gone,
}

impl Pushing {
    /// At most so many events will be under way; with one, they arrive in order at every consumer.
    pub(super) fn new(channel: &LiveChannel, consumer: &PushConsumerProxy, under_way_max: usize) -> Pushing {
        let limits = channel.limits().clone();
        let consumer = consumer.with_deadline(limits.peer_wait_max);
        let under_way = UnderWay::new(&consumer, under_way_max, limits.peer_wait_max);
        let reader = Reader::default();
        Pushing { limits, consumer, under_way, flows: false, failures: 0, reader }
    }

    /// Pushes all that a subscription has, until that or the consumer ends.
    pub(super) async fn push_all(&mut self, channel: &LiveChannel, id: SubscriberId) {
        let mut taken = 0;
        loop {
            let next = tokio::select! {
                biased;
                next = channel.take(id, taken, self.limits.take_wait_max) => next,
                end = self.under_way.next_end(), if !self.under_way.is_empty() => {
                    match self.settle(end).await {
                        Ok(()) => continue,
                        Err(Gone) => return,
                    }
                }
            };
            let delivery = match next {
                Ok(Some(delivery)) => delivery,
                Ok(None) => continue,
                Err(TakeRefused::Unknown | TakeRefused::Ejected { .. }) => {
                    // What was pushed before the end may still arrive.
                    let _ = self.settle_all().await;
                    return;
                }
            };
            taken = delivery.number;
            if let Err(Gone) = self.push_delivery(channel, &delivery).await {
                return;
            }
        }
    }

    async fn push_delivery(&mut self, channel: &LiveChannel, delivery: &Delivery) -> Result<(), Gone> {
        for piece in &delivery.pieces {
            let block = &piece.stored.block;
            for (place, event) in block.events().enumerate().skip(piece.from).take(piece.len()) {
                let reader = &mut self.reader;
                let make = || Ok::<_, AnyError>((reader.any(block, &event)?, event.payload.len()));
                match channel.ports().parcels().at(piece.stored.position(place), make) {
                    Ok(parcel) => self.push(parcel).await?,
                    Err(cause) => {
                        tracing::warn!(channel = channel.name(), %cause, "an event is not what its publisher says");
                    }
                }
            }
        }
        Ok(())
    }

    /// Sends an event on its way, or sees to it that it arrives.
    async fn push(&mut self, parcel: Arc<Parcel>) -> Result<(), Gone> {
        if self.flows && self.under_way.is_full() {
            self.under_way.until_half_have_ended().await;
        }
        while let Some(end) = self.under_way.end_at_hand() {
            self.settle(end).await?;
        }
        while self.flows && self.under_way.is_full() {
            let end = self.under_way.next_end().await;
            self.settle(end).await?;
        }
        if self.flows && self.under_way.takes_several() {
            self.under_way.send(parcel);
            return Ok(());
        }
        self.push_alone(parcel).await
    }

    /// Sees what has come of the oldest event under way, and, if that has failed, of all the others.
    async fn settle(&mut self, (parcel, end): (Arc<Parcel>, PushEnd)) -> Result<(), Gone> {
        let first = Pushed::of(end);
        if let Pushed::Arrived | Pushed::Refused = first {
            self.failures = 0;
            return Ok(());
        }
        self.flows = false;
        let mut ends = vec![(parcel, first)];
        while !self.under_way.is_empty() {
            let (parcel, end) = self.under_way.next_end().await;
            ends.push((parcel, Pushed::of(end)));
        }
        let is_there = |pushed: &Pushed| !matches!(pushed, Pushed::NotThere(_));
        let there = ends.iter().rposition(|(_, pushed)| is_there(pushed)).map_or(0, |last| last + 1);
        let again: Vec<Arc<Parcel>> = ends.split_off(there).into_iter().map(|(parcel, _)| parcel).collect();
        for (_, pushed) in ends {
            match pushed {
                Pushed::Gone => return Err(Gone),
                Pushed::Arrived | Pushed::Refused => {}
                Pushed::InDoubt(exception) | Pushed::NotThere(exception) => {
                    tracing::debug!(%exception, "nobody knows whether a consumer has got an event");
                }
            }
        }
        if again.is_empty() {
            // All at once count as one.
            self.fail().await?;
        }
        for parcel in again {
            self.push_alone(parcel).await?;
        }
        Ok(())
    }

    /// Waits until nothing is under way.
    async fn settle_all(&mut self) -> Result<(), Gone> {
        while !self.under_way.is_empty() {
            let end = self.under_way.next_end().await;
            self.settle(end).await?;
        }
        Ok(())
    }

    /// Pushes an event while no other is under way. It is pushed again only if the consumer has certainly not got it.
    async fn push_alone(&mut self, parcel: Arc<Parcel>) -> Result<(), Gone> {
        loop {
            match Pushed::of(parcel.push_to(&self.consumer).await) {
                Pushed::Arrived => {
                    self.failures = 0;
                    self.flows = true;
                    return Ok(());
                }
                Pushed::Refused => return Ok(()),
                Pushed::Gone => return Err(Gone),
                Pushed::InDoubt(exception) => {
                    tracing::debug!(%exception, "nobody knows whether a consumer has got an event");
                    return self.fail().await;
                }
                Pushed::NotThere(exception) => {
                    tracing::debug!(%exception, "a consumer cannot be reached");
                    self.fail().await?;
                }
            }
        }
    }

    /// Notes a failure, and waits before the next attempt.
    async fn fail(&mut self) -> Result<(), Gone> {
        self.failures += 1;
        if self.failures >= self.limits.peer_failures_max {
            tracing::info!(failures = self.failures, "a consumer is given up");
            return Err(Gone);
        }
        let wait = self.limits.peer_retry_first * 2u32.pow(self.failures.saturating_sub(1).min(16));
        tokio::time::sleep(wait.min(self.limits.peer_wait_max)).await;
        Ok(())
    }
}

/// How a call of `push` has ended.
pub(super) type PushEnd = Result<(), Fault<Disconnected>>;

impl Pushed {
    fn of(end: PushEnd) -> Pushed {
        use ExceptionKind::{CommFailure, NoResponse, Timeout, Transient};
        let exception = match end {
            Ok(()) => return Pushed::Arrived,
            Err(Fault::User(_)) => return Pushed::Gone,
            Err(Fault::System(exception)) => exception,
        };
        if super::push_supplier::is_gone(&exception) {
            return Pushed::Gone;
        }
        if ![CommFailure, NoResponse, Timeout, Transient].contains(&exception.kind()) {
            tracing::debug!(%exception, "a consumer has refused an event");
            return Pushed::Refused;
        }
        match exception.completed() {
            Completion::No => Pushed::NotThere(exception),
            _ => Pushed::InDoubt(exception),
        }
    }
}
