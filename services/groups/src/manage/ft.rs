//! FT-CORBA's reading operations (CORBA 3.0.3, 23.3.7, `FT::ObjectGroupManager`), for tools that know nothing of ours.
//!
//! A location is a name of one component, the address of the member's broker, of kind `address`. What changes a group is not
//! offered here: BAD_OPERATION.

use quorb::{Exception, Fault, IdlType, ObjectRef, Orb, interface};
use quorb_giop::ior::{FtGroup, IiopProfile, Ior};

/// A component of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:omg.org/CosNaming/NameComponent:1.0")]
pub struct NameComponent {
    /// The name.
    pub id: String,
    /// Its kind.
    pub kind: String,
}

/// Where a member is.
pub type Location = Vec<NameComponent>;

/// The reference is not to an object group.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:omg.org/FT/ObjectGroupNotFound:1.0")]
pub struct ObjectGroupNotFound;

/// The group has no member there.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:omg.org/FT/MemberNotFound:1.0")]
pub struct MemberNotFound;

/// What reading one member raises.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
pub enum ReadMemberError {
    /// The reference is not to an object group.
    ObjectGroupNotFound(ObjectGroupNotFound),
    /// The group has no member there.
    MemberNotFound(MemberNotFound),
}

/// What can be asked about an object group.
#[interface(id = "IDL:omg.org/FT/ObjectGroupManager:1.0")]
pub trait ObjectGroupManager {
    /// Where the members are.
    #[parameters(object_group)]
    async fn locations_of_members(
        &self,
        object_group: &ObjectRef,
    ) -> Result<Vec<Location>, Fault<ObjectGroupNotFound>>;
    /// The group's number in its domain.
    async fn get_object_group_id(&self, object_group: &ObjectRef) -> Result<u64, Fault<ObjectGroupNotFound>>;
    /// The reference with the present members.
    async fn get_object_group_ref(
        &self,
        object_group: &ObjectRef,
    ) -> Result<ObjectRef, Fault<ObjectGroupNotFound>>;
    /// The reference to one member, and no other.
    async fn get_member_ref(
        &self,
        object_group: &ObjectRef,
        loc: &[NameComponent],
    ) -> Result<ObjectRef, Fault<ReadMemberError>>;
}

/// The servant. What it knows of a group it has from the reference, and from the object itself: whoever serves it gives the
/// newest.
pub(super) struct FtReader {
    pub(super) orb: Orb,
}

impl ObjectGroupManager for FtReader {
    async fn locations_of_members(
        &self,
        object_group: &ObjectRef,
    ) -> Result<Vec<Location>, Fault<ObjectGroupNotFound>> {
        let ior = self.newest(object_group).await?;
        Ok(members(&ior).map(|profile| location(&profile)).collect())
    }

    async fn get_object_group_id(&self, object_group: &ObjectRef) -> Result<u64, Fault<ObjectGroupNotFound>> {
        Ok(group_of(object_group.ior())?.group)
    }

    async fn get_object_group_ref(
        &self,
        object_group: &ObjectRef,
    ) -> Result<ObjectRef, Fault<ObjectGroupNotFound>> {
        Ok(self.orb.object(self.newest(object_group).await?))
    }

    async fn get_member_ref(
        &self,
        object_group: &ObjectRef,
        loc: &[NameComponent],
    ) -> Result<ObjectRef, Fault<ReadMemberError>> {
        let ior = self.newest(object_group).await.map_err(|fault| match fault {
            Fault::User(missing) => Fault::User(ReadMemberError::ObjectGroupNotFound(missing)),
            Fault::System(exception) => Fault::System(exception),
        })?;
        let each = self.orb.object(ior).members();
        let found = each.iter().find(|member| members(member.ior()).any(|profile| location(&profile) == loc));
        let found = found.ok_or(Fault::User(ReadMemberError::MemberNotFound(MemberNotFound)))?;
        Ok(self.orb.object(crate::object::staying(found.ior())))
    }
}

impl FtReader {
    /// The newest reference that the object gives: a reply tells a caller whose set of endpoints is old.
    async fn newest(&self, group: &ObjectRef) -> Result<Ior, Fault<ObjectGroupNotFound>> {
        group_of(group.ior())?;
        let object = self.orb.object(group.ior().clone());
        // Whether it answers or not, what is known of it is in its reference then.
        let _ = object.non_existent().await;
        Ok((*object.followed_ior()).clone())
    }
}

/// The group that a reference names.
fn group_of(ior: &Ior) -> Result<FtGroup, Fault<ObjectGroupNotFound>> {
    let groups = members(ior).filter_map(|profile| profile.component::<FtGroup>()?.ok());
    { groups }.next().ok_or(Fault::User(ObjectGroupNotFound))
}

fn members(ior: &Ior) -> impl Iterator<Item = IiopProfile> + '_ {
    ior.iiop_profiles().filter_map(Result::ok)
}

fn location(profile: &IiopProfile) -> Location {
    vec![NameComponent { id: format!("{}:{}", profile.host, profile.port), kind: "address".into() }]
}
