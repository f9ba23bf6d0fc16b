//! `ProxyPushSupplier`: it pushes to a consumer.

use std::sync::Arc;
use std::time::Duration;

use quorb::{ExceptionKind, Fault, Proxy, SystemException};

use super::port::Port;
use super::pushing::Pushing;
use crate::channel::SubscriberId;
use crate::cos::{
    AlreadyConnected, ConnectError, ProxyPushSupplier, PushConsumerProxy, PushSupplier, TypeError,
};
use crate::native::SubscribeOptions;
use crate::server::live::LiveChannel;
use crate::server::refused;
use crate::subject::Pattern;

/// The proxy of a consumer that is pushed.
pub(super) struct PushProxySupplier {
    pub(super) port: Arc<Port>,
    /// So many events may be under way to it.
    pub(super) under_way_max: usize,
}

impl PushSupplier for PushProxySupplier {
    async fn disconnect_push_supplier(&self) {
        self.port.end();
    }
}

impl ProxyPushSupplier for PushProxySupplier {
    async fn connect_push_consumer(
        &self,
        push_consumer: &PushConsumerProxy,
    ) -> Result<(), Fault<ConnectError>> {
        if push_consumer.object().is_nil() {
            return Err(refused(ExceptionKind::BadParam, "a consumer that is pushed cannot be nil").into());
        }
        check_type(push_consumer).await?;
        let taken = |_| Fault::User(ConnectError::AlreadyConnected(AlreadyConnected));
        self.port.connect(push_consumer.object().clone()).map_err(taken)?;
        let id = subscribe(&self.port.channel).await?;
        let pushing = Pushing::new(&self.port.channel, push_consumer, self.under_way_max);
        tokio::spawn(push(self.port.clone(), id, pushing));
        Ok(())
    }
}

/// A subscription to everything in a channel.
pub(super) async fn subscribe(channel: &Arc<LiveChannel>) -> Result<SubscriberId, SystemException> {
    let everything = Pattern::new(&format!("{}/**", channel.name()), channel.limits());
    let everything = everything.map_err(|cause| refused(ExceptionKind::ImpLimit, cause))?;
    let begun = channel.subscribe(everything, SubscribeOptions::default(), true).await;
    let (id, _) = begun.map_err(|cause| refused(ExceptionKind::ImpLimit, cause))?;
    Ok(id)
}

/// The time that a peer has to say what it is.
const TYPE_WAIT: Duration = Duration::from_secs(1);

/// Asks a peer whether it is what it is taken for, unless its reference says so. One that does not answer is believed.
pub(super) async fn check_type<P: Proxy>(peer: &P) -> Result<(), Fault<ConnectError>> {
    let object = peer.object();
    if object.ior().type_id.as_str() == P::interface().id() {
        return Ok(());
    }
    match tokio::time::timeout(TYPE_WAIT, object.is_a(P::interface().id())).await {
        Ok(Ok(false)) => Err(Fault::User(ConnectError::TypeError(TypeError))),
        _ => Ok(()),
    }
}

/// Whether a peer has ceased to exist, or will never be what it was taken for.
pub(super) fn is_gone(exception: &SystemException) -> bool {
    use ExceptionKind::{BadOperation, InvObjref, ObjectNotExist};
    [ObjectNotExist, BadOperation, InvObjref].contains(&exception.kind())
}

/// Pushes everything to a consumer, until it ends.
async fn push(port: Arc<Port>, id: SubscriberId, mut pushing: Pushing) {
    let mut ended = port.ended();
    let sharing = port.channel.ports().parcels().share();
    tokio::select! {
        () = pushing.push_all(&port.channel, id) => {}
        _ = ended.wait_for(|&ended| ended) => {}
        () = port.orb().draining() => {}
    }
    drop((pushing, sharing));
    port.channel.cancel(id);
    // One that is gone is not told; one that was too slow is.
    port.end_and_tell();
}
