//! Fault tolerance: what a reference says about the group of replicas behind it (CORBA 3.3 Part 2, 15.2.6).

use super::{ComponentTag, KnownComponent};
use crate::cdr::{Cdr, CdrError, Decoder, Encoder};

/// The body of `TAG_FT_GROUP`: which group serves the object, and how new the reference is.
///
/// ```text
///   0        1        2        3        4
///   | order  | major 1| minor 0| pad    | u32 len, domain, NUL | pad to 8 | u64 group | u32 version |
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FtGroup {
    /// The fault tolerance domain.
    pub domain: String,
    /// The group in its domain.
    pub group: u64,
    /// Grows when the members change.
    pub version: u32,
}

impl Cdr for FtGroup {
    const SIZE_MIN: usize = 2 + 4 + 8 + 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_octets(&[1, 0]);
        out.write_string(&self.domain)?;
        self.group.encode(out)?;
        self.version.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        // The component's own version: minor ones are compatible.
        let [major, _] = [input.read_u8()?, input.read_u8()?];
        if major != 1 {
            return Err(CdrError::InvalidDiscriminant {
                type_name: "FT::TagFTGroupTaggedComponent",
                value: major.into(),
            });
        }
        Ok(Self { domain: Cdr::decode(input)?, group: Cdr::decode(input)?, version: Cdr::decode(input)? })
    }
}

impl KnownComponent for FtGroup {
    const TAG: ComponentTag = ComponentTag::FT_GROUP;
}

/// The body of `TAG_FT_PRIMARY`: whether this profile is that of the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FtPrimary(pub bool);

impl Cdr for FtPrimary {
    const SIZE_MIN: usize = 1;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        bool::decode(input).map(Self)
    }
}

impl KnownComponent for FtPrimary {
    const TAG: ComponentTag = ComponentTag::FT_PRIMARY;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ior::TaggedComponent;

    #[test]
    fn the_diagram_holds() {
        let group = FtGroup { domain: "ab".into(), group: 7, version: 9 };
        let component = TaggedComponent::of(&group).unwrap();
        assert_eq!(component.tag, ComponentTag(27));
        let expected = b"\0\x01\0\0\0\0\0\x03ab\0\0\0\0\0\0\0\0\0\0\0\0\0\x07\0\0\0\x09";
        assert_eq!(component.data[..8], expected[..8]);
        assert_eq!(component.read::<FtGroup>(), Some(Ok(group)));
        let newer =
            TaggedComponent { tag: ComponentTag::FT_GROUP, data: bytes::Bytes::from_static(&[0, 2, 0]) };
        assert!(matches!(newer.read::<FtGroup>(), Some(Err(_))));
        let primary = TaggedComponent::of(&FtPrimary(true)).unwrap();
        assert_eq!(primary.data[..], [0, 1]);
    }
}
