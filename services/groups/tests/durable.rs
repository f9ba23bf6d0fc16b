//! Processes with logs over real connections and files of this host: everyone fails, and what was delivered is there again.

use bytes::Bytes;
use quorb_groups::core::{CallError, GroupOptions, Order, Refusal};
use quorb_groups::driver::{Domain, Ended, EnterError, Event, Group, JoinError, LogError, RequestError};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;

/// Nothing here waits for time; this ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what} takes too long"))
}

/// Places for three seeds, each with a directory that is removed at the end.
struct Machines {
    directory: PathBuf,
    seeds: Vec<String>,
}

impl Machines {
    async fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("quorb-durable-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        let mut listeners = Vec::new();
        for _ in 0..3 {
            listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
        }
        let seeds = listeners.iter().map(|l| l.local_addr().unwrap().to_string()).collect();
        Self { directory, seeds }
    }

    fn data(&self, machine: usize) -> PathBuf {
        self.directory.join(machine.to_string())
    }

    fn join(&self, machine: usize) -> quorb_groups::driver::Join {
        let join = Domain::join(self.seeds.clone()).name("durable").listen(&self.seeds[machine]);
        join.data(self.data(machine)).detection(Duration::from_millis(300))
    }

    /// Starts these, and returns when each is in a view.
    async fn start(&self, machines: &[usize]) -> Vec<Domain> {
        let joins = machines.iter().map(|&m| tokio::spawn(self.join(m).into_future())).collect::<Vec<_>>();
        let mut domains = Vec::new();
        for join in joins {
            domains.push(in_time("beginning", join).await.unwrap().unwrap());
        }
        domains
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A member that keeps everything it was given, in order, and gives it when asked.
struct Keeper {
    group: Group<Bytes>,
    kept: Vec<u8>,
}

impl Keeper {
    async fn enter(domain: &Domain) -> Self {
        let entering = domain.octets("ledger").options(GroupOptions::DURABLE);
        Self { group: in_time("entering", entering.into_future()).await.unwrap(), kept: Vec::new() }
    }

    /// Reads until so much is there.
    async fn until(&mut self, count: usize) {
        in_time("what was sent", async {
            while self.kept.len() < count {
                match self.group.next().await.expect("the group goes on") {
                    Event::Message(delivery) => self.kept.extend_from_slice(&delivery.message),
                    Event::State(state) => self.kept = state.to_vec(),
                    Event::StateWanted(request) => request.give(self.kept.clone().into()).await.unwrap(),
                    _ => {}
                }
            }
        })
        .await;
    }

    /// Reads until the group has so many members.
    async fn until_members(&mut self, count: usize) {
        let events = async {
            while let Some(event) = self.group.next().await {
                if matches!(&event, Event::View(view) if view.members.len() == count) {
                    return;
                }
            }
            panic!("the group goes on");
        };
        in_time("a view of the group", events).await;
    }

    async fn send(&self, octets: std::ops::Range<u8>) {
        for octet in octets {
            self.group.send(Order::Total, true, &Bytes::from(vec![octet])).await.unwrap();
        }
    }
}

/// Everyone enters, one after the other, and gets what was there; then the first sends, and everyone gets everything. Who
/// drops the keepers leaves the group, and a copy that left does not count: a failure drops the domain first.
async fn go_on(domains: &[Domain], before: usize, octets: std::ops::Range<u8>) -> (Vec<u8>, Vec<Keeper>) {
    let mut keepers = Vec::new();
    for domain in domains {
        keepers.push(Keeper::enter(domain).await);
    }
    keepers[0].send(octets.clone()).await;
    let count = before + octets.len();
    let reading = keepers.into_iter().map(|mut keeper| {
        tokio::spawn(async move {
            keeper.until(count).await;
            keeper
        })
    });
    let mut kept = Vec::new();
    let mut alive = Vec::new();
    for reader in reading.collect::<Vec<_>>() {
        let keeper = in_time("everything", reader).await.unwrap();
        kept.push(keeper.kept.clone());
        alive.push(keeper);
    }
    assert!(kept.iter().all(|k| *k == kept[0]), "{kept:?}");
    (kept.swap_remove(0), alive)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_fails_and_the_group_goes_on() {
    let machines = Machines::new("all").await;
    let domains = machines.start(&[0, 1, 2]).await;
    let domain = domains[0].view().domain;
    let (first, keepers) = go_on(&domains, 0, 0..50).await;
    assert_eq!(first, (0..50).collect::<Vec<u8>>());
    drop((domains, keepers));

    let domains = machines.start(&[2, 1, 0]).await;
    assert_eq!(domains[0].view().domain, domain, "it is the same domain");
    let (second, _) = go_on(&domains, 50, 50..80).await;
    assert_eq!(second, (0..80).collect::<Vec<u8>>());
}

/// The first one waits; two are more than half of the last view.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quorum_of_the_last_view_begins_again() {
    let machines = Machines::new("quorum").await;
    let domains = machines.start(&[0, 1, 2]).await;
    let before = domains[0].view();
    let (_, keepers) = go_on(&domains, 0, 0..20).await;
    drop((domains, keepers));

    let domains = machines.start(&[1, 2]).await;
    let view = domains[0].view();
    assert_eq!(view.domain, before.domain);
    assert!(view.number > before.number && view.members.len() == 2, "{view:?}");
    let (kept, _) = go_on(&domains, 20, 20..25).await;
    assert_eq!(kept, (0..25).collect::<Vec<u8>>());
    let late = machines.start(&[0]).await;
    assert_eq!(late[0].view().members.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_may_begin_again_with_less() {
    let machines = Machines::new("forced").await;
    let domains = machines.start(&[0, 1, 2]).await;
    let before = domains[0].view().domain;
    let (_, keepers) = go_on(&domains, 0, 0..20).await;
    drop((domains, keepers));

    let forced = in_time("forced", machines.join(2).force_restart().into_future()).await.unwrap();
    assert_ne!(
        forced.view().domain,
        before,
        "another domain: those who come later are not taken for members"
    );
    assert_eq!(forced.view().members.len(), 1);
    let (kept, _) = go_on(&[forced], 20, 20..22).await;
    assert_eq!(kept, (0..22).collect::<Vec<u8>>());
}

/// A copy that left does not count, unless an operator says that those who have more will not come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_forced_beginning_any_copy_counts() {
    let machines = Machines::new("forced-copy").await;
    let domains = machines.start(&[0, 1, 2]).await;
    let (_, mut keepers) = go_on(&domains, 0, 0..20).await;
    drop(keepers.pop());
    keepers[0].until_members(2).await;
    drop((domains, keepers));

    let forced = in_time("forced", machines.join(2).force_restart().into_future()).await.unwrap();
    let (kept, _) = go_on(&[forced], 20, 20..22).await;
    assert_eq!(kept, (0..22).collect::<Vec<u8>>());
}

/// Also a machine that was away when the group was dissolved brings nothing of it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dissolved_group_is_no_more_for_anyone() {
    let machines = Machines::new("dissolved").await;
    let mut domains = machines.start(&[0, 1, 2]).await;
    let (_, mut keepers) = go_on(&domains, 0, 0..10).await;
    drop((domains.pop(), keepers.pop()));
    keepers[0].until_members(2).await;
    in_time("dissolving", domains[1].dissolve_group("ledger")).await.unwrap();
    for keeper in &mut keepers {
        let ended = async {
            loop {
                if let Some(Event::Ended(why)) = keeper.group.next().await {
                    return why;
                }
            }
        };
        assert_eq!(in_time("the end", ended).await, Ended::Dissolved);
    }
    let again = in_time("dissolving what is no more", domains[0].dissolve_group("ledger")).await;
    assert_eq!(again, Err(RequestError::Refused(Refusal::NoGroup)));

    domains.extend(machines.start(&[2]).await);
    domains.rotate_right(1);
    let (kept, _) = go_on(&domains, 0, 20..25).await;
    assert_eq!(kept, (20..25).collect::<Vec<u8>>(), "the new group of this name has nothing of the old one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orderly_end_loses_nothing_either() {
    let machines = Machines::new("orderly").await;
    let domains = machines.start(&[0, 1, 2]).await;
    go_on(&domains, 0, 0..10).await;
    for domain in domains {
        in_time("leaving", domain.leave()).await;
    }
    let domains = machines.start(&[0, 1, 2]).await;
    let (kept, _) = go_on(&domains, 10, 10..12).await;
    assert_eq!(kept, (0..12).collect::<Vec<u8>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_used_is_refused_with_a_reason() {
    let machines = Machines::new("refused").await;
    let alone = |name: &str| {
        let listen = Domain::join([machines.seeds[0].clone()]).name(name).listen(&machines.seeds[0]);
        listen.data(machines.data(0))
    };
    let first = in_time("alone", alone("durable").into_future()).await.unwrap();
    let second = Domain::join([machines.seeds[1].clone()]).name("durable").data(machines.data(0));
    assert!(matches!(second.await, Err(JoinError::Log(LogError::InUse(_)))));
    first.leave().await;
    let other = alone("other").await.unwrap_err();
    assert!(other.to_string().contains("not of \"other\""), "{other}");

    let identity = machines.data(0).join("identity");
    std::fs::write(&identity, "nonsense").unwrap();
    let corrupt = alone("durable").await.unwrap_err();
    assert!(matches!(corrupt, JoinError::Log(LogError::Corrupt { .. })), "{corrupt}");

    let logless = Domain::join([machines.seeds[2].clone()]).listen(&machines.seeds[2]);
    let logless = in_time("without a log", logless.into_future()).await.unwrap();
    let refused = logless.octets("ledger").options(GroupOptions::DURABLE).await;
    assert_eq!(refused.err(), Some(EnterError::Call(CallError::NoLog)));
}
