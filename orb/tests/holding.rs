//! A server that starts holding lets nobody in before its objects are there.

use std::time::Duration;

use quorb::{MemoryNetwork, Orb, Tie, interface};

#[interface]
trait Lamp {
    fn is_lit(&self) -> bool;
}

struct Lit;

impl Lamp for Lit {
    fn is_lit(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn calls_wait_until_the_server_opens() {
    let network = MemoryNetwork::new();
    let reference = {
        let before = Orb::builder().memory(&network).listen("memory:lamp").start().await.unwrap();
        let reference = before.serve("lamp", LampServant::new(Lit)).unwrap().to_string();
        before.shutdown(Duration::from_secs(1)).await;
        reference
    };
    let server = Orb::builder().memory(&network).listen("memory:lamp").holding().start().await.unwrap();
    let client = Orb::builder().memory(&network).start().await.unwrap();
    let lamp: LampProxy = client.bind(&reference).unwrap();
    let call = tokio::spawn(async move { lamp.is_lit().await });
    // The call is under way before the object is there.
    while client.open_calls().made == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.open_connections(), 0);
    server.serve("lamp", LampServant::new(Lit)).unwrap();
    server.open();
    assert!(call.await.unwrap().unwrap());
    assert!(LampServant::new(Lit).into_local_proxy().is_lit().await.unwrap());
}

#[tokio::test]
async fn a_server_that_never_opens_can_be_shut_down() {
    let server = Orb::builder().listen("127.0.0.1:0").holding().start().await.unwrap();
    let report = server.shutdown(Duration::from_secs(1)).await;
    assert_eq!(report.calls_abandoned, 0);
}
