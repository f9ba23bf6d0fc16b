//! One member stopped for 300 ms under load: nothing lost, and the others go on.

use super::Stage;
use crate::Outcome;
use crate::fleet::{Fleet, Load, Manner};
use crate::report::{Verdict, thousands};
use std::time::Duration;

/// When the member is stopped, after the beginning of the load.
const AT_MS: u64 = 1500;
const STOPPED_MS: u64 = 300;
const LOAD_MS: u64 = 4000;
/// Length of the steps in which deliveries are counted.
const STEP_MS: u64 = 50;

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    if stage.plan.smoke {
        return Ok(());
    }
    let mut fleet = Fleet::start(stage.network, 3, &Manner::default())?;
    let sequencer = fleet.sequencer()?;
    let cases = [
        ("total", (sequencer + 1) % 3, "another than the sequencer, not uniform", 2.0 / 3.0),
        ("total", sequencer, "the sequencer", 0.5),
        ("uniform", (sequencer + 1) % 3, "another, uniform", 0.5),
    ];
    for (class, victim, name, asked) in cases {
        for size in [64, 1024] {
            one(stage, &mut fleet, (class, victim, name, asked), size)?;
        }
    }
    Ok(())
}

fn one(
    stage: &mut Stage,
    fleet: &mut Fleet,
    case: (&'static str, usize, &str, f64),
    size: usize,
) -> Outcome<()> {
    let (class, victim, name, asked) = case;
    for actor in &mut fleet.actors {
        actor.forget("domain")?;
    }
    let load = Load { size, senders: 3, class, ms: LOAD_MS };
    let before = fleet.processor_time();
    fleet.begin(&load)?;
    std::thread::sleep(Duration::from_millis(AT_MS));
    fleet.actors[victim].signal("STOP")?;
    std::thread::sleep(Duration::from_millis(STOPPED_MS));
    fleet.actors[victim].signal("CONT")?;
    let round = fleet.finish(&load, before)?;
    let mut views = 0;
    for actor in &mut fleet.actors {
        views += actor.forget("domain")?;
    }
    // The second that begins with the stop, beside the second before, at the slower of the others.
    let at = (AT_MS / STEP_MS) as usize;
    let per_second = (1000 / STEP_MS) as usize;
    let mut kept = f64::MAX;
    for (member, steps) in round.steps.iter().enumerate() {
        let sum = |from: usize| steps.iter().skip(from).take(per_second).sum::<u64>() as f64;
        if member != victim {
            kept = kept.min(sum(at) / sum(at - per_second).max(1.0));
        }
    }
    let work = format!("stopped 300 ms: {name}, {size} B");
    let own = format!("{:.0} % kept, {}", kept * 100.0, thousands(round.rate()));
    let verdict = Verdict::of(kept >= asked && views == 0);
    stage.report.line(&work, &own, "-", &format!("{:.0} %", asked * 100.0), verdict);
    if views > 0 {
        stage.report.remark(&format!("{views} views meanwhile"));
    }
    Ok(())
}
