//! A host that falls silent: no connection closes, so silence is the only evidence.

use super::Stage;
use crate::Outcome;
use crate::fleet::{Fleet, Manner};
use crate::report::Verdict;
use crate::usage::now_ns;

/// The default, and what a quiet network allows: detection, and what is asked, in milliseconds.
const MANNERS: [(Option<u64>, f64); 2] = [(None, 1200.0), (Some(100), 150.0)];
/// How often each is tried; the slowest counts.
const TRIES: usize = 3;

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    for (detection_ms, asked_ms) in MANNERS {
        let mut worst = 0.0f64;
        for _ in 0..if stage.plan.smoke { 1 } else { TRIES } {
            let manner = Manner { detection_ms, ..Manner::default() };
            let mut fleet = Fleet::start(stage.network, 3, &manner)?;
            worst = worst.max(silence(stage, &mut fleet)?);
        }
        if !stage.plan.smoke {
            let how = detection_ms.map_or("default".into(), |ms| format!("detection {ms} ms"));
            let work = format!("silent host to a view, {how}");
            let asked = format!("{asked_ms:.0} ms");
            stage.report.line(
                &work,
                &format!("worst {worst:.0} ms"),
                "-",
                &asked,
                Verdict::of(worst <= asked_ms),
            );
        }
    }
    Ok(())
}

fn silence(stage: &Stage, fleet: &mut Fleet) -> Outcome<f64> {
    fleet.forget_views()?;
    let silent = now_ns();
    let host = &stage.network.hosts[2];
    let cut = host.set_connected(false)?;
    if !cut {
        fleet.actors[2].signal("STOP")?;
    }
    let mut last = silent;
    for actor in &mut fleet.actors[..2] {
        last = last.max(actor.wait("view", |w| w[1].0 == "2")?[2].number()?);
    }
    if cut {
        host.set_connected(true)?;
    }
    Ok((last - silent) as f64 / 1e6)
}
