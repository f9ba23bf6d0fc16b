//! What C++ consumers take at most: pushed by a loop, with no channel in between; and a CORBA supplier of our own.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use quorb::{Any, Fault as CallFault, Orb, Proxy};
use quorb_events::cos::{
    AlreadyConnected, ConnectError, ConsumerAdmin, ConsumerAdminProxy, ConsumerAdminServant, Disconnected,
    EventChannel, EventChannelProxy, EventChannelServant, ProxyPullSupplierProxy, ProxyPushSupplier,
    ProxyPushSupplierProxy, ProxyPushSupplierServant, PushConsumerProxy, PushSupplier, PushSupplierProxy,
    SupplierAdminProxy,
};
use tokio::sync::mpsc;

use crate::Fault;

/// Events under way to one consumer.
const UNDER_WAY: usize = 64;

/// A channel that does nothing but tell of its consumers.
struct Hollow {
    consumers: ConsumerAdminProxy,
}

/// The admin and the proxies of it.
#[derive(Clone)]
struct Door {
    orb: Orb,
    arrived: mpsc::UnboundedSender<PushConsumerProxy>,
}

/// A hollow channel in a broker: its address, and where its consumers come out.
pub(crate) fn hollow(orb: &Orb) -> Result<(String, mpsc::UnboundedReceiver<PushConsumerProxy>), Fault> {
    let (arrived, consumers) = mpsc::unbounded_channel();
    let admin = orb.adapter().activate(ConsumerAdminServant::new(Door { orb: orb.clone(), arrived }));
    orb.adapter().activate_persistent("hollow", EventChannelServant::new(Hollow { consumers: admin }))?;
    let address = orb.addresses().first().map(ToString::to_string).unwrap_or_default();
    Ok((format!("corbaloc::{address}/hollow"), consumers))
}

impl EventChannel for Hollow {
    async fn for_consumers(&self) -> Result<ConsumerAdminProxy, CallFault> {
        Ok(self.consumers.clone())
    }

    async fn for_suppliers(&self) -> Result<SupplierAdminProxy, CallFault> {
        Ok(SupplierAdminProxy::nil())
    }

    async fn destroy(&self) -> Result<(), CallFault> {
        Ok(())
    }
}

impl ConsumerAdmin for Door {
    async fn obtain_push_supplier(&self) -> Result<ProxyPushSupplierProxy, CallFault> {
        Ok(self.orb.adapter().activate(ProxyPushSupplierServant::new(self.clone())))
    }

    async fn obtain_pull_supplier(&self) -> Result<ProxyPullSupplierProxy, CallFault> {
        Ok(ProxyPullSupplierProxy::nil())
    }
}

impl PushSupplier for Door {
    async fn disconnect_push_supplier(&self) {}
}

impl ProxyPushSupplier for Door {
    async fn connect_push_consumer(
        &self,
        consumer: &PushConsumerProxy,
    ) -> Result<(), CallFault<ConnectError>> {
        // Who does not listen any more needs no consumers.
        let _ = self.arrived.send(consumer.clone());
        Ok(())
    }
}

/// Calls that are under way, in order.
type Calls = VecDeque<Pin<Box<dyn Future<Output = Result<(), CallFault<Disconnected>>> + Send>>>;

/// Pushes numbered events to a consumer, or to a proxy that stands for some, many under way.
pub(crate) async fn pour(consumer: PushConsumerProxy, events: usize, size: usize) -> Result<(), Fault> {
    let pushed = |fault: CallFault<Disconnected>| Fault::Wrong(format!("a push has failed: {fault}"));
    // It opens the connection.
    consumer.push(&numbered(0, size)?).await.map_err(pushed)?;
    let mut options = consumer.object().options();
    options.at_once = true;
    let quick = consumer.with_options(options);
    let mut calls = Calls::new();
    for number in 1..events {
        if calls.len() >= UNDER_WAY
            && let Some(oldest) = calls.pop_front()
        {
            oldest.await.map_err(pushed)?;
        }
        let (quick, event) = (quick.clone(), numbered(number, size)?);
        calls.push_back(Box::pin(async move { quick.push(&event).await }));
        if let Some(newest) = calls.back_mut()
            && let Poll::Ready(end) = poll_fn(|cx| Poll::Ready(newest.as_mut().poll(cx))).await
        {
            calls.pop_back();
            end.map_err(pushed)?;
        }
    }
    for call in calls {
        call.await.map_err(pushed)?;
    }
    Ok(())
}

/// A string with a number in front, as the C++ program has it.
fn numbered(number: usize, size: usize) -> Result<Any, Fault> {
    Any::new(&format!("{number:<size$}")).map_err(|cause| Fault::Wrong(cause.to_string()))
}

/// Supplies a channel by OMG's interfaces, many pushes under way.
pub(crate) async fn supply(channel: &str, events: usize, size: usize) -> Result<(), Fault> {
    let wrong = |fault: &dyn std::fmt::Display| Fault::Wrong(format!("no supplier: {fault}"));
    let orb = Orb::client().await?;
    let channel: EventChannelProxy = orb.bind(channel)?;
    let admin = channel.for_suppliers().await.map_err(|fault| wrong(&fault))?;
    let proxy = admin.obtain_push_consumer().await.map_err(|fault| wrong(&fault))?;
    let connected: Result<(), CallFault<AlreadyConnected>> =
        proxy.connect_push_supplier(&PushSupplierProxy::nil()).await;
    connected.map_err(|fault| wrong(&fault))?;
    pour(proxy.object().unchecked(), events, size).await?;
    orb.shutdown(std::time::Duration::ZERO).await;
    Ok(())
}
