//! Registries, taken through decisions.

use super::*;
use crate::core::identity::Member;

fn member(n: u64) -> Member {
    let process = ProcessId(n);
    let (address, speaks) = (n.to_string().as_str().into(), Protocol::NEWEST);
    Member { process, address, weight: 1, durable: Some(DurableId(n)), speaks }
}

fn value(members: &[u64]) -> Value {
    let members = members.iter().map(|&n| member(n)).collect();
    let (left, cuts, changes) = (Vec::new(), Vec::new(), Vec::new());
    Value { members, left, cuts, joint: Vec::new(), changes, lease_wait_us: 0, raise: None, restart: None }
}

fn change(by: u64, token: u64, what: ChangeKind) -> Change {
    Change { by: ProcessId(by), token, what }
}

fn enter(by: u64) -> Change {
    let entrant = Entrant { durable: Some(DurableId(by)), ..Entrant::default() };
    change(by, 1, ChangeKind::Enter { name: "ledger".into(), options: GroupOptions::DURABLE, entrant })
}

/// The view that excludes a member also lets the other leave the group: what was cut is on the disk of that one alone.
#[test]
fn the_disk_of_who_leaves_with_the_cut_counts_and_no_other() {
    let view = View { domain: DomainId(1), number: ViewNumber(1), members: vec![member(1), member(2)] };
    let mut registry = Registry::default();
    let entered = Value { changes: vec![enter(1), enter(2)], ..value(&[1, 2]) };
    registry.advance(&view, &entered);
    let (view, id) = (view.succeeded_by(&entered), GroupId(0));
    let complete = change(2, 2, ChangeKind::Complete { group: id, cut: view.number });
    let completed = Value { changes: vec![complete], ..value(&[1, 2]) };
    registry.advance(&view, &completed);
    let view = view.succeeded_by(&completed);
    assert_eq!(registry.get(id).unwrap().keepers, [DurableId(1), DurableId(2)]);
    let cut = Cut { group: id, lanes: vec![3, 0], order_base: 0, runs: Vec::new() };
    let leave = change(1, 2, ChangeKind::Leave { group: id });
    registry.advance(&view, &Value { cuts: vec![cut], changes: vec![leave], ..value(&[1]) });
    assert_eq!(registry.get(id).unwrap().keepers, [DurableId(1)]);
}

/// Who enters before it in the same decision has entered nothing; who enters after it has a new group.
#[test]
fn a_dissolved_group_gives_up_its_name_and_its_number() {
    let view = View { domain: DomainId(1), number: ViewNumber(1), members: vec![member(1), member(2)] };
    let mut registry = Registry::default();
    let dissolve = |token| change(1, token, ChangeKind::Dissolve { group: GroupId(0) });
    let changes = vec![enter(1), dissolve(2), dissolve(3), enter(2)];
    let (_, applied) = registry.advance(&view, &Value { changes, ..value(&[1, 2]) });
    let expected = [
        Applied::Changed(GroupId(0)),
        Applied::Dissolved(GroupId(0)),
        Applied::Refused(Refusal::NoGroup),
        Applied::Changed(GroupId(1)),
    ];
    assert_eq!(applied, expected);
    let record = registry.by_name("ledger").unwrap();
    assert_eq!((record.id, record.processes()), (GroupId(1), vec![ProcessId(2)]));
}
