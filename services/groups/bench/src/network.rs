//! Hosts for the members: network namespaces on one bridge, made here and taken down at the end; the loopback where that is
//! not permitted.

use crate::Outcome;
use std::process::{Command, Stdio};

/// A place for one member.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) address: String,
    namespace: Option<String>,
    number: usize,
}

/// All places.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) hosts: Vec<Host>,
    bridge: Option<String>,
    next_port: std::cell::Cell<u16>,
}

/// Ports of members are taken upwards from here, one for each member ever started: below those the system hands out.
const FIRST_PORT: u16 = 21_000;

impl Network {
    /// So many hosts, in namespaces if that is wanted and permitted.
    pub(crate) fn new(count: usize, namespaces: bool) -> Self {
        if namespaces {
            match Self::build(count) {
                Ok(network) => return network,
                Err(error) => eprintln!("no network namespaces ({error}): all on the loopback"),
            }
        }
        let host = |number| Host { address: format!("127.0.0.{}", number + 1), namespace: None, number };
        Self { hosts: (0..count).map(host).collect(), bridge: None, next_port: FIRST_PORT.into() }
    }

    fn build(count: usize) -> Outcome<Self> {
        let tag = tag();
        let bridge = format!("{tag}b");
        ip(&["link", "add", &bridge, "type", "bridge"])?;
        // From here on, dropping takes down what there is.
        let mut network =
            Self { hosts: Vec::new(), bridge: Some(bridge.clone()), next_port: FIRST_PORT.into() };
        ip(&["link", "set", &bridge, "up"])?;
        for number in 0..count {
            let (namespace, outer) = (format!("{tag}n{number}"), format!("{tag}v{number}"));
            let address = format!("10.83.0.{}", number + 1);
            ip(&["netns", "add", &namespace])?;
            network.hosts.push(Host { address: address.clone(), namespace: Some(namespace.clone()), number });
            ip(&["link", "add", &outer, "type", "veth", "peer", "name", "eth0", "netns", &namespace])?;
            ip(&["link", "set", &outer, "master", &bridge, "up"])?;
            ip(&["-n", &namespace, "addr", "add", &format!("{address}/24"), "dev", "eth0"])?;
            ip(&["-n", &namespace, "link", "set", "eth0", "up"])?;
            ip(&["-n", &namespace, "link", "set", "lo", "up"])?;
        }
        Ok(network)
    }

    pub(crate) fn has_namespaces(&self) -> bool {
        self.bridge.is_some()
    }

    /// A listening address on a host that no other member has.
    pub(crate) fn listen(&self, host: usize) -> String {
        let port = self.next_port.get();
        self.next_port.set(port + 1);
        format!("{}:{port}", self.hosts[host].address)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let tag = tag();
        for (host, namespace) in self.hosts.iter().filter_map(|h| Some((h.number, h.namespace.as_ref()?))) {
            // The name goes at once, the namespace when its last process has ended: the link is cut by hand.
            for arguments in [["link", "del", &format!("{tag}v{host}")], ["netns", "del", namespace]] {
                if let Err(error) = ip(&arguments) {
                    eprintln!("left behind: {error}");
                }
            }
        }
        if let Some(bridge) = &self.bridge
            && let Err(error) = ip(&["link", "del", bridge])
        {
            eprintln!("left behind: {error}");
        }
    }
}

impl Host {
    /// A command that runs on this host.
    pub(crate) fn command(&self, program: &str) -> Command {
        match &self.namespace {
            None => Command::new(program),
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace, program]);
                command
            }
        }
    }

    /// Cuts the host off without a word, or connects it again. False where there is no network of its own to cut.
    pub(crate) fn set_connected(&self, connected: bool) -> Outcome<bool> {
        let Some(namespace) = &self.namespace else { return Ok(false) };
        ip(&["-n", namespace, "link", "set", "eth0", if connected { "up" } else { "down" }])?;
        Ok(true)
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }
}

/// The beginning of the names of all that is made: short, since names of links are.
fn tag() -> String {
    format!("qb{}", std::process::id())
}

fn ip(arguments: &[&str]) -> Outcome<()> {
    let output = Command::new("ip").args(arguments).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    Err(format!("ip {}: {}", arguments.join(" "), reason.trim()).into())
}
