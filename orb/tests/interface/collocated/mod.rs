//! Calls within a process mean what calls over a connection mean, whether they are direct or go the general way. What an object
//! means that is replicated besides is in `calls` and `values`; what only one means that executes for itself, in the others.

mod calls;
mod costs;
mod lives;
mod till;
mod turns;
mod values;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use quorb::intercept::{ServerCall, ServerInterceptor, ServerNext};
use quorb::{
    Completion, Context, ExceptionKind, Fault, MemoryNetwork, ObjectRef, Orb, Preference, Proxy, Reply,
    interface,
};
use till::{Branch, Drawer, Gate, Refused, Size, TillProxy, TillServant};

/// Changes nothing, but has to be asked: collocated calls go the general way.
pub(super) struct Onlooker;

impl ServerInterceptor for Onlooker {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        next.run(call).await
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Way {
    Direct,
    General,
    Native,
    Iiop,
}

impl Way {
    pub(super) fn is_collocated(&self) -> bool {
        matches!(self, Way::Direct | Way::General)
    }
}

pub(super) const WAYS: [Way; 4] = [Way::Direct, Way::General, Way::Native, Way::Iiop];

pub(super) struct World {
    pub(super) server: Orb,
    pub(super) client: Orb,
    pub(super) own: TillProxy,
    pub(super) till: TillProxy,
    pub(super) go: Arc<Gate>,
}

impl World {
    pub(super) async fn new(way: Way) -> World {
        let network = MemoryNetwork::new();
        let builder = Orb::builder().memory(&network).listen("memory:till");
        let builder = if way == Way::General { builder.intercept_service(Onlooker) } else { builder };
        let server = builder.start().await.unwrap();
        let go = Arc::<Gate>::default();
        let own = server.serve("till", TillServant::new(Drawer { total: 0, go: go.clone() })).unwrap();
        let remote = |preference| Orb::builder().memory(&network).prefer(preference).start();
        let client = match way {
            Way::Direct | Way::General => server.clone(),
            Way::Native => remote(Preference::NativeOnly).await.unwrap(),
            Way::Iiop => remote(Preference::IiopOnly).await.unwrap(),
        };
        let till = client.bind(&own.to_string()).unwrap();
        World { server, client, own, till, go }
    }
}
