//! Calls carry the chain that they belong to: what would wait for itself is refused, what may re-enter does.

use quorb::{Completion, ExceptionKind, Proxy};

use crate::rig::{Way, World, soon};

/// The tests of this program run on one thread each: nested calls never wait for a thread.
#[tokio::test]
async fn between_two_servers() {
    for way in [Way::TcpNative, Way::TcpIiop] {
        let (here, there) = (World::new(way).await, World::new(way).await);
        let call = here.probe.update_through(&there.own, &here.own);
        let fault = soon("the call is refused at once", call).await.unwrap_err();
        assert_eq!(fault.kind(), Some(ExceptionKind::BadInvOrder), "{fault}");
        assert_eq!(fault.completed(), Completion::No, "{fault}");
        let call = here.probe.bounce(&here.own, &there.own, 64);
        assert_eq!(soon("64 calls deep", call).await.unwrap(), 65);
        assert_eq!(
            here.server.open_connections(),
            3,
            "one from the client, one to and one from the other server"
        );
        assert!(!here.own.object().is_nil());
        here.end().await;
        there.end().await;
    }
}
