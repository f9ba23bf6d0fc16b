//! A grid with three replicas beside plain ones: updates, queries, a failure, ten thousand of them.
//!
//! Updates are compared with those of one plain object. Queries are spread over the replicas, and so are the clients' connections:
//! they are compared with those of three plain objects in three processes, to which the same clients are spread alike.

use super::Stage;
use crate::Outcome;
use crate::fleet::Actor;
use crate::network::Network;
use crate::report::{Verdict, thousands};
use crate::usage::processor_time;
use std::time::Duration;

/// Replicas.
const MEMBERS: usize = 3;
/// The host of the plain object, and that of the clients.
const PLAIN: usize = 3;
const CLIENTS: usize = 4;
/// Clients that call at the same time.
const CALLERS: u64 = 64;
/// Turns of queries, at the group and at plain objects.
const TURNS: u64 = 9;
/// Settings for short failures.
const TUNED: [&str; 4] = ["--detection", "100", "--lease", "100"];
/// What others wait for takes no longer than this.
const PATIENCE: Duration = Duration::from_secs(180);

/// What came of a load.
struct Did {
    rate: f64,
    processor_us: f64,
}

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    let network = stage.network;
    let ms = if stage.plan.smoke { 100 } else { stage.plan.load_ms };
    let seeds: Vec<String> = (0..MEMBERS).map(|host| network.listen(host)).collect();
    let mut replicas: Vec<Actor> =
        (0..MEMBERS).map(|host| replica(network, host, &seeds, &[])).collect::<Outcome<_>>()?;
    let references = replicas.iter_mut().map(reference).collect::<Outcome<Vec<_>>>()?;
    let mut plain: Vec<Actor> =
        (0..MEMBERS).map(|_| replica(network, PLAIN, &[], &[])).collect::<Outcome<_>>()?;
    let plain_references = plain.iter_mut().map(reference).collect::<Outcome<Vec<_>>>()?;
    let mut to_group = caller(network, &references)?;
    let mut to_plain = caller(network, &plain_references[..1])?;
    let mut to_plains = caller(network, &plain_references)?;
    let mut pairs = Vec::new();
    for order in ["set 64", "set 64", "set 1"] {
        let order = format!("{order} {ms}");
        pairs.push((did(&mut to_group, &replicas, &order)?, did(&mut to_plain, &plain, &order)?));
    }
    let gets = queries((&mut to_group, &replicas), (&mut to_plains, &plain), ms)?;
    drop((to_plain, to_plains));
    let told = local(&mut replicas[1], &mut to_group, ms)?;
    let [_, sets, one] = &pairs[..] else { return Err("a load is missing".into()) };
    if !stage.plan.smoke {
        tell(stage, (sets, one, &gets), told);
    }
    let longest = failure(stage, (&mut to_group, &mut replicas, &seeds), &[], ms)?;
    let short = tuned(stage, ms)?;
    if !stage.plan.smoke {
        let work = "kill -9 of each under 64 clients: longest call";
        stage.report.line(work, &format!("{longest:.0} ms"), "-", "1 s", Verdict::of(longest <= 1000.0));
        let work = "  with detection and lease of 100 ms";
        stage.report.line(work, &format!("{short:.0} ms"), "-", "250 ms", Verdict::of(short <= 250.0));
    }
    many(stage, (&mut to_group, &mut replicas, &seeds), ms)
}

type Pair = (Did, Did);

/// Queries of the group and of plain objects by turns, for a machine is not in one second what it is in the next: the turn in the
/// middle, by how much more the group's cost.
fn queries(group: (&mut Actor, &[Actor]), plain: (&mut Actor, &[Actor]), ms: u64) -> Outcome<Pair> {
    let order = format!("get {CALLERS} {}", (2 * ms).div_ceil(TURNS));
    let mut turns = Vec::new();
    for _ in 0..TURNS {
        turns.push((did(group.0, group.1, &order)?, did(plain.0, plain.1, &order)?));
    }
    turns.sort_by(|one, other| times_plain(one).total_cmp(&times_plain(other)));
    Ok(turns.swap_remove(turns.len() / 2))
}

fn times_plain((ours, theirs): &Pair) -> f64 {
    ours.processor_us / theirs.processor_us
}

fn tell(stage: &mut Stage, (sets, one, gets): (&Pair, &Pair, &Pair), (mean, median, late): (f64, f64, f64)) {
    let report = &mut stage.report;
    let share = sets.0.rate / sets.1.rate;
    let (ours, theirs) = (thousands(sets.0.rate), format!("plain {}", thousands(sets.1.rate)));
    report.line(
        "set, 64 in flight, three replicas",
        &format!("{ours}, {share:.2} of plain"),
        &theirs,
        "a fifth",
        Verdict::of(share >= 0.2),
    );
    let times = one.1.rate / one.0.rate;
    let (ours, theirs) = (1e6 / one.0.rate, format!("plain {:.0} us", 1e6 / one.1.rate));
    report.line(
        "set, one client",
        &format!("{ours:.0} us, {times:.1}x plain"),
        &theirs,
        "4x",
        Verdict::of(times <= 4.0),
    );
    let times = times_plain(gets);
    let (ours, theirs) = (gets.0.processor_us, format!("three plain {:.1} us", gets.1.processor_us));
    report.line(
        "get from elsewhere, processor time",
        &format!("{ours:.1} us, {times:.2}x plain"),
        &theirs,
        "1.1x",
        Verdict::of(times <= 1.1),
    );
    let figure = format!("p50 {median:.2} us, mean {mean:.2}, p99 {late:.0}");
    report.line("get in a member's process, 1,000 sets/s", &figure, "-", "1 us", Verdict::of(median <= 1.0));
}

/// Queries in a member's process while updates run: microseconds, the mean, the median and the 99th of a hundred.
fn local(replica: &mut Actor, updates: &mut Actor, ms: u64) -> Outcome<(f64, f64, f64)> {
    updates.say(&format!("pace 1000 {}", ms + 500))?;
    replica.say(&format!("local {ms}"))?;
    let words = replica.wait("local", |_| true)?;
    updates.wait("did", |_| true)?;
    let us = |at: usize| words[at].number().map(|ns| ns as f64 / 1e3);
    Ok((us(2)?, us(3)?, us(4)?))
}

/// kill -9 of each replica in turn, under all clients: the longest call, in milliseconds.
fn failure(
    stage: &Stage,
    (clients, replicas, seeds): (&mut Actor, &mut [Actor], &[String]),
    settings: &[&str],
    ms: u64,
) -> Outcome<f64> {
    let mut longest: f64 = 0.0;
    let kills = if stage.plan.smoke { 1 } else { MEMBERS };
    for (host, victim) in replicas.iter_mut().enumerate().take(kills) {
        longest = longest.max(lose(clients, victim, ms)?);
        *victim = replica(stage.network, host, seeds, settings)?;
        reference(victim)?;
    }
    Ok(longest)
}

/// The same with short times, in a domain of its own.
fn tuned(stage: &Stage, ms: u64) -> Outcome<f64> {
    let network = stage.network;
    let seeds: Vec<String> = (0..MEMBERS).map(|host| network.listen(host)).collect();
    // Where nothing is timed the machine may be busy: who is slow is not excluded.
    let settings = if stage.plan.smoke { &TUNED[2..] } else { &TUNED[..] };
    let start = |host| replica(network, host, &seeds, settings);
    let mut replicas = (0..MEMBERS).map(start).collect::<Outcome<Vec<_>>>()?;
    let references = replicas.iter_mut().map(reference).collect::<Outcome<Vec<_>>>()?;
    let mut clients = caller(network, &references)?;
    failure(stage, (&mut clients, &mut replicas, &seeds), settings, ms)
}

/// kill -9 of one under all clients: the longest call, in milliseconds.
fn lose(clients: &mut Actor, victim: &mut Actor, ms: u64) -> Outcome<f64> {
    clients.say(&format!("set {CALLERS} {}", ms.max(1000)))?;
    std::thread::sleep(Duration::from_millis(300));
    victim.kill()?;
    let words = clients.wait("did", |_| true)?;
    Ok(words[3].number()? as f64 / 1e3)
}

/// Ten thousand grids: created by all replicas at once, going on without one under all clients of one of them, then taken
/// over by one that comes later.
fn many(
    stage: &mut Stage,
    (clients, replicas, seeds): (&mut Actor, &mut [Actor], &[String]),
    ms: u64,
) -> Outcome<()> {
    let count = if stage.plan.smoke { 100 } else { 10_000 };
    let created = serve(replicas, count)?;
    let longest = lose(clients, &mut replicas[2], ms)?;
    replicas[2] = replica(stage.network, 2, seeds, &[])?;
    reference(&mut replicas[2])?;
    let complete = serve(&mut replicas[2..], count)?;
    if !stage.plan.smoke {
        let report = &mut stage.report;
        report.line(
            "10,000 grids created by three",
            &format!("{created:.1} s"),
            "-",
            "20 s",
            Verdict::of(created <= 20.0),
        );
        report.line(
            "  kill -9 of one under 64 clients: longest call",
            &format!("{longest:.0} ms"),
            "-",
            "2 s",
            Verdict::of(longest <= 2000.0),
        );
        report.line(
            "  a new member has them all",
            &format!("{complete:.1} s"),
            "-",
            "60 s",
            Verdict::of(complete <= 60.0),
        );
    }
    Ok(())
}

/// Seconds until all of them serve so many grids.
fn serve(replicas: &mut [Actor], count: u64) -> Outcome<f64> {
    for replica in replicas.iter_mut() {
        replica.say(&format!("serve {count}"))?;
    }
    let mut slowest = 0;
    for replica in replicas {
        let words = replica.wait_for("served", PATIENCE, |_| true)?.ok_or("not served in time")?;
        slowest = slowest.max(words[2].number()?);
    }
    Ok(slowest as f64 / 1e3)
}

fn did(clients: &mut Actor, servers: &[Actor], order: &str) -> Outcome<Did> {
    let processor = |clients: &Actor| -> Duration {
        servers.iter().chain([clients]).map(|actor| processor_time(actor.pid())).sum()
    };
    let before = processor(clients);
    clients.say(order)?;
    let words = clients.wait("did", |_| true)?;
    let (count, us) = (words[1].number()? as f64, words[2].number()? as f64);
    let spent = processor(clients).saturating_sub(before).as_secs_f64();
    Ok(Did { rate: count / us * 1e6, processor_us: spent * 1e6 / count })
}

fn replica(network: &Network, host: usize, seeds: &[String], settings: &[&str]) -> Outcome<Actor> {
    let program = std::env::current_exe()?;
    let mut command = network.hosts[host].command(&program.to_string_lossy());
    command.args(["replica", "--listen", &network.listen(host)]);
    if let Some(seed) = seeds.get(host) {
        command.args(["--member", seed, "--seeds", &seeds.join(",")]).args(settings);
    }
    Actor::start(format!("replica {host}"), command)
}

fn reference(replica: &mut Actor) -> Outcome<String> {
    Ok(replica.wait("ready", |_| true)?[1].0.clone())
}

fn caller(network: &Network, references: &[String]) -> Outcome<Actor> {
    let program = std::env::current_exe()?;
    let mut command = network.hosts[CLIENTS].command(&program.to_string_lossy());
    command.args(["caller", "--references", &references.join(",")]);
    let mut caller = Actor::start("caller".into(), command)?;
    caller.wait("ready", |_| true)?;
    Ok(caller)
}
