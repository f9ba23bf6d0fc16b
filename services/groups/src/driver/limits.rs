//! The most the driver holds of anything, and how long it waits.

use std::time::Duration;

/// So often an object begins to be served anew because its process was excluded meanwhile and has joined again; then something is
/// wrong that another beginning does not mend.
pub(crate) const BEGINNINGS_MAX: u64 = 5;

/// Limits of one process's driver.
#[derive(Debug, Clone)]
pub struct DriverLimits {
    /// Octets of one frame after the greeting. Memory is taken as octets come, never because a length announces them.
    pub frame_bytes_max: usize,
    /// Octets of the first frame of a connection, before anything is known of the other side.
    pub greeting_bytes_max: usize,
    /// How long an accepted connection may take to greet.
    pub greeting_wait: Duration,
    /// How long a dial may take; a host that does not answer is no evidence.
    pub dial_wait: Duration,
    /// How long one write may make no progress before the connection is given up.
    pub write_wait: Duration,
    /// How long a process that leaves waits for the others to close their connections.
    pub leave_wait: Duration,
    /// Connections open at once; beyond, none is accepted.
    pub links_max: usize,
    /// Frames of all links that wait for the owner; beyond, no link is read.
    pub frames_waiting_max: usize,
    /// Octets that wait to be written to one link; beyond, it is closed. They are shared with the core's channel, which
    /// sends them again on the next connection.
    pub link_queue_bytes_max: usize,
    /// Calls of the application that wait for the owner; beyond, callers wait.
    pub calls_waiting_max: usize,
    /// Octets of messages handed over in one group that the core has not taken; beyond, senders wait.
    pub sends_waiting_bytes_max: usize,
    /// Octets of events of one group that the application has not read; beyond, this member acknowledges nothing, so that
    /// senders to the group wait once their windows are full, until half of them are read.
    pub events_waiting_bytes_max: usize,
    /// How long an application may keep senders waiting without reading anything, before this process leaves the group.
    pub unread_wait: Duration,
}

impl Default for DriverLimits {
    fn default() -> Self {
        Self {
            frame_bytes_max: 256 << 20,
            greeting_bytes_max: 4 << 10,
            greeting_wait: Duration::from_secs(5),
            dial_wait: Duration::from_secs(1),
            write_wait: Duration::from_secs(30),
            leave_wait: Duration::from_secs(1),
            links_max: 4096,
            frames_waiting_max: 1024,
            link_queue_bytes_max: 256 << 20,
            calls_waiting_max: 1024,
            sends_waiting_bytes_max: 16 << 20,
            events_waiting_bytes_max: 64 << 20,
            unread_wait: Duration::from_secs(5),
        }
    }
}
