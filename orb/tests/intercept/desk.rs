//! What these tests call: a desk, on every way there is.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorb::{Context, MemoryNetwork, Orb, OrbBuilder, Preference, Proxy, interface};

/// The longest that anything may take that should happen at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An exception that the desk declares.
#[derive(Debug, Clone, PartialEq, quorb::Exception)]
pub(crate) struct TooMuch {
    pub(crate) limit: i32,
}

#[interface]
pub(crate) trait Desk {
    #[attribute(set)]
    fn label(&self) -> String;
    fn value(&self) -> i32;
    fn add(&mut self, n: i32) -> Result<i32, TooMuch>;
    #[oneway]
    #[update]
    fn note(&self);
    /// The contexts that came with the call, as `id=text`.
    fn heard(&self, cx: &Context) -> String;
    /// The value of another desk, asked by this one.
    async fn value_of(&self, other: DeskProxy) -> i32;
    /// Takes a permit, and ends.
    #[query]
    async fn work(&self) -> u32;
    /// Lets another desk work as well, after it has a permit itself.
    #[query]
    async fn work_with(&self, other: DeskProxy) -> u32;
    /// Ends never.
    #[query]
    async fn wait_for_ever(&self);
    fn panic(&mut self);
}

/// What a desk has seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// What work takes.
    pub(crate) permits: tokio::sync::Semaphore,
    pub(crate) working: AtomicU32,
    pub(crate) worked: AtomicU32,
    pub(crate) notes: AtomicU32,
    pub(crate) waits: AtomicU32,
    pub(crate) executed: AtomicU32,
}

impl Default for Seen {
    fn default() -> Seen {
        Seen {
            permits: tokio::sync::Semaphore::new(0),
            working: AtomicU32::new(0),
            worked: AtomicU32::new(0),
            notes: AtomicU32::new(0),
            waits: AtomicU32::new(0),
            executed: AtomicU32::new(0),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Plain {
    value: i32,
    label: String,
    pub(crate) seen: Arc<Seen>,
}

impl Desk for Plain {
    fn label(&self) -> String {
        self.seen.executed.fetch_add(1, Ordering::SeqCst);
        self.label.clone()
    }

    fn set_label(&mut self, value: String) {
        self.label = value;
    }

    fn value(&self) -> i32 {
        self.seen.executed.fetch_add(1, Ordering::SeqCst);
        self.value
    }

    fn add(&mut self, n: i32) -> Result<i32, TooMuch> {
        self.seen.executed.fetch_add(1, Ordering::SeqCst);
        if n > 1000 {
            return Err(TooMuch { limit: 1000 });
        }
        self.value += n;
        Ok(self.value)
    }

    fn note(&self) {
        self.seen.notes.fetch_add(1, Ordering::SeqCst);
    }

    fn heard(&self, cx: &Context) -> String {
        let contexts = cx.service_contexts().iter();
        let texts = contexts.map(|context| format!("{}={}", context.id, context.data.escape_ascii()));
        texts.collect::<Vec<_>>().join(" ")
    }

    async fn value_of(&self, other: DeskProxy) -> i32 {
        other.value().await.unwrap()
    }

    async fn work(&self) -> u32 {
        self.seen.working.fetch_add(1, Ordering::SeqCst);
        self.seen.permits.acquire().await.unwrap().forget();
        self.seen.working.fetch_sub(1, Ordering::SeqCst);
        self.seen.worked.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn work_with(&self, other: DeskProxy) -> u32 {
        self.seen.permits.acquire().await.unwrap().forget();
        other.work().await.unwrap()
    }

    async fn wait_for_ever(&self) {
        self.seen.waits.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }

    fn panic(&mut self) {
        panic!("on purpose");
    }
}

/// A way from a caller to a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Collocated,
    Native,
    Iiop,
}

pub(crate) const WAYS: [Way; 3] = [Way::Collocated, Way::Native, Way::Iiop];

/// A server with a desk, and a client.
pub(crate) struct Office {
    pub(crate) server: Orb,
    pub(crate) client: Orb,
    pub(crate) desk: DeskProxy,
    pub(crate) seen: Arc<Seen>,
    pub(crate) network: MemoryNetwork,
}

impl Office {
    /// `serving` and `calling` configure both sides; where they are one broker, both do that.
    pub(crate) async fn open(
        way: Way,
        serving: impl FnOnce(OrbBuilder) -> OrbBuilder,
        calling: impl FnOnce(OrbBuilder) -> OrbBuilder,
    ) -> Office {
        let network = MemoryNetwork::new();
        let preference = if way == Way::Iiop { Preference::IiopOnly } else { Preference::NativeOnly };
        let server = serving(Orb::builder().memory(&network).listen("memory:desk").prefer(preference));
        let (server, client) = match way {
            Way::Collocated => {
                let both = calling(server).start().await.unwrap();
                (both.clone(), both)
            }
            _ => {
                let client = calling(Orb::builder().memory(&network).prefer(preference));
                (server.start().await.unwrap(), client.start().await.unwrap())
            }
        };
        let plain = Plain::default();
        let seen = plain.seen.clone();
        let own = server.serve("desk", DeskServant::new(plain)).unwrap();
        let desk = client.bind(&own.object().to_string()).unwrap();
        Office { server, client, desk, seen, network }
    }
}

/// Runs `exercise` on every way.
pub(crate) async fn every_way(exercise: impl AsyncFn(Way)) {
    for way in WAYS {
        soon(&format!("{way:?}"), exercise(way)).await;
    }
}

/// Waits for what should happen at once.
pub(crate) async fn soon<T>(what: &str, event: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, event).await.unwrap_or_else(|_| panic!("{what}: it hangs"))
}

/// Waits until a condition holds that has no event of its own.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let looks = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    soon(what, looks).await;
}

/// Lines that interceptors write.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    /// Takes what was written, one line behind the other.
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(", ")
    }
}
