//! The three ways to say which object is meant (CORBA 3.3 Part 2, 9.4.2.1).

use super::GiopError;
use super::frame::FrameReader;
use crate::cdr::{Cdr, CdrError, Decoder, Encoder, GiopVersion};
use crate::ior::{IiopProfile, Ior, ProfileTag, TaggedProfile};
use crate::names::ObjectKey;

/// The object a request is for: `GIOP::TargetAddress`. Before GIOP 1.2 there is only the key.
///
/// ```text
///   i16 disposition | pad to 4 | 0: u32 len, object key
///                              | 1: u32 tag, u32 len, profile
///                              | 2: u32 index, reference
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// By its key.
    Key(ObjectKey),
    /// By one profile of its reference.
    Profile(TaggedProfile),
    /// By its whole reference, and which of its profiles was used.
    Reference {
        /// The index of the profile used.
        selected_profile_index: u32,
        /// The whole reference.
        ior: Ior,
    },
}

impl Target {
    /// The object's key, wherever it stands.
    ///
    /// # Errors
    /// [`CdrError`] if the profile is not a readable IIOP profile, or there is none at the index.
    pub fn object_key(&self) -> Result<ObjectKey, CdrError> {
        match self {
            Self::Key(key) => Ok(key.clone()),
            Self::Profile(profile) => IiopProfile::from_tagged(profile).map(|p| p.object_key),
            Self::Reference { selected_profile_index, ior } => {
                let profile = ior.profiles.get(*selected_profile_index as usize);
                let missing = CdrError::InvalidValue { type_name: "GIOP::IORAddressingInfo" };
                IiopProfile::from_tagged(profile.ok_or(missing)?).map(|p| p.object_key)
            }
        }
    }

    /// The same, without a copy of a key that stands alone.
    ///
    /// # Errors
    /// As [`object_key`](Self::object_key).
    pub fn into_object_key(self) -> Result<ObjectKey, CdrError> {
        match self {
            Self::Key(key) => Ok(key),
            Self::Profile(_) | Self::Reference { .. } => self.object_key(),
        }
    }

    /// How the object is addressed.
    #[must_use]
    pub const fn disposition(&self) -> AddressingDisposition {
        match self {
            Self::Key(_) => AddressingDisposition::KEY,
            Self::Profile(_) => AddressingDisposition::PROFILE,
            Self::Reference { .. } => AddressingDisposition::REFERENCE,
        }
    }

    pub(super) fn write(&self, out: &mut Encoder) -> Result<(), GiopError> {
        let version = out.profile().version;
        if version >= GiopVersion::V1_2 {
            self.disposition().encode(out)?;
        } else if !matches!(self, Self::Key(_)) {
            return Err(GiopError::AddressingNotInVersion { version });
        }
        match self {
            Self::Key(key) => key.encode(out)?,
            Self::Profile(profile) => profile.encode(out)?,
            Self::Reference { selected_profile_index, ior } => {
                selected_profile_index.encode(out)?;
                ior.encode(out)?;
            }
        }
        Ok(())
    }

    pub(super) fn read(reader: &mut FrameReader<'_>) -> Result<Self, GiopError> {
        if reader.version() < GiopVersion::V1_2 {
            return reader.key().map(ObjectKey::new).map(Self::Key);
        }
        match AddressingDisposition::decode(&mut reader.input)? {
            AddressingDisposition::KEY => reader.key().map(ObjectKey::new).map(Self::Key),
            AddressingDisposition::PROFILE => {
                let tag = ProfileTag(reader.input.read_u32()?);
                Ok(Self::Profile(TaggedProfile { tag, data: reader.octets()? }))
            }
            AddressingDisposition::REFERENCE => Ok(Self::Reference {
                selected_profile_index: reader.input.read_u32()?,
                ior: Ior::decode(&mut reader.input)?,
            }),
            AddressingDisposition(disposition) => Err(GiopError::UnknownAddressing { disposition }),
        }
    }
}

/// How an object is, or must be, addressed: the body of a reply with
/// [`NEEDS_ADDRESSING_MODE`](super::ReplyStatus::NEEDS_ADDRESSING_MODE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressingDisposition(pub i16);

impl AddressingDisposition {
    /// [`Target::Key`].
    pub const KEY: Self = Self(0);
    /// [`Target::Profile`].
    pub const PROFILE: Self = Self(1);
    /// [`Target::Reference`].
    pub const REFERENCE: Self = Self(2);
}

impl Cdr for AddressingDisposition {
    const SIZE_MIN: usize = 2;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        i16::decode(input).map(Self)
    }
}
