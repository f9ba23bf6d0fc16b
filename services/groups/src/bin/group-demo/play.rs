//! The play: starts members as processes of this program, kills one, starts another, and compares what they delivered.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// A line that does not come in this time never comes.
const PATIENCE: Duration = Duration::from_secs(60);
/// The victim dies when it has delivered this many.
const KILL_AFTER: u64 = 5000;

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
    fn start(name: &'static str, listen: &str, seeds: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["member", "--listen", listen, "--seeds", &seeds.join(",")]);
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

/// Addresses that are free now.
fn free_addresses() -> std::io::Result<Vec<String>> {
    let open = || TcpListener::bind("127.0.0.1:0");
    let listeners = [open()?, open()?, open()?];
    listeners.iter().map(|l| Ok(l.local_addr()?.to_string())).collect()
}

/// Plays it.
pub(crate) fn play() -> Result<(), Box<dyn Error>> {
    let seeds = free_addresses()?;
    let mut anna = Actor::start("anna", &seeds[0], &seeds)?;
    let mut bert = Actor::start("bert", &seeds[1], &seeds)?;
    let mut carl = Actor::start("carl", &seeds[2], &seeds)?;
    for actor in [&anna, &bert, &carl] {
        actor.wait_members(3, true)?;
    }
    for actor in [&mut anna, &mut bert, &mut carl] {
        actor.say("send")?;
    }
    let far = format!("delivered {KILL_AFTER}");
    anna.wait(&far, |line| line == far)?;
    anna.child.kill()?;
    let killed = Instant::now();
    println!("anna, the oldest, killed with -9 in mid-traffic");
    drop(anna);
    for actor in [&bert, &carl] {
        actor.wait_members(2, false)?;
    }
    println!("view without her at both after {} ms", killed.elapsed().as_millis());

    let mut dora = Actor::start("dora", &seeds[0], &seeds)?;
    println!("dora: {}", dora.wait("state", |line| line.starts_with("state "))?);
    for actor in [&bert, &carl] {
        actor.wait_members(3, true)?;
    }
    dora.wait_members(3, true)?;
    dora.say("send")?;
    dora.wait("traffic", |line| line.starts_with("delivered "))?;
    for actor in [&mut bert, &mut carl, &mut dora] {
        actor.say("stop")?;
    }
    // Anna was never done, so the third to be done is the last: everything precedes it in the total order.
    let mut ends = Vec::new();
    for actor in [&bert, &carl, &dora] {
        let end = actor.wait("end", |line| line.starts_with("done 3 "))?;
        println!("{}: {end}", actor.name);
        ends.push(end);
    }
    if ends.iter().any(|end| *end != ends[0]) {
        return Err("they delivered different sequences".into());
    }
    for actor in [&mut bert, &mut carl, &mut dora] {
        actor.say("leave")?;
        actor.wait("leave", |line| line == "left: left as asked")?;
    }
    println!("all survivors and the newcomer delivered the same sequence");
    Ok(())
}
