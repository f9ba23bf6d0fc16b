//! Restarts, full disks, and that nobody sees what is not on the disk.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use quorb::{Completion, ExceptionKind, Proxy};
use quorb_naming::Limits;
use quorb_naming::cos::{NamingContextProxy, NotFoundReason, ResolveError};
use quorb_naming::storage::{MemoryStore, RedbStore, Store, StoreError, TakeRow};
use quorb_naming::tree::{Change, Command, ContextId, Label, Outcome, Row, Tree, TreeLimits};

use crate::rig::{Rig, component, name, soon};

/// A folder that goes away with its handle.
struct Folder(PathBuf);

impl Folder {
    fn new(purpose: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("quorb-naming-{purpose}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_service_that_starts_again_knows_its_names() {
    let folder = Folder::new("again");
    let first = Rig::with(RedbStore::open(&folder.0).unwrap(), |_| ()).await;
    assert!(matches!(RedbStore::open(&folder.0), Err(StoreError::InUse(_))));
    let lab = first.root.bind_new_context(&name("lab")).await.unwrap();
    first.root.bind(&name("lab/grid.object"), &first.object("grid")).await.unwrap();
    first.root.bind_context(&name("lab/up"), &first.root.object().unchecked()).await.unwrap();
    first.root.bind(&name("gone"), &first.object("gone")).await.unwrap();
    first.root.unbind(&name("gone")).await.unwrap();
    let number = lab.object().unchecked::<quorb_naming::cos::DirectoryProxy>().number().await.unwrap();
    first.end().await;

    let second = Rig::with(RedbStore::open(&folder.0).unwrap(), |_| ()).await;
    assert_eq!(second.root.resolve(&name("lab/up/lab/grid.object")).await.unwrap(), second.object("grid"));
    let fault = second.root.resolve(&name("gone")).await.unwrap_err();
    assert!(matches!(fault.user(), Some(ResolveError::NotFound(_))), "{fault}");
    let lab: NamingContextProxy = second.root.resolve(&name("lab")).await.unwrap().unchecked();
    let found = lab.object().unchecked::<quorb_naming::cos::DirectoryProxy>().number().await.unwrap();
    assert_eq!(found, number, "its reference holds");
    let new = second.root.new_context().await.unwrap();
    assert_ne!(new.object().unchecked::<quorb_naming::cos::DirectoryProxy>().number().await.unwrap(), number);
    second.end().await;
}

#[tokio::test]
async fn a_full_disk_refuses_updates_and_loses_nothing() {
    let store = MemoryStore::new();
    let rig = Rig::with(store.clone(), |_| ()).await;
    rig.root.bind(&name("before"), &rig.object("o")).await.unwrap();
    let context = rig.root.bind_new_context(&name("context")).await.unwrap();
    store.set_full(true);
    for _ in 0..3 {
        let fault = rig.root.bind(&name("during"), &rig.object("o")).await.unwrap_err();
        assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::PersistStore), Completion::No));
    }
    assert_eq!(rig.root.unbind(&name("before")).await.unwrap_err().kind(), Some(ExceptionKind::PersistStore));
    assert_eq!(context.destroy().await.unwrap_err().kind(), Some(ExceptionKind::PersistStore));
    assert_eq!(rig.root.resolve(&name("before")).await.unwrap(), rig.object("o"));
    assert!(rig.root.resolve(&name("during")).await.is_err());
    assert_eq!(context.list(1).await.unwrap().1.len(), 0);
    store.set_full(false);
    rig.root.bind(&name("during"), &rig.object("o")).await.unwrap();
    rig.end().await;
    let again = Rig::with(store, |_| ()).await;
    assert_eq!(again.root.list(10).await.unwrap().1.len(), 3);
    again.end().await;
}

/// A store whose commits wait to be let through.
struct Slow {
    inner: MemoryStore,
    begun: mpsc::Sender<usize>,
    go_on: mpsc::Receiver<Result<(), ()>>,
}

impl Store for Slow {
    fn load(&mut self, row: TakeRow<'_>) -> Result<(), StoreError> {
        self.inner.load(row)
    }

    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        self.begun.send(rows.len()).unwrap();
        match self.go_on.recv().unwrap() {
            Ok(()) => self.inner.commit(rows),
            Err(()) => Err(StoreError::Failed("it is told to fail".into())),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_share_a_sync_and_nobody_sees_what_is_not_on_the_disk() {
    let (begun, has_begun) = mpsc::channel();
    let (let_go, go_on) = mpsc::channel();
    let rig = Rig::with(Slow { inner: MemoryStore::new(), begun, go_on }, |_| ()).await;
    let bind = |text: &'static str| {
        let (root, object) = (rig.root.clone(), rig.object("o"));
        tokio::spawn(async move { root.bind(&name(text), &object).await })
    };
    let resolve = |text: &'static str| {
        let root = rig.root.clone();
        tokio::spawn(async move { root.resolve(&name(text)).await })
    };
    let_go.send(Ok(())).unwrap();
    bind("there").await.unwrap().unwrap();
    assert_eq!(has_begun.recv(), Ok(1));

    let first = bind("a");
    assert_eq!(tokio::task::block_in_place(|| has_begun.recv()), Ok(1));
    let seen = resolve("a");
    // Another name is not concerned.
    soon("it is there", resolve("there")).await.unwrap().unwrap();
    let others: Vec<_> = ["b", "c", "d", "e"].into_iter().map(bind).collect();
    // They are taken in the order in which they come: behind this one they all wait.
    soon("it is there", resolve("there")).await.unwrap().unwrap();
    assert!(!first.is_finished() && !seen.is_finished());
    let_go.send(Err(())).unwrap();
    let fault = soon("it has failed", first).await.unwrap().unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::PersistStore));
    let fault = soon("it was never there", seen).await.unwrap().unwrap_err();
    assert!(matches!(fault.user(), Some(ResolveError::NotFound(_))), "{fault}");

    let mut committed = 0;
    let mut commits = 0;
    while committed < 4 {
        committed += tokio::task::block_in_place(|| has_begun.recv()).unwrap();
        commits += 1;
        let_go.send(Ok(())).unwrap();
    }
    assert!(commits <= 4);
    for other in others {
        soon("it is bound", other).await.unwrap().unwrap();
    }
    assert_eq!(rig.service.bindings(), 5);
    rig.end().await;
}

#[tokio::test]
async fn a_store_of_something_else_is_refused() {
    let mut store = MemoryStore::new();
    store.commit(&[Row { key: b"what is this".to_vec(), value: Some(vec![1]) }]).unwrap();
    let orb = quorb::Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let refused = quorb_naming::NameServer::start(&orb, store, quorb_naming::Limits::default()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("no naming service has written"), "{refused}");
    orb.shutdown(std::time::Duration::ZERO).await;
}

#[tokio::test]
async fn updates_behind_the_end_are_refused() {
    let rig = Rig::new().await;
    let root = rig.root.clone();
    rig.service.close().await;
    let fault = root.bind(&name("late"), &root.object().clone()).await.unwrap_err();
    assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::Transient), Completion::No));
    rig.client.shutdown(std::time::Duration::ZERO).await;
    rig.server.shutdown(std::time::Duration::ZERO).await;
}

#[tokio::test]
async fn leases_begin_anew_with_the_service() {
    let store = MemoryStore::new();
    let first = Rig::with(store.clone(), |_| ()).await;
    let lease = first.directory().grant(60_000).await.unwrap();
    first.directory().bind_leased(&name("a"), &first.object("o"), lease, false).await.unwrap();
    first.end().await;
    let second = Rig::with(store, |_| ()).await;
    assert_eq!(second.root.resolve(&name("a")).await.unwrap(), second.object("o"));
    second.directory().renew(lease).await.unwrap();
    second.directory().revoke(lease).await.unwrap();
    assert_eq!(second.service.bindings(), 0);
    second.end().await;
}

/// A store with so many contexts, each in the one before it.
fn deep_store(depth: usize) -> MemoryStore {
    let (mut tree, mut changes) = (Tree::new(TreeLimits::from(&Limits::default())), Vec::new());
    let mut at = ContextId::ROOT;
    for _ in 0..depth {
        let name = vec![Label::of(&component("d", "")).expect("it is a label")];
        match tree.apply(Command::BindNewContext { at, name }, Duration::ZERO, &mut changes) {
            Ok(Outcome::Context(context)) => at = context,
            other => panic!("{other:?}"),
        }
    }
    let mut store = MemoryStore::new();
    store.commit(&changes.iter().map(Change::row).collect::<Vec<_>>()).expect("there is memory");
    store
}

#[tokio::test]
async fn ten_thousand_contexts_deep() {
    const DEPTH: usize = 10_000;
    let rig = Rig::with(deep_store(DEPTH), |_| ()).await;
    let deep = vec![component("d", ""); DEPTH + 1];
    rig.root.bind(&deep, &rig.object("bottom")).await.unwrap();
    assert_eq!(rig.root.resolve(&deep).await.unwrap(), rig.object("bottom"));
    let mut lost = deep.clone();
    lost[1].id = "lost".into();
    let fault = rig.root.resolve(&lost).await.unwrap_err();
    let Some(ResolveError::NotFound(missing)) = fault.user() else { panic!("{fault}") };
    assert_eq!((missing.why, &missing.rest_of_name[..]), (NotFoundReason::MissingNode, &lost[1..]));
    rig.end().await;
}
