//! The run: for each work, pairs in turns; then the table, and what was to be reached.

use clap::ValueEnum;
use quorb_interop::peers::{self, Missing};

use crate::claims;
use crate::memory;
use crate::pair::{Pair, Surroundings, Turn};
use crate::plan::{Flavour, Outcome, Peer, Work};
use crate::table::{self, Figures};

/// What the command line asks for.
pub(crate) struct Settings {
    pub(crate) smoke: bool,
    pub(crate) turns: usize,
    pub(crate) milliseconds: u64,
    pub(crate) cores: String,
    pub(crate) flavour: Flavour,
    /// All of them if there are none.
    pub(crate) works: Vec<Work>,
    pub(crate) peers: Vec<Peer>,
}

impl Settings {
    fn wants(&self, peer: Peer, work: Work) -> bool {
        peer.does(work) && (self.peers.is_empty() || self.peers.contains(&peer))
    }
}

/// Runs everything that was asked for, and prints it.
pub(crate) fn run(settings: &Settings) -> Outcome<()> {
    let surroundings = surroundings(settings)?;
    println!("{}\n", conditions(settings));
    let mut all = Vec::new();
    for work in Work::value_variants() {
        if !settings.works.is_empty() && !settings.works.contains(work) {
            continue;
        }
        let mut figures = match work {
            Work::Memory => memory_of_connections(settings, &surroundings)?,
            _ => calls(settings, &surroundings, *work)?,
        };
        table::print(*work, &figures);
        all.append(&mut figures);
    }
    if settings.smoke {
        println!("(a smoke run: the figures mean nothing)");
    } else {
        claims::print(&all);
        println!("\nload at the end: {}", load());
    }
    Ok(())
}

fn surroundings(settings: &Settings) -> Outcome<Surroundings> {
    let omniorb = match peers::build() {
        Ok(peers) => Some(peers),
        Err(missing)
            if matches!(missing, Missing::Build { .. })
                || std::env::var("QUORB_REQUIRE_PEERS").is_ok_and(|value| value == "1") =>
        {
            return Err(missing.to_string().into());
        }
        Err(missing) => {
            eprintln!("without omniORB: {missing}");
            None
        }
    };
    Ok(Surroundings { cores: settings.cores.clone(), flavour: settings.flavour, omniorb })
}

/// The circumstances, without which figures say nothing.
fn conditions(settings: &Settings) -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    format!(
        "{}; both ends on core {}, {}; medians of {} turns of {} ms; load at the beginning: {}",
        model.trim_start_matches([' ', '\t', ':']),
        settings.cores,
        settings.flavour.word(),
        settings.turns,
        settings.milliseconds,
        load()
    )
}

/// What the machine has had to do in the last minute.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

/// A B C A B C ...: what disturbs the machine disturbs all of them.
fn calls(settings: &Settings, surroundings: &Surroundings, work: Work) -> Outcome<Vec<Figures>> {
    let present = |peer: &&Peer| !peer.needs_omniorb() || surroundings.omniorb.is_some();
    let wanted = Peer::value_variants().iter().filter(present).filter(|peer| settings.wants(**peer, work));
    let pairs: Vec<Pair<'_>> =
        wanted.map(|peer| Pair::start(surroundings, *peer, work)).collect::<Outcome<_>>()?;
    let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); pairs.len()];
    for _ in 0..settings.turns {
        for (pair, turns) in pairs.iter().zip(&mut turns) {
            turns.push(pair.turn(settings.milliseconds)?);
        }
    }
    Ok(pairs.iter().zip(turns).map(|(pair, turns)| Figures::of_calls(pair.peer, work, &turns)).collect())
}

fn memory_of_connections(settings: &Settings, surroundings: &Surroundings) -> Outcome<Vec<Figures>> {
    let present = |peer: &&Peer| !peer.needs_omniorb() || surroundings.omniorb.is_some();
    let wanted =
        Peer::value_variants().iter().filter(present).filter(|peer| settings.wants(**peer, Work::Memory));
    wanted
        .map(|peer| {
            let slope = memory::slope(surroundings, *peer, settings.smoke)?;
            Ok(Figures::of_memory(*peer, slope))
        })
        .collect()
}
