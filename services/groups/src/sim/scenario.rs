//! Scenarios, as data: how many machines, which faults how often, how the clocks run, what the application does.

use super::sharp::SHARP;

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A process is killed; it starts again later.
    Kill,
    /// A machine dies with its process and says nothing; both come back later.
    Dark,
    /// A process is killed in the middle of what it is sending.
    KillMidway,
    /// A process stands still for less than the suspicion bound.
    Pause,
    /// A process stands still for longer.
    LongPause,
    /// One machine is cut off from all others.
    Isolate,
    /// The machines fall into two halves.
    Split,
    /// The machines fall into three parts.
    SplitInThree,
    /// Nothing gets through in one direction between two machines.
    OneWay,
    /// Nothing gets through between two machines.
    CutPair,
    /// The connections between two machines break and may be made again.
    Break,
    /// Two processes are killed in the middle of what they are sending, within a few milliseconds.
    KillTwo,
    /// A machine dies when one other has its multicast; that one says something because of it, and dies before anyone can
    /// know of the first: both without a word. What the second said is an orphan.
    Orphan,
    /// The network slows down.
    Slow,
    /// Every process dies, within a few milliseconds.
    Blackout,
    /// A process dies with its disk; the machine starts again with a new one.
    DiskLoss,
    /// Nothing can be written on a machine for a while: its process ends as soon as it wants to.
    DiskFull,
    /// What goes to one machine, then also what comes from it, arrives much later, but arrives.
    Delay,
    /// An application reads nothing for a while.
    Lag,
    /// A step of the protocol is waited for, and in that moment a process is killed, stopped or cut off: see
    /// `moments::Moment`.
    Moment,
    /// The group's donor of state is killed between two pieces.
    Donor,
    /// The leader does not hear another any more, and is heard late by all. The one it then leaves out, or a survivor that
    /// has just accepted, is cut off from everyone: the corner in which leases overlap.
    Corner,
    /// Every direction between two machines is late by as much as it happens to be, so that words overtake each other by other
    /// ways.
    Uneven,
    /// The two oldest members do not hear each other, and both are heard by the others, at different times: both lead.
    Rivals,
    /// What the leader says to one machine comes late; before it hears that a ballot has begun, that one is gone.
    Unasked,
    /// Two of the younger do not hear each other, and what they say to the others is somewhat late.
    Estranged,
    /// The leader and another do not hear each other, and the others hear the leader late.
    LeftOut,
    /// What one says reaches another one and is late for the rest; then both die without a word.
    Bereaved,
    /// All begin anew, and the founder dies when a seed has agreed with it.
    Founding,
    /// One seed after the other is replaced, and the first meets each before it is in the domain.
    Replaced,
    /// The oldest leaves, and what it says last is lost with its connections.
    Farewell,
    /// One dies, and when the view without it is accepted all do, before it is decided.
    Undecided,
    /// Whoever welcomes a joiner dies, and that is all that anybody hears of what it knew.
    LastWord,
    /// All processes are killed at once.
    KillAll,
    /// A process that speaks an older version of the protocol is replaced by one that speaks the newest.
    Upgrade,
}

/// What the application does most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// All classes of messages in all groups, queries, casts, coming and going.
    Everything,
    /// One replicated object: some processes query it every few milliseconds, others update it; they take turns.
    Queries,
    /// For a while one process sends nearly alone, and only totally ordered messages; then another one does.
    Soloists,
    /// Groups that share one order, each process in some of them, so that they overlap in a ring; and one that has a state.
    Overlaps,
}

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it is called.
    pub name: &'static str,
    /// How many machines: at least, at most.
    pub nodes: (u64, u64),
    /// How many of them are seeds.
    pub seeds: usize,
    /// The faults, each as often as it is listed.
    pub faults: &'static [Fault],
    /// How many faults: at least, at most.
    pub count: (u64, u64),
    /// By how much clocks may be fast or slow, in thousandths.
    pub drift_permille: u64,
    /// By how much the processes believe that two clocks may differ, in thousandths.
    pub bound_permille: u32,
    /// The suspicion bound, in milliseconds.
    pub silence_ms: u64,
    /// How long leases last, in milliseconds: at least, at most. Each process has one of its own.
    pub lease_ms: (u64, u64),
    /// What the application does.
    pub profile: Profile,
    /// Invariants that rest on what this scenario does not keep.
    pub excused: &'static [&'static str],
    /// Whether machines have disks, and processes keep logs.
    pub durable: bool,
    /// Octets of a snapshot that are written to a log at once.
    pub log_part_bytes: usize,
    /// After so many octets a log is begun anew.
    pub log_compact_bytes: u64,
    /// Whether messages may be many times as long as what travels in one piece.
    pub large: bool,
    /// Whether applications dissolve groups now and then.
    pub dissolves: bool,
    /// After how many places in a row the role of a sequencer is handed over.
    pub handover_after: u64,
    /// Whether machines begin with different versions of the protocol, and are brought to the newest one by one.
    pub upgrades: bool,
}

use Fault::{
    Blackout, Break, Corner, CutPair, Dark, Delay, DiskFull, DiskLoss, Donor, Isolate, Kill, KillAll,
    KillMidway, KillTwo, Lag, LongPause, Moment, OneWay, Orphan, Pause, Slow, Split, SplitInThree, Upgrade,
};

pub(super) const USUAL: Scenario = Scenario {
    name: "",
    nodes: (3, 5),
    seeds: 4,
    faults: &[],
    count: (3, 7),
    drift_permille: 4,
    bound_permille: 10,
    silence_ms: 250,
    lease_ms: (150, 150),
    profile: Profile::Everything,
    excused: &[],
    durable: false,
    log_part_bytes: 4 << 20,
    log_compact_bytes: 16 << 10,
    large: false,
    dissolves: false,
    handover_after: u64::MAX,
    upgrades: false,
};

/// The scenarios of which a run without a name mostly draws one by its seed (see [`drawn`]).
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "mixed",
        nodes: (3, 6),
        seeds: 3,
        faults: &[
            Kill, KillMidway, KillMidway, Dark, Pause, LongPause, Isolate, Split, OneWay, CutPair, Break,
            KillTwo, Slow,
        ],
        count: (4, 9),
        ..USUAL
    },
    Scenario {
        name: "crashes",
        nodes: (4, 6),
        seeds: 5,
        faults: &[Kill, KillMidway, KillMidway, KillTwo, KillTwo, Dark, Break],
        count: (5, 10),
        drift_permille: 0,
        ..USUAL
    },
    Scenario {
        name: "partitions",
        nodes: (4, 6),
        faults: &[Isolate, Isolate, Split, Split, OneWay, CutPair, LongPause, Break],
        count: (4, 8),
        ..USUAL
    },
    Scenario {
        name: "pairs",
        nodes: (4, 4),
        faults: &[Split, Split, Isolate, KillMidway, LongPause, OneWay, Pause, Break],
        ..USUAL
    },
    Scenario { name: "quiet", faults: &[Break, Pause, Slow, Break], count: (3, 6), ..USUAL },
    Scenario {
        name: "moments",
        seeds: 5,
        faults: &[Moment, Moment, Moment, Moment, Moment, Kill, Break, CutPair],
        count: (8, 14),
        ..USUAL
    },
    Scenario {
        name: "orphans",
        nodes: (5, 6),
        seeds: 5,
        faults: &[Orphan, Orphan, Orphan, KillTwo, Pause],
        count: (4, 7),
        ..USUAL
    },
    Scenario {
        name: "transfers",
        nodes: (4, 6),
        faults: &[Donor, Donor, Donor, Kill, Kill, Break, LongPause, SplitInThree],
        count: (6, 10),
        ..USUAL
    },
    Scenario {
        name: "leases",
        nodes: (3, 4),
        seeds: 3,
        faults: &[Isolate, Isolate, Delay, LongPause, OneWay, CutPair, Corner, Kill],
        count: (5, 9),
        drift_permille: 28,
        bound_permille: 60,
        silence_ms: 100,
        lease_ms: (100, 300),
        profile: Profile::Queries,
        ..USUAL
    },
    Scenario {
        name: "corners",
        nodes: (3, 3),
        seeds: 3,
        faults: &[Corner, Corner, Corner, Delay, Isolate],
        count: (5, 8),
        silence_ms: 100,
        lease_ms: (400, 400),
        profile: Profile::Queries,
        ..USUAL
    },
    Scenario {
        name: "readers",
        faults: &[Lag, Lag, Lag, Lag, KillMidway, Pause, Break, Isolate],
        count: (6, 12),
        ..USUAL
    },
    Scenario { name: "restarts", faults: &[KillAll, Kill, KillTwo, Dark, Moment], count: (4, 7), ..USUAL },
    Scenario {
        name: "wild-clocks",
        nodes: (3, 4),
        seeds: 3,
        faults: &[Isolate, Delay, LongPause, OneWay, CutPair, Kill],
        count: (4, 8),
        drift_permille: 500,
        silence_ms: 100,
        lease_ms: (300, 300),
        profile: Profile::Queries,
        excused: &["C4", "M9"],
        ..USUAL
    },
    Scenario {
        name: "blackouts",
        seeds: 3,
        faults: &[
            Blackout, Blackout, Kill, KillMidway, KillTwo, Dark, Break, DiskLoss, DiskFull, Isolate, Split,
        ],
        count: (4, 8),
        durable: true,
        log_part_bytes: 128,
        ..USUAL
    },
    Scenario {
        name: "flicker",
        nodes: (4, 5),
        faults: &[Blackout, Blackout, Blackout, KillTwo, KillMidway, CutPair, Split, LongPause],
        count: (6, 12),
        drift_permille: 0,
        durable: true,
        ..USUAL
    },
    Scenario {
        name: "large",
        nodes: (3, 5),
        faults: &[
            Kill, KillMidway, KillMidway, KillTwo, Dark, Pause, LongPause, Isolate, Split, CutPair, Break,
            Slow, Lag, Moment, Donor,
        ],
        count: (4, 9),
        large: true,
        ..USUAL
    },
    Scenario {
        name: "large-logged",
        seeds: 3,
        faults: &[Blackout, Blackout, Kill, KillMidway, KillMidway, KillTwo, Dark, Break, Isolate, LongPause],
        count: (4, 9),
        durable: true,
        large: true,
        ..USUAL
    },
    Scenario {
        name: "dissolutions",
        nodes: (4, 5),
        faults: &[Kill, KillTwo, KillMidway, Moment, Donor, Break, LongPause, Split, Blackout],
        count: (5, 9),
        durable: true,
        dissolves: true,
        ..USUAL
    },
    Scenario {
        name: "soloists",
        nodes: (3, 5),
        faults: &[Moment, Moment, Kill, KillMidway, KillTwo, Break, Pause, Slow, LongPause, Isolate, Lag],
        count: (4, 8),
        profile: Profile::Soloists,
        handover_after: 4,
        ..USUAL
    },
    Scenario {
        name: "overlaps",
        nodes: (3, 6),
        faults: &[Moment, Moment, Kill, KillMidway, KillTwo, Dark, Break, Pause, Slow, Split, Isolate, Donor],
        count: (4, 8),
        profile: Profile::Overlaps,
        ..USUAL
    },
    Scenario {
        name: "upgrades",
        nodes: (3, 5),
        faults: &[Upgrade, Upgrade, Upgrade, Kill, KillTwo, KillAll, Break, Moment, Isolate],
        count: (6, 10),
        profile: Profile::Soloists,
        handover_after: 4,
        upgrades: true,
        ..USUAL
    },
];

/// All scenarios.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    SCENARIOS.iter().chain(SHARP)
}

/// One of so many seeds plays a sharp scenario.
const SHARP_EVERY: u64 = 8;

/// What a run without a name plays: each of the scenarios in turn, and now and then one of the sharp ones in its place.
#[must_use]
pub fn drawn(seed: u64) -> &'static Scenario {
    let (from, turn) = match seed % SHARP_EVERY == SHARP_EVERY - 1 {
        true => (SHARP, seed / SHARP_EVERY),
        false => (SCENARIOS, seed),
    };
    &from[(turn % from.len() as u64) as usize]
}

/// The scenario of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    all().find(|s| s.name == name)
}
