//! A map kept by three processes beside etcd, which is that: puts, linearizable gets, and the loss of the one who leads.

use super::Stage;
use crate::Outcome;
use crate::fleet::Actor;
use crate::network::Network;
use crate::peer::Etcd;
use crate::report::{Verdict, thousands};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Processes that keep the map, and the host of their clients.
const MEMBERS: usize = 3;
const CLIENTS: usize = 4;
/// What others wait for takes no longer than this.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a load that is to see a failure lasts, in milliseconds, and when the failure comes.
const FAILURE_MS: u64 = 6000;
const KILL_AFTER: Duration = Duration::from_millis(500);
/// Where nothing is timed, the machine may be busy: who is slow is not excluded. A killed process is noticed all the same.
const SMOKE_DETECTION_MS: &str = "20000";

/// Where the logs are; removed in the end.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        // What etcd has left is there no more.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One system: who keeps the map, and who calls.
struct System {
    keepers: Vec<Actor>,
    caller: Actor,
}

/// What came of the loads of one system.
#[derive(Default)]
struct Figures {
    puts: f64,
    puts_alone: f64,
    gets: f64,
    /// The longest time without an answer, in milliseconds, for each kill.
    gaps: Vec<f64>,
}

pub(super) fn measure(stage: &mut Stage) -> Outcome<()> {
    let directory = Directory(std::env::temp_dir().join(format!("quorb-store-{}", std::process::id())));
    std::fs::create_dir_all(&directory.0)?;
    let ms = if stage.plan.smoke { 100 } else { stage.plan.load_ms };
    let theirs = theirs(stage, &directory.0, ms)?;
    let durable = ours(stage, Some(&directory.0), ms)?;
    let volatile = ours(stage, None, ms)?;
    if !stage.plan.smoke {
        tell(stage, &durable, &volatile, theirs.as_ref());
    }
    Ok(())
}

fn tell(stage: &mut Stage, durable: &Figures, volatile: &Figures, etcd: Option<&Figures>) {
    type Rate = fn(&Figures) -> f64;
    let rates: [(&str, &Figures, Rate, f64, &str); 6] = [
        ("put, 64 clients, durable map", durable, |f| f.puts, 3.0, "3x"),
        ("put, 64 clients, map in memory", volatile, |f| f.puts, 10.0, "10x"),
        ("put, one client, durable map", durable, |f| f.puts_alone, 0.0, "-"),
        ("put, one client, map in memory", volatile, |f| f.puts_alone, 0.0, "-"),
        ("linearizable get, 64 clients, durable map", durable, |f| f.gets, 20.0, "20x"),
        ("linearizable get, 64 clients, in memory", volatile, |f| f.gets, 20.0, "20x"),
    ];
    for (work, ours, rate, least, asked) in rates {
        let (own, peer) = (rate(ours), etcd.map(rate));
        let times = peer.map(|peer| format!(", {:.1}x", own / peer)).unwrap_or_default();
        let verdict = match least {
            0.0 => Verdict::Open,
            _ => Verdict::ratio(own, peer, |times| times >= least),
        };
        let peer = peer.map_or("-".into(), |peer| format!("etcd {}", thousands(peer)));
        stage.report.line(work, &format!("{}{times}", thousands(own)), &peer, asked, verdict);
    }
    let worst = |figures: &Figures| figures.gaps.iter().copied().fold(0.0, f64::max);
    let all = |figures: &Figures| {
        let gaps: Vec<String> = figures.gaps.iter().map(|ms| format!("{ms:.0}")).collect();
        format!("worst {:.0} ms of {}", worst(figures), gaps.join(" "))
    };
    for (work, ours) in
        [("kill -9 of one, durable: nobody answered", durable), ("kill -9 of one, in memory", volatile)]
    {
        let verdict = Verdict::ratio(worst(ours), etcd.map(worst), |part| part <= 1.0 / 3.0);
        let peer = etcd.map_or("-".into(), |etcd| format!("etcd's leader: {}", all(etcd)));
        stage.report.line(work, &all(ours), &peer, "a third", verdict);
    }
}

/// The map as a replicated object.
fn ours(stage: &Stage, data: Option<&Path>, ms: u64) -> Outcome<Figures> {
    let network = stage.network;
    let seeds: Vec<String> = (0..MEMBERS).map(|host| network.listen(host)).collect();
    let start = |host| keeper(stage, host, &seeds, data);
    let mut keepers = (0..MEMBERS).map(start).collect::<Outcome<Vec<_>>>()?;
    let references = keepers.iter_mut().map(ready).collect::<Outcome<Vec<_>>>()?;
    let caller = caller(network, "--references", &references)?;
    let mut system = System { keepers, caller };
    let mut figures = system.loads(&["all"], ms)?;
    for number in 0..kills(stage) {
        figures.gaps.push(system.lose(number, failure_ms(stage))?);
        system.keepers[number] = keeper(stage, number, &seeds, data)?;
        ready(&mut system.keepers[number])?;
    }
    Ok(figures)
}

/// The same by etcd, if it is there.
fn theirs(stage: &Stage, directory: &Path, ms: u64) -> Outcome<Option<Figures>> {
    if stage.plan.alone {
        return Ok(None);
    }
    let mut etcd = match Etcd::start(stage.network, MEMBERS, directory) {
        Ok(etcd) => etcd,
        Err(error) => {
            eprintln!("without etcd, so without ratios to it: {error}");
            return Ok(None);
        }
    };
    let caller = caller(stage.network, "--etcd", &etcd.addresses)?;
    let mut system = System { keepers: std::mem::take(&mut etcd.servers), caller };
    // Where clients go is their choice: the better of both counts.
    let leader = system.leader()?;
    let mut figures = system.loads(&["all", &leader.to_string()], ms)?;
    for _ in 0..kills(stage) {
        let leader = system.leader()?;
        figures.gaps.push(system.lose(leader, failure_ms(stage))?);
        etcd.servers = std::mem::take(&mut system.keepers);
        etcd.restart(stage.network, leader)?;
        system.keepers = std::mem::take(&mut etcd.servers);
        system.leader()?;
    }
    Ok(Some(figures))
}

fn failure_ms(stage: &Stage) -> u64 {
    if stage.plan.smoke { 1000 } else { FAILURE_MS }
}

fn kills(stage: &Stage) -> usize {
    if stage.plan.smoke { 1 } else { MEMBERS }
}

impl System {
    /// Loads without failures, with clients at those servers; the best way of each counts.
    fn loads(&mut self, ways: &[&str], ms: u64) -> Outcome<Figures> {
        let mut best = Figures::default();
        // The first round only warms up.
        for round in 0..2 {
            for way in ways {
                let puts = self.load(&format!("put 64 {ms} {way}"))?;
                let gets = self.load(&format!("get 64 {ms} {way}"))?;
                let alone = self.load(&format!("put 1 {ms} {way}"))?;
                if round > 0 {
                    best.puts = best.puts.max(puts);
                    best.gets = best.gets.max(gets);
                    best.puts_alone = best.puts_alone.max(alone);
                }
            }
        }
        Ok(best)
    }

    /// Calls in a second.
    fn load(&mut self, order: &str) -> Outcome<f64> {
        self.caller.say(order)?;
        let words = self.did()?;
        Ok(words[0] / words[1] * 1e6)
    }

    fn did(&mut self) -> Outcome<Vec<f64>> {
        let words = self.caller.wait_for("did", PATIENCE, |_| true)?.ok_or("a load has no end")?;
        words[1..].iter().map(|word| word.number().map(|number| number as f64)).collect()
    }

    /// kill -9 of one while all clients put: how long nobody was answered, in milliseconds.
    fn lose(&mut self, number: usize, ms: u64) -> Outcome<f64> {
        self.caller.say(&format!("put 64 {ms} all"))?;
        std::thread::sleep(KILL_AFTER);
        self.keepers[number].kill()?;
        // While it is away every client's last value is to be found at the others.
        Ok(self.did()?[2] / 1e3)
    }

    fn leader(&mut self) -> Outcome<usize> {
        self.caller.say("leader")?;
        Ok(self.caller.wait("leader", |_| true)?[1].number()? as usize)
    }
}

fn keeper(stage: &Stage, host: usize, seeds: &[String], data: Option<&Path>) -> Outcome<Actor> {
    let program = std::env::current_exe()?;
    let mut command = stage.network.hosts[host].command(&program.to_string_lossy());
    command.args(["keeper", "--listen", &stage.network.listen(host)]);
    if stage.plan.smoke {
        command.args(["--detection", SMOKE_DETECTION_MS]);
    }
    command.args(["--member", &seeds[host], "--seeds", &seeds.join(",")]);
    if let Some(data) = data {
        command.args(["--data", &data.join(host.to_string()).to_string_lossy()]);
    }
    Actor::start(format!("keeper {host}"), command)
}

fn ready(keeper: &mut Actor) -> Outcome<String> {
    Ok(keeper.wait("ready", |_| true)?[1].0.clone())
}

fn caller(network: &Network, option: &str, whom: &[String]) -> Outcome<Actor> {
    let program = std::env::current_exe()?;
    let mut command = network.hosts[CLIENTS].command(&program.to_string_lossy());
    command.args(["store-caller", option, &whom.join(",")]);
    let mut caller = Actor::start("store caller".into(), command)?;
    caller.wait("ready", |_| true)?;
    Ok(caller)
}
