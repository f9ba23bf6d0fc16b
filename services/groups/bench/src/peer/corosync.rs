//! corosync from the distribution's packages, one daemon a network namespace, and a small member over libcpg.

use crate::Outcome;
use crate::fleet::{Actor, Fleet};
use crate::network::{Host, Network};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The member's source, compiled when it is needed.
const MEMBER: &str = include_str!("cpg_member.c");

/// A transport of corosync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Udpu,
    Knet,
}

impl Transport {
    pub(crate) const ALL: [Self; 2] = [Self::Udpu, Self::Knet];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Udpu => "udpu",
            Self::Knet => "knet",
        }
    }
}

/// What is needed to run it; its directory is removed in the end.
#[derive(Debug)]
pub(crate) struct Corosync {
    member: PathBuf,
    directory: PathBuf,
}

impl Drop for Corosync {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            eprintln!("left behind: {}: {error}", self.directory.display());
        }
    }
}

impl Corosync {
    /// Makes it ready, or says why it cannot be.
    pub(crate) fn prepare(network: &Network) -> Outcome<Self> {
        if !network.has_namespaces() {
            return Err("corosync needs a network namespace for each daemon".into());
        }
        if !Path::new("/usr/sbin/corosync").exists() || !Path::new("/usr/include/corosync/cpg.h").exists() {
            return Err("corosync is not installed: apt-get install corosync libcpg-dev gcc".into());
        }
        let directory = std::env::temp_dir().join(format!("quorb-groups-bench-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let corosync = Self { member: directory.join("cpg-member"), directory };
        let source = corosync.directory.join("cpg_member.c");
        fs::write(&source, MEMBER)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"]);
        let status = compiler.arg(&corosync.member).arg(&source).arg("-lcpg").status()?;
        if !status.success() {
            return Err("the member of corosync does not compile".into());
        }
        Ok(corosync)
    }

    /// Daemons on these hosts, and a member beside each. A host has room for one daemon: the names by which members find
    /// theirs belong to the network namespace.
    pub(crate) fn start(&self, hosts: &[Host], transport: Transport) -> Outcome<Fleet> {
        let tag = format!("{}-{}", transport.name(), hosts.len());
        let mut daemons = Vec::new();
        for host in hosts {
            let home = self.directory.join(format!("{tag}-{}", host.number()));
            for part in ["run", "state"] {
                fs::create_dir_all(home.join(part))?;
            }
            let config = home.join("corosync.conf");
            fs::write(&config, configuration(hosts, transport, &home))?;
            // The daemon's lock file has one place: a private directory is mounted there.
            let script = format!(
                "mount --bind {run} /run && exec corosync -f -c {config} > {log} 2>&1",
                run = home.join("run").display(),
                config = config.display(),
                log = home.join("log").display()
            );
            let mut command = host.command("unshare");
            command.args(["--mount", "sh", "-c", &script]);
            daemons.push(Actor::start(format!("corosync {tag} {}", host.number()), command)?);
        }
        let start = |host: &Host| {
            let command = host.command(&self.member.to_string_lossy());
            Actor::start(format!("cpg member {tag} {}", host.number()), command)
        };
        let actors = hosts.iter().map(start).collect::<Outcome<_>>()?;
        let mut fleet = Fleet::new(actors, daemons);
        fleet.wait_view(hosts.len())?;
        Ok(fleet)
    }
}

/// The defaults, without encryption, and without real-time priority: on a busy machine a daemon that has it is measured
/// against members that have not.
fn configuration(hosts: &[Host], transport: Transport, home: &Path) -> String {
    let (name, count) = (transport.name(), hosts.len());
    let mut text = format!(
        "totem {{\n  version: 2\n  cluster_name: bench{name}{count}\n  transport: {name}\n  crypto_cipher: none\n  \
         crypto_hash: none\n}}\nlogging {{\n  to_stderr: yes\n  to_syslog: no\n}}\n\
         system {{\n  sched_rr: no\n  state_dir: {}\n}}\nnodelist {{\n",
        home.join("state").display()
    );
    for host in hosts {
        text += &format!(
            "  node {{\n    ring0_addr: {}\n    nodeid: {}\n  }}\n",
            host.address,
            host.number() + 1
        );
    }
    text + "}\n"
}
