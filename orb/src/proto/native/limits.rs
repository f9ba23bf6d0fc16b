//! Every limit of the native protocol, in one place.

use std::fmt;
use std::time::Duration;

/// Octets that a CLOSE frame's text may have.
pub const CLOSE_TEXT_BYTES_MAX: usize = 512;
/// Octets that the name of the peer's software in HELLO may have.
pub const SOFTWARE_BYTES_MAX: usize = 64;
/// Service contexts that a head may have.
pub const CONTEXTS_MAX: usize = 64;
/// Bodies from this length on are handed to the socket as segments of their own, without copying, in octets.
pub const SEGMENT_BYTES_MIN: usize = 4 * 1024;
/// Capacity that an empty output buffer keeps, in octets.
pub const OUTPUT_KEPT_BYTES_MAX: usize = 256 * 1024;
/// The least that [`Limits::frame_bytes_max`] may be: what a peer may send before it has seen HELLO, in octets.
pub const FRAME_BYTES_LEAST: u32 = 128 * 1024;
/// The least that [`Limits::calls_in_flight_max`] may be.
pub const CALLS_IN_FLIGHT_LEAST: u32 = 256;
/// The least that [`Limits::call_window_bytes`] may be, in octets.
pub const CALL_WINDOW_BYTES_LEAST: u32 = 64 * 1024;

/// What one side of a connection accepts, keeps and waits for.
///
/// A connection holds at most `assembly_bytes_max + calls_in_flight_max * call_window_bytes` octets of unfinished bodies
/// of its peer, and one unfinished frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a frame with its header. Announced; at least [`FRAME_BYTES_LEAST`].
    pub frame_bytes_max: u32,
    /// Calls that each side may have open at this one. Announced, and kept by this side too; at least
    /// [`CALLS_IN_FLIGHT_LEAST`]. A oneway call is open until its body is sent.
    pub calls_in_flight_max: u32,
    /// Octets of a chunked body that come without credit. Announced; at least [`CALL_WINDOW_BYTES_LEAST`].
    pub call_window_bytes: u32,
    /// Longer bodies are sent in chunks, and no chunk is longer; in octets.
    pub chunk_bytes: u32,
    /// Octets of chunks that one [`transmit`](super::Connection::transmit) yields before it lets other frames pass.
    pub transmit_bytes: u32,
    /// Octets of the largest body that is taken.
    pub body_bytes_max: u64,
    /// Octets that the chunked bodies in assembly may have together, as announced. Further ones wait, first come first
    /// served. At least `body_bytes_max`.
    pub assembly_bytes_max: u64,
    /// Octets of output that may wait before further requests are refused: of frames for a request that fits one, of frames
    /// and bodies for a larger one. One request is always taken.
    pub output_bytes_max: u64,
    /// Without an octet from the peer for so long, it is pinged.
    pub ping_idle: Duration,
    /// Without an octet from the peer for so long after a ping, it is given up.
    pub ping_timeout: Duration,
    /// A frame that has begun must be complete after so long.
    pub frame_wait_max: Duration,
    /// A body that may come must go on after so long.
    pub body_wait_max: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            frame_bytes_max: 256 * 1024,
            calls_in_flight_max: 1024,
            call_window_bytes: CALL_WINDOW_BYTES_LEAST,
            chunk_bytes: 240 * 1024,
            transmit_bytes: 240 * 1024,
            body_bytes_max: 64 * 1024 * 1024,
            assembly_bytes_max: 128 * 1024 * 1024,
            output_bytes_max: 256 * 1024 * 1024,
            ping_idle: Duration::from_secs(15),
            ping_timeout: Duration::from_secs(10),
            frame_wait_max: Duration::from_secs(60),
            body_wait_max: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// The limits with every value raised to the least the protocol allows.
    pub(super) fn at_least(mut self) -> Limits {
        self.frame_bytes_max = self.frame_bytes_max.max(FRAME_BYTES_LEAST);
        self.calls_in_flight_max = self.calls_in_flight_max.max(CALLS_IN_FLIGHT_LEAST);
        self.call_window_bytes = self.call_window_bytes.max(CALL_WINDOW_BYTES_LEAST);
        self.chunk_bytes = self.chunk_bytes.max(1);
        self.transmit_bytes = self.transmit_bytes.max(1);
        self.assembly_bytes_max = self.assembly_bytes_max.max(self.body_bytes_max);
        self
    }
}

/// A limit that HELLO announces, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitName {
    /// [`Limits::frame_bytes_max`].
    FrameBytes,
    /// [`Limits::calls_in_flight_max`].
    CallsInFlight,
    /// [`Limits::call_window_bytes`].
    CallWindowBytes,
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LimitName::FrameBytes => "frame_bytes_max",
            LimitName::CallsInFlight => "calls_in_flight_max",
            LimitName::CallWindowBytes => "call_window_bytes",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_allowed() {
        assert_eq!(Limits::default().at_least(), Limits::default());
    }

    #[test]
    fn the_largest_head_fits_the_least_frame() {
        assert!(super::super::frame::FRAME_HEADER_BYTES + usize::from(u16::MAX) < FRAME_BYTES_LEAST as usize);
    }
}
