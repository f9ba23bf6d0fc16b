//! `ProxyPullSupplier`: a consumer pulls from it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use quorb::{Any, ExceptionKind, Fault, Proxy};
use tokio::sync::Mutex;

use super::event::Reader;
use super::port::Port;
use super::push_supplier::subscribe;
use crate::channel::{Delivery, SubscriberId};
use crate::cos::{AlreadyConnected, Disconnected, ProxyPullSupplier, PullConsumerProxy, PullSupplier};
use crate::server::refused;

pub(super) struct PullProxySupplier {
    port: Arc<Port>,
    /// Who pulls waits with it: events are given one after the other.
    stock: Arc<Mutex<Stock>>,
}

/// What has been taken from the queue and was not pulled yet.
#[derive(Default)]
struct Stock {
    subscription: Option<SubscriberId>,
    taken: u64,
    events: VecDeque<Any>,
    reader: Reader,
}

impl PullProxySupplier {
    pub(super) fn new(port: Arc<Port>) -> PullProxySupplier {
        PullProxySupplier { port, stock: Arc::default() }
    }

    /// The next event, waited for at most so long.
    async fn next(&self, wait: Duration) -> Result<Option<Any>, Fault<Disconnected>> {
        if !self.port.is_connected() {
            return Err(Fault::User(Disconnected));
        }
        let mut stock = self.stock.lock().await;
        loop {
            if let Some(event) = stock.events.pop_front() {
                return Ok(Some(event));
            }
            let id = stock.subscription.ok_or(Fault::User(Disconnected))?;
            let mut ended = self.port.ended();
            let taken = tokio::select! {
                taken = self.port.channel.take(id, stock.taken, wait) => taken,
                _ = ended.wait_for(|&ended| ended) => return Err(Fault::User(Disconnected)),
                () = self.port.orb().draining() => return Err(refused(ExceptionKind::Transient, "the service ends").into()),
            };
            match taken {
                Ok(Some(delivery)) => stock.fill(&delivery),
                Ok(None) => return Ok(None),
                Err(_) => {
                    self.port.end();
                    return Err(Fault::User(Disconnected));
                }
            }
        }
    }
}

impl Stock {
    fn fill(&mut self, delivery: &Delivery) {
        self.taken = delivery.number;
        for piece in &delivery.pieces {
            let block = &piece.stored.block;
            for event in block.events().skip(piece.from).take(piece.len()) {
                match self.reader.any(block, &event) {
                    Ok(any) => self.events.push_back(any),
                    Err(cause) => tracing::warn!(%cause, "an event is not what its publisher says"),
                }
            }
        }
    }
}

impl PullSupplier for PullProxySupplier {
    async fn pull(&self) -> Result<Any, Fault<Disconnected>> {
        loop {
            if let Some(event) = self.next(self.port.channel.limits().take_wait_max).await? {
                return Ok(event);
            }
        }
    }

    async fn try_pull(&self) -> Result<(Any, bool), Fault<Disconnected>> {
        let event = self.next(Duration::ZERO).await?;
        let has_event = event.is_some();
        // An `any` of nothing would do; some ORBs do not like it.
        Ok((event.unwrap_or_default(), has_event))
    }

    async fn disconnect_pull_supplier(&self) {
        self.port.end();
        let stock = self.stock.lock().await;
        if let Some(id) = stock.subscription {
            self.port.channel.cancel(id);
        }
    }
}

impl ProxyPullSupplier for PullProxySupplier {
    async fn connect_pull_consumer(
        &self,
        pull_consumer: &PullConsumerProxy,
    ) -> Result<(), Fault<AlreadyConnected>> {
        let mut stock = self.stock.lock().await;
        self.port.connect(pull_consumer.object().clone()).map_err(|_| Fault::User(AlreadyConnected))?;
        stock.subscription = Some(subscribe(&self.port.channel).await?);
        Ok(())
    }
}
