//! Records: what a process writes on its disk, in the order in which it happens.
//!
//! ```text
//!   BASE       a view and its registry, whole                        known from here on
//!   PROMISED   a ballot        ACCEPTED   a value      INSTALLED  a decision
//!   BEGAN      a copy of a group's state, from an index on           until its snapshot has ARRIVED an older copy counts
//!   PART       the next part of a large snapshot                     ARRIVED brings its end
//!   PLACED     messages at their places, from an index on            before they are acknowledged
//!   LOOSE      messages without a place, when a view ends            before the flush is answered
//!   WOKEN      the copy counts: what was loose in it has its place   KEPT  a whole copy, said again
//! ```
//!
//! A record is meaningful only after those before it. The storage gives each a number, one more than the last.

use super::copy::{Copy, Placed, Stored};
use crate::core::identity::{GroupId, Rank, View, ViewNumber};
use crate::core::registry::Snapshot;
use crate::core::wire::item::Propose;
use crate::core::wire::value::{Accepted, Ballot};
use crate::core::wire::{Reader, Wire, WireError, wire_struct};
use bytes::{Bytes, BytesMut};

/// A message without a place: the number it has in its sender's lane of the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) rank: Rank,
    pub(crate) number: u64,
    pub(crate) stored: Stored,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    Base { view: View, registry: Snapshot },
    Promised { view: ViewNumber, ballot: Ballot },
    Accepted { view: ViewNumber, accepted: Accepted },
    Installed { decision: Propose },
    Began { group: GroupId, copy: Copy },
    Part { group: GroupId, octets: Bytes },
    Arrived { group: GroupId, state: Bytes },
    Placed { group: GroupId, first: u64, messages: Vec<Placed> },
    Loose { group: GroupId, bodies: Vec<Body> },
    Woken { group: GroupId },
    Kept { group: GroupId, copy: Copy },
}

wire_struct! {
    Body { rank, number, stored }
}

impl Wire for Record {
    fn write(&self, out: &mut BytesMut) {
        match self {
            Self::Base { view, registry } => (1u8, (view.clone(), registry.clone())).write(out),
            Self::Promised { view, ballot } => (2u8, (*view, *ballot)).write(out),
            Self::Accepted { view, accepted } => (3u8, (*view, accepted.clone())).write(out),
            Self::Installed { decision } => (4u8, decision.clone()).write(out),
            Self::Began { group, copy } => (5u8, (*group, copy.clone())).write(out),
            Self::Arrived { group, state } => (6u8, (*group, state.clone())).write(out),
            Self::Placed { group, first, messages } => {
                (7u8, (*group, *first)).write(out);
                messages.write(out);
            }
            Self::Loose { group, bodies } => {
                (8u8, *group).write(out);
                bodies.write(out);
            }
            Self::Woken { group } => (9u8, *group).write(out),
            Self::Kept { group, copy } => (10u8, (*group, copy.clone())).write(out),
            Self::Part { group, octets } => (11u8, (*group, octets.clone())).write(out),
        }
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        Ok(match input.u8()? {
            1 => Self::Base { view: Wire::read(input)?, registry: Wire::read(input)? },
            2 => Self::Promised { view: Wire::read(input)?, ballot: Wire::read(input)? },
            3 => Self::Accepted { view: Wire::read(input)?, accepted: Wire::read(input)? },
            4 => Self::Installed { decision: Wire::read(input)? },
            5 => Self::Began { group: Wire::read(input)?, copy: Wire::read(input)? },
            6 => Self::Arrived { group: Wire::read(input)?, state: Wire::read(input)? },
            7 => Self::Placed {
                group: Wire::read(input)?,
                first: input.varint()?,
                messages: Wire::read(input)?,
            },
            8 => Self::Loose { group: Wire::read(input)?, bodies: Wire::read(input)? },
            9 => Self::Woken { group: Wire::read(input)? },
            10 => Self::Kept { group: Wire::read(input)?, copy: Wire::read(input)? },
            11 => Self::Part { group: Wire::read(input)?, octets: Wire::read(input)? },
            other => return Err(WireError::Tag(other)),
        })
    }
}

impl Record {
    /// A whole record and nothing else.
    pub(crate) fn decode(octets: Bytes) -> Result<Self, WireError> {
        let mut input = Reader::new(octets);
        let record = Self::read(&mut input)?;
        input.finish()?;
        Ok(record)
    }
}
