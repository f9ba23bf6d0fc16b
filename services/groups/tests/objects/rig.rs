//! Members, clients, and a ledger to serve: an object that shows what was lost, doubled or reordered.

use quorb::{Context, Exception, Orb, Proxy, interface};
use quorb_groups::driver::Domain;
use quorb_groups::object::{Ordered, Reads, Replica, Style};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};
use tokio::net::TcpListener;

/// Nothing here waits for time; this ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what} takes too long"))
}

#[derive(Debug, Clone, PartialEq, Exception)]
pub(crate) struct Unknown {
    pub(crate) account: String,
}

/// Accounts, and every entry that was made.
#[interface]
pub(crate) trait Ledger {
    fn balance(&self, account: &str) -> Result<i64, Unknown>;
    fn entries(&self) -> Vec<u64>;
    /// Adds to an account; gives the new balance.
    fn add(&mut self, account: &str, amount: i64, entry: u64) -> i64;
    fn take(&mut self, account: &str, amount: i64) -> Result<i64, Unknown>;
    /// Panics.
    fn spoil(&mut self);
    /// The time, a random number and a fresh identity, as text.
    fn stamp(&mut self, cx: &Context) -> String;
    /// Calls another object.
    async fn call_out(&mut self, other: LedgerProxy) -> Result<i64, quorb::Fault>;
    #[oneway]
    fn post(&mut self, amount: i64);
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Book {
    balances: BTreeMap<String, i64>,
    entries: Vec<u64>,
    stamps: Vec<String>,
}

impl Ledger for Book {
    fn balance(&self, account: &str) -> Result<i64, Unknown> {
        self.balances.get(account).copied().ok_or_else(|| Unknown { account: account.into() })
    }

    fn entries(&self) -> Vec<u64> {
        self.entries.clone()
    }

    fn add(&mut self, account: &str, amount: i64, entry: u64) -> i64 {
        self.entries.push(entry);
        let balance = self.balances.entry(account.to_owned()).or_default();
        *balance += amount;
        *balance
    }

    fn take(&mut self, account: &str, amount: i64) -> Result<i64, Unknown> {
        let balance = self.balances.get_mut(account).ok_or_else(|| Unknown { account: account.into() })?;
        *balance -= amount;
        Ok(*balance)
    }

    fn spoil(&mut self) {
        self.entries.clear();
        panic!("spoilt on purpose");
    }

    fn stamp(&mut self, cx: &Context) -> String {
        let micros = cx.time().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let stamp = format!("{micros} {:x} {:x}", cx.random(), cx.fresh_id());
        self.stamps.push(stamp.clone());
        stamp
    }

    async fn call_out(&mut self, other: LedgerProxy) -> Result<i64, quorb::Fault> {
        other.add("from elsewhere", 1, 0).await
    }

    fn post(&mut self, amount: i64) {
        *self.balances.entry("posted".into()).or_default() += amount;
    }
}

/// Three processes that have founded a domain, and its seeds.
pub(crate) async fn found() -> (Vec<String>, Vec<Domain>) {
    found_by(3).await
}

/// So many processes that have founded a domain, and its seeds: all of them vote.
pub(crate) async fn found_by(processes: usize) -> (Vec<String>, Vec<Domain>) {
    let mut listeners = Vec::new();
    for _ in 0..processes {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    let seeds: Vec<String> = listeners.iter().map(|l| l.local_addr().unwrap().to_string()).collect();
    let joins = listeners.into_iter().map(|listener| {
        let join = Domain::join(seeds.clone()).name("test").listener(listener);
        tokio::spawn(join.into_future())
    });
    let joins: Vec<_> = joins.collect();
    let mut domains = Vec::new();
    for join in joins {
        domains.push(in_time("founding", join).await.unwrap().unwrap());
    }
    (seeds, domains)
}

/// One process of the domain.
pub(crate) struct Member {
    pub(crate) domain: Domain,
    pub(crate) orb: Orb,
    pub(crate) replica: Replica<LedgerProxy>,
}

impl Member {
    /// Ends it as a crash would: connections close, nothing is said.
    pub(crate) async fn kill(self) {
        drop(self.domain);
        self.orb.shutdown(Duration::ZERO).await;
    }

    pub(crate) fn members(&self) -> usize {
        self.replica.view().map_or(0, |view| view.members.iter().filter(|member| member.complete).count())
    }
}

/// A group, and how to grow it.
pub(crate) struct World {
    pub(crate) seeds: Vec<String>,
    pub(crate) style: Style,
    reads: Reads,
    pub(crate) members: Vec<Member>,
}

impl World {
    /// Three members, all of them seeds.
    pub(crate) async fn new(style: Style) -> World {
        World::with(style, Reads::default()).await
    }

    pub(crate) async fn with(style: Style, reads: Reads) -> World {
        let (seeds, domains) = found().await;
        let mut world = World { seeds, style, reads, members: Vec::new() };
        for domain in domains {
            world.serve(domain).await;
        }
        world.until_members(3).await;
        world
    }

    /// Lets a new process join and serve.
    pub(crate) async fn join(&mut self) {
        let join = Domain::join(self.seeds.clone()).name("test");
        let domain = in_time("joining", join.into_future()).await.unwrap();
        self.serve(domain).await;
    }

    async fn serve(&mut self, domain: Domain) {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
        let servant = LedgerServant::new(Book::default());
        let serving = domain.serve(&orb, "ledger", servant).style(self.style).reads(self.reads);
        let replica = in_time("serving", serving.into_future()).await.unwrap();
        self.members.push(Member { domain, orb, replica });
    }

    /// Waits until every member sees so many members with the state, and says so to its clients.
    pub(crate) async fn until_members(&self, count: usize) {
        for member in &self.members {
            let mut references = member.replica.references();
            in_time("a view", async {
                let listed = |member: &Member| member.replica.reference().ior().iiop_profiles().count();
                while member.members() != count || listed(member) != count {
                    references.changed().await.unwrap();
                }
            })
            .await;
        }
    }

    /// A client that knows the reference, and its broker.
    pub(crate) async fn client(&self) -> (Orb, LedgerProxy) {
        self.client_of(0, Orb::builder()).await
    }

    pub(crate) async fn client_of(&self, member: usize, builder: quorb::OrbBuilder) -> (Orb, LedgerProxy) {
        let orb = builder.start().await.unwrap();
        let reference = self.members[member].replica.reference().to_string();
        let ledger = orb.bind(&reference).unwrap();
        (orb, ledger)
    }
}

/// A proxy on what one member serves, and on nothing else.
pub(crate) fn only(member: &Member) -> LedgerProxy {
    LedgerProxy::from_object(member.replica.proxy().object().clone())
}
