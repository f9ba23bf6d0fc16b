//! Our own interface, on the channels.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quorb::{Completion, ExceptionKind, Fault, Minor, SystemException};

use super::group::{Change, Place};
use super::live::{LiveChannel, Unpublished};
use super::service::{NotMade, Service};
use super::settling::NotSettled;
use crate::channel::{SubscriberId, TakeRefused};
use crate::native::{
    Accepted, BadBlock, BadOptions, BadSubject, ChannelError, ChannelInfo, ChannelOptions, ChannelReport,
    Ejected, EventService, NoChannel, NoSubscription, NotAccepted, OtherOptions, PublishError, SettleError,
    SubscribeError, SubscribeOptions, Subscribed, TakeError, write_delivery,
};
use crate::subject::Pattern;

/// The service as our clients see it.
pub(super) struct Bus(pub(super) Arc<Service>);

impl Bus {
    /// The channel of this name, wherever it is.
    async fn place(&self, name: &str) -> Result<Place, Fault<ChannelError>> {
        match self.0.find(name).await? {
            Place::Nowhere => Err(no_channel()),
            place => Ok(place),
        }
    }
}

impl EventService for Bus {
    async fn open(
        &self,
        channel: &str,
        options: &Option<ChannelOptions>,
    ) -> Result<ChannelInfo, Fault<ChannelError>> {
        match self.0.open_anywhere(channel, options.as_ref()).await? {
            Place::Here(live) => Ok(live.info()),
            Place::There(other) => other.open(channel, options).await,
            Place::Nowhere => Err(no_channel()),
        }
    }

    async fn publish(&self, channel: &str, block: &[u8]) -> Result<Accepted, Fault<PublishError>> {
        let channel = match self.0.find(channel).await? {
            Place::Here(live) => live,
            Place::There(other) => return other.publish(channel, block).await,
            Place::Nowhere => return Err(Fault::User(PublishError::NoChannel(NoChannel))),
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
        let channel = match self.0.find(checked.channel()).await? {
            Place::Here(live) => live,
            Place::There(other) => {
                let begun = other.subscribe(pattern, options).await?;
                self.0.relay(begun.channel, &other);
                return Ok(begun);
            }
            Place::Nowhere => return Err(Fault::User(SubscribeError::NoChannel(NoChannel))),
        };
        if channel.is_agreed() {
            // Whatever the subscriber has seen at another server is known here afterwards.
            self.0.order_change(&Change::Nothing).await?;
        }
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
        let channel: Arc<LiveChannel> = match (self.0.numbered(channel), self.0.relayed(channel)) {
            (Some(live), _) => live,
            (None, Some(other)) => {
                let taken = other.take(channel, subscription, taken, wait_ms).await;
                return taken.map_err(|fault| match fault {
                    // Its server is gone, or has never had it.
                    Fault::System(_) => gone(),
                    declared => declared,
                });
            }
            (None, None) => return Err(gone()),
        };
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
        match (self.0.numbered(channel), self.0.relayed(channel)) {
            (Some(live), _) => live.cancel(SubscriberId(subscription)),
            // It finds out by itself, later, if it is not told.
            (None, Some(other)) => drop(other.cancel(channel, subscription).await),
            (None, None) => {}
        }
    }

    fn channels(&self) -> Vec<ChannelInfo> {
        self.0.infos()
    }

    async fn describe(&self, channel: &str) -> Result<ChannelReport, Fault<ChannelError>> {
        match self.place(channel).await? {
            Place::Here(live) => {
                let servers = if live.is_agreed() { self.0.members() } else { Vec::new() };
                Ok(ChannelReport { servers, ..live.report() })
            }
            Place::There(other) => other.describe(channel).await,
            Place::Nowhere => Err(no_channel()),
        }
    }

    async fn last_sequence(&self, channel: &str, publisher: &str) -> Result<u64, Fault<ChannelError>> {
        match self.place(channel).await? {
            Place::Here(live) => Ok(live.last_sequence(publisher)),
            Place::There(other) => other.last_sequence(channel, publisher).await,
            Place::Nowhere => Err(no_channel()),
        }
    }

    async fn settle(
        &self,
        channel: &str,
        life: u64,
        subscriber: &str,
        position: u64,
    ) -> Result<(), Fault<SettleError>> {
        let bad = |why: String| Fault::User(SettleError::BadOptions(BadOptions { why }));
        let (bytes, max) = (subscriber.len(), self.0.limits().publisher_bytes_max);
        if bytes == 0 || bytes > max {
            return Err(bad(format!(
                "a name of {bytes} octets, where 1 to publisher_bytes_max = {max} may be"
            )));
        }
        let settled = match self.0.find(channel).await? {
            Place::Here(live) if live.life() == life => self.0.settle(&live, subscriber, position).await,
            Place::There(other) => return other.settle(channel, life, subscriber, position).await,
            _ => Err(NotSettled::NoChannel),
        };
        settled.map_err(|cause| match cause {
            NotSettled::NoChannel => Fault::User(SettleError::NoChannel(NoChannel)),
            NotSettled::Broker(exception) => Fault::System(exception),
            NotSettled::Spool(cause) => refused(ExceptionKind::PersistStore, cause).into(),
            NotSettled::TooMany(cause) => bad(cause.to_string()),
        })
    }

    async fn settled(&self, channel: &str, subscriber: &str) -> Result<u64, Fault<ChannelError>> {
        match self.place(channel).await? {
            Place::Here(live) => Ok(live.settled(subscriber)),
            Place::There(other) => other.settled(channel, subscriber).await,
            Place::Nowhere => Err(no_channel()),
        }
    }

    async fn read(&self, channel: &str, life: u64, from: u64) -> Vec<u8> {
        match self.0.channel(channel).filter(|live| live.life() == life) {
            Some(live) => live.kept(from).await.map(|kept| write_delivery(&kept)).unwrap_or_default(),
            None => Vec::new(),
        }
    }

    async fn remove(&self, channel: &str) -> Result<(), Fault<ChannelError>> {
        if self.0.remove(channel).await? { Ok(()) } else { Err(no_channel()) }
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
            NotMade::Gone => refused(ExceptionKind::ObjectNotExist, cause),
            NotMade::Elsewhere => refused(ExceptionKind::Transient, cause),
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
