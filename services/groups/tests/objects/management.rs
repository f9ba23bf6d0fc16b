//! Placing replicas: a number that is kept, moving, new versions under load, and the operator's last resort.

use crate::fleet::{Fleet, plan, ready};
use crate::rig::{LedgerProxy, in_time};
use quorb::{Completion, ExceptionKind, Fault, Orb, Proxy};
use quorb_groups::manage::interface::{BeginError, DomainControlProxy, PlannedGroup};
use quorb_groups::manage::{DOMAIN_KEY, FT_KEY, NameComponent, ObjectGroupManagerProxy};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wanted_number_of_replicas_is_kept_and_no_update_is_lost() {
    let mut fleet = Fleet::new().await;
    let reference = in_time("creating", fleet.processes[0].host.serve("ledger", plan(2))).await.unwrap();
    let orb = Orb::client().await.unwrap();
    let ledger: LedgerProxy = orb.bind(&reference.to_string()).unwrap();
    let group = fleet.until("two replicas", |group| ready(group) == 2).await;
    in_time("an update", ledger.add("a", 1, 1)).await.unwrap();
    let victim = fleet.processes.iter().position(|p| p.id() == group.replicas[1].process).unwrap();
    let victim = fleet.processes.remove(victim);
    let lost = victim.id();
    victim.kill().await;
    let kept = |group: &PlannedGroup| {
        ready(group) == 2 && group.replicas.iter().all(|replica| replica.process != lost)
    };
    fleet.until("two replicas again", kept).await;
    in_time("an update", ledger.add("a", 1, 2)).await.unwrap();
    for process in &fleet.processes {
        let (_orb, here) = process.ledger().await;
        assert_eq!(in_time("entries", here.entries()).await.unwrap(), [1, 2]);
    }
}

/// The replicas are replaced one by one by those of other processes, as for a new version of the program, while a client calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_replicas_are_replaced_under_load() {
    let mut fleet = Fleet::new().await;
    for process in &fleet.processes {
        in_time("serving", process.host.serve("ledger", plan(0))).await.unwrap();
    }
    let (_orb, ledger) = fleet.client().await;
    // One more than there are places: so each can be moved before its process goes.
    fleet.grow().await;
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let load = tokio::spawn(async move {
        let mut entries = Vec::new();
        for entry in 1.. {
            ledger.add("a", 1, entry).await.unwrap_or_else(|fault| panic!("entry {entry}: {fault}"));
            entries.push(entry);
            if stopped.try_recv().is_ok() {
                break;
            }
        }
        entries
    });
    for seed in 0..3 {
        let from = fleet.processes.remove(0);
        let to = fleet.processes.last().expect("there is another one");
        let plan = to.host.placements();
        in_time("moving", plan.relocate("ledger", &from.address(), &to.address())).await.unwrap();
        let (gone, come) = (from.id(), to.id());
        let moved = |group: &PlannedGroup| {
            let at = |process| group.replicas.iter().find(|replica| replica.process == process);
            at(come).is_some_and(|replica| replica.ready) && at(gone).is_none()
        };
        fleet.until("a move", moved).await;
        from.leave().await;
        fleet.take_over(seed).await;
    }
    stop.send(()).unwrap();
    let entries = in_time("the load", load).await.unwrap();
    let group = fleet.planned().await;
    assert_eq!(ready(&group), 3);
    for process in fleet.processes.iter().filter(|p| group.replicas.iter().any(|r| r.process == p.id())) {
        let (_orb, here) = process.ledger().await;
        assert_eq!(in_time("entries", here.entries()).await.unwrap(), entries);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dormant_group_refuses_with_transient_until_an_operator_begins_it_anew() {
    let mut fleet = Fleet::new().await;
    let first = fleet.processes.remove(0);
    in_time("serving", first.host.serve("ledger", plan(0))).await.unwrap();
    let (_orb, ledger) = first.ledger().await;
    in_time("an update", ledger.add("a", 5, 1)).await.unwrap();
    let control = |process: &crate::fleet::Process, orb: &Orb| {
        orb.bind::<DomainControlProxy>(&format!("corbaloc:iiop:1.2@{}/{DOMAIN_KEY}", process.address()))
            .unwrap()
    };
    let orb = Orb::client().await.unwrap();
    let awake = control(&fleet.processes[0], &orb);
    let refused = in_time("a refusal", awake.begin_anew("ledger")).await.unwrap_err();
    let Some(BeginError::CannotPlace(cause)) = refused.user() else { panic!("{refused}") };
    assert_eq!(cause.reason, "the group is not dormant");
    first.kill().await;
    in_time("beginning", fleet.processes[0].host.begin("ledger", plan(0))).await.unwrap();
    let (_other, waiting) = fleet.processes[0].ledger().await;
    let fault: Fault<_> = in_time("a refusal", waiting.balance("a")).await.unwrap_err();
    assert_eq!(
        (fault.kind(), fault.completed()),
        (Some(ExceptionKind::Transient), Completion::No),
        "{fault}"
    );
    let group = in_time("its record", awake.group("ledger")).await.unwrap();
    assert!(group.dormant && !group.members.iter().any(|member| member.complete), "{group:?}");
    in_time("the operator", awake.begin_anew("ledger")).await.unwrap();
    in_time("its new life", fleet.processes[0].host.ready("ledger")).await.unwrap();
    assert_eq!(in_time("an update", waiting.add("a", 1, 1)).await.unwrap(), 1);
    let missing = in_time("a refusal", awake.begin_anew("nothing")).await.unwrap_err();
    assert!(matches!(missing.user(), Some(BeginError::NoSuchGroup(_))), "{missing}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_tools_read_where_the_members_are() {
    let fleet = Fleet::new().await;
    for process in &fleet.processes {
        in_time("serving", process.host.serve("ledger", plan(0))).await.unwrap();
    }
    // A reference from before the others came.
    let (orb, ledger) = fleet.client().await;
    let address = fleet.processes[2].address();
    let manager: ObjectGroupManagerProxy =
        orb.bind(&format!("corbaloc:iiop:1.2@{address}/{FT_KEY}")).unwrap();
    let locations = in_time("locations", manager.locations_of_members(ledger.object())).await.unwrap();
    let mut found: Vec<&str> = locations.iter().map(|location| &*location[0].id).collect();
    found.sort_unstable();
    let mut addresses: Vec<String> = fleet.processes.iter().map(crate::fleet::Process::address).collect();
    addresses.sort();
    assert_eq!(found, addresses);
    let one = in_time("a member", manager.get_member_ref(ledger.object(), &locations[1])).await.unwrap();
    assert_eq!(one.ior().iiop_profiles().count(), 1);
    let one = LedgerProxy::from_object(one);
    assert_eq!(in_time("an update", one.add("a", 3, 1)).await.unwrap(), 3);
    assert_eq!(in_time("a query", ledger.balance("a")).await.unwrap(), 3);
    let nowhere = [NameComponent { id: "nowhere:1".into(), kind: "address".into() }];
    let missing = in_time("a refusal", manager.get_member_ref(ledger.object(), &nowhere)).await.unwrap_err();
    assert!(missing.to_string().contains("MemberNotFound"), "{missing}");
    let plain = in_time("a refusal", manager.get_object_group_id(manager.object())).await.unwrap_err();
    assert!(plain.to_string().contains("ObjectGroupNotFound"), "{plain}");
}
