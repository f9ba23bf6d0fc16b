//! From an object key to a context, and resolving without detours.

use std::sync::{Arc, Weak};
use std::task::Poll;

use quorb::adapter::ServantLocator;
use quorb::model::Interface;
use quorb::{Dispatch, Invocation, ObjectRef, Proxy, Reply, Servant, SystemException};

use super::ROOT_ID;
use super::context::Context;
use super::references::{self, PREFIX, context_of_id};
use super::service::Service;
use crate::cos::{DirectoryProxy, DirectoryServant, NameComponent, ResolveError};
use crate::name;
use crate::tree::{ContextId, Found};

/// Lets the broker find the contexts of a service with a store of its own.
pub(super) fn activate(service: &Arc<Service>) -> Result<(), SystemException> {
    let root = ContextServant::new(Context { service: service.clone(), at: ContextId::ROOT });
    service.orb().adapter().activate_servant(ROOT_ID, Arc::new(root))?;
    service.orb().adapter().locate_with(PREFIX, Arc::new(Contexts(Arc::downgrade(service))));
    Ok(())
}

/// The contexts of a group's service, the root among them. Whether one exists is known at the place of the call in the group's
/// order, and not here, where it may not have been heard of yet; that it has ended is for ever.
pub(super) struct OfGroup(pub(super) Arc<Service>);

impl ServantLocator for OfGroup {
    fn locate(&self, id: &str) -> Option<Arc<dyn Servant>> {
        let (service, at) = (self.0.clone(), context_of_id(id)?);
        if service.shared().read_tree(|tree| tree.has_no_more(at)) {
            return None;
        }
        Some(Arc::new(ContextServant::new(Context { service, at })))
    }
}

/// All contexts but the root. They are not active: there may be millions.
struct Contexts(Weak<Service>);

impl ServantLocator for Contexts {
    fn locate(&self, id: &str) -> Option<Arc<dyn Servant>> {
        let service = self.0.upgrade()?;
        let at = context_of_id(id)?;
        service.shared().read_tree(|tree| tree.has_context(at)).then(|| {
            let servant: Arc<dyn Servant> = Arc::new(ContextServant::new(Context { service, at }));
            servant
        })
    }
}

/// A context that answers calls.
///
/// Most calls resolve names that are here and on the disk: those are answered where they arrive, without a task. All others
/// go to the generated servant, which can wait.
struct ContextServant {
    context: Context,
    generated: Arc<DirectoryServant<Context>>,
}

impl ContextServant {
    fn new(context: Context) -> ContextServant {
        ContextServant { generated: Arc::new(DirectoryServant::new(context.clone())), context }
    }

    /// The reply to a call that resolves, if it can be given at once.
    fn at_once(&self, call: &Invocation) -> Option<Reply> {
        let name = match call.operation() {
            "resolve" => call.read(|body| body.next::<Vec<NameComponent>>("n")).ok()?,
            "resolve_str" => name::parse(&call.read(|body| body.next::<String>("n")).ok()?).ok()?,
            _ => return None,
        };
        let service = &self.context.service;
        let labels = service.labels(&name).ok()?;
        let read = service.try_read(|tree, visit| {
            Ok(match tree.resolve(self.context.at, &labels, visit)? {
                Found::Object(reference) | Found::Foreign(reference) => {
                    Some(references::passed_on(reference))
                }
                Found::Context(context) => Some(service.context_reference(context)),
                Found::Elsewhere { .. } => None,
            })
        });
        let object = read?.ok()??;
        Some(call.finish::<ObjectRef, ResolveError>(Ok(object), |object, body| {
            body.items(1);
            body.put(object)
        }))
    }
}

impl Servant for ContextServant {
    fn interface(&self) -> &'static Interface {
        DirectoryProxy::interface()
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        match self.at_once(&call) {
            Some(reply) => Dispatch::Done(reply),
            None if self.context.service.is_replicated() => begun(self.generated.clone().dispatch(call)),
            None => self.generated.clone().dispatch(call),
        }
    }
}

/// A call that has begun: what it reads it has read, at this place of the group's order.
fn begun(dispatched: Dispatch) -> Dispatch {
    let Dispatch::Pending(mut call) = dispatched else { return dispatched };
    // It is polled again by whoever waits for it.
    match call.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        Poll::Ready(reply) => Dispatch::Done(reply),
        Poll::Pending => Dispatch::Pending(call),
    }
}
