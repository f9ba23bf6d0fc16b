//! What this broker is to reach, and whether a run has shown it.

use crate::plan::{Peer, Work};
use crate::table::Figures;

/// One line: our figure against a peer's.
struct Claim {
    work: Work,
    ours: Peer,
    against: &'static [Peer],
    bound: Bound,
}

enum Bound {
    /// At least so many times the speed of the fastest that it is compared with; and what would be better.
    Speed { least: f64, goal: f64 },
    /// At most so many nanoseconds more.
    NanosecondsOver(f64),
    /// At most so many KiB; and what would be better.
    KiB { most: f64, goal: f64 },
}

const fn speed(work: Work, ours: Peer, against: &'static [Peer], least: f64, goal: f64) -> Claim {
    Claim { work, ours, against, bound: Bound::Speed { least, goal } }
}

const OMNIORB: &[Peer] = &[Peer::Omniorb];
const OMNIORB_BEST: &[Peer] = &[Peer::Omniorb, Peer::OmniorbOne];

const CLAIMS: [Claim; 27] = [
    // At most 1.15 times its time.
    speed(Work::Get, Peer::Native, OMNIORB, 0.87, 1.0),
    speed(Work::Get, Peer::Iiop, OMNIORB, 0.87, 1.0),
    speed(Work::Get, Peer::NativeBlocking, OMNIORB, 0.87, 1.0),
    speed(Work::Get, Peer::IiopBlocking, OMNIORB, 0.87, 1.0),
    speed(Work::Get, Peer::NativeThreads, OMNIORB, 0.87, 1.0),
    speed(Work::Get, Peer::IiopThreads, OMNIORB, 0.87, 1.0),
    speed(Work::Get64, Peer::Native, OMNIORB_BEST, 5.0, 5.0),
    speed(Work::Get64, Peer::Native, &[Peer::Tarpc], 1.5, 1.5),
    speed(Work::Octets64K, Peer::Native, OMNIORB, 1.0, 1.5),
    speed(Work::Octets64K, Peer::Iiop, OMNIORB, 1.0, 1.5),
    speed(Work::Octets1M, Peer::Native, OMNIORB, 1.0, 1.5),
    speed(Work::Octets1M, Peer::Iiop, OMNIORB, 1.0, 1.5),
    speed(Work::Longs, Peer::Native, OMNIORB, 1.0, 1.5),
    speed(Work::Longs, Peer::Iiop, OMNIORB, 1.0, 1.5),
    speed(Work::Records, Peer::Iiop, OMNIORB, 1.2, 1.2),
    speed(Work::Records, Peer::Native, &[Peer::Tonic], 2.0, 2.0),
    speed(Work::Oneway, Peer::Iiop, OMNIORB, 1.5, 1.5),
    speed(Work::Get, Peer::OmniorbOurs, OMNIORB, 0.85, 1.0),
    speed(Work::Get, Peer::OmniorbThreads, OMNIORB, 0.85, 1.0),
    speed(Work::Get64, Peer::OmniorbOurs, OMNIORB, 1.0, 1.0),
    speed(Work::Octets64K, Peer::OmniorbOurs, OMNIORB, 1.0, 1.0),
    speed(Work::Octets1M, Peer::OmniorbOurs, OMNIORB, 1.0, 1.0),
    speed(Work::Longs, Peer::OmniorbOurs, OMNIORB, 1.0, 1.0),
    speed(Work::Records, Peer::OmniorbOurs, OMNIORB, 1.0, 1.0),
    speed(Work::Oneway, Peer::OmniorbOurs, OMNIORB, 1.0, 1.0),
    Claim {
        work: Work::Collocated,
        ours: Peer::Native,
        against: &[Peer::Direct],
        bound: Bound::NanosecondsOver(100.0),
    },
    Claim {
        work: Work::Memory,
        ours: Peer::Native,
        against: &[],
        bound: Bound::KiB { most: 10.0, goal: 8.0 },
    },
];

/// Prints what the figures say about each claim that they say something about.
pub(crate) fn print(figures: &[Figures]) {
    let lines: Vec<String> = CLAIMS.iter().filter_map(|claim| line(claim, figures)).collect();
    if !lines.is_empty() {
        println!("{:<66}{:>12}{:>10}{:>8}", "what is to be reached", "measured", "at least", "");
        lines.iter().for_each(|line| println!("{line}"));
    }
}

fn line(claim: &Claim, figures: &[Figures]) -> Option<String> {
    let cost =
        |peer: Peer| figures.iter().find(|one| one.peer == peer && one.work == claim.work).map(Figures::cost);
    let ours = cost(claim.ours)?;
    let best = claim.against.iter().filter_map(|peer| cost(*peer)).min_by(f64::total_cmp);
    let (measured, bound, reached, is_goal) = match claim.bound {
        Bound::Speed { least, goal } => {
            let ratio = best? / ours;
            (format!("{ratio:.2}x"), format!("{least}x"), ratio >= least, ratio >= goal)
        }
        Bound::NanosecondsOver(most) => {
            let over = (ours - best?) * 1e3;
            (format!("{over:.0} ns"), format!("{most} ns"), over <= most, over <= most)
        }
        Bound::KiB { most, goal } => {
            (format!("{ours:.1} KiB"), format!("{most} KiB"), ours <= most, ours <= goal)
        }
    };
    let verdict = match (reached, is_goal) {
        (_, true) => "goal",
        (true, false) => "yes",
        (false, false) => "NO",
    };
    let against = claim.against.first().map_or(String::new(), |peer| format!(" against {}", peer.name()));
    let title = format!("{}: {}{against}", claim.work.title(), claim.ours.name());
    Some(format!("{title:<66}{measured:>12}{bound:>10}{verdict:>8}"))
}
