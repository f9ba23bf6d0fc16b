//! Hosts: processes that hold replicas where the plan says.

use crate::rig::{Book, LedgerProxy, LedgerServant, in_time};
use quorb::Orb;
use quorb_groups::driver::Domain;
use quorb_groups::manage::Host;
use quorb_groups::manage::interface::{Plan, PlannedGroup};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;

/// One process.
pub(crate) struct Process {
    pub(crate) host: Host,
    pub(crate) orb: Orb,
}

impl Process {
    pub(crate) fn address(&self) -> String {
        self.orb.addresses()[0].to_string()
    }

    pub(crate) fn id(&self) -> u64 {
        self.host.domain().process().0
    }

    /// The object as this process serves it, and nobody else.
    pub(crate) async fn ledger(&self) -> (Orb, LedgerProxy) {
        let orb = Orb::client().await.unwrap();
        let ledger = orb.bind(&format!("corbaloc:iiop:1.2@{}/ledger", self.address())).unwrap();
        (orb, ledger)
    }

    /// Ends it as a crash would.
    pub(crate) async fn kill(self) {
        drop(self.host);
        self.orb.shutdown(Duration::ZERO).await;
    }

    pub(crate) async fn leave(self) {
        self.orb.shutdown(Duration::from_secs(5)).await;
        in_time("leaving", self.host.leave()).await.unwrap();
    }
}

/// Processes of a domain.
pub(crate) struct Fleet {
    pub(crate) seeds: Vec<String>,
    pub(crate) processes: Vec<Process>,
    data: Option<PathBuf>,
    started: usize,
}

pub(crate) fn plan(wanted: u32) -> Plan {
    Plan { kind: "ledger".into(), wanted, ..Plan::default() }
}

impl Fleet {
    pub(crate) async fn new() -> Fleet {
        Fleet::with(None).await
    }

    /// Processes with logs, in a directory that is removed at the end.
    pub(crate) async fn with_logs(name: &str) -> Fleet {
        let directory = std::env::temp_dir().join(format!("quorb-fleet-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        Fleet::with(Some(directory)).await
    }

    async fn with(data: Option<PathBuf>) -> Fleet {
        let mut seeds = Vec::new();
        let mut listeners = Vec::new();
        for _ in 0..3 {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            seeds.push(listener.local_addr().unwrap().to_string());
            listeners.push(listener);
        }
        drop(listeners);
        let mut fleet = Fleet { seeds, processes: Vec::new(), data, started: 0 };
        fleet.start(3).await;
        fleet
    }

    /// Starts the seeds, together.
    pub(crate) async fn start(&mut self, count: usize) {
        let joins: Vec<_> =
            (0..count).map(|seed| tokio::spawn(self.join(Some(seed)).into_future())).collect();
        for join in joins {
            let domain = in_time("founding", join).await.unwrap().unwrap();
            self.host(domain).await;
        }
    }

    /// Starts another process in the place of one that has left.
    pub(crate) async fn take_over(&mut self, seed: usize) {
        let domain = in_time("joining", self.join(Some(seed)).into_future()).await.unwrap();
        self.host(domain).await;
    }

    fn join(&self, seed: Option<usize>) -> quorb_groups::driver::Join {
        let mut join = Domain::join(self.seeds.clone()).name("fleet").rejoins();
        join = join.detection(Duration::from_millis(500));
        if let Some(seed) = seed {
            join = join.listen(&self.seeds[seed]);
        }
        if let Some(data) = &self.data {
            join = join.data(data.join(seed.unwrap_or(self.started).to_string()));
        }
        join
    }

    /// One more process.
    pub(crate) async fn grow(&mut self) {
        let domain = in_time("joining", self.join(None).into_future()).await.unwrap();
        self.host(domain).await;
    }

    async fn host(&mut self, domain: Domain) {
        self.started += 1;
        let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
        let start = Host::of(domain, &orb).offer("ledger", || LedgerServant::new(Book::default()));
        let host = in_time("a host", start.start()).await.unwrap();
        self.processes.push(Process { host, orb });
    }

    /// The ledger as planned.
    pub(crate) async fn planned(&self) -> PlannedGroup {
        let groups = in_time("the plan", self.processes[0].host.placements().groups()).await.unwrap();
        groups.into_iter().find(|group| group.name == "ledger").expect("it is planned")
    }

    /// Waits until the plan is as it should be.
    pub(crate) async fn until(&self, what: &str, done: impl Fn(&PlannedGroup) -> bool) -> PlannedGroup {
        let mut views = self.processes[0].host.domain().views();
        let looked = async {
            loop {
                let group = self.planned().await;
                if done(&group) {
                    return group;
                }
                // The plan has no bell of its own here; a look costs little, and the clock decides nothing.
                let _ = tokio::time::timeout(Duration::from_millis(20), views.changed()).await;
            }
        };
        in_time(what, looked).await
    }

    pub(crate) async fn client(&self) -> (Orb, LedgerProxy) {
        let orb = Orb::client().await.unwrap();
        let reference = in_time("the ledger", self.processes[0].host.serve("ledger", plan(0))).await;
        let ledger = orb.bind(&reference.unwrap().to_string()).unwrap();
        (orb, ledger)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if let Some(data) = &self.data {
            let _ = std::fs::remove_dir_all(data);
        }
    }
}

pub(crate) fn ready(group: &PlannedGroup) -> usize {
    group.replicas.iter().filter(|replica| replica.ready && !replica.leaving).count()
}
