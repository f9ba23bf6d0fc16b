//! Profiles: the ways to reach an object (CORBA 3.3 Part 2, 7.6.2 and 9.7.2).

use bytes::Bytes;

use super::{KnownComponent, TaggedComponent};
use crate::cdr::{Cdr, CdrError, Decoder, Encoder, Endian, GiopVersion};
use crate::names::ObjectKey;

/// The body of an IIOP profile: where an object is, and what else there is to say about it.
///
/// ```text
///   0        1       2       3       4
///   | order  | major | minor | pad   | u32 len, host, NUL | pad to 2 | u16 port
///   | pad to 4 | u32 len, object key
///   | pad to 4 | u32 count, components            from version 1.1
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IiopProfile {
    /// The highest GIOP version the server speaks.
    pub version: GiopVersion,
    /// A host name or IP address, IPv6 without brackets.
    pub host: String,
    /// A TCP port; 0 if the object is only reachable in ways that components say.
    pub port: u16,
    /// The object inside the server.
    pub object_key: ObjectKey,
    /// More about the object. Version 1.0 cannot carry any.
    pub components: Vec<TaggedComponent>,
}

impl IiopProfile {
    /// A profile without components.
    #[must_use]
    pub const fn new(version: GiopVersion, host: String, port: u16, object_key: ObjectKey) -> Self {
        Self { version, host, port, object_key, components: Vec::new() }
    }

    /// The first component of type `T`, or why it is not readable.
    #[must_use]
    pub fn component<T: KnownComponent>(&self) -> Option<Result<T, CdrError>> {
        self.components.iter().find_map(TaggedComponent::read)
    }

    /// All readable components of type `T`, in order.
    pub fn components_of<T: KnownComponent>(&self) -> impl Iterator<Item = T> {
        self.components.iter().filter_map(TaggedComponent::read).filter_map(Result::ok)
    }

    /// Reads the body of an IIOP profile.
    ///
    /// Minor versions above 1.2 are read like 1.2, and what follows the components is ignored
    /// (CORBA 3.3 Part 2, 9.7.2).
    ///
    /// # Errors
    /// [`CdrError::InvalidDiscriminant`] for another tag than IIOP or another major version than 1, and
    /// those of the members.
    pub fn from_tagged(profile: &TaggedProfile) -> Result<Self, CdrError> {
        if profile.tag != ProfileTag::IIOP {
            return Err(CdrError::InvalidDiscriminant {
                type_name: "IOP::ProfileId",
                value: profile.tag.0.into(),
            });
        }
        let mut input = Decoder::of_encapsulation(&profile.data)?;
        let version = GiopVersion { major: input.read_u8()?, minor: input.read_u8()? };
        if version.major != 1 {
            let value = version.major.into();
            return Err(CdrError::InvalidDiscriminant { type_name: "IIOP::Version", value });
        }
        let host = input.read_string()?;
        let port = input.read_u16()?;
        let key = input.read_octet_sequence()?;
        Ok(Self {
            version,
            host,
            port,
            object_key: ObjectKey::new(profile.data.slice_ref(key)),
            components: if version.minor == 0 { Vec::new() } else { Cdr::decode(&mut input)? },
        })
    }

    /// Writes the profile with its tag, encapsulated big-endian.
    ///
    /// # Errors
    /// [`CdrError::InvalidValue`] for components in version 1.0; those of the members.
    pub fn to_tagged(&self) -> Result<TaggedProfile, CdrError> {
        let has_components = self.version > GiopVersion::V1_0;
        if !has_components && !self.components.is_empty() {
            return Err(CdrError::InvalidValue { type_name: "IIOP::ProfileBody_1_0" });
        }
        let data = Encoder::encapsulate(Endian::Big, |out| {
            out.write_octets(&[self.version.major, self.version.minor]);
            out.write_string(&self.host)?;
            out.write_u16(self.port);
            self.object_key.encode(out)?;
            if has_components { self.components.encode(out) } else { Ok(()) }
        })?;
        Ok(TaggedProfile { tag: ProfileTag::IIOP, data: data.into() })
    }
}

/// A profile as it travels: a tag, and octets whose meaning the tag says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TaggedProfile {
    /// What the octets mean.
    pub tag: ProfileTag,
    /// Most often an encapsulation; kept as it came.
    pub data: Bytes,
}

impl TaggedProfile {
    /// A profile that holds nothing but components (`TAG_MULTIPLE_COMPONENTS`).
    ///
    /// # Errors
    /// [`CdrError::LengthTooLarge`].
    pub fn of_components(components: &[TaggedComponent]) -> Result<Self, CdrError> {
        let data = Encoder::encapsulate(Endian::Big, |out| {
            out.write_len(components.len())?;
            Cdr::encode_slice(components, out)
        })?;
        Ok(Self { tag: ProfileTag::MULTIPLE_COMPONENTS, data: data.into() })
    }
}

/// The components of a `TAG_MULTIPLE_COMPONENTS` profile.
///
/// # Errors
/// [`CdrError::InvalidDiscriminant`] for another tag; those of the components.
pub fn multiple_components(profile: &TaggedProfile) -> Result<Vec<TaggedComponent>, CdrError> {
    if profile.tag != ProfileTag::MULTIPLE_COMPONENTS {
        let value = profile.tag.0.into();
        return Err(CdrError::InvalidDiscriminant { type_name: "IOP::ProfileId", value });
    }
    Cdr::decode(&mut Decoder::of_encapsulation(&profile.data)?)
}

impl Cdr for TaggedProfile {
    const SIZE_MIN: usize = 8;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.tag.0.encode(out)?;
        self.data.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { tag: ProfileTag(Cdr::decode(input)?), data: Cdr::decode(input)? })
    }
}

/// What a profile means. Unknown tags are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileTag(pub u32);

impl ProfileTag {
    /// GIOP over TCP: [`IiopProfile`].
    pub const IIOP: Self = Self(0);
    /// Components without an address: [`multiple_components`].
    pub const MULTIPLE_COMPONENTS: Self = Self(1);
    /// SCCP inter-ORB protocol.
    pub const SCCP_IOP: Self = Self(2);
    /// GIOP over UDP multicast.
    pub const UIPMC: Self = Self(3);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ior::{AlternateAddress, OrbType};

    fn profile(version: GiopVersion) -> IiopProfile {
        IiopProfile::new(version, "127.0.0.1".into(), 2809, ObjectKey::from_static(b"grid"))
    }

    #[test]
    fn version_1_0_has_no_components() {
        let mut profile = profile(GiopVersion::V1_0);
        let tagged = profile.to_tagged().unwrap();
        assert_eq!(tagged.data, b"\0\x01\0\0\0\0\0\x0a127.0.0.1\0\x0a\xf9\0\0\0\x04grid"[..]);
        assert_eq!(IiopProfile::from_tagged(&tagged).unwrap(), profile);
        profile.components.push(TaggedComponent::of(&OrbType::QUORB).unwrap());
        let refused = CdrError::InvalidValue { type_name: "IIOP::ProfileBody_1_0" };
        assert_eq!(profile.to_tagged(), Err(refused));
    }

    #[test]
    fn components_are_found_by_type() {
        let mut profile = profile(GiopVersion::V1_2);
        profile.components.push(TaggedComponent::of(&OrbType::QUORB).unwrap());
        for port in [1, 2] {
            let address = AlternateAddress { host: "b".into(), port };
            profile.components.push(TaggedComponent::of(&address).unwrap());
        }
        let read = IiopProfile::from_tagged(&profile.to_tagged().unwrap()).unwrap();
        assert_eq!(read, profile);
        assert_eq!(read.component(), Some(Ok(OrbType::QUORB)));
        let ports: Vec<_> = read.components_of::<AlternateAddress>().map(|a| a.port).collect();
        assert_eq!(ports, [1, 2]);
        assert!(read.component::<crate::ior::QuorbEndpoint>().is_none());
    }

    #[test]
    fn little_endian_profiles_and_later_versions_are_read() {
        let octets = b"\x01\x01\x03\xee\x02\0\0\0h\0\x34\x12\x01\0\0\0k\xee\xee\xee\0\0\0\0later";
        let tagged = TaggedProfile { tag: ProfileTag::IIOP, data: Bytes::from_static(octets) };
        let read = IiopProfile::from_tagged(&tagged).unwrap();
        assert_eq!((read.version.minor, read.port, read.object_key.as_bytes()), (3, 0x1234, &b"k"[..]));
        let data = Bytes::from_static(b"\0\x02\0");
        let unknown = IiopProfile::from_tagged(&TaggedProfile { tag: ProfileTag::IIOP, data });
        assert_eq!(unknown, Err(CdrError::InvalidDiscriminant { type_name: "IIOP::Version", value: 2 }));
    }
}
