//! Thirty processes that join a domain of three at the same time.

use super::Stage;
use crate::Outcome;
use crate::fleet::{Actor, Manner, member};
use crate::report::Verdict;
use crate::usage::now_ns;
use std::time::Duration;

const JOINERS: usize = 30;
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    let joiners = if stage.plan.smoke { 5 } else { JOINERS };
    let network = stage.network;
    let seeds: Vec<String> = (0..3).map(|host| network.listen(host)).collect();
    let bare = Manner { arguments: vec!["--bare".into()], ..Manner::default() };
    let waits = Manner { arguments: vec!["--bare".into(), "--wait".into()], ..Manner::default() };
    let mut actors: Vec<Actor> = Vec::new();
    for host in 0..3 {
        actors.push(member(network, host, &seeds[host], &seeds, &bare)?);
    }
    for actor in &mut actors {
        actor.wait("domain", |w| w[1].0 == "3")?;
    }
    for joiner in 0..joiners {
        let host = joiner % network.hosts.len();
        actors.push(member(network, host, &network.listen(host), &seeds, &waits)?);
    }
    std::thread::sleep(Duration::from_millis(500));
    let start = now_ns();
    for actor in &mut actors[3..] {
        actor.say("join")?;
    }
    let all = (3 + joiners).to_string();
    let (mut last, mut views) = (start, 0);
    for (at, actor) in actors.iter_mut().enumerate() {
        let whole = actor.wait_for("domain", PATIENCE, |w| w[1] == all)?;
        last = last.max(whole.ok_or("not all have joined in time")?[2].number()?);
        if at == 0 {
            views = 1 + actor.forget("domain")?;
        }
    }
    let seconds = (last - start) as f64 / 1e9;
    if !stage.plan.smoke {
        let own = format!("{seconds:.2} s, {views} views");
        let verdict = Verdict::of(seconds < 2.0 && views <= 4);
        stage.report.line("thirty processes join at once", &own, "-", "2 s, one or few views", verdict);
    }
    Ok(())
}
