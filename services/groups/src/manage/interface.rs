//! The interfaces of management: one for the plan, which is itself a replicated object, and one for what each process sees.

use quorb::{Exception, Fault, IdlType, interface};

/// How an object is to be replicated.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/groups/Plan:1.0")]
pub struct Plan {
    /// What a host must offer to serve it.
    pub kind: String,
    /// One replica executes and ships what comes of it; else every replica executes.
    pub executor: bool,
    /// Updates are on the disks of all replicas before they are acknowledged.
    pub durable: bool,
    /// Replicas to be kept; 0 leaves their number to those who add and remove.
    pub wanted: u32,
}

/// A process that can hold replicas.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/groups/HostRecord:1.0")]
pub struct HostRecord {
    /// Its incarnation.
    pub process: u64,
    /// Where its broker listens.
    pub address: String,
    /// What it can serve.
    pub kinds: Vec<String>,
    /// The view of the domain in which it enrolled.
    pub since_view: u64,
}

/// A replica, as planned.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/groups/PlannedReplica:1.0")]
pub struct PlannedReplica {
    /// Where.
    pub process: u64,
    /// It has the object's value and takes calls.
    pub ready: bool,
    /// It is told to leave.
    pub leaving: bool,
    /// It takes the place of this one, which leaves as soon as it is ready; 0 for none.
    pub replaces: u64,
}

/// A host that could not serve an object, and is not asked again.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/groups/Failure:1.0")]
pub struct Failure {
    /// Which.
    pub process: u64,
    /// Why, in words.
    pub reason: String,
}

/// An object and where its replicas are.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/groups/PlannedGroup:1.0")]
pub struct PlannedGroup {
    /// The object's name.
    pub name: String,
    /// How it is replicated.
    pub plan: Plan,
    /// Its replicas, in the order in which they were placed.
    pub replicas: Vec<PlannedReplica>,
    /// Where it could not be served.
    pub failures: Vec<Failure>,
}

/// There is no such group.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:quorb/groups/NoSuchGroup:1.0")]
pub struct NoSuchGroup {
    /// The name.
    pub name: String,
}

/// A replica cannot be placed, or taken away, so.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:quorb/groups/CannotPlace:1.0")]
pub struct CannotPlace {
    /// Why.
    pub reason: String,
}

/// Why the plan was not changed.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
pub enum PlaceError {
    /// There is no such group.
    NoSuchGroup(NoSuchGroup),
    /// It cannot be done.
    CannotPlace(CannotPlace),
}

/// The plan of a domain: which processes can hold replicas, and which objects have them where. Hosts are named by the address
/// of their broker, or by their process as it is printed; an empty text leaves the choice to the plan.
#[interface(id = "IDL:quorb/groups/Placements:1.0")]
pub trait Placements {
    /// Who can hold replicas.
    fn hosts(&self) -> Vec<HostRecord>;
    /// The objects, by name.
    fn groups(&self) -> Vec<PlannedGroup>;
    /// Has an object replicated; if it is planned already, in the same way, one more replica is placed at the host.
    fn create(&mut self, name: &str, plan: Plan, at: &str) -> Result<(), PlaceError>;
    /// Places one more replica; answers where.
    fn add(&mut self, name: &str, at: &str) -> Result<HostRecord, PlaceError>;
    /// Takes a replica away; answers whence. The last one that is ready stays.
    fn remove(&mut self, name: &str, at: &str) -> Result<HostRecord, PlaceError>;
    /// Places a replica, and takes another one away when the new one is ready; answers where it is placed.
    fn relocate(&mut self, name: &str, from: &str, to: &str) -> Result<HostRecord, PlaceError>;
    /// Says how many replicas are to be kept; 0 for none in particular.
    fn want(&mut self, name: &str, replicas: u32) -> Result<(), PlaceError>;
    /// Takes all replicas away: the object is gone.
    fn dissolve(&mut self, name: &str) -> Result<(), PlaceError>;
    /// A process can hold replicas from now on.
    fn enrol(&mut self, host: HostRecord);
    /// A host holds no replicas any more.
    fn withdraw(&mut self, process: u64);
    /// These processes, and no others, are in this view of the domain.
    fn present(&mut self, view: u64, processes: &[u64]);
    /// A replica takes calls.
    fn ready(&mut self, name: &str, process: u64);
    /// A replica has left, or could not be served for this reason.
    fn gone(&mut self, name: &str, process: u64, reason: &str);
}

/// A member of a group, as a process sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/groups/MemberRecord:1.0")]
pub struct MemberRecord {
    /// Which process.
    pub process: u64,
    /// Where it listens for the domain.
    pub address: String,
    /// It has the group's state.
    pub complete: bool,
}

/// A group, as a process sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/groups/GroupRecord:1.0")]
pub struct GroupRecord {
    /// Its name.
    pub name: String,
    /// Its number in the domain.
    pub number: u32,
    /// The view in which it changed last.
    pub view: u64,
    /// Members have state.
    pub stateful: bool,
    /// What was delivered is on the disk of every member.
    pub durable: bool,
    /// Nobody with the state is left.
    pub dormant: bool,
    /// The members, by rank.
    pub members: Vec<MemberRecord>,
}

/// A domain, as a process sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/groups/DomainRecord:1.0")]
pub struct DomainRecord {
    /// Its name.
    pub name: String,
    /// Its number, drawn when it was founded.
    pub number: u64,
    /// The view.
    pub view: u64,
    /// The processes, by rank; all are complete.
    pub members: Vec<MemberRecord>,
    /// The process that answers.
    pub process: u64,
}

/// Why a group was not begun anew.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
pub enum BeginError {
    /// There is no such group.
    NoSuchGroup(NoSuchGroup),
    /// It cannot be done.
    CannotPlace(CannotPlace),
}

/// What one process knows of its domain.
#[interface(id = "IDL:quorb/groups/DomainControl:1.0")]
pub trait DomainControl {
    /// The domain and its processes.
    fn domain(&self) -> DomainRecord;
    /// All groups, by number.
    async fn groups(&self) -> Result<Vec<GroupRecord>, Fault>;
    /// A group.
    async fn group(&self, name: &str) -> Result<GroupRecord, Fault<NoSuchGroup>>;
    /// The group as soon as its view is another than the known one, or as it is after so many milliseconds.
    async fn next_view(
        &self,
        name: &str,
        known: u64,
        wait_ms: u32,
    ) -> Result<GroupRecord, Fault<NoSuchGroup>>;
    /// Gives a dormant group a new life with what its oldest waiting member brings: what it held is given up.
    #[update]
    async fn begin_anew(&self, name: &str) -> Result<(), Fault<BeginError>>;
}
