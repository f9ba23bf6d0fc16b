//! kill -9: how long until every survivor has installed the view without the process.

use super::Stage;
use crate::Outcome;
use crate::fleet::{Fleet, Manner, member};
use crate::network::Network;
use crate::report::Verdict;
use crate::usage::now_ns;

/// How often a process is killed; the slowest counts.
const KILLS: usize = 5;
/// What is asked, in milliseconds.
const ASKED_MS: f64 = 50.0;

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    let seeds: Vec<String> = (0..3).map(|host| stage.network.listen(host)).collect();
    let mut fleet = start(stage.network, &seeds)?;
    let mut times = Vec::new();
    for kill in 0..if stage.plan.smoke { 2 } else { KILLS } {
        let victim = kill % 3;
        times.push(kill_one(&mut fleet, victim)?);
        let manner = Manner::default();
        fleet.actors[victim] = member(stage.network, victim, &seeds[victim], &seeds, &manner)?;
        fleet.wait_view(3)?;
    }
    if stage.plan.smoke {
        return Ok(());
    }
    let worst = times.iter().copied().fold(0.0, f64::max);
    let all: Vec<String> = times.iter().map(|ms| format!("{ms:.0}")).collect();
    let mut theirs = Vec::new();
    for (transport, mut peer) in stage.peers(3)? {
        theirs.push((kill_daemon(&mut peer)?, transport.name()));
    }
    theirs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let peer = theirs.first().map_or("-".into(), |(ms, name)| format!("{name} {ms:.0} ms"));
    let own = format!("worst {worst:.0} ms of {} ms", all.join(" "));
    stage.report.line(
        "kill -9 to a view at every survivor",
        &own,
        &peer,
        "50 ms",
        Verdict::of(worst <= ASKED_MS),
    );
    Ok(())
}

fn start(network: &Network, seeds: &[String]) -> Outcome<Fleet> {
    let manner = Manner::default();
    let actors = (0..3).map(|host| member(network, host, &seeds[host], seeds, &manner));
    let mut fleet = Fleet::new(actors.collect::<Outcome<_>>()?, Vec::new());
    fleet.wait_view(3)?;
    Ok(fleet)
}

/// Milliseconds until the last survivor has told of the view.
fn kill_one(fleet: &mut Fleet, victim: usize) -> Outcome<f64> {
    fleet.forget_views()?;
    let killed = now_ns();
    fleet.actors[victim].kill()?;
    let mut last = killed;
    for (at, actor) in fleet.actors.iter_mut().enumerate() {
        if at != victim {
            last = last.max(
                actor.wait("view", |w| w[1].0 == "2" && w[2].number().is_ok_and(|at| at > killed))?[2]
                    .number()?,
            );
        }
    }
    Ok((last - killed) as f64 / 1e6)
}

/// The same for a daemon of the peer.
fn kill_daemon(fleet: &mut Fleet) -> Outcome<f64> {
    fleet.forget_views()?;
    let killed = now_ns();
    fleet.daemons[2].kill()?;
    let mut last = killed;
    for actor in &mut fleet.actors[..2] {
        last = last.max(
            actor.wait("view", |w| w[1].0 == "2" && w[2].number().is_ok_and(|at| at > killed))?[2]
                .number()?,
        );
    }
    Ok((last - killed) as f64 / 1e6)
}
