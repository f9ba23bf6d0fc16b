//! Channels made by omniEvents' and OpenORB's interfaces.

use std::sync::{Arc, Weak};

use quorb::{Any, ExceptionKind, Fault, ObjectRef, SystemException};

use super::{activate_alias, channel_reference};
use crate::cos::{
    CannotMeetCriteria, ChannelFactory, CreateError, EventChannelNotFound, EventChannelProxy, GenericFactory,
    InvalidCriteria, KeyComponent, NameAlreadyUsed, NameValuePair, NamedChannels, NoFactory, OldFactory,
    PullMonitorable,
};
use crate::native::ChannelOptions;
use crate::server::refused;
use crate::server::service::{NotMade, Service};

/// The factory.
pub(super) struct Factory(pub(super) Weak<Service>);

/// What omniEvents' clients ask for: the id and the kind of the key.
const KEY: (&str, &str) = ("EventChannel", "object interface");

/// What a channel is to be like, out of the criteria.
#[derive(Debug, Default, PartialEq)]
struct Wishes {
    queue_events: Option<u32>,
    name: Option<String>,
}

impl Wishes {
    /// Reads the criteria. Those that have no meaning here, but in omniEvents, are taken: a channel of ours needs no cycle.
    fn read(criteria: &[NameValuePair]) -> Result<Wishes, CreateError> {
        let mut wishes = Wishes::default();
        let (mut invalid, mut unmet) = (Vec::new(), Vec::new());
        for criterion in criteria {
            let value = &criterion.value;
            let is_well = match criterion.name.as_str() {
                "MaxQueueLength" => number(value).map(|length| wishes.queue_events = Some(length)).is_some(),
                "InsName" => value.get::<String>().map(|name| wishes.name = Some(name)).is_ok(),
                "PullRetryPeriod_ms" | "MaxNumProxies" | "CyclePeriod_ns" | "PullRetryPeriod"
                | "CyclePeriod" => number(value).is_some(),
                "FilterId" => {
                    // Filters are another service's.
                    unmet.push(criterion.clone());
                    true
                }
                _ => false,
            };
            if !is_well {
                invalid.push(criterion.clone());
            }
        }
        if !invalid.is_empty() {
            return Err(CreateError::InvalidCriteria(InvalidCriteria { invalid_criteria: invalid }));
        }
        if !unmet.is_empty() {
            return Err(CreateError::CannotMeetCriteria(CannotMeetCriteria { unmet_criteria: unmet }));
        }
        Ok(wishes)
    }
}

fn number(value: &Any) -> Option<u32> {
    value.get::<u32>().ok()
}

impl Factory {
    fn service(&self) -> Result<Arc<Service>, SystemException> {
        self.0.upgrade().ok_or_else(|| refused(ExceptionKind::ObjectNotExist, "the service has ended"))
    }

    /// Makes a channel with a name that nobody has.
    async fn make(
        &self,
        service: &Arc<Service>,
        name: &str,
        options: &ChannelOptions,
    ) -> Result<ObjectRef, SystemException> {
        service.open_channel(name, Some(options)).await?;
        channel_reference(service, name)
    }
}

impl GenericFactory for Factory {
    async fn supports(&self, k: &[KeyComponent]) -> bool {
        matches!(k, [only] if (only.id.as_str(), only.kind.as_str()) == KEY)
    }

    async fn create_object(
        &self,
        k: &[KeyComponent],
        the_criteria: &[NameValuePair],
    ) -> Result<ObjectRef, Fault<CreateError>> {
        if !self.supports(k).await {
            return Err(Fault::User(CreateError::NoFactory(NoFactory { search_key: k.to_vec() })));
        }
        let wishes = Wishes::read(the_criteria).map_err(Fault::User)?;
        let service = self.service()?;
        let mut options = ChannelOptions::default();
        if let Some(length) = wishes.queue_events {
            options.queue_events = length.clamp(1, service.limits().queue_events_max);
        }
        let Some(name) = wishes.name else {
            // It needs no name that people know.
            let name = format!("channel-{}", service.channels().len() + 1);
            let free =
                (0..).map(|number| if number == 0 { name.clone() } else { format!("{name}-{number}") });
            let free = free.into_iter().find(|name| service.channel(name).is_none()).unwrap_or(name);
            return Ok(self.make(&service, &free, &options).await?);
        };
        let reference = self.make(&service, &name, &options).await?;
        if let Some(channel) = service.channel(&name) {
            // If the key is taken, the channel has its own all the same.
            let _ = activate_alias(&service, &channel, &name);
        }
        Ok(reference)
    }
}

impl OldFactory for Factory {}

impl PullMonitorable for Factory {
    async fn is_alive(&self) -> bool {
        true
    }
}

impl NamedChannels for Factory {
    async fn create_channel(&self, channel_name: &str) -> Result<EventChannelProxy, Fault<NameAlreadyUsed>> {
        let service = self.service()?;
        if service.channel(channel_name).is_some() {
            return Err(Fault::User(NameAlreadyUsed));
        }
        match service.open_channel(channel_name, None).await {
            Ok(_) => Ok(channel_reference(&service, channel_name)?.unchecked()),
            Err(NotMade::OtherOptions(_)) => Err(Fault::User(NameAlreadyUsed)),
            Err(other) => Err(SystemException::from(other).into()),
        }
    }

    async fn join_channel(
        &self,
        channel_name: &str,
    ) -> Result<EventChannelProxy, Fault<EventChannelNotFound>> {
        let service = self.service()?;
        if service.channel(channel_name).is_none() {
            return Err(Fault::User(EventChannelNotFound));
        }
        Ok(channel_reference(&service, channel_name)?.unchecked())
    }
}

impl ChannelFactory for Factory {}
