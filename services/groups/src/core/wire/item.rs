//! Items: the protocol's messages, any number of them in a data frame's body.
//!
//! ```text
//! octet  0      1            5
//!        +------+------------+-------------
//!        | tag  | length (LE)| content ...
//!        +------+------------+-------------
//! ```
//!
//! An item of a view other than the receiver's is kept as it came (see `future`), so it is cut off the frame before it
//! is understood. Every item is drawn, octet by octet, in `golden`; one of a tag that is not among them is refused.

use super::value::{Accepted, Ballot, Change, JointOrder, Report, Run, Value};
use super::{Reader, Wire, WireError, wire_struct};
use crate::core::identity::{DomainId, GroupId, Member, ProcessId, Rank, View, ViewNumber};
use crate::core::options::OrderingDomain;
use crate::core::registry::Snapshot;
use bytes::{BufMut, Bytes, BytesMut};

/// Octets before an item's content.
pub(crate) const ITEM_HEAD_BYTES: usize = 5;

/// The tags of items.
pub(crate) mod tag {
    macro_rules! tags {
        ($($(#[$doc:meta])* $name:ident = $tag:literal,)*) => {
            $($(#[$doc])* pub(crate) const $name: u8 = $tag;)*

            /// Every tag, in order.
            #[cfg(test)]
            pub(crate) const ALL: &[u8] = &[$($tag),*];
        };
    }

    tags! {
        /// Multicast messages of the channel's sender.
        MESSAGES = 1,
        /// Messages of another sender, sent on request while a view ends.
        FORWARD = 2,
        /// Places in the total order.
        ORDER = 3,
        /// What has been received, by sender, and up to which place.
        RECEIVED = 4,
        /// Places given by a member to whom the role was handed over.
        ORDER_OF_TURN = 5,
        /// The role of the sequencer goes to another member.
        HANDOVER = 6,
        /// The next places of a sequence that several groups share.
        JOINT_ORDER = 7,
        /// How much of such a sequence is known.
        JOINT_KNOWN = 8,
        /// To the sequencer of such a sequence: how many messages there are in a group that it is not in.
        TALLY = 9,
        JOIN = 10,
        LEAVE = 11,
        ACCUSE = 12,
        REQUEST = 13,
        FOUND = 14,
        FOUNDED = 15,
        WELCOME = 16,
        /// To a founder, or who asks to be admitted: the sender is a member, and of which domain and view.
        SETTLED = 17,
        /// The founder's offer is void.
        WITHDRAWN = 18,
        FLUSH = 20,
        ANSWER = 21,
        FILL = 22,
        FILLED = 23,
        PROPOSE = 24,
        ACCEPT = 25,
        COMMIT = 26,
        REFUSE = 27,
        FETCH = 28,
        /// The sender is still in the view named and sees that others are ahead.
        BEHIND = 29,
        RENEW = 30,
        RENEWED = 31,
        /// A renewal of a lease whose length is told.
        RENEW_FOR = 32,
        STATE = 40,
        STATE_WANTED = 41,
        RECALL = 50,
        GATHER = 51,
        GATHERED = 52,
        DECREE = 53,
        AGREED = 54,
        DECIDED = 55,
        OUTBID = 56,
    }

    /// Whether an item of this tag names the view it belongs to, first of all.
    pub(crate) fn is_of_a_view(tag: u8) -> bool {
        matches!(tag, MESSAGES..=TALLY | ACCUSE | FLUSH..=RENEW_FOR)
    }
}

/// An item cut off its frame, not yet understood.
#[derive(Debug, Clone)]
pub(crate) struct RawItem {
    pub(crate) tag: u8,
    pub(crate) content: Bytes,
}

impl RawItem {
    /// Cuts the next item off a body.
    pub(crate) fn split(body: &mut Bytes) -> Result<Option<Self>, WireError> {
        if body.is_empty() {
            return Ok(None);
        }
        if body.len() < ITEM_HEAD_BYTES {
            return Err(WireError::Truncated);
        }
        let length = u32::from_le_bytes([body[1], body[2], body[3], body[4]]) as usize;
        if length > body.len() - ITEM_HEAD_BYTES {
            return Err(WireError::Truncated);
        }
        let tag = body[0];
        bytes::Buf::advance(body, ITEM_HEAD_BYTES);
        Ok(Some(Self { tag, content: body.split_to(length) }))
    }

    /// Understands the whole content as one value.
    pub(crate) fn decode<T: Wire>(&self) -> Result<T, WireError> {
        let mut input = Reader::new(self.content.clone());
        let value = T::read(&mut input)?;
        input.finish()?;
        Ok(value)
    }
}

/// Begins an item; [`end`] fills in its length.
pub(crate) fn begin(tag: u8, out: &mut BytesMut) -> usize {
    out.put_u8(tag);
    out.put_u32_le(0);
    out.len()
}

/// Ends the item whose content began at `start`.
pub(crate) fn end(start: usize, out: &mut BytesMut) {
    let length = (out.len() - start) as u32;
    out[start - 4..start].copy_from_slice(&length.to_le_bytes());
}

/// Writes a whole item.
pub(crate) fn put<T: Wire>(tag: u8, content: &T, out: &mut BytesMut) {
    let start = begin(tag, out);
    content.write(out);
    end(start, out);
}

/// Asks to be admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Join {
    pub(crate) member: Member,
    /// The member is in no view of this domain before that one, and enters none.
    pub(crate) floor: (DomainId, ViewNumber),
}

/// The sender suspects these members of its view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accuse {
    pub(crate) view: ViewNumber,
    /// Whom, and whether it is known to be gone rather than merely silent.
    pub(crate) accused: Vec<(ProcessId, bool)>,
}

/// Registry changes asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) changes: Vec<Change>,
}

/// The founder's offer of view 1, or the answer that it is agreeable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) view: View,
}

/// A view for a process that was not in the one before it, and what it must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Welcome {
    pub(crate) view: View,
    pub(crate) registry: Snapshot,
    pub(crate) hold_us: u64,
    /// What made the view, unless it is the first: whoever of the old view has not heard of it hears of it from any member
    /// of the new one.
    pub(crate) decision: Option<Propose>,
}

/// A ballot begins; these processes take part in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flush {
    pub(crate) view: ViewNumber,
    pub(crate) ballot: Ballot,
    pub(crate) survivors: Vec<ProcessId>,
}

/// The promise, and all that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) view: ViewNumber,
    pub(crate) ballot: Ballot,
    pub(crate) accepted: Option<Accepted>,
    pub(crate) reports: Vec<Report>,
    pub(crate) joint: Vec<JointOrder>,
    /// How long this member has promised others not to let a view without them act.
    pub(crate) promises: Vec<(ProcessId, u64)>,
}

/// Where the missing messages of one lane are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) rank: Rank,
    pub(crate) until: u64,
    pub(crate) holder: ProcessId,
}

/// What must be here before a value is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fill {
    pub(crate) view: ViewNumber,
    pub(crate) ballot: Ballot,
    pub(crate) groups: Vec<(GroupId, Vec<Source>)>,
}

/// A ballot of a view: acceptances, refusals and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vote {
    pub(crate) view: ViewNumber,
    pub(crate) ballot: Ballot,
}

/// A value proposed, or decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Propose {
    pub(crate) view: ViewNumber,
    pub(crate) ballot: Ballot,
    pub(crate) value: Value,
}

/// Messages asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fetch {
    pub(crate) view: ViewNumber,
    pub(crate) group: GroupId,
    pub(crate) rank: Rank,
    pub(crate) from: u64,
    pub(crate) until: u64,
}

/// Places in the order, from `first` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderBatch {
    pub(crate) view: ViewNumber,
    pub(crate) group: GroupId,
    pub(crate) first: u64,
    pub(crate) runs: Vec<Run>,
}

/// Places in the order given by a member that has the role by so many hand-overs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TurnBatch {
    pub(crate) view: ViewNumber,
    pub(crate) group: GroupId,
    pub(crate) turn: u32,
    pub(crate) first: u64,
    pub(crate) runs: Vec<Run>,
}

/// From this place on another member gives the places: the sender is the last to have given any before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handover {
    pub(crate) view: ViewNumber,
    pub(crate) group: GroupId,
    /// How many hand-overs there have been in the view with this one.
    pub(crate) turn: u32,
    pub(crate) place: u64,
    /// The rank of the new sequencer.
    pub(crate) to: Rank,
}

/// Places in the sequence of an ordering domain, from `first` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JointBatch {
    pub(crate) view: ViewNumber,
    pub(crate) domain: OrderingDomain,
    pub(crate) first: u64,
    pub(crate) runs: Vec<Run>,
}

/// The sender knows such a sequence up to here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JointKnown {
    pub(crate) view: ViewNumber,
    pub(crate) domain: OrderingDomain,
    pub(crate) up_to: u64,
}

/// How many totally ordered messages the sender has sent in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) view: ViewNumber,
    pub(crate) domain: OrderingDomain,
    pub(crate) group: GroupId,
    pub(crate) totals: u64,
}

/// What the sender has of a group's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) view: ViewNumber,
    pub(crate) group: GroupId,
    pub(crate) ready: u64,
    pub(crate) received: Vec<u64>,
}

/// A lease renewal or its acknowledgement; the stamp is the renewer's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Renewal {
    pub(crate) view: ViewNumber,
    pub(crate) stamp: u64,
}

/// A renewal that says how long the lease is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RenewalFor {
    pub(crate) view: ViewNumber,
    pub(crate) stamp: u64,
    pub(crate) lease_us: u64,
}

/// A piece of a group's state at a cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateChunk {
    pub(crate) group: GroupId,
    pub(crate) cut: ViewNumber,
    pub(crate) offset: u64,
    pub(crate) total: u64,
    pub(crate) octets: Bytes,
}

/// How much of a group's state has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateWanted {
    pub(crate) group: GroupId,
    pub(crate) cut: ViewNumber,
    pub(crate) offset: u64,
}

wire_struct! {
    Join { member, floor }
    Accuse { view, accused }
    Request { changes }
    Found { view }
    Welcome { view, registry, hold_us, decision }
    Flush { view, ballot, survivors }
    Answer { view, ballot, accepted, reports, joint, promises }
    Source { rank, until, holder }
    Fill { view, ballot, groups }
    Vote { view, ballot }
    Propose { view, ballot, value }
    Fetch { view, group, rank, from, until }
    OrderBatch { view, group, first, runs }
    TurnBatch { view, group, turn, first, runs }
    Handover { view, group, turn, place, to }
    JointBatch { view, domain, first, runs }
    JointKnown { view, domain, up_to }
    Tally { view, domain, group, totals }
    Received { view, group, ready, received }
    Renewal { view, stamp }
    RenewalFor { view, stamp, lease_us }
    StateChunk { group, cut, offset, total, octets }
    StateWanted { group, cut, offset }
}
