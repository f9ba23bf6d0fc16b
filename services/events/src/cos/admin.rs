//! `CosEventChannelAdmin`: channels, and the proxies by which suppliers and consumers are connected to them.

use quorb::{Exception, Fault, interface};

use super::{
    PullConsumer, PullConsumerProxy, PullSupplier, PullSupplierProxy, PushConsumer, PushConsumerProxy,
    PushSupplier, PushSupplierProxy,
};

/// The channel as a supplier sees it that pushes.
#[interface(id = "IDL:omg.org/CosEventChannelAdmin/ProxyPushConsumer:1.0")]
pub trait ProxyPushConsumer: PushConsumer {
    /// Connects a supplier; a nil one is connected, and not told when the channel ends.
    #[update]
    async fn connect_push_supplier(
        &self,
        push_supplier: &PushSupplierProxy,
    ) -> Result<(), Fault<AlreadyConnected>>;
}

/// The channel as a consumer sees it that pulls.
#[interface(id = "IDL:omg.org/CosEventChannelAdmin/ProxyPullSupplier:1.0")]
pub trait ProxyPullSupplier: PullSupplier {
    /// Connects a consumer; a nil one is connected, and not told when the channel ends.
    #[update]
    async fn connect_pull_consumer(
        &self,
        pull_consumer: &PullConsumerProxy,
    ) -> Result<(), Fault<AlreadyConnected>>;
}

/// The channel as a supplier sees it that is pulled.
#[interface(id = "IDL:omg.org/CosEventChannelAdmin/ProxyPullConsumer:1.0")]
pub trait ProxyPullConsumer: PullConsumer {
    /// Connects a supplier. BAD_PARAM if it is nil.
    #[update]
    async fn connect_pull_supplier(
        &self,
        pull_supplier: &PullSupplierProxy,
    ) -> Result<(), Fault<ConnectError>>;
}

/// The channel as a consumer sees it that is pushed.
#[interface(id = "IDL:omg.org/CosEventChannelAdmin/ProxyPushSupplier:1.0")]
pub trait ProxyPushSupplier: PushSupplier {
    /// Connects a consumer. BAD_PARAM if it is nil.
    #[update]
    async fn connect_push_consumer(
        &self,
        push_consumer: &PushConsumerProxy,
    ) -> Result<(), Fault<ConnectError>>;
}

/// Where consumers get their proxies.
#[interface(id = "IDL:omg.org/CosEventChannelAdmin/ConsumerAdmin:1.0")]
pub trait ConsumerAdmin {
    /// A proxy that pushes.
    #[update]
    async fn obtain_push_supplier(&self) -> Result<ProxyPushSupplierProxy, Fault>;

    /// A proxy that is pulled.
    #[update]
    async fn obtain_pull_supplier(&self) -> Result<ProxyPullSupplierProxy, Fault>;
}

/// Where suppliers get their proxies.
#[interface(id = "IDL:omg.org/CosEventChannelAdmin/SupplierAdmin:1.0")]
pub trait SupplierAdmin {
    /// A proxy that is pushed.
    #[update]
    async fn obtain_push_consumer(&self) -> Result<ProxyPushConsumerProxy, Fault>;

    /// A proxy that pulls.
    #[update]
    async fn obtain_pull_consumer(&self) -> Result<ProxyPullConsumerProxy, Fault>;
}

/// A channel.
#[interface(id = "IDL:omg.org/CosEventChannelAdmin/EventChannel:1.0")]
pub trait EventChannel {
    /// Where consumers get their proxies.
    #[update]
    async fn for_consumers(&self) -> Result<ConsumerAdminProxy, Fault>;

    /// Where suppliers get their proxies.
    #[update]
    async fn for_suppliers(&self) -> Result<SupplierAdminProxy, Fault>;

    /// Ends the channel, and disconnects everybody.
    #[update]
    async fn destroy(&self) -> Result<(), Fault>;
}

/// What connecting raises.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum ConnectError {
    /// Somebody is connected.
    AlreadyConnected(AlreadyConnected),
    /// It is of a type that the channel does not take.
    TypeError(TypeError),
}

/// Somebody is connected.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:omg.org/CosEventChannelAdmin/AlreadyConnected:1.0")]
pub struct AlreadyConnected;

/// Who is to be connected is of a type that the channel does not take.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:omg.org/CosEventChannelAdmin/TypeError:1.0")]
pub struct TypeError;
