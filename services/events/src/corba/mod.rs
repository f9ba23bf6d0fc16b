//! OMG's event channels on ours: every channel is one, and every event an `any`.
//!
//! | file | what it is about |
//! |---|---|
//! | `factory` | channels made by omniEvents' and OpenORB's interfaces |
//! | `channel` | the channel and its two admins |
//! | `port` | what the four proxies share: who is connected, and how that ends |
//! | `push_consumer`, `pull_consumer` | suppliers push to it, or are pulled by it |
//! | `push_supplier`, `pull_supplier` | consumers are pushed by it, or pull from it |
//! | `pushing`, `under_way` | how events get to a consumer that is pushed: one by one, or several under way |
//! | `parcel` | an event as consumers are pushed it: made and marshalled once for all of them |
//! | `in_order` | what suppliers have under way is published in the order in which they have sent it |
//! | `event` | from an `any` to an event of a block, and back |
//!
//! ```text
//! EventChannelFactory, omniEvents      the factory
//! EventChannel/NAME                    a channel
//! EventChannel/NAME/pipelined          the same one, for consumers whose brokers keep the order of a connection's calls
//! NAME                                 the same one, if it was made with that InsName
//! ```
//!
//! What CORBA suppliers publish has the channel's name as its subject; CORBA consumers get all subjects of a channel.

mod channel;
mod event;
mod factory;
mod in_order;
mod parcel;
mod port;
mod pull_consumer;
mod pull_supplier;
mod push_consumer;
mod push_supplier;
mod pushing;
mod under_way;

use std::sync::Arc;

use quorb::{ObjectRef, Proxy, SystemException};

use crate::cos::{
    ChannelFactoryProxy, ChannelFactoryServant, MonitoredChannelProxy, MonitoredChannelServant,
};
use crate::server::live::LiveChannel;
use crate::server::service::Service;
use crate::server::{FACTORY_ID, OMNIEVENTS_ID};
use channel::{Channel, Pace};
pub(crate) use event::{Reader, type_octets};
use factory::Factory;
pub(crate) use port::Ports;

/// What the ids of channels begin with.
const CHANNEL_PREFIX: &str = "EventChannel/";

/// What follows the name of a channel whose consumers have several events under way.
const PIPELINED: &str = "pipelined";

/// Activates the factory, and the channels that are there already.
pub(crate) fn activate(service: &Arc<Service>) -> Result<(), SystemException> {
    let adapter = service.orb().adapter();
    for id in [FACTORY_ID, OMNIEVENTS_ID] {
        adapter.activate_persistent(id, ChannelFactoryServant::new(Factory(Arc::downgrade(service))))?;
    }
    adapter.publish(ChannelFactoryProxy::interface());
    service.channels().iter().try_for_each(|channel| activate_channel(service, channel))
}

/// Activates a channel.
pub(crate) fn activate_channel(
    service: &Arc<Service>,
    channel: &Arc<LiveChannel>,
) -> Result<(), SystemException> {
    let id = format!("{CHANNEL_PREFIX}{}", channel.name());
    let servant = Channel::new(service, channel.clone(), Pace::OneByOne)?;
    service.orb().adapter().activate_persistent(&id, MonitoredChannelServant::new(servant))?;
    activate_second(service, channel, &format!("{id}/{PIPELINED}"), Pace::Pipelined)
}

/// Gives a channel a second name: an object key that people choose.
fn activate_alias(
    service: &Arc<Service>,
    channel: &Arc<LiveChannel>,
    id: &str,
) -> Result<(), SystemException> {
    activate_second(service, channel, id, Pace::OneByOne)
}

/// Activates another object of a channel, which ends with it.
fn activate_second(
    service: &Arc<Service>,
    channel: &Arc<LiveChannel>,
    id: &str,
    pace: Pace,
) -> Result<(), SystemException> {
    let servant = Channel::new(service, channel.clone(), pace)?;
    let object = service.orb().adapter().activate_persistent(id, MonitoredChannelServant::new(servant))?;
    channel.ports().also_deactivate(object.object().clone());
    Ok(())
}

/// Takes a channel out of service, and says goodbye to all who are connected.
pub(crate) fn deactivate_channel(service: &Arc<Service>, channel: &Arc<LiveChannel>) {
    withdraw_channel(service, channel);
    channel.ports().end_all(service.orb());
}

/// Takes a channel out of service without a word.
pub(crate) fn withdraw_channel(service: &Service, channel: &LiveChannel) {
    let (adapter, id) = (service.orb().adapter(), format!("{CHANNEL_PREFIX}{}", channel.name()));
    if let Ok(reference) = adapter.reference(&id, MonitoredChannelProxy::interface()) {
        adapter.deactivate(&reference);
    }
    channel.ports().withdraw(service.orb());
}

/// Takes the factory out of service: another service may take its place.
pub(crate) fn deactivate(service: &Service) {
    let adapter = service.orb().adapter();
    for id in [FACTORY_ID, OMNIEVENTS_ID] {
        if let Ok(reference) = adapter.reference(id, ChannelFactoryProxy::interface()) {
            adapter.deactivate(&reference);
        }
    }
}

/// The reference to a channel, at all servers that have it.
fn channel_reference(service: &Service, name: &str) -> Result<ObjectRef, SystemException> {
    service.reference_to(&format!("{CHANNEL_PREFIX}{name}"), MonitoredChannelProxy::interface())
}
