//! etcd from the distribution's packages: three servers, a directory of their own each, and its defaults.

use crate::Outcome;
use crate::fleet::Actor;
use crate::network::Network;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the package puts it.
const PROGRAM: &str = "/usr/bin/etcd";

/// A cluster; its directory is removed in the end.
#[derive(Debug)]
pub(crate) struct Etcd {
    pub(crate) servers: Vec<Actor>,
    /// Where clients find them.
    pub(crate) addresses: Vec<String>,
    peers: Vec<String>,
    directory: PathBuf,
}

impl Drop for Etcd {
    fn drop(&mut self) {
        self.servers.clear();
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            eprintln!("left behind: {}: {error}", self.directory.display());
        }
    }
}

impl Etcd {
    /// Starts so many servers on the first hosts, with their data in that directory, or says why that cannot be.
    pub(crate) fn start(network: &Network, count: usize, directory: &Path) -> Outcome<Self> {
        if !Path::new(PROGRAM).exists() {
            return Err("etcd is not installed: apt-get install etcd-server".into());
        }
        let directory = directory.join("etcd");
        fs::create_dir_all(&directory)?;
        let places = || (0..count).map(|host| network.listen(host)).collect();
        let mut etcd = Self { servers: Vec::new(), addresses: places(), peers: places(), directory };
        for number in 0..count {
            etcd.servers.push(etcd.server(network, number)?);
        }
        Ok(etcd)
    }

    /// Starts a server again, with its directory.
    pub(crate) fn restart(&mut self, network: &Network, number: usize) -> Outcome<()> {
        self.servers[number] = self.server(network, number)?;
        Ok(())
    }

    fn server(&self, network: &Network, number: usize) -> Outcome<Actor> {
        let url = |address: &String| format!("http://{address}");
        let (client, peer) = (url(&self.addresses[number]), url(&self.peers[number]));
        let cluster: Vec<String> =
            self.peers.iter().enumerate().map(|(at, peer)| format!("n{at}={}", url(peer))).collect();
        let data = self.directory.join(number.to_string());
        let log = self.directory.join(format!("{number}.log"));
        let mut command = network.hosts[number].command(PROGRAM);
        command.args(["--name", &format!("n{number}"), "--data-dir", &data.to_string_lossy()]);
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &cluster.join(","), "--initial-cluster-state", "new"]);
        command.args(["--logger", "zap", "--log-outputs", &log.to_string_lossy()]);
        Actor::start(format!("etcd {number}"), command)
    }
}
