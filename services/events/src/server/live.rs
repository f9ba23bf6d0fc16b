//! A channel in operation: its core, behind a lock, with the tasks that wait for it and the thread of its disk.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, oneshot, watch};

use super::clock::Clock;
use super::group::Batches;
use super::shared::Shared;
use super::spooler::{Spooler, Work};
use crate::Limits;
use crate::block::{Block, BlockError};
use crate::channel::{
    Channel, Delivery, Effects, PublishRefused, Recovered, SubscribeRefused, SubscriberId, Take, TakeRefused,
    Ticket,
};
use crate::corba::Ports;
use crate::native::{
    Accepted, ChannelInfo, ChannelOptions, ChannelReport, Start, SubscribeOptions, WhyEjected, WhyNot,
};
use crate::spool::Spool;
use crate::subject::Pattern;

/// A channel in operation.
pub(crate) struct LiveChannel {
    name: String,
    number: u64,
    life: u64,
    limits: Arc<Limits>,
    clock: Clock,
    /// The lock is held for one event of the core, never across a wait.
    inner: Mutex<Inner>,
    /// Set from the beginning, or when it has been found.
    spool: OnceLock<Arc<dyn Spool>>,
    spooler: Option<Spooler>,
    /// If others have the same channel.
    shared: Option<Shared>,
    ports: Ports,
}

struct Inner {
    core: Channel,
    answers: BTreeMap<Ticket, oneshot::Sender<Result<Accepted, PublishRefused>>>,
    bells: BTreeMap<SubscriberId, Arc<Notify>>,
}

/// Why a block was not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unpublished {
    Refused(PublishRefused),
    BadBlock(BlockError),
    /// A subject of another channel.
    OtherChannel(String),
}

impl LiveChannel {
    /// A channel; with a spool, it goes on where that ends. The number is that of this life of the service.
    pub(crate) fn start(
        name: String,
        (number, life): (u64, u64),
        options: ChannelOptions,
        spool: Option<Arc<dyn Spool>>,
        limits: Arc<Limits>,
    ) -> std::io::Result<Arc<LiveChannel>> {
        let recovered = spool.as_ref().map_or_else(Recovered::default, |spool| spool.recovered());
        let core = Channel::new(options, recovered, limits.clone());
        let (spooler, work) = spool.is_some().then(Spooler::new).unzip();
        let live = Arc::new(LiveChannel {
            spool: spool.clone().map(OnceLock::from).unwrap_or_default(),
            spooler,
            ..LiveChannel::of(name, (number, life), core, limits)
        });
        if let (Some(spooler), Some(work), Some(spool)) = (&live.spooler, work, spool) {
            spooler.spawn(work, spool, Arc::downgrade(&live))?;
        }
        Ok(live)
    }

    /// A channel that others have, too; and who takes what is published to it here, and who tells them whether publishers are
    /// to wait.
    pub(super) fn agreed(
        name: String,
        numbers: (u64, u64),
        core: Channel,
        limits: Arc<Limits>,
    ) -> (Arc<LiveChannel>, Batches, watch::Receiver<bool>) {
        let (shared, batches, wants) = Shared::new(&limits);
        let live = LiveChannel { shared: Some(shared), ..LiveChannel::of(name, numbers, core, limits) };
        (Arc::new(live), batches, wants)
    }

    fn of(name: String, (number, life): (u64, u64), core: Channel, limits: Arc<Limits>) -> LiveChannel {
        LiveChannel {
            name,
            number,
            life,
            limits,
            clock: Clock::new(),
            inner: Mutex::new(Inner { core, answers: BTreeMap::new(), bells: BTreeMap::new() }),
            spool: OnceLock::new(),
            spooler: None,
            shared: None,
            ports: Ports::default(),
        }
    }

    /// What there is beside the rest if others have the same channel.
    pub(super) fn shared(&self) -> Option<&Shared> {
        self.shared.as_ref()
    }

    pub(super) fn spool(&self) -> &OnceLock<Arc<dyn Spool>> {
        &self.spool
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn life(&self) -> u64 {
        self.life
    }

    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    pub(crate) fn options(&self) -> ChannelOptions {
        self.inner().core.options().clone()
    }

    /// Its CORBA proxies.
    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(super) fn look<R>(&self, look: impl FnOnce(&Channel) -> R) -> R {
        look(&self.inner().core)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the events of a block, and waits until they are where the channel promises.
    pub(crate) async fn publish(&self, octets: Bytes) -> Result<Accepted, Unpublished> {
        let block = Block::parse(octets, &self.limits).map_err(Unpublished::BadBlock)?;
        let other = block.subjects().find(|subject| crate::subject::channel_of(subject) != self.name);
        if let Some(other) = other {
            return Err(Unpublished::OtherChannel(other.to_owned()));
        }
        self.publish_block(block).await.map_err(Unpublished::Refused)
    }

    /// [`publish`](LiveChannel::publish), for a block of this channel.
    pub(crate) async fn publish_block(&self, block: Block) -> Result<Accepted, PublishRefused> {
        if let Some(shared) = &self.shared {
            return shared.publishing.publish(block).await;
        }
        let next_sequence = block.first_sequence();
        let answer = {
            let mut inner = self.inner();
            let mut effects = Effects::default();
            let ticket = inner.core.publish(block, self.clock.now(), &mut effects)?;
            // Most are answered at once.
            if let Some(place) = effects.answers.iter().position(|(answered, _)| *answered == ticket) {
                let (_, answer) = effects.answers.swap_remove(place);
                self.carry_out(&mut inner, effects);
                return answer;
            }
            let (sender, answer) = oneshot::channel();
            inner.answers.insert(ticket, sender);
            self.carry_out(&mut inner, effects);
            answer
        };
        answer.await.unwrap_or(Err(PublishRefused { why: WhyNot::Ending, next_sequence }))
    }

    fn carry_out(&self, inner: &mut Inner, effects: Effects) {
        if !effects.spool.is_empty()
            && let Some(spooler) = &self.spooler
        {
            spooler.hand(Work::Append(effects.spool));
        }
        for (ticket, answer) in effects.answers {
            if let Some(sender) = inner.answers.remove(&ticket) {
                // A publisher that has gone away needs no answer.
                let _ = sender.send(answer);
            }
        }
        for id in effects.wake {
            if let Some(bell) = inner.bells.get(&id) {
                bell.notify_one();
            }
        }
    }

    /// Lets the core know what has happened, and does what it says.
    pub(super) fn drive<R>(&self, event: impl FnOnce(&mut Channel, u64, &mut Effects) -> R) -> R {
        let mut inner = self.inner();
        let mut effects = Effects::default();
        let result = event(&mut inner.core, self.clock.now(), &mut effects);
        self.carry_out(&mut inner, effects);
        result
    }

    /// Begins a subscription; a local one is never forgotten. Answers its number and its first position.
    pub(crate) async fn subscribe(
        self: &Arc<Self>,
        pattern: Pattern,
        mut options: SubscribeOptions,
        is_local: bool,
    ) -> Result<(SubscriberId, u64), SubscribeRefused> {
        options.start = self.located(options.start, &pattern).await;
        let mut inner = self.inner();
        let begun = inner.core.subscribe(pattern, options, is_local, self.clock.now())?;
        inner.bells.insert(begun.0, Arc::new(Notify::new()));
        Ok(begun)
    }

    /// Where a subscription begins, if the disk has to be asked for that.
    async fn located(self: &Arc<Self>, start: Start, pattern: &Pattern) -> Start {
        let asks_the_disk = matches!(start, Start::Time(_) | Start::Last(_));
        if asks_the_disk && self.shared.is_some() {
            self.wait_until_copied(self.look(Channel::oldest_in_memory)).await;
        }
        let Some(spool) = self.spool.get().cloned() else { return start };
        let in_memory = {
            let inner = self.inner();
            match start {
                Start::Time(time) => inner.core.position_since(time),
                Start::Last(count) => inner.core.last_matching(count, pattern),
                other => return other,
            }
        };
        if let Some(position) = in_memory {
            return Start::Position(position);
        }
        let oldest_in_memory = self.inner().core.oldest_in_memory();
        let (live, pattern) = (self.clone(), pattern.clone());
        let looked = tokio::task::spawn_blocking(move || match start {
            Start::Time(time) => Start::Position(spool.since(time).unwrap_or(oldest_in_memory)),
            Start::Last(count) => {
                let found = live.inner().core.count_matching(&pattern);
                let left = count.saturating_sub(found);
                Start::Position(super::spooler::nth_before(&*spool, oldest_in_memory, left, &pattern))
            }
            other => other,
        });
        looked.await.unwrap_or(start)
    }

    /// The next events of a subscription, waited for.
    pub(crate) async fn take(
        &self,
        id: SubscriberId,
        taken: u64,
        wait: Duration,
    ) -> Result<Option<Arc<Delivery>>, TakeRefused> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            let bell = self.inner().bells.get(&id).cloned().ok_or(TakeRefused::Unknown)?;
            let took = self.drive(|core, now, effects| core.take(id, taken, now, effects))?;
            self.taken_from();
            match took {
                Take::Ready(delivery) => return Ok(Some(delivery)),
                Take::Read { from, until } => {
                    let Some(until) = self.copied_up_to(from, until, end).await else { return Ok(None) };
                    if let Some(delivery) = self.read(id, from, until).await {
                        return Ok(Some(delivery));
                    }
                }
                Take::Wait if self.inner().core.has_more(id) => {}
                Take::Wait => {
                    if tokio::time::timeout_at(end, bell.notified()).await.is_err() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Reads history on the disk for a subscriber.
    async fn read(&self, id: SubscriberId, from: u64, until: u64) -> Option<Arc<Delivery>> {
        let spool = self.spool.get().cloned()?;
        let bytes_max = self.limits.delivery_bytes_max;
        let read = tokio::task::spawn_blocking(move || spool.read(from, until, bytes_max)).await;
        let part = match read {
            Ok(Ok(part)) => part,
            // What cannot be read is gone, and told as such; the rest of the channel is well.
            Ok(Err(cause)) => {
                tracing::error!(channel = self.name, %cause, "history cannot be read");
                let gone = Some((from, until));
                crate::spool::SpoolPart { blocks: Vec::new(), end: until, gone }
            }
            Err(_) => return None,
        };
        let taken = self.drive(|core, _, _| core.replayed(id, from, part.blocks, part.end, part.gone));
        match taken {
            Take::Ready(delivery) => Some(delivery),
            Take::Read { .. } | Take::Wait => None,
        }
    }

    /// Ends a subscription.
    pub(crate) fn cancel(&self, id: SubscriberId) {
        self.drive(|core, now, effects| core.unsubscribe(id, now, effects));
        let bell = self.inner().bells.remove(&id);
        if let Some(bell) = bell {
            // Whoever waits finds out.
            bell.notify_one();
        }
    }

    pub(crate) fn tick(&self) {
        self.drive(|core, now, effects| core.tick(now, effects));
        let mut inner = self.inner();
        let Inner { core, bells, .. } = &mut *inner;
        bells.retain(|&id, _| core.has_subscriber(id));
        drop(inner);
        self.look_for_laggards();
    }

    /// Ends the channel: publishers are refused, subscribers are told. What was taken is on the disk on return.
    pub(crate) async fn end(&self) {
        self.drive(|core, _, effects| core.end(WhyEjected::ChannelRemoved, effects));
        self.close().await;
    }

    /// Waits until the disk has everything, and lets go of it.
    pub(crate) async fn close(&self) {
        if let Some(spooler) = &self.spooler {
            spooler.stop().await;
        }
        if let Some(shared) = &self.shared {
            shared.end().await;
        }
        if let Some(spool) = self.spool.get() {
            spool.close();
        }
    }

    /// Ends what is here of a channel that goes on: subscribers are not told, and find out when they ask next.
    pub(super) async fn let_go(&self) {
        let bells = std::mem::take(&mut self.inner().bells);
        bells.into_values().for_each(|bell| bell.notify_one());
        self.close().await;
    }

    pub(crate) fn last_sequence(&self, publisher: &str) -> u64 {
        self.inner().core.last_sequence(publisher).unwrap_or_default()
    }

    pub(crate) fn info(&self) -> ChannelInfo {
        let inner = self.inner();
        ChannelInfo {
            name: self.name.clone(),
            number: self.number,
            options: inner.core.options().clone(),
            next: inner.core.next_position(),
            life: self.life,
        }
    }

    pub(crate) fn report(&self) -> ChannelReport {
        let (info, settled) = (self.info(), self.all_settled());
        let inner = self.inner();
        let report = inner.core.report();
        ChannelReport {
            info,
            oldest: inner.core.oldest(),
            published: report.published,
            repeated: report.repeated,
            waiting: u32::try_from(report.waiting).unwrap_or(u32::MAX),
            subscribers: report.subscribers,
            corba_peers: u32::try_from(self.ports.connected()).unwrap_or(u32::MAX),
            settled,
            servers: Vec::new(),
        }
    }
}

impl fmt::Debug for LiveChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveChannel").field("name", &self.name).field("number", &self.number).finish()
    }
}
