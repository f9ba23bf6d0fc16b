//! The play: starts members as processes of this program, kills one, stops one, cuts one off, starts others in their place,
//! and compares what they delivered.

use crate::hosts::Hosts;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// A line that does not come in this time never comes.
const PATIENCE: Duration = Duration::from_secs(60);
/// The victim dies when it has delivered this many.
const KILL_AFTER: u64 = 5000;
/// How long a process is stopped: less than anybody's suspicion takes.
const STOPPED: Duration = Duration::from_millis(300);

/// A member's process. It is killed when dropped.
struct Actor {
    name: &'static str,
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Drop for Actor {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Actor {
    fn start(name: &'static str, hosts: &Hosts, host: usize) -> Result<Self, Box<dyn Error>> {
        let mut command = hosts.command(host, &std::env::current_exe()?);
        let seeds = hosts.addresses.join(",");
        command.args(["member", "--listen", &hosts.addresses[host], "--seeds", &seeds]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { name, child, input, lines })
    }

    fn say(&mut self, order: &str) -> Result<(), Box<dyn Error>> {
        Ok(writeln!(self.input, "{order}")?)
    }

    /// Sends it a signal by its name.
    fn signal(&self, signal: &str) -> Result<(), Box<dyn Error>> {
        let kill =
            Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status()?;
        if kill.success() { Ok(()) } else { Err(format!("{}: no signal {signal}", self.name).into()) }
    }

    /// Waits for a line; those in between are dropped.
    fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> Result<String, Box<dyn Error>> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.map_err(|why| format!("{}: no {what}: {why}", self.name))?;
            if wanted(&line) {
                return Ok(line);
            }
        }
    }

    fn wait_members(&self, count: usize, complete: bool) -> Result<String, Box<dyn Error>> {
        let members = format!(" of {count} ");
        let wanted = |line: &str| {
            line.starts_with("view ") && line.contains(&members) && (!complete || line.ends_with("complete"))
        };
        let line = self.wait(&format!("view of {count}"), wanted)?;
        println!("{}: {line}", self.name);
        Ok(line)
    }
}

/// Plays it.
pub(crate) fn play(namespaces: bool) -> Result<(), Box<dyn Error>> {
    let hosts = if namespaces { Hosts::in_namespaces(3)? } else { Hosts::on_the_loopback(3)? };
    let mut anna = Actor::start("anna", &hosts, 0)?;
    let mut bert = Actor::start("bert", &hosts, 1)?;
    let mut carl = Actor::start("carl", &hosts, 2)?;
    for actor in [&anna, &bert, &carl] {
        actor.wait_members(3, true)?;
    }
    for actor in [&mut anna, &mut bert, &mut carl] {
        actor.say("send")?;
    }
    kill(anna, [&bert, &carl])?;
    let mut dora = replace("dora", &hosts, 0, [&bert, &carl])?;
    stop(&carl, &bert)?;
    if hosts.can_cut() {
        cut_off(&hosts, bert, [&carl, &dora])?;
        bert = replace("emil", &hosts, 1, [&carl, &dora])?;
    } else {
        println!("nobody is cut off: that takes --namespaces");
    }
    finish([&mut bert, &mut carl, &mut dora])
}

/// The oldest is killed in mid-traffic.
fn kill(mut victim: Actor, others: [&Actor; 2]) -> Result<(), Box<dyn Error>> {
    let far = format!("delivered {KILL_AFTER}");
    victim.wait(&far, |line| line == far)?;
    victim.child.kill()?;
    let killed = Instant::now();
    println!("{}, the oldest, killed with -9 in mid-traffic", victim.name);
    drop(victim);
    for actor in others {
        actor.wait_members(2, false)?;
    }
    println!("a view without it at both after {} ms", killed.elapsed().as_millis());
    Ok(())
}

/// Another process in the place of one that is gone: it gets the state, and sends too.
fn replace(
    name: &'static str,
    hosts: &Hosts,
    host: usize,
    others: [&Actor; 2],
) -> Result<Actor, Box<dyn Error>> {
    let mut actor = Actor::start(name, hosts, host)?;
    println!("{name}: {}", actor.wait("state", |line| line.starts_with("state "))?);
    for other in others {
        other.wait_members(3, true)?;
    }
    actor.wait_members(3, true)?;
    actor.say("send")?;
    actor.wait("traffic", |line| line.starts_with("delivered "))?;
    Ok(actor)
}

/// A process stands still for a while and goes on: nobody is excluded for it.
fn stop(victim: &Actor, other: &Actor) -> Result<(), Box<dyn Error>> {
    victim.signal("STOP")?;
    std::thread::sleep(STOPPED);
    victim.signal("CONT")?;
    println!("{} stopped for {} ms with -STOP in mid-traffic", victim.name, STOPPED.as_millis());
    for actor in [victim, other] {
        let went_on = |line: &str| line.starts_with("delivered ") || line.starts_with("view ");
        let line = actor.wait("traffic", went_on)?;
        if line.starts_with("view ") {
            return Err(format!("{}: {line}, though everyone is there", actor.name).into());
        }
    }
    Ok(())
}

/// A process is cut off: it must not act, the others go on without it, and it is told so when it is back.
fn cut_off(hosts: &Hosts, victim: Actor, others: [&Actor; 2]) -> Result<(), Box<dyn Error>> {
    hosts.set_connected(1, false)?;
    let cut = Instant::now();
    println!("{} cut off from the others", victim.name);
    for actor in others {
        actor.wait_members(2, false)?;
    }
    println!("a view without it at both after {} ms", cut.elapsed().as_millis());
    println!("{}: {}", victim.name, victim.wait("verdict", |line| line == "blocked NotPrimary")?);
    hosts.set_connected(1, true)?;
    println!("{}: {}", victim.name, victim.wait("end", |line| line.starts_with("ended: "))?);
    Ok(())
}

/// All stop sending, compare, and leave.
fn finish(mut actors: [&mut Actor; 3]) -> Result<(), Box<dyn Error>> {
    for actor in &mut actors {
        actor.say("stop")?;
    }
    // Whoever was lost was never done, so the third to be done is the last: everything precedes it in the total order.
    let mut ends = Vec::new();
    for actor in &actors {
        let end = actor.wait("end", |line| line.starts_with("done 3 "))?;
        println!("{}: {end}", actor.name);
        ends.push(end);
    }
    if ends.iter().any(|end| *end != ends[0]) {
        return Err("they delivered different sequences".into());
    }
    for actor in &mut actors {
        actor.say("leave")?;
        actor.wait("leave", |line| line == "left: left as asked")?;
    }
    println!("all survivors and the newcomers delivered the same sequence");
    Ok(())
}
