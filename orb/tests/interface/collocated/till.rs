//! What is called within a process: a till, and a gate for calls that stay inside for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use quorb::adapter::Protocol;
use quorb::{Completion, Context, ExceptionKind, Fault, IdlType, ObjectRef, SystemException, interface};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

#[derive(Debug, Clone, PartialEq, quorb::Exception)]
pub(crate) struct Refused {
    pub(crate) reason: String,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(i32)]
pub(crate) enum Size {
    #[label(1)]
    Small,
    #[label(2, 3)]
    Large(i32, u8),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Branch {
    pub(crate) children: Vec<Branch>,
}

impl Branch {
    pub(crate) fn chain(levels: usize) -> Branch {
        (0..levels).fold(Branch { children: vec![] }, |tree, _| Branch { children: vec![tree] })
    }

    fn depth(&self) -> u32 {
        self.children.iter().map(|child| child.depth() + 1).max().unwrap_or(0)
    }
}

#[interface]
pub(crate) trait Base {
    fn base(&self) -> u32;
}

#[interface]
pub(crate) trait Till: Base {
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
    fn is_collocated(&self, cx: &Context) -> bool;
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

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Drawer {
    pub(crate) total: i64,
    #[serde(skip)]
    pub(crate) go: Arc<Gate>,
}

#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) inside: AtomicBool,
    pub(crate) open: AtomicBool,
    pub(crate) told: AtomicU32,
    pub(crate) held: Held,
}

pub(crate) struct Held {
    pub(crate) started: Semaphore,
    pub(crate) go: Semaphore,
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

    fn is_collocated(&self, cx: &Context) -> bool {
        cx.peer().protocol == Protocol::Collocated && cx.peer().address.is_empty() && cx.depth() == 0
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
