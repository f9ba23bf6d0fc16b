//! The native protocol: what GIOP cannot carry, and frames that cost little.
//!
//! A connection is a stream of frames in either direction, behind a preface that names the version. Each frame has a
//! header of 16 octets ([`FrameHeader`]), a head that depends on its kind, and a body that nobody here looks into.
//!
//! | kind | frame | says |
//! |---|---|---|
//! | 0x01 | HELLO ([`Hello`]) | who the sender is and what it accepts |
//! | 0x02 | REQUEST ([`RequestFrame`]) | a call |
//! | 0x03 | REPLY ([`ReplyFrame`]) | its end |
//! | 0x04 | CHUNK ([`control`]) | a piece of a large body |
//! | 0x05 | CREDIT ([`control`]) | how much of it may be sent |
//! | 0x06 | CANCEL ([`control`]) | the caller gives up |
//! | 0x07, 0x08 | PING, PONG ([`control`]) | a sign of life |
//! | 0x09 | DRAIN ([`control`]) | no further calls |
//! | 0x0a | CLOSE ([`Close`]) | the end, and why |
//! | 0x40..=0x5f | | theirs to define: object groups |
//! | 0x80..=0xff | | skipped by those who do not know them |
//!
//! # Rules
//! * Each side sends its preface and HELLO first, and waits for nobody: until the other's HELLO is here, the least limits
//!   hold ([`limits`]), and no announced limit may be below them.
//! * Both sides may call. Ids of calls increase; the top bit is 0 for calls of the side that opened the connection, 1 for
//!   those of the other. Every call that expects a response gets exactly one REPLY, cancelled or not.
//! * A call is in flight until its request is sent and its reply is received. Neither side has more than
//!   `calls_in_flight_max` of the other's hello.
//! * A body that is not in the frame of its REQUEST or REPLY is announced there with its length, and comes in CHUNK frames
//!   between other frames: the first `call_window_bytes` at once, the rest as CREDIT allows. A call is executed only when
//!   its body is complete.
//! * A REPLY that comes before its request is sent, and CANCEL, stop what is being sent of the body (with ABORT, where
//!   the other side cannot know). That is also how a body that is too large is refused.
//!
//! [`Connection`] is one end of it, as a value.

pub mod control;
pub mod limits;

mod assemblies;
mod bodies;
mod connection;
mod contexts;
mod error;
mod event;
mod frame;
mod hello;
pub(super) mod id_table;
mod output;
mod reply;
mod request;
#[cfg(test)]
mod tests;
mod wire;

pub use connection::{Config, Connection, Landing, Side};
pub use control::{Close, CloseCode};
pub use error::{BodyError, BodyRefusal, HeadError, ProtocolError, Refused};
pub use event::{Counters, Event, Silence, Unanswered};
pub use frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKind, flags};
pub use hello::{Features, Hello, MAGIC, PREFACE_BYTES, Version, decode_preface, encode_preface};
pub use limits::Limits;
pub use output::{OutBuffer, Payload};
pub use reply::{ReplyFrame, decode_reply};
pub use request::{RequestFrame, Speaker, decode_request};
