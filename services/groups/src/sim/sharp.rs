//! Sharp scenarios: each brings about one kind of moment again and again, for mistakes that show in it and hardly ever elsewhere.

use super::scenario::Fault::{
    Bereaved, Blackout, Break, Estranged, Farewell, Founding, Kill, KillAll, KillMidway, KillTwo, LastWord,
    LeftOut, Pause, Replaced, Rivals, Unasked, Undecided, Uneven,
};
use super::scenario::{Scenario, USUAL};

/// The sharp scenarios.
pub const SHARP: &[Scenario] = &[
    Scenario {
        name: "rivals",
        nodes: (3, 5),
        seeds: 5,
        faults: &[Rivals, Rivals, Rivals, Uneven, Kill, Break],
        count: (8, 14),
        ..USUAL
    },
    Scenario {
        name: "last-words",
        nodes: (3, 4),
        faults: &[LastWord, LastWord, Unasked, Unasked, Unasked, Kill, KillMidway],
        count: (8, 14),
        ..USUAL
    },
    Scenario {
        name: "strangers",
        nodes: (4, 5),
        seeds: 5,
        faults: &[Estranged, Estranged, Estranged, Estranged, Kill, Break],
        count: (6, 10),
        ..USUAL
    },
    Scenario {
        name: "left-out",
        nodes: (3, 4),
        faults: &[LeftOut, LeftOut, LeftOut, Kill, Break],
        count: (5, 8),
        ..USUAL
    },
    Scenario {
        name: "bereavements",
        nodes: (5, 6),
        seeds: 5,
        faults: &[Bereaved, Bereaved, Bereaved, Pause],
        count: (4, 7),
        ..USUAL
    },
    Scenario {
        name: "births",
        nodes: (3, 3),
        faults: &[Founding, Replaced, Replaced, Replaced],
        count: (6, 10),
        ..USUAL
    },
    Scenario { name: "farewells", nodes: (2, 3), faults: &[Farewell], count: (6, 12), ..USUAL },
    Scenario {
        name: "rewrites",
        nodes: (3, 3),
        faults: &[Blackout, Blackout, KillAll, Kill, Kill, KillTwo],
        count: (7, 12),
        durable: true,
        log_part_bytes: 32,
        log_compact_bytes: 2 << 10,
        ..USUAL
    },
    Scenario {
        name: "undecided",
        nodes: (3, 3),
        faults: &[Undecided, Undecided, Kill],
        count: (5, 8),
        durable: true,
        ..USUAL
    },
];
