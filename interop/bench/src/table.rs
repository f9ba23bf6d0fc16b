//! The table: medians of turns, and ratios inside of one run.

use crate::memory::Slope;
use crate::pair::Turn;
use crate::plan::{Peer, Work};

/// What was measured of one peer at one work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) peer: Peer,
    pub(crate) work: Work,
    pub(crate) measured: Measured,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Measured {
    /// In microseconds a call: medians over the turns.
    Calls(Turn),
    /// In KiB a connection.
    Memory(Slope),
}

impl Figures {
    pub(crate) fn of_calls(peer: Peer, work: Work, turns: &[Turn]) -> Figures {
        let median_of = |part: fn(&Turn) -> f64| median(turns.iter().map(part));
        let measured = Measured::Calls(Turn {
            mean: median_of(|turn| turn.mean),
            p50: median_of(|turn| turn.p50),
            p99: median_of(|turn| turn.p99),
            cpu: median_of(|turn| turn.cpu),
        });
        Figures { peer, work, measured }
    }

    pub(crate) fn of_memory(peer: Peer, slope: Slope) -> Figures {
        Figures { peer, work: Work::Memory, measured: Measured::Memory(slope) }
    }

    /// What is compared: less is better.
    pub(crate) fn cost(&self) -> f64 {
        match self.measured {
            Measured::Calls(turn) => turn.mean,
            Measured::Memory(slope) => slope.server,
        }
    }

    /// The same in processor time, where there is one.
    fn cpu(&self) -> f64 {
        match self.measured {
            Measured::Calls(turn) => turn.cpu,
            Measured::Memory(_) => 0.0,
        }
    }
}

/// Prints the lines of one work. Both sides share a core that does nothing else: what a call takes is the processor time of
/// both. Where others take part of the core, only the processor time says something.
pub(crate) fn print(work: Work, figures: &[Figures]) {
    if figures.is_empty() {
        return;
    }
    let columns = if work == Work::Memory {
        ["server KiB", "client KiB", "", "", ""]
    } else {
        ["us a call", "p50", "p99", rate_unit(work), "CPU us"]
    };
    print!("{:<26}", work.title());
    columns.iter().for_each(|column| print!("{column:>12}"));
    println!("{:>13}{:>10}", "x omniORB", "by CPU");
    let omniorb = figures.iter().find(|figures| figures.peer == Peer::Omniorb);
    for of_peer in figures {
        print!("  {:<24}", of_peer.peer.name());
        cells(of_peer).iter().for_each(|cell| print!("{cell:>12}"));
        // Above 1 is better than omniORB.
        let ratio = |of: fn(&Figures) -> f64| {
            omniorb.map_or(String::new(), |omniorb| format!("{:.2}", of(omniorb) / of(of_peer)))
        };
        let by_cpu = if work == Work::Memory { String::new() } else { ratio(Figures::cpu) };
        println!("{:>13}{by_cpu:>10}", ratio(Figures::cost));
    }
    println!();
}

fn rate_unit(work: Work) -> &'static str {
    match work {
        Work::Octets64K | Work::Octets1M | Work::Longs | Work::Stream => "MB/s",
        _ => "kcalls/s",
    }
}

fn cells(figures: &Figures) -> [String; 5] {
    match figures.measured {
        Measured::Memory(slope) => {
            let [server, client] = [slope.server, slope.client].map(|side| format!("{side:.1}"));
            [server, client, String::new(), String::new(), String::new()]
        }
        Measured::Calls(turn) => {
            // Octets a microsecond are megabytes a second, counted one way.
            let rate = match rate_unit(figures.work) {
                "MB/s" => figures.work.size() as f64 / turn.mean,
                _ => 1e3 / turn.mean,
            };
            // What several callers wait for each other is no latency of a call.
            let of_one = |quantile: f64| match quantile {
                taken if taken > 0.0 && figures.work.in_flight() == 1 => format!("{taken:.1}"),
                _ => "-".to_owned(),
            };
            let digits = if turn.mean < 1.0 { 3 } else { 2 };
            [
                format!("{:.digits$}", turn.mean),
                of_one(turn.p50),
                of_one(turn.p99),
                format!("{rate:.1}"),
                format!("{:.digits$}", turn.cpu),
            ]
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
