//! The pairs that are compared: a server process and the command of its client.

use std::process::{Command, Stdio};

use quorb_interop::Process;
use quorb_interop::peers::PeerDir;

use crate::measure::{Measured, Outcome, Plan, Work, cpu_of, parse};

/// A server with the clients that call it.
pub(crate) struct Pair {
    pub(crate) name: &'static str,
    server: Process,
    reference: String,
    client: Client,
    core: usize,
}

enum Client {
    Ours(&'static str),
    Raw,
    Omniorb(PeerDir),
}

/// One turn of a pair.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// Microseconds from the first call to the last, divided by the calls.
    pub(crate) us_per_call: f64,
    /// Processor time of both sides, in microseconds.
    pub(crate) cpu_us_per_call: f64,
}

/// A command on one core.
fn pinned(core: usize, program: &std::ffi::OsStr) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}

fn own(core: usize, arguments: &[&str]) -> Outcome<Command> {
    let mut command = pinned(core, std::env::current_exe()?.as_os_str());
    command.args(arguments);
    Ok(command)
}

impl Pair {
    pub(crate) fn raw(core: usize) -> Outcome<Pair> {
        Pair::start("raw blocking sockets", own(core, &["raw-serve"])?, Client::Raw, core)
    }

    pub(crate) fn native(core: usize) -> Outcome<Pair> {
        Pair::start("quorb, native", own(core, &["serve"])?, Client::Ours("native"), core)
    }

    pub(crate) fn iiop(core: usize) -> Outcome<Pair> {
        Pair::start("quorb, IIOP", own(core, &["serve"])?, Client::Ours("iiop"), core)
    }

    /// omniORB on both sides, for one kind of work: its server announces one object.
    pub(crate) fn omniorb(core: usize, peers: &PeerDir, work: Work) -> Outcome<Pair> {
        let mut server = pinned(core, peers.program("bench_server").get_program());
        server.args(["--interface", if work == Work::Get { "grid" } else { "echo" }]);
        Pair::start("omniORB", server, Client::Omniorb(peers.clone()), core)
    }

    fn start(name: &'static str, server: Command, client: Client, core: usize) -> Outcome<Pair> {
        let mut server = Process::start(server)?;
        let reference = server.ready()?;
        Ok(Pair { name, server, reference, client, core })
    }

    /// Runs a client once.
    pub(crate) fn turn(&self, plan: &Plan) -> Outcome<Turn> {
        let mut command = self.command(plan)?;
        let before = cpu_of(self.server.id())?;
        let output = command.stderr(Stdio::inherit()).output()?;
        let server_cpu = cpu_of(self.server.id())?.saturating_sub(before);
        if !output.status.success() {
            return Err(format!("the client of {} ended with {}", self.name, output.status).into());
        }
        let Measured { calls, total, client_cpu } = parse(String::from_utf8(output.stdout)?.trim())?;
        let per_call = |time: std::time::Duration| time.as_secs_f64() * 1e6 / calls as f64;
        Ok(Turn {
            us_per_call: per_call(total),
            cpu_us_per_call: per_call(client_cpu) + per_call(server_cpu),
        })
    }

    fn command(&self, plan: &Plan) -> Outcome<Command> {
        let work = match plan.work {
            Work::Get => "get",
            Work::Echo => "echo",
        };
        let (count, in_flight) = (plan.count.to_string(), plan.in_flight.to_string());
        let own_arguments = ["--work", work, "--count", &count, "--in-flight", &in_flight];
        match &self.client {
            Client::Ours(protocol) => {
                let mut command = own(self.core, &["call", &self.reference, protocol])?;
                command.args(own_arguments);
                Ok(command)
            }
            Client::Raw => {
                let mut command = own(self.core, &["raw-call", &self.reference])?;
                command.args(own_arguments);
                Ok(command)
            }
            Client::Omniorb(peers) => {
                let operation = if plan.work == Work::Get { "get" } else { "echo_octets" };
                let mut command = pinned(self.core, peers.program("bench_client").get_program());
                command.args([&self.reference, operation, "--count", &count, "--threads", &in_flight]);
                Ok(command)
            }
        }
    }
}
