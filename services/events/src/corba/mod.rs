//! OMG's event channels on ours: every channel is one, and every event an `any`.
//!
//! | file | what it is about |
//! |---|---|
//! | `factory` | channels made by omniEvents' and OpenORB's interfaces |
//! | `channel` | the channel and its two admins |
//! | `port` | what the four proxies share: who is connected, and how that ends |
//! | `push_consumer`, `pull_consumer` | suppliers push to it, or are pulled by it |
//! | `push_supplier`, `pull_supplier` | consumers are pushed by it, or pull from it |
//! | `event` | from an `any` to an event of a block, and back |
//!
//! ```text
//! EventChannelFactory, omniEvents      the factory
//! EventChannel/NAME                    a channel
//! NAME                                 the same one, if it was made with that InsName
//! ```
//!
//! What CORBA suppliers publish has the channel's name as its subject; CORBA consumers get all subjects of a channel.

mod channel;
mod event;
mod factory;
mod port;
mod pull_consumer;
mod pull_supplier;
mod push_consumer;
mod push_supplier;

use std::sync::Arc;

use quorb::{ObjectRef, Proxy, SystemException};

use crate::cos::{
    ChannelFactoryProxy, ChannelFactoryServant, MonitoredChannelProxy, MonitoredChannelServant,
};
use crate::server::live::LiveChannel;
use crate::server::service::Service;
use crate::server::{FACTORY_ID, OMNIEVENTS_ID};
use channel::Channel;
pub(crate) use event::{Reader, type_octets};
use factory::Factory;
pub(crate) use port::Ports;

/// What the ids of channels begin with.
const CHANNEL_PREFIX: &str = "EventChannel/";

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
    let servant = Channel::new(service, channel.clone())?;
    service.orb().adapter().activate_persistent(&id, MonitoredChannelServant::new(servant))?;
    Ok(())
}

/// Gives a channel a second name: an object key that people choose.
fn activate_alias(
    service: &Arc<Service>,
    channel: &Arc<LiveChannel>,
    id: &str,
) -> Result<(), SystemException> {
    let servant = Channel::new(service, channel.clone())?;
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
