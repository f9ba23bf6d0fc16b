//! `ProxyPushSupplier`: it pushes to a consumer.

use std::sync::Arc;
use std::time::Duration;

use quorb::{Any, Completion, ExceptionKind, Fault, Proxy, SystemException};

use super::event::Reader;
use super::port::Port;
use crate::Limits;
use crate::channel::{SubscriberId, TakeRefused};
use crate::cos::{
    AlreadyConnected, ConnectError, ProxyPushSupplier, PushConsumerProxy, PushSupplier, TypeError,
};
use crate::native::SubscribeOptions;
use crate::server::live::LiveChannel;
use crate::server::refused;
use crate::subject::Pattern;

pub(super) struct PushProxySupplier(pub(super) Arc<Port>);

impl PushSupplier for PushProxySupplier {
    async fn disconnect_push_supplier(&self) {
        self.0.end();
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
        self.0.connect(push_consumer.object().clone()).map_err(taken)?;
        let id = subscribe(&self.0.channel).await?;
        tokio::spawn(push(self.0.clone(), id, push_consumer.clone()));
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

/// What came of pushing an event.
enum Pushed {
    /// The consumer has it, or had its chance.
    Settled,
    /// The consumer is gone.
    Gone,
}

/// Pushes everything to a consumer, one event after the other, until it ends.
async fn push(port: Arc<Port>, id: SubscriberId, consumer: PushConsumerProxy) {
    let mut ended = port.ended();
    tokio::select! {
        () = push_all(&port.channel, id, &consumer) => {}
        _ = ended.wait_for(|&ended| ended) => {}
        () = port.orb().draining() => {}
    }
    port.channel.cancel(id);
    // One that is gone is not told; one that was too slow is.
    port.end_and_tell();
}

async fn push_all(channel: &LiveChannel, id: SubscriberId, consumer: &PushConsumerProxy) {
    let limits = channel.limits();
    let consumer = consumer.with_deadline(limits.peer_wait_max);
    let (mut reader, mut taken, mut failures) = (Reader::default(), 0, 0);
    loop {
        let delivery = match channel.take(id, taken, limits.take_wait_max).await {
            Ok(Some(delivery)) => delivery,
            Ok(None) => continue,
            Err(TakeRefused::Unknown | TakeRefused::Ejected { .. }) => return,
        };
        taken = delivery.number;
        for piece in &delivery.pieces {
            let block = &piece.stored.block;
            for event in block.events().skip(piece.from).take(piece.len()) {
                let any = match reader.any(block, &event) {
                    Ok(any) => any,
                    Err(cause) => {
                        tracing::warn!(channel = channel.name(), %cause, "an event is not what its publisher says");
                        continue;
                    }
                };
                if let Pushed::Gone = push_one(&consumer, &any, &mut failures, limits).await {
                    return;
                }
            }
        }
    }
}

/// Pushes an event. It is pushed again only if the consumer has certainly not got it.
async fn push_one(consumer: &PushConsumerProxy, any: &Any, failures: &mut u32, limits: &Limits) -> Pushed {
    loop {
        let exception = match consumer.push(any).await {
            Ok(()) => {
                *failures = 0;
                return Pushed::Settled;
            }
            Err(Fault::User(_)) => return Pushed::Gone,
            Err(Fault::System(exception)) => exception,
        };
        if is_gone(&exception) {
            return Pushed::Gone;
        }
        use ExceptionKind::{CommFailure, NoResponse, Timeout, Transient};
        let is_out_of_reach = [CommFailure, NoResponse, Timeout, Transient].contains(&exception.kind());
        if !is_out_of_reach {
            // It is there, and has thrown: that was its chance.
            tracing::debug!(%exception, "a consumer has refused an event");
            return Pushed::Settled;
        }
        *failures += 1;
        if *failures >= limits.peer_failures_max {
            tracing::info!(%exception, "a consumer is given up");
            return Pushed::Gone;
        }
        let wait = limits.peer_retry_first * 2u32.pow(failures.saturating_sub(1).min(16));
        tokio::time::sleep(wait.min(limits.peer_wait_max)).await;
        if exception.completed() != Completion::No {
            tracing::debug!(%exception, "nobody knows whether a consumer has got an event");
            return Pushed::Settled;
        }
    }
}
