//! Calls within a process mean what calls over a connection mean, whether they are direct or go the general way.

mod calls;
mod lives;
mod values;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use quorb::adapter::Protocol;
use quorb::intercept::{ServerCall, ServerInterceptor, ServerNext};
use quorb::{
    Completion, Context, ExceptionKind, Fault, IdlType, MemoryNetwork, ObjectRef, Orb, Preference, Proxy,
    Reply, SystemException, interface,
};
use tokio::sync::Semaphore;

#[derive(Debug, Clone, PartialEq, quorb::Exception)]
pub(super) struct Refused {
    pub(super) reason: String,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(i32)]
pub(super) enum Size {
    #[label(1)]
    Small,
    #[label(2, 3)]
    Large(i32, u8),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(super) struct Branch {
    pub(super) children: Vec<Branch>,
}

impl Branch {
    pub(super) fn chain(levels: usize) -> Branch {
        (0..levels).fold(Branch { children: vec![] }, |tree, _| Branch { children: vec![tree] })
    }

    fn depth(&self) -> u32 {
        self.children.iter().map(|child| child.depth() + 1).max().unwrap_or(0)
    }
}

#[interface]
pub(super) trait Base {
    fn base(&self) -> u32;
}

#[interface]
pub(super) trait Till: Base {
    #[attribute(set)]
    fn total(&self) -> i64;
    fn add(&mut self, by: i64) -> i64;
    fn echo(&self, text: &str) -> String;
    fn spell(&self, length: u32, ending: char) -> String;
    fn join(&self, words: &[String], last: String) -> (String, u32);
    fn refuse(&self, reason: String) -> Result<u8, Refused>;
    fn fail(&self) -> Result<u8, Fault<Refused>>;
    fn size(&self, size: Size) -> Size;
    fn depth(&self, tree: &Branch) -> u32;
    fn same(&self, object: TillProxy) -> TillProxy;
    fn is_open(&self, object: ObjectRef) -> bool;
    fn peek(&self, cx: &Context) -> Vec<String>;
    #[deadline("5s")]
    fn seconds_left(&self, cx: &Context) -> u64;
    fn panic_query(&self) -> u8;
    fn panic_update(&mut self) -> u8;
    #[oneway]
    fn tell(&mut self, by: i64);
    #[oneway]
    fn panic_told(&self);
    async fn hold(&mut self) -> i64;
    async fn through(&mut self, other: TillProxy) -> Result<i64, Fault>;
    async fn look_through(&self, other: TillProxy) -> Result<i64, Fault>;
    fn defer_to(&mut self, other: TillProxy) -> Result<i64, Fault>;
    #[update]
    async fn nest(&self, this: TillProxy, other: TillProxy, depth: u32) -> Result<u32, Fault>;
    #[update]
    fn linger(&self) -> i64;
}

#[derive(Default)]
pub(super) struct Drawer {
    pub(super) total: i64,
    pub(super) go: Arc<Gate>,
}

#[derive(Default)]
pub(super) struct Gate {
    pub(super) inside: AtomicBool,
    pub(super) open: AtomicBool,
    pub(super) told: AtomicU32,
    pub(super) held: Held,
}

pub(super) struct Held {
    pub(super) started: Semaphore,
    pub(super) go: Semaphore,
}

impl Default for Held {
    fn default() -> Held {
        Held { started: Semaphore::new(0), go: Semaphore::new(0) }
    }
}

impl Base for Drawer {
    fn base(&self) -> u32 {
        7
    }
}

impl Till for Drawer {
    fn total(&self) -> i64 {
        self.total
    }

    fn set_total(&mut self, value: i64) {
        self.total = value;
    }

    fn add(&mut self, by: i64) -> i64 {
        self.total += by;
        self.total
    }

    fn echo(&self, text: &str) -> String {
        text.to_owned()
    }

    fn spell(&self, length: u32, ending: char) -> String {
        let mut text = "a".repeat(length as usize);
        text.push(if ending == '0' { '\0' } else { ending });
        text
    }

    fn join(&self, words: &[String], last: String) -> (String, u32) {
        ([words.concat(), last].concat(), words.len() as u32)
    }

    fn refuse(&self, reason: String) -> Result<u8, Refused> {
        Err(Refused { reason })
    }

    fn fail(&self) -> Result<u8, Fault<Refused>> {
        Err(SystemException::new(ExceptionKind::NoPermission, quorb::Minor::UNSPECIFIED, Completion::No)
            .into())
    }

    fn size(&self, size: Size) -> Size {
        size
    }

    fn depth(&self, tree: &Branch) -> u32 {
        tree.depth()
    }

    fn same(&self, object: TillProxy) -> TillProxy {
        object
    }

    fn is_open(&self, object: ObjectRef) -> bool {
        !object.is_nil()
    }

    fn peek(&self, cx: &Context) -> Vec<String> {
        let current = Context::current().expect("a call is being executed");
        cx.attach(Arc::new(41u8));
        assert_eq!(current.attached::<u8>().as_deref(), Some(&41), "it is one and the same");
        assert_eq!((current.chain(), current.depth()), (cx.chain(), cx.depth()));
        vec![cx.operation().to_owned(), String::from_utf8_lossy(cx.object_key()).into_owned()]
    }

    fn seconds_left(&self, cx: &Context) -> u64 {
        cx.time_left().expect("every call ends").as_secs() + 1
    }

    fn panic_query(&self) -> u8 {
        panic!("as the test wants")
    }

    fn panic_update(&mut self) -> u8 {
        self.total = 1000;
        panic!("as the test wants")
    }

    fn tell(&mut self, by: i64) {
        self.total += by;
        self.go.told.fetch_add(1, Ordering::SeqCst);
    }

    fn panic_told(&self) {
        self.go.told.fetch_add(1, Ordering::SeqCst);
        panic!("as the test wants")
    }

    async fn hold(&mut self) -> i64 {
        self.go.held.started.add_permits(1);
        self.go.held.go.acquire().await.expect("open for ever").forget();
        self.total += 1;
        self.total
    }

    async fn through(&mut self, other: TillProxy) -> Result<i64, Fault> {
        other.add(1).await
    }

    async fn look_through(&self, other: TillProxy) -> Result<i64, Fault> {
        other.total().await
    }

    fn defer_to(&mut self, other: TillProxy) -> Result<i64, Fault> {
        let mut call = other.deferred().add(1);
        call.try_take().expect("what is refused is refused at once")
    }

    async fn nest(&self, this: TillProxy, other: TillProxy, depth: u32) -> Result<u32, Fault> {
        if depth == 0 { this.base().await } else { other.nest(other.clone(), this, depth - 1).await }
    }

    fn linger(&self) -> i64 {
        self.go.inside.store(true, Ordering::SeqCst);
        while !self.go.open.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        self.total
    }
}

/// Changes nothing, but has to be asked: collocated calls go the general way.
pub(super) struct Onlooker;

impl ServerInterceptor for Onlooker {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        next.run(call).await
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Way {
    Direct,
    General,
    Native,
    Iiop,
}

pub(super) const WAYS: [Way; 4] = [Way::Direct, Way::General, Way::Native, Way::Iiop];

pub(super) struct World {
    pub(super) server: Orb,
    pub(super) client: Orb,
    pub(super) own: TillProxy,
    pub(super) till: TillProxy,
    pub(super) go: Arc<Gate>,
}

impl World {
    pub(super) async fn new(way: Way) -> World {
        let network = MemoryNetwork::new();
        let builder = Orb::builder().memory(&network).listen("memory:till");
        let builder = if way == Way::General { builder.intercept_service(Onlooker) } else { builder };
        let server = builder.start().await.unwrap();
        let go = Arc::<Gate>::default();
        let own = server.serve("till", TillServant::new(Drawer { total: 0, go: go.clone() })).unwrap();
        let remote = |preference| Orb::builder().memory(&network).prefer(preference).start();
        let client = match way {
            Way::Direct | Way::General => server.clone(),
            Way::Native => remote(Preference::NativeOnly).await.unwrap(),
            Way::Iiop => remote(Preference::IiopOnly).await.unwrap(),
        };
        let till = client.bind(&own.to_string()).unwrap();
        World { server, client, own, till, go }
    }
}
