//! Calls with the replies of several members, and calls that replicas make themselves.

use crate::rig::{Book, Ledger, LedgerProxy, LedgerServant, Unknown, World, found, in_time, only};
use quorb::{Completion, Context, Fault, Minor, Orb, interface};
use quorb_groups::driver::Domain;
use quorb_groups::gather::{Gather, Outcome, ReplyMode};
use quorb_groups::object::Style;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

const STYLES: [Style; 2] = [Style::Active, Style::Executor];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_is_executed_once_whatever_replies_are_wanted() {
    for style in STYLES {
        let world = World::new(style).await;
        let (orb, ledger) = world.client().await;
        in_time("an update", ledger.add("a", 1, 0)).await.unwrap();
        let modes =
            [ReplyMode::First, ReplyMode::Majority, ReplyMode::All, ReplyMode::AtLeast(3), ReplyMode::None];
        for (entry, mode) in modes.into_iter().enumerate() {
            let gather = Gather::of(&orb, &ledger).wait_for(mode);
            assert_eq!(gather.members(), 3);
            let entry = entry as u64 + 1;
            let replies = gather.call(move |member| async move { member.add("a", 1, entry).await });
            let replies = in_time("replies", replies).await.unwrap();
            let wanted = match mode {
                ReplyMode::First => 1,
                ReplyMode::Majority => 2,
                ReplyMode::All | ReplyMode::AtLeast(_) => 3,
                ReplyMode::None => 0,
            };
            assert!(replies.replied() >= wanted, "{mode:?}: {replies:?}");
            if mode != ReplyMode::None {
                assert_eq!(replies.agreed(), Some(&Ok(entry as i64 + 1)));
            }
        }
        let seen = async { while ledger.balance("a").await.unwrap() < 6 {} };
        in_time("what nobody waited for", seen).await;
        for member in &world.members {
            let entries = in_time("entries", only(member).entries()).await.unwrap();
            assert_eq!(entries, [0, 1, 2, 3, 4, 5], "{style:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_member_answers_for_itself_and_a_lost_one_has_failed() {
    let mut world = World::new(Style::Active).await;
    let (orb, ledger) = world.client().await;
    in_time("an update", ledger.add("a", 7, 0)).await.unwrap();
    let asked = Gather::of(&orb, &ledger).wait_for(ReplyMode::All);
    world.members.remove(2).kill().await;
    let mut under_way = asked.begin(|member| async move { member.balance("a").await });
    let mut failed = 0;
    while let Some((_, member)) = in_time("an outcome", under_way.next()).await {
        failed += usize::from(matches!(member.outcome, Outcome::Failed(_)));
    }
    assert_eq!(failed, 1);
    let replies = in_time("replies", under_way.finish()).await.unwrap();
    assert_eq!((replies.replied(), replies.majority()), (2, Some(&Ok(7))));
    let refused: Result<_, _> =
        in_time("replies", asked.call(|member| async move { member.balance("nobody").await })).await;
    assert_eq!(refused.unwrap().agreed(), Some(&Err(Unknown { account: "nobody".into() })));
    let three = asked.wait_for(ReplyMode::AtLeast(3));
    let few = in_time("replies", three.call(|member| async move { member.balance("a").await })).await;
    assert_eq!((few.clone().unwrap_err().wanted, few.unwrap_err().replies.replied()), (3, 2));
}

/// What operations declare of their replies is obeyed by ordinary proxies, and means nothing where there is one object only.
#[interface]
trait Poll {
    #[reply(majority)]
    fn add(&mut self, amount: u32) -> u32;
    #[reply(all)]
    fn sum(&self) -> u32;
    #[reply(3)]
    fn three(&self) -> u32;
    /// Another number at every replica.
    #[reply(majority)]
    fn whoever(&self) -> u32;
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Votes(u32);

static ASKED: AtomicU32 = AtomicU32::new(0);

impl Poll for Votes {
    fn add(&mut self, amount: u32) -> u32 {
        self.0 += amount;
        self.0
    }

    fn sum(&self) -> u32 {
        ASKED.fetch_add(1, Ordering::SeqCst);
        self.0
    }

    fn three(&self) -> u32 {
        self.0
    }

    fn whoever(&self) -> u32 {
        ASKED.fetch_add(1, Ordering::SeqCst)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_say_whose_replies_they_want() {
    let mut members = Vec::new();
    let (seeds, domains) = found().await;
    for domain in domains {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
        let serving = domain.serve(&orb, "poll", PollServant::new(Votes::default()));
        let replica = in_time("serving", serving.into_future()).await.unwrap();
        members.push((domain, orb, replica));
    }
    let client = Orb::client().await.unwrap();
    let poll: PollProxy = client.bind(&members[2].2.reference().to_string()).unwrap();
    for (_, _, replica) in &members {
        // In a member's process as elsewhere.
        for poll in [&poll, replica.proxy()] {
            let before = in_time("a sum", poll.three()).await.unwrap();
            assert_eq!(in_time("an update", poll.add(2)).await.unwrap(), before + 2, "it is executed once");
            let asked = ASKED.load(Ordering::SeqCst);
            assert_eq!(in_time("a sum", poll.sum()).await.unwrap(), before + 2);
            assert_eq!(ASKED.load(Ordering::SeqCst), asked + 3, "every member is asked");
        }
    }
    let fault = in_time("replies", poll.whoever()).await.unwrap_err();
    assert_eq!(fault.system().map(quorb::SystemException::minor), Some(Minor::REPLIES_DIFFER), "{fault}");
    let (domain, orb, _replica) = members.remove(0);
    drop(domain);
    orb.shutdown(std::time::Duration::ZERO).await;
    let without_one = async {
        loop {
            // Until the reference is known to list two members, the lost one has failed.
            match poll.three().await {
                Err(fault) => break fault,
                Ok(sum) => assert_eq!(sum, 12),
            }
        }
    };
    let fault = in_time("too few", without_one).await;
    let minor = fault.system().map(quorb::SystemException::minor);
    assert_eq!((minor, fault.completed()), (Some(Minor::REPLIES_TOO_FEW), Completion::Yes), "{fault}");
    assert_eq!(in_time("an update", poll.add(1)).await.unwrap(), 13);
    assert_eq!(in_time("a sum", poll.sum()).await.unwrap(), 13, "all who are left");
    let join = Domain::join(seeds).name("test");
    let domain = in_time("joining", join.into_future()).await.unwrap();
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let serving = domain.serve(&orb, "poll", PollServant::new(Votes::default()));
    let _replica = in_time("serving", serving.into_future()).await.unwrap();
    let three = async { while poll.three().await.is_err() {} };
    in_time("hearing of who has joined", three).await;
    let plain = members[0].1.serve("plain", PollServant::new(Votes(5))).unwrap();
    assert_eq!((plain.add(1).await.unwrap(), plain.three().await.unwrap()), (6, 6));
}

/// Counts, and holds the first one who calls until it is let go.
struct Till {
    entries: Vec<u64>,
    entered: mpsc::Sender<()>,
    gate: std::sync::Mutex<mpsc::Receiver<()>>,
}

impl Ledger for Till {
    fn balance(&self, _account: &str) -> Result<i64, Unknown> {
        Ok(self.entries.len() as i64)
    }

    fn entries(&self) -> Vec<u64> {
        self.entries.clone()
    }

    fn add(&mut self, _account: &str, _amount: i64, entry: u64) -> i64 {
        self.entries.push(entry);
        if self.entries.len() == 1 {
            self.entered.send(()).unwrap();
            tokio::task::block_in_place(|| self.gate.lock().unwrap().recv().unwrap());
        }
        self.entries.len() as i64
    }

    fn take(&mut self, account: &str, _amount: i64) -> Result<i64, Unknown> {
        Err(Unknown { account: account.into() })
    }

    fn spoil(&mut self) {}

    fn stamp(&mut self, _cx: &Context) -> String {
        String::new()
    }

    async fn call_out(&mut self, other: LedgerProxy) -> Result<i64, Fault> {
        other.balance("").await.map_err(|fault| match fault {
            Fault::System(exception) => Fault::System(exception),
            Fault::User(_) => unreachable!("nobody is unknown"),
        })
    }

    fn post(&mut self, _amount: i64) {}
}

/// The executor is lost while an object that it calls executes that; its successor makes the same call again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_lost_executor_has_called_is_executed_once() {
    let mut world = World::new(Style::Executor).await;
    let (entered, enters) = mpsc::channel();
    let (open, gate) = mpsc::channel();
    let elsewhere = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let till = Till { entries: Vec::new(), entered, gate: gate.into() };
    let till = elsewhere.serve("till", LedgerServant::new(till)).unwrap();
    let executor = world.members[0].replica.executor().unwrap();
    let at = world.members.iter().position(|member| member.domain.process() == executor).unwrap();
    let (orb, ledger) = world.client_of((at + 1) % 3, Orb::builder()).await;
    let other: LedgerProxy = orb.bind(&till.to_string()).unwrap();
    let called = tokio::spawn(async move { ledger.call_out(other).await });
    in_time("the call", tokio::task::spawn_blocking(move || enters.recv())).await.unwrap().unwrap();
    world.members.remove(at).kill().await;
    world.until_members(2).await;
    open.send(()).unwrap();
    assert_eq!(in_time("the end", called).await.unwrap().unwrap(), 1, "the successor gets the first reply");
    let entries = in_time("what was executed", till.entries()).await.unwrap();
    assert_eq!(entries.len(), 1);
    let plain = elsewhere.serve("plain", LedgerServant::new(Book::default())).unwrap();
    let (_orb, ledger) = world.client().await;
    for times in 1..=3 {
        let called = in_time("another call", ledger.call_out(plain.clone())).await.unwrap();
        assert_eq!(called, times, "requests of their own have names of their own");
    }
}
