//! Where the processes run: each in a network namespace of its own where that is permitted, so that it can be cut off; else all
//! on the loopback.

use std::io::{Error, Result};
use std::net::TcpListener;
use std::process::{Command, Stdio};

/// The port of a domain's member, and that of its broker, on a host of its own.
const PORTS: (u16, u16) = (7400, 7500);

/// A place for each process.
pub(crate) struct Hosts {
    /// Where the members of the domain listen.
    pub(crate) domain: Vec<String>,
    namespaces: Vec<String>,
    bridge: Option<String>,
    network: String,
}

impl Hosts {
    /// So many hosts that can be cut off, if that is permitted.
    pub(crate) fn new(count: usize) -> Result<Self> {
        match Self::in_namespaces(count) {
            Ok(hosts) => Ok(hosts),
            Err(error) => {
                println!("  nobody can be cut off here ({error})");
                Self::on_the_loopback(count)
            }
        }
    }

    /// Addresses that are free now.
    pub(crate) fn on_the_loopback(count: usize) -> Result<Self> {
        let domain = free(count)?;
        Ok(Self { domain, namespaces: Vec::new(), bridge: None, network: String::new() })
    }

    fn in_namespaces(count: usize) -> Result<Self> {
        let process = std::process::id();
        let (tag, network) =
            (format!("qk{process}"), format!("10.{}.{}", 85 + process % 100, process / 100 % 250));
        let bridge = format!("{tag}b");
        ip(&["link", "add", &bridge, "type", "bridge"])?;
        // From here on, dropping takes down what there is.
        let mut hosts =
            Self { domain: Vec::new(), namespaces: Vec::new(), bridge: Some(bridge.clone()), network };
        ip(&["addr", "add", &format!("{}.254/24", hosts.network), "dev", &bridge])?;
        ip(&["link", "set", &bridge, "up"])?;
        for host in 0..count {
            let (name, outer) = (format!("{tag}n{host}"), format!("{tag}v{host}"));
            ip(&["netns", "add", &name])?;
            hosts.namespaces.push(name.clone());
            ip(&["link", "add", &outer, "type", "veth", "peer", "name", "eth0", "netns", &name])?;
            ip(&["link", "set", &outer, "master", &bridge, "up"])?;
            let address = hosts.address(host);
            ip(&["-n", &name, "addr", "add", &format!("{address}/24"), "dev", "eth0"])?;
            ip(&["-n", &name, "link", "set", "eth0", "up"])?;
            ip(&["-n", &name, "link", "set", "lo", "up"])?;
            hosts.domain.push(format!("{address}:{}", PORTS.0));
        }
        Ok(hosts)
    }

    fn address(&self, host: usize) -> String {
        format!("{}.{}", self.network, host + 1)
    }

    /// Whether a process can be cut off.
    pub(crate) fn can_cut(&self) -> bool {
        self.bridge.is_some()
    }

    /// Where the broker on a host is to listen.
    pub(crate) fn broker(&self, host: usize) -> Result<String> {
        match self.can_cut() {
            true => Ok(format!("{}:{}", self.address(host), PORTS.1)),
            false => Ok(free(1)?.remove(0)),
        }
    }

    /// A command that runs this very program on a host.
    pub(crate) fn command(&self, host: usize) -> Result<Command> {
        let program = std::env::current_exe()?;
        let Some(namespace) = self.namespaces.get(host) else { return Ok(Command::new(program)) };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(program);
        Ok(command)
    }

    /// What this program says on a host when it is run with these arguments.
    pub(crate) fn run(&self, host: usize, arguments: &[&str]) -> Result<String> {
        let output = self.command(host)?.args(arguments).stdin(Stdio::null()).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// Cuts a host off, or connects it again.
    pub(crate) fn set_connected(&self, host: usize, connected: bool) -> Result<()> {
        ip(&["-n", &self.namespaces[host], "link", "set", "eth0", if connected { "up" } else { "down" }])
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for namespace in &self.namespaces {
            // The link goes first: a namespace lives as long as its processes.
            let removed = ip(&["-n", namespace, "link", "del", "eth0"]);
            if let Err(error) = removed.and_then(|()| ip(&["netns", "del", namespace])) {
                eprintln!("left behind: {error}");
            }
        }
        if let Some(Err(error)) = self.bridge.as_ref().map(|bridge| ip(&["link", "del", bridge])) {
            eprintln!("left behind: {error}");
        }
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let output = Command::new("ip").args(arguments).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    Err(Error::other(format!("ip {}: {}", arguments.join(" "), reason.trim())))
}

/// Addresses that are free now.
fn free(count: usize) -> Result<Vec<String>> {
    let open = (0..count).map(|_| TcpListener::bind("127.0.0.1:0"));
    let listeners = open.collect::<Result<Vec<_>>>()?;
    listeners.iter().map(|listener| listener.local_addr().map(|address| address.to_string())).collect()
}
