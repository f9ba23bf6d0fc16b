//! Endpoints: what a reference offers to a caller, in the order in which it is tried.

use std::fmt;

use quorb_giop::cdr::GiopVersion;
use quorb_giop::codeset::{CodeSetComponentInfo, CodeSets};
use quorb_giop::ior::{AlternateAddress, EndpointFlags, IiopProfile, Ior, QuorbEndpoint};

use super::Address;
use super::builder::Preference;
use super::callers::is_nowhere;
use super::pool::PoolKey;
use crate::adapter::ObjectKey;

/// One way to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(super) address: Address,
    pub(super) wire: WireChoice,
    pub(super) key: ObjectKey,
    /// The peer is a broker of our kind: it understands our service contexts.
    pub(super) is_quorb: bool,
    /// The servers of the reference remember together what they have executed: any of them can be asked again.
    pub(super) is_group: bool,
    /// The profile of the reference that it comes from.
    pub(super) profile_index: u32,
    /// The version of the set that the endpoint belongs to; 0 if it does not change.
    pub(super) set_version: u64,
}

/// The protocol of an endpoint, with what has to be known before the first message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum WireChoice {
    Native,
    Iiop { version: GiopVersion, code_sets: CodeSets },
}

impl Endpoint {
    pub(super) fn pool_key(&self) -> PoolKey {
        PoolKey { address: self.address.clone(), wire: self.wire }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.wire {
            WireChoice::Native => write!(f, "native {}", self.address),
            WireChoice::Iiop { version, .. } => write!(f, "iiop {version} {}", self.address),
        }
    }
}

/// The endpoints of a reference, best first: for each profile in order, the native protocol before GIOP, the local address
/// before the network's, alternates last. Profiles that cannot be read are passed over.
pub(super) fn endpoints_of(ior: &Ior, preference: Preference) -> Vec<Endpoint> {
    ior.profiles
        .iter()
        .enumerate()
        .filter_map(|(index, profile)| {
            Some((u32::try_from(index).ok()?, IiopProfile::from_tagged(profile).ok()?))
        })
        .flat_map(|(index, profile)| of_profile(index, &profile, preference))
        .collect()
}

fn of_profile(profile_index: u32, profile: &IiopProfile, preference: Preference) -> Vec<Endpoint> {
    let quorb = profile.component::<QuorbEndpoint>().and_then(Result::ok);
    let addresses = addresses_of(profile, quorb.as_ref());
    let endpoint = |address: Address, wire| Endpoint {
        address,
        wire,
        key: ObjectKey(profile.object_key.clone().into_bytes()),
        is_quorb: quorb.is_some(),
        is_group: quorb.as_ref().is_some_and(|quorb| quorb.flags.contains(EndpointFlags::GROUP)),
        profile_index,
        set_version: quorb.as_ref().map_or(0, |quorb| quorb.endpoint_set_version),
    };
    let called_back = quorb.as_ref().filter(|quorb| quorb.flags.contains(EndpointFlags::CALLED_BACK));
    let caller = called_back.map(|quorb| Address::Caller(quorb.server_identity));
    let mut endpoints = Vec::new();
    if quorb.is_some() && preference != Preference::IiopOnly {
        // Where a broker that listens nowhere is named for GIOP's sake, the native protocol has its own way.
        let listening = addresses.iter().filter(|address| !is_named_nowhere(address)).cloned();
        endpoints.extend(listening.chain(caller).map(|address| endpoint(address, WireChoice::Native)));
    }
    if preference != Preference::NativeOnly {
        // Later minor versions are compatible: we speak the last one we know.
        let version = profile.version.min(GiopVersion::V1_2);
        let offer = profile.component::<CodeSetComponentInfo>().and_then(Result::ok);
        match CodeSets::choose(version, offer.as_ref()) {
            Ok(code_sets) => {
                let wire = WireChoice::Iiop { version, code_sets };
                endpoints.extend(addresses.into_iter().map(|address| endpoint(address, wire)));
            }
            Err(cause) => tracing::warn!(%cause, host = profile.host, "a profile cannot be used"),
        }
    }
    endpoints
}

fn is_named_nowhere(address: &Address) -> bool {
    matches!(address, Address::Tcp { host, .. } if is_nowhere(host))
}

fn addresses_of(profile: &IiopProfile, quorb: Option<&QuorbEndpoint>) -> Vec<Address> {
    let mut addresses = Vec::new();
    let network =
        (profile.port != 0).then(|| Address::Tcp { host: profile.host.clone(), port: profile.port });
    let local = quorb.and_then(|quorb| quorb.local_address.parse::<Address>().ok());
    // A path means something only on the server's machine: it is tried where the server says that it is here.
    let is_here = |network: &Address| network.is_local() || is_named_nowhere(network);
    addresses.extend(local.filter(|_| network.as_ref().is_none_or(is_here)));
    addresses.extend(network);
    addresses.extend(
        profile
            .components_of::<AlternateAddress>()
            .map(|alternate| Address::Tcp { host: alternate.host, port: alternate.port }),
    );
    addresses
}
