//! An interface written out by hand: what the macros generate, and that it can be done without them.

use std::sync::Arc;
use std::time::Duration;

use quorb::__private::{Behaviour, Interface, Kind, Operation, Replies, ServantCell, Signature, Thread};
use quorb::{Dispatch, Fault, Invocation, MemoryNetwork, ObjectRef, Orb, Preference, Proxy, Servant, Tie};

struct Counter(i32);

const fn operation(name: &'static str, kind: Kind) -> Operation {
    Operation {
        name,
        behaviour: Behaviour {
            kind,
            oneway: false,
            idempotent: false,
            cancellable: false,
            deadline: None,
            replies: Replies::First,
        },
        signature: |_| Signature { parameters: vec![], result: None, raises: vec![] },
    }
}

static OPERATIONS: [Operation; 3] =
    [operation("value", Kind::Query), operation("add", Kind::Update), operation("slow", Kind::Update)];
static INTERFACE: Interface = Interface::new("IDL:Counter:1.0", "Counter", &[], &OPERATIONS);

#[derive(Clone)]
struct CounterProxy(ObjectRef);

quorb::__private::proxy_values!(CounterProxy);

impl Proxy for CounterProxy {
    fn interface() -> &'static Interface {
        &INTERFACE
    }

    fn from_object(object: ObjectRef) -> Self {
        CounterProxy(object)
    }

    fn object(&self) -> &ObjectRef {
        &self.0
    }
}

impl CounterProxy {
    async fn value(&self) -> Result<i32, Fault> {
        self.0
            .invoke(
                &INTERFACE,
                &OPERATIONS[0],
                &|w| {
                    w.items(0);
                    Ok(())
                },
                |r| r.next("result"),
            )
            .await
    }

    async fn add(&self, n: i32) -> Result<i32, Fault> {
        self.0
            .invoke(
                &INTERFACE,
                &OPERATIONS[1],
                &|w| {
                    w.items(1);
                    w.put(&n)
                },
                |r| r.next("result"),
            )
            .await
    }

    async fn slow(&self, ms: u32) -> Result<i32, Fault> {
        self.0
            .invoke(
                &INTERFACE,
                &OPERATIONS[2],
                &|w| {
                    w.items(1);
                    w.put(&ms)
                },
                |r| r.next("result"),
            )
            .await
    }
}

struct CounterServant(Arc<ServantCell<Counter>>);

impl Servant for CounterServant {
    fn interface(&self) -> &'static Interface {
        &INTERFACE
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        match call.operation() {
            "value" => self.0.query::<i32, std::convert::Infallible>(
                call,
                &OPERATIONS[0],
                Thread::OfTheCall,
                |counter, _| Ok(counter.0),
                |value, w| {
                    w.items(1);
                    w.put(value)
                },
            ),
            "add" => {
                let n = match call.read(|r| r.next::<i32>("n")) {
                    Ok(n) => n,
                    Err(exception) => return Dispatch::Done(call.refuse(exception)),
                };
                self.0.update::<i32, std::convert::Infallible>(
                    call,
                    &OPERATIONS[1],
                    Thread::OfTheCall,
                    move |counter, _| {
                        counter.0 += n;
                        Ok(counter.0)
                    },
                    |value, w| {
                        w.items(1);
                        w.put(value)
                    },
                )
            }
            "slow" => {
                let ms = match call.read(|r| r.next::<u32>("ms")) {
                    Ok(ms) => ms,
                    Err(exception) => return Dispatch::Done(call.refuse(exception)),
                };
                let cell = self.0.clone();
                Dispatch::Pending(Box::pin(async move {
                    let guard = match cell.exclusive(&call, &OPERATIONS[2]).await {
                        Ok(guard) => guard,
                        Err(exception) => return call.refuse(exception),
                    };
                    tokio::time::sleep(Duration::from_millis(ms.into())).await;
                    let value = guard.0;
                    call.finish::<_, std::convert::Infallible>(Ok(value), |value, w| {
                        w.items(1);
                        w.put(value)
                    })
                }))
            }
            _ => Dispatch::Done(call.unknown_operation()),
        }
    }
}

impl Tie for CounterServant {
    type Proxy = CounterProxy;
}

fn servant() -> CounterServant {
    CounterServant(ServantCell::new(Counter(0)))
}

async fn exercise(counter: &CounterProxy) {
    assert_eq!(counter.value().await.unwrap(), 0);
    assert_eq!(counter.add(5).await.unwrap(), 5);
    assert_eq!(counter.add(-2).await.unwrap(), 3);
    assert_eq!(counter.slow(20).await.unwrap(), 3);
    assert_eq!(counter.value().await.unwrap(), 3);
    assert!(counter.object().is_a("IDL:Counter:1.0").await.unwrap());
    assert!(!counter.object().is_a("IDL:Other:1.0").await.unwrap());
    assert_eq!(counter.object().describe().await.unwrap().id, "IDL:Counter:1.0");
    let many = (0..100).map(|_| {
        let counter = counter.clone();
        tokio::spawn(async move { counter.add(1).await.unwrap() })
    });
    for call in many.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(counter.value().await.unwrap(), 103);
}

#[tokio::test]
async fn a_local_proxy_needs_no_broker() {
    exercise(&servant().into_local_proxy()).await;
}

#[tokio::test]
async fn a_collocated_object() {
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    exercise(&orb.serve("counter", servant()).unwrap()).await;
}

async fn over(listen: &str, preference: Preference) {
    let network = MemoryNetwork::new();
    let server = Orb::builder().listen(listen).memory(&network).start().await.unwrap();
    let reference = server.serve("counter", servant()).unwrap().object().to_string();
    let client = Orb::builder().memory(&network).prefer(preference).start().await.unwrap();
    exercise(&client.bind(&reference).unwrap()).await;
    client.shutdown(Duration::from_secs(1)).await;
    let report = server.shutdown(Duration::from_secs(1)).await;
    assert_eq!(report.calls_abandoned, 0);
    assert_eq!(server.open_connections(), 0);
}

#[tokio::test]
async fn over_tcp_native() {
    over("127.0.0.1:0", Preference::NativeOnly).await;
}

#[tokio::test]
async fn over_tcp_iiop() {
    over("127.0.0.1:0", Preference::IiopOnly).await;
}

#[tokio::test]
async fn over_memory_native() {
    over("memory:counter", Preference::NativeOnly).await;
}

#[tokio::test]
async fn over_memory_iiop() {
    over("memory:counter", Preference::IiopOnly).await;
}

#[tokio::test]
async fn over_unix() {
    let path = std::env::temp_dir().join(format!("quorb-by-hand-{}.sock", std::process::id()));
    over(&format!("unix:{}", path.display()), Preference::NativeFirst).await;
    assert!(!path.exists());
}

#[test]
fn a_port_is_free_again_when_the_shutdown_returns() {
    let first = Orb::builder().listen("127.0.0.1:0").start_blocking().unwrap();
    let address = first.addresses()[0].to_string();
    first.shutdown(Duration::from_secs(1));
    for _ in 0..100 {
        let next = Orb::builder().listen(&address).start_blocking().unwrap();
        next.shutdown(Duration::from_secs(1));
    }
}
