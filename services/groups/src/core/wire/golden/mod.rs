//! Every frame and every item, octet by octet.
//!
//! A diagram holds the octets in hexadecimal, in order, and beside them what they say:
//!
//! ```text
//!   0b 02 00 00 00    LEAVE, 2 octets
//!   ac 02             process 300
//! ```
//!
//! It is what the protocol is, for whoever writes it elsewhere; the value beside it must encode to these octets and they must
//! decode to it. Each vector is refused when it is cut short at any octet, and when an octet follows it.

mod agreement;
mod frames;
mod membership;
mod restart;
mod traffic;

use super::item::{self, ITEM_HEAD_BYTES, RawItem, tag};
use super::{Wire, WireError};
use crate::core::identity::{DomainId, DurableId, Member, ProcessId, View, ViewNumber};
use crate::core::protocol::Protocol;
use bytes::{BufMut, Bytes, BytesMut};
use std::fmt::Debug;

/// One item and its octets.
pub(super) struct Vector {
    diagram: Bytes,
    encoded: Bytes,
    same: Box<Understood>,
}

/// Whether an item is understood, and as the same.
type Understood = dyn Fn(&RawItem) -> Result<bool, WireError>;

/// An item whose content is one value.
pub(super) fn vector<T: Wire + PartialEq + Debug + 'static>(tag: u8, value: T, diagram: &str) -> Vector {
    let mut encoded = BytesMut::new();
    item::put(tag, &value, &mut encoded);
    Vector {
        diagram: octets(diagram),
        encoded: encoded.freeze(),
        same: Box::new(move |raw| raw.decode::<T>().map(|back| raw.tag == tag && back == value)),
    }
}

/// The octets of a diagram: what stands in a line before the first two spaces, in hexadecimal.
pub(super) fn octets(diagram: &str) -> Bytes {
    let lines = diagram.lines().map(|line| line.trim().split("  ").next().unwrap_or_default());
    let octets = lines.flat_map(str::split_whitespace);
    octets.map(|octet| u8::from_str_radix(octet, 16).expect("two hexadecimal digits")).collect()
}

/// The member that stands in all diagrams: `ac 02  03 61 3a 31  01  01 05  02`.
pub(super) fn member() -> Member {
    let (process, durable) = (ProcessId(300), Some(DurableId(5)));
    Member { process, address: "a:1".into(), weight: 1, durable, speaks: Protocol(2) }
}

/// The view that stands in all diagrams: `07  02  01` and the member.
pub(super) fn view() -> View {
    View { domain: DomainId(7), number: ViewNumber(2), members: vec![member()] }
}

fn all() -> Vec<Vector> {
    [traffic::all(), membership::all(), agreement::all(), restart::all()].into_iter().flatten().collect()
}

fn whole(octets: &Bytes) -> RawItem {
    RawItem::split(&mut octets.clone()).unwrap().expect("an item")
}

#[test]
fn every_item_is_as_drawn() {
    for vector in all() {
        assert_eq!(
            vector.encoded, vector.diagram,
            "{:02x?} is drawn as {:02x?}",
            vector.encoded, vector.diagram
        );
        let mut rest = vector.diagram.clone();
        let raw = RawItem::split(&mut rest).unwrap().expect("an item");
        assert!(rest.is_empty(), "the length is that of the content");
        assert_eq!((vector.same)(&raw), Ok(true), "tag {}", raw.tag);
    }
}

#[test]
fn every_kind_of_item_is_drawn() {
    let mut drawn: Vec<u8> = all().iter().map(|vector| vector.diagram[0]).collect();
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn, tag::ALL);
}

#[test]
fn items_cut_short_are_refused() {
    for vector in all() {
        for length in 1..vector.diagram.len() {
            let cut = RawItem::split(&mut vector.diagram.slice(..length));
            assert_eq!(cut.map(|_| ()), Err(WireError::Truncated), "{:02x?}", &vector.diagram[..length]);
        }
        let raw = whole(&vector.diagram);
        for length in 0..raw.content.len() {
            let cut = RawItem { tag: raw.tag, content: raw.content.slice(..length) };
            assert!((vector.same)(&cut).is_err(), "tag {} after {length} octets", raw.tag);
        }
        let mut longer = BytesMut::from(&raw.content[..]);
        longer.put_u8(0);
        let longer = RawItem { tag: raw.tag, content: longer.freeze() };
        assert!((vector.same)(&longer).is_err(), "tag {} with another octet", raw.tag);
    }
}

/// Any octet may be any other: that costs an error, or is another value.
#[test]
fn items_with_a_changed_octet_are_refused_or_understood() {
    let mut refused = 0;
    for vector in all() {
        for at in ITEM_HEAD_BYTES..vector.diagram.len() {
            for octet in [0x00, 0x01, 0x03, 0x7f, 0x80, 0xff] {
                let mut changed = BytesMut::from(&vector.diagram[..]);
                changed[at] = octet;
                refused += usize::from((vector.same)(&whole(&changed.freeze())).is_err());
            }
        }
    }
    assert!(refused > 500, "only {refused}");
}
