//! Our own interface, on the channels.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quorb::{Completion, ExceptionKind, Fault, Minor, SystemException};

use super::live::{LiveChannel, Unpublished};
use super::service::{NotMade, Service};
use crate::channel::{SubscriberId, TakeRefused};
use crate::native::{
    Accepted, BadBlock, BadOptions, BadSubject, ChannelError, ChannelInfo, ChannelOptions, ChannelReport,
    Ejected, EventService, NoChannel, NoSubscription, NotAccepted, OtherOptions, PublishError,
    SubscribeError, SubscribeOptions, Subscribed, TakeError, write_delivery,
};
use crate::subject::Pattern;

/// The service as our clients see it.
pub(super) struct Bus(pub(super) Arc<Service>);

impl EventService for Bus {
    async fn open(
        &self,
        channel: &str,
        options: &Option<ChannelOptions>,
    ) -> Result<ChannelInfo, Fault<ChannelError>> {
        Ok(self.0.open_channel(channel, options.as_ref()).await?.info())
    }

    async fn publish(&self, channel: &str, block: &[u8]) -> Result<Accepted, Fault<PublishError>> {
        let Some(channel) = self.0.channel(channel) else {
            return Err(Fault::User(PublishError::NoChannel(NoChannel)));
        };
        let published = channel.publish(Bytes::copy_from_slice(block)).await;
        published.map_err(|cause| {
            Fault::User(match cause {
                Unpublished::BadBlock(cause) => PublishError::BadBlock(BadBlock { why: cause.to_string() }),
                Unpublished::OtherChannel(subject) => PublishError::BadBlock(BadBlock {
                    why: format!("`{subject}` is not of the channel `{}`", channel.name()),
                }),
                Unpublished::Refused(refused) => PublishError::NotAccepted(NotAccepted {
                    why: refused.why,
                    next_sequence: refused.next_sequence,
                }),
            })
        })
    }

    async fn subscribe(
        &self,
        pattern: &str,
        options: &SubscribeOptions,
    ) -> Result<Subscribed, Fault<SubscribeError>> {
        let checked = Pattern::new(pattern, self.0.limits());
        let checked = checked.map_err(|cause| {
            Fault::User(SubscribeError::BadSubject(BadSubject { why: cause.to_string() }))
        })?;
        let channel = self.0.channel(checked.channel());
        let channel = channel.ok_or(Fault::User(SubscribeError::NoChannel(NoChannel)))?;
        let begun = channel.subscribe(checked, *options, false).await;
        let (id, next) = begun.map_err(|cause| {
            Fault::User(SubscribeError::BadOptions(BadOptions { why: cause.to_string() }))
        })?;
        Ok(Subscribed { channel: channel.number(), subscription: id.0, next, life: channel.life() })
    }

    async fn take(
        &self,
        channel: u64,
        subscription: u64,
        taken: u64,
        wait_ms: u32,
    ) -> Result<Vec<u8>, Fault<TakeError>> {
        let gone = || Fault::User(TakeError::NoSubscription(NoSubscription));
        let channel: Arc<LiveChannel> = self.0.numbered(channel).ok_or_else(gone)?;
        let wait = Duration::from_millis(wait_ms.into()).min(self.0.limits().take_wait_max);
        let id = SubscriberId(subscription);
        let delivery = tokio::select! {
            taken = channel.take(id, taken, wait) => taken,
            () = self.0.orb().draining() => Ok(None),
        };
        match delivery {
            Ok(Some(delivery)) => Ok(write_delivery(&delivery)),
            Ok(None) => Ok(Vec::new()),
            Err(TakeRefused::Unknown) => Err(gone()),
            Err(TakeRefused::Ejected { why, next }) => {
                channel.cancel(id);
                Err(Fault::User(TakeError::Ejected(Ejected { why, next })))
            }
        }
    }

    async fn cancel(&self, channel: u64, subscription: u64) {
        if let Some(channel) = self.0.numbered(channel) {
            channel.cancel(SubscriberId(subscription));
        }
    }

    fn channels(&self) -> Vec<ChannelInfo> {
        self.0.channels().iter().map(|channel| channel.info()).collect()
    }

    fn describe(&self, channel: &str) -> Result<ChannelReport, Fault<ChannelError>> {
        self.0.channel(channel).map(|channel| channel.report()).ok_or_else(no_channel)
    }

    fn last_sequence(&self, channel: &str, publisher: &str) -> Result<u64, Fault<ChannelError>> {
        self.0.channel(channel).map(|channel| channel.last_sequence(publisher)).ok_or_else(no_channel)
    }

    async fn remove(&self, channel: &str) -> Result<(), Fault<ChannelError>> {
        if self.0.remove(channel).await { Ok(()) } else { Err(no_channel()) }
    }
}

fn no_channel() -> Fault<ChannelError> {
    Fault::User(ChannelError::NoChannel(NoChannel))
}

/// A system exception, with nothing executed.
pub(crate) fn refused(kind: ExceptionKind, cause: impl Display) -> SystemException {
    SystemException::new(kind, Minor::UNSPECIFIED, Completion::No).because(cause)
}

impl From<NotMade> for Fault<ChannelError> {
    fn from(cause: NotMade) -> Fault<ChannelError> {
        match cause {
            NotMade::Name { .. } | NotMade::Levels(_) => {
                Fault::User(ChannelError::BadSubject(BadSubject { why: cause.to_string() }))
            }
            NotMade::OtherOptions(options) => {
                Fault::User(ChannelError::OtherOptions(OtherOptions { options }))
            }
            other => Fault::System(other.into()),
        }
    }
}

impl From<NotMade> for SystemException {
    fn from(cause: NotMade) -> SystemException {
        match cause {
            NotMade::Broker(exception) => exception,
            NotMade::NoFolder => refused(ExceptionKind::NoImplement, cause),
            NotMade::TooMany(_) => refused(ExceptionKind::ImpLimit, cause),
            NotMade::Spool(_) => refused(ExceptionKind::PersistStore, cause),
            NotMade::Thread(_) => refused(ExceptionKind::NoResources, cause),
            NotMade::Name { .. } | NotMade::Levels(_) | NotMade::OtherOptions(_) => {
                refused(ExceptionKind::BadParam, cause)
            }
        }
    }
}
