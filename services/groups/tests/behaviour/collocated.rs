//! Calls from within a member's process mean what calls over a connection mean, as those of plain objects do, whether the
//! member's broker has interceptors or not.

#[path = "../../../../orb/tests/interface/collocated/calls.rs"]
mod calls;
#[path = "../../../../orb/tests/interface/collocated/till.rs"]
#[allow(dead_code, reason = "part of it belongs to objects that execute for themselves")]
mod till;
#[path = "../../../../orb/tests/interface/collocated/values.rs"]
mod values;

use crate::rig::Processes;
use quorb::intercept::{ServerCall, ServerInterceptor, ServerNext};
use quorb::{Completion, Context, ExceptionKind, Fault, ObjectRef, Orb, Preference, Proxy, Reply, interface};
use quorb_groups::object::Style;
use std::time::Duration;
use till::{Branch, Drawer, Refused, Size, TillProxy, TillServant};

/// Changes nothing, but has to be asked.
struct Onlooker;

impl ServerInterceptor for Onlooker {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        next.run(call).await
    }
}

/// A way from a caller to a member.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Link {
    /// The caller is in the member's process.
    Here,
    /// So it is, and the member's broker asks an interceptor.
    Intercepted,
    Native,
    Iiop,
}

/// A style of replication, and a way to a member.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Way(Style, Link);

impl Way {
    fn is_collocated(&self) -> bool {
        matches!(self.1, Link::Here | Link::Intercepted)
    }
}

const WAYS: [Way; 8] = [
    Way(Style::Active, Link::Here),
    Way(Style::Active, Link::Intercepted),
    Way(Style::Active, Link::Native),
    Way(Style::Active, Link::Iiop),
    Way(Style::Executor, Link::Here),
    Way(Style::Executor, Link::Intercepted),
    Way(Style::Executor, Link::Native),
    Way(Style::Executor, Link::Iiop),
];

/// The members, and a client of the first.
struct World {
    server: Orb,
    till: TillProxy,
}

impl World {
    async fn new(Way(style, link): Way) -> World {
        let members = Processes::found(|| match link {
            Link::Intercepted => Orb::builder().intercept_service(Onlooker),
            _ => Orb::builder(),
        });
        let members = members.await;
        let replicas = members.serve("till", style, |_| TillServant::new(Drawer::default())).await;
        let server = members.0[0].1.clone();
        let remote = |preference| Orb::builder().prefer(preference).start();
        let client = match link {
            Link::Here | Link::Intercepted => server.clone(),
            Link::Native => remote(Preference::NativeOnly).await.expect("it starts"),
            Link::Iiop => remote(Preference::IiopOnly).await.expect("it starts"),
        };
        let till = client.bind(&replicas[0].reference().to_string()).expect("the reference is good");
        // The tests take the world apart: its members go with the runtime of the test.
        std::mem::forget(members);
        World { server, till }
    }
}
