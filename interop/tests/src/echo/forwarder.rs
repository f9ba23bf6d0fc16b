//! A servant written by hand: it sends every caller elsewhere.

use std::sync::{Arc, OnceLock};

use quorb::adapter::ReplyBody;
use quorb::model::Interface;
use quorb::{
    Completion, Dispatch, ExceptionKind, Invocation, Minor, ObjectRef, Proxy, Reply, Servant,
    SystemException, Tie,
};

use super::EchoProxy;

/// Answers each request, whatever the operation, with the reference of another object.
#[derive(Debug, Default, Clone)]
pub struct Forwarder {
    target: Arc<OnceLock<ObjectRef>>,
    permanent: bool,
}

impl Forwarder {
    /// A forwarder without a target: requests are TRANSIENT until it has one.
    pub fn new(permanent: bool) -> Forwarder {
        Forwarder { target: Arc::default(), permanent }
    }

    /// Forwards to `target` from now on; a second target is ignored.
    pub fn forward_to(&self, target: ObjectRef) {
        let _ = self.target.set(target);
    }
}

impl Servant for Forwarder {
    fn interface(&self) -> &'static Interface {
        EchoProxy::interface()
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        Dispatch::Done(match self.target.get() {
            Some(target) => Reply::new(ReplyBody::Forward {
                to: Arc::new(target.ior().clone()),
                permanent: self.permanent,
            }),
            None => call.refuse(SystemException::new(
                ExceptionKind::Transient,
                Minor::UNSPECIFIED,
                Completion::No,
            )),
        })
    }
}

impl Tie for Forwarder {
    type Proxy = EchoProxy;
}
