//! References: what names an object anywhere.

use std::fmt;
use std::sync::Arc;

use quorb_giop::ior::Ior;
use quorb_giop::names::RepositoryId;

use super::direct::Servants;
use super::local::LocalTarget;
use super::{CallOptions, Proxy};
use crate::adapter::{METADATA_OPERATION, Servant};
use crate::exception::Fault;
use crate::model::{Behaviour, InterfaceDesc, Kind, Operation, Replies, Signature};
use crate::runtime::{Orb, Route, Source};

/// A reference to an object: local, remote, foreign, or none.
///
/// It names the object and how to reach it; it holds no connection, and keeps no server alive. Binding happens at the first
/// call and is cached; after a failure the next call binds anew. Cloning is cheap and shares the binding. As text
/// (`Display`) it is an `IOR:` string, which [`Orb::bind`] takes back.
#[derive(Clone)]
pub struct ObjectRef {
    pub(super) target: Arc<Target>,
    pub(super) options: CallOptions,
}

/// What a reference leads to.
pub(super) struct Target {
    pub(super) ior: Ior,
    pub(super) way: Way,
    /// The object's servants in this process, where direct calls have found them.
    pub(super) servants: Servants,
}

/// How a call gets to the object.
pub(super) enum Way {
    /// There is no object.
    Nil,
    /// No broker: it was decoded outside of any.
    Unbound,
    /// A servant in this process, without a broker.
    Local(LocalTarget),
    /// Through a broker, to this process or another.
    Routed(Route),
}

/// What every object answers, as operations that a call can name.
macro_rules! builtin_operations {
    ($($constant:ident = $name:expr;)*) => { $(
        static $constant: Operation = Operation {
            name: $name,
            behaviour: Behaviour {
                kind: Kind::Query,
                oneway: false,
                idempotent: true,
                cancellable: true,
                deadline: None,
                replies: Replies::First,
            },
            signature: |_| Signature { parameters: Vec::new(), result: None, raises: Vec::new() },
        };
    )* };
}

builtin_operations! {
    IS_A = "_is_a";
    NON_EXISTENT = "_non_existent";
    METADATA = METADATA_OPERATION;
    INTERFACE = "_interface";
}

impl ObjectRef {
    /// The reference to no object.
    pub fn nil() -> ObjectRef {
        ObjectRef::new(Ior::nil(), Way::Nil)
    }

    pub(crate) fn unbound(ior: Ior) -> ObjectRef {
        let way = if ior.is_nil() { Way::Nil } else { Way::Unbound };
        ObjectRef::new(ior, way)
    }

    pub(crate) fn routed(ior: Ior, orb: &Orb, source: Option<Source>) -> ObjectRef {
        let way = if ior.is_nil() { Way::Nil } else { Way::Routed(Route::new(orb.clone(), &ior, source)) };
        ObjectRef::new(ior, way)
    }

    /// One member of a group.
    pub(super) fn member(ior: Ior, orb: &Orb) -> ObjectRef {
        let way = Way::Routed(Route::to_member(orb.clone(), &ior));
        ObjectRef::new(ior, way)
    }

    pub(crate) fn local(servant: Arc<dyn Servant>) -> ObjectRef {
        ObjectRef::from_target(LocalTarget::new(servant))
    }

    pub(super) fn from_target(target: LocalTarget) -> ObjectRef {
        let ior = Ior { type_id: RepositoryId::from_static(target.interface().id()), profiles: Vec::new() };
        ObjectRef::new(ior, Way::Local(target))
    }

    fn new(ior: Ior, way: Way) -> ObjectRef {
        ObjectRef {
            target: Arc::new(Target { ior, way, servants: Servants::default() }),
            options: CallOptions::default(),
        }
    }

    /// The interoperable object reference.
    pub fn ior(&self) -> &Ior {
        &self.target.ior
    }

    /// The reference as calls follow it now: where servers have forwarded to, with the newest endpoints, as last resolved.
    /// [`ior`](ObjectRef::ior) stays what the reference was made from.
    pub fn followed_ior(&self) -> Arc<Ior> {
        match &self.target.way {
            Way::Routed(route) => route.followed(),
            _ => Arc::new(self.target.ior.clone()),
        }
    }

    /// Whether it is the reference to no object.
    pub fn is_nil(&self) -> bool {
        matches!(self.target.way, Way::Nil)
    }

    /// The options of calls through this handle.
    pub fn options(&self) -> CallOptions {
        self.options
    }

    /// The same reference with other options.
    pub fn with_options(&self, options: CallOptions) -> ObjectRef {
        ObjectRef { target: self.target.clone(), options }
    }

    /// A proxy of interface `P` on the object, without asking whether it has the interface; [`Proxy::narrow`] asks.
    pub fn unchecked<P: Proxy>(&self) -> P {
        P::from_object(self.clone())
    }

    /// Asks the object whether it has the interface with this repository id. The reference's own type is believed without
    /// asking. Cancellation safe.
    ///
    /// # Errors
    /// Whatever a call may raise.
    pub async fn is_a(&self, repository_id: &str) -> Result<bool, Fault> {
        if self.ior().type_id.as_str() == repository_id {
            return Ok(true);
        }
        let write = |body: &mut crate::value::BodyWriter| {
            body.items(1);
            body.put_str(repository_id)
        };
        self.call(None, &IS_A, &write, |body| body.next("result")).await
    }

    /// Asks whether the object has ceased to exist. An answer of OBJECT_NOT_EXIST counts as yes. Cancellation safe.
    ///
    /// # Errors
    /// Whatever else a call may raise: an object that cannot be reached may still exist.
    pub async fn non_existent(&self) -> Result<bool, Fault> {
        let answer = self.call(None, &NON_EXISTENT, &no_arguments, |body| body.next("result")).await;
        match answer {
            Err(fault) if fault.kind() == Some(crate::exception::ExceptionKind::ObjectNotExist) => Ok(true),
            other => other,
        }
    }

    /// Asks the object for the definition of its interface in an interface repository: a reference to a
    /// `CORBA::InterfaceDef`, which stays with the object's server. Objects of this broker answer, whoever asks; foreign ones
    /// where a repository was set up. Cancellation safe.
    ///
    /// # Errors
    /// Whatever a call may raise.
    pub async fn interface_def(&self) -> Result<ObjectRef, Fault> {
        self.call(None, &INTERFACE, &no_arguments, |body| body.next("result")).await
    }

    /// Asks the object for its interface as data. Objects of this broker answer; foreign ones raise BAD_OPERATION.
    /// Cancellation safe.
    ///
    /// # Errors
    /// Whatever a call may raise; MARSHAL if the answer is no description.
    pub async fn describe(&self) -> Result<InterfaceDesc, Fault> {
        let octets: Vec<u8> = self.call(None, &METADATA, &no_arguments, |body| body.next("result")).await?;
        ciborium::de::from_reader_with_recursion_limit(&octets[..], crate::value::CBOR_DEPTH_MAX).map_err(
            |cause| {
                use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
                SystemException::new(ExceptionKind::Marshal, Minor::RESULT_MALFORMED, Completion::Yes)
                    .because(cause)
                    .into()
            },
        )
    }
}

fn no_arguments(body: &mut crate::value::BodyWriter) -> Result<(), crate::value::BodyError> {
    body.items(0);
    Ok(())
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ior().fmt(f)
    }
}

impl fmt::Debug for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match &self.target.way {
            Way::Nil => "nil".to_owned(),
            Way::Unbound => "unbound".to_owned(),
            Way::Local(_) => "local".to_owned(),
            Way::Routed(route) => format!("{route:?}"),
        };
        f.debug_struct("ObjectRef").field("type", &self.ior().type_id).field("way", &way).finish()
    }
}
