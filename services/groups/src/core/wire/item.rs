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
//! is understood.

use super::value::{Accepted, Ballot, Change, Report, Run, Value};
use super::{Reader, Wire, WireError, wire_struct};
use crate::core::identity::{GroupId, Member, ProcessId, Rank, View, ViewNumber};
use crate::core::registry::Snapshot;
use bytes::{BufMut, Bytes, BytesMut};

/// Octets before an item's content.
pub(crate) const ITEM_HEAD_BYTES: usize = 5;

/// The tags of items.
pub(crate) mod tag {
    /// Multicast messages of the channel's sender.
    pub(crate) const MESSAGES: u8 = 1;
    /// Messages of another sender, sent on request while a view ends.
    pub(crate) const FORWARD: u8 = 2;
    /// Places in the total order.
    pub(crate) const ORDER: u8 = 3;
    /// What has been received, by sender, and up to which place.
    pub(crate) const RECEIVED: u8 = 4;
    /// Places given by a member to whom the role was handed over.
    pub(crate) const ORDER_OF_TURN: u8 = 5;
    /// The role of the sequencer goes to another member.
    pub(crate) const HANDOVER: u8 = 6;
    pub(crate) const JOIN: u8 = 10;
    pub(crate) const LEAVE: u8 = 11;
    pub(crate) const ACCUSE: u8 = 12;
    pub(crate) const REQUEST: u8 = 13;
    pub(crate) const FOUND: u8 = 14;
    pub(crate) const FOUNDED: u8 = 15;
    pub(crate) const WELCOME: u8 = 16;
    /// To a founder: the sender is a member already, and of which domain and view.
    pub(crate) const SETTLED: u8 = 17;
    /// The founder's offer is void.
    pub(crate) const WITHDRAWN: u8 = 18;
    pub(crate) const FLUSH: u8 = 20;
    pub(crate) const ANSWER: u8 = 21;
    pub(crate) const FILL: u8 = 22;
    pub(crate) const FILLED: u8 = 23;
    pub(crate) const PROPOSE: u8 = 24;
    pub(crate) const ACCEPT: u8 = 25;
    pub(crate) const COMMIT: u8 = 26;
    pub(crate) const REFUSE: u8 = 27;
    pub(crate) const FETCH: u8 = 28;
    /// The sender is still in the view named and sees that others are ahead.
    pub(crate) const BEHIND: u8 = 29;
    pub(crate) const RENEW: u8 = 30;
    pub(crate) const RENEWED: u8 = 31;
    pub(crate) const STATE: u8 = 40;
    pub(crate) const STATE_WANTED: u8 = 41;
    pub(crate) const RECALL: u8 = 50;
    pub(crate) const GATHER: u8 = 51;
    pub(crate) const GATHERED: u8 = 52;
    pub(crate) const DECREE: u8 = 53;
    pub(crate) const AGREED: u8 = 54;
    pub(crate) const DECIDED: u8 = 55;
    pub(crate) const OUTBID: u8 = 56;
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
    Join { member }
    Accuse { view, accused }
    Request { changes }
    Found { view }
    Welcome { view, registry, hold_us, decision }
    Flush { view, ballot, survivors }
    Answer { view, ballot, accepted, reports, promises }
    Source { rank, until, holder }
    Fill { view, ballot, groups }
    Vote { view, ballot }
    Propose { view, ballot, value }
    Fetch { view, group, rank, from, until }
    OrderBatch { view, group, first, runs }
    TurnBatch { view, group, turn, first, runs }
    Handover { view, group, turn, place, to }
    Received { view, group, ready, received }
    Renewal { view, stamp }
    StateChunk { group, cut, offset, total, octets }
    StateWanted { group, cut, offset }
}
