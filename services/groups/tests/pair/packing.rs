//! Packing: small messages travel together. What the application has sent when its process comes to send is one frame for each
//! group, up to the length at which a batch is sealed; nothing waits for more to come.

use crate::rig::Pair;
use bytes::Bytes;
use quorb_groups::core::{Class, GroupId, Limits, Order};

const MESSAGES: usize = 1000;
/// Octets of a message.
const SIZE: usize = 64;
/// Octets before each message: its class, and its length as long as that is one octet.
const HEAD: usize = 2;

/// Sends a thousand messages, so many between two turns. The answer is the lengths of the frames that took.
fn send(pair: &mut Pair, groups: &[GroupId], class: Class, between_turns: usize) -> Vec<usize> {
    pair.forget();
    for first in (0..MESSAGES).step_by(between_turns) {
        for number in first..(first + between_turns).min(MESSAGES) {
            let payload = Bytes::from(vec![number as u8; SIZE]);
            pair.cores[0].multicast(groups[number % groups.len()], class, payload).unwrap();
        }
        pair.turn(0);
        pair.settle();
    }
    // Receipts that nobody waits for are gathered for a while.
    assert!(pair.go_until(|cores| cores.iter().all(|core| core.kept_messages() == 0)));
    assert_eq!((pair.delivered(0).len(), pair.delivered(1).len()), (MESSAGES, MESSAGES));
    pair.sent[0].clone()
}

/// Frames that carry messages: receipts and renewals of leases are short.
fn with_messages(frames: &[usize]) -> usize {
    frames.iter().filter(|&&octets| octets > SIZE).count()
}

#[test]
fn a_thousand_messages_sent_at_once_are_two_frames() {
    let (mut pair, group) = Pair::in_a_group(|_| {});
    // A causal message says what it came after: here nothing new, which is one octet.
    for (order, head) in [(Order::Fifo, HEAD), (Order::Causal, HEAD + 1), (Order::Total, HEAD)] {
        let frames = send(&mut pair, &[group], Class::new(order, order == Order::Total), MESSAGES);
        // 66,000 octets, and a batch is sealed at 65,536.
        assert_eq!(with_messages(&frames), 2, "{order:?}: {frames:?}");
        let overhead = frames.iter().sum::<usize>() - MESSAGES * (SIZE + head);
        assert!(overhead < 400, "{order:?}: {overhead} octets around {MESSAGES} messages");
    }
}

#[test]
fn frames_are_as_many_as_turns() {
    let (mut pair, group) = Pair::in_a_group(|_| {});
    for (between_turns, expected) in [(100, 10), (10, 100), (1, 1000)] {
        let frames = send(&mut pair, &[group], Class::new(Order::Total, false), between_turns);
        assert_eq!(with_messages(&frames), expected, "{between_turns} between two turns");
    }
}

/// Who receives them answers with few frames, too: receipts that nobody waits for are gathered, and of those that somebody
/// waits for one is for all that came together.
#[test]
fn receipts_are_few() {
    let (mut pair, group) = Pair::in_a_group(|_| {});
    send(&mut pair, &[group], Class::new(Order::Fifo, false), 1);
    assert!(pair.sent[1].len() < 20, "{} frames back for {MESSAGES}", pair.sent[1].len());
    send(&mut pair, &[group], Class::new(Order::Total, true), 100);
    assert!(pair.sent[1].len() < 50, "{} frames back for ten batches", pair.sent[1].len());
}

#[test]
fn each_group_has_a_frame_of_its_own_in_a_turn() {
    let (mut pair, first) = Pair::in_a_group(|_| {});
    let groups = [first, pair.enter("second"), pair.enter("third")];
    let frames = send(&mut pair, &groups, Class::new(Order::Fifo, false), MESSAGES);
    assert_eq!(with_messages(&frames), groups.len());
}

#[test]
fn no_frame_is_longer_than_a_batch_and_a_message() {
    let batch_bytes_max = 1000;
    let (mut pair, group) =
        Pair::in_a_group(|config| config.limits = Limits { batch_bytes_max, ..Limits::default() });
    let frames = send(&mut pair, &[group], Class::new(Order::Fifo, false), MESSAGES);
    let longest = frames.iter().max().copied().unwrap_or_default();
    assert!(longest < batch_bytes_max + 2 * (SIZE + HEAD), "{longest}");
    let (octets, sealed) = (MESSAGES * (SIZE + HEAD), with_messages(&frames));
    let most = octets / batch_bytes_max + 1;
    assert!((most - 4..=most).contains(&sealed), "{sealed} frames of {octets} octets");
}
