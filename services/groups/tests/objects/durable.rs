//! Durable objects: everyone fails, and what was acknowledged is there again.

use crate::fleet::{Fleet, plan};
use crate::rig::in_time;
use quorb_groups::manage::interface::Plan;

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
