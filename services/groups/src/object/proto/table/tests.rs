//! The table against what it must hold: never twice, the same answer again, the same at all members.

use super::*;
use crate::sim::random::Random;
use bytes::Bytes;
use std::collections::BTreeSet;

const NOW: u64 = 1_000_000;

fn asked(client: u64, sequence: u64) -> Asked {
    let key = RequestIdentity { client: ClientId(client), incarnation: 1, sequence };
    Asked { key, acknowledged_below: 0, is_repeated: false, time_us: NOW }
}

fn reply(text: &str) -> RelayedReply {
    RelayedReply::from_parts(Bytes::from_static(&[1, 0]), Bytes::copy_from_slice(text.as_bytes()))
}

fn small() -> ReplicaLimits {
    ReplicaLimits { clients_max: 3, requests_per_client_max: 4, traces_max: 2, ..ReplicaLimits::default() }
}

fn run(table: &mut Table, asked: Asked, limits: &ReplicaLimits) -> Admission {
    let admitted = table.admit(asked, limits);
    if admitted == Admission::Execute {
        table.complete(asked.key, &reply(&format!("{}", asked.key.sequence)), limits);
    }
    admitted
}

#[test]
fn a_repetition_gets_the_first_reply() {
    let (mut table, limits) = (Table::default(), ReplicaLimits::default());
    assert_eq!(table.look(asked(1, 5).key), None);
    assert_eq!(table.admit(asked(1, 5), &limits), Admission::Execute);
    assert_eq!(table.admit(asked(1, 5), &limits), Admission::Running);
    table.complete(asked(1, 5).key, &reply("five"), &limits);
    assert_eq!(table.admit(asked(1, 5), &limits), Admission::Replay(reply("five")));
    assert_eq!(table.look(asked(1, 5).key), Some(Admission::Replay(reply("five"))));
}

#[test]
fn what_was_not_executed_may_be_asked_for_again() {
    let (mut table, limits) = (Table::default(), ReplicaLimits::default());
    assert_eq!(table.admit(asked(1, 5), &limits), Admission::Execute);
    let refused = quorb::SystemException::new(
        quorb::ExceptionKind::Transient,
        quorb::Minor::UNSPECIFIED,
        Completion::No,
    );
    table.complete(asked(1, 5).key, &RelayedReply::raising(&refused), &limits);
    assert_eq!(table.admit(asked(1, 5), &limits), Admission::Execute);
}

#[test]
fn what_the_client_has_is_dropped_and_not_run_again() {
    let (mut table, limits) = (Table::default(), ReplicaLimits::default());
    for sequence in 1..=3 {
        assert_eq!(run(&mut table, asked(1, sequence), &limits), Admission::Execute);
    }
    let next = Asked { acknowledged_below: 3, ..asked(1, 4) };
    assert_eq!(run(&mut table, next, &limits), Admission::Execute);
    assert_eq!(table.admit(asked(1, 2), &limits), Admission::Refuse(Refusal::BelowWatermark(3)));
    assert_eq!(table.admit(asked(1, 3), &limits), Admission::Replay(reply("3")));
}

/// It was sent to a member that failed, say, and all others of its client were quicker.
#[test]
fn one_that_thousands_have_overtaken_is_executed_when_it_comes() {
    let (mut table, limits) = (Table::default(), small());
    let late = Asked { acknowledged_below: 5, is_repeated: true, ..asked(1, 5) };
    for sequence in (1..=5000).filter(|&sequence| sequence != 5) {
        let next = Asked { acknowledged_below: sequence.min(5), ..asked(1, sequence) };
        assert_eq!(run(&mut table, next, &limits), Admission::Execute);
    }
    assert_eq!(table.admit(asked(1, 4), &limits), Admission::Refuse(Refusal::BelowWatermark(5)));
    assert_eq!(table.admit(asked(1, 6), &limits), Admission::Refuse(Refusal::ReplyDropped));
    assert_eq!(table.admit(asked(1, 4997), &limits), Admission::Replay(reply("4997")));
    assert_eq!(run(&mut table, late, &limits), Admission::Execute);
    assert_eq!(table.admit(late, &limits), Admission::Replay(reply("5")));
    assert!(table.to_bytes().len() < 500, "{} octets", table.to_bytes().len());
}

/// Every second one of its client goes to another object.
#[test]
fn what_is_executed_is_not_remembered_without_bound() {
    let limits = ReplicaLimits { runs_per_client_max: 3, ..small() };
    let mut table = Table::default();
    for sequence in (1..=40).step_by(2) {
        assert_eq!(run(&mut table, asked(1, sequence), &limits), Admission::Execute);
    }
    // Held are 33 to 39, and 27, 29, 31 noted.
    assert_eq!(table.admit(asked(1, 24), &limits), Admission::Refuse(Refusal::BelowWatermark(26)));
    assert_eq!(table.admit(asked(1, 27), &limits), Admission::Refuse(Refusal::ReplyDropped));
    assert_eq!(run(&mut table, asked(1, 30), &limits), Admission::Execute);
}

#[test]
fn replies_that_are_too_much_are_dropped_but_not_forgotten() {
    let limits = ReplicaLimits { reply_bytes_max: 8, ..ReplicaLimits::default() };
    let mut table = Table::default();
    for sequence in 1..=3 {
        run(&mut table, asked(1, sequence), &limits);
    }
    assert!(table.reply_bytes() <= 8);
    assert_eq!(table.admit(asked(1, 1), &limits), Admission::Refuse(Refusal::ReplyDropped));
    assert_eq!(Refusal::ReplyDropped.completion(true), Completion::Yes);
    assert_eq!(table.admit(asked(1, 3), &limits), Admission::Replay(reply("3")));
}

#[test]
fn a_later_life_ends_the_earlier_one() {
    let (mut table, limits) = (Table::default(), ReplicaLimits::default());
    run(&mut table, asked(1, 9), &limits);
    let mut later = asked(1, 1);
    later.key.incarnation = 2;
    assert_eq!(run(&mut table, later, &limits), Admission::Execute);
    assert_eq!(table.admit(asked(1, 9), &limits), Admission::Refuse(Refusal::EarlierLife));
    later.key.incarnation = NOW + 1;
    assert_eq!(table.admit(later, &limits), Admission::Refuse(Refusal::ClientAhead));
}

#[test]
fn clients_that_gave_way_come_back_by_their_trace_or_not_at_all() {
    let (mut table, limits) = (Table::default(), small());
    for client in 1..=4 {
        run(&mut table, asked(client, 7), &limits);
    }
    assert_eq!(table.clients(), 3);
    assert_eq!(table.admit(asked(1, 7), &limits), Admission::Refuse(Refusal::BelowWatermark(8)));
    assert_eq!(run(&mut table, asked(1, 8), &limits), Admission::Execute);
    for client in 5..=9 {
        run(&mut table, asked(client, 7), &limits);
    }
    assert_eq!(table.admit(asked(2, 7), &limits), Admission::Refuse(Refusal::ClientForgotten));
    let mut anew = asked(2, 7);
    anew.key.incarnation = 2;
    assert_eq!(run(&mut table, anew, &limits), Admission::Execute);
}

/// Random requests under tiny limits: nothing runs twice, and a copy that was taken and read back in between goes on as
/// the original does.
#[test]
fn nothing_runs_twice_and_copies_agree() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let limits = ReplicaLimits { reply_bytes_max: 30, runs_per_client_max: 2, ..small() };
        let (mut table, mut copy) = (Table::default(), Table::default());
        let mut executed = BTreeSet::new();
        for step in 0..400 {
            let mut request = asked(random.between(1, 6), random.between(1, 12) + step / 20);
            request.key.incarnation = random.between(1, 2);
            request.acknowledged_below = match seed % 2 {
                0 => random.between(0, request.key.sequence),
                // One is never answered, so that many are executed above it.
                _ => 1,
            };
            let got = run(&mut table, request, &limits);
            assert_eq!(run(&mut copy, request, &limits), got, "seed {seed}");
            if got == Admission::Execute {
                assert!(executed.insert(request.key), "seed {seed}: {request:?} ran twice");
            }
            if random.permille(100) {
                copy = Table::read(&mut Reader::new(table.to_bytes())).unwrap();
                assert_eq!(copy, table, "seed {seed}");
            }
        }
        assert!(executed.len() > 20, "seed {seed}: only {} were executed", executed.len());
    }
}

#[test]
fn damaged_octets_are_refused_or_harmless() {
    let (mut table, limits) = (Table::default(), small());
    for client in 1..=6 {
        run(&mut table, asked(client, 7), &limits);
    }
    let octets = table.to_bytes();
    for length in 0..octets.len() {
        assert!(Table::read(&mut Reader::new(octets.slice(..length))).is_err());
    }
    let mut random = Random::new(1);
    for _ in 0..2000 {
        let mut damaged = octets.to_vec();
        let at = random.between(0, damaged.len() as u64 - 1) as usize;
        damaged[at] = random.any() as u8;
        if let Ok(mut read) = Table::read(&mut Reader::new(damaged.into())) {
            for client in 1..=6 {
                run(&mut read, asked(client, 9), &limits);
            }
        }
    }
}
