//! Joining, leaving, founding, and changes of the registry of groups.

use super::{Vector, member, vector, view};
use crate::core::identity::{DomainId, DurableId, GroupId, ProcessId, ViewNumber};
use crate::core::options::GroupOptions;
use crate::core::protocol::Protocol;
use crate::core::registry::{Forced, Place, Record, Snapshot};
use crate::core::wire::item::{Accuse, Found, Join, Propose, Request, Welcome, tag};
use crate::core::wire::value::{Ballot, Change, ChangeKind, Cut, Entrant, Run, Value};
use bytes::Bytes;

pub(super) fn all() -> Vec<Vector> {
    vec![join(), leave(), accuse(), found(), founded(), settled(), withdrawn(), request(), welcome(), first()]
}

fn join() -> Vector {
    let diagram = "
        0a 0c 00 00 00    JOIN, 12 octets
        ac 02             process 300
        03 61 3a 31       address a:1
        01                weight
        01 05             the name on its disk, 5
        02                the newest protocol that it speaks
        07 02             it is in no view of domain 7 before view 2, and enters none
    ";
    vector(tag::JOIN, Join { member: member(), floor: (DomainId(7), ViewNumber(2)) }, diagram)
}

fn leave() -> Vector {
    let diagram = "
        0b 02 00 00 00    LEAVE, 2 octets
        ac 02             process 300
    ";
    vector(tag::LEAVE, ProcessId(300), diagram)
}

fn accuse() -> Vector {
    let diagram = "
        0c 07 00 00 00    ACCUSE, 7 octets
        02                view
        02                two are accused
        ac 02 01          process 300, known to be gone
        04 00             process 4, silent
    ";
    let accused = vec![(ProcessId(300), true), (ProcessId(4), false)];
    vector(tag::ACCUSE, Accuse { view: ViewNumber(2), accused }, diagram)
}

fn found() -> Vector {
    let diagram = "
        0e 0d 00 00 00                      FOUND, 13 octets
        07 02 01                            domain, view, one member:
        ac 02 03 61 3a 31 01 01 05 02          process 300 at a:1, of weight 1, with disk 5, speaks version 2
    ";
    vector(tag::FOUND, Found { view: view() }, diagram)
}

fn founded() -> Vector {
    let diagram = "
        0f 0d 00 00 00                      FOUNDED, 13 octets
        07 02 01                            the view of the offer
        ac 02 03 61 3a 31 01 01 05 02
    ";
    vector(tag::FOUNDED, Found { view: view() }, diagram)
}

fn settled() -> Vector {
    let diagram = "
        11 02 00 00 00    SETTLED, 2 octets
        07 02             domain, view
    ";
    vector(tag::SETTLED, (DomainId(7), ViewNumber(2)), diagram)
}

fn withdrawn() -> Vector {
    let diagram = "
        12 0d 00 00 00                      WITHDRAWN, 13 octets
        07 02 01                            the view of the offer
        ac 02 03 61 3a 31 01 01 05 02
    ";
    vector(tag::WITHDRAWN, Found { view: view() }, diagram)
}

/// All kinds of changes.
fn request() -> Vector {
    let diagram = "
        0d 30 00 00 00        REQUEST, 48 octets
        06                    six changes, each with who asks and its number there
        ac 02 03 01           300, 3: ENTER
        01 67                   the name, g
        01 01 01 06 01 00       state, queries, only total and uniform, durable, no order shared
        01 05                   the name on the disk, 5
        01 09                   a copy of 9 messages
        04 01 02                which ends in view 4, with two messages of its only member
        ac 02 04 02 06        300, 4: LEAVE group 6
        ac 02 05 03 06 02     300, 5: COMPLETE in group 6, from the cut of view 2
        ac 02 06 04 06        300, 6: RESET group 6
        ac 02 07 05 02 68 69  300, 7: CAST, hi
        ac 02 08 06 06        300, 8: DISSOLVE group 6
    ";
    let entrant = Entrant { durable: Some(DurableId(5)), length: Some(9), last: (ViewNumber(4), vec![2]) };
    let group = GroupId(6);
    let kinds = [
        ChangeKind::Enter { name: "g".into(), options: GroupOptions::DURABLE, entrant },
        ChangeKind::Leave { group },
        ChangeKind::Complete { group, cut: ViewNumber(2) },
        ChangeKind::Reset { group },
        ChangeKind::Cast { payload: Bytes::from_static(b"hi") },
        ChangeKind::Dissolve { group },
    ];
    let changes = kinds.into_iter().zip(3..);
    let changes = changes.map(|(what, token)| Change { by: ProcessId(300), token, what }).collect();
    vector(tag::REQUEST, Request { changes }, diagram)
}

/// To a joiner: the view, all groups, and what made the view.
fn welcome() -> Vector {
    let diagram = "
        10 4e 00 00 00                      WELCOME, 78 octets
        07 02 01                            domain, view, one member
        ac 02 03 61 3a 31 01 01 05 02
        01                                  one group
        06                                    number 6
        01 67                                 named g
        01 01 01 06 01 00                     state, queries, only total and uniform, durable, no order shared
        01                                    one place
        ac 02                                   process 300
        00                                      without the state
        01 08 02                                which 8 gives it, as of the cut of view 2
        01 05                                   disk 5
        02 01 0a                              changed by view 2, awake since 1, 10 messages before
        01 02 06 01 04 03 01 00 02            settled in view 2: the group's cut, as in PROPOSE
        01 05                                 one keeper, disk 5
        01 ac 02 03                         decided: of process 300 up to request 3
        07                                  the next group gets number 7
        01 09 04                            forced once: domain 9 was given up in view 4
        02                                  it runs at version 2 of the protocol
        64                                  it acts in 100 microseconds
        01                                  made by this decision:
        01 01 00                              view 1, ballot 1 of rank 0
        01 ac 02 03 61 3a 31 01 01 05 02         the members
        00 00 00 00 00 00 00                  nobody left, no cuts, no shared orders, no changes, no wait, not raised, no restart
    ";
    let record = Record {
        id: GroupId(6),
        name: "g".into(),
        options: GroupOptions::DURABLE,
        members: vec![Place {
            process: ProcessId(300),
            complete: false,
            donor: Some((ProcessId(8), ViewNumber(2))),
            durable: Some(DurableId(5)),
        }],
        changed: ViewNumber(2),
        awake: ViewNumber(1),
        length: 10,
        settled: Some(Box::new((ViewNumber(2), cut()))),
        keepers: vec![DurableId(5)],
    };
    let registry = Snapshot {
        records: vec![record],
        decided: vec![(ProcessId(300), 3)],
        next: 7,
        forced: vec![Forced { domain: DomainId(9), view: ViewNumber(4) }],
        protocol: Protocol(2),
    };
    let value = Value {
        members: vec![member()],
        left: Vec::new(),
        cuts: Vec::new(),
        joint: Vec::new(),
        changes: Vec::new(),
        lease_wait_us: 0,
        raise: None,
        restart: None,
    };
    let decision = Propose { view: ViewNumber(1), ballot: Ballot { counter: 1, rank: 0 }, value };
    let welcome = Welcome { view: view(), registry, hold_us: 100, decision: Some(decision) };
    vector(tag::WELCOME, welcome, diagram)
}

fn cut() -> Cut {
    Cut { group: GroupId(6), lanes: vec![4], order_base: 3, runs: vec![Run { rank: 0, count: 2 }] }
}

/// Into the first view, where nothing was decided yet and there is no group.
fn first() -> Vector {
    let diagram = "
        10 14 00 00 00                      WELCOME, 20 octets
        07 02 01 ac 02 03 61 3a 31 01 01 05 02
        00 00 00 00 01                      no groups, no requests, no number given, nothing forced, version 1
        00 00                               no wait, no decision
    ";
    let registry = Snapshot {
        records: Vec::new(),
        decided: Vec::new(),
        next: 0,
        forced: Vec::new(),
        protocol: Protocol(1),
    };
    vector(tag::WELCOME, Welcome { view: view(), registry, hold_us: 0, decision: None }, diagram)
}
