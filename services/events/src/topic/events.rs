//! The service, and its channels.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use quorb::{IdlType, Orb};

use super::error::{About, EventError};
use super::sender::Sender;
use super::{Feed, Subscription, Topic};
use crate::Limits;
use crate::native::{ChannelInfo, ChannelOptions, ChannelReport, EventServiceProxy};
use crate::subject::Subject;

/// Where the event service is, unless somebody says otherwise.
pub const DEFAULT_REFERENCE: &str = "corbaloc:iiop:1.2@localhost:2809/EventService";

/// The variable of the environment that says where the event service is.
const VARIABLE: &str = "QUORB_EVENTS";

/// An event service, as a Rust program uses it. Cloning is cheap.
#[derive(Clone)]
pub struct Events {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) service: EventServiceProxy,
    pub(super) limits: Arc<Limits>,
    /// One for each channel that somebody publishes to. The lock is held for a look or an insertion.
    senders: Mutex<BTreeMap<SenderKey, Arc<Sender>>>,
}

/// A channel, and the name of a publisher that has one.
type SenderKey = (String, Option<String>);

impl Events {
    /// The event service of a broker: its initial reference `EventService`, else what the environment says in
    /// `QUORB_EVENTS`, else [`DEFAULT_REFERENCE`]. Nothing is sent yet.
    ///
    /// # Errors
    /// A reference that is malformed.
    pub fn of(orb: &Orb) -> Result<Events, EventError> {
        if let Ok(service) = orb.string_to_object("corbaloc:rir:/EventService") {
            return Ok(Events::with_service(service.unchecked()));
        }
        match std::env::var(VARIABLE) {
            Ok(reference) if !reference.is_empty() => Events::at(orb, &reference),
            _ => Events::at(orb, DEFAULT_REFERENCE),
        }
    }

    /// The event service that a reference names: `corbaloc:iiop:1.2@HOST:PORT/EventService`, or `IOR:`.
    ///
    /// # Errors
    /// A reference that is malformed.
    pub fn at(orb: &Orb, reference: &str) -> Result<Events, EventError> {
        Ok(Events::with_service(orb.bind(reference)?))
    }

    /// The event service behind a proxy.
    pub fn with_service(service: EventServiceProxy) -> Events {
        let shared = Shared { service, limits: Arc::default(), senders: Mutex::default() };
        Events { shared: Arc::new(shared) }
    }

    /// The service.
    pub fn service(&self) -> &EventServiceProxy {
        &self.shared.service
    }

    /// Makes a channel, or finds that it is there with these options. The name is the first level of its subjects.
    /// Cancellation safe.
    ///
    /// # Errors
    /// [`EventError::OtherOptions`], among others.
    pub async fn channel(&self, name: &str, options: ChannelOptions) -> Result<ChannelInfo, EventError> {
        self.shared.service.open(name, &Some(options)).await.map_err(|fault| fault.about(name))
    }

    /// The channels, by name. Cancellation safe.
    ///
    /// # Errors
    /// [`EventError::Call`].
    pub async fn channels(&self) -> Result<Vec<ChannelInfo>, EventError> {
        self.shared.service.channels().await.map_err(|fault| fault.about(""))
    }

    /// What a channel is and does. Cancellation safe.
    ///
    /// # Errors
    /// [`EventError::NoChannel`], among others.
    pub async fn describe(&self, channel: &str) -> Result<ChannelReport, EventError> {
        self.shared.service.describe(channel).await.map_err(|fault| fault.about(channel))
    }

    /// Ends a channel for all that use it, and forgets its events.
    ///
    /// # Errors
    /// [`EventError::NoChannel`], among others.
    pub async fn remove(&self, channel: &str) -> Result<(), EventError> {
        self.shared.service.remove(channel).await.map_err(|fault| fault.about(channel))
    }

    /// A topic: values of a type under a subject. Its channel is made, with the default options, if there is none.
    /// Cancellation safe.
    ///
    /// # Errors
    /// [`EventError::Subject`], among others.
    pub async fn topic<T: IdlType>(&self, subject: &str) -> Result<Topic<T>, EventError> {
        self.topic_as(subject, None).await
    }

    /// A topic of a publisher with a name. What it publishes is numbered, so that another program with the same name goes on
    /// where this one ends, without a gap and without a repetition: see [`Topic::publish_numbered`].
    ///
    /// # Errors
    /// As for [`topic`](Events::topic).
    pub async fn topic_of<T: IdlType>(&self, subject: &str, publisher: &str) -> Result<Topic<T>, EventError> {
        self.topic_as(subject, Some(publisher)).await
    }

    async fn topic_as<T: IdlType>(
        &self,
        subject: &str,
        publisher: Option<&str>,
    ) -> Result<Topic<T>, EventError> {
        let subject = Subject::new(subject, &self.shared.limits)
            .map_err(|cause| EventError::Subject { text: shortened(subject), cause })?;
        let channel = subject.channel();
        let info = self.shared.service.open(channel, &None).await.map_err(|fault| fault.about(channel))?;
        let sender = self.sender(&info, publisher).await?;
        Topic::new(self.clone(), subject, sender)
    }

    /// Who publishes to a channel.
    async fn sender(&self, info: &ChannelInfo, publisher: Option<&str>) -> Result<Arc<Sender>, EventError> {
        let key = (info.name.clone(), publisher.map(ToOwned::to_owned));
        let known = self.shared.senders.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(sender) = known {
            return Ok(sender);
        }
        let next = match publisher {
            Some(publisher) => {
                let last = self.shared.service.last_sequence(&info.name, publisher).await;
                last.map_err(|fault| fault.about(&info.name))? + 1
            }
            None => 1,
        };
        let mut senders = self.shared.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Sender::start(&self.shared, info, publisher, next);
        Ok(senders.entry(key).or_insert_with(made).clone())
    }

    /// The events whose subjects match a pattern, from now on, as values of a type. Cancellation safe.
    ///
    /// # Errors
    /// [`EventError::NoChannel`], among others.
    pub async fn subscribe<T: IdlType>(&self, pattern: &str) -> Result<Feed<T>, EventError> {
        self.subscription(pattern).open().await
    }

    /// A subscription to what matches a pattern, to be said more of: where it begins, what happens when its queue is full.
    pub fn subscription(&self, pattern: &str) -> Subscription {
        Subscription::new(self.clone(), pattern)
    }
}

/// A text that somebody has made up, for an error message.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 80;
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("service", &self.shared.service).finish()
    }
}
