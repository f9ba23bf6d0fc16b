//! Throughput: total order and fifo, one sender and all, three members and five, beside the better transport of the peer.

use super::Stage;
use crate::Outcome;
use crate::fleet::{Fleet, Load, Manner, Round};
use crate::peer::Transport;
use crate::report::{Verdict, thousands};

/// Turns each system has at one work; they alternate, and the best of each counts.
const TURNS: usize = 2;
/// How many times the peer's rate is asked.
const TIMES_ASKED: f64 = 5.0;
/// Fifo messages of 1 KiB a second that are asked.
const FIFO_ASKED: f64 = 300_000.0;

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    for members in [3, 5] {
        let mut ours = Fleet::start(stage.network, members, &Manner::default())?;
        let mut peers = stage.peers(members)?;
        for size in [64, 1024] {
            for senders in [1, members] {
                total(stage, &mut ours, &mut peers, size, senders)?;
            }
        }
        if members == 3 {
            fifo(stage, &mut ours)?;
        }
    }
    Ok(())
}

fn total(
    stage: &mut Stage,
    ours: &mut Fleet,
    peers: &mut [(Transport, Fleet)],
    size: usize,
    senders: usize,
) -> Outcome<()> {
    let members = ours.actors.len();
    let load = Load { size, senders, class: "total", ms: ms(stage) };
    let mut best: Option<Round> = None;
    let mut best_peer: Option<(Transport, Round)> = None;
    for _ in 0..if stage.plan.smoke { 1 } else { TURNS } {
        best = better(best.take(), ours.round(&load)?);
        for (transport, fleet) in peers.iter_mut() {
            let round = fleet.round(&load)?;
            if best_peer.as_ref().is_none_or(|(_, best)| round.rate() > best.rate()) {
                best_peer = Some((*transport, round));
            }
        }
    }
    let Some(best) = best.filter(|_| !stage.plan.smoke) else { return Ok(()) };
    let who = if senders == 1 { "one sends" } else { "all send" };
    let work = format!("total order, {size} B, {members} members, {who}");
    let peer = best_peer.as_ref().map_or("-".into(), |(transport, round)| {
        format!("{} {}, {:.1} us/msg", transport.name(), thousands(round.rate()), round.processor_us())
    });
    let rate = best_peer.as_ref().map(|(_, round)| round.rate());
    let times = rate.map_or(String::new(), |peer| format!(", {:.1}x", best.rate() / peer));
    let own = format!("{}, {:.2} us/msg{times}", thousands(best.rate()), best.processor_us());
    let verdict = Verdict::ratio(best.rate(), rate, |times| times >= TIMES_ASKED);
    stage.report.line(&work, &own, &peer, "5x", verdict);
    Ok(())
}

fn fifo(stage: &mut Stage, ours: &mut Fleet) -> Outcome<()> {
    let load = Load { size: 1024, senders: ours.actors.len(), class: "fifo", ms: ms(stage) };
    let mut best = None;
    for _ in 0..if stage.plan.smoke { 1 } else { TURNS } {
        best = better(best.take(), ours.round(&load)?);
    }
    let Some(best) = best.filter(|_| !stage.plan.smoke) else { return Ok(()) };
    let own = format!("{}, {:.2} us/msg", thousands(best.rate()), best.processor_us());
    let verdict = Verdict::of(best.rate() >= FIFO_ASKED);
    stage.report.line("fifo, 1024 B, 3 members, all send", &own, "-", "300 k/s", verdict);
    Ok(())
}

fn ms(stage: &Stage) -> u64 {
    if stage.plan.smoke { 100 } else { stage.plan.load_ms }
}

fn better(best: Option<Round>, round: Round) -> Option<Round> {
    Some(best.filter(|best| best.rate() >= round.rate()).unwrap_or(round))
}
