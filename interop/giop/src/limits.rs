//! Every bound that this crate enforces on input from outside, in one place.
//!
//! Each name ends in its unit. Constants bound what is the same for everybody.

/// How deep sequences, boxes, maps and encapsulations may nest in one value.
///
/// Decoding is recursive, so this is a bound on stack use: 128 levels of generated code fit well into a
/// 2 MiB thread stack even in debug builds.
pub const NESTING_DEPTH_MAX: u32 = 128;

/// How many repository ids a value may list: its own and those of its bases.
pub const VALUE_BASES_MAX: u32 = 64;

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

/// How long an object reference in text may be, in octets of its binary form.
pub const REFERENCE_BYTES_MAX: usize = 1024 * 1024;

/// How many addresses one `corbaloc:` may list.
pub const CORBALOC_ADDRESSES_MAX: usize = 64;

/// What one connection accepts from its peer. [`Default`] suits servers on a trusted network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageLimits {
    /// How large a message may be, fragments joined, header included.
    pub message_bytes_max: usize,
    /// How many fragmented messages may be incomplete at the same time.
    pub fragments_open_max: usize,
    /// How much memory all incomplete messages together may hold.
    pub assembled_bytes_max: usize,
    /// How many service contexts a message may carry.
    pub service_contexts_max: usize,
    /// How long an object key may be.
    pub key_bytes_max: usize,
    /// How long the name of an operation may be.
    pub operation_bytes_max: usize,
}

impl Default for MessageLimits {
    fn default() -> Self {
        Self {
            message_bytes_max: 64 * 1024 * 1024,
            fragments_open_max: 64,
            assembled_bytes_max: 128 * 1024 * 1024,
            service_contexts_max: 64,
            key_bytes_max: 64 * 1024,
            operation_bytes_max: 1024,
        }
    }
}

/// What the memory of one fragment is reckoned at besides its octets, so that very many tiny fragments
/// exhaust [`MessageLimits::assembled_bytes_max`] before they exhaust memory.
pub const FRAGMENT_OVERHEAD_BYTES: usize = 16;

/// The smallest message a sender is asked to split messages into.
pub const FRAGMENT_BYTES_MIN: usize = 64;
