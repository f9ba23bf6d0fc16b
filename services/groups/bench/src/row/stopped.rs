//! One member stopped for 300 ms under load: nothing lost, and the others go on.

use super::Stage;
use crate::Outcome;
use crate::fleet::{Fleet, Load, Manner, Round};
use crate::report::{Verdict, thousands};
use std::time::Duration;

/// When the member is stopped, after the beginning of the load.
const AT_MS: u64 = 1500;
const STOPPED_MS: u64 = 300;
const LOAD_MS: u64 = 4000;
/// The median of so many tries counts.
const TRIES: usize = 3;
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
    let load = Load { size, senders: 3, class, ms: LOAD_MS };
    let (mut kept, mut views, mut rate) = (Vec::new(), 0, 0.0);
    for _ in 0..TRIES {
        for actor in &mut fleet.actors {
            actor.forget("domain")?;
        }
        let before = fleet.processor_time();
        fleet.begin(&load)?;
        std::thread::sleep(Duration::from_millis(AT_MS));
        fleet.actors[victim].signal("STOP")?;
        std::thread::sleep(Duration::from_millis(STOPPED_MS));
        fleet.actors[victim].signal("CONT")?;
        let round = fleet.finish(&load, before)?;
        for actor in &mut fleet.actors {
            views += actor.forget("domain")?;
        }
        kept.push(part_kept(&round, victim));
        rate = round.rate().max(rate);
    }
    kept.sort_by(f64::total_cmp);
    let median = kept[TRIES / 2];
    let work = format!("stopped 300 ms: {name}, {size} B");
    let own = format!("{:.0} % kept, {}", median * 100.0, thousands(rate));
    let verdict = Verdict::of(median >= asked && views == 0);
    stage.report.line(&work, &own, "-", &format!("{:.0} %", asked * 100.0), verdict);
    if views > 0 {
        stage.report.remark(&format!("{views} views meanwhile"));
    }
    Ok(())
}

/// What was delivered in the second that begins with the stop, beside a second of the rest of the load, at the others.
fn part_kept(round: &Round, victim: usize) -> f64 {
    let (at, second) = ((AT_MS / STEP_MS) as usize, (1000 / STEP_MS) as usize);
    let (mut inside, mut outside) = (0.0, 0.0);
    for steps in round.steps.iter().enumerate().filter(|(member, _)| *member != victim).map(|(_, s)| s) {
        // The beginning and the end of the load are no measure.
        let end = (LOAD_MS / STEP_MS) as usize;
        let sum = |from: usize, to: usize| steps.iter().take(to).skip(from).sum::<u64>() as f64;
        inside += sum(at, at + second);
        let rest = sum(second / 2, at) + sum(at + second, end);
        outside += rest * second as f64 / (at - second / 2 + end - at - second) as f64;
    }
    inside / outside.max(1.0)
}
