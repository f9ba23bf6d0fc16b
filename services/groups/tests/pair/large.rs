//! Large messages: they travel in parts, and what is sent beside them does not wait for all of those.

use crate::rig::{Alter, Pair};
use bytes::{Bytes, BytesMut};
use quorb_groups::core::{
    Class, Config, Core, Effect, Event, GroupOptions, Limits, Order, ProcessId, Protocol, Time, Upcall,
};

/// Octets of the large message.
const LARGE: usize = 16 << 20;

const TOTAL: Class = Class::new(Order::Total, false);

/// Octets that differ from place to place.
fn large(octets: usize) -> Bytes {
    (0..octets).map(|at| (at / 251) as u8 ^ at as u8).collect()
}

/// In front of a small message there is no more of the large one than may be ahead: 16 frames of 64 KiB, not one of 16 MiB.
#[test]
fn a_small_message_in_another_group_has_sixteen_frames_in_front_of_it() {
    let limits = Limits::default();
    let (mut pair, group) = Pair::in_a_group(|_| {});
    let other = pair.enter("other");
    pair.forget();
    let message = large(LARGE);
    pair.cores[0].multicast(group, TOTAL, message.clone()).unwrap();
    pair.turn(0);
    let in_front = pair.sent[0].clone();
    assert_eq!(in_front.len(), limits.parts_ahead_bytes_max / limits.part_bytes_max, "{in_front:?}");
    assert!(in_front.iter().all(|octets| *octets < limits.part_bytes_max + 100), "{in_front:?}");
    pair.cores[0].multicast(other, TOTAL, Bytes::from_static(b"small")).unwrap();
    pair.turn(0);
    assert_eq!(pair.sent[0].len(), in_front.len() + 1, "nothing more was sent without acknowledgement");
    assert!(pair.settle());
    assert!(pair.go_until(|cores| cores.iter().all(|core| core.kept_messages() == 0)));
    for side in 0..2 {
        let delivered = pair.delivered(side);
        assert_eq!(delivered.len(), 2, "each is delivered once");
        assert_eq!(delivered[0], b"small"[..], "at {side}");
        assert!(delivered[1] == message, "whole and unchanged at {side}");
    }
    assert_eq!(pair.cores[0].counters().parts as usize, LARGE / limits.part_bytes_max);
}

/// The other member's message gets a place between two parts.
#[test]
fn a_small_message_of_another_sender_goes_between() {
    for class in [TOTAL, Class::new(Order::Total, true)] {
        let (mut pair, group) = Pair::in_a_group(|_| {});
        for side in 0..2 {
            pair.forget();
            pair.cores[side].multicast(group, class, large(LARGE)).unwrap();
            pair.turn(side);
            pair.cores[1 - side].multicast(group, class, Bytes::from_static(b"small")).unwrap();
            pair.turn(1 - side);
            assert!(pair.settle());
            assert!(pair.go_until(|cores| cores.iter().all(|core| core.kept_messages() == 0)));
            for member in 0..2 {
                let lengths: Vec<usize> = pair.delivered(member).iter().map(Bytes::len).collect();
                assert_eq!(lengths, [5, LARGE], "{class:?} sent by {side}, at {member}");
            }
        }
    }
}

/// In a domain in which somebody does not understand parts, everyone goes on as before.
#[test]
fn an_older_protocol_has_no_parts() {
    let (mut pair, group) = Pair::in_a_group(|config| config.protocol_max = Protocol(1));
    pair.forget();
    pair.cores[0].multicast(group, TOTAL, large(LARGE)).unwrap();
    pair.turn(0);
    assert!(pair.sent[0].iter().any(|octets| *octets > LARGE), "{:?}", pair.sent[0]);
    assert!(pair.go_until(|cores| cores.iter().all(|core| core.kept_messages() == 0)));
    assert_eq!((pair.delivered(1).len(), pair.cores[0].counters().parts), (1, 0));
}

/// What the sender sends in the same group keeps its order.
#[test]
fn ones_own_messages_stay_in_order() {
    for order in [Order::Fifo, Order::Causal, Order::Total] {
        let (mut pair, group) = Pair::in_a_group(|_| {});
        pair.forget();
        let sizes = [3, 300_000, 0, 65_536, 65_537, 7];
        for size in sizes {
            pair.cores[0].multicast(group, Class::new(order, false), large(size)).unwrap();
        }
        assert!(pair.go_until(|cores| cores.iter().all(|core| core.kept_messages() == 0)));
        for side in 0..2 {
            let delivered = pair.delivered(side);
            let lengths: Vec<usize> = delivered.iter().map(Bytes::len).collect();
            assert_eq!(lengths, sizes, "{order:?} at {side}");
            assert!(delivered.iter().all(|payload| *payload == large(payload.len())));
        }
    }
}

/// Nobody else acknowledges anything there, so nothing that arrives could make it go on.
#[test]
fn who_is_alone_gets_its_own() {
    let mut core = Core::new(Config::new("d", ProcessId(1), "a", &["a"]), Time(1));
    let (mut effects, mut now) = (Vec::new(), 1);
    let mut step = |core: &mut Core, effects: &mut Vec<Effect>| {
        now += 20_000;
        core.handle(Event::Tick, Time(now));
        core.poll(Time(now), effects);
    };
    step(&mut core, &mut effects);
    core.enter_group("g", GroupOptions::PLAIN).unwrap();
    (0..5).for_each(|_| step(&mut core, &mut effects));
    let group = core.group_named("g").expect("it is entered");
    core.multicast(group, TOTAL, large(LARGE)).unwrap();
    effects.clear();
    core.poll(Time(now), &mut effects);
    let delivered = effects.iter().find_map(|effect| match effect {
        Effect::Tell(Upcall::Deliver { payload, .. }) => Some(payload.len()),
        _ => None,
    });
    assert_eq!((delivered, core.kept_messages()), (Some(LARGE), 0));
}

/// A part that goes on from nothing, and one without an end: neither is understood, and nothing of it is delivered.
#[test]
fn parts_out_of_place_are_refused_and_counted() {
    const GOES_ON: u8 = 0x10;
    const MORE: u8 = 0x08;
    fn mark(frame: &mut BytesMut, bits: u8) {
        if let Some(at) = frame.windows(7).position(|octets| octets == b"hostile") {
            frame[at - 2] |= bits;
        }
    }
    let goes_on: Alter = |frame| mark(frame, GOES_ON);
    let more: Alter = |frame| mark(frame, MORE);
    // Where the domain runs at a version that has no parts, the first is refused already.
    for (alter, sent, version) in
        [(goes_on, 1, Protocol::NEWEST), (more, 2, Protocol::NEWEST), (more, 1, Protocol(1))]
    {
        let (mut pair, group) = Pair::in_a_group(|config| config.protocol_max = version);
        pair.forget();
        pair.alter = Some(alter);
        for _ in 0..sent {
            pair.cores[0]
                .multicast(group, Class::new(Order::Fifo, false), Bytes::from_static(b"hostile"))
                .unwrap();
        }
        pair.turn(0);
        pair.settle();
        assert_eq!(pair.cores[1].counters().refused, 1, "version {version}");
        assert!(pair.delivered(1).is_empty());
    }
}
