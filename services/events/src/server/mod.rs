//! The service in a broker: channels in operation, behind OMG's interfaces and our own.
//!
//! | file | what it is about |
//! |---|---|
//! | `service` | the channels by name: made, found, removed, and found again after a restart |
//! | `table` | by what they are asked for by |
//! | `live` | a channel in operation |
//! | `shared` | what it has beside the rest if several servers have it |
//! | `settling` | how far subscribers with names have come, kept as events are |
//! | `group` | several servers that are one |
//! | `spooler` | the thread that makes events durable, many with one sync |
//! | `native` | our own interface |
//! | `clock` | the time |

mod clock;
mod group;
pub(crate) mod live;
mod native;
pub(crate) mod service;
mod settling;
mod shared;
mod spooler;
mod table;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quorb::{Orb, Proxy, SystemException};
use quorb_groups::driver::{Domain, Ended};
use quorb_groups::object::Family;

use crate::Limits;
use crate::corba;
use crate::cos::ChannelFactoryProxy;
use crate::native::{ChannelInfo, EventServiceProxy, EventServiceServant};
use crate::spool::SpoolError;
pub(crate) use native::refused;
use service::Service;

/// The id of the service, and with that its object key: what `corbaloc::host/EventService` asks for.
pub const SERVICE_ID: &str = "EventService";

/// The id of the factory of channels.
pub const FACTORY_ID: &str = "EventChannelFactory";

/// The id under which omniEvents has its factory.
pub const OMNIEVENTS_ID: &str = "omniEvents";

/// An event service in a broker.
///
/// It serves until the broker is shut down. Dropping the value does not stop it; [`close`](EventServer::close), after the
/// broker's shutdown, waits until the disk has everything and can be used by another process.
#[derive(Debug)]
pub struct EventServer {
    service: Arc<Service>,
    ticker: tokio::task::JoinHandle<()>,
    /// If it is one of several servers, as long as it is.
    family: Option<Family>,
}

/// Why an event service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The disk.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] SystemException),
    /// A thread cannot be started.
    #[error("no thread for the disk: {0}")]
    Thread(#[from] std::io::Error),
    /// The group that has the channels.
    #[error(transparent)]
    Group(#[from] quorb_groups::object::ServeError),
}

/// How often the time is looked at, for publishers that wait and subscribers that are silent.
const TICK: Duration = Duration::from_millis(250);

impl EventServer {
    /// Serves events in a broker: our interface under [`SERVICE_ID`], OMG's channels under [`FACTORY_ID`] and
    /// `EventChannel/NAME`. Durable channels live in `folder`; without one there can be none.
    ///
    /// Cancellation safe: nothing is served then.
    ///
    /// # Errors
    /// A folder that cannot be used; OBJ_ADAPTER if the broker has an event service already.
    pub async fn start(
        orb: &Orb,
        folder: Option<PathBuf>,
        limits: Limits,
    ) -> Result<EventServer, ServeError> {
        let orb_of_service = orb.clone();
        let opened = tokio::task::spawn_blocking(move || Service::open(orb_of_service, folder, limits));
        let service = opened.await.map_err(std::io::Error::other)??;
        orb.adapter()
            .activate_persistent(SERVICE_ID, EventServiceServant::new(native::Bus(service.clone())))?;
        corba::activate(&service)?;
        let ticker = tokio::spawn(tick(Arc::downgrade(&service)));
        Ok(EventServer { service, ticker, family: None })
    }

    /// Serves the channels of a group, as one of its members: all processes of the domain that do so are one event service,
    /// under one reference that lists them all. Every member has all channels but those of best effort.
    ///
    /// With a `folder` the group is durable: what is published is on the disk of every member before its publisher is answered,
    /// and channels outlive the failure of all members; the process then has joined with
    /// [`data`](quorb_groups::driver::Join::data). Without one, channels live as long as one member that has them goes on, and
    /// none can be [durable](crate::Guarantee::Durable). All members must be given the same limits and choose the same.
    ///
    /// Returns when this member has the channels. What is promised is said in [the guide](crate::guide::servers).
    ///
    /// # Errors
    /// The group cannot be entered; the broker has no address that others can dial, or an event service already.
    pub async fn replicated(
        orb: &Orb,
        domain: &Domain,
        folder: Option<PathBuf>,
        limits: Limits,
    ) -> Result<EventServer, ServeError> {
        let durable = folder.is_some();
        let service = Service::of_group(orb.clone(), folder, limits);
        corba::activate(&service)?;
        let family = match group::enter(domain, &service, durable).await {
            Ok(family) => family,
            Err(error) => {
                corba::deactivate(&service);
                service.let_go().await;
                return Err(error);
            }
        };
        let ticker = tokio::spawn(tick(Arc::downgrade(&service)));
        Ok(EventServer { service, ticker, family: Some(family) })
    }

    /// Waits until this process is a member of the group no longer, and says why; for ever where there is no group. Calls are
    /// refused then with TRANSIENT, and clients go to the other members. Cancellation safe until it has returned once.
    ///
    /// # Errors
    /// Why the membership could not go on.
    pub async fn ended(&mut self) -> Result<Ended, quorb_groups::object::ServeError> {
        match &mut self.family {
            None => std::future::pending().await,
            Some(family) => {
                let ended = family.ended().await;
                self.family = None;
                ended
            }
        }
    }

    /// The servers that are one with this one, as addresses, this one among them; none if it is alone.
    pub fn servers(&self) -> Vec<String> {
        self.service.members()
    }

    /// The service.
    pub fn reference(&self) -> EventServiceProxy {
        let reference = self.service.reference_to(SERVICE_ID, EventServiceProxy::interface());
        reference.expect("the id is a constant, and short").unchecked()
    }

    /// The factory of OMG's channels.
    pub fn factory(&self) -> ChannelFactoryProxy {
        let reference = self.service.reference_to(FACTORY_ID, ChannelFactoryProxy::interface());
        reference.expect("the id is a constant, and short").unchecked()
    }

    /// The channels, by name.
    pub fn channels(&self) -> Vec<ChannelInfo> {
        self.service.channels().iter().map(|channel| channel.info()).collect()
    }

    /// Ends the service: what was taken is on the disk on return. A member of a group leaves it; the others go on.
    pub async fn close(self) {
        self.ticker.abort();
        if let Some(family) = self.family {
            match tokio::time::timeout(self.service.limits().leave_wait_max, family.leave()).await {
                Ok(Ok(_)) => {}
                Ok(Err(why)) => tracing::warn!(%why, "the group of the channels had been left before"),
                Err(_) => {
                    tracing::warn!("too few of the group are here to be left: it is as if this one were lost")
                }
            }
        }
        corba::deactivate(&self.service);
        self.service.let_go().await;
    }
}

async fn tick(service: std::sync::Weak<Service>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(service) = service.upgrade() else { return };
        for channel in service.channels() {
            channel.tick();
        }
    }
}
