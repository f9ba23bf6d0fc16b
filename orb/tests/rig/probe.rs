//! The interface of the object that the tests call, written by hand, and its proxy.

use std::time::Duration;

use quorb::__private::{
    Behaviour, BodyError, BodyWriter, Cdr, CdrError, Decoder, Encoder, Interface, Kind, Operation, Replies,
    Signature, TypeCatalogue, TypeDesc, serde,
};
use quorb::{Fault, IdlType, ObjectRef, Proxy};
use serde::{Deserializer, Serializer};

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

const fn oneway(mut operation: Operation) -> Operation {
    operation.behaviour.oneway = true;
    operation
}

const fn cancellable(mut operation: Operation) -> Operation {
    operation.behaviour.cancellable = true;
    operation
}

const fn within(mut operation: Operation, limit: Duration) -> Operation {
    operation.behaviour.deadline = Some(limit);
    operation
}

static OPERATIONS: [Operation; 20] = [
    operation("value", Kind::Query),
    operation("add", Kind::Update),
    oneway(operation("note", Kind::Update)),
    operation("echo", Kind::Query),
    operation("store", Kind::Update),
    operation("blob", Kind::Query),
    operation("text", Kind::Query),
    operation("depth", Kind::Query),
    operation("hold_query", Kind::Query),
    operation("hold_update", Kind::Update),
    cancellable(operation("hold_cancellable", Kind::Update)),
    operation("panic_update", Kind::Update),
    operation("panic_query", Kind::Query),
    operation("time_left", Kind::Query),
    operation("time_left_of", Kind::Query),
    operation("update_through", Kind::Update),
    operation("bounce", Kind::ConcurrentUpdate),
    operation("hidden", Kind::Query),
    within(operation("hold_short", Kind::Update), Duration::from_millis(150)),
    oneway(operation("swallow", Kind::Update)),
];

/// The interface.
pub static INTERFACE: Interface = Interface::new("IDL:quorb/Probe:1.0", "Probe", &[], &OPERATIONS);

/// The operation with this name.
pub fn named(name: &str) -> &'static Operation {
    OPERATIONS.iter().find(|operation| operation.name == name).expect("an operation of the probe")
}

/// A recursive value.
pub struct Tree(pub Vec<Tree>);

impl Tree {
    /// A chain of `depth` trees.
    pub fn chain(depth: usize) -> Tree {
        (1..depth).fold(Tree(vec![]), |inner, _| Tree(vec![inner]))
    }

    /// How deep it is.
    pub fn depth(&self) -> u32 {
        1 + self.0.iter().map(Tree::depth).max().unwrap_or(0)
    }
}

impl Cdr for Tree {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Vec::decode(input).map(Tree)
    }
}

impl IdlType for Tree {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Octet
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write_cbor(serializer)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::read_cbor(deserializer).map(Tree)
    }
}

/// The proxy.
#[derive(Clone)]
pub struct ProbeProxy(ObjectRef);

quorb::__private::proxy_values!(ProbeProxy);

impl Proxy for ProbeProxy {
    fn interface() -> &'static Interface {
        &INTERFACE
    }

    fn from_object(object: ObjectRef) -> Self {
        ProbeProxy(object)
    }

    fn object(&self) -> &ObjectRef {
        &self.0
    }
}

type Written = Result<(), BodyError>;

impl ProbeProxy {
    /// Calls any operation with any arguments.
    pub async fn call<R: IdlType>(
        &self,
        operation: &'static Operation,
        write: impl Fn(&mut BodyWriter) -> Written + Send + Sync,
    ) -> Result<R, Fault> {
        self.0.invoke(&INTERFACE, operation, &write, |body| body.next("result")).await
    }

    async fn without<R: IdlType>(&self, name: &str) -> Result<R, Fault> {
        self.call(named(name), |body| {
            body.items(0);
            Ok(())
        })
        .await
    }

    async fn with<A: IdlType, R: IdlType>(&self, name: &str, argument: &A) -> Result<R, Fault> {
        self.call(named(name), |body| {
            body.items(1);
            body.put(argument)
        })
        .await
    }

    async fn send<A: IdlType>(&self, name: &str, argument: &A) -> Result<(), Fault> {
        let write = |body: &mut BodyWriter| {
            body.items(1);
            body.put(argument)
        };
        self.0.invoke_oneway(&INTERFACE, named(name), &write).await
    }

    pub async fn value(&self) -> Result<i32, Fault> {
        self.without("value").await
    }

    pub async fn add(&self, n: i32) -> Result<i32, Fault> {
        self.with("add", &n).await
    }

    pub async fn note(&self, n: i32) -> Result<(), Fault> {
        self.send("note", &n).await
    }

    pub async fn swallow(&self, octets: &Vec<u8>) -> Result<(), Fault> {
        self.send("swallow", octets).await
    }

    pub async fn echo(&self, octets: &Vec<u8>) -> Result<Vec<u8>, Fault> {
        self.with("echo", octets).await
    }

    /// Answers how many octets came.
    pub async fn store(&self, octets: &Vec<u8>) -> Result<u32, Fault> {
        self.with("store", octets).await
    }

    pub async fn blob(&self, octets: u32) -> Result<Vec<u8>, Fault> {
        self.with("blob", &octets).await
    }

    pub async fn text(&self, text: &str) -> Result<String, Fault> {
        self.with("text", &text.to_owned()).await
    }

    pub async fn depth(&self, tree: &Tree) -> Result<u32, Fault> {
        self.with("depth", tree).await
    }

    pub async fn hold_query(&self) -> Result<i32, Fault> {
        self.without("hold_query").await
    }

    pub async fn hold_update(&self) -> Result<i32, Fault> {
        self.without("hold_update").await
    }

    pub async fn hold_short(&self) -> Result<i32, Fault> {
        self.without("hold_short").await
    }

    pub async fn hold_cancellable(&self) -> Result<i32, Fault> {
        self.without("hold_cancellable").await
    }

    pub async fn panic_update(&self) -> Result<i32, Fault> {
        self.without("panic_update").await
    }

    pub async fn panic_query(&self) -> Result<i32, Fault> {
        self.without("panic_query").await
    }

    /// Microseconds that the servant had left.
    pub async fn time_left(&self) -> Result<u64, Fault> {
        self.without("time_left").await
    }

    /// Microseconds that `other` had left when it was asked by this one.
    pub async fn time_left_of(&self, other: &ProbeProxy) -> Result<u64, Fault> {
        self.with("time_left_of", other).await
    }

    /// An update that makes `other` update `back`.
    pub async fn update_through(&self, other: &ProbeProxy, back: &ProbeProxy) -> Result<i32, Fault> {
        self.call(named("update_through"), |body| {
            body.items(2);
            body.put(other)?;
            body.put(back)
        })
        .await
    }

    /// Goes to and fro between this one and `other`, `depth` calls deep.
    pub async fn bounce(&self, this: &ProbeProxy, other: &ProbeProxy, depth: i32) -> Result<i32, Fault> {
        self.call(named("bounce"), |body| {
            body.items(3);
            body.put(this)?;
            body.put(other)?;
            body.put(&depth)
        })
        .await
    }
}
