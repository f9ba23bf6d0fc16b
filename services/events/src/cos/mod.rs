//! The interfaces of event channels as they are on the wire: OMG's (Event Service 1.2), and what omniEvents has beside them.
//!
//! They are the same as Debian's IDL files say; a test of the interoperability suite compares them.

mod admin;
mod comm;
mod factory;

pub use admin::{
    AlreadyConnected, ConnectError, ConsumerAdmin, ConsumerAdminBlocking, ConsumerAdminProxy,
    ConsumerAdminServant, EventChannel, EventChannelBlocking, EventChannelProxy, EventChannelServant,
    ProxyPullConsumer, ProxyPullConsumerBlocking, ProxyPullConsumerProxy, ProxyPullConsumerServant,
    ProxyPullSupplier, ProxyPullSupplierBlocking, ProxyPullSupplierProxy, ProxyPullSupplierServant,
    ProxyPushConsumer, ProxyPushConsumerBlocking, ProxyPushConsumerProxy, ProxyPushConsumerServant,
    ProxyPushSupplier, ProxyPushSupplierBlocking, ProxyPushSupplierProxy, ProxyPushSupplierServant,
    SupplierAdmin, SupplierAdminBlocking, SupplierAdminProxy, SupplierAdminServant, TypeError,
};
pub use comm::{
    Disconnected, PullConsumer, PullConsumerBlocking, PullConsumerProxy, PullConsumerServant, PullSupplier,
    PullSupplierBlocking, PullSupplierProxy, PullSupplierServant, PushConsumer, PushConsumerBlocking,
    PushConsumerProxy, PushConsumerServant, PushSupplier, PushSupplierBlocking, PushSupplierProxy,
    PushSupplierServant,
};
pub use factory::{
    CannotMeetCriteria, ChannelFactory, ChannelFactoryBlocking, ChannelFactoryProxy, ChannelFactoryServant,
    CreateError, EventChannelNotFound, GenericFactory, GenericFactoryBlocking, GenericFactoryProxy,
    GenericFactoryServant, InvalidCriteria, KeyComponent, MonitoredChannel, MonitoredChannelBlocking,
    MonitoredChannelProxy, MonitoredChannelServant, NameAlreadyUsed, NameValuePair, NamedChannels,
    NamedChannelsBlocking, NamedChannelsProxy, NamedChannelsServant, NoFactory, OldFactory,
    OldFactoryBlocking, OldFactoryProxy, OldFactoryServant, PullMonitorable, PullMonitorableBlocking,
    PullMonitorableProxy, PullMonitorableServant,
};
