//! The run: pairs in turns, then the table of medians and ratios.

use quorb_interop::peers;

use crate::measure::{Outcome, Plan, Work};
use crate::peer::{Pair, Turn};

/// A line of the programme.
struct Item {
    title: &'static str,
    work: Work,
    in_flight: usize,
    count: usize,
}

const PROGRAMME: [Item; 3] = [
    Item { title: "get, one at a time", work: Work::Get, in_flight: 1, count: 100_000 },
    Item { title: "get, 64 in flight", work: Work::Get, in_flight: 64, count: 300_000 },
    Item { title: "echo of 64 KiB, one at a time", work: Work::Echo, in_flight: 1, count: 10_000 },
];

/// Calls of an item when only its running is of interest.
const SMOKE_COUNT: usize = 128;

pub(crate) fn run(smoke: bool, rounds: usize, core: usize) -> Outcome<()> {
    let omniorb = match peers::build() {
        Ok(peers) => Some(peers),
        Err(missing) if std::env::var("QUORB_REQUIRE_PEERS").is_ok_and(|value| value == "1") => {
            return Err(missing.to_string().into());
        }
        Err(missing) => {
            eprintln!("without omniORB: {missing}");
            None
        }
    };
    let rounds = if smoke { 1 } else { rounds.max(1) };
    println!("medians of {rounds} turns, both ends on core {core}\n");
    println!("{:<32}{:<24}{:>12}{:>14}{:>12}{:>12}", "", "", "us a call", "kcalls/s", "CPU us", "vs omniORB");
    for item in PROGRAMME {
        let count = if smoke { SMOKE_COUNT } else { item.count };
        let plan = Plan { work: item.work, count, in_flight: item.in_flight };
        let mut pairs = vec![Pair::raw(core)?];
        if let Some(peers) = &omniorb {
            pairs.push(Pair::omniorb(core, peers, item.work)?);
        }
        pairs.push(Pair::native(core)?);
        pairs.push(Pair::iiop(core)?);
        let turns = take_turns(&pairs, &plan, rounds)?;
        print_item(&item, &pairs, &turns);
    }
    if smoke {
        println!("\n(a smoke run: the figures mean nothing)");
    }
    Ok(())
}

/// A B C A B C ...: what disturbs the machine disturbs all of them.
fn take_turns(pairs: &[Pair], plan: &Plan, rounds: usize) -> Outcome<Vec<Vec<Turn>>> {
    let mut turns = vec![Vec::new(); pairs.len()];
    for _ in 0..rounds {
        for (pair, turns) in pairs.iter().zip(&mut turns) {
            turns.push(pair.turn(plan)?);
        }
    }
    Ok(turns)
}

fn print_item(item: &Item, pairs: &[Pair], turns: &[Vec<Turn>]) {
    let medians: Vec<f64> =
        turns.iter().map(|turns| median(turns.iter().map(|turn| turn.us_per_call))).collect();
    let reference = pairs.iter().position(|pair| pair.name == "omniORB").map(|index| medians[index]);
    for (index, (pair, turns)) in pairs.iter().zip(turns).enumerate() {
        let cpu = median(turns.iter().map(|turn| turn.cpu_us_per_call));
        // Above 1 is faster than omniORB.
        let ratio =
            reference.map_or("-".to_owned(), |reference| format!("{:.2}x", reference / medians[index]));
        println!(
            "{:<32}{:<24}{:>12.2}{:>14.1}{:>12.2}{:>12}",
            if index == 0 { item.title } else { "" },
            pair.name,
            medians[index],
            1e3 / medians[index],
            cpu,
            ratio
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
