//! Recording calls, and playing them back.
//!
//! A recording is a sequence of CBOR items (RFC 8742): first a map that says what it is, then one map a call, in the order in
//! which the calls ended. Arguments and results are in it as values that describe themselves, as far as the interface is
//! known, so that a recording can be printed and played back without the program that it was made of.

mod entry;
mod notation;
mod player;
mod reading;
mod recorder;
mod values;

pub use entry::{RecordedCall, RecordedEnding, RecordedValues};
pub use player::{DIFFERENCES_MAX, Difference, Player, PlayerReport};
pub use reading::{ITEM_BYTES_MAX, Recording, RecordingError};
pub use recorder::{Recorder, RecorderLimits, RecorderReport};
