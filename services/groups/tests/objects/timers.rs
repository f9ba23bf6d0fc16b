//! Timers that servants ask for: they fire once, at every replica, whoever is lost meanwhile.

use crate::rig::{found, in_time};
use quorb::{Context, Orb, Proxy, interface};
use quorb_groups::driver::Domain;
use quorb_groups::object::{Ordered, Replica, ReplicaLimits, Style};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Something that is held for a while.
#[interface]
trait Lease {
    fn holder(&self) -> String;
    fn expired(&self) -> Vec<String>;
    /// Gives it to somebody, for so many milliseconds; a word why not, if it cannot.
    fn grant(&mut self, cx: &Context, holder: &str, for_ms: u32) -> String;
    fn end(&mut self, cx: &Context) -> String;
    /// As many timers as this, and what is said of one more.
    fn fill(&mut self, cx: &Context, timers: u32) -> String;
}

#[derive(Default, Serialize, Deserialize)]
struct Holder {
    holder: String,
    expired: Vec<String>,
    granted_us: u64,
}

impl Lease for Holder {
    fn holder(&self) -> String {
        self.holder.clone()
    }

    fn expired(&self) -> Vec<String> {
        self.expired.clone()
    }

    fn grant(&mut self, cx: &Context, holder: &str, for_ms: u32) -> String {
        self.holder = holder.to_owned();
        cx.set_timer("lease", Duration::from_millis(for_ms.into()))
            .err()
            .map_or(String::new(), |e| e.to_string())
    }

    fn end(&mut self, cx: &Context) -> String {
        self.holder.clear();
        cx.cancel_timer("lease").err().map_or(String::new(), |error| error.to_string())
    }

    fn fill(&mut self, cx: &Context, timers: u32) -> String {
        let hour = Duration::from_secs(3600);
        for timer in 0..timers {
            if let Err(error) = cx.set_timer(&format!("timer {timer}"), hour) {
                return error.to_string();
            }
        }
        let long = cx.set_timer(&"x".repeat(300), hour);
        long.err().map_or(String::new(), |error| error.to_string())
    }
}

impl Holder {
    fn runs_out(&mut self, cx: &Context, timer: &str) {
        assert_eq!(timer, "lease");
        let holder = std::mem::take(&mut self.holder);
        self.expired.push(holder.clone());
        // A timer may set another.
        if holder == "periodic" && self.expired.len() < 3 {
            self.holder = holder;
            cx.set_timer("lease", Duration::from_millis(1)).expect("timers may ask, too");
        }
    }
}

struct Member {
    domain: Domain,
    orb: Orb,
    replica: Replica<LeaseProxy>,
}

async fn serve(domain: Domain, style: Style) -> Member {
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let limits = ReplicaLimits { timers_max: 8, ..ReplicaLimits::default() };
    let serving = domain.serve(&orb, "lease", LeaseServant::new(Holder::default()));
    let serving = serving.style(style).limits(limits).on_timer(Holder::runs_out);
    let replica = in_time("serving", serving.into_future()).await.unwrap();
    Member { domain, orb, replica }
}

async fn until_expired(members: &[Member], expected: &[&str]) {
    for member in members {
        let expired = async {
            while member.replica.proxy().expired().await.unwrap().len() < expected.len() {
                tokio::task::yield_now().await;
            }
        };
        in_time("a timer", expired).await;
        assert_eq!(member.replica.proxy().expired().await.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_fire_once_at_every_replica_whoever_is_lost() {
    for style in [Style::Active, Style::Executor] {
        let mut members = Vec::new();
        let (seeds, domains) = found().await;
        for domain in domains {
            members.push(serve(domain, style).await);
        }
        let client = Orb::client().await.unwrap();
        let lease: LeaseProxy = client.bind(&members[2].replica.reference().to_string()).unwrap();
        assert_eq!(in_time("a lease", lease.grant("ada", 1)).await.unwrap(), "");
        until_expired(&members, &["ada"]).await;
        assert_eq!(lease.holder().await.unwrap(), "");
        // One that is renewed runs out once, one that has ended never.
        for _ in 0..3 {
            assert_eq!(in_time("a lease", lease.grant("bob", 200)).await.unwrap(), "");
        }
        until_expired(&members, &["ada", "bob"]).await;
        assert_eq!(in_time("a lease", lease.grant("carol", 3_600_000)).await.unwrap(), "");
        assert_eq!(in_time("its end", lease.end()).await.unwrap(), "");
        assert_eq!(in_time("a lease", lease.grant("periodic", 1)).await.unwrap(), "");
        let before = ["ada", "bob", "periodic", "periodic"];
        until_expired(&members, &before[..3]).await;
        // The member that would have said so is lost; another one joins meanwhile.
        assert_eq!(in_time("a lease", lease.grant("periodic", 400)).await.unwrap(), "");
        let first = members.remove(0);
        drop(first.domain);
        first.orb.shutdown(Duration::ZERO).await;
        let join = Domain::join(seeds).name("test");
        members.push(serve(in_time("joining", join.into_future()).await.unwrap(), style).await);
        until_expired(&members, &before).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_have_one_is_told_why() {
    let (_seeds, mut domains) = found().await;
    let member = serve(domains.remove(0), Style::Active).await;
    let lease = member.replica.proxy();
    let said = in_time("timers", lease.fill(4)).await.unwrap();
    assert_eq!(said, "the name of the timer has 300 octets, above the limit timer_name_bytes_max = 256");
    let said = in_time("timers", lease.fill(9)).await.unwrap();
    assert_eq!(said, "8 timers of the object run already: timers_max");
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let plain = orb.serve("plain", LeaseServant::new(Holder::default())).unwrap();
    let said = in_time("a lease", plain.grant("ada", 1)).await.unwrap();
    assert!(said.starts_with("only updates of a replicated object have timers"), "{said}");
    assert!(plain.object().ior().iiop_profiles().count() > 0);
}
