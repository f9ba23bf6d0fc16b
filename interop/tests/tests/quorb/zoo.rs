//! Values of any type, decimals, unions by every switch and values with identity: from us to a foreign broker and back,
//! and by way of it to us again, so that either side writes and reads each of them as caller and as object.

use std::fmt::Debug;

use ciborium::Value;
use quorb::value::valuetype::register;
use quorb::{Abstract, Fault, ObjectRef, Orb, Proxy, ValueRef};
use quorb_interop::zoo::{
    Described, DescribedProxy, KeeperProxy, KeeperServant, Mirror, Named, Note, Sampler, Tag, TagServant,
    anys, nobody,
};
use quorb_interop::{Server, peers};

use crate::support::{cpp_server, ends_well};

/// How many values of each type cross.
const ROUNDS: u64 = 25;

/// Expects back what is sent, from the peer and by way of it from us.
async fn echoes<T: Clone + PartialEq + Debug>(
    what: &str,
    own: &KeeperProxy,
    values: Vec<T>,
    call: impl AsyncFn(T, KeeperProxy) -> Result<T, Fault>,
) {
    for value in values {
        for (way, via) in [("directly", nobody()), ("by way of us", own.clone())] {
            match call(value.clone(), via).await {
                Ok(got) => assert_eq!(got, value, "{what} {way}"),
                Err(fault) => panic!("{what} {way}: {fault}; sent {value:?}"),
            }
        }
    }
}

/// An object that is described.
struct Said;

impl Described for Said {
    fn description(&self) -> String {
        "an object".to_owned()
    }
}

impl Tag for Said {}

/// From a broker of this machine's byte order, and from one of the other.
async fn visit(peer: &Server, seed: u64) {
    register::<Named>();
    register::<Note>();
    for builder in [Orb::builder(), Orb::builder().giop_big_endian()] {
        let orb = builder.listen("127.0.0.1:0").start().await.expect("a broker");
        visit_from(orb, peer, seed).await;
    }
}

async fn visit_from(orb: Orb, peer: &Server, seed: u64) {
    let own = orb.serve("keeper", KeeperServant::new(Mirror)).expect("an object");
    let target: ObjectRef = orb.string_to_object(peer.reference().as_str()).expect("a reference");
    let target = KeeperProxy::from_object(target);
    let mut sampler = Sampler::new(seed);
    let mut some = |_: &str| (0..ROUNDS).map(|_| sampler.number()).collect::<Vec<_>>();
    let seeds = some("seeds");
    macro_rules! echo {
        ($name:literal, $make:ident, $operation:ident) => {
            let values = seeds.iter().map(|seed| Sampler::new(*seed).$make()).collect();
            echoes($name, &own, values, async |value, via| target.$operation(value, via).await).await;
        };
    }
    echo!("price", price, echo_price);
    echo!("even", even, echo_even);
    echo!("unions", unions, echo_unions);
    echo!("text", boxed, echo_text);
    echo!("point", point, echo_point);
    echo!("link", link, echo_link);
    echo!("basket", basket, echo_basket);
    let tag = orb.serve("tag", TagServant::new(Said)).expect("an object");
    let described = vec![
        Abstract::Nil,
        DescribedProxy::from_object(tag.object().clone()).into(),
        ValueRef::new(Note { text: "a note".to_owned() }).into(),
    ];
    echoes("described", &own, described, async |value, via| target.echo_described(value, via).await).await;
    let values = seeds.iter().take(5).flat_map(|seed| anys(&mut Sampler::new(*seed))).collect();
    echoes("any", &own, values, async |value, via| target.echo_any(value, via).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cpp_broker_returns_every_value() {
    let Some(peers) = peers::or_skip() else { return };
    let server = cpp_server(&peers, "zoo_server", &[]);
    visit(&server, 1).await;
    visit(&server, 2).await;
    ends_well(server);
}

/// A value that refers to itself, and is the last thing in another: known at run time alone, from what the interface says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cpp_broker_returns_values_that_are_only_known_at_run_time() {
    let Some(peers) = peers::or_skip() else { return };
    let server = cpp_server(&peers, "zoo_server", &[]);
    let orb = Orb::client().await.expect("a broker");
    let target = orb.string_to_object(server.reference().as_str()).expect("a reference");
    let interface = KeeperProxy::interface().describe();
    let operation = interface.operation("echo_link").expect("it has one");
    let link = |number: i64, next: Value, twin: Value| {
        let text = |text: &str| Value::Text(text.to_owned());
        let members = vec![(text("label"), text("x")), (text("next"), next), (text("twin"), twin)];
        Value::Array(vec![number.into(), text("IDL:Zoo/Link:1.0"), Value::Map(members)])
    };
    for value in [
        link(0, Value::Null, 0.into()),
        link(0, Value::Null, link(1, Value::Null, 0.into())),
        link(0, link(1, 0.into(), 1.into()), link(2, 0.into(), link(3, 1.into(), 0.into()))),
    ] {
        let arguments = [value.clone(), Value::Null];
        let returned = target.call_dynamic(interface, operation, &arguments).await;
        assert_eq!(returned.expect("it is returned"), [value]);
    }
    ends_well(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_broker_returns_every_value() {
    let Some(python) = peers::python_or_skip() else { return };
    let server = Server::start(python.script("zoo_server")).expect("the server starts");
    visit(&server, 3).await;
    ends_well(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_of_our_kind_returns_every_value() {
    register::<Named>();
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.expect("a broker");
    let peer = orb.serve("keeper", KeeperServant::new(Mirror)).expect("an object");
    let client = Orb::client().await.expect("a broker");
    let target = client.string_to_object(&peer.to_string()).expect("a reference");
    let target = KeeperProxy::from_object(target);
    let mut sampler = Sampler::new(4);
    for _ in 0..ROUNDS {
        let basket = sampler.basket();
        assert_eq!(target.echo_basket(basket.clone(), nobody()).await, Ok(basket.clone()));
        assert_eq!(target.echo_basket(basket.clone(), peer.clone()).await, Ok(basket));
        for any in anys(&mut sampler) {
            assert_eq!(target.echo_any(any.clone(), peer.clone()).await, Ok(any));
        }
    }
}
