//! Full load from all members for minutes: nobody may be excluded.

use super::Stage;
use crate::Outcome;
use crate::fleet::{Fleet, Load, Manner};
use crate::report::{Verdict, thousands};

/// One load lasts so long at most, so that members compare now and then.
const LOAD_MS: u64 = 10_000;

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    let mut fleet = Fleet::start(stage.network, 3, &Manner::default())?;
    for actor in &mut fleet.actors {
        actor.forget("domain")?;
    }
    let whole = if stage.plan.smoke { 200.0 } else { stage.plan.minutes * 60e3 };
    let (mut left, mut messages, mut seconds, mut views) = (whole as u64, 0, 0.0, 0);
    let mut size = 64;
    while left > 0 {
        let load = Load { size, senders: 3, class: "total", ms: left.min(LOAD_MS) };
        let round = fleet.round(&load)?;
        messages += round.messages;
        seconds += round.seconds;
        left -= load.ms;
        size = if size == 64 { 1024 } else { 64 };
    }
    for actor in &mut fleet.actors {
        views += actor.forget("domain")?;
    }
    if views > 0 && stage.plan.smoke {
        return Err(format!("{views} views while all members were there").into());
    }
    if !stage.plan.smoke {
        let work = format!("views in {:.1} minutes of full load", whole / 60e3);
        let own = format!("{views}, {}", thousands(messages as f64 / seconds));
        stage.report.line(&work, &own, "-", "0 (in ten minutes)", Verdict::of(views == 0));
    }
    Ok(())
}
