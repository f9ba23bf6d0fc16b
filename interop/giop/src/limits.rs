//! Every bound that this crate enforces on input from outside, in one place.
//!
//! Each name ends in its unit. Constants bound what is the same for everybody.

/// How deep sequences, boxes, maps and encapsulations may nest in one value.
///
/// Decoding is recursive, so this is a bound on stack use: 128 levels of generated code fit well into a
/// 2 MiB thread stack even in debug builds.
pub const NESTING_DEPTH_MAX: u32 = 128;

/// How many sequence elements that take no octet at all (empty structs) one decoder accepts in total.
///
/// Such elements are the only ones whose number the length of the input does not bound.
pub const EMPTY_ELEMENTS_MAX: u32 = 65_536;

/// How much memory is reserved for a sequence on the word of its length alone.
///
/// Longer sequences grow as their elements really arrive.
pub const PREALLOCATION_BYTES_MAX: usize = 64 * 1024;

/// The size of the pieces in which large blocks are copied.
///
/// On AMD processors one large copy to an address a few octets past the source modulo 4096 runs about
/// fifteen times slower than the same copy in pieces of this size.
pub const COPY_PIECE_BYTES: usize = 2048;

/// Blocks up to this size are copied at once, without being cut into [`COPY_PIECE_BYTES`].
pub const COPY_WHOLE_BYTES_MAX: usize = 4096;
