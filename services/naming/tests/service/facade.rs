//! How Rust programs use it: paths, what is remembered, leases, watching.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use quorb::intercept::{ServerCall, ServerInterceptor, ServerNext};
use quorb::{Fault, ObjectRef, Orb, Proxy, Reply, interface};
use quorb_naming::cos::{
    BindError, Binding, BindingIteratorProxy, BindingType, ChangeKind, NameComponent, NamingContext,
    NamingContextProxy, NamingContextServant, NotEmpty, NotFoundReason, ResolveError,
};
use quorb_naming::storage::MemoryStore;
use quorb_naming::{Limits, NameError, NameServer, Names};

use crate::rig::{Rig, name, soon};

#[interface]
trait Grid {
    fn get(&self, n: i16) -> i32;
}

#[interface]
trait Clock {
    fn hour(&self) -> u8;
}

struct Board(i32);

impl Grid for Board {
    fn get(&self, n: i16) -> i32 {
        self.0 + i32::from(n)
    }
}

async fn grid(orb: &Orb, id: &str, first: i32) -> GridProxy {
    orb.serve(id, GridServant::new(Board(first))).expect("the id is free")
}

fn names(rig: &Rig) -> Names {
    Names::with_root(&rig.client, rig.root.clone())
}

#[tokio::test]
async fn a_name_leads_to_a_typed_proxy() {
    let rig = Rig::new().await;
    let names = names(&rig);
    let grid = grid(&rig.server, "grid", 40).await;
    names.bind("trading/eu/grid", &grid).await.unwrap();
    let found: GridProxy = names.resolve("trading/eu/grid").await.unwrap();
    assert_eq!(found.get(2).await.unwrap(), 42);
    assert_eq!(
        names.bind("trading/eu/grid", &grid).await,
        Err(NameError::AlreadyBound { path: "trading/eu/grid".into() })
    );
    names.rebind("trading/eu/grid", &grid).await.unwrap();
    let wrong = names.resolve::<ClockProxy>("trading/eu/grid").await.unwrap_err();
    assert!(matches!(wrong, NameError::WrongInterface { .. }), "{wrong}");
    let sorts: Vec<_> = names.list("trading").await.unwrap().into_iter().map(|e| (e.name, e.sort)).collect();
    assert_eq!(sorts, [("eu".to_owned(), BindingType::Context)]);
    names.unbind("trading/eu/grid").await.unwrap();
    names.remove_context("trading/eu").await.unwrap();
    rig.end().await;
}

#[tokio::test]
async fn errors_say_what_is_wrong() {
    let rig = Rig::new().await;
    let names = names(&rig);
    names.bind_object("a/b", &rig.object("o")).await.unwrap();
    let cases = [
        (
            "",
            "`` is no name: a component of a name is empty at offset 0 (one with neither id nor kind is a dot)",
        ),
        (
            "a//b",
            "`a//b` is no name: a component of a name is empty at offset 2 (one with neither id nor kind is a dot)",
        ),
        ("a/c/d", "`a/c/d`: `c` is not bound"),
        ("a/b/d", "`a/b/d`: `b` is bound to an object, not to a context"),
    ];
    for (path, words) in cases {
        assert_eq!(names.resolve_object(path).await.unwrap_err().to_string(), words);
    }
    assert_eq!(
        names.rebind("a", &rig.root).await.unwrap_err().to_string(),
        "`a`: `a` is bound to a context, not to an object"
    );
    assert_eq!(names.remove_context("a").await.unwrap_err().to_string(), "the context `a` is not empty");
    assert_eq!(names.bind("a/b", &rig.root).await.unwrap_err().to_string(), "`a/b` is bound already");
    rig.end().await;
    let gone = names.resolve_object("a/b").await.unwrap_err();
    assert!(matches!(gone, NameError::Call(_)), "{gone}");
}

/// Counts the calls that reach the service.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

impl ServerInterceptor for Counter {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        if matches!(call.context().operation(), "resolve" | "look_up") {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        next.run(call).await
    }
}

#[tokio::test]
async fn what_was_resolved_is_remembered_until_it_changes() {
    let counter = Counter::default();
    let server =
        Orb::builder().listen("127.0.0.1:0").intercept_service(counter.clone()).start().await.unwrap();
    let service = NameServer::start(&server, MemoryStore::new(), Limits::default()).await.unwrap();
    let client = Orb::client().await.unwrap();
    let names = Names::at(&client, &service.root().to_string()).unwrap();
    let other = Names::at(&client, &service.root().to_string()).unwrap();
    let (first, second) = (grid(&server, "first", 1).await, grid(&server, "second", 2).await);
    names.bind("lab/grid", &first).await.unwrap();
    // A second way to the same name.
    let lab = names.context("lab").await.unwrap();
    names.bind_context("alias", &lab).await.unwrap();
    let resolve = async |path: &str| names.resolve::<GridProxy>(path).await.unwrap().get(0).await.unwrap();
    let is_remembered = async |path: &str| {
        let asked = counter.0.load(Ordering::SeqCst);
        resolve(path).await;
        counter.0.load(Ordering::SeqCst) == asked
    };
    let remembered = async |path: &str| {
        while !is_remembered(path).await {
            tokio::task::yield_now().await;
        }
    };
    soon("it is remembered", remembered("lab/grid")).await;
    soon("it is remembered", remembered("alias/grid")).await;
    for _ in 0..100 {
        assert_eq!(resolve("lab/grid").await, 1);
    }
    // Somebody else changes it, under the other name.
    other.rebind("alias/grid", &second).await.unwrap();
    let changed = async |path: &'static str, to: i32| while resolve(path).await != to {};
    soon("it is noticed", changed("lab/grid", 2)).await;
    soon("it is noticed", changed("alias/grid", 2)).await;
    // What this program changes it sees at once.
    soon("it is remembered", remembered("lab/grid")).await;
    names.rebind("lab/grid", &first).await.unwrap();
    assert_eq!(resolve("lab/grid").await, 1);
    // A change on the way counts, too.
    soon("it is remembered", remembered("alias/grid")).await;
    other.unbind("alias").await.unwrap();
    let gone = async || while names.resolve::<GridProxy>("alias/grid").await.is_ok() {};
    soon("it is noticed", gone()).await;
    client.shutdown(Duration::ZERO).await;
    server.shutdown(Duration::ZERO).await;
    service.close().await;
}

#[tokio::test]
async fn a_proxy_that_was_resolved_goes_where_its_name_goes() {
    let rig = Rig::new().await;
    let names = names(&rig);
    let first = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let second = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    names.bind("grid", &grid(&first, "grid", 1).await).await.unwrap();
    let found: GridProxy = names.resolve("grid").await.unwrap();
    assert_eq!(found.get(0).await.unwrap(), 1);
    first.shutdown(Duration::ZERO).await;
    names.rebind("grid", &grid(&second, "grid", 2).await).await.unwrap();
    assert_eq!(found.get(0).await.unwrap(), 2, "the same proxy");
    second.shutdown(Duration::ZERO).await;
    names.unbind("grid").await.unwrap();
    let lost = found.get(0).await.unwrap_err().to_string();
    assert!(lost.contains("the name `grid`") && lost.contains("`grid` is not bound"), "{lost}");
    rig.end().await;
}

#[tokio::test]
async fn leases_are_renewed_and_begin_again() {
    let rig = Rig::with(MemoryStore::new(), |limits| limits.lease_time_min = Duration::from_millis(10)).await;
    let names = names(&rig);
    let mut watch = names.watch("").await.unwrap();
    let time = Duration::from_millis(300);
    let lease = names.lease(time).await.unwrap();
    let grid = grid(&rig.server, "grid", 1).await;
    lease.bind("lab/grid", &grid).await.unwrap();
    assert_eq!(lease.bind("lab/grid", &grid).await, Err(NameError::AlreadyBound { path: "lab/grid".into() }));
    lease.rebind("lab/grid", &grid).await.unwrap();
    // Renewed for several of its times: a name under a lease that nobody renews goes first.
    let directory = rig.directory();
    for _ in 0..3 {
        let other = directory.grant(300).await.unwrap();
        directory.bind_leased(&name("other"), &rig.object("o"), other, false).await.unwrap();
        loop {
            let event = soon("it ends", watch.next()).await.unwrap();
            assert!(event.path != "lab/grid" || event.kind == ChangeKind::BoundObject, "{event:?}");
            if (event.path.as_str(), event.kind) == ("other", ChangeKind::Expired) {
                break;
            }
        }
    }
    lease.release().await.unwrap();
    assert!(names.resolve_object("lab/grid").await.is_err());
    // One that is dropped ends soon.
    let dropped = names.lease(Duration::from_secs(3600)).await.unwrap();
    dropped.bind("dropped", &grid).await.unwrap();
    drop(dropped);
    let gone = async {
        while names.resolve_object("dropped").await.is_ok() {
            // What is remembered is answered without a wait: others need their turn.
            tokio::task::yield_now().await;
        }
    };
    soon("it ends", gone).await;
    rig.end().await;
}

#[tokio::test]
async fn a_subtree_is_watched() {
    let rig = Rig::new().await;
    let names = names(&rig);
    names.create_context("lab/deep").await.unwrap();
    let mut watch = names.watch("lab").await.unwrap();
    let object = rig.object("o");
    names.bind_object("elsewhere", &object).await.unwrap();
    names.bind_object("lab/deep/a", &object).await.unwrap();
    names.bind_object("lab/new/b", &object).await.unwrap();
    names.unbind("lab/deep").await.unwrap();
    names.bind_object("lab/c", &object).await.unwrap();
    let mut seen = Vec::new();
    while seen.last().is_none_or(|(path, _)| path != "lab/c") {
        let event = soon("it is told", watch.next()).await.unwrap();
        seen.push((event.path, event.kind));
    }
    let expected = [
        ("lab/deep/a", ChangeKind::BoundObject),
        ("lab/new", ChangeKind::BoundContext),
        ("lab/new/b", ChangeKind::BoundObject),
        ("lab/deep", ChangeKind::Unbound),
        ("lab/c", ChangeKind::BoundObject),
    ];
    // What is bound in a new context before it is looked into may be told or not.
    seen.retain(|event| event.0 != "lab/new/b");
    let expected: Vec<_> =
        expected.iter().filter(|e| e.0 != "lab/new/b").map(|(p, k)| ((*p).to_owned(), *k)).collect();
    assert_eq!(seen, expected);
    let fault = names.watch("lab/c").await.unwrap_err();
    assert!(matches!(fault, NameError::NotFound { why: NotFoundReason::NotContext, .. }), "{fault}");
    rig.end().await;
}

/// Contexts that contain each other: each is entered once, and known under its names.
#[tokio::test]
async fn a_watch_ends_its_walk_where_contexts_form_a_circle() {
    let rig = Rig::new().await;
    let names = names(&rig);
    names.create_context("a/b").await.unwrap();
    names.bind_context("a/up", &names.root().object().unchecked()).await.unwrap();
    let a = names.context("a").await.unwrap();
    names.bind_context("a/b/self", &a).await.unwrap();
    let mut watch = soon("it has looked around", names.watch("")).await.unwrap();
    let object = rig.object("o");
    for path in ["a/b/x", "a/up/a/b/self/y", "end"] {
        names.bind_object(path, &object).await.unwrap();
    }
    let mut told = Vec::new();
    while told.len() < 5 {
        told.push(soon("it is told", watch.next()).await.unwrap().path);
    }
    told.sort();
    assert_eq!(told, ["a/b/self/y", "a/b/x", "a/up/end", "a/y", "end"]);
    rig.end().await;
}

/// CosNaming alone, as foreign services have it.
#[tokio::test]
async fn a_service_of_others_is_used_all_the_same() {
    let rig = Rig::new().await;
    let plain = Plain(rig.service.root().object().unchecked());
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let root: NamingContextProxy = orb.serve("NameService", NamingContextServant::new(plain)).unwrap();
    let names = Names::at(&rig.client, &root.to_string()).unwrap();
    let grid = grid(&rig.server, "grid", 5).await;
    names.bind("lab/grid", &grid).await.unwrap();
    assert_eq!(names.resolve::<GridProxy>("lab/grid").await.unwrap().get(0).await.unwrap(), 5);
    assert!(matches!(names.lease(Duration::from_secs(1)).await.unwrap_err(), NameError::NotOurs));
    assert!(matches!(names.watch("").await.unwrap_err(), NameError::NotOurs));
    assert_eq!(names.sort_of("lab").await, Ok(BindingType::Context));
    orb.shutdown(Duration::ZERO).await;
    rig.end().await;
}

/// Passes every call on to a context, and is no more than OMG's.
struct Plain(NamingContextProxy);

impl NamingContext for Plain {
    async fn bind(&self, n: &[NameComponent], obj: &ObjectRef) -> Result<(), Fault<BindError>> {
        self.0.bind(n, obj).await
    }
    async fn rebind(&self, n: &[NameComponent], obj: &ObjectRef) -> Result<(), Fault<ResolveError>> {
        self.0.rebind(n, obj).await
    }
    async fn bind_context(
        &self,
        n: &[NameComponent],
        nc: &NamingContextProxy,
    ) -> Result<(), Fault<BindError>> {
        self.0.bind_context(n, nc).await
    }
    async fn rebind_context(
        &self,
        n: &[NameComponent],
        nc: &NamingContextProxy,
    ) -> Result<(), Fault<ResolveError>> {
        self.0.rebind_context(n, nc).await
    }
    async fn resolve(&self, n: &[NameComponent]) -> Result<ObjectRef, Fault<ResolveError>> {
        self.0.resolve(n).await
    }
    async fn unbind(&self, n: &[NameComponent]) -> Result<(), Fault<ResolveError>> {
        self.0.unbind(n).await
    }
    async fn new_context(&self) -> Result<NamingContextProxy, Fault> {
        self.0.new_context().await
    }
    async fn bind_new_context(&self, n: &[NameComponent]) -> Result<NamingContextProxy, Fault<BindError>> {
        self.0.bind_new_context(n).await
    }
    async fn destroy(&self) -> Result<(), Fault<NotEmpty>> {
        self.0.destroy().await
    }
    async fn list(&self, how_many: u32) -> Result<((), Vec<Binding>, BindingIteratorProxy), Fault> {
        self.0.list(how_many).await
    }
}

#[tokio::test]
async fn the_initial_reference_is_the_naming_service() {
    let rig = Rig::new().await;
    let reference = rig.root.to_string();
    let client = Orb::builder().initial_reference("NameService", &reference).start().await.unwrap();
    let names = Names::of(&client).unwrap();
    names.bind_object("a", &rig.object("o")).await.unwrap();
    assert_eq!(rig.root.resolve(&name("a")).await.unwrap(), rig.object("o"));
    client.shutdown(Duration::ZERO).await;
    rig.end().await;
}
