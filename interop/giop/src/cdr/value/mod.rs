//! Value types on the wire: identity, type information and chunks (CORBA 3.3 Part 2, 9.3.4).
//!
//! ```text
//!   null            00000000
//!   met before      ffffffff  i32 distance back to the tag of that value
//!   anew            7fffff0f  where f says what follows:
//!                     bit 0   string: where code for the value may be found
//!                     bits 1-2  2: string, the repository id; 6: u32 count, then as many: the id and those of its bases
//!                     bit 3   the state is in chunks: i32 octets, octets; between them values; at last i32 -level
//! ```
//!
//! Strings and lists of ids that were met before are distances, too. What a value is, only the layer above knows: here it
//! is something that can be shared.

mod read;
mod write;

use std::any::Any;
use std::sync::Arc;

pub(super) use read::ValuesRead;
pub use read::{ValueHeader, ValueStart};
pub(super) use write::ValuesWritten;
pub use write::WrittenValue;

/// A value that may be met again: what it is, the layer above decides.
pub type SharedValue = Arc<dyn Any + Send + Sync>;

/// Stands where a distance follows.
const INDIRECTION: u32 = u32::MAX;
/// The least tag of a value; what is added to it says what follows.
const VALUE_TAG: u32 = 0x7fff_ff00;
const VALUE_TAG_MAX: u32 = 0x7fff_ffff;
const HAS_CODEBASE: u32 = 1;
const TYPE_INFORMATION: u32 = 6;
const ONE_ID: u32 = 2;
const LIST_OF_IDS: u32 = 6;
const IS_CHUNKED: u32 = 8;
