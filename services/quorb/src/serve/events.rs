//! The event service.

use std::fmt::Display;

use quorb::Orb;
use quorb::adapter::BoxFuture;
use quorb_events::{EventServer, Limits};
use quorb_naming::Names;

use super::Service;
use super::data::Data;
use crate::verdict::Verdict;

struct Events {
    server: EventServer,
    greeting: String,
}

/// Starts it in a broker, and binds its factory if it has a name.
pub(super) async fn start(
    orb: &Orb,
    data: &Data,
    factory: Option<&str>,
) -> Result<Box<dyn Service>, Verdict> {
    let folder = data.folder_of("events");
    let place = folder.as_ref().map_or_else(|| "in memory".to_owned(), |folder| folder.display().to_string());
    let server = EventServer::start(orb, folder, Limits::default()).await;
    let server = server.map_err(not_started)?;
    if let Some(name) = factory {
        bind_factory(orb, name, &server).await?;
    }
    let channels = server.channels().len();
    let greeting = format!("events: {channels} channels, kept {place}");
    Ok(Box::new(Events { server, greeting }))
}

pub(super) fn not_started(error: impl Display) -> Verdict {
    Verdict::failed(format_args!("the event service does not start: {error}"))
}

/// Binds the factory where CORBA programs look for it.
pub(super) async fn bind_factory(orb: &Orb, name: &str, server: &EventServer) -> Result<(), Verdict> {
    let bound = match Names::at(orb, &own_names(orb)?) {
        Ok(names) => names.rebind(name, &server.factory()).await,
        Err(error) => Err(error),
    };
    bound.map_err(|error| Verdict::failed(format_args!("the factory of event channels: {error}")))
}

/// The naming service of this process.
fn own_names(orb: &Orb) -> Result<String, Verdict> {
    let root = orb
        .adapter()
        .reference("NameService", <quorb_naming::cos::NamingContextExtProxy as quorb::Proxy>::interface());
    root.map(|root| root.to_string()).map_err(Verdict::failed)
}

impl Service for Events {
    fn greeting(&self) -> String {
        self.greeting.clone()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.server.close())
    }
}
