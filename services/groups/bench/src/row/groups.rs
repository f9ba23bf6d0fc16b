//! Ten thousand groups in a domain of three processes: entered by all, one failure, memory.

use super::Stage;
use crate::Outcome;
use crate::fleet::{Fleet, Manner};
use crate::report::Verdict;
use crate::usage::{now_ns, resident_bytes};
use std::time::Duration;

const GROUPS: u64 = 10_000;
/// Making them takes no longer than this, whatever comes of it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Whoever has entered last is seen by the others a little later.
const SETTLING: Duration = Duration::from_millis(500);

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    let count = if stage.plan.smoke { 200 } else { GROUPS };
    let mut fleet = Fleet::start(stage.network, 3, &Manner::default())?;
    // What the first groups need once is no group's.
    enter(&mut fleet, count / 5)?;
    read(&mut fleet)?;
    let memory = |fleet: &Fleet| fleet.actors.iter().map(|a| resident_bytes(a.pid())).max().unwrap_or(0);
    let before = memory(&fleet);
    let start = now_ns();
    enter(&mut fleet, count)?;
    let created = (now_ns() - start) as f64 / 1e9;
    read(&mut fleet)?;
    let each = memory(&fleet).saturating_sub(before) / count;
    tell(&mut fleet, "watch", "watching")?;
    let killed = now_ns();
    fleet.actors[2].kill()?;
    let mut last = killed;
    for actor in &mut fleet.actors[..2] {
        let told = actor.wait_for("changed", PATIENCE, |_| true)?.ok_or("groups do not change in time")?;
        last = last.max(told[2].number()?);
    }
    let handled = (last - killed) as f64 / 1e9;
    if stage.plan.smoke {
        return Ok(());
    }
    let report = &mut stage.report;
    let [made, failed] = [format!("{created:.1} s"), format!("{handled:.2} s")];
    report.line("10,000 groups, all in all", &made, "-", "10 s", Verdict::of(created <= 10.0));
    report.line("  one failure handled in all", &failed, "-", "1 s", Verdict::of(handled <= 1.0));
    let memory = format!("{each} octets");
    report.line("  memory a group and its handle, at each", &memory, "-", "2 KiB", Verdict::of(each < 2048));
    Ok(())
}

/// All members enter so many groups more.
fn enter(fleet: &mut Fleet, count: u64) -> Outcome<()> {
    tell(fleet, &format!("enter {count}"), "entered")
}

/// All members read the views of others' entering, once they are there.
fn read(fleet: &mut Fleet) -> Outcome<()> {
    std::thread::sleep(SETTLING);
    tell(fleet, "read", "read")
}

/// All members do something, and say that they have.
fn tell(fleet: &mut Fleet, order: &str, answer: &str) -> Outcome<()> {
    for actor in &mut fleet.actors {
        actor.say(order)?;
    }
    for actor in &mut fleet.actors {
        actor.wait_for(answer, PATIENCE, |_| true)?.ok_or_else(|| format!("no {answer:?} in time"))?;
    }
    Ok(())
}
