//! What a simulated world has in store.

use super::faults::Mend;
use super::moments::Blow;
use super::scenario::Fault;
use crate::core::{Address, ProcessId};

/// What is due at a time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The next in the queue of a connection's direction.
    Arrive {
        link: u64,
        side: usize,
    },
    Dialled {
        node: usize,
        process: ProcessId,
        address: Address,
    },
    DialFailed {
        node: usize,
        process: ProcessId,
        address: Address,
        refused: bool,
    },
    Wake {
        node: usize,
        process: ProcessId,
    },
    Resume {
        node: usize,
    },
    Start {
        node: usize,
    },
    Act {
        node: usize,
    },
    Show {
        node: usize,
        process: ProcessId,
        act: usize,
    },
    Synced {
        node: usize,
        process: ProcessId,
        upto: usize,
    },
    CaughtUp {
        node: usize,
    },
    Fault {
        fault: Fault,
    },
    Strike {
        node: usize,
        blow: Blow,
    },
    Late {
        node: usize,
        late: u64,
    },
    Mend {
        what: Mend,
    },
    /// A machine's process asks to be let go.
    Leave {
        node: usize,
    },
    /// A machine's process is replaced by one that speaks the newest version of the protocol.
    Upgrade {
        node: usize,
    },
    /// A replica's servant does something of its own.
    Drift {
        node: usize,
    },
    /// A client of the object does something.
    Client {
        client: usize,
    },
    /// A replica's executor does something.
    Work {
        node: usize,
        process: ProcessId,
    },
    /// A replica's alarm rings.
    Alarm {
        node: usize,
        process: ProcessId,
        number: u64,
    },
    /// A reply is shown to a client.
    Given {
        node: usize,
        process: ProcessId,
        ticket: u64,
    },
}
