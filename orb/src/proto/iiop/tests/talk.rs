//! Two ends that do anything that is allowed, over a wire that delivers as it likes: they never disagree, every call ends
//! once, and in the end nothing is left.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::rig::{End, VERSIONS, call, ok, oneway};
use crate::proto::dice::Dice;
use crate::proto::head::CallId;
use crate::proto::iiop::{Addressing, Event, Refused};

/// One end, and what its runtime knows.
struct Party {
    end: End,
    /// On the wire towards the other one.
    wire: Vec<u8>,
    /// Calls of the other one that are to be answered; oneway ones are to be ended.
    serving: Vec<(CallId, bool)>,
    served: BTreeSet<CallId>,
    /// Own calls that are to be answered.
    awaited: BTreeSet<CallId>,
    made: usize,
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
            made: 0,
            replies: 0,
        }
    }

    fn call(&mut self, dice: &mut Dice, body: Bytes) {
        let (head, is_oneway) = if dice.below(4) == 0 { (oneway("log"), true) } else { (call("do"), false) };
        match self.end.connection.request(&head, &Addressing::default(), body) {
            Ok(id) if !is_oneway => assert!(self.awaited.insert(id)),
            Ok(_) => {}
            Err(Refused::TooManyCalls { .. } | Refused::OutputFull { .. }) => return,
            Err(other) => panic!("{other}"),
        }
        self.made += 1;
    }

    fn cancel(&mut self, dice: &mut Dice) {
        let at = dice.below(1 + self.awaited.len() as u64) as usize;
        if let Some(id) = self.awaited.iter().nth(at).copied() {
            self.awaited.remove(&id);
            self.end.connection.cancel(id);
        }
    }

    fn answer(&mut self, dice: &mut Dice, body: Bytes) {
        if self.serving.is_empty() {
            return;
        }
        let at = dice.below(self.serving.len() as u64) as usize;
        let (id, expects_reply) = self.serving.swap_remove(at);
        if expects_reply {
            self.end.connection.reply(id, &ok(), body).expect("it is open");
        } else {
            self.end.connection.abandon(id);
        }
        self.end.feed(b"");
        self.note_events();
    }

    fn write(&mut self) {
        let octets = self.end.output();
        self.wire.extend_from_slice(&octets);
        self.end.feed(b"");
        self.note_events();
    }

    /// Takes some octets off the other one's wire.
    fn read(&mut self, from: &mut Vec<u8>, bytes: usize) {
        let octets: Vec<u8> = from.drain(..bytes.min(from.len())).collect();
        self.end.feed(&octets);
        self.note_events();
    }

    fn note_events(&mut self) {
        assert_eq!(self.end.error, None);
        for event in self.end.take_events() {
            match event {
                Event::Request { id, head, .. } => {
                    assert!(self.served.insert(id), "a call is delivered once");
                    let expects_reply = head.operation.as_str() == "do";
                    self.serving.push((id, expects_reply));
                }
                Event::Reply { id, .. } => {
                    assert!(self.awaited.remove(&id), "a call ends once, unless it was cancelled");
                    self.replies += 1;
                }
                Event::Cancelled { id } => {
                    assert!(self.serving.contains(&(id, true)), "what is cancelled is running")
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

fn deliver(dice: &mut Dice, from: &mut Party, to: &mut Party) {
    let bytes = [dice.below(40), dice.below(10_000), u64::from(u32::MAX)];
    to.read(&mut from.wire, bytes[dice.below(3) as usize] as usize);
}

#[test]
fn they_never_disagree_and_leave_nothing_behind() {
    let bodies = [0, 0, 0, 10, 5_000, 40_000].map(|bytes| Bytes::from(vec![7; bytes]));
    let mut replies = 0;
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let mut client = Party::new(End::client(VERSIONS[seed as usize % 3]));
        let mut server = Party::new(End::server());
        for _ in 0..600 {
            let body = bodies[dice.below(bodies.len() as u64) as usize].clone();
            match dice.below(8) {
                0..=2 => client.call(&mut dice, body),
                3 => client.cancel(&mut dice),
                4..=5 => server.answer(&mut dice, body),
                6 => client.write(),
                _ => server.write(),
            }
            match dice.below(2) {
                0 => deliver(&mut dice, &mut client, &mut server),
                _ => deliver(&mut dice, &mut server, &mut client),
            }
        }
        settle(&mut dice, &mut client, &mut server);
        replies += client.replies;
    }
    assert!(replies > 1_500, "they hardly talked: {replies}");
}

/// Answers everything, delivers everything, and checks that nothing is left.
fn settle(dice: &mut Dice, client: &mut Party, server: &mut Party) {
    for _ in 0..1_000 {
        while !server.serving.is_empty() {
            server.answer(dice, Bytes::new());
        }
        client.write();
        server.write();
        server.read(&mut client.wire, usize::MAX);
        client.read(&mut server.wire, usize::MAX);
        if server.serving.is_empty() && client.awaited.is_empty() && client.wire.is_empty() {
            break;
        }
    }
    assert!(client.awaited.is_empty(), "calls without an end: {:?}", client.awaited);
    assert_eq!(server.served.len(), client.made, "every call arrives once");
    for party in [client, server] {
        let connection = &party.end.connection;
        assert_eq!((connection.calls_inbound(), connection.calls_outbound()), (0, 0));
        assert!(!connection.has_output() && party.end.input.is_empty());
        assert_eq!(connection.next_timeout(), None);
    }
}
