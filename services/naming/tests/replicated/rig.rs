//! Three services that are one, each in a broker of its own, and a client.

use std::time::Duration;

use quorb::{ObjectRef, Orb, Preference, Proxy};
use quorb_groups::driver::Domain;
use quorb_naming::cos::{DirectoryProxy, NameComponent, NamingContextExtProxy};
use quorb_naming::name;
use quorb_naming::storage::Store;
use quorb_naming::{Limits, NameServer};
use tokio::net::TcpListener;

/// One of the three.
pub(crate) struct Member {
    pub(crate) server: Orb,
    pub(crate) service: NameServer,
    pub(crate) domain: Domain,
}

impl Member {
    /// Ends it as a crash would: connections close, nothing is said.
    pub(crate) async fn kill(self) {
        drop(self.domain);
        self.server.shutdown(Duration::ZERO).await;
    }
}

/// The first service, the others, and a client that knows the reference to all of them.
pub(crate) struct Rig {
    pub(crate) server: Orb,
    pub(crate) service: NameServer,
    pub(crate) domain: Domain,
    pub(crate) others: Vec<Member>,
    pub(crate) client: Orb,
    pub(crate) root: NamingContextExtProxy,
    pub(crate) seeds: Vec<String>,
    limits: Limits,
}

impl Rig {
    pub(crate) async fn new() -> Rig {
        Rig::over(Preference::NativeFirst, quorb_naming::storage::MemoryStore::new(), |_| ()).await
    }

    pub(crate) async fn with(store: impl Store, change: impl FnOnce(&mut Limits)) -> Rig {
        Rig::over(Preference::NativeFirst, store, change).await
    }

    /// The store is none of theirs: a group keeps the names.
    pub(crate) async fn over(preference: Preference, _: impl Store, change: impl FnOnce(&mut Limits)) -> Rig {
        let mut limits = Limits::default();
        change(&mut limits);
        let mut listeners = Vec::new();
        for _ in 0..3 {
            listeners.push(TcpListener::bind("127.0.0.1:0").await.expect("there is a port"));
        }
        let address = |listener: &TcpListener| listener.local_addr().expect("it has one").to_string();
        let seeds: Vec<String> = listeners.iter().map(address).collect();
        let joining: Vec<_> = { listeners.into_iter() }
            .map(|listener| tokio::spawn(Domain::join(seeds.clone()).listener(listener).into_future()))
            .collect();
        let mut members = Vec::new();
        for joined in joining {
            let domain = joined.await.expect("no panic").expect("they found the domain");
            members.push(member(domain, &limits).await);
        }
        let Member { server, service, domain } = members.remove(0);
        until_all_are_here(&service, 3).await;
        let client = Orb::builder().prefer(preference).start().await.expect("it starts");
        let root = client.bind(&service.root().object().to_string()).expect("it is a reference");
        Rig { server, service, domain, others: members, client, root, seeds, limits }
    }

    /// One more.
    pub(crate) async fn join(&mut self) {
        let domain = Domain::join(self.seeds.clone()).await.expect("it joins");
        self.others.push(member(domain, &self.limits).await);
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
        let first = Member { server: self.server, service: self.service, domain: self.domain };
        // Whoever joined late has no vote: those who have go last.
        for Member { server, service, domain } in std::iter::once(first).chain(self.others).rev() {
            server.shutdown(Duration::from_secs(5)).await;
            service.close().await;
            domain.leave().await;
        }
    }
}

async fn member(domain: Domain, limits: &Limits) -> Member {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.expect("it starts");
    let service = NameServer::replicated(&server, &domain, false, limits.clone()).await.expect("it starts");
    Member { server, service, domain }
}

/// Waits until so many members are in the reference.
pub(crate) async fn until_all_are_here(service: &NameServer, count: usize) {
    let here = async {
        while service.root().object().ior().iiop_profiles().count() != count {
            tokio::task::yield_now().await;
        }
    };
    soon("all are here", here).await;
}

pub(crate) fn name(text: &str) -> Vec<NameComponent> {
    name::parse(text).expect("it is a name")
}

pub(crate) fn component(id: &str, kind: &str) -> NameComponent {
    NameComponent { id: id.into(), kind: kind.into() }
}

/// What must happen soon, or never will.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.unwrap_or_else(|_| panic!("not soon: {what}"))
}
