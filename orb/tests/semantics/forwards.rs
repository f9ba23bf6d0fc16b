//! Servers that point elsewhere, for now or for good.

use std::sync::{Arc, Mutex};

use quorb::adapter::{Location, ReplyBody};
use quorb::{Dispatch, ExceptionKind, Invocation, ObjectRef, Proxy, Reply, Servant};
use quorb_giop::cdr::{Cdr, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::ior::Ior;
use quorb_giop::message::{LocateRequestHead, LocateStatus, Message, MessageHead, Target};

use crate::rig::peer::Peer;
use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, Way, World, giop, soon};

/// A servant that sends its callers elsewhere.
pub(crate) struct Forwarder {
    to: Mutex<ObjectRef>,
    permanent: bool,
}

impl Forwarder {
    pub(crate) fn to(object: &ObjectRef, permanent: bool) -> Arc<Forwarder> {
        Arc::new(Forwarder { to: Mutex::new(object.clone()), permanent })
    }

    pub(crate) fn points_to(&self, object: &ObjectRef) {
        *self.to.lock().unwrap() = object.clone();
    }

    fn target(&self) -> Arc<Ior> {
        Arc::new(self.to.lock().unwrap().ior().clone())
    }
}

impl Servant for Forwarder {
    fn interface(&self) -> &'static quorb::__private::Interface {
        &crate::rig::probe::INTERFACE
    }

    fn dispatch(self: Arc<Self>, _: Invocation) -> Dispatch {
        let body = ReplyBody::Forward { to: self.target(), permanent: self.permanent };
        Dispatch::Done(Reply::new(body))
    }

    fn location(&self) -> Location {
        Location::Elsewhere { to: self.target(), permanent: self.permanent }
    }
}

async fn forwards_are_followed(way: Way) {
    for permanent in [false, true] {
        let world = World::new(way).await;
        let mut reference = world.own.object().clone();
        for hop in 0..8 {
            let forwarder = Forwarder::to(&reference, permanent);
            reference = world.server.adapter().activate_servant(&format!("hop {hop}"), forwarder).unwrap();
        }
        let probe: ProbeProxy = world.client.bind(&reference.to_string()).unwrap();
        assert_eq!(probe.add(4).await.unwrap(), 4);
        assert_eq!(probe.add(4).await.unwrap(), 8);
        world.end().await;
    }
}

async fn forwards_in_a_circle_end(way: Way) {
    let world = World::new(way).await;
    let forwarder = Forwarder::to(&ObjectRef::nil(), false);
    let circle = world.server.adapter().activate_servant("circle", forwarder.clone()).unwrap();
    forwarder.points_to(&circle);
    let probe: ProbeProxy = world.client.bind(&circle.to_string()).unwrap();
    let fault = soon("the call ends", probe.add(1)).await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::Transient), "{fault}");
    assert!(fault.to_string().contains("forwards_max = 8"), "{fault}");
    world.end().await;
}

/// What was forwarded to is gone: the original knows where the object is now.
async fn a_forward_that_has_served_its_time(way: Way) {
    let world = World::new(way).await;
    let early = world.server.serve("early", ProbeServant::new().0).unwrap();
    let forwarder = Forwarder::to(early.object(), false);
    let original = world.server.adapter().activate_servant("original", forwarder.clone()).unwrap();
    let probe: ProbeProxy = world.client.bind(&original.to_string()).unwrap();
    assert_eq!(probe.add(1).await.unwrap(), 1);
    forwarder.points_to(world.own.object());
    world.server.adapter().deactivate(early.object());
    assert_eq!(probe.add(1).await.unwrap(), 1, "at the other object");
    world.end().await;
}

/// Two servers that think each other to have the object.
async fn a_circle_of_two_servers_ends(way: Way) {
    for permanent in [false, true] {
        let (first, second) = (World::new(way).await, World::new(way).await);
        // Names in memory belong to one network each; the second server is reached over the first one's.
        let second_server = match way {
            Way::MemoryNative | Way::MemoryIiop => {
                quorb::Orb::builder().memory(&first.network).listen("memory:second").start().await.unwrap()
            }
            _ => second.server.clone(),
        };
        let there = Forwarder::to(&ObjectRef::nil(), permanent);
        let back = Forwarder::to(&ObjectRef::nil(), permanent);
        let a = first.server.adapter().activate_servant("a", there.clone()).unwrap();
        let b = second_server.adapter().activate_servant("b", back.clone()).unwrap();
        there.points_to(&b);
        back.points_to(&a);
        let probe: ProbeProxy = first.client.bind(&a.to_string()).unwrap();
        for _ in 0..2 {
            let fault = soon("the call ends", probe.add(1)).await.unwrap_err();
            assert_eq!(fault.completed(), quorb::Completion::No, "{fault}");
            assert!(fault.to_string().contains("forwards_max = 8"), "{fault}");
        }
        // As soon as one of them knows where the object is, calls arrive.
        back.points_to(first.own.object());
        assert_eq!(probe.add(3).await.unwrap(), 3);
        first.end().await;
        second.end().await;
    }
}

/// What a server on a detour says for good concerns the detour; the original is asked again when that ends.
async fn a_permanent_forward_on_a_detour(way: Way) {
    let world = World::new(way).await;
    let early = world.server.serve("early", ProbeServant::new().0).unwrap();
    let second = Forwarder::to(early.object(), true);
    let second_object = world.server.adapter().activate_servant("second", second).unwrap();
    let first = Forwarder::to(&second_object, false);
    let original = world.server.adapter().activate_servant("first", first.clone()).unwrap();
    let probe: ProbeProxy = world.client.bind(&original.to_string()).unwrap();
    assert_eq!(probe.add(1).await.unwrap(), 1);
    first.points_to(world.own.object());
    world.server.adapter().deactivate(early.object());
    assert_eq!(probe.add(1).await.unwrap(), 1, "at the object that the original points to by now");
    world.end().await;
}

every_connection! {
    a_circle_of_two_servers_ends;
    a_permanent_forward_on_a_detour;
    forwards_are_followed;
    forwards_in_a_circle_end;
    a_forward_that_has_served_its_time;
}

/// A client that asks before it calls is told the same as one that calls.
#[tokio::test]
async fn a_question_for_the_place_is_answered_with_the_place() {
    let world = World::new(Way::TcpIiop).await;
    for (id, permanent, expected) in [
        ("now", false, LocateStatus::OBJECT_FORWARD),
        ("for good", true, LocateStatus::OBJECT_FORWARD_PERM),
        ("probe", false, LocateStatus::OBJECT_HERE),
        ("nothing", false, LocateStatus::UNKNOWN_OBJECT),
    ] {
        if id.starts_with(['n', 'f']) && id != "nothing" {
            let forwarder = Forwarder::to(world.own.object(), permanent);
            world.server.adapter().activate_servant(id, forwarder).unwrap();
        }
        let mut peer = Peer::connect(world.port()).await;
        let key = quorb_giop::names::ObjectKey::new(bytes::Bytes::copy_from_slice(id.as_bytes()));
        let question = LocateRequestHead { request_id: 7, target: Target::Key(key) };
        let open = question.open(Vec::new(), giop::profile(GiopVersion::V1_2)).unwrap();
        peer.say(&open.finish().unwrap()).await;
        let Message::LocateReply { head, body } = giop::hear(&mut peer).await else { panic!("an answer") };
        assert_eq!((head.request_id, head.status), (7, expected), "{id}");
        if matches!(expected, LocateStatus::OBJECT_FORWARD | LocateStatus::OBJECT_FORWARD_PERM) {
            let to = Ior::decode(&mut body.decoder(CodeSets::UNNEGOTIATED)).unwrap();
            assert_eq!(&to, world.own.object().ior());
        }
    }
    world.end().await;
}
