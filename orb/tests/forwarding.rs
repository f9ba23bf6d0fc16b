//! Objects that send their callers elsewhere: on the same server, on another one, in the caller's own process.

use std::sync::{Arc, OnceLock};

use quorb::adapter::ReplyBody;
use quorb::model::Interface;
use quorb::{
    Completion, Dispatch, ExceptionKind, Invocation, MemoryNetwork, Minor, ObjectRef, Orb, Preference, Proxy,
    Reply, Servant, Tie, interface,
};

#[interface]
trait Till {
    /// An update: what was forwarded must not count as done.
    fn add(&mut self, amount: i32) -> i32;
    fn total(&self) -> i32;
    #[oneway]
    fn note(&mut self, amount: i32);
}

struct Drawer(i32);

impl Till for Drawer {
    fn add(&mut self, amount: i32) -> i32 {
        self.0 += amount;
        self.0
    }

    fn total(&self) -> i32 {
        self.0
    }

    fn note(&mut self, amount: i32) {
        self.0 += amount;
    }
}

/// A servant by hand, which knows no operation and answers all of them.
#[derive(Clone, Default)]
struct Signpost {
    target: Arc<OnceLock<ObjectRef>>,
    permanent: bool,
}

impl Signpost {
    fn to(target: &ObjectRef, permanent: bool) -> Signpost {
        let signpost = Signpost { target: Arc::default(), permanent };
        signpost.target.set(target.clone()).expect("it has none yet");
        signpost
    }
}

impl Servant for Signpost {
    fn interface(&self) -> &'static Interface {
        TillProxy::interface()
    }

    fn dispatch(self: Arc<Self>, _: Invocation) -> Dispatch {
        let to = Arc::new(self.target.get().expect("it has a target").ior().clone());
        Dispatch::Done(Reply::new(ReplyBody::Forward { to, permanent: self.permanent }))
    }
}

impl Tie for Signpost {
    type Proxy = TillProxy;
}

async fn serving(network: &MemoryNetwork, name: &str, preference: Preference) -> Orb {
    let builder = Orb::builder().listen(format!("memory:{name}")).memory(network).prefer(preference);
    builder.start().await.expect("the name is free")
}

/// Calls through `forwarding` reach `till`, each once.
async fn exercise(forwarding: &TillProxy, till: &TillProxy) {
    let before = till.total().await.unwrap();
    assert_eq!(forwarding.add(1).await.unwrap(), before + 1);
    assert_eq!(forwarding.total().await.unwrap(), before + 1);
    assert_eq!(forwarding.add(2).await.unwrap(), before + 3);
    assert_eq!(till.total().await.unwrap(), before + 3);
}

#[tokio::test]
async fn updates_follow_to_an_object_of_the_same_server_and_of_another() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        for permanent in [false, true] {
            let network = MemoryNetwork::new();
            let first = serving(&network, "first", preference).await;
            let second = serving(&network, "second", preference).await;
            let client = serving(&network, "client", preference).await;
            let near = first.serve("till", TillServant::new(Drawer(0))).unwrap();
            let far = second.serve("till", TillServant::new(Drawer(100))).unwrap();
            for (name, till) in [("near", near), ("far", far)] {
                let signpost = first.serve(name, Signpost::to(till.object(), permanent)).unwrap();
                let again = first
                    .serve(&format!("over-{name}"), Signpost::to(signpost.object(), !permanent))
                    .unwrap();
                let till: TillProxy = client.bind(&till.object().to_string()).unwrap();
                for signpost in [signpost, again] {
                    exercise(&client.bind(&signpost.object().to_string()).unwrap(), &till).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn calls_inside_a_process_follow_too() {
    let network = MemoryNetwork::new();
    let own = serving(&network, "own", Preference::NativeOnly).await;
    let other = serving(&network, "other", Preference::NativeOnly).await;
    let here = own.serve("till", TillServant::new(Drawer(0))).unwrap();
    let there = other.serve("till", TillServant::new(Drawer(0))).unwrap();
    let there: TillProxy = own.bind(&there.object().to_string()).unwrap();
    for (name, till) in [("here", &here), ("there", &there)] {
        let signpost = own.serve(name, Signpost::to(till.object(), false)).unwrap();
        exercise(&signpost, till).await;
        let outside: TillProxy = other.bind(&signpost.object().to_string()).unwrap();
        exercise(&outside, till).await;
    }
}

#[tokio::test]
async fn a_oneway_call_inside_a_process_follows() {
    let own = serving(&MemoryNetwork::new(), "own", Preference::NativeOnly).await;
    let till = own.serve("till", TillServant::new(Drawer(0))).unwrap();
    own.serve("post", Signpost::to(till.object(), false)).unwrap().note(5).await.unwrap();
    assert_eq!(till.total().await.unwrap(), 5);
}

#[tokio::test]
async fn a_circle_has_an_end() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let network = MemoryNetwork::new();
        let server = serving(&network, "server", preference).await;
        let client = serving(&network, "client", preference).await;
        let signpost = Signpost::default();
        let own = server.serve("circle", signpost.clone()).unwrap();
        signpost.target.set(own.object().clone()).expect("it has none yet");
        let from_outside: TillProxy = client.bind(&own.object().to_string()).unwrap();
        for circle in [own, from_outside] {
            let fault = circle.add(1).await.unwrap_err();
            let exception = fault.system().expect("a system exception");
            assert_eq!(
                (exception.kind(), exception.minor()),
                (ExceptionKind::Transient, Minor::TOO_MANY_FORWARDS)
            );
            assert_eq!(exception.completed(), Completion::No);
        }
    }
}
