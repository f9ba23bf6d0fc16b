//! Durable objects: everyone fails, and what was acknowledged is there again.

use crate::fleet::{Fleet, plan, ready};
use crate::rig::{Book, LedgerServant, in_time};
use quorb::Orb;
use quorb_groups::core::Limits;
use quorb_groups::driver::Domain;
use quorb_groups::manage::interface::Plan;
use quorb_groups::object::ReplicaLimits;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_object_outlives_the_failure_of_all() {
    for executor in [false, true] {
        let mut fleet = Fleet::with_logs(if executor { "executor" } else { "active" }).await;
        let durable = Plan { durable: true, executor, ..plan(0) };
        let mut acknowledged = Vec::new();
        for life in 0..3u64 {
            // The last to fail knows more than the others, who were told of it or not: nobody takes calls before it is back.
            for process in &fleet.processes {
                in_time("beginning", process.host.begin("ledger", durable.clone())).await.unwrap();
            }
            for process in &fleet.processes {
                in_time("serving", process.host.ready("ledger")).await.unwrap();
            }
            let (_orb, ledger) = fleet.processes[life as usize].ledger().await;
            assert_eq!(in_time("what was before", ledger.entries()).await.unwrap(), acknowledged);
            for entry in life * 20..life * 20 + 20 {
                let balance = in_time("an update", ledger.add("a", 1, entry)).await.unwrap();
                acknowledged.push(entry);
                assert_eq!(balance, acknowledged.len() as i64);
            }
            for process in std::mem::take(&mut fleet.processes) {
                process.kill().await;
            }
            fleet.start(3).await;
        }
    }
}

/// The plan is kept in memory. After the failure of all it is empty, and the durable object waits in the logs: whoever is told
/// to serve it again brings its plan again, and with it the number of replicas, which have everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_ends_with_all_its_hosts_and_what_it_planned_does_not() {
    let mut fleet = Fleet::with_logs("planned").await;
    let wanted = Plan { durable: true, ..plan(3) };
    for life in 1..=2u64 {
        assert_eq!(in_time("a plan", fleet.processes[0].host.placements().groups()).await.unwrap(), []);
        in_time("beginning", fleet.processes[0].host.begin("ledger", wanted.clone())).await.unwrap();
        fleet.until("three replicas", |group| ready(group) == 3).await;
        for process in &fleet.processes {
            let (_orb, ledger) = process.ledger().await;
            let before: Vec<u64> = (1..life).collect();
            assert_eq!(in_time("what was before", ledger.entries()).await.unwrap(), before);
        }
        let (_orb, ledger) = fleet.processes[0].ledger().await;
        in_time("an update", ledger.add("a", 1, life)).await.unwrap();
        for process in std::mem::take(&mut fleet.processes) {
            process.kill().await;
        }
        fleet.start(3).await;
    }
}

/// A state that has outgrown its limit has no form in the log. The log goes on from the last one that had, and grows; a word
/// about what was wrong must not take that one's place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_beyond_its_limit_takes_nothing_away() {
    const ENTRIES_OF_A_LIFE: u64 = 200;
    let folder = std::env::temp_dir().join(format!("quorb-beyond-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let seed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let small = Limits { log_compact_bytes: 2048, log_part_bytes: 64, ..Limits::default() };
    let mut acknowledged = Vec::new();
    for life in 0..3 {
        let join = Domain::join([seed.clone()]).listen(&seed).data(&folder).core_limits(small.clone());
        let domain = in_time("beginning", join.into_future()).await.unwrap();
        let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
        let limits = ReplicaLimits { state_bytes_max: 300, ..ReplicaLimits::default() };
        let serving = domain.serve(&orb, "ledger", LedgerServant::new(Book::default()));
        let replica = in_time("serving", serving.durable().limits(limits).into_future()).await.unwrap();
        let ledger = replica.proxy();
        assert_eq!(in_time("what was before", ledger.entries()).await.unwrap(), acknowledged, "life {life}");
        for entry in life * ENTRIES_OF_A_LIFE..(life + 1) * ENTRIES_OF_A_LIFE {
            in_time("an update", ledger.add("a", 1, entry)).await.unwrap();
            acknowledged.push(entry);
        }
        if life == 0 {
            let counters = domain.counters().await.unwrap();
            assert!(counters.compactions > 0 && counters.snapshot_parts > 0, "{counters:?}");
        }
        drop(domain);
        orb.shutdown(std::time::Duration::ZERO).await;
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
