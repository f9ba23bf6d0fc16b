//! The plan by itself: what follows from each change.

use super::*;

fn host(process: u64) -> HostRecord {
    HostRecord { process, address: format!("h{process}:1"), kinds: vec!["grid".into()], since_view: 1 }
}

fn plan(wanted: u32) -> Plan {
    Plan { kind: "grid".into(), wanted, ..Plan::default() }
}

fn planned(hosts: u64) -> Placement {
    let mut placement = Placement::default();
    (1..=hosts).for_each(|process| placement.enrol(host(process)));
    placement
}

/// Where the replicas are, and whether each is ready and stays.
fn replicas(placement: &Placement, name: &str) -> Vec<(u64, bool, bool)> {
    placement.groups[name].replicas.iter().map(|r| (r.process, r.ready, !r.leaving)).collect()
}

fn all_ready(placement: &mut Placement, name: &str) {
    for (process, ..) in replicas(placement, name) {
        placement.ready(name, process);
    }
}

fn reason<T: std::fmt::Debug>(outcome: Result<T, PlaceError>) -> String {
    match outcome.unwrap_err() {
        PlaceError::NoSuchGroup(NoSuchGroup { name }) => format!("no {name}"),
        PlaceError::CannotPlace(CannotPlace { reason }) => reason,
    }
}

#[test]
fn a_wanted_number_is_kept_on_the_hosts_with_the_fewest_replicas() {
    let mut placement = planned(4);
    placement.create("a", plan(2), "").unwrap();
    placement.create("b", plan(2), "").unwrap();
    assert_eq!(replicas(&placement, "a"), [(1, false, true), (2, false, true)]);
    assert_eq!(replicas(&placement, "b"), [(3, false, true), (4, false, true)]);
    all_ready(&mut placement, "a");
    placement.present(5, &[2, 3, 4]);
    assert_eq!(replicas(&placement, "a"), [(2, true, true), (3, false, true)]);
    // Nobody is left who could; as soon as somebody is, it is complete again.
    placement.present(6, &[2]);
    assert_eq!(replicas(&placement, "a"), [(2, true, true)]);
    placement.enrol(HostRecord { since_view: 7, ..host(9) });
    assert_eq!(replicas(&placement, "a"), [(2, true, true), (9, false, true)]);
    assert_eq!(replicas(&placement, "b").len(), 2);
}

#[test]
fn a_host_that_enrolled_after_a_view_is_not_taken_for_gone() {
    let mut placement = planned(1);
    placement.enrol(HostRecord { since_view: 8, ..host(2) });
    placement.present(7, &[1]);
    assert_eq!(placement.hosts.len(), 2);
    placement.present(8, &[1]);
    assert_eq!(placement.hosts.len(), 1);
}

#[test]
fn growing_and_shrinking() {
    let mut placement = planned(3);
    placement.create("a", plan(0), "h2:1").unwrap();
    assert_eq!(placement.add("a", "").unwrap(), host(1));
    assert_eq!(placement.add("a", "p3").unwrap(), host(3));
    assert!(reason(placement.add("a", "")).starts_with("none of the 3 hosts that offer `grid` is free"));
    assert_eq!(reason(placement.add("a", "h3:1")), "h3:1 has a replica of `a` already");
    assert_eq!(reason(placement.add("a", "h8:1")), "no host h8:1 is enrolled");
    assert_eq!(reason(placement.add("x", "")), "no x");
    all_ready(&mut placement, "a");
    assert_eq!(placement.remove("a", "").unwrap(), host(3));
    assert_eq!(replicas(&placement, "a"), [(2, true, true), (1, true, true), (3, true, false)]);
    placement.gone("a", 3, "");
    placement.remove("a", "h2:1").unwrap();
    assert!(reason(placement.remove("a", "")).starts_with("it is the last replica of `a`"));
    placement.dissolve("a").unwrap();
    assert_eq!(placement.groups(), []);
}

#[test]
fn one_that_moves_serves_until_its_successor_does() {
    let mut placement = planned(3);
    placement.create("a", plan(2), "").unwrap();
    all_ready(&mut placement, "a");
    assert_eq!(placement.relocate("a", "h1:1", "").unwrap(), host(3));
    assert_eq!(replicas(&placement, "a"), [(1, true, true), (2, true, true), (3, false, true)]);
    placement.ready("a", 3);
    assert_eq!(replicas(&placement, "a"), [(1, true, false), (2, true, true), (3, true, true)]);
    placement.gone("a", 1, "");
    assert_eq!(replicas(&placement, "a"), [(2, true, true), (3, true, true)]);
    assert_eq!(reason(placement.relocate("a", "h1:1", "")), "`a` has no replica at h1:1");
}

#[test]
fn a_host_that_fails_to_serve_is_passed_over_until_it_is_asked_by_name() {
    let mut placement = planned(2);
    placement.create("a", plan(1), "").unwrap();
    placement.gone("a", 1, "the disk is full");
    assert_eq!(replicas(&placement, "a"), [(2, false, true)]);
    assert_eq!(placement.groups()[0].failures, [Failure { process: 1, reason: "the disk is full".into() }]);
    placement.add("a", "h1:1").unwrap();
    assert_eq!(placement.groups()[0].failures, []);
}

#[test]
fn another_plan_for_the_same_name_is_refused_with_both() {
    let mut placement = planned(2);
    placement.create("a", plan(1), "").unwrap();
    let other = Plan { durable: true, ..plan(1) };
    assert_eq!(
        reason(placement.create("a", other, "")),
        "`a` is served as grid (active, in memory), not as grid (active, durable): give the same kind, style and durability"
    );
    let mut stranger = host(7);
    stranger.kinds = vec!["ledger".into()];
    placement.enrol(stranger);
    assert_eq!(reason(placement.add("a", "h7:1")), "h7:1 does not offer `grid`; it offers ledger");
}

/// Whatever happens in whatever order: no host has two replicas of an object, none that is gone has any, and a wanted number
/// is there if there are hosts for it.
#[test]
fn random_histories_keep_the_plan_whole() {
    let mut random = crate::sim::random::Random::new(11);
    for _ in 0..200 {
        let mut placement = planned(3);
        let (mut next, mut view) = (4, 1);
        for _ in 0..60 {
            let name = ["a", "b", "c"][random.between(0, 2) as usize];
            let process = random.between(1, next);
            match random.between(0, 8) {
                0 => drop(placement.create(name, plan(random.between(0, 3) as u32), "")),
                1 => drop(placement.add(name, "")),
                2 => drop(placement.remove(name, "")),
                3 => drop(placement.relocate(name, &format!("p{process:x}"), "")),
                4 => drop(placement.want(name, random.between(0, 4) as u32)),
                5 => placement.ready(name, process),
                6 => placement.gone(name, process, ""),
                7 => {
                    placement.enrol(HostRecord { since_view: view + 1, ..host(next) });
                    next += 1;
                }
                _ => {
                    view += 1;
                    let gone = random.between(1, next);
                    let left: Vec<u64> =
                        placement.hosts.iter().map(|h| h.process).filter(|&p| p != gone).collect();
                    placement.present(view, &left);
                }
            }
            check(&placement);
        }
    }
}

fn check(placement: &Placement) {
    for group in placement.groups.values() {
        let mut seen = Vec::new();
        for replica in &group.replicas {
            assert!(placement.hosts.iter().any(|host| host.process == replica.process), "{placement:?}");
            assert!(!seen.contains(&replica.process), "{placement:?}");
            seen.push(replica.process);
        }
        let stays = group.replicas.iter().filter(|replica| !replica.leaving).count();
        let wanted = (group.plan.wanted as usize).min(placement.hosts.len());
        assert!(stays >= wanted.saturating_sub(group.replicas.len() - stays), "{placement:?}");
    }
}
