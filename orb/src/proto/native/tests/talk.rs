//! Two ends that do anything that is allowed, over a wire that delivers as it likes: they never disagree, every call ends
//! once, and in the end nothing is left.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::pair::{End, Pair, call, pattern};
use crate::proto::dice::Dice;
use crate::proto::head::{BodyFormat, CallId, ReplyHead, ReplyStatus, RequestHead, ResponseExpected, Time};
use crate::proto::native::{Event, Limits};

/// One end, and what its runtime knows.
struct Party {
    end: End,
    /// On the wire towards the other one.
    wire: Vec<u8>,
    /// Calls of the other one that are to be answered.
    serving: Vec<CallId>,
    /// All calls of the other one.
    served: BTreeSet<CallId>,
    /// Own calls that are to be answered.
    awaited: BTreeSet<CallId>,
    made: Vec<CallId>,
    replies: usize,
}

impl Party {
    fn new(end: End) -> Party {
        Party {
            end,
            wire: Vec::new(),
            serving: Vec::new(),
            served: BTreeSet::new(),
            awaited: BTreeSet::new(),
            made: Vec::new(),
            replies: 0,
        }
    }

    fn act(&mut self, dice: &mut Dice, bodies: &[Bytes]) {
        let body = bodies[dice.below(bodies.len() as u64) as usize].clone();
        match dice.below(10) {
            0..=2 => self.call(dice, body),
            3..=5 => self.answer(dice, body),
            6 if !self.made.is_empty() => {
                let id = self.made[dice.below(self.made.len() as u64) as usize];
                self.end.connection.cancel(id);
                self.awaited.remove(&id);
            }
            7 => drop(self.end.connection.ping()),
            _ => self.write(),
        }
    }

    fn call(&mut self, dice: &mut Dice, body: Bytes) {
        let response = match dice.below(4) {
            0 => ResponseExpected::No,
            _ => ResponseExpected::Yes,
        };
        let head = RequestHead { response, ..call("do") };
        let id = self.end.connection.request(&head, body).expect("room for a call");
        self.made.push(id);
        if response == ResponseExpected::Yes {
            self.awaited.insert(id);
        }
    }

    fn answer(&mut self, dice: &mut Dice, body: Bytes) {
        if self.serving.is_empty() {
            return;
        }
        let at = dice.below(self.serving.len() as u64) as usize;
        let id = self.serving.swap_remove(at);
        let ok = ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE);
        self.end.connection.reply(id, &ok, body).expect("it is open");
    }

    fn write(&mut self) {
        let octets = self.end.output_once();
        self.wire.extend_from_slice(&octets);
    }

    /// Takes some octets off the other one's wire.
    fn read(&mut self, from: &mut Vec<u8>, bytes: usize) {
        let octets: Vec<u8> = from.drain(..bytes.min(from.len())).collect();
        self.end.feed(&octets, Time::ZERO);
        assert_eq!(self.end.error, None);
        for event in self.end.take_events() {
            match event {
                Event::Request { id, head, .. } | Event::RequestRefused { id, head, .. } => {
                    assert!(self.served.insert(id), "a call is delivered once");
                    if head.response == ResponseExpected::Yes {
                        self.serving.push(id);
                    }
                }
                Event::Reply { id, .. } | Event::ReplyRefused { id, .. } => {
                    assert!(self.awaited.remove(&id), "a call ends once, unless it was cancelled");
                    self.replies += 1;
                }
                Event::Cancelled { id } => {
                    assert!(self.serving.contains(&id), "what is cancelled is running")
                }
                Event::Pong { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn deliver(dice: &mut Dice, from: &mut Party, to: &mut Party) {
    let bytes = match dice.below(3) {
        0 => dice.below(40),
        1 => dice.below(10_000),
        _ => u64::from(u32::MAX),
    };
    to.read(&mut from.wire, bytes as usize);
}

#[test]
fn they_never_disagree_and_leave_nothing_behind() {
    let limits = Limits {
        body_bytes_max: 300_000,
        assembly_bytes_max: 400_000,
        chunk_bytes: 20_000,
        transmit_bytes: 50_000,
        ..Limits::default()
    };
    let bodies = [0, 0, 0, 10, 5_000, 25_000, 70_000, 150_000, 290_000, 310_000].map(pattern);
    let mut replies = 0;
    for seed in 0..30 {
        let mut dice = Dice::new(seed);
        let pair = Pair::joined(limits.clone());
        let mut parties = (Party::new(pair.client), Party::new(pair.server));
        for _ in 0..600 {
            let (one, other) = match dice.below(2) {
                0 => (&mut parties.0, &mut parties.1),
                _ => (&mut parties.1, &mut parties.0),
            };
            if one.made.len() < 250 {
                one.act(&mut dice, &bodies);
            }
            deliver(&mut dice, one, other);
        }
        settle(&mut dice, &mut parties.0, &mut parties.1);
        replies += parties.0.replies + parties.1.replies;
    }
    assert!(replies > 1_500, "they hardly talked: {replies}");
}

/// Answers everything, delivers everything, and checks that nothing is left.
fn settle(dice: &mut Dice, client: &mut Party, server: &mut Party) {
    for _ in 0..10_000 {
        for party in [&mut *client, &mut *server] {
            while !party.serving.is_empty() {
                party.answer(dice, Bytes::new());
            }
            party.write();
        }
        server.read(&mut client.wire, usize::MAX);
        client.read(&mut server.wire, usize::MAX);
        let quiet = |party: &Party| {
            party.serving.is_empty() && party.end.connection.is_idle() && party.wire.is_empty()
        };
        if quiet(client) && quiet(server) {
            break;
        }
    }
    for party in [client, server] {
        assert!(party.awaited.is_empty(), "calls without an end: {:?}", party.awaited);
        assert!(party.end.connection.is_idle());
        assert_eq!(party.end.connection.assembly_bytes(), 0);
        assert_eq!(party.end.connection.output_bytes(), 0);
    }
}
