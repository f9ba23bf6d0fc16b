//! `ProxyPushConsumer`: a supplier pushes to it.

use std::sync::Arc;

use quorb::{Any, Completion, ExceptionKind, Fault, Minor, Proxy, SystemException};

use super::event::block_of;
use super::port::Port;
use crate::block::Block;
use crate::cos::{AlreadyConnected, Disconnected, ProxyPushConsumer, PushConsumer, PushSupplierProxy};
use crate::native::WhyNot;
use crate::server::live::LiveChannel;
use crate::server::refused;

pub(super) struct PushProxyConsumer(pub(super) Arc<Port>);

impl PushConsumer for PushProxyConsumer {
    async fn push(&self, data: &Any) -> Result<(), Fault<Disconnected>> {
        if !self.0.is_connected() {
            return Err(Fault::User(Disconnected));
        }
        Ok(publish(&self.0.channel, data).await?)
    }

    async fn disconnect_push_consumer(&self) {
        // It has asked for it, and needs not be told.
        self.0.end();
    }
}

impl ProxyPushConsumer for PushProxyConsumer {
    async fn connect_push_supplier(
        &self,
        push_supplier: &PushSupplierProxy,
    ) -> Result<(), Fault<AlreadyConnected>> {
        self.0.connect(push_supplier.object().clone()).map_err(|_| Fault::User(AlreadyConnected))
    }
}

/// Publishes an `any`, and waits as long as the channel wants its publishers to wait.
pub(super) async fn publish(channel: &LiveChannel, any: &Any) -> Result<(), SystemException> {
    let block = block_of(channel.name(), any).map_err(|cause| refused(ExceptionKind::BadParam, cause))?;
    let limits = channel.limits();
    // Written here from what a stranger has sent: its size is the only thing that may be wrong with it.
    let block = Block::parse(block.octets().clone(), limits)
        .map_err(|cause| refused(ExceptionKind::ImpLimit, cause))?;
    match channel.publish_block(block).await {
        Ok(_) => Ok(()),
        Err(not) => Err(match not.why {
            WhyNot::Overloaded => refused(ExceptionKind::Transient, "limit publishes_waiting_max reached"),
            WhyNot::SlowSubscriber => {
                refused(ExceptionKind::Transient, "a slow subscriber has made no room in publish_wait_max")
            }
            WhyNot::Store => refused(ExceptionKind::PersistStore, "the event could not be written down"),
            WhyNot::Ending => refused(ExceptionKind::ObjectNotExist, "the channel ends"),
            WhyNot::NotAgreed => {
                // Nobody knows: it is not published again by itself.
                let unknown = "the servers may not have agreed on the event";
                SystemException::new(ExceptionKind::CommFailure, Minor::UNSPECIFIED, Completion::Maybe)
                    .because(unknown)
            }
        }),
    }
}
