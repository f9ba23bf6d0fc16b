//! A whole message in octets, and the parts read out of it without copying.

use bytes::Bytes;

use super::{GiopError, MessageHeader};
use crate::cdr::{CdrError, CdrProfile, Decoder, Endian, GiopVersion};
use crate::codeset::CodeSets;
use crate::limits::MessageLimits;

/// A whole message: its header and what follows, fragments joined. [`super::Message::decode`] reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The header; of the first fragment, if there were several, with the size of all.
    pub header: MessageHeader,
    /// Everything behind the header. Heads and bodies decoded from it are slices of it.
    pub content: Bytes,
    /// Where in `content` the fragments of GIOP 1.1 begin, ascending; empty if it is in one piece.
    pub joints: Vec<usize>,
}

/// Arguments, results, or whatever else a message carries behind its head.
///
/// Cheap to clone: the octets are shared with the message they came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    octets: Bytes,
    endian: Endian,
    version: GiopVersion,
    origin: usize,
    joints: Vec<usize>,
}

impl Body {
    /// A body of octets that are not aligned from their own start but from `origin` octets before it.
    #[must_use]
    pub const fn new(octets: Bytes, endian: Endian, version: GiopVersion, origin: usize) -> Self {
        Self { octets, endian, version, origin, joints: Vec::new() }
    }

    /// The same body, joined from GIOP 1.1 fragments that begin at these octets, ascending: alignment starts anew there.
    #[must_use]
    pub fn joined_at(self, joints: Vec<usize>) -> Self {
        Self { joints, ..self }
    }

    /// Where the fragments of GIOP 1.1 begin that it was joined from; empty in every other case.
    #[must_use]
    pub fn joints(&self) -> &[usize] {
        &self.joints
    }

    /// The octets, encoded in [`endian`](Self::endian).
    #[must_use]
    pub const fn octets(&self) -> &Bytes {
        &self.octets
    }

    /// The byte order of the body.
    #[must_use]
    pub const fn endian(&self) -> Endian {
        self.endian
    }

    /// The GIOP version of the message.
    #[must_use]
    pub const fn version(&self) -> GiopVersion {
        self.version
    }

    /// The alignment position of the first octet.
    #[must_use]
    pub const fn origin(&self) -> usize {
        self.origin
    }

    /// A decoder of this body, in the code sets of its connection.
    #[must_use]
    pub fn decoder(&self, code_sets: CodeSets) -> Decoder<'_> {
        let profile = code_sets.profile(self.endian, self.version);
        Decoder::with_profile(&self.octets, self.origin, profile).with_joints(&self.joints)
    }
}

/// Reads the head of a message; what is of variable length comes out as slices of the message.
#[derive(Debug)]
pub(crate) struct FrameReader<'a> {
    frame: &'a Frame,
    pub(crate) input: Decoder<'a>,
    pub(crate) limits: &'a MessageLimits,
}

impl<'a> FrameReader<'a> {
    pub(crate) fn new(frame: &'a Frame, limits: &'a MessageLimits) -> Self {
        let MessageHeader { version, endian, .. } = frame.header;
        let profile = CdrProfile::unnegotiated(endian, version);
        let input =
            Decoder::with_profile(&frame.content, MessageHeader::BYTES, profile).with_joints(&frame.joints);
        Self { frame, input, limits }
    }

    pub(crate) fn version(&self) -> GiopVersion {
        self.frame.header.version
    }

    /// A `sequence<octet>`.
    pub(crate) fn octets(&mut self) -> Result<Bytes, CdrError> {
        let octets = self.input.read_octet_sequence()?;
        Ok(self.frame.content.slice_ref(octets))
    }

    /// A `string`, in octets without NUL.
    pub(crate) fn string(&mut self) -> Result<Bytes, CdrError> {
        let octets = self.input.read_string_octets()?;
        Ok(self.frame.content.slice_ref(octets))
    }

    /// An object key of bounded length.
    pub(crate) fn key(&mut self) -> Result<Bytes, GiopError> {
        let key = self.octets()?;
        let (length, limit) = (key.len(), self.limits.key_bytes_max);
        if length > limit { Err(GiopError::KeyTooLong { length, limit }) } else { Ok(key) }
    }

    /// Everything that is left. A non-empty body of GIOP 1.2 begins at a multiple of 8 if `aligned`.
    pub(crate) fn body(mut self, aligned: bool) -> Body {
        let version = self.version();
        if aligned && version >= GiopVersion::V1_2 && self.input.align(8).is_err() {
            // Less is left than padding would take: an empty body, padded or not.
            self.input.read_rest();
        }
        let (origin, begin) = (self.input.position(), self.input.offset());
        let joints = self.frame.joints.iter().filter(|joint| **joint > begin);
        Body {
            octets: self.frame.content.slice(begin..),
            endian: self.frame.header.endian,
            version,
            origin,
            joints: joints.map(|joint| joint - begin).collect(),
        }
    }
}
