//! The tools, among processes that come and go.

use crate::fleet::{Fleet, Process};
use crate::rig::in_time;
use quorb_groups::driver::Domain;
use quorb_groups::toolkit::proto::share::Policy;
use quorb_groups::toolkit::{
    Balancer, Barriers, Locks, MemberChange, Monitor, Playback, Replicated, Shared, Tokens, ToolError,
};

fn domain(process: &Process) -> &Domain {
    process.host.domain()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_value_is_the_same_everywhere_and_its_journal_gives_it_again() {
    let fleet = Fleet::new().await;
    let journal = std::env::temp_dir().join(format!("quorb-tools-{}.journal", std::process::id()));
    let mut values = Vec::new();
    for process in &fleet.processes {
        let joining = Replicated::join(domain(process), "limit", Shared(0u64));
        let joining = if values.is_empty() { joining.record(&journal) } else { joining };
        values.push(in_time("joining", joining.into_future()).await.unwrap());
    }
    for round in 1..=30u64 {
        let value = &values[round as usize % 3];
        assert_eq!(in_time("a change", value.change(round)).await.unwrap(), round - 1);
        for other in &values {
            assert_eq!(in_time("a look", other.read(|limit| limit.0)).await.unwrap(), round);
        }
    }
    in_time("leaving", values.remove(0).leave()).await;
    let mut played = 0;
    let whole = async {
        // The journal is written beside; it is read again until all of it is there.
        while played < 30 {
            let mut playback = Playback::<Shared<u64>>::open(&journal).unwrap();
            while let Some(step) = playback.step().unwrap() {
                played = step.number;
                assert_eq!((step.answer, playback.value().unwrap().0), (played - 1, played));
            }
            tokio::task::yield_now().await;
        }
    };
    in_time("the journal", whole).await;
    std::fs::remove_file(&journal).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_passes_on_when_it_is_given_back_and_when_its_holder_is_lost() {
    let mut fleet = Fleet::new().await;
    let mut locks = Vec::new();
    for process in &fleet.processes {
        locks.push(in_time("joining", Locks::join(domain(process), "locks")).await.unwrap());
    }
    let first = in_time("a free lock", locks[0].lock("ledger")).await.unwrap();
    assert!(first.is_held() && !first.after_loss());
    assert!(in_time("a lock that is held", locks[1].try_lock("ledger")).await.unwrap().is_none());
    let waiting = tokio::spawn({
        let locks = locks[1].clone();
        async move { locks.lock("ledger").await }
    });
    in_time("a line", locks[2].table().until(|table| (table.waiting("ledger") == 1).then_some(())))
        .await
        .unwrap();
    let before = first.fence();
    in_time("release", first.release()).await.unwrap();
    let second = in_time("the next", waiting).await.unwrap().unwrap();
    assert!(second.fence() > before && !second.after_loss());
    // Its process is lost: the next in line is told.
    let waiting = tokio::spawn({
        let locks = locks[2].clone();
        async move { locks.lock("ledger").await }
    });
    in_time("a line", locks[0].table().until(|table| (table.waiting("ledger") == 1).then_some(())))
        .await
        .unwrap();
    fleet.processes.remove(1).kill().await;
    let third = in_time("the next", waiting).await.unwrap().unwrap();
    assert!(third.after_loss());
    in_time("the end", async {
        while second.is_held() {
            tokio::task::yield_now().await
        }
    })
    .await;
    let gone = in_time("an error", locks[1].lock("other")).await.unwrap_err();
    assert!(matches!(gone, ToolError::Ended(_) | ToolError::Send(_)), "{gone}");
    // A guard that is dropped gives its lock back; a wait that is given up leaves the line.
    let given_up = tokio::spawn({
        let locks = locks[0].clone();
        async move { locks.lock("ledger").await }
    });
    in_time("a line", locks[0].table().until(|table| (table.waiting("ledger") == 1).then_some(())))
        .await
        .unwrap();
    given_up.abort();
    in_time("no line", locks[0].table().until(|table| (table.waiting("ledger") == 0).then_some(())))
        .await
        .unwrap();
    drop(third);
    assert!(in_time("a free lock", locks[0].lock("ledger")).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_barriers_and_work_among_those_who_are_left() {
    let mut fleet = Fleet::new().await;
    let (mut tokens, mut barriers, mut balancers) = (Vec::new(), Vec::new(), Vec::new());
    for process in &fleet.processes {
        tokens.push(in_time("joining", Tokens::join(domain(process), "tokens")).await.unwrap());
        barriers.push(in_time("joining", Barriers::join(domain(process), "barriers")).await.unwrap());
        balancers.push(in_time("joining", Balancer::join(domain(process), "work")).await.unwrap());
    }
    let ids: Vec<_> = fleet.processes.iter().map(|process| domain(process).process()).collect();
    assert_eq!(in_time("the first turn", tokens[0].take("writer")).await.unwrap(), 0);
    let second = tokio::spawn({
        let tokens = tokens[2].clone();
        async move { tokens.take("writer").await }
    });
    in_time("somebody in line", tokens[0].wanted("writer")).await.unwrap();
    assert!(in_time("passing", tokens[0].pass("writer")).await.unwrap());
    assert_eq!(in_time("the second turn", second).await.unwrap().unwrap(), 1);
    assert!(!in_time("passing", tokens[0].pass_to("writer", ids[1])).await.unwrap(), "it is not here");

    let arriving: Vec<_> = { barriers.iter().cloned() }
        .map(|barriers| tokio::spawn(async move { barriers.wait("loaded").await }))
        .collect();
    for arrived in arriving {
        assert_eq!(in_time("everybody", arrived).await.unwrap().unwrap(), 1);
    }

    for (balancer, load) in balancers.iter().zip([5, 2, 9]) {
        in_time("a report", balancer.report(load)).await.unwrap();
    }
    let knows =
        |table: &quorb_groups::toolkit::proto::share::LoadTable| (table.load(ids[2]) == 9).then_some(());
    in_time("the reports", balancers[0].table().until(knows)).await.unwrap();
    assert_eq!(balancers[0].choose(Policy::LeastLoaded, &()), Some(ids[1]));
    let keeps = balancers[0].choose(Policy::Affinity, &"customer 4711");
    assert_eq!(balancers[2].choose(Policy::Affinity, &"customer 4711"), keeps);
    let ranks: Vec<_> = balancers.iter().map(|balancer| balancer.ranking().unwrap().part(3)).collect();
    assert_eq!(ranks, [0..1, 1..2, 2..3]);

    let mut monitor = Monitor::of(domain(&fleet.processes[0]));
    let mut group = monitor.group("work");
    assert_eq!(in_time("the group", group.next()).await.unwrap().completed, ids);
    // Two have arrived; the third, who is not there yet, is lost with the token.
    let arriving: Vec<_> = { barriers[..2].iter().cloned() }
        .map(|barriers| tokio::spawn(async move { barriers.wait("loaded").await }))
        .collect();
    fleet.processes.remove(2).kill().await;
    let change = in_time("news", monitor.next()).await.unwrap();
    assert!(matches!(&change, MemberChange::Gone(member) if member.process == ids[2]), "{change:?}");
    in_time("the end", monitor.gone(ids[2])).await.unwrap();
    assert_eq!(in_time("news of the group", group.next()).await.unwrap().gone, [ids[2]]);
    for arrived in arriving {
        assert_eq!(in_time("those who are left", arrived).await.unwrap().unwrap(), 2);
    }
    let heir = |table: &quorb_groups::toolkit::proto::token::TokenTable| {
        (table.holder("writer") == Some(ids[0])).then_some(())
    };
    in_time("the heir", tokens[1].table().until(heir)).await.unwrap();
    let left =
        |table: &quorb_groups::toolkit::proto::share::LoadTable| (table.members().len() == 2).then_some(());
    in_time("those who are left", balancers[1].table().until(left)).await.unwrap();
    assert_eq!(balancers[1].ranking().map(|ranking| ranking.part(10)), Some(5..10));
}
