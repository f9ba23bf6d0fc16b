//! The channel and its two admins.

use std::sync::{Arc, Weak};

use quorb::{ExceptionKind, Fault, Orb, Proxy, SystemException};

use super::port::{Ports, Role};
use super::pull_consumer::PullProxyConsumer;
use super::pull_supplier::PullProxySupplier;
use super::push_consumer::PushProxyConsumer;
use super::push_supplier::PushProxySupplier;
use super::{CHANNEL_PREFIX, port};
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
}

/// Where proxies come from; consumers and suppliers see different faces of it.
#[derive(Clone)]
struct Admin {
    orb: Orb,
    channel: Arc<LiveChannel>,
}

impl Channel {
    pub(super) fn new(service: &Arc<Service>, channel: Arc<LiveChannel>) -> Result<Channel, SystemException> {
        let adapter = service.orb().adapter();
        let admin = Admin { orb: service.orb().clone(), channel: channel.clone() };
        // A second name of a channel has the same admins.
        let (consumers, suppliers) = (id_of(&channel, CONSUMERS), id_of(&channel, SUPPLIERS));
        let known = adapter.activate_persistent(&consumers, ConsumerAdminServant::new(admin.clone()));
        if let Ok(consumers) = &known {
            channel.ports().also_deactivate(consumers.object().clone());
            let suppliers = adapter.activate_persistent(&suppliers, SupplierAdminServant::new(admin))?;
            channel.ports().also_deactivate(suppliers.object().clone());
        }
        Ok(Channel { service: Arc::downgrade(service), channel })
    }

    fn service(&self) -> Result<Arc<Service>, SystemException> {
        self.service.upgrade().ok_or_else(|| refused(ExceptionKind::ObjectNotExist, "the service has ended"))
    }
}

/// What the ids of admins end with.
const CONSUMERS: &str = "consumers";
const SUPPLIERS: &str = "suppliers";

fn id_of(channel: &LiveChannel, what: &str) -> String {
    format!("{CHANNEL_PREFIX}{}/{what}", channel.name())
}

impl EventChannel for Channel {
    async fn for_consumers(&self) -> Result<ConsumerAdminProxy, Fault> {
        let id = id_of(&self.channel, CONSUMERS);
        Ok(self.service()?.reference_to(&id, ConsumerAdminProxy::interface())?.unchecked())
    }

    async fn for_suppliers(&self) -> Result<SupplierAdminProxy, Fault> {
        let id = id_of(&self.channel, SUPPLIERS);
        Ok(self.service()?.reference_to(&id, SupplierAdminProxy::interface())?.unchecked())
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
        let servant = ProxyPushSupplierServant::new(PushProxySupplier(port.clone()));
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
        let servant = ProxyPushConsumerServant::new(PushProxyConsumer(port.clone()));
        Ok(port.is_at(self.orb.adapter().activate(servant)))
    }

    async fn obtain_pull_consumer(&self) -> Result<ProxyPullConsumerProxy, Fault> {
        let port = self.port(Role::PullSupplier)?;
        let servant = ProxyPullConsumerServant::new(PullProxyConsumer(port.clone()));
        Ok(port.is_at(self.orb.adapter().activate(servant)))
    }
}
