//! Our own component: the profile's endpoint speaks the native protocol, too.

use super::{ComponentTag, KnownComponent};
use crate::cdr::{Cdr, CdrError, Decoder, Encoder};

/// The body of [`ComponentTag::QUORB_ENDPOINT`].
///
/// Foreign brokers skip it. Later versions append members; a reader takes those it knows.
///
/// ```text
///   0        1        2         4                  8                        16
///   | order  | pad    | protocol| pad              | fingerprint            |
///   16                          24                          32
///   | endpoint set version      | server identity           |
///   32
///   | u32 len, local address, NUL | pad to 4 | u32 flags |
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct QuorbEndpoint {
    /// The highest version of the native protocol spoken there.
    pub protocol_version: u16,
    /// The fingerprint of the object's interface; 0 if unknown.
    pub fingerprint: u64,
    /// The version of the set of endpoints this reference lists; 0 if it does not change.
    pub endpoint_set_version: u64,
    /// The identity of the server process, to recognise one reached by several addresses; 0 if unknown.
    pub server_identity: u64,
    /// An address of the same server for clients on the same host, `unix:/path`, or in the same process,
    /// `memory:name`; empty if there is none.
    pub local_address: String,
    /// More about the endpoint.
    pub flags: EndpointFlags,
}

impl Cdr for QuorbEndpoint {
    // Five numbers and an empty string; padding is not counted.
    const SIZE_MIN: usize = 2 + 3 * 8 + 4 + 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.protocol_version.encode(out)?;
        self.fingerprint.encode(out)?;
        self.endpoint_set_version.encode(out)?;
        self.server_identity.encode(out)?;
        self.local_address.encode(out)?;
        self.flags.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self {
            protocol_version: Cdr::decode(input)?,
            fingerprint: Cdr::decode(input)?,
            endpoint_set_version: Cdr::decode(input)?,
            server_identity: Cdr::decode(input)?,
            local_address: Cdr::decode(input)?,
            flags: EndpointFlags(Cdr::decode(input)?),
        })
    }
}

impl KnownComponent for QuorbEndpoint {
    const TAG: ComponentTag = ComponentTag::QUORB_ENDPOINT;
}

/// Single bits that say more about an endpoint. Unknown bits are kept and mean nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EndpointFlags(pub u32);

impl EndpointFlags {
    /// The object is served by a group of replicas.
    pub const GROUP: Self = Self(1);
    /// The endpoint wants TLS first.
    pub const TLS: Self = Self(2);
    /// The object's broker is called over connections that it has opened itself.
    pub const CALLED_BACK: Self = Self(4);

    /// Whether all bits of `flags` are set.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ior::TaggedComponent;

    #[test]
    fn the_diagram_holds() {
        let endpoint = QuorbEndpoint {
            protocol_version: 0x0102,
            fingerprint: 3,
            endpoint_set_version: 4,
            server_identity: 5,
            local_address: "/q".into(),
            flags: EndpointFlags(0x8000_0001),
        };
        let component = TaggedComponent::of(&endpoint).unwrap();
        let data = &component.data;
        assert_eq!(data[..4], [0, 0, 1, 2]);
        assert_eq!(data[8..16], 3u64.to_be_bytes());
        assert_eq!(data[16..24], 4u64.to_be_bytes());
        assert_eq!(data[24..32], 5u64.to_be_bytes());
        assert_eq!(data[32..], *b"\0\0\0\x03/q\0\0\x80\0\0\x01");
        let read = component.read::<QuorbEndpoint>().unwrap().unwrap();
        assert_eq!(read, endpoint);
        assert!(read.flags.contains(EndpointFlags::GROUP) && !read.flags.contains(EndpointFlags::TLS));
        let mut longer = data.to_vec();
        longer.extend_from_slice(b"later members");
        let longer = TaggedComponent { tag: component.tag, data: longer.into() };
        assert_eq!(longer.read(), Some(Ok(endpoint)));
    }
}
