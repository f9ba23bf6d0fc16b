//! What two ends must agree on before octets mean anything: byte order, version, character sets.

/// How a CDR stream is to be read and written.
///
/// Two numbers and two choices, cheap to copy. [`CdrProfile::native`] is what encapsulations and the
/// bodies of our own protocol use; a GIOP connection builds its own from the message header and the
/// negotiated code sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CdrProfile {
    /// The byte order of numbers.
    pub endian: Endian,
    /// The GIOP version whose rules for wide characters apply.
    pub version: GiopVersion,
    /// The transmission code set of `char` and `string`.
    pub char_set: CharSet,
    /// The transmission code set of `wchar` and `wstring`; none if it was not negotiated.
    pub wchar_set: Option<WcharSet>,
}

impl CdrProfile {
    /// GIOP 1.2 rules, UTF-8 and UTF-16: what encapsulations and native bodies use.
    #[must_use]
    pub const fn native(endian: Endian) -> Self {
        Self { endian, version: GiopVersion::V1_2, char_set: CharSet::Utf8, wchar_set: Some(WcharSet::Utf16) }
    }

    /// What holds on a GIOP connection without negotiation: ISO 8859-1 and no wide characters
    /// (CORBA 3.3 Part 2, 7.10.2.6).
    #[must_use]
    pub const fn unnegotiated(endian: Endian, version: GiopVersion) -> Self {
        Self { endian, version, char_set: CharSet::Latin1, wchar_set: None }
    }

    /// The same profile in another byte order.
    #[must_use]
    pub const fn with_endian(self, endian: Endian) -> Self {
        Self { endian, ..self }
    }
}

/// The order of the octets of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Most significant octet first; the flag on the wire is 0.
    Big,
    /// Least significant octet first; the flag on the wire is 1.
    Little,
}

impl Endian {
    /// The byte order of this machine.
    pub const NATIVE: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };

    /// Whether numbers in this order must be swapped on this machine.
    #[must_use]
    pub const fn is_foreign(self) -> bool {
        !matches!((self, Self::NATIVE), (Self::Big, Self::Big) | (Self::Little, Self::Little))
    }

    /// The flag that stands for this order in encapsulations and GIOP headers.
    #[must_use]
    pub const fn flag(self) -> u8 {
        match self {
            Self::Big => 0,
            Self::Little => 1,
        }
    }

    /// The order that a flag's lowest bit stands for; other bits are ignored.
    #[must_use]
    pub const fn from_flag(flag: u8) -> Self {
        if flag & 1 == 0 { Self::Big } else { Self::Little }
    }
}

/// A version of the General Inter-ORB Protocol, or of IIOP, which counts alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GiopVersion {
    /// The major version; all that is known is 1.
    pub major: u8,
    /// The minor version.
    pub minor: u8,
}

impl GiopVersion {
    /// GIOP 1.0: no fragments, no wide characters.
    pub const V1_0: Self = Self { major: 1, minor: 0 };
    /// GIOP 1.1: fragments without request id, wide characters of fixed width.
    pub const V1_1: Self = Self { major: 1, minor: 1 };
    /// GIOP 1.2: targets by reference, interleaved fragments, bidirectional use.
    pub const V1_2: Self = Self { major: 1, minor: 2 };
}

impl std::fmt::Display for GiopVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A transmission code set for `char` and `string` that this crate converts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CharSet {
    /// UTF-8: every string, but only ASCII as a single `char`.
    Utf8,
    /// ISO 8859-1: the first 256 code points of Unicode.
    Latin1,
}

/// A transmission code set for `wchar` and `wstring` that this crate converts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WcharSet {
    /// UTF-16.
    Utf16,
}
