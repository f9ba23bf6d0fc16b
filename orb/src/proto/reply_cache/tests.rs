//! The rules, one by one.

mod histories;
mod world;

use super::*;
use crate::proto::head::{BodyFormat, ReplyStatus};

const HERE: u64 = 5;

/// The incarnation of clients that begin now.
const NOW: u64 = 1_000;

fn identity(client: u64, incarnation: u64, sequence: u64) -> RequestIdentity {
    RequestIdentity { client: ClientId(client), incarnation, sequence }
}

/// A reply that names what it is the reply to.
fn reply_to(identity: RequestIdentity) -> CachedReply {
    CachedReply {
        head: ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE),
        body: Bytes::from(format!("{identity:?}")),
    }
}

fn first() -> Circumstances {
    Circumstances { acknowledged_below: 0, retry_of_server: None, this_server: HERE, incarnation_now: NOW }
}

fn retry_of(server: u64) -> Circumstances {
    Circumstances { retry_of_server: Some(server), ..first() }
}

fn acknowledging(below: u64) -> Circumstances {
    Circumstances { acknowledged_below: below, ..first() }
}

fn cache(change: impl FnOnce(&mut ReplyCacheLimits)) -> ReplyCache {
    let mut limits = ReplyCacheLimits { traces_max: 0, ..ReplyCacheLimits::default() };
    change(&mut limits);
    ReplyCache::new(limits)
}

/// Executes a request at once.
fn execute(cache: &mut ReplyCache, id: RequestIdentity) {
    assert_eq!(cache.admit(id, first(), Time::ZERO), Admission::Execute);
    cache.complete(id, reply_to(id));
}

#[test]
fn a_request_is_executed_then_attached_to_then_repeated() {
    let mut cache = cache(|_| ());
    let id = identity(1, 1, 1);
    assert_eq!(cache.admit(id, first(), Time::ZERO), Admission::Execute);
    assert_eq!(cache.admit(id, retry_of(HERE), Time::ZERO), Admission::Attach);
    cache.complete(id, reply_to(id));
    assert_eq!(cache.admit(id, retry_of(HERE), Time::ZERO), Admission::Replay(reply_to(id)));
    assert_eq!(
        cache.admit(id, retry_of(4), Time::ZERO),
        Admission::Replay(reply_to(id)),
        "what is known is known"
    );
}

#[test]
fn a_retry_of_what_never_arrived_is_executed_by_the_same_server_only() {
    let mut cache = cache(|_| ());
    let elsewhere = Refusal::OtherServer { first: 4, this: HERE };
    assert_eq!(cache.admit(identity(1, 1, 1), retry_of(4), Time::ZERO), Admission::Refuse(elsewhere));
    assert_eq!(cache.admit(identity(1, 1, 1), retry_of(HERE), Time::ZERO), Admission::Execute);
    assert_eq!(cache.admit(identity(1, 1, 2), retry_of(4), Time::ZERO), Admission::Refuse(elsewhere));
    assert_eq!(elsewhere.completion(true), Completion::Maybe);
}

#[test]
fn a_stranger_that_is_refused_takes_nobodys_place() {
    let mut cache = cache(|limits| limits.clients_max = 1);
    execute(&mut cache, identity(1, 1, 1));
    let refused = cache.admit(identity(2, 2, 1), retry_of(4), Time::ZERO);
    assert!(matches!(refused, Admission::Refuse(Refusal::OtherServer { .. })));
    let known = cache.admit(identity(1, 1, 1), retry_of(HERE), Time::ZERO);
    assert!(matches!(known, Admission::Replay(_)));
}

#[test]
fn what_is_acknowledged_is_forgotten_and_refused() {
    let mut cache = cache(|_| ());
    execute(&mut cache, identity(1, 1, 1));
    execute(&mut cache, identity(1, 1, 3));
    let running = identity(1, 1, 2);
    assert_eq!(cache.admit(running, first(), Time::ZERO), Admission::Execute);
    assert_eq!(cache.admit(identity(1, 1, 4), acknowledging(3), Time::ZERO), Admission::Execute);
    let refusal = Refusal::BelowWatermark { watermark: 3 };
    assert_eq!(cache.admit(identity(1, 1, 1), retry_of(HERE), Time::ZERO), Admission::Refuse(refusal));
    assert_eq!(cache.admit(running, retry_of(HERE), Time::ZERO), Admission::Attach, "it is still running");
    cache.complete(running, reply_to(running));
    assert_eq!(cache.admit(running, retry_of(HERE), Time::ZERO), Admission::Refuse(refusal));
    let kept = identity(1, 1, 3);
    assert_eq!(cache.admit(kept, retry_of(HERE), Time::ZERO), Admission::Replay(reply_to(kept)));
    assert_eq!(cache.bytes(), reply_to(kept).body.len());
}

#[test]
fn a_later_life_ends_the_earlier_one() {
    let mut cache = cache(|_| ());
    let old = identity(1, 1, 1);
    assert_eq!(cache.admit(old, first(), Time::ZERO), Admission::Execute);
    execute(&mut cache, identity(1, 2, 1));
    cache.complete(old, reply_to(old));
    let refusal = Refusal::OldIncarnation { current: 2 };
    assert_eq!(cache.admit(old, retry_of(HERE), Time::ZERO), Admission::Refuse(refusal));
    let new = identity(1, 2, 1);
    assert_eq!(cache.admit(new, retry_of(HERE), Time::ZERO), Admission::Replay(reply_to(new)));
    assert_eq!(cache.bytes(), reply_to(new).body.len());
}

#[test]
fn what_was_not_executed_may_be_executed_later() {
    let mut cache = cache(|_| ());
    let id = identity(1, 1, 1);
    assert_eq!(cache.admit(id, first(), Time::ZERO), Admission::Execute);
    cache.withdraw(id);
    assert_eq!(cache.admit(id, retry_of(HERE), Time::ZERO), Admission::Execute);
}

#[test]
fn replies_give_way_to_newer_ones_but_are_remembered() {
    let size = reply_to(identity(1, 1, 1)).body.len();
    let mut cache = cache(|limits| limits.bytes_max = 2 * size);
    for sequence in 1..=3 {
        execute(&mut cache, identity(1, 1, sequence));
    }
    assert_eq!(cache.bytes(), 2 * size);
    let gone = cache.admit(identity(1, 1, 1), retry_of(HERE), Time::ZERO);
    assert_eq!(gone, Admission::Refuse(Refusal::ReplyEvicted));
    let kept = cache.admit(identity(1, 1, 2), retry_of(HERE), Time::ZERO);
    assert!(matches!(kept, Admission::Replay(_)));
}

#[test]
fn entries_give_way_oldest_first_and_raise_the_watermark() {
    let mut cache = cache(|limits| limits.entries_per_client_max = 2);
    for sequence in [2, 3, 4] {
        execute(&mut cache, identity(1, 1, sequence));
    }
    let refusal = Admission::Refuse(Refusal::BelowWatermark { watermark: 3 });
    assert_eq!(cache.admit(identity(1, 1, 2), retry_of(HERE), Time::ZERO), refusal);
    assert_eq!(cache.admit(identity(1, 1, 1), first(), Time::ZERO), refusal, "nobody knows any more");
}

#[test]
fn a_client_that_lets_too_much_run_is_busy() {
    let mut cache = cache(|limits| limits.entries_per_client_max = 2);
    for sequence in [1, 2] {
        assert_eq!(cache.admit(identity(1, 1, sequence), first(), Time::ZERO), Admission::Execute);
    }
    let busy = Refusal::ClientBusy { limit: 2 };
    assert_eq!(cache.admit(identity(1, 1, 3), first(), Time::ZERO), Admission::Refuse(busy));
    cache.complete(identity(1, 1, 1), reply_to(identity(1, 1, 1)));
    assert_eq!(cache.admit(identity(1, 1, 3), first(), Time::ZERO), Admission::Execute);
}

#[test]
fn the_quietest_client_gives_way_and_raises_the_floor() {
    let mut cache = cache(|limits| limits.clients_max = 2);
    execute(&mut cache, identity(1, 10, 1));
    execute(&mut cache, identity(2, 20, 1));
    let later = Time(7);
    assert_eq!(cache.admit(identity(1, 10, 2), first(), later), Admission::Execute);
    cache.complete(identity(1, 10, 2), reply_to(identity(1, 10, 2)));
    assert_eq!(cache.admit(identity(3, 30, 1), first(), later), Admission::Execute, "instead of 2");
    let forgotten = Admission::Refuse(Refusal::ClientForgotten { floor: 20 });
    assert_eq!(cache.admit(identity(2, 20, 1), retry_of(HERE), later), forgotten);
    assert_eq!(cache.admit(identity(4, 15, 1), first(), later), forgotten, "it may have been here as well");
    assert_eq!(cache.admit(identity(2, 21, 1), first(), later), Admission::Execute, "another life goes on");
    assert_eq!(cache.clients(), 2);
}

#[test]
fn busy_clients_do_not_give_way() {
    let mut cache = cache(|limits| limits.clients_max = 2);
    for client in [1, 2] {
        assert_eq!(cache.admit(identity(client, 1, 1), first(), Time::ZERO), Admission::Execute);
    }
    let full = Refusal::TooManyClients { limit: 2 };
    assert_eq!(cache.admit(identity(3, 1, 1), first(), Time::ZERO), Admission::Refuse(full));
    cache.complete(identity(2, 1, 1), reply_to(identity(2, 1, 1)));
    assert_eq!(cache.admit(identity(3, 2, 1), first(), Time::ZERO), Admission::Execute);
}

#[test]
fn quiet_clients_are_forgotten_in_time() {
    let mut cache = cache(|limits| limits.client_idle_max = Duration::from_nanos(10));
    execute(&mut cache, identity(1, 1, 1));
    assert_eq!(cache.admit(identity(2, 2, 1), first(), Time::ZERO), Admission::Execute, "and it runs on");
    cache.forget(Time(9));
    assert_eq!(cache.clients(), 2);
    cache.forget(Time(10));
    assert_eq!((cache.clients(), cache.bytes()), (1, 0));
    let forgotten = Refusal::ClientForgotten { floor: 1 };
    assert_eq!(cache.admit(identity(1, 1, 2), first(), Time(10)), Admission::Refuse(forgotten));
}

#[test]
fn a_client_that_is_refused_learns_how_it_gets_in() {
    let mut cache = cache(|limits| limits.clients_max = 1);
    execute(&mut cache, identity(1, 10, 1));
    execute(&mut cache, identity(2, 20, 1));
    let forgotten = Refusal::ClientForgotten { floor: 10 };
    assert_eq!(cache.admit(identity(1, 10, 2), first(), Time::ZERO), Admission::Refuse(forgotten));
    let again = forgotten.begin_again_in(NOW).unwrap();
    assert_eq!(cache.admit(identity(3, again, 2), first(), Time::ZERO), Admission::Execute);
    assert_eq!(forgotten.begin_again_in(5), Some(11), "whatever the clocks say");
    assert_eq!(Refusal::ReplyEvicted.begin_again_in(NOW), None);
}

/// A client with a wrong clock, or a malicious one, must not shut everybody else out when it is evicted.
#[test]
fn nobody_comes_from_the_future() {
    let mut cache = cache(|limits| limits.clients_max = 1);
    let ahead = Refusal::IncarnationAhead { floor: 0 };
    let latest = NOW + INCARNATION_AHEAD_MAX_US;
    for incarnation in [latest + 1, u64::MAX] {
        let stranger = cache.admit(identity(1, incarnation, 1), first(), Time::ZERO);
        assert_eq!(stranger, Admission::Refuse(ahead));
    }
    execute(&mut cache, identity(1, 7, 1));
    let known = cache.admit(identity(1, u64::MAX, 1), first(), Time::ZERO);
    assert_eq!(known, Admission::Refuse(ahead), "not by a later life either");
    execute(&mut cache, identity(2, latest, 1));
    execute(&mut cache, identity(3, ahead.begin_again_in(NOW).unwrap(), 1));
    let forgotten = Refusal::ClientForgotten { floor: latest };
    assert_eq!(cache.admit(identity(4, NOW, 1), first(), Time::ZERO), Admission::Refuse(forgotten));
    let again = forgotten.begin_again_in(NOW).unwrap();
    let ahead = Admission::Refuse(Refusal::IncarnationAhead { floor: latest });
    assert_eq!(cache.admit(identity(5, again, 1), first(), Time::ZERO), ahead);
    let later = Circumstances { incarnation_now: NOW + 1, ..first() };
    assert_eq!(cache.admit(identity(5, again, 1), later, Time::ZERO), Admission::Execute);
}

/// Foreign clients have no incarnation by which they could be told from themselves in another life.
#[test]
fn foreign_clients_come_back_and_what_they_repeat_is_refused() {
    let foreign = |client, sequence| identity(client, INCARNATION_OF_FOREIGN, sequence);
    let mut cache = cache(|limits| (limits.clients_max, limits.traces_max) = (2, 2));
    execute(&mut cache, foreign(1, 5));
    execute(&mut cache, identity(2, 20, 1));
    execute(&mut cache, identity(3, 30, 1));
    execute(&mut cache, foreign(4, 1));
    for (sequence, expected) in [
        (5, Admission::Refuse(Refusal::BelowWatermark { watermark: 6 })),
        (3, Admission::Refuse(Refusal::BelowWatermark { watermark: 6 })),
        (6, Admission::Execute),
    ] {
        assert_eq!(cache.admit(foreign(1, sequence), first(), Time::ZERO), expected);
    }
}

#[test]
fn a_client_that_left_a_trace_comes_back_as_if_it_had_not_gone() {
    let mut cache = cache(|limits| (limits.clients_max, limits.traces_max) = (1, 2));
    for client in [1, 2, 3] {
        execute(&mut cache, identity(client, 7, 5));
    }
    let old = Refusal::OldIncarnation { current: 7 };
    assert_eq!(cache.admit(identity(1, 6, 9), first(), Time::ZERO), Admission::Refuse(old));
    let repeated = Refusal::BelowWatermark { watermark: 6 };
    assert_eq!(cache.admit(identity(1, 7, 5), retry_of(HERE), Time::ZERO), Admission::Refuse(repeated));
    execute(&mut cache, identity(1, 7, 6));
    execute(&mut cache, identity(2, 8, 1));
    execute(&mut cache, identity(4, 7, 1));
    let forgotten = Refusal::ClientForgotten { floor: 7 };
    assert_eq!(cache.admit(identity(3, 7, 6), first(), Time::ZERO), Admission::Refuse(forgotten));
}

#[test]
fn oneway_requests_come_once() {
    let mut cache = cache(|limits| (limits.clients_max, limits.traces_max) = (1, 1));
    let oneway = |cache: &mut ReplyCache, client, sequence| {
        cache.admit_oneway(identity(client, 7, sequence), first(), Time::ZERO)
    };
    for sequence in [1, 3, 2] {
        assert_eq!(oneway(&mut cache, 1, sequence), Ok(()));
        assert_eq!(oneway(&mut cache, 1, sequence), Err(Refusal::Repeated));
    }
    assert_eq!(oneway(&mut cache, 2, 1), Ok(()), "instead of 1");
    assert_eq!(oneway(&mut cache, 1, 3), Err(Refusal::Repeated), "it has left a trace");
    assert_eq!(oneway(&mut cache, 1, 4), Ok(()));
}

#[test]
fn the_last_sequence_is_not_used() {
    let mut cache = cache(|_| ());
    let refused = cache.admit(identity(1, 1, u64::MAX), first(), Time::ZERO);
    assert_eq!(refused, Admission::Refuse(Refusal::SequenceExhausted));
}

#[test]
fn a_long_life_costs_bounded_memory() {
    let mut cache = cache(|_| ());
    for sequence in 1..10_000 {
        let id = identity(1, 1, sequence);
        assert_eq!(cache.admit(id, acknowledging(sequence), Time::ZERO), Admission::Execute);
        cache.complete(id, reply_to(id));
        assert!(cache.given.len() <= 66 && cache.held.replies == 1);
    }
}
