//! What the macro generates for deferred calls: every way of passing, bases, blocking threads, no broker at all.

use std::sync::Arc;

use quorb::{MemoryNetwork, Orb, Preference, Proxy, Tie, interface};

#[interface(crate = quorb)]
pub(crate) trait Named {
    fn name(&self) -> String;
}

#[interface(crate = quorb)]
pub(crate) trait Desk: Named {
    #[attribute(set)]
    fn limit(&self) -> u32;
    async fn join(&self, first: &str, rest: &[String], times: &u32) -> Result<String, quorb::Fault>;
    fn round(&self, price: &mut f64, step: &mut u32) -> (bool, String);
    #[oneway]
    fn tick(&mut self, by: u32);
}

struct Table {
    limit: u32,
}

impl Named for Table {
    fn name(&self) -> String {
        "table".to_owned()
    }
}

impl Desk for Table {
    fn limit(&self) -> u32 {
        self.limit
    }

    fn set_limit(&mut self, value: u32) {
        self.limit = value;
    }

    async fn join(&self, first: &str, rest: &[String], times: &u32) -> Result<String, quorb::Fault> {
        tokio::task::yield_now().await;
        Ok([first, &rest.join("-")].join(" ").repeat(*times as usize))
    }

    fn round(&self, price: &mut f64, step: &mut u32) -> (bool, String) {
        *price = price.round();
        *step += 1;
        (true, "rounded".to_owned())
    }

    fn tick(&mut self, by: u32) {
        self.limit += by;
    }
}

async fn exercise(desk: DeskProxy) {
    let deferred = desk.deferred();
    let name = deferred.name();
    let named = deferred.as_named().name();
    let set = deferred.set_limit(4);
    let joined = deferred.join("a", vec!["b".into(), "c".into()], 2);
    let rounded = deferred.round(2.6, 7);
    set.await.unwrap();
    assert_eq!(joined.await.unwrap(), "a b-ca b-c");
    assert_eq!(rounded.await.unwrap(), ((true, "rounded".to_owned()), 3.0, 8));
    assert_eq!((name.await.unwrap(), named.await.unwrap()), ("table".to_owned(), "table".to_owned()));
    deferred.tick(3).await.unwrap();
    assert_eq!(deferred.limit().await.unwrap(), 7);
    let interface = Arc::new(desk.object().describe().await.unwrap());
    let getter = interface.operations.iter().find(|operation| operation.name == "_get_limit").unwrap();
    let read = desk.object().call_dynamic_deferred(&interface, getter, vec![]);
    assert_eq!(read.await.unwrap(), [ciborium::Value::from(7)]);
}

#[tokio::test]
async fn every_way_of_passing() {
    exercise(Table { limit: 1 }.local()).await;
    let network = MemoryNetwork::new();
    let server = Orb::builder().listen("memory:desk").memory(&network).start().await.unwrap();
    let desk = server.serve("desk", DeskServant::new(Table { limit: 1 })).unwrap();
    exercise(desk.clone()).await;
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let client = Orb::builder().memory(&network).prefer(preference).start().await.unwrap();
        exercise(client.bind(&desk.to_string()).unwrap()).await;
    }
}

impl Table {
    fn local(self) -> DeskProxy {
        DeskServant::new(self).into_local_proxy()
    }
}

#[test]
fn on_a_thread_without_tokio() {
    let desk = Table { limit: 1 }.local().blocking();
    let pending = desk.deferred().join("x", vec![], 1);
    assert_eq!(pending.wait().unwrap(), "x ");
    assert_eq!(desk.deferred().name().wait().unwrap(), "table");
    let orb = Orb::builder().start_blocking().unwrap();
    let desk = orb.serve("desk", DeskServant::new(Table { limit: 9 })).unwrap().blocking();
    let mut pending = desk.deferred().limit();
    assert_eq!(pending.try_take().expect("a collocated query ends where it is made").unwrap(), 9);
    orb.shutdown(std::time::Duration::from_secs(1));
}

/// A deferred call of a servant belongs to the chain that it is made in.
#[tokio::test]
async fn a_servant_defers() {
    #[interface(crate = quorb)]
    trait Relay {
        async fn relay(&mut self, to: RelayProxy) -> Result<u32, quorb::Fault>;
    }
    struct Hop;
    impl Relay for Hop {
        async fn relay(&mut self, to: RelayProxy) -> Result<u32, quorb::Fault> {
            let nil = RelayProxy::nil();
            let pending = to.deferred().relay(nil);
            tokio::task::yield_now().await;
            pending.await
        }
    }
    let orb = Orb::client().await.unwrap();
    let one = orb.serve("one", RelayServant::new(Hop)).unwrap();
    let fault = one.relay(one.clone()).await.unwrap_err();
    assert_eq!(fault.kind(), Some(quorb::ExceptionKind::BadInvOrder), "{fault}");
}
