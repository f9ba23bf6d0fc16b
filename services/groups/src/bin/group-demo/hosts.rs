//! Where the processes run: on the loopback, or each in a network namespace of its own, made here and taken down in the end.

use std::error::Error;
use std::net::TcpListener;
use std::process::{Command, Stdio};

/// The port of every process that has a network namespace of its own.
const PORT: u16 = 7400;

/// A place for each process.
#[derive(Debug)]
pub(crate) struct Hosts {
    pub(crate) addresses: Vec<String>,
    namespaces: Vec<String>,
    bridge: Option<String>,
}

impl Hosts {
    /// Addresses that are free now, all on the loopback.
    pub(crate) fn on_the_loopback(count: usize) -> Result<Self, Box<dyn Error>> {
        let open = |_| TcpListener::bind("127.0.0.1:0");
        let listeners = (0..count).map(open).collect::<Result<Vec<_>, _>>()?;
        let addresses =
            listeners.iter().map(|l| Ok(l.local_addr()?.to_string())).collect::<std::io::Result<_>>()?;
        Ok(Self { addresses, namespaces: Vec::new(), bridge: None })
    }

    /// Network namespaces on one bridge.
    pub(crate) fn in_namespaces(count: usize) -> Result<Self, Box<dyn Error>> {
        let tag = format!("qd{}", std::process::id());
        let bridge = format!("{tag}b");
        ip(&["link", "add", &bridge, "type", "bridge"])?;
        // From here on, dropping takes down what there is.
        let mut hosts = Self { addresses: Vec::new(), namespaces: Vec::new(), bridge: Some(bridge.clone()) };
        ip(&["link", "set", &bridge, "up"])?;
        for host in 0..count {
            let (name, outer) = (format!("{tag}n{host}"), format!("{tag}v{host}"));
            ip(&["netns", "add", &name])?;
            hosts.namespaces.push(name.clone());
            ip(&["link", "add", &outer, "type", "veth", "peer", "name", "eth0", "netns", &name])?;
            ip(&["link", "set", &outer, "master", &bridge, "up"])?;
            let address = format!("10.84.0.{}", host + 1);
            ip(&["-n", &name, "addr", "add", &format!("{address}/24"), "dev", "eth0"])?;
            ip(&["-n", &name, "link", "set", "eth0", "up"])?;
            ip(&["-n", &name, "link", "set", "lo", "up"])?;
            hosts.addresses.push(format!("{address}:{PORT}"));
        }
        Ok(hosts)
    }

    /// Whether a process can be cut off from the others.
    pub(crate) fn can_cut(&self) -> bool {
        self.bridge.is_some()
    }

    /// A command that runs on a host.
    pub(crate) fn command(&self, host: usize, program: &std::path::Path) -> Command {
        match self.namespaces.get(host) {
            None => Command::new(program),
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace]).arg(program);
                command
            }
        }
    }

    /// Cuts a host off, or connects it again.
    pub(crate) fn set_connected(&self, host: usize, connected: bool) -> Result<(), Box<dyn Error>> {
        let namespace = self.namespaces.get(host).ok_or("no network namespace to cut")?;
        ip(&["-n", namespace, "link", "set", "eth0", if connected { "up" } else { "down" }])
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

fn ip(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let output = Command::new("ip").args(arguments).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    Err(format!("ip {}: {}", arguments.join(" "), reason.trim()).into())
}
