//! The channel and its two admins.

use std::sync::{Arc, Weak};

use quorb::{ExceptionKind, Fault, Orb, Proxy, SystemException};

use super::in_order::InOrder;
use super::port::{Ports, Role};
use super::pull_consumer::PullProxyConsumer;
use super::pull_supplier::PullProxySupplier;
use super::push_consumer::PushProxyConsumer;
use super::push_supplier::PushProxySupplier;
use super::{CHANNEL_PREFIX, PIPELINED, port};
use crate::cos::{
    ConsumerAdmin, ConsumerAdminProxy, ConsumerAdminServant, EventChannel, MonitoredChannel,
    ProxyPullConsumerProxy, ProxyPullConsumerServant, ProxyPullSupplierProxy, ProxyPullSupplierServant,
    ProxyPushConsumerProxy, ProxyPushConsumerServant, ProxyPushSupplierProxy, ProxyPushSupplierServant,
    PullMonitorable, SupplierAdmin, SupplierAdminProxy, SupplierAdminServant,
};
use crate::server::live::LiveChannel;
use crate::server::refused;
use crate::server::service::Service;

/// A channel.
pub(super) struct Channel {
    service: Weak<Service>,
    channel: Arc<LiveChannel>,
    /// The ids of its admins.
    consumers: String,
    suppliers: String,
}

/// Where proxies come from; consumers and suppliers see different faces of it.
#[derive(Clone)]
struct Admin {
    orb: Orb,
    channel: Arc<LiveChannel>,
    /// So many events may be under way to one consumer.
    under_way_max: usize,
}

/// How a channel pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// One event after the other to each consumer.
    OneByOne,
    /// Several under way to each consumer.
    Pipelined,
}

impl Channel {
    pub(super) fn new(
        service: &Arc<Service>,
        channel: Arc<LiveChannel>,
        pace: Pace,
    ) -> Result<Channel, SystemException> {
        let adapter = service.orb().adapter();
        let (place, under_way_max) = match pace {
            Pace::OneByOne => (String::new(), 1),
            Pace::Pipelined => (format!("/{PIPELINED}"), channel.limits().pushes_under_way_max),
        };
        let admin = Admin { orb: service.orb().clone(), channel: channel.clone(), under_way_max };
        let id = |what| format!("{CHANNEL_PREFIX}{}{place}/{what}", channel.name());
        // A second name of a channel has the same admins.
        let (consumers, suppliers) = (id("consumers"), id("suppliers"));
        let known = adapter.activate_persistent(&consumers, ConsumerAdminServant::new(admin.clone()));
        if let Ok(admin_of_consumers) = &known {
            channel.ports().also_deactivate(admin_of_consumers.object().clone());
            let admin_of_suppliers =
                adapter.activate_persistent(&suppliers, SupplierAdminServant::new(admin))?;
            channel.ports().also_deactivate(admin_of_suppliers.object().clone());
        }
        Ok(Channel { service: Arc::downgrade(service), channel, consumers, suppliers })
    }

    fn service(&self) -> Result<Arc<Service>, SystemException> {
        self.service.upgrade().ok_or_else(|| refused(ExceptionKind::ObjectNotExist, "the service has ended"))
    }
}

impl EventChannel for Channel {
    async fn for_consumers(&self) -> Result<ConsumerAdminProxy, Fault> {
        Ok(self.service()?.reference_to(&self.consumers, ConsumerAdminProxy::interface())?.unchecked())
    }

    async fn for_suppliers(&self) -> Result<SupplierAdminProxy, Fault> {
        Ok(self.service()?.reference_to(&self.suppliers, SupplierAdminProxy::interface())?.unchecked())
    }

    async fn destroy(&self) -> Result<(), Fault> {
        self.service()?.remove(self.channel.name()).await?;
        Ok(())
    }
}

impl PullMonitorable for Channel {
    async fn is_alive(&self) -> bool {
        true
    }
}

impl MonitoredChannel for Channel {}

impl Admin {
    fn port(&self, role: Role) -> Result<Arc<port::Port>, SystemException> {
        Ports::begin(&self.channel, &self.orb, role)
    }
}

impl ConsumerAdmin for Admin {
    async fn obtain_push_supplier(&self) -> Result<ProxyPushSupplierProxy, Fault> {
        let port = self.port(Role::PushConsumer)?;
        let servant = ProxyPushSupplierServant::new(PushProxySupplier {
            port: port.clone(),
            under_way_max: self.under_way_max,
        });
        Ok(port.is_at(self.orb.adapter().activate(servant)))
    }

    async fn obtain_pull_supplier(&self) -> Result<ProxyPullSupplierProxy, Fault> {
        let port = self.port(Role::PullConsumer)?;
        let servant = ProxyPullSupplierServant::new(PullProxySupplier::new(port.clone()));
        Ok(port.is_at(self.orb.adapter().activate(servant)))
    }
}

impl SupplierAdmin for Admin {
    async fn obtain_push_consumer(&self) -> Result<ProxyPushConsumerProxy, Fault> {
        let port = self.port(Role::PushSupplier)?;
        let servant = InOrder::new(ProxyPushConsumerServant::new(PushProxyConsumer(port.clone())));
        Ok(port.is_at(self.orb.adapter().activate(servant)))
    }

    async fn obtain_pull_consumer(&self) -> Result<ProxyPullConsumerProxy, Fault> {
        let port = self.port(Role::PullSupplier)?;
        let servant = ProxyPullConsumerServant::new(PullProxyConsumer(port.clone()));
        Ok(port.is_at(self.orb.adapter().activate(servant)))
    }
}
