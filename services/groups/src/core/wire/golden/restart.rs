//! Beginning again from logs.

use super::{Vector, member, vector, view};
use crate::core::durable::restart::{Gathered, Recall};
use crate::core::identity::{DomainId, DurableId, ViewNumber};
use crate::core::protocol::Protocol;
use crate::core::registry::Snapshot;
use crate::core::wire::item::{Propose, Vote, tag};
use crate::core::wire::value::{Accepted, Ballot, Value};

pub(super) fn all() -> Vec<Vector> {
    vec![recall(), gather(), gathered(), decree(), agreed(), decided(), outbid()]
}

const VOTE: Vote = Vote { view: ViewNumber(2), ballot: Ballot { counter: 3, rank: 1 } };

/// A new life of the domain, with one member.
fn value() -> Value {
    Value {
        members: vec![member()],
        left: Vec::new(),
        cuts: Vec::new(),
        joint: Vec::new(),
        changes: Vec::new(),
        lease_wait_us: 0,
        raise: None,
        restart: Some(DomainId(7)),
    }
}

fn recall() -> Vector {
    let diagram = "
        32 14 00 00 00                          RECALL, 20 octets
        05                                      the name on the sender's disk
        07 02 01 ac 02 03 61 3a 31 01 01 05 02     domain, view and members it was in last
        00 00 00 00 01                          the registry then, as in WELCOME
        01                                      an operator wants to go on with whoever is there
    ";
    let registry = Snapshot {
        records: Vec::new(),
        decided: Vec::new(),
        next: 0,
        forced: Vec::new(),
        protocol: Protocol(1),
    };
    vector(tag::RECALL, Recall { identity: DurableId(5), view: view(), registry, force: true }, diagram)
}

fn gather() -> Vector {
    let diagram = "
        33 03 00 00 00    GATHER, 3 octets
        02 03 01          view 2, ballot 3 of rank 1
    ";
    vector(tag::GATHER, VOTE, diagram)
}

fn gathered() -> Vector {
    let diagram = "
        34 23 00 00 00                    GATHERED, 35 octets
        02 03 01                          the vote
        ac 02 03 61 3a 31 01 01 05 02        who gives it
        01 01 00                          accepted, in ballot 1 of rank 0:
        01 ac 02 03 61 3a 31 01 01 05 02       the members
        00 00 00 00 00 00                   nobody left, no cuts, no shared orders, no changes, no wait, not raised
        01 07                               a beginning from logs, of domain 7
    ";
    let accepted = Accepted { ballot: Ballot { counter: 1, rank: 0 }, value: value() };
    vector(tag::GATHERED, Gathered { vote: VOTE, member: member(), accepted: Some(accepted) }, diagram)
}

fn proposal(tag: u8, diagram: &str) -> Vector {
    vector(tag, Propose { view: VOTE.view, ballot: VOTE.ballot, value: value() }, diagram)
}

fn decree() -> Vector {
    let diagram = "
        35 16 00 00 00                    DECREE, 22 octets: as PROPOSE
        02 03 01
        01 ac 02 03 61 3a 31 01 01 05 02
        00 00 00 00 00 00 01 07
    ";
    proposal(tag::DECREE, diagram)
}

fn agreed() -> Vector {
    let diagram = "
        36 03 00 00 00    AGREED, 3 octets
        02 03 01          the vote
    ";
    vector(tag::AGREED, VOTE, diagram)
}

fn decided() -> Vector {
    let diagram = "
        37 16 00 00 00                    DECIDED, 22 octets: as PROPOSE
        02 03 01
        01 ac 02 03 61 3a 31 01 01 05 02
        00 00 00 00 00 00 01 07
    ";
    proposal(tag::DECIDED, diagram)
}

fn outbid() -> Vector {
    let diagram = "
        38 03 00 00 00    OUTBID, 3 octets
        02 03 01          view 2; promised is ballot 3 of rank 1
    ";
    vector(tag::OUTBID, VOTE, diagram)
}
