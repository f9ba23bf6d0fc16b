//! Scenarios, as data: how many machines, which faults how often, how the clocks run.

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Nothing gets through in one direction between two machines.
    OneWay,
    /// Nothing gets through between two machines.
    CutPair,
    /// The connections between two machines break and may be made again.
    Break,
    /// Two processes are killed in the middle of what they are sending, within a few milliseconds.
    KillTwo,
    /// The network slows down.
    Slow,
    /// Every process dies, within a few milliseconds.
    Blackout,
    /// A process dies with its disk; the machine starts again with a new one.
    DiskLoss,
    /// Nothing can be written on a machine for a while: its process ends as soon as it wants to.
    DiskFull,
    /// An application reads nothing for a while.
    Lag,
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
    /// Whether machines have disks, and processes keep logs.
    pub durable: bool,
}

use Fault::{
    Blackout, Break, CutPair, Dark, DiskFull, DiskLoss, Isolate, Kill, KillMidway, KillTwo, Lag, LongPause,
    OneWay, Pause, Slow, Split,
};

/// All scenarios; a run without a name draws one by its seed (see [`drawn`]).
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
        drift_permille: 4,
        durable: false,
    },
    Scenario {
        name: "crashes",
        nodes: (4, 6),
        seeds: 5,
        faults: &[Kill, KillMidway, KillMidway, KillTwo, KillTwo, Dark, Break],
        count: (5, 10),
        drift_permille: 0,
        durable: false,
    },
    Scenario {
        name: "partitions",
        nodes: (4, 6),
        seeds: 4,
        faults: &[Isolate, Isolate, Split, Split, OneWay, CutPair, LongPause, Break],
        count: (4, 8),
        drift_permille: 4,
        durable: false,
    },
    Scenario {
        name: "pairs",
        nodes: (4, 4),
        seeds: 4,
        faults: &[Split, Split, Isolate, KillMidway, LongPause, OneWay, Pause, Break],
        count: (3, 7),
        drift_permille: 4,
        durable: false,
    },
    Scenario {
        name: "quiet",
        nodes: (3, 5),
        seeds: 4,
        faults: &[Break, Pause, Slow, Break],
        count: (3, 6),
        drift_permille: 4,
        durable: false,
    },
    Scenario {
        name: "blackouts",
        nodes: (3, 5),
        seeds: 3,
        faults: &[
            Blackout, Blackout, Kill, KillMidway, KillTwo, Dark, Break, DiskLoss, DiskFull, Isolate, Split,
        ],
        count: (4, 8),
        drift_permille: 4,
        durable: true,
    },
    Scenario {
        name: "flicker",
        nodes: (4, 5),
        seeds: 4,
        faults: &[Blackout, Blackout, Blackout, KillTwo, KillMidway, CutPair, Split, LongPause],
        count: (6, 12),
        drift_permille: 0,
        durable: true,
    },
];

/// Five of six rounds of seeds go through the scenarios without disks in turn, the sixth through those with disks.
#[must_use]
pub fn drawn(seed: u64) -> &'static Scenario {
    const PLAIN: u64 = 5;
    let (round, place) = (seed / PLAIN, seed % PLAIN);
    let disks = SCENARIOS.len() as u64 - PLAIN;
    let index = if round % 6 == 4 { PLAIN + (round / 6 + place) % disks } else { place };
    &SCENARIOS[index as usize]
}

/// Scenarios that are played by their names only.
pub const BY_NAME: &[Scenario] = &[Scenario {
    name: "readers",
    nodes: (3, 5),
    seeds: 4,
    faults: &[Lag, Lag, Lag, Lag, KillMidway, Pause, Break, Isolate],
    count: (6, 12),
    drift_permille: 4,
    durable: false,
}];

/// The scenario of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().chain(BY_NAME).find(|s| s.name == name)
}
