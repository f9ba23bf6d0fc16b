//! Calls that are given up, at every stage.

use super::pair::{Pair, call, pattern};
use crate::proto::head::{BodyFormat, CallId, ReplyHead, ReplyStatus, RequestHead, ResponseExpected, Time};
use crate::proto::native::{Event, Limits, Payload};

const MIB: usize = 1024 * 1024;

fn ok() -> ReplyHead {
    ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE)
}

fn check_all_over(pair: &Pair) {
    assert!(pair.client.connection.is_idle(), "{:?}", pair.client.connection);
    assert!(pair.server.connection.is_idle(), "{:?}", pair.server.connection);
    assert_eq!(pair.server.connection.assembly_bytes(), 0);
    assert_eq!(pair.client.connection.assembly_bytes(), 0);
}

#[test]
fn a_running_call_is_cancelled_and_its_slot_is_free_when_it_ends() {
    let mut pair = Pair::joined(Limits::default());
    let id = pair.client.connection.request(&call("get"), Payload::EMPTY).expect("room");
    pair.run();
    pair.served();
    pair.client.connection.cancel(id);
    pair.client.connection.cancel(id);
    pair.run();
    assert_eq!(pair.server.the_event(), Event::Cancelled { id });
    assert_eq!(pair.client.connection.calls_outbound(), 1);
    pair.server.connection.reply(id, &ok(), pattern(MIB)).expect("it is open");
    assert!(pair.server.connection.output_bytes() < 100, "what nobody wants is not sent");
    pair.run();
    assert_eq!(pair.client.take_events(), []);
    assert_eq!(pair.client.connection.counters().replies_unwanted, 1);
    check_all_over(&pair);
}

#[test]
fn a_cancelled_upload_is_never_seen_as_complete() {
    let mut pair = Pair::joined(Limits::default());
    let id = pair.client.connection.request(&call("put"), pattern(MIB)).expect("room");
    let window = pair.client.output();
    pair.server.feed(&window, Time::ZERO);
    pair.client.connection.cancel(id);
    pair.run();
    assert_eq!(pair.server.take_events(), []);
    assert_eq!(pair.client.take_events(), []);
    check_all_over(&pair);
}

#[test]
fn a_cancelled_large_oneway_leaves_nothing_behind() {
    let mut pair = Pair::joined(Limits::default());
    let head = RequestHead { response: ResponseExpected::No, ..call("publish") };
    let id = pair.client.connection.request(&head, pattern(MIB)).expect("room");
    let window = pair.client.output();
    pair.server.feed(&window, Time::ZERO);
    pair.client.connection.cancel(id);
    pair.run();
    assert_eq!(pair.server.take_events(), []);
    check_all_over(&pair);
}

#[test]
fn a_reply_on_its_way_is_stopped() {
    let mut pair = Pair::joined(Limits::default());
    let id = pair.client.connection.request(&call("fetch"), Payload::EMPTY).expect("room");
    pair.run();
    pair.served();
    pair.server.connection.reply(id, &ok(), pattern(4 * MIB)).expect("it is open");
    let window = pair.server.output();
    pair.client.feed(&window, Time::ZERO);
    pair.client.connection.cancel(id);
    assert_eq!(pair.client.connection.assembly_bytes(), 0);
    pair.run();
    assert_eq!(pair.client.take_events(), []);
    assert_eq!(pair.server.take_events(), []);
    check_all_over(&pair);
}

#[test]
fn cancel_and_reply_may_cross() {
    let mut pair = Pair::joined(Limits::default());
    let id = pair.client.connection.request(&call("get"), Payload::EMPTY).expect("room");
    pair.run();
    pair.served();
    pair.client.connection.cancel(id);
    pair.server.connection.reply(id, &ok(), Payload::EMPTY).expect("it is open");
    pair.run();
    assert_eq!(pair.client.take_events(), []);
    assert_eq!(pair.server.take_events(), []);
    assert_eq!(pair.server.connection.counters().frames_late, 1);
    check_all_over(&pair);
}

#[test]
fn a_call_that_waits_for_room_does_not_hold_others_up_when_it_is_cancelled() {
    let mut pair = Pair::joined(Limits {
        body_bytes_max: MIB as u64,
        assembly_bytes_max: MIB as u64,
        ..Limits::default()
    });
    let ids: Vec<CallId> =
        (0..3).map(|_| pair.client.connection.request(&call("put"), pattern(MIB)).expect("room")).collect();
    let windows = pair.client.output();
    pair.server.feed(&windows, Time::ZERO);
    pair.client.connection.cancel(ids[0]);
    pair.client.connection.cancel(ids[1]);
    pair.run();
    assert_eq!(pair.served().0, ids[2]);
}

#[test]
fn what_is_not_open_cannot_be_cancelled() {
    let mut pair = Pair::joined(Limits::default());
    pair.client.connection.cancel(CallId(5));
    assert!(!pair.client.connection.has_output());
}
