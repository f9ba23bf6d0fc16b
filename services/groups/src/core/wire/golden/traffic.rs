//! Messages of groups, their places, receipts, and states.

use super::{Vector, octets, vector};
use crate::core::group::Group;
use crate::core::identity::{GroupId, ProcessId, Rank, ViewNumber};
use crate::core::options::{Class, GroupOptions, Limits, Order, OrderingDomain};
use crate::core::protocol::Protocol;
use crate::core::wire::item::{
    Fetch, Handover, JointBatch, JointKnown, OrderBatch, RawItem, Received, StateChunk, StateWanted, Tally,
    TurnBatch, tag,
};
use crate::core::wire::value::Run;
use crate::core::wire::{Reader, Wire, WireError};
use bytes::Bytes;

pub(super) fn all() -> Vec<Vector> {
    let groups = vec![messages(), parts(), forward(), order(), order_of_turn(), handover(), received()];
    let joint = [joint_order(), joint_known(), tally()];
    groups.into_iter().chain(joint).chain([state(), state_wanted()]).collect()
}

const VIEW: ViewNumber = ViewNumber(2);
const GROUP: GroupId = GroupId(6);
const DOMAIN: OrderingDomain = OrderingDomain(12);
/// One of two members of the group.
fn side(rank: usize) -> Group {
    let members = vec![ProcessId(1), ProcessId(2)];
    let me = members[rank];
    Group::new(GROUP, (VIEW, 0), members, me, &GroupOptions::PLAIN, None)
}

/// The member of rank 1, which is not the sequencer, sends one message of each order.
fn sender() -> Group {
    let mut sender = side(1);
    let first = RawItem::split(&mut octets(CAUSE)).unwrap().expect("an item");
    take(&mut sender, 0, &first).unwrap();
    sender.progress(&mut Vec::new());
    for (order, uniform, text) in
        [(Order::Fifo, false, "a"), (Order::Causal, false, "bc"), (Order::Total, true, "")]
    {
        sender.send(Class::new(order, uniform), Bytes::from_static(text.as_bytes()));
    }
    sender
}

/// What the other member had sent before.
const CAUSE: &str = "
    01 06 00 00 00    MESSAGES, 6 octets
    02 06 00          view, group, the number of the first
    01 00 00          causal, no causes, empty
";

/// Gives an item with messages, from the member of this rank, to a group.
fn take(group: &mut Group, sender: usize, raw: &RawItem) -> Result<(), WireError> {
    let mut input = Reader::new(raw.content.clone());
    if (ViewNumber::read(&mut input)?, GroupId::read(&mut input)?) != (VIEW, GROUP) {
        return Err(WireError::Contradiction);
    }
    let rank = match raw.tag {
        tag::FORWARD => usize::from(Rank::read(&mut input)?),
        _ => sender,
    };
    let first = input.varint()?;
    group.messages(rank, first, &mut input, Protocol::NEWEST, &Limits::default())
}

/// Whether the item gives a receiver all that the sender has sent: an item that ends after a whole message is shorter, and
/// its length says so.
fn gives_all(raw: &RawItem) -> Result<bool, WireError> {
    let mut receiver = side(0);
    take(&mut receiver, 1, raw)?;
    match receiver.horizon()[1] {
        3 => Ok(true),
        _ => Err(WireError::Truncated),
    }
}

fn messages() -> Vector {
    let diagram = "
        01 0f 00 00 00    MESSAGES, 15 octets
        02 06 00          view, group, the number of the first
        00 01 61          fifo: one octet, a
        01                causal:
        01 00 01            one cause: rank 0, its first causal message
        02 62 63            two octets, bc
        06 00             total (2) and uniform (4): empty
    ";
    let mut sender = sender();
    let encoded = sender.seal(true, false).expect("a frame");
    Vector { diagram: octets(diagram), encoded, same: Box::new(gives_all) }
}

/// A message that is longer than a part may be: here two octets.
fn parts() -> Vector {
    let diagram = "
        01 0e 00 00 00    MESSAGES, 14 octets
        02 06 00          view, group, the number of the first
        0a 02 61 62       total (2), more follows (8): two octets, ab
        1a 02 63 64       total, goes on (10), more follows: cd
        12 01 65          total, goes on: e, the last
    ";
    let mut sender = side(1);
    let limits = Limits { part_bytes_max: 2, ..Limits::default() };
    sender.backlog.push(Class::new(Order::Total, false), Bytes::from_static(b"abcde"));
    while sender.send_waiting(&limits, true).is_some() {}
    let encoded = sender.seal(true, false).expect("a frame");
    Vector { diagram: octets(diagram), encoded, same: Box::new(gives_all) }
}

fn forward() -> Vector {
    let diagram = "
        02 10 00 00 00    FORWARD, 16 octets
        02 06 01 00       view, group, the sender's rank, the number of the first
        00 01 61
        01 01 00 01 02 62 63
        06 00
    ";
    let wanted = Fetch { view: VIEW, group: GROUP, rank: 1, from: 0, until: 3 };
    let encoded = sender().forward(&wanted, usize::MAX).remove(0);
    Vector { diagram: octets(diagram), encoded, same: Box::new(gives_all) }
}

fn order() -> Vector {
    let diagram = "
        03 08 00 00 00    ORDER, 8 octets
        02 06 03          view, group, the first place
        02 00 02 01 01    two runs: two messages of rank 0, one of rank 1
    ";
    let runs = vec![Run { rank: 0, count: 2 }, Run { rank: 1, count: 1 }];
    vector(tag::ORDER, OrderBatch { view: VIEW, group: GROUP, first: 3, runs }, diagram)
}

fn order_of_turn() -> Vector {
    let diagram = "
        05 07 00 00 00    ORDER_OF_TURN, 7 octets
        02 06             view, group
        01                given by the member that has the role by one hand-over
        03                the first place
        01 00 02          one run: two messages of rank 0
    ";
    let runs = vec![Run { rank: 0, count: 2 }];
    vector(tag::ORDER_OF_TURN, TurnBatch { view: VIEW, group: GROUP, turn: 1, first: 3, runs }, diagram)
}

fn handover() -> Vector {
    let diagram = "
        06 05 00 00 00    HANDOVER, 5 octets
        02 06             view, group
        01 03 01          the first hand-over: from place 3 on rank 1 gives the places
    ";
    vector(tag::HANDOVER, Handover { view: VIEW, group: GROUP, turn: 1, place: 3, to: 1 }, diagram)
}

fn joint_order() -> Vector {
    let diagram = "
        07 08 00 00 00    JOINT_ORDER, 8 octets
        02 0c 03          view, ordering domain 12, the first place
        02 00 02 04 01    two runs: two messages of the first sender, one of the fifth
    ";
    let runs = vec![Run { rank: 0, count: 2 }, Run { rank: 4, count: 1 }];
    vector(tag::JOINT_ORDER, JointBatch { view: VIEW, domain: DOMAIN, first: 3, runs }, diagram)
}

fn joint_known() -> Vector {
    let diagram = "
        08 03 00 00 00    JOINT_KNOWN, 3 octets
        02 0c 05          view, ordering domain, known up to place 5
    ";
    vector(tag::JOINT_KNOWN, JointKnown { view: VIEW, domain: DOMAIN, up_to: 5 }, diagram)
}

fn tally() -> Vector {
    let diagram = "
        09 04 00 00 00    TALLY, 4 octets
        02 0c 06 07       view, ordering domain, group, seven messages so far
    ";
    vector(tag::TALLY, Tally { view: VIEW, domain: DOMAIN, group: GROUP, totals: 7 }, diagram)
}

fn received() -> Vector {
    let diagram = "
        04 07 00 00 00    RECEIVED, 7 octets
        02 06 09          view, group, places and their messages up to 9
        02 04 80 01       messages of rank 0 up to 4, of rank 1 up to 128
    ";
    vector(tag::RECEIVED, Received { view: VIEW, group: GROUP, ready: 9, received: vec![4, 128] }, diagram)
}

fn state() -> Vector {
    let diagram = "
        28 08 00 00 00    STATE, 8 octets
        06 02             group, the cut of view 2
        05 09             from octet 5 on, of 9
        03 61 62 63       three octets, abc
    ";
    let octets = Bytes::from_static(b"abc");
    vector(tag::STATE, StateChunk { group: GROUP, cut: VIEW, offset: 5, total: 9, octets }, diagram)
}

fn state_wanted() -> Vector {
    let diagram = "
        29 03 00 00 00    STATE_WANTED, 3 octets
        06 02             group, the cut of view 2
        05                what follows octet 5
    ";
    vector(tag::STATE_WANTED, StateWanted { group: GROUP, cut: VIEW, offset: 5 }, diagram)
}
