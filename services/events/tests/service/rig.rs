//! A service and a client.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use quorb::{IdlType, Orb, Proxy};
use quorb_events::cos::{EventChannelProxy, MonitoredChannelProxy};
use quorb_events::{EventServer, Events, Feed, Limits};

/// A service in a broker, and another broker that calls it.
pub(crate) struct Rig {
    pub(crate) server: Orb,
    pub(crate) service: EventServer,
    pub(crate) client: Orb,
    pub(crate) events: Events,
}

impl Rig {
    pub(crate) async fn new() -> Rig {
        Rig::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Limits)) -> Rig {
        let mut limits = Limits::default();
        change(&mut limits);
        let server = Orb::builder().listen("127.0.0.1:0").start().await.expect("it starts");
        let service = EventServer::start(&server, None, limits).await;
        let service = service.expect("it starts");
        // It listens, since CORBA peers are called.
        let client = Orb::builder().listen("127.0.0.1:0").start().await.expect("it starts");
        let events =
            Events::at(&client, &service.reference().object().to_string()).expect("it is a reference");
        Rig { server, service, client, events }
    }

    /// A channel as OMG sees it.
    pub(crate) async fn channel(&self, name: &str) -> EventChannelProxy {
        self.channel_at(name, "").await
    }

    /// The same for consumers to whom several events may be under way.
    pub(crate) async fn pipelined(&self, name: &str) -> EventChannelProxy {
        self.channel_at(name, "/pipelined").await
    }

    async fn channel_at(&self, name: &str, place: &str) -> EventChannelProxy {
        self.events.topic::<u8>(name).await.expect("it is made");
        let adapter = self.server.adapter();
        let reference =
            adapter.reference(&format!("EventChannel/{name}{place}"), MonitoredChannelProxy::interface());
        self.client.bind(&reference.expect("it is an id").to_string()).expect("it is a reference")
    }

    pub(crate) async fn end(self) {
        // The server first: feeds that are still there wait for it.
        self.server.shutdown(Duration::from_secs(5)).await;
        self.client.shutdown(Duration::ZERO).await;
        self.service.close().await;
    }
}

/// A folder that goes away with its handle.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Folder(std::env::temp_dir().join(format!("quorb-events-{}-{number}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What must happen soon, or never will.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.unwrap_or_else(|_| panic!("not soon: {what}"))
}

/// So many values of a feed.
pub(crate) async fn values<T: IdlType>(feed: &mut Feed<T>, count: usize) -> Vec<T> {
    let mut values = Vec::new();
    while values.len() < count {
        let value = soon("an event", feed.next()).await;
        values.push(value.unwrap_or_else(|| panic!("the feed has ended: {:?}", feed.end())));
    }
    values
}
