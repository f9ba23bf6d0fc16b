//! What is told: one line for each kind of work, with what was asked and whether it was reached.

use std::fmt;

/// Whether what was asked was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Reached,
    Missed,
    /// Nothing was asked, or the peer to compare with is not there.
    Open,
}

impl Verdict {
    pub(crate) fn of(reached: bool) -> Self {
        if reached { Self::Reached } else { Self::Missed }
    }

    /// A ratio to a peer that may not be there.
    pub(crate) fn ratio(ours: f64, peer: Option<f64>, reached: impl Fn(f64) -> bool) -> Self {
        peer.map_or(Self::Open, |peer| Self::of(reached(ours / peer)))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Reached => "reached",
            Self::Missed => "MISSED",
            Self::Open => "-",
        })
    }
}

/// All lines, printed as they come.
#[derive(Debug, Default)]
pub(crate) struct Report {
    missed: Vec<String>,
    begun: bool,
}

impl Report {
    pub(crate) fn line(&mut self, work: &str, ours: &str, peer: &str, asked: &str, verdict: Verdict) {
        if !std::mem::replace(&mut self.begun, true) {
            println!("{:<44} {:<40} {:<34} {:<26} verdict", "work", "quorb", "peer", "asked");
        }
        println!("{work:<44} {ours:<40} {peer:<34} {asked:<26} {verdict}");
        if verdict == Verdict::Missed {
            self.missed.push(work.into());
        }
    }

    /// A remark under the line before.
    pub(crate) fn remark(&self, text: &str) {
        println!("    {text}");
    }

    pub(crate) fn end(&self) {
        match self.missed.len() {
            0 => println!("everything asked was reached"),
            missed => println!("missed {missed}: {}", self.missed.join("; ")),
        }
    }
}

/// A rate for people.
pub(crate) fn thousands(rate: f64) -> String {
    match rate {
        rate if rate >= 1e6 => format!("{:.2} M/s", rate / 1e6),
        rate if rate >= 1e4 => format!("{:.0} k/s", rate / 1e3),
        rate => format!("{rate:.0}/s"),
    }
}
