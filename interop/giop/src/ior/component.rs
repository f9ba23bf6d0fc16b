//! Tagged components: what a profile says beside its address (CORBA 3.3 Part 2, 7.6.5).

use bytes::Bytes;

use crate::cdr::{Cdr, CdrError, Decoder, Encoder, Endian};

/// A component of a profile: a tag, and octets whose meaning the tag says.
///
/// ```text
///   u32 tag, u32 len, octets      octets of the known ones: u8 byte order, body aligned from there
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TaggedComponent {
    /// What the octets mean.
    pub tag: ComponentTag,
    /// Most often an encapsulation; kept as it came.
    pub data: Bytes,
}

impl TaggedComponent {
    /// A component with this body, encapsulated big-endian.
    ///
    /// # Errors
    /// Those of the body's encoding.
    pub fn of<T: KnownComponent>(body: &T) -> Result<Self, CdrError> {
        let data = Encoder::encapsulate(Endian::Big, |out| body.encode(out))?;
        Ok(Self { tag: T::TAG, data: data.into() })
    }

    /// The body, if this is a component of type `T`.
    ///
    /// Octets behind the body are ignored: later versions of a component may be longer.
    #[must_use]
    pub fn read<T: KnownComponent>(&self) -> Option<Result<T, CdrError>> {
        (self.tag == T::TAG)
            .then(|| Decoder::of_encapsulation(&self.data).and_then(|mut input| T::decode(&mut input)))
    }
}

impl Cdr for TaggedComponent {
    const SIZE_MIN: usize = 8;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.tag.0.encode(out)?;
        self.data.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { tag: ComponentTag(Cdr::decode(input)?), data: Cdr::decode(input)? })
    }
}

/// The body of a component whose tag is known.
pub trait KnownComponent: Cdr {
    /// The tag that announces this body.
    const TAG: ComponentTag;
}

/// What a component means. Unknown tags are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentTag(pub u32);

impl ComponentTag {
    /// Which broker made the reference: [`OrbType`].
    pub const ORB_TYPE: Self = Self(0);
    /// Code sets: [`crate::codeset::CodeSetComponentInfo`].
    pub const CODE_SETS: Self = Self(1);
    /// Policies of the object (messaging).
    pub const POLICIES: Self = Self(2);
    /// One more address of the same profile: [`AlternateAddress`].
    pub const ALTERNATE_IIOP_ADDRESS: Self = Self(3);
    /// A complete object key, in a profile of components.
    pub const COMPLETE_OBJECT_KEY: Self = Self(5);
    /// SSL at another port of the same host.
    pub const SSL_SEC_TRANS: Self = Self(20);
    /// Java code base.
    pub const JAVA_CODEBASE: Self = Self(25);
    /// Fault tolerance: the object group.
    pub const FT_GROUP: Self = Self(27);
    /// Fault tolerance: this profile is the primary's.
    pub const FT_PRIMARY: Self = Self(28);
    /// Fault tolerance: the server answers heartbeats.
    pub const FT_HEARTBEAT_ENABLED: Self = Self(29);
    /// Common Secure Interoperability version 2.
    pub const CSI_SEC_MECH_LIST: Self = Self(33);
    /// omniORB's Unix socket.
    pub const OMNIORB_UNIX_TRANS: Self = Self(0x4154_5401);
    /// Ours: the native protocol is spoken at the same endpoint: [`super::QuorbEndpoint`].
    ///
    /// A number in the manner of vendors' tags: three letters, here `QRB`, and a count.
    pub const QUORB_ENDPOINT: Self = Self(0x5152_4201);
}

/// The body of `TAG_ORB_TYPE`: which broker made the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrbType(pub u32);

impl OrbType {
    /// This broker.
    pub const QUORB: Self = Self(0x5152_4200);
    /// omniORB.
    pub const OMNIORB: Self = Self(0x4154_5400);
    /// TAO.
    pub const TAO: Self = Self(0x5441_4f00);
    /// JacORB.
    pub const JACORB: Self = Self(0x4a41_4300);
}

impl Cdr for OrbType {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        u32::decode(input).map(Self)
    }
}

impl KnownComponent for OrbType {
    const TAG: ComponentTag = ComponentTag::ORB_TYPE;
}

/// The body of `TAG_ALTERNATE_IIOP_ADDRESS`: one more address where the profile's object key is served.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlternateAddress {
    /// A host name or IP address.
    pub host: String,
    /// A TCP port.
    pub port: u16,
}

impl Cdr for AlternateAddress {
    const SIZE_MIN: usize = 6;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_string(&self.host)?;
        self.port.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { host: Cdr::decode(input)?, port: Cdr::decode(input)? })
    }
}

impl KnownComponent for AlternateAddress {
    const TAG: ComponentTag = ComponentTag::ALTERNATE_IIOP_ADDRESS;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_bodies_are_encapsulated() {
        let component = TaggedComponent::of(&AlternateAddress { host: "b".into(), port: 0x1234 }).unwrap();
        assert_eq!(component.tag, ComponentTag::ALTERNATE_IIOP_ADDRESS);
        assert_eq!(component.data, b"\0\0\0\0\0\0\0\x02b\0\x12\x34"[..]);
        let read = component.read::<AlternateAddress>().unwrap().unwrap();
        assert_eq!((read.host.as_str(), read.port), ("b", 0x1234));
        assert_eq!(component.read::<OrbType>(), None);
    }

    #[test]
    fn foreign_byte_order_and_longer_bodies_are_read() {
        let data = Bytes::from_static(b"\x01\xee\xee\xee\0\x54\x54\x41and more");
        let component = TaggedComponent { tag: ComponentTag::ORB_TYPE, data };
        assert_eq!(component.read::<OrbType>(), Some(Ok(OrbType::OMNIORB)));
        let empty = TaggedComponent { tag: ComponentTag::ORB_TYPE, data: Bytes::new() };
        assert_eq!(empty.read::<OrbType>(), Some(Err(CdrError::Truncated { needed: 1, left: 0 })));
    }
}
