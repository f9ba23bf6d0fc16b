//! Latency when nothing else happens: a sender to its own delivery, one message at a time.

use super::Stage;
use crate::Outcome;
use crate::fleet::{Fleet, Manner};
use crate::report::Verdict;

/// Messages of one turn.
const PINGS: u64 = 500;
/// Turns of each system; they alternate, and the best median counts.
const TURNS: usize = 4;
/// Octets of a message.
const SIZE: usize = 64;
/// The most of the peer's latency that is asked.
const PART_ASKED: f64 = 0.7;

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    let mut ours = Fleet::start(stage.network, 3, &Manner::default())?;
    let spins = Manner { arguments: vec!["--spin".into(), "200".into()], ..Manner::default() };
    let mut spinning = Fleet::start(stage.network, 3, &spins)?;
    let mut peers = stage.peers(3)?;
    let sequencer = ours.sequencer()?;
    let other = (sequencer + 1) % 3;
    let far = (spinning.sequencer()? + 1) % 3;
    let count = if stage.plan.smoke { 20 } else { PINGS };
    let [mut agreed, mut own, mut uniform, mut spun] = [(f64::MAX, f64::MAX); 4];
    let mut peer: Option<(&str, (f64, f64))> = None;
    for _ in 0..if stage.plan.smoke { 1 } else { TURNS } {
        better(&mut agreed, ours.ping(other, count, SIZE, "total")?);
        better(&mut own, ours.ping(sequencer, count, SIZE, "total")?);
        better(&mut uniform, ours.ping(other, count, SIZE, "uniform")?);
        better(&mut spun, spinning.ping(far, count, SIZE, "total")?);
        for (transport, fleet) in &mut peers {
            let found = fleet.ping(1, count, SIZE, "total")?;
            if peer.is_none_or(|(_, best)| found.0 < best.0) {
                peer = Some((transport.name(), found));
            }
        }
    }
    if stage.plan.smoke {
        return Ok(());
    }
    let theirs = peer.map_or("-".into(), |(name, found)| format!("{name} {}", text(found)));
    let part = peer.map_or(String::new(), |(_, theirs)| format!(", {:.2}x", agreed.0 / theirs.0));
    let verdict = Verdict::ratio(agreed.0, peer.map(|(_, found)| found.0), |part| part <= PART_ASKED);
    let work = "idle latency, 64 B, total order";
    stage.report.line(work, &format!("{}{part}", text(agreed)), &theirs, "0.7x", verdict);
    let work = "  with a spin of 200 us";
    stage.report.line(work, &text(spun), "-", "80 us", Verdict::of(spun.0 <= 80.0));
    stage.report.line("  the sequencer's own", &text(own), "-", "-", Verdict::Open);
    stage.report.line("  uniform", &text(uniform), "has none", "-", Verdict::Open);
    Ok(())
}

fn better(best: &mut (f64, f64), found: (f64, f64)) {
    if found.0 < best.0 {
        *best = found;
    }
}

fn text((median, high): (f64, f64)) -> String {
    format!("p50 {median:.0} us, p99 {high:.0} us")
}
