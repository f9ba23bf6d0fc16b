//! Where channels come from: omniEvents' factory, which is a factory of OMG's life cycle service.

use quorb::{Any, Exception, Fault, IdlType, ObjectRef, interface};

use super::{EventChannel, EventChannelProxy};

/// A component of the key that says what is to be made: `CosNaming::NameComponent`.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:omg.org/CosNaming/NameComponent:1.0", name = "NameComponent")]
pub struct KeyComponent {
    /// What stands before the dot.
    pub id: String,
    /// What stands behind it.
    pub kind: String,
}

/// A criterion.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:omg.org/CosLifeCycle/NVP:1.0", name = "NVP")]
pub struct NameValuePair {
    /// What is asked for.
    pub name: String,
    /// How it is to be.
    pub value: Any,
}

/// `CosLifeCycle::GenericFactory`.
#[interface(id = "IDL:omg.org/CosLifeCycle/GenericFactory:1.0")]
pub trait GenericFactory {
    /// Whether it makes what a key names.
    #[update]
    #[parameters(k)]
    async fn supports(&self, k: &[KeyComponent]) -> bool;

    /// Makes an object.
    #[update]
    #[parameters(k, the_criteria)]
    async fn create_object(
        &self,
        k: &[KeyComponent],
        the_criteria: &[NameValuePair],
    ) -> Result<ObjectRef, Fault<CreateError>>;
}

/// `FT::PullMonitorable`.
#[interface(id = "IDL:omg.org/FT/PullMonitorable:1.0")]
pub trait PullMonitorable {
    /// Whether it is alive.
    #[update]
    async fn is_alive(&self) -> bool;
}

/// `EventChannelAdmin::EventChannelFactory`, the name of the factory in earlier versions of omniEvents.
#[interface(id = "IDL:EventChannelAdmin/EventChannelFactory:1.0")]
pub trait OldFactory: GenericFactory {}

/// OpenORB's factory: channels by name.
#[interface(id = "IDL:openorb.org/event/EventChannelFactory:1.0")]
pub trait NamedChannels {
    /// Makes a channel.
    #[update]
    async fn create_channel(&self, channel_name: &str) -> Result<EventChannelProxy, Fault<NameAlreadyUsed>>;

    /// Looks for a channel.
    #[update]
    async fn join_channel(
        &self,
        channel_name: &str,
    ) -> Result<EventChannelProxy, Fault<EventChannelNotFound>>;
}

/// omniEvents' factory.
#[interface(id = "IDL:omni/omniEvents/EventChannelFactory:1.0")]
pub trait ChannelFactory: OldFactory + PullMonitorable + NamedChannels {}

/// omniEvents' channel.
#[interface(id = "IDL:omni/omniEvents/EventChannel:1.0")]
pub trait MonitoredChannel: EventChannel + PullMonitorable {}

/// What making an object raises.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum CreateError {
    /// Nothing of that kind is made here.
    NoFactory(NoFactory),
    /// Criteria that mean nothing.
    InvalidCriteria(InvalidCriteria),
    /// Criteria that cannot be met.
    CannotMeetCriteria(CannotMeetCriteria),
}

/// Nothing of that kind is made here.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:omg.org/CosLifeCycle/NoFactory:1.0")]
pub struct NoFactory {
    /// The key.
    pub search_key: Vec<KeyComponent>,
}

/// Criteria that mean nothing here.
#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:omg.org/CosLifeCycle/InvalidCriteria:1.0")]
pub struct InvalidCriteria {
    /// Those.
    pub invalid_criteria: Vec<NameValuePair>,
}

/// Criteria that cannot be met.
#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:omg.org/CosLifeCycle/CannotMeetCriteria:1.0")]
pub struct CannotMeetCriteria {
    /// Those.
    pub unmet_criteria: Vec<NameValuePair>,
}

/// There is a channel of this name.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:openorb.org/event/NameAlreadyUsed:1.0")]
pub struct NameAlreadyUsed;

/// There is no channel of this name.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:openorb.org/event/EventChannelNotFound:1.0")]
pub struct EventChannelNotFound;
