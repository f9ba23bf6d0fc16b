//! An object that writes down what it executes, and what its callers were told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorb::{Completion, Fault, Limits, Orb, Preference, Proxy, interface};

use crate::proxy::CuttingProxy;

#[interface]
pub(crate) trait Ledger {
    fn look(&self, id: u64) -> u64;
    #[idempotent]
    fn put(&mut self, id: u64) -> u64;
    fn add(&mut self, id: u64) -> u64;
    fn store(&mut self, id: u64, octets: Vec<u8>) -> Vec<u8>;
    #[oneway]
    fn note(&mut self, id: u64);
}

/// How often each id was executed, for the servant to write and the test to read.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Mutex<BTreeMap<u64, u32>>>);

impl Book {
    fn write(&self, id: u64) -> u64 {
        *self.0.lock().unwrap().entry(id).or_default() += 1;
        result_of(id)
    }

    pub(crate) fn times(&self, id: u64) -> u32 {
        self.0.lock().unwrap().get(&id).copied().unwrap_or(0)
    }
}

impl Ledger for Book {
    fn look(&self, id: u64) -> u64 {
        self.write(id)
    }

    fn put(&mut self, id: u64) -> u64 {
        self.write(id)
    }

    fn add(&mut self, id: u64) -> u64 {
        self.write(id)
    }

    fn store(&mut self, id: u64, octets: Vec<u8>) -> Vec<u8> {
        self.write(id);
        octets
    }

    fn note(&mut self, id: u64) {
        self.write(id);
    }
}

/// What every operation answers: something that no other call is answered.
fn result_of(id: u64) -> u64 {
    id.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The four kinds of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Query,
    Idempotent,
    Update,
    Oneway,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::Query, Kind::Idempotent, Kind::Update, Kind::Oneway];

    /// Whether executing it twice does no harm.
    pub(crate) fn is_repeatable(self) -> bool {
        matches!(self, Kind::Query | Kind::Idempotent)
    }
}

/// Both protocols.
pub(crate) const PROTOCOLS: [Preference; 2] = [Preference::NativeOnly, Preference::IiopOnly];

/// What a caller was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// The result, or of a oneway call that it was handed over.
    Well,
    Failed(Completion),
}

/// A server, a proxy in front of it, a client that knows only the proxy, and a record of what the client was told.
pub(crate) struct Scene {
    pub(crate) server: Orb,
    pub(crate) client: Orb,
    pub(crate) proxy: CuttingProxy,
    pub(crate) book: Book,
    pub(crate) object: LedgerProxy,
    told: Mutex<Vec<(u64, Kind, Told)>>,
}

/// Ids of calls: no two calls of a test program share one.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Scene {
    pub(crate) async fn new(protocol: Preference) -> Scene {
        Scene::with(protocol, |_| {}).await
    }

    /// With limits of its own for the server.
    pub(crate) async fn with(protocol: Preference, limits: impl FnOnce(&mut Limits)) -> Scene {
        let proxy = CuttingProxy::open().await;
        let server = Orb::builder()
            .listen("127.0.0.1:0")
            .advertise(proxy.address.to_string())
            .limits(limits)
            .start()
            .await
            .unwrap();
        proxy.leads_to(server.addresses()[0].to_string());
        let book = Book::default();
        let own = server.serve("ledger", LedgerServant::new(book.clone())).unwrap();
        let keeping = |limits: &mut Limits| limits.shortcut_idle_max = Duration::from_secs(60);
        let client = Orb::builder().prefer(protocol).limits(keeping).start().await.unwrap();
        let object = client.bind(&own.object().to_string()).unwrap();
        Scene { server, client, proxy, book, object, told: Mutex::default() }
    }

    /// Calls, and notes what it was told; answers that and the id of the call.
    pub(crate) async fn call(&self, kind: Kind) -> (u64, Told) {
        self.call_within(kind, Duration::from_secs(20)).await
    }

    pub(crate) async fn call_within(&self, kind: Kind, limit: Duration) -> (u64, Told) {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let object = self.object.with_deadline(limit);
        let ended: Result<u64, Fault> = match kind {
            Kind::Query => object.look(id).await,
            Kind::Idempotent => object.put(id).await,
            Kind::Update => object.add(id).await,
            Kind::Oneway => object.note(id).await.map(|()| result_of(id)),
        };
        (id, self.note(id, kind, ended))
    }

    /// The same from a thread that waits for nothing else.
    pub(crate) async fn call_blocking(&self, kind: Kind) -> (u64, Told) {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let object = self.object.blocking();
        let calling = tokio::task::spawn_blocking(move || match kind {
            Kind::Query => object.look(id),
            Kind::Idempotent => object.put(id),
            Kind::Update => object.add(id),
            Kind::Oneway => object.note(id).map(|()| result_of(id)),
        });
        let ended = calling.await.expect("a call does not panic");
        (id, self.note(id, kind, ended))
    }

    fn note(&self, id: u64, kind: Kind, ended: Result<u64, Fault>) -> Told {
        let told = match ended {
            Ok(result) => {
                assert_eq!(result, result_of(id), "the reply to another call");
                Told::Well
            }
            Err(fault) => Told::Failed(fault.completed()),
        };
        self.told.lock().unwrap().push((id, kind, told));
        told
    }

    /// Makes an update with these octets, and notes what it was told.
    pub(crate) async fn call_with(&self, octets: &Vec<u8>) -> Told {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let told = match self.object.store(id, octets.clone()).await {
            Ok(result) => {
                assert!(result == *octets, "the reply to another call");
                Told::Well
            }
            Err(fault) => Told::Failed(fault.completed()),
        };
        self.told.lock().unwrap().push((id, Kind::Update, told));
        told
    }

    /// Lets everything come to rest, and holds what callers were told against what was executed.
    pub(crate) async fn check(&self) {
        self.comes_to_rest().await;
        for (id, kind, told) in self.told.lock().unwrap().iter().copied() {
            let times = self.book.times(id);
            let is_right = match (kind, told) {
                (Kind::Oneway, Told::Well) => times <= 1,
                (_, Told::Well | Told::Failed(Completion::Yes)) => times >= 1,
                (_, Told::Failed(Completion::No)) => times == 0,
                (_, Told::Failed(Completion::Maybe)) => true,
            };
            assert!(is_right, "{kind:?} {id} was executed {times} times, and its caller was told {told:?}");
            assert!(kind.is_repeatable() || times <= 1, "{kind:?} {id} was executed {times} times");
        }
    }

    /// Waits until nothing is under way and the proxy has delivered what it delivers.
    pub(crate) async fn comes_to_rest(&self) {
        let rest = async {
            loop {
                self.proxy.is_quiet().await;
                let (client, server) = (self.client.open_calls(), self.server.open_calls());
                if client.made == 0 && server.served == 0 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), rest).await.expect("everything comes to rest");
    }

    /// Waits until the client has noticed that its connection is over.
    pub(crate) async fn client_disconnects(&self) {
        let ends = async {
            while self.client.open_connections() > 0 {
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ends).await.expect("the connection ends");
    }

    pub(crate) async fn end(self) {
        self.check().await;
        self.client.shutdown(Duration::ZERO).await;
        self.server.shutdown(Duration::ZERO).await;
    }
}
