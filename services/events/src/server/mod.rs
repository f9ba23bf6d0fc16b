//! The service in a broker: channels in operation, behind OMG's interfaces and our own.
//!
//! | file | what it is about |
//! |---|---|
//! | `service` | the channels by name: made, found, removed, and found again after a restart |
//! | `live` | a channel in operation |
//! | `spooler` | the thread that makes events durable, many with one sync |
//! | `native` | our own interface |
//! | `clock` | the time |

mod clock;
pub(crate) mod live;
mod native;
pub(crate) mod service;
mod spooler;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quorb::{Orb, Proxy, SystemException};

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
        Ok(EventServer { service, ticker })
    }

    /// The service.
    pub fn reference(&self) -> EventServiceProxy {
        let reference = self.service.orb().adapter().reference(SERVICE_ID, EventServiceProxy::interface());
        reference.expect("the id is a constant, and short").unchecked()
    }

    /// The factory of OMG's channels.
    pub fn factory(&self) -> ChannelFactoryProxy {
        let reference = self.service.orb().adapter().reference(FACTORY_ID, ChannelFactoryProxy::interface());
        reference.expect("the id is a constant, and short").unchecked()
    }

    /// The channels, by name.
    pub fn channels(&self) -> Vec<ChannelInfo> {
        self.service.channels().iter().map(|channel| channel.info()).collect()
    }

    /// Ends the service: what was taken is on the disk on return.
    pub async fn close(self) {
        self.ticker.abort();
        for channel in self.service.channels() {
            channel.close().await;
            channel.ports().forget_all();
        }
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
