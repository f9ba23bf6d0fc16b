//! Interoperable object references (CORBA 3.3 Part 2, 7.6).
//!
//! A reference is the repository id of the object's type and a list of profiles, each a way to reach the
//! object. A profile is a tag and octets; ours is the IIOP profile: host, port, object key, and tagged
//! components with more. Everything not understood is kept octet for octet, so that a reference passes
//! through us unchanged.

mod component;
mod endpoint;
mod group;
mod profile;
mod stringified;

pub use component::{AlternateAddress, ComponentTag, KnownComponent, OrbType, TaggedComponent};
pub use endpoint::{EndpointFlags, QuorbEndpoint};
pub use group::{FtGroup, FtPrimary};
pub use profile::{IiopProfile, ProfileTag, TaggedProfile, multiple_components};
pub use stringified::IorTextError;

use crate::cdr::{Cdr, CdrError, Decoder, Encoder};
use crate::names::RepositoryId;

/// An interoperable object reference.
///
/// Profiles are kept as they came, in the sender's byte order, and decoded where they are looked into: a
/// broken or unknown profile does not spoil the others.
///
/// ```text
///   type_id                 profiles
///   u32 len, chars, NUL     u32 count, then count * { u32 tag, u32 len, octets }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ior {
    /// The most derived type the object is known to have; empty means unknown.
    pub type_id: RepositoryId,
    /// The ways to reach the object, best first.
    pub profiles: Vec<TaggedProfile>,
}

impl Ior {
    /// A reference with one IIOP profile.
    ///
    /// # Errors
    /// Those of [`IiopProfile::to_tagged`].
    pub fn with_iiop(type_id: RepositoryId, profile: &IiopProfile) -> Result<Self, CdrError> {
        Ok(Self { type_id, profiles: vec![profile.to_tagged()?] })
    }

    /// The nil reference: no type, no profile.
    #[must_use]
    pub fn nil() -> Self {
        Self::default()
    }

    /// Whether this refers to no object. A type without a profile is nil, too.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.profiles.is_empty()
    }

    /// The IIOP profiles, in order, each decoded or with the reason why it is not readable.
    pub fn iiop_profiles(&self) -> impl Iterator<Item = Result<IiopProfile, CdrError>> {
        self.profiles.iter().filter(|profile| profile.tag == ProfileTag::IIOP).map(IiopProfile::from_tagged)
    }

    /// The components that stand outside of an IIOP profile, in profiles of their own
    /// (`TAG_MULTIPLE_COMPONENTS`). Unreadable ones are left out.
    #[must_use]
    pub fn shared_components(&self) -> Vec<TaggedComponent> {
        let shared = self.profiles.iter().filter(|profile| profile.tag == ProfileTag::MULTIPLE_COMPONENTS);
        shared.filter_map(|profile| multiple_components(profile).ok()).flatten().collect()
    }
}

impl Cdr for Ior {
    const SIZE_MIN: usize = 8;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.type_id.encode(out)?;
        self.profiles.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { type_id: Cdr::decode(input)?, profiles: Cdr::decode(input)? })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::cdr::{Endian, GiopVersion};
    use crate::names::ObjectKey;

    fn iiop(port: u16) -> IiopProfile {
        IiopProfile::new(GiopVersion::V1_2, "h".into(), port, ObjectKey::from_static(b"k"))
    }

    #[test]
    fn unknown_and_broken_profiles_do_not_spoil_the_others() {
        let mut ior = Ior::with_iiop(RepositoryId::from_static("IDL:A:1.0"), &iiop(1)).unwrap();
        ior.profiles.push(TaggedProfile { tag: ProfileTag(99), data: Bytes::from_static(b"\xfe\xff") });
        ior.profiles.push(TaggedProfile { tag: ProfileTag::IIOP, data: Bytes::from_static(b"\0\x01") });
        ior.profiles.push(iiop(2).to_tagged().unwrap());
        let mut out = Encoder::new(Endian::Little);
        ior.encode(&mut out).unwrap();
        let read = Ior::decode(&mut Decoder::new(out.as_slice(), Endian::Little)).unwrap();
        assert_eq!(read, ior);
        let ports: Vec<_> = read.iiop_profiles().map(|p| p.map(|p| p.port).ok()).collect();
        assert_eq!(ports, [Some(1), None, Some(2)]);
    }

    #[test]
    fn nil_has_no_profile() {
        assert!(Ior::nil().is_nil());
        assert!(Ior { type_id: RepositoryId::from_static("IDL:A:1.0"), profiles: vec![] }.is_nil());
        assert!(!Ior::with_iiop(RepositoryId::default(), &iiop(1)).unwrap().is_nil());
    }

    #[test]
    fn components_may_have_a_profile_of_their_own() {
        let mut ior = Ior::with_iiop(RepositoryId::default(), &iiop(1)).unwrap();
        let component = TaggedComponent::of(&OrbType::QUORB).unwrap();
        ior.profiles.push(TaggedProfile::of_components(std::slice::from_ref(&component)).unwrap());
        assert_eq!(ior.shared_components(), [component]);
    }
}
