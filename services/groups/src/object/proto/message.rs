//! What members tell each other in the group's one order.
//!
//! ```text
//!   1 REQUEST     key, acknowledged below, repeated?, time, seed, place, head, arguments
//!   2 PLACE       a member says where it serves the object
//!   3 REACTIVATE
//!   4 OUTCOME     term, (key, reply head, reply body)..., change?, timers   executor style: state or effects
//!   5 DIGEST      place, digest                                            of the state at a checkpoint
//!   6 FIRE        number, time, seed                                       a timer is due
//! ```

use super::table::Key;
use super::{Style, TimerChange};
use crate::core::WireError;
use crate::core::wire::{Reader, Wire, wire_struct};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// One message of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    Request(Request),
    Place(Place),
    Reactivate,
    Outcome(Outcome),
    Digest(Digest),
    Fire(Fire),
}

/// A request of a client, as the member that it came to hands it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) key: Key,
    pub(crate) acknowledged_below: u64,
    pub(crate) is_repeated: bool,
    /// The wall clock of the member that it came to, in microseconds since 1970.
    pub(crate) time_us: u64,
    /// Drawn by that member.
    pub(crate) seed: u64,
    /// Its place in the order; 0 until it has one.
    pub(crate) place: u64,
    pub(crate) head: Bytes,
    pub(crate) arguments: Bytes,
    /// The timer that has fired: nobody has called then, and it is on no wire but that of a state.
    pub(crate) timer: Option<Arc<str>>,
}

/// Where a member serves the object, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The repository id.
    pub interface: Arc<str>,
    /// The interface's fingerprint.
    pub fingerprint: u64,
    /// How the object is replicated.
    pub style: Style,
    /// What the executor ships: the effects that its servant declares, and not its whole state.
    pub ships_effects: bool,
    /// The bodies of the IIOP profiles of the member's own reference.
    pub profiles: Vec<Bytes>,
    /// The member's wall clock: versions of endpoint sets grow from there, so that they grow across the lives of a group.
    pub time_us: u64,
}

/// What executed requests have come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The term of the executor: one that has lost its place says nothing any more.
    pub(crate) term: u64,
    pub(crate) replies: Vec<Answered>,
    /// The state after all of them, or their effects; none if they have not changed it.
    pub(crate) change: Option<Bytes>,
    /// What they want of the timers.
    pub(crate) timers: Vec<TimerChange>,
}

/// The reply to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) key: Key,
    pub(crate) head: Bytes,
    pub(crate) body: Bytes,
}

/// A member's digest of the state at a place of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) place: u64,
    pub(crate) high: u64,
    pub(crate) low: u64,
}

/// A timer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fire {
    pub(crate) number: u64,
    /// The wall clock of the member that says so, or when it is due, if that is later.
    pub(crate) time_us: u64,
    /// Drawn by that member.
    pub(crate) seed: u64,
}

wire_struct! {
    Request { key, acknowledged_below, is_repeated, time_us, seed, place, head, arguments, timer }
    Place { interface, fingerprint, style, ships_effects, profiles, time_us }
    Outcome { term, replies, change, timers }
    Answered { key, head, body }
    Digest { place, high, low }
    Fire { number, time_us, seed }
}

impl Wire for Message {
    fn write(&self, out: &mut BytesMut) {
        match self {
            Self::Request(request) => {
                // All but the head, which is small, and a few numbers.
                out.reserve(request.arguments.len() + request.head.len() + 64);
                1u8.write(out);
                request.write(out);
            }
            Self::Place(place) => {
                2u8.write(out);
                place.write(out);
            }
            Self::Reactivate => 3u8.write(out),
            Self::Outcome(outcome) => {
                4u8.write(out);
                outcome.write(out);
            }
            Self::Digest(digest) => {
                5u8.write(out);
                digest.write(out);
            }
            Self::Fire(fire) => {
                6u8.write(out);
                fire.write(out);
            }
        }
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let message = match input.u8()? {
            1 => Self::Request(Wire::read(input)?),
            2 => Self::Place(Wire::read(input)?),
            3 => Self::Reactivate,
            4 => Self::Outcome(Wire::read(input)?),
            5 => Self::Digest(Wire::read(input)?),
            6 => Self::Fire(Wire::read(input)?),
            other => return Err(WireError::Tag(other)),
        };
        input.finish()?;
        Ok(message)
    }
}

impl Wire for Style {
    fn write(&self, out: &mut BytesMut) {
        (*self as u8).write(out);
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        match input.u8()? {
            0 => Ok(Self::Active),
            1 => Ok(Self::Executor),
            other => Err(WireError::Tag(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Random;

    fn examples() -> [Message; 6] {
        let key = Key::from(quorb::proto::head::RequestIdentity {
            client: quorb::proto::head::ClientId(7),
            incarnation: 1_700_000_000_000_000,
            sequence: 300,
        });
        let octets = Bytes::from_static(b"octets");
        [
            Message::Request(Request {
                key,
                acknowledged_below: 299,
                is_repeated: true,
                time_us: 1_700_000_000_000_000,
                seed: u64::MAX,
                place: 9,
                head: octets.clone(),
                arguments: octets.clone(),
                timer: None,
            }),
            Message::Place(Place {
                interface: "IDL:Grid:1.0".into(),
                fingerprint: 9,
                style: Style::Executor,
                ships_effects: true,
                profiles: vec![octets.clone()],
                time_us: 5,
            }),
            Message::Reactivate,
            Message::Outcome(Outcome {
                term: 4,
                replies: vec![Answered { key, head: octets.clone(), body: octets.clone() }],
                change: Some(octets),
                timers: vec![TimerChange { name: "lease".into(), due_us: Some(7) }],
            }),
            Message::Digest(Digest { place: 1000, high: 1, low: 2 }),
            Message::Fire(Fire { number: 3, time_us: 1_700_000_000_000_000, seed: 5 }),
        ]
    }

    #[test]
    fn messages_come_back() {
        for message in examples() {
            let octets = message.to_bytes();
            assert_eq!(Message::read(&mut Reader::new(octets.clone())), Ok(message));
            for length in 0..octets.len() {
                assert!(Message::read(&mut Reader::new(octets.slice(..length))).is_err());
            }
        }
    }

    #[test]
    fn damaged_messages_cost_an_error() {
        let mut random = Random::new(3);
        let mut refused = 0;
        for message in examples() {
            for _ in 0..500 {
                let mut octets = message.to_bytes().to_vec();
                let at = random.between(0, octets.len() as u64 - 1) as usize;
                octets[at] = random.any() as u8;
                refused += usize::from(Message::read(&mut Reader::new(octets.into())).is_err());
            }
        }
        assert!(refused > 100, "only {refused} were refused");
    }
}
