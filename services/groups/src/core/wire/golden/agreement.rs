//! The agreement on the next view, and leases.

use super::{Vector, member, vector};
use crate::core::identity::{DomainId, GroupId, ProcessId, ViewNumber};
use crate::core::options::OrderingDomain;
use crate::core::protocol::Protocol;
use crate::core::wire::item::{Answer, Fetch, Fill, Flush, Propose, Renewal, RenewalFor, Source, Vote, tag};
use crate::core::wire::value::{Accepted, Ballot, Change, ChangeKind, Cut, JointOrder, Report, Run, Value};

pub(super) fn all() -> Vec<Vector> {
    let mut all = vec![flush(), answer(), accepted(), fill(), proposal(), committed(), fetch(), behind()];
    all.extend([filled(), accept(), refuse(), renew(), renew_for(), renewed()]);
    all
}

const VIEW: ViewNumber = ViewNumber(2);
const BALLOT: Ballot = Ballot { counter: 3, rank: 1 };

fn flush() -> Vector {
    let diagram = "
        14 07 00 00 00    FLUSH, 7 octets
        02                view
        03 01             ballot 3 of rank 1
        02 ac 02 04       two survivors, 300 and 4
    ";
    let survivors = vec![ProcessId(300), ProcessId(4)];
    vector(tag::FLUSH, Flush { view: VIEW, ballot: BALLOT, survivors }, diagram)
}

/// Nothing accepted; what is here of one group, and a promise to one process.
fn answer() -> Vector {
    let diagram = "
        15 1a 00 00 00    ANSWER, 26 octets
        02 03 01          view 2, ballot 3 of rank 1
        00                nothing accepted
        01                one report
        06                  group
        02 04 80 01         received: 4 messages of rank 0, 128 of rank 1
        03                  the order from place 3 on:
        02 00 02 01 01      two of rank 0, one of rank 1
        01 0c 03 01 00 02  one shared order, of domain 12: from place 3 on, two of the first sender
        01 08 e8 07       one promise: to let no view without 8 act for 1000 microseconds
    ";
    let runs = vec![Run { rank: 0, count: 2 }, Run { rank: 1, count: 1 }];
    let report = Report { group: GroupId(6), received: vec![4, 128], order_base: 3, runs };
    let promises = vec![(ProcessId(8), 1000)];
    let answer = Answer {
        view: VIEW,
        ballot: BALLOT,
        accepted: None,
        reports: vec![report],
        joint: vec![joint()],
        promises,
    };
    vector(tag::ANSWER, answer, diagram)
}

/// An earlier ballot's value was accepted.
fn accepted() -> Vector {
    let diagram = "
        15 1b 00 00 00                          ANSWER, 27 octets
        02 03 01                                view 2, ballot 3 of rank 1
        01 01 00                                accepted, in ballot 1 of rank 0:
        01 ac 02 03 61 3a 31 01 01 05 02             the members
        00 00 00 00 00 00 00                      nobody left, no cuts, no shared orders, no changes, no wait, not raised, no restart
        00 00 00                                no reports, no shared orders, no promises
    ";
    let ballot = Ballot { counter: 1, rank: 0 };
    let accepted = Some(Accepted { ballot, value: value() });
    let answer = Answer {
        view: VIEW,
        ballot: BALLOT,
        accepted,
        reports: Vec::new(),
        joint: Vec::new(),
        promises: Vec::new(),
    };
    vector(tag::ANSWER, answer, diagram)
}

fn joint() -> JointOrder {
    JointOrder { domain: OrderingDomain(12), base: 3, runs: vec![Run { rank: 0, count: 2 }] }
}

fn value() -> Value {
    Value {
        members: vec![member()],
        left: Vec::new(),
        cuts: Vec::new(),
        joint: Vec::new(),
        changes: Vec::new(),
        lease_wait_us: 0,
        raise: None,
        restart: None,
    }
}

fn fill() -> Vector {
    let diagram = "
        16 0a 00 00 00    FILL, 10 octets
        02 03 01          view 2, ballot 3 of rank 1
        01                one group
        06                  its number
        01 01 04 ac 02      one lane: of rank 1, up to message 4, which process 300 has
    ";
    let source = Source { rank: 1, until: 4, holder: ProcessId(300) };
    let fill = Fill { view: VIEW, ballot: BALLOT, groups: vec![(GroupId(6), vec![source])] };
    vector(tag::FILL, fill, diagram)
}

/// A whole transition.
fn proposal() -> Vector {
    let diagram = "
        18 2a 00 00 00                  PROPOSE, 42 octets
        02 03 01                        view 2, ballot 3 of rank 1
        01                              one member of the next view
        ac 02 03 61 3a 31 01 01 05 02
        01 04                           one has left, process 4
        01                              one cut
        06                                group
        01 04                             lanes: 4 messages of rank 0
        03                                the order from place 3 on:
        01 00 02                          two of rank 0
        01 0c 03 01 00 02               one shared order, of domain 12: from place 3 on, two of the first sender
        01 ac 02 03 02 06               one change, as in REQUEST: LEAVE group 6
        f4 03                           it waits 500 microseconds for leases
        01 02                           it runs at version 2 of the protocol
        01 09                           a beginning from logs, of domain 9
    ";
    let runs = vec![Run { rank: 0, count: 2 }];
    let cuts = vec![Cut { group: GroupId(6), lanes: vec![4], order_base: 3, runs }];
    let what = ChangeKind::Leave { group: GroupId(6) };
    let changes = vec![Change { by: ProcessId(300), token: 3, what }];
    let value = Value {
        left: vec![ProcessId(4)],
        cuts,
        joint: vec![joint()],
        changes,
        lease_wait_us: 500,
        raise: Some(Protocol(2)),
        restart: Some(DomainId(9)),
        ..value()
    };
    vector(tag::PROPOSE, Propose { view: VIEW, ballot: BALLOT, value }, diagram)
}

fn committed() -> Vector {
    let diagram = "
        1a 15 00 00 00                  COMMIT, 21 octets: as PROPOSE
        02 03 01
        01 ac 02 03 61 3a 31 01 01 05 02
        00 00 00 00 00 00 00
    ";
    vector(tag::COMMIT, Propose { view: VIEW, ballot: BALLOT, value: value() }, diagram)
}

fn fetch() -> Vector {
    let diagram = "
        1c 05 00 00 00    FETCH, 5 octets
        02 06 01          view, group, the sender's rank
        03 05             its messages from 3 on, before 5
    ";
    vector(tag::FETCH, Fetch { view: VIEW, group: GroupId(6), rank: 1, from: 3, until: 5 }, diagram)
}

fn behind() -> Vector {
    let diagram = "
        1d 01 00 00 00    BEHIND, 1 octet
        02                the view the sender is in
    ";
    vector(tag::BEHIND, VIEW, diagram)
}

fn vote(tag: u8, diagram: &str) -> Vector {
    vector(tag, Vote { view: VIEW, ballot: BALLOT }, diagram)
}

fn filled() -> Vector {
    let diagram = "
        17 03 00 00 00    FILLED, 3 octets
        02 03 01          view 2, ballot 3 of rank 1
    ";
    vote(tag::FILLED, diagram)
}

fn accept() -> Vector {
    let diagram = "
        19 03 00 00 00    ACCEPT, 3 octets
        02 03 01          view 2, ballot 3 of rank 1
    ";
    vote(tag::ACCEPT, diagram)
}

fn refuse() -> Vector {
    let diagram = "
        1b 03 00 00 00    REFUSE, 3 octets
        02 03 01          view 2; promised is ballot 3 of rank 1
    ";
    vote(tag::REFUSE, diagram)
}

fn renew() -> Vector {
    let diagram = "
        1e 03 00 00 00    RENEW, 3 octets
        02                view
        e8 07             the sender's clock says 1000 microseconds
    ";
    vector(tag::RENEW, Renewal { view: VIEW, stamp: 1000 }, diagram)
}

/// From version 2 on.
fn renew_for() -> Vector {
    let diagram = "
        20 06 00 00 00    RENEW_FOR, 6 octets
        02                view
        e8 07             the sender's clock says 1000 microseconds
        90 a1 0f          its lease lasts 250,000 of them
    ";
    vector(tag::RENEW_FOR, RenewalFor { view: VIEW, stamp: 1000, lease_us: 250_000 }, diagram)
}

fn renewed() -> Vector {
    let diagram = "
        1f 03 00 00 00    RENEWED, 3 octets
        02                view
        e8 07             the stamp of the renewal
    ";
    vector(tag::RENEWED, Renewal { view: VIEW, stamp: 1000 }, diagram)
}
