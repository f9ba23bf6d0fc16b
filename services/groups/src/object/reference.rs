//! The reference to a group: an ordinary one, that lists every member.
//!
//! ```text
//!   IOR type_id
//!     profile of this member     host:port, key; alternates: the others' addresses; native endpoint, set version, GROUP;
//!                                TAG_FT_GROUP; TAG_FT_PRIMARY
//!     profile of the next one    the same, seen from there
//! ```
//!
//! Clients that use one profile and its alternates (omniORB) find every member, as do those that go through the profiles.

use super::proto::Place;
use crate::core::{GroupId, ProcessId};
use quorb_giop::cdr::CdrError;
use quorb_giop::ior::{
    AlternateAddress, EndpointFlags, FtGroup, FtPrimary, IiopProfile, Ior, ProfileTag, QuorbEndpoint,
    TaggedComponent, TaggedProfile,
};
use quorb_giop::names::RepositoryId;

/// Members that a reference lists at most, so that it stays of bounded length.
pub const MEMBERS_LISTED_MAX: usize = 16;

/// The group that a reference is to.
#[derive(Debug, Clone)]
pub(super) struct GroupName {
    pub(super) domain: String,
    pub(super) group: GroupId,
}

/// What a member announces: the profiles of its own reference.
pub(super) fn profiles_of(ior: &Ior) -> Vec<bytes::Bytes> {
    ior.profiles.iter().filter(|p| p.tag == ProfileTag::IIOP).map(|p| p.data.clone()).collect()
}

/// Whether others can dial the broker of this reference.
pub(super) fn is_reachable(ior: &Ior) -> bool {
    ior.iiop_profiles().flatten().any(|profile| profile.port != 0)
}

/// The reference to the group as `first` gives it: its own profile comes first, the others' follow by rank, in a circle.
pub(super) fn to_group(
    name: &GroupName,
    version: u64,
    places: &[(ProcessId, Place)],
    first: ProcessId,
) -> Result<Ior, CdrError> {
    let start = places.iter().position(|(process, _)| *process == first).unwrap_or(0);
    let circle = places.iter().cycle().skip(start).take(places.len().min(MEMBERS_LISTED_MAX));
    let members: Vec<IiopProfile> = circle.filter_map(|(_, place)| own_profile(place)).collect();
    let mut profiles = Vec::with_capacity(members.len());
    for (rank, member) in members.iter().enumerate() {
        let others = (1..members.len()).map(|step| &members[(rank + step) % members.len()]);
        profiles.push(seen_from(member, others, name, version, rank == 0)?.to_tagged()?);
    }
    let type_id = places.first().map_or("", |(_, place)| &*place.interface);
    Ok(Ior { type_id: RepositoryId::from(type_id.to_owned()), profiles })
}

/// The first profile of a member that can be read. What another member has announced may be damaged; it is passed over.
fn own_profile(place: &Place) -> Option<IiopProfile> {
    let tagged =
        place.profiles.iter().map(|data| TaggedProfile { tag: ProfileTag::IIOP, data: data.clone() });
    { tagged }.find_map(|profile| IiopProfile::from_tagged(&profile).ok())
}

/// The reference to one member, which stays with it.
pub(super) fn to_member(place: &Place) -> Option<Ior> {
    let profile = own_profile(place)?.to_tagged().ok()?;
    let type_id = RepositoryId::from(place.interface.to_string());
    Some(staying(&Ior { type_id, profiles: vec![profile] }))
}

fn seen_from<'a>(
    member: &IiopProfile,
    others: impl Iterator<Item = &'a IiopProfile>,
    name: &GroupName,
    version: u64,
    is_first: bool,
) -> Result<IiopProfile, CdrError> {
    let mut profile = member.clone();
    if let Some(Ok(mut quorb)) = member.component::<QuorbEndpoint>() {
        quorb.endpoint_set_version = version;
        quorb.flags = EndpointFlags(quorb.flags.0 | EndpointFlags::GROUP.0);
        let component = TaggedComponent::of(&quorb)?;
        profile.components.retain(|other| other.tag != component.tag);
        profile.components.push(component);
    }
    for other in others {
        let address = AlternateAddress { host: other.host.clone(), port: other.port };
        profile.components.push(TaggedComponent::of(&address)?);
        for alternate in other.components_of::<AlternateAddress>() {
            profile.components.push(TaggedComponent::of(&alternate)?);
        }
    }
    let group = FtGroup { domain: name.domain.clone(), group: name.group.0.into(), version: version as u32 };
    profile.components.push(TaggedComponent::of(&group)?);
    if is_first {
        profile.components.push(TaggedComponent::of(&FtPrimary(true))?);
    }
    Ok(profile)
}

/// A reference that stays with what it lists: it counts as the newest, so that no reply leads its users on to others.
pub(crate) fn staying(ior: &Ior) -> Ior {
    let mut ior = ior.clone();
    for tagged in ior.profiles.iter_mut().filter(|profile| profile.tag == ProfileTag::IIOP) {
        // What is no profile, or has no such component, says nothing of a set anyway.
        if let Ok(mut profile) = IiopProfile::from_tagged(tagged)
            && let Some(Ok(mut quorb)) = profile.component::<QuorbEndpoint>()
        {
            quorb.endpoint_set_version = u64::MAX;
            if let Ok(component) = TaggedComponent::of(&quorb) {
                profile.components.retain(|other| other.tag != component.tag);
                profile.components.push(component);
            }
            if let Ok(written) = profile.to_tagged() {
                *tagged = written;
            }
        }
    }
    ior
}

#[cfg(test)]
mod tests {
    use super::super::proto::Style;
    use super::*;
    use quorb_giop::cdr::GiopVersion;
    use quorb_giop::names::ObjectKey;

    fn place(host: &str) -> Place {
        let key = ObjectKey::new(bytes::Bytes::from_static(b"grid"));
        let mut profile = IiopProfile::new(GiopVersion::V1_2, host.into(), 10, key);
        let quorb = QuorbEndpoint { server_identity: 4, ..QuorbEndpoint::default() };
        profile.components.push(TaggedComponent::of(&quorb).unwrap());
        let data = profile.to_tagged().unwrap().data;
        Place {
            interface: "IDL:Grid:1.0".into(),
            fingerprint: 1,
            style: Style::Active,
            ships_effects: false,
            profiles: vec![data],
            time_us: 0,
        }
    }

    #[test]
    fn every_profile_lists_everybody_and_begins_with_another_member() {
        let places: Vec<_> = (1..=3).map(|n| (ProcessId(n), place(&format!("host{n}")))).collect();
        let name = GroupName { domain: "d".into(), group: GroupId(5) };
        let ior = to_group(&name, 77, &places, ProcessId(2)).unwrap();
        assert_eq!(ior.type_id.as_str(), "IDL:Grid:1.0");
        let profiles: Vec<IiopProfile> = ior.iiop_profiles().map(Result::unwrap).collect();
        let hosts: Vec<&str> = profiles.iter().map(|profile| profile.host.as_str()).collect();
        assert_eq!(hosts, ["host2", "host3", "host1"]);
        for (rank, profile) in profiles.iter().enumerate() {
            let alternates: Vec<String> =
                profile.components_of::<AlternateAddress>().map(|address| address.host).collect();
            assert_eq!(alternates, [hosts[(rank + 1) % 3], hosts[(rank + 2) % 3]]);
            let quorb = profile.component::<QuorbEndpoint>().unwrap().unwrap();
            assert!(quorb.flags.contains(EndpointFlags::GROUP));
            assert_eq!((quorb.endpoint_set_version, quorb.server_identity), (77, 4));
            let group = profile.component::<FtGroup>().unwrap().unwrap();
            assert_eq!((group.domain.as_str(), group.group, group.version), ("d", 5, 77));
            assert_eq!(profile.component::<FtPrimary>().is_some(), rank == 0);
        }
    }

    #[test]
    fn who_stays_counts_as_the_newest() {
        let places: Vec<_> = (1..=2).map(|n| (ProcessId(n), place(&format!("host{n}")))).collect();
        let name = GroupName { domain: "d".into(), group: GroupId(5) };
        let ior = staying(&to_group(&name, 77, &places, ProcessId(2)).unwrap());
        let profiles: Vec<IiopProfile> = ior.iiop_profiles().map(Result::unwrap).collect();
        assert_eq!(profiles.len(), 2);
        for profile in profiles {
            assert_eq!(profile.component::<QuorbEndpoint>().unwrap().unwrap().endpoint_set_version, u64::MAX);
        }
    }

    #[test]
    fn a_damaged_place_is_passed_over() {
        let mut places = vec![(ProcessId(1), place("good")), (ProcessId(2), place("bad"))];
        places[1].1.profiles = vec![bytes::Bytes::from_static(b"\x07")];
        let name = GroupName { domain: "d".into(), group: GroupId(5) };
        let ior = to_group(&name, 1, &places, ProcessId(2)).unwrap();
        assert_eq!(ior.profiles.len(), 1);
    }
}
