//! The command line of the client program.

use clap::{Parser, ValueEnum};
use quorb_giop::cdr::GiopVersion;

/// Checks an implementation of Torture::Echo or of Grid.
#[derive(Debug, Clone, Parser)]
#[command(name = "rust-client")]
pub struct Options {
    /// The object: IOR:..., corbaloc:...
    #[arg(required_unless_present = "list", default_value = "")]
    pub(super) reference: String,
    /// Names of checks or of groups; `all` if there are none
    pub(super) checks: Vec<String>,
    /// Print the checks and their groups
    #[arg(long)]
    pub(super) list: bool,
    /// The interface of the object
    #[arg(long, value_enum, default_value = "echo")]
    pub(super) interface: Checked,
    /// Speak the native protocol instead of GIOP
    #[arg(long)]
    pub(super) native: bool,
    /// Highest GIOP version of calls on the reference
    #[arg(long, value_enum, default_value = "1.2")]
    pub(super) version: Version,
    /// Seed of the random values
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Random values for each type
    #[arg(long, default_value_t = 20)]
    pub(super) rounds: usize,
    /// Callers at once
    #[arg(long, default_value_t = 8)]
    pub(super) threads: u32,
    /// Payload in octets of the checks of size
    #[arg(long, default_value_t = 20_000)]
    pub(super) size: usize,
    /// Calls of the check `restart`
    #[arg(long, default_value_t = 20)]
    pub(super) loops: u32,
    /// `restart` goes on until the server has started anew
    #[arg(long)]
    pub(super) expect_restart: bool,
    /// A server that ends may deny its objects for a moment
    #[arg(long)]
    pub(super) server_vanishes: bool,
    /// How long a call, or a check that waits, may take, in milliseconds
    #[arg(long, default_value_t = 30_000)]
    pub(super) patience_ms: u64,
    /// The server's native text is UTF-8, not ISO 8859-1
    #[arg(long)]
    pub(super) utf8: bool,
    /// Listen nowhere: objects here are called over the connections that this process opens
    #[arg(long)]
    pub(super) called_back: bool,
    /// Write GIOP messages in big-endian order
    #[arg(long)]
    pub(super) big_endian: bool,
    /// The longest message that is accepted, in octets
    #[arg(long)]
    pub(super) body_bytes_max: Option<usize>,
    /// Close connections without calls after so many milliseconds
    #[arg(long)]
    pub(super) idle_ms: Option<u64>,
    /// Rows that a Grid is expected to have
    #[arg(long, default_value_t = 100)]
    pub(super) height: i16,
    /// Columns that a Grid is expected to have
    #[arg(long, default_value_t = 100)]
    pub(super) width: i16,
}

/// The interfaces that there are checks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Checked {
    /// Grid
    Grid,
    /// Torture::Echo
    Echo,
}

/// The versions of GIOP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Version {
    #[value(name = "1.0")]
    V1_0,
    #[value(name = "1.1")]
    V1_1,
    #[value(name = "1.2")]
    V1_2,
}

impl From<Version> for GiopVersion {
    fn from(version: Version) -> GiopVersion {
        match version {
            Version::V1_0 => GiopVersion::V1_0,
            Version::V1_1 => GiopVersion::V1_1,
            Version::V1_2 => GiopVersion::V1_2,
        }
    }
}
