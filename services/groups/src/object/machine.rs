//! A state behind many objects: what is ordered are commands on the state, and not the calls of one object.
//!
//! ```text
//!   client --> Member --> front of the object --command--> Commands::order --> Group --> Machine::apply at every member
//!                |                                              |
//!                |          outcome of the command, once <------+
//!                +-- query --> permit at this place of the order --> front of the object, which reads this member's copy
//! ```
//!
//! A front is an ordinary servant, and runs where its call arrived: it checks, calls others, makes references. It gives at
//! most one command for each call, in the name of the call's client, so that a call that is repeated at another member gets
//! the first outcome.

use super::error::StateError;
use super::proto::{Answer, ClientCall, Execution, Moment};
use super::reference::to_member;
use super::seat::{Seat, gone};
use super::subject::Subject;
use crate::core::ProcessId;
use bytes::Bytes;
use quorb::adapter::{
    BoxFuture, Dispatch, Invocation, RelayedCall, RelayedReply, Reply, ReplyBody, Servant, ServantLocator,
    dispatch,
};
use quorb::model::{Interface, Kind};
use quorb::proto::head::Completion;
use quorb::{Context, ExceptionKind, Minor, SystemException};
use quorb_giop::ior::{FtGroup, IiopProfile, Ior, ProfileTag};
use quorb_giop::names::{ObjectKey, RepositoryId};
use std::sync::{Arc, Weak};

/// A state that every member keeps, changed by commands alone.
///
/// Equal machines that are given the same commands in the same order stay equal, and give the same outcomes: time and chance
/// are in the command, or in its [`Moment`]. It is called by one task; fronts look at it at any time.
pub trait Machine: Send + Sync + 'static {
    /// The version of commands, outcomes and saved states. A process with another one is refused.
    fn version(&self) -> u64;

    /// Executes a command at its place in the order. Octets that are no command change nothing.
    fn apply(&self, command: &Bytes, moment: Moment) -> Bytes;

    /// The whole state.
    ///
    /// # Errors
    /// When it has no form as octets.
    fn save(&self) -> Result<Bytes, StateError>;

    /// Replaces the state by a saved one.
    ///
    /// # Errors
    /// Octets that nothing was saved as; the state is as before then.
    fn load(&self, saved: &Bytes) -> Result<(), StateError>;

    /// A number that is equal for equal states, and different for most others. Asked for now and then.
    fn digest(&self) -> u128;
}

/// Gives commands to a machine; clones give them to the same one.
#[derive(Clone)]
pub struct Commands {
    pub(super) seat: Arc<Seat>,
}

impl Commands {
    /// Has every member execute a command, and waits for its outcome: in the name of the client whose call the task
    /// executes, if it executes one, so that the same call gives the same outcome wherever and however often it arrives; a
    /// call may give one command. Dropped, it may still be executed.
    ///
    /// # Errors
    /// TRANSIENT with completion No where this member cannot act for the group; the exceptions of
    /// [the guarantees](crate::guide::guarantees) for a command that this member lost sight of.
    pub async fn order(&self, command: Bytes) -> Result<Bytes, SystemException> {
        let context = Context::current();
        let call = RelayedCall::from_parts(Bytes::new(), command);
        let call = match &context {
            Some(context) => ClientCall {
                call,
                identity: context.identity(),
                acknowledged_below: context.acknowledged_below(),
                is_repeated: context.is_repeated(),
            },
            None => ClientCall { call, identity: None, acknowledged_below: 0, is_repeated: false },
        };
        match self.seat.ask(call).1.await {
            Some(Answer::Reply(reply)) => match reply.reply().map(|reply| reply.body) {
                Ok(ReplyBody::Results(outcome)) => Ok(outcome),
                Ok(ReplyBody::System(exception)) => Err(exception),
                _ => Err(SystemException::new(ExceptionKind::Internal, Minor::UNSPECIFIED, Completion::Yes)),
            },
            Some(Answer::Refusal(exception)) => Err(*exception),
            Some(Answer::BeginAgain(exception, incarnation)) => {
                if let Some(context) = context {
                    context.attach(Arc::new(Readmitted(incarnation)));
                }
                Err(*exception)
            }
            None => Err(gone(Completion::Maybe)),
        }
    }

    /// Whether this member is the first of those with the state: the one to do what one of them has to do.
    #[must_use]
    pub fn is_first(&self) -> bool {
        let first = |view: &crate::core::GroupView| {
            view.members.iter().find(|member| member.complete).map(|member| member.process)
        };
        self.seat.look(|core| core.group_view().and_then(first)) == Some(self.seat.me())
    }

    /// The reference to one of the objects: the same endpoints for all of them, this member's first. None before this
    /// member has the state.
    #[must_use]
    pub fn reference_to(&self, id: &str, interface: &'static Interface) -> Option<quorb::ObjectRef> {
        let reference = self.seat.reference.borrow().clone()?;
        Some(self.seat.orb.object(with_key(reference.ior(), id, Some(interface.id()))))
    }

    /// This member, in its present life.
    #[must_use]
    pub fn me(&self) -> ProcessId {
        self.seat.me()
    }

    /// Whether a process is a member with the state.
    #[must_use]
    pub fn is_member(&self, process: ProcessId) -> bool {
        self.seat.look(|core| core.complete_members().contains(&process))
    }

    /// One of the objects at each member by itself, by rank: for what a member asks another one, and not the group.
    #[must_use]
    pub fn at_members(&self, id: &str, interface: &'static Interface) -> Vec<(ProcessId, quorb::ObjectRef)> {
        let alone: Vec<(ProcessId, Ior)> = self.seat.look(|core| {
            core.listed().filter_map(|(process, place)| Some((process, to_member(place)?))).collect()
        });
        let object = |ior: &Ior| self.seat.orb.object(with_key(ior, id, Some(interface.id())));
        alone.iter().map(|(process, ior)| (*process, object(ior))).collect()
    }

    /// Whether a reference leads to this group: it names it, or an address of one of its present members.
    #[must_use]
    pub fn is_of_group(&self, object: &Ior) -> bool {
        let Some(reference) = self.seat.reference.borrow().clone() else { return false };
        let named = |ior: &Ior| {
            let mut profiles = ior.iiop_profiles().flatten();
            let group = profiles.find_map(|profile| profile.component::<FtGroup>()?.ok());
            group.map(|group| (group.domain, group.group))
        };
        let places = |ior: &Ior| ior.iiop_profiles().flatten().map(|p| (p.host, p.port)).collect::<Vec<_>>();
        let own = places(reference.ior());
        named(object).is_some_and(|group| named(reference.ior()) == Some(group))
            || places(object).iter().any(|place| own.contains(place))
    }
}

impl std::fmt::Debug for Commands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commands").field("member", &self.seat.me()).finish()
    }
}

/// The same endpoints for another object of the group.
fn with_key(ior: &Ior, id: &str, interface: Option<&str>) -> Ior {
    let key = ObjectKey::new(Bytes::copy_from_slice(id.as_bytes()));
    let mut ior = ior.clone();
    if let Some(interface) = interface {
        ior.type_id = RepositoryId::from(interface.to_owned());
    }
    for profile in ior.profiles.iter_mut().filter(|profile| profile.tag == ProfileTag::IIOP) {
        // What was written here can be read and written again.
        if let Ok(read) = IiopProfile::from_tagged(profile)
            && let Ok(written) = (IiopProfile { object_key: key.clone(), ..read }).to_tagged()
        {
            *profile = written;
        }
    }
    ior
}

/// The machine as a replica knows its object.
pub(super) struct Kept {
    pub(super) machine: Arc<dyn Machine>,
    pub(super) interface: &'static Interface,
}

impl Subject for Kept {
    fn servant(&self) -> Arc<dyn Servant> {
        Arc::new(Nobody(self.interface))
    }

    fn apply(&self, execution: &Execution) -> Option<RelayedReply> {
        let outcome = self.machine.apply(execution.call.arguments(), execution.moment);
        Some(RelayedReply::of(&Reply::new(ReplyBody::Results(outcome))))
    }

    fn save(&self) -> BoxFuture<'static, Result<Bytes, StateError>> {
        let machine = self.machine.clone();
        Box::pin(async move { machine.save() })
    }

    fn load(&self, state: Bytes) -> BoxFuture<'static, Result<(), StateError>> {
        let machine = self.machine.clone();
        Box::pin(async move { machine.load(&state) })
    }

    fn digest(&self) -> BoxFuture<'static, Result<u128, StateError>> {
        let machine = self.machine.clone();
        Box::pin(async move { Ok(machine.digest()) })
    }
}

/// Commands are not calls: what executes them is no servant.
struct Nobody(&'static Interface);

impl Servant for Nobody {
    fn interface(&self) -> &'static Interface {
        self.0
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        Dispatch::Done(call.unknown_operation())
    }
}

/// Finds the objects of a machine at this member.
pub(super) struct Members {
    pub(super) seat: Weak<Seat>,
    pub(super) fronts: Arc<dyn ServantLocator>,
}

impl ServantLocator for Members {
    fn locate(&self, id: &str) -> Option<Arc<dyn Servant>> {
        let (seat, front) = (self.seat.upgrade()?, self.fronts.locate(id)?);
        Some(Arc::new(Member { seat, front }))
    }

    fn endpoints_version(&self) -> u64 {
        self.seat.upgrade().map_or(0, |seat| seat.version())
    }

    fn endpoints(&self, id: &str) -> Option<Ior> {
        let reference = self.seat.upgrade()?.reference.borrow().clone()?;
        Some(with_key(reference.ior(), id, None))
    }
}

/// An object of a machine at this member.
struct Member {
    seat: Arc<Seat>,
    front: Arc<dyn Servant>,
}

impl Servant for Member {
    fn interface(&self) -> &'static Interface {
        self.front.interface()
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        match self.interface().operation(call.operation()) {
            Some(operation) if operation.behaviour.kind == Kind::Query => {
                self.seat.query_of(call, self.front.clone())
            }
            Some(_) => self.update(call),
            None => Dispatch::Done(call.unknown_operation()),
        }
    }

    fn remembers(&self) -> bool {
        true
    }
}

impl Member {
    fn update(&self, call: Invocation) -> Dispatch {
        if let Some(refusal) = self.seat.look(super::proto::Replica::not_now) {
            return Dispatch::Done(call.refuse(refusal));
        }
        let context = call.context().clone();
        match dispatch(self.front.clone(), call) {
            Dispatch::Done(reply) => Dispatch::Done(reply),
            Dispatch::Pending(front) => Dispatch::Pending(Box::pin(async move {
                let reply = front.await;
                match (context.attached::<Readmitted>(), &reply.body) {
                    (Some(readmitted), ReplyBody::System(exception)) => {
                        Reply::readmitting(exception.clone(), readmitted.0)
                    }
                    _ => reply,
                }
            })),
        }
    }
}

/// The client of a call is to begin another life, in this incarnation; nothing was executed.
struct Readmitted(u64);
