//! What a process holds.

use std::fmt;
use std::fs;

use tokio::runtime::Handle;

/// Reads what this process holds.
#[derive(Debug)]
pub(crate) struct Gauge {
    server: Handle,
    client: Handle,
}

/// What it held at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Resident memory.
    pub(crate) memory_kib: u64,
    /// Open descriptors.
    pub(crate) descriptors: usize,
    /// Tasks of the server's runtime, and of the clients'.
    pub(crate) tasks: [usize; 2],
}

impl Gauge {
    pub(crate) fn new(server: &Handle, client: &Handle) -> Gauge {
        Gauge { server: server.clone(), client: client.clone() }
    }

    pub(crate) fn read(&self) -> Reading {
        let tasks = |runtime: &Handle| runtime.metrics().num_alive_tasks();
        Reading {
            memory_kib: resident_kib(),
            descriptors: fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            tasks: [tasks(&self.server), tasks(&self.client)],
        }
    }
}

/// `VmRSS` of `/proc/self/status`.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(0)
}

impl Reading {
    pub(crate) const HEADINGS: &str = "memory KiB  descriptors  tasks of the server, of the clients";

    pub(crate) fn tasks(&self) -> usize {
        self.tasks.iter().sum()
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [server, client] = self.tasks;
        write!(f, "{:>10}  {:>11}  {server}, {client}", self.memory_kib, self.descriptors)
    }
}
