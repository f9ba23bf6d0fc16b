//! References to our own objects, and from addresses.

use quorb_giop::cdr::{CdrError, GiopVersion};
use quorb_giop::codeset::CodeSetComponentInfo;
use quorb_giop::ior::{
    AlternateAddress, EndpointFlags, IiopProfile, Ior, OrbType, QuorbEndpoint, TaggedComponent,
};
use quorb_giop::names;

use super::callers::nowhere;
use super::{Address, Callbacks, Orb};
use crate::adapter::ObjectKey;
use crate::model::Interface;
use crate::proto::native;

/// The reference to an object of this broker: one IIOP profile with the first advertised address, the others as
/// alternates, and our component, which says that the native protocol is spoken there, or over this broker's own connections.
pub(super) fn of_own_object(orb: &Orb, key: &ObjectKey, interface: &'static Interface) -> Ior {
    own_object(orb, key, interface).expect("a reference of bounded parts is always encodable")
}

fn own_object(orb: &Orb, key: &ObjectKey, interface: &'static Interface) -> Result<Ior, CdrError> {
    let (listening, server_identity) = (&orb.shared.listening, orb.shared.identity);
    let quorb = QuorbEndpoint {
        protocol_version: u16::from(native::Version::OURS.major),
        fingerprint: interface.fingerprint(),
        server_identity,
        local_address: listening.local.as_ref().map(Address::to_string).unwrap_or_default(),
        flags: if orb.is_called_back() { EndpointFlags::CALLED_BACK } else { EndpointFlags::default() },
        ..QuorbEndpoint::default()
    };
    let mut addresses = listening.advertised.iter().cloned();
    // GIOP names a client that listens nowhere by something.
    let nowhere = || match orb.callbacks() {
        Callbacks::Everywhere => nowhere(server_identity),
        _ => Default::default(),
    };
    let (host, port) = addresses.next().unwrap_or_else(nowhere);
    let mut components = vec![
        TaggedComponent::of(&OrbType::QUORB)?,
        TaggedComponent::of(&CodeSetComponentInfo::ours())?,
        TaggedComponent::of(&quorb)?,
    ];
    for (host, port) in addresses {
        components.push(TaggedComponent::of(&AlternateAddress { host, port })?);
    }
    let key = names::ObjectKey::new(key.0.clone());
    let mut profile = IiopProfile::new(GiopVersion::V1_2, host, port, key);
    profile.components = components;
    Ior::with_iiop(names::RepositoryId::from_static(interface.id()), &profile)
}

/// The reference to what a stream is read from: it names this broker, and no address. It is reached over connections that
/// are open.
pub(super) fn of_own_source(orb: &Orb, key: &ObjectKey, interface: &'static Interface) -> Ior {
    own_source(orb, key, interface).expect("a reference of bounded parts is always encodable")
}

fn own_source(orb: &Orb, key: &ObjectKey, interface: &'static Interface) -> Result<Ior, CdrError> {
    let quorb = QuorbEndpoint {
        protocol_version: u16::from(native::Version::OURS.major),
        fingerprint: interface.fingerprint(),
        server_identity: orb.shared.identity,
        flags: EndpointFlags::CALLED_BACK,
        ..QuorbEndpoint::default()
    };
    let key = names::ObjectKey::new(key.0.clone());
    let mut profile = IiopProfile::new(GiopVersion::V1_2, String::new(), 0, key);
    profile.components = vec![TaggedComponent::of(&quorb)?];
    Ior::with_iiop(names::RepositoryId::from_static(interface.id()), &profile)
}

/// The key in a reference to an object of the broker with this identity.
pub(super) fn own_key(ior: &Ior, server_identity: u64) -> Option<ObjectKey> {
    ior.iiop_profiles().flatten().find_map(|profile| {
        let quorb = profile.component::<QuorbEndpoint>()?.ok()?;
        (quorb.server_identity == server_identity).then(|| ObjectKey(profile.object_key.clone().into_bytes()))
    })
}
