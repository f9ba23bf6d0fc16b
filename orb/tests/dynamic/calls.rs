//! Calls by metadata, over every way to an object.

use ciborium::Value;
use quorb::exception::ExceptionKind;
use quorb::model::InterfaceDesc;
use quorb::{Completion, Fault, MemoryNetwork, ObjectRef, Orb, Preference, Proxy, interface};

use crate::types::{Colour, Containers, Rejected, Shape, containers, map, text};

#[interface]
pub(crate) trait Workshop {
    #[attribute(set)]
    fn colour(&self) -> Colour;
    fn echo(&self, all: Containers) -> Containers;
    fn mix(&self, a: i16, b: &mut String, c: &[f64]) -> Result<(bool, u64), Rejected>;
    fn list(&self, from: u16, #[default(20)] limit: u16) -> String;
    #[oneway]
    fn poke(&mut self, by: i32);
    fn pokes(&self) -> i32;
    fn outline(&self, shape: &Shape) -> Option<f64>;
}

pub(crate) struct Bench {
    colour: Colour,
    pokes: i32,
}

impl Workshop for Bench {
    fn colour(&self) -> Colour {
        self.colour
    }

    fn set_colour(&mut self, value: Colour) {
        self.colour = value;
    }

    fn echo(&self, all: Containers) -> Containers {
        all
    }

    fn mix(&self, a: i16, b: &mut String, c: &[f64]) -> Result<(bool, u64), Rejected> {
        if a < 0 {
            return Err(Rejected { why: format!("{a}"), whom: vec![Colour::Red] });
        }
        b.push('!');
        Ok((c.is_empty(), c.len() as u64))
    }

    fn list(&self, from: u16, limit: u16) -> String {
        format!("{from} {limit}")
    }

    fn poke(&mut self, by: i32) {
        self.pokes += by;
    }

    fn pokes(&self) -> i32 {
        self.pokes
    }

    fn outline(&self, shape: &Shape) -> Option<f64> {
        match shape {
            Shape::Circle(radius) => Some(*radius),
            _ => None,
        }
    }
}

struct Caller {
    object: ObjectRef,
    interface: InterfaceDesc,
}

impl Caller {
    async fn on(object: ObjectRef) -> Caller {
        let interface = object.describe().await.unwrap();
        Caller { object, interface }
    }

    async fn call(
        &self,
        name: &str,
        arguments: &[Value],
    ) -> Result<Vec<Value>, Fault<quorb::DynamicException>> {
        let operation = self.interface.operation(name).expect("the operation is described");
        self.object.call_dynamic(&self.interface, operation, arguments).await
    }
}

pub(crate) async fn exercise(object: ObjectRef, is_cbor: bool) {
    let caller = Caller::on(object).await;
    assert_eq!(caller.call("_get_colour", &[]).await, Ok(vec![text("Red")]));
    assert_eq!(caller.call("_set_colour", &[text("Green")]).await, Ok(vec![]));
    assert_eq!(caller.call("_get_colour", &[]).await, Ok(vec![text("Green")]));
    let (_, all) = containers();
    let echoed = caller.call("echo", &[all]).await.unwrap();
    let Value::Map(members) = &echoed[0] else { panic!("a map") };
    assert_eq!((echoed.len(), members.len()), (1, 14));
    let floats = Value::Array(vec![0.5.into(), 1.into()]);
    let mixed = caller.call("mix", &[7.into(), text("a"), floats.clone()]).await;
    // The result, then what comes back of the parameters: first the inout, then the out.
    assert_eq!(mixed, Ok(vec![false.into(), text("a!"), 2.into()]));
    let Err(Fault::User(rejected)) = caller.call("mix", &[(-1).into(), text("a"), floats]).await else {
        panic!("a declared exception")
    };
    assert_eq!(rejected.id, "IDL:dynamic/Rejected:1.0");
    assert_eq!(rejected.to_string(), "Rejected (IDL:dynamic/Rejected:1.0)");
    assert_eq!(rejected.members, map(&[("why", text("-1")), ("whom", Value::Array(vec![text("Red")]))]));
    assert_eq!(caller.call("poke", &[5.into()]).await, Ok(vec![]));
    assert_eq!(
        caller.call("outline", &[Value::Array(vec![text("Circle"), 2.5.into()])]).await,
        Ok(vec![2.5.into()])
    );
    assert_eq!(
        caller.call("outline", &[Value::Array(vec![text("Nothing"), Value::Null])]).await,
        Ok(vec![Value::Null])
    );
    let listed = caller.call("list", &[3.into()]).await;
    if is_cbor {
        assert_eq!(listed, Ok(vec![text("3 20")]));
    } else {
        let refused = listed.unwrap_err();
        assert_eq!((refused.kind(), refused.completed()), (Some(ExceptionKind::BadParam), Completion::No));
    }
    for wrong in [vec![], vec![text("x")], vec![1.into(), 2.into(), 3.into()], vec![70_000.into(), 1.into()]]
    {
        let refused = caller.call("list", &wrong).await.unwrap_err();
        assert_eq!(
            (refused.kind(), refused.completed()),
            (Some(ExceptionKind::BadParam), Completion::No),
            "{refused}"
        );
    }
}

pub(crate) fn servant() -> WorkshopServant<Bench> {
    WorkshopServant::new(Bench { colour: Colour::Red, pokes: 0 })
}

async fn over(listen: &str, preference: Preference) {
    let network = MemoryNetwork::new();
    let server = Orb::builder().listen(listen).memory(&network).start().await.unwrap();
    let reference = server.serve("workshop", servant()).unwrap().object().to_string();
    let client = Orb::builder().memory(&network).prefer(preference).start().await.unwrap();
    exercise(client.string_to_object(&reference).unwrap(), preference == Preference::NativeOnly).await;
}

#[tokio::test]
async fn over_native() {
    over("127.0.0.1:0", Preference::NativeOnly).await;
    over("memory:workshop", Preference::NativeOnly).await;
}

#[tokio::test]
async fn over_iiop() {
    over("127.0.0.1:0", Preference::IiopOnly).await;
}

#[tokio::test]
async fn by_corbaloc_without_code_sets() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    server.serve("workshop", servant()).unwrap();
    let client = Orb::client().await.unwrap();
    for version in ["1.0", "1.1", "1.2"] {
        let url = format!("corbaloc:iiop:{version}@{}/workshop", server.addresses()[0]);
        let caller = Caller::on(client.string_to_object(&url).unwrap()).await;
        assert_eq!(caller.call("list", &[1.into(), 2.into()]).await, Ok(vec![text("1 2")]));
        assert_eq!(caller.call("_set_colour", &[text("Green")]).await, Ok(vec![]));
    }
}

#[tokio::test]
async fn collocated_and_without_a_broker() {
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    exercise(orb.serve("workshop", servant()).unwrap().object().clone(), false).await;
    exercise(quorb::Tie::into_local_proxy(servant()).object().clone(), false).await;
}

#[tokio::test]
async fn names_that_no_operation_has_are_refused() {
    let object = quorb::Tie::into_local_proxy(servant()).object().clone();
    let mut caller = Caller::on(object).await;
    caller.interface.operations[0].name = "not there".to_owned();
    let refused = caller.call("not there", &[]).await.unwrap_err();
    assert_eq!((refused.kind(), refused.completed()), (Some(ExceptionKind::BadOperation), Completion::No));
    caller.interface.operations[0].name = "elsewhere".to_owned();
    let refused = caller.call("elsewhere", &[]).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ExceptionKind::BadOperation));
}
