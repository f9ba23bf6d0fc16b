//! What is compared: the works, the peers, and what a client is told to do.

use clap::{Args, ValueEnum};

/// The outcome of everything here: an error is a sentence for the person who benchmarks.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What a client is to do.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Plan {
    /// The work
    #[arg(long, value_enum)]
    pub(crate) work: Work,
    /// How long the measured calls should take together
    #[arg(long, default_value_t = 0)]
    pub(crate) milliseconds: u64,
    /// So many calls of each caller, without a warm-up, for profilers that count instructions
    #[arg(long)]
    pub(crate) count: Option<usize>,
}

/// The length of a turn when only its running is of interest.
pub(crate) const SMOKE_MILLISECONDS: u64 = 5;

/// The octets of a stream that are handed over at once.
pub(crate) const PIECE_BYTES: usize = 64 * 1024;

/// The works: an operation, and how many calls of it are in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// Two short arguments, one long result; one call at a time
    Get,
    /// 8 of them in flight on one connection
    #[value(name = "get-8")]
    Get8,
    /// 64 of them in flight on one connection
    #[value(name = "get-64")]
    Get64,
    /// 256 of them in flight on one connection
    #[value(name = "get-256")]
    Get256,
    /// 64 KiB of octets there and back
    #[value(name = "octets-64k")]
    Octets64K,
    /// 1 MiB of octets there and back
    #[value(name = "octets-1m")]
    Octets1M,
    /// 16 Ki longs there and back
    Longs,
    /// 1,000 records of a number, a text and a number with a point there and back
    Records,
    /// 4 MiB of octets to the server, in pieces of 64 KiB, without a copy of all of them on either side
    Stream,
    /// Calls without an answer, until the last has arrived
    Oneway,
    /// `get` inside of one process
    Collocated,
    /// Memory of a connection that has been used once
    Memory,
}

impl Work {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Work::Get => "get, one at a time",
            Work::Get8 => "get, 8 in flight",
            Work::Get64 => "get, 64 in flight",
            Work::Get256 => "get, 256 in flight",
            Work::Octets64K => "echo of 64 KiB of octets",
            Work::Octets1M => "echo of 1 MiB of octets",
            Work::Longs => "echo of 16 Ki longs",
            Work::Records => "echo of 1,000 records",
            Work::Stream => "stream of 4 MiB of octets",
            Work::Oneway => "oneway",
            Work::Collocated => "get in one process",
            Work::Memory => "memory of a connection",
        }
    }

    /// Calls in flight at the same time.
    pub(crate) fn in_flight(self) -> usize {
        match self {
            Work::Get8 => 8,
            Work::Get64 => 64,
            Work::Get256 => 256,
            _ => 1,
        }
    }

    /// The octets of a block, or the number of records.
    pub(crate) fn size(self) -> usize {
        match self {
            Work::Octets64K | Work::Longs => 64 * 1024,
            Work::Octets1M => 1024 * 1024,
            Work::Records => 1000,
            Work::Stream => 64 * PIECE_BYTES,
            _ => 0,
        }
    }
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// Blocking sockets and nothing between
    Raw,
    /// A multiplexer of 150 lines on tokio
    RawTokio,
    /// omniORB on both sides, a connection for each call in flight
    Omniorb,
    /// omniORB on both sides, all calls on one connection
    OmniorbOne,
    /// tarpc with bincode
    Tarpc,
    /// tonic with protobuf
    Tonic,
    /// Our native protocol
    Native,
    /// Our native protocol between programs with different versions of the interface: bodies in CBOR
    NativeCbor,
    /// Our IIOP
    Iiop,
    /// Our native protocol, called by a thread that blocks
    NativeBlocking,
    /// Our IIOP, called by a thread that blocks
    IiopBlocking,
    /// Our native protocol, called by a thread that blocks; the server has a thread for each connection
    NativeThreads,
    /// Our IIOP in the same way
    IiopThreads,
    /// omniORB's client on our server
    OmniorbOurs,
    /// omniORB's client on our server, which has a thread for each connection
    OmniorbThreads,
    /// omniORB's client on our server, whose tasks run on as many threads as there are cores
    OmniorbMulti,
    /// The servant behind a lock, called as a function
    Direct,
}

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Peer::Raw => "raw blocking sockets",
            Peer::RawTokio => "raw tokio",
            Peer::Omniorb => "omniORB",
            Peer::OmniorbOne => "omniORB, one connection",
            Peer::Tarpc => "tarpc, bincode",
            Peer::Tonic => "tonic, protobuf",
            Peer::Native => "quorb, native",
            Peer::NativeCbor => "quorb, native in CBOR",
            Peer::Iiop => "quorb, IIOP",
            Peer::NativeBlocking => "quorb, native, blocking",
            Peer::IiopBlocking => "quorb, IIOP, blocking",
            Peer::NativeThreads => "quorb, native, threads",
            Peer::IiopThreads => "quorb, IIOP, threads",
            Peer::OmniorbOurs => "omniORB's client, quorb",
            Peer::OmniorbThreads => "the same, with threads",
            Peer::OmniorbMulti => "the same, multi-thread",
            Peer::Direct => "a lock and a function",
        }
    }

    /// Whether it is one of our ways with threads that wait for their peers.
    fn waits_in_its_socket(self) -> bool {
        use Peer::{IiopBlocking, IiopThreads, NativeBlocking, NativeThreads, OmniorbThreads};
        matches!(self, NativeBlocking | IiopBlocking | NativeThreads | IiopThreads | OmniorbThreads)
    }

    pub(crate) fn needs_omniorb(self) -> bool {
        use Peer::{Omniorb, OmniorbMulti, OmniorbOne, OmniorbOurs, OmniorbThreads};
        matches!(self, Omniorb | OmniorbOne | OmniorbOurs | OmniorbThreads | OmniorbMulti)
    }

    /// Whether it can do this work, and does it in a way of its own.
    pub(crate) fn does(self, work: Work) -> bool {
        match work {
            // What one thread does after the other.
            _ if self.waits_in_its_socket() => work == Work::Get,
            // What differs is how a call is handed over.
            _ if self == Peer::OmniorbMulti => matches!(work, Work::Get | Work::Get64),
            Work::Stream => matches!(self, Peer::Raw | Peer::RawTokio | Peer::Native),
            Work::Oneway => {
                matches!(
                    self,
                    Peer::Omniorb | Peer::Native | Peer::NativeCbor | Peer::Iiop | Peer::OmniorbOurs
                )
            }
            Work::Records => !matches!(self, Peer::Raw | Peer::RawTokio | Peer::OmniorbOne | Peer::Direct),
            Work::Collocated => matches!(self, Peer::Direct | Peer::Omniorb | Peer::Native),
            Work::Memory => {
                matches!(
                    self,
                    Peer::RawTokio | Peer::Omniorb | Peer::Tarpc | Peer::Tonic | Peer::Native | Peer::Iiop
                )
            }
            _ if self == Peer::OmniorbOne => work.in_flight() > 1,
            _ => self != Peer::Direct,
        }
    }
}

/// How a server of this program is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    Raw,
    RawTokio,
    Tarpc,
    Tonic,
    Native,
    NativeCbor,
    /// Streams instead of the table.
    NativeStream,
    Iiop,
    NativeBlocking,
    IiopBlocking,
    NativeThreads,
    IiopThreads,
}

impl Protocol {
    /// The word on the command line.
    pub(crate) fn word(self) -> String {
        word(self)
    }
}

/// The runtime of tokio that a process runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flavour {
    /// One thread
    CurrentThread,
    /// A thread for each core that the process may use
    MultiThread,
}

impl Flavour {
    /// The word on the command line.
    pub(crate) fn word(self) -> String {
        word(self)
    }

    pub(crate) fn runtime(self) -> Outcome<tokio::runtime::Runtime> {
        let mut builder = match self {
            Flavour::CurrentThread => tokio::runtime::Builder::new_current_thread(),
            Flavour::MultiThread => tokio::runtime::Builder::new_multi_thread(),
        };
        Ok(builder.enable_all().build()?)
    }
}

/// How the command line names a value.
pub(crate) fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
