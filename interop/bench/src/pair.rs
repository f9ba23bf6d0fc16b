//! The pairs that are compared: a server process and the command of its client.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Duration;

use quorb_interop::Process;
use quorb_interop::peers::PeerDir;

use crate::measure::{Measured, cpu_of, parse};
use crate::plan::{Flavour, Outcome, Peer, Protocol, Work, word};

/// How processes are started.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) cores: String,
    pub(crate) flavour: Flavour,
    pub(crate) omniorb: Option<PeerDir>,
}

/// A server with the client that calls it.
pub(crate) struct Pair<'a> {
    pub(crate) peer: Peer,
    work: Work,
    surroundings: &'a Surroundings,
    server: Option<Process>,
    reference: String,
}

/// One turn of a pair, in microseconds a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// From the first call to the last, divided by the calls.
    pub(crate) mean: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Processor time of both sides.
    pub(crate) cpu: f64,
}

impl Surroundings {
    fn pinned(&self, program: &OsStr) -> Command {
        let mut command = Command::new("taskset");
        command.args(["-c", &self.cores]).arg(program);
        command
    }

    fn own(&self, arguments: &[&str]) -> Outcome<Command> {
        let mut command = self.pinned(std::env::current_exe()?.as_os_str());
        command.args(arguments);
        Ok(command)
    }

    fn foreign(&self, program: &str) -> Outcome<Command> {
        let peers = self.omniorb.as_ref().ok_or("omniORB is not here")?;
        let mut command = self.pinned(peers.program(program).get_program());
        command.args(["-ORBgiopMaxMsgSize", "67108864"]);
        Ok(command)
    }

    /// Starts the server of a peer; what it announces is a reference or an address.
    pub(crate) fn server(&self, peer: Peer, work: Work) -> Outcome<(Process, String)> {
        let flavour = if peer == Peer::OmniorbMulti { Flavour::MultiThread } else { self.flavour };
        let command = match peer {
            Peer::Omniorb | Peer::OmniorbOne => self.foreign("bench_server")?,
            _ => self.own(&["serve", &protocol_of(peer, work).word(), &flavour.word()])?,
        };
        let mut server = Process::start(command)?;
        let reference = server.ready()?;
        Ok((server, reference))
    }

    /// A client that opens connections and holds them. Those of omniORB's server are opened by our client: omniORB's own
    /// opens no more than one for a call in progress.
    pub(crate) fn holder(&self, peer: Peer, reference: &str, connections: usize) -> Outcome<Process> {
        let protocol = if peer == Peer::Omniorb { Protocol::Iiop } else { protocol_of(peer, Work::Memory) };
        let arguments = ["hold", &protocol.word(), &self.flavour.word(), reference, &connections.to_string()];
        let mut holder = Process::start(self.own(&arguments)?)?;
        holder.line("holding", HOLDING_WAIT)?;
        Ok(holder)
    }
}

/// The time it may take to open a thousand connections.
const HOLDING_WAIT: Duration = Duration::from_secs(60);

fn protocol_of(peer: Peer, work: Work) -> Protocol {
    match peer {
        Peer::Raw => Protocol::Raw,
        Peer::RawTokio => Protocol::RawTokio,
        Peer::Tarpc => Protocol::Tarpc,
        Peer::Tonic => Protocol::Tonic,
        Peer::NativeCbor => Protocol::NativeCbor,
        Peer::Iiop | Peer::OmniorbOurs | Peer::OmniorbMulti => Protocol::Iiop,
        Peer::NativeBlocking => Protocol::NativeBlocking,
        Peer::IiopBlocking => Protocol::IiopBlocking,
        Peer::NativeThreads => Protocol::NativeThreads,
        Peer::IiopThreads | Peer::OmniorbThreads => Protocol::IiopThreads,
        _ if work == Work::Stream => Protocol::NativeStream,
        _ => Protocol::Native,
    }
}

impl Pair<'_> {
    /// Starts the server, if there is one.
    pub(crate) fn start(surroundings: &Surroundings, peer: Peer, work: Work) -> Outcome<Pair<'_>> {
        let pair = Pair { peer, work, surroundings, server: None, reference: "collocated".to_owned() };
        if work == Work::Collocated {
            return Ok(pair);
        }
        let (server, reference) = surroundings.server(peer, work)?;
        Ok(Pair { server: Some(server), reference, ..pair })
    }

    /// Runs a client once.
    pub(crate) fn turn(&self, milliseconds: u64) -> Outcome<Turn> {
        let mut command = self.client(milliseconds)?;
        let server_cpu = || self.server.as_ref().map_or(Ok(Duration::ZERO), |server| cpu_of(server.id()));
        let before = server_cpu()?;
        let output = command.stderr(Stdio::inherit()).output()?;
        let server_cpu = server_cpu()?.saturating_sub(before);
        if !output.status.success() {
            return Err(format!("the client of {} ended with {}", self.peer.name(), output.status).into());
        }
        let Measured { calls, all_calls, total, p50, p99, client_cpu } =
            parse(String::from_utf8(output.stdout)?.trim())?;
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        Ok(Turn {
            mean: us(total) / calls as f64,
            p50: us(p50),
            p99: us(p99),
            // The server does not know where the warm-up ends.
            cpu: us(client_cpu) / calls as f64 + us(server_cpu) / all_calls as f64,
        })
    }

    fn client(&self, milliseconds: u64) -> Outcome<Command> {
        if self.peer.needs_omniorb() {
            return self.foreign_client(milliseconds);
        }
        let plan = ["--work", &word(self.work), "--milliseconds", &milliseconds.to_string()];
        let (protocol, flavour) =
            (protocol_of(self.peer, self.work).word(), self.surroundings.flavour.word());
        let mut command = match (self.work, self.peer) {
            (Work::Collocated, Peer::Direct) => self.surroundings.own(&["collocated", "--direct"])?,
            (Work::Collocated, _) => self.surroundings.own(&["collocated"])?,
            _ => self.surroundings.own(&["call", &protocol, &flavour, &self.reference])?,
        };
        command.args(plan);
        Ok(command)
    }

    fn foreign_client(&self, milliseconds: u64) -> Outcome<Command> {
        let operation = match self.work {
            Work::Octets64K | Work::Octets1M => "echo_octets",
            Work::Longs => "echo_longs",
            Work::Records => "echo_items",
            Work::Oneway => "note",
            _ => "get",
        };
        let threads = self.work.in_flight().to_string();
        let mut command = self.surroundings.foreign("bench_client")?;
        if self.peer == Peer::OmniorbOne {
            command.args(["-ORBoneCallPerConnection", "0", "-ORBmaxGIOPConnectionPerServer", "1"]);
            command.args(["-ORBmaxInterleavedCallsPerConnection", &threads]);
        }
        command.args([&self.reference, operation, "--milliseconds", &milliseconds.to_string()]);
        command.args(["--threads", &threads, "--size", &self.work.size().max(1).to_string()]);
        Ok(command)
    }
}
