//! A process that stands still while it starts, and is excluded before it serves: it begins again, so many times.

use crate::fleet::{Fleet, plan};
use crate::rig::{Book, LedgerServant, World, in_time};
use quorb::{Orb, interface};
use quorb_groups::core::{ProcessId, View};
use quorb_groups::driver::{Domain, Ended};
use quorb_groups::manage::Host;
use quorb_groups::object::{ServeError, Style};
use serde::{Deserialize, Deserializer, Serialize};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the others see, for a process with a single thread that stands still.
#[derive(Clone)]
struct Others {
    runtime: Handle,
    views: watch::Receiver<View>,
}

impl Others {
    fn of(domain: &Domain) -> Others {
        Others { runtime: Handle::current(), views: domain.views() }
    }

    /// The calling thread stands still until the others go on without this process.
    fn go_on_without(&self, process: ProcessId) {
        let (tell, told) = mpsc::channel();
        let mut views = self.views.clone();
        self.runtime.spawn(async move {
            if views.wait_for(|view| !view.contains(process)).await.is_ok() {
                let _ = tell.send(());
            }
        });
        told.recv_timeout(PATIENCE).expect("it is excluded");
    }
}

/// Runs a process in a thread of its own.
async fn process<T: Send + 'static, F: Future<Output = T>>(run: impl FnOnce() -> F + Send + 'static) -> T {
    let thread = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run())
    });
    in_time("a process", thread).await.unwrap()
}

async fn broker() -> Orb {
    Orb::builder().listen("127.0.0.1:0").start().await.unwrap()
}

async fn excluded_before_it_serves(style: Style) {
    let world = World::new(style).await;
    let (_orb, ledger) = world.client().await;
    in_time("an update", ledger.add("a", 1, 1)).await.unwrap();
    let (seeds, others) = (world.seeds.clone(), Others::of(&world.members[0].domain));
    let entries = process(move || async move {
        let domain = Domain::join(seeds).name("test").rejoins().await.unwrap();
        let (first, orb) = (domain.process(), broker().await);
        others.go_on_without(first);
        let replica = domain.serve(&orb, "ledger", LedgerServant::new(Book::default())).style(style).await;
        let replica = replica.unwrap_or_else(|error| panic!("{error}"));
        assert_ne!(domain.process(), first, "another member of the domain");
        replica.proxy().entries().await.unwrap()
    });
    assert_eq!(entries.await, [1], "with the state");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_active_replica_that_is_excluded_before_it_serves_begins_again() {
    excluded_before_it_serves(Style::Active).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executor_that_is_excluded_before_it_serves_begins_again() {
    excluded_before_it_serves(Style::Executor).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_does_not_join_again_is_told_why() {
    let world = World::new(Style::Active).await;
    let (seeds, others) = (world.seeds.clone(), Others::of(&world.members[0].domain));
    let told = process(move || async move {
        let domain = Domain::join(seeds).name("test").await.unwrap();
        let orb = broker().await;
        others.go_on_without(domain.process());
        let served = domain.serve(&orb, "ledger", LedgerServant::new(Book::default())).await;
        served.err().map(|error| error.to_string())
    });
    let expected =
        "the membership ended before the object was served: excluded by the domain; join again to take part";
    assert_eq!(told.await.as_deref(), Some(expected));
}

/// A value that takes a process as long to read as the others have patience.
#[derive(Default, Serialize)]
struct Slow(u64);

thread_local! {
    /// What is done in this thread whenever the value is read.
    static READ: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
}

impl<'de> Deserialize<'de> for Slow {
    fn deserialize<D: Deserializer<'de>>(octets: D) -> Result<Slow, D::Error> {
        let value = u64::deserialize(octets)?;
        READ.with_borrow_mut(|read| read.iter_mut().for_each(|read| read()));
        Ok(Slow(value))
    }
}

#[interface]
trait Gauge {
    fn value(&self) -> u64;
}

impl Gauge for Slow {
    fn value(&self) -> u64 {
        self.0
    }
}

/// Whoever never gets as far as to serve is told so in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_excluded_again_and_again_gives_up() {
    let world = World::new(Style::Active).await;
    let mut served = Vec::new();
    for member in &world.members {
        let gauge = member.domain.serve(&member.orb, "gauge", GaugeServant::new(Slow(7)));
        served.push(in_time("serving", gauge.into_future()).await.unwrap());
    }
    let (seeds, others) = (world.seeds.clone(), Others::of(&world.members[0].domain));
    let (error, lives) = process(move || async move {
        let domain = Domain::join(seeds).name("test").rejoins().await.unwrap();
        let orb = broker().await;
        let (watch, (tell, told)) = (domain.watch(), mpsc::channel());
        READ.set(Some(Box::new(move || {
            others.go_on_without(watch.process());
            tell.send(watch.process()).unwrap();
        })));
        let error = domain.serve(&orb, "gauge", GaugeServant::new(Slow::default())).await.err();
        READ.set(None);
        (error, told.try_iter().collect::<BTreeSet<_>>().len())
    })
    .await;
    assert!(matches!(error, Some(ServeError::Ended(Ended::Excluded))), "{error:?}");
    // The first and four more; the fifth ends it, and may have been given the state by then.
    assert!((5..=6).contains(&lives), "{lives}");
    assert_eq!(served[0].proxy().value().await.unwrap(), 7, "the others go on");
}

/// A host is excluded before it enrols, and before it is asked to serve.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_excluded_while_it_starts_serves_all_the_same() {
    let fleet = Fleet::new().await;
    in_time("serving", fleet.processes[0].host.serve("ledger", plan(0))).await.unwrap();
    let (_orb, ledger) = fleet.client().await;
    in_time("an update", ledger.add("a", 1, 1)).await.unwrap();
    let (seeds, others) = (fleet.seeds.clone(), Others::of(fleet.processes[0].host.domain()));
    let (process, served) = process(move || async move {
        let domain = Domain::join(seeds).name("fleet").rejoins().await.unwrap();
        let orb = broker().await;
        others.go_on_without(domain.process());
        let start = Host::of(domain, &orb).offer("ledger", || LedgerServant::new(Book::default()));
        let host = start.start().await.unwrap_or_else(|error| panic!("{error}"));
        others.go_on_without(host.domain().process());
        host.serve("ledger", plan(0)).await.unwrap_or_else(|error| panic!("{error}"));
        (host.domain().process().0, host.placements().groups().await.unwrap())
    })
    .await;
    let ledger = served.iter().find(|group| group.name == "ledger").expect("it is planned");
    let replica = ledger.replicas.iter().find(|replica| replica.process == process);
    assert!(replica.is_some_and(|replica| replica.ready), "{ledger:?}");
}
