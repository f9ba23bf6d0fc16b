//! How long and how much this crate waits for and keeps of a foreign process.

use std::time::Duration;

/// From the start of a server to its `ready` line. Generous: the machine may be compiling beside.
pub const READY_WAIT_MS_MAX: u64 = 30_000;

/// From a stop signal to the end of a server.
pub const END_WAIT_MS_MAX: u64 = 15_000;

/// From the start of a client to its end.
pub const CLIENT_WAIT_MS_MAX: u64 = 120_000;

/// What is kept of a process's standard error, and of its standard output; the rest is read and dropped.
pub const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// How many steps of a build run at once.
pub const BUILD_JOBS_MAX: usize = 2;

/// How many messages a tap remembers.
pub const TAP_MESSAGES_MAX: usize = 1 << 20;

/// The longest GIOP message a tap passes on.
pub const TAP_MESSAGE_BYTES_MAX: usize = 128 << 20;

/// The longest first frame of a connection between members that a mesh passes on.
pub const MESH_GREETING_BYTES_MAX: usize = 4 << 10;

/// Octets that a mesh takes at once.
pub const MESH_CHUNK_BYTES: usize = 64 << 10;

/// [`READY_WAIT_MS_MAX`] as a duration.
pub fn ready_wait() -> Duration {
    Duration::from_millis(READY_WAIT_MS_MAX)
}

/// [`END_WAIT_MS_MAX`] as a duration.
pub fn end_wait() -> Duration {
    Duration::from_millis(END_WAIT_MS_MAX)
}

/// [`CLIENT_WAIT_MS_MAX`] as a duration.
pub fn client_wait() -> Duration {
    Duration::from_millis(CLIENT_WAIT_MS_MAX)
}
