//! A service and a client.

use std::time::Duration;

use quorb::{ObjectRef, Orb, Preference, Proxy};
use quorb_naming::cos::{DirectoryProxy, NameComponent, NamingContextExtProxy};
use quorb_naming::name;
use quorb_naming::storage::{MemoryStore, Store};
use quorb_naming::{Limits, NameServer};

/// A service in a broker, and another broker that calls it.
pub(crate) struct Rig {
    pub(crate) server: Orb,
    pub(crate) service: NameServer,
    pub(crate) client: Orb,
    pub(crate) root: NamingContextExtProxy,
}

impl Rig {
    pub(crate) async fn new() -> Rig {
        Rig::with(MemoryStore::new(), |_| ()).await
    }

    pub(crate) async fn with(store: impl Store, change: impl FnOnce(&mut Limits)) -> Rig {
        Rig::over(Preference::NativeFirst, store, change).await
    }

    pub(crate) async fn over(
        preference: Preference,
        store: impl Store,
        change: impl FnOnce(&mut Limits),
    ) -> Rig {
        let mut limits = Limits::default();
        change(&mut limits);
        let server = Orb::builder().listen("127.0.0.1:0").start().await.expect("it starts");
        let service = NameServer::start(&server, store, limits).await.expect("it starts");
        let client = Orb::builder().prefer(preference).start().await.expect("it starts");
        let root = client.bind(&service.root().object().to_string()).expect("it is a reference");
        Rig { server, service, client, root }
    }

    /// The root, with what ours can beyond OMG's.
    pub(crate) fn directory(&self) -> DirectoryProxy {
        self.root.object().unchecked()
    }

    /// A reference to an object that nobody calls.
    pub(crate) fn object(&self, key: &str) -> ObjectRef {
        self.client.string_to_object(&format!("corbaloc:iiop:1.2@127.0.0.1:1/{key}")).expect("it is one")
    }

    pub(crate) async fn end(self) {
        self.client.shutdown(Duration::from_secs(5)).await;
        self.server.shutdown(Duration::from_secs(5)).await;
        self.service.close().await;
    }
}

pub(crate) fn name(text: &str) -> Vec<NameComponent> {
    name::parse(text).expect("it is a name")
}

pub(crate) fn component(id: &str, kind: &str) -> NameComponent {
    NameComponent { id: id.into(), kind: kind.into() }
}

/// What must happen soon, or never will.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.unwrap_or_else(|_| panic!("not soon: {what}"))
}
