//! The interface repository of a broker: what it knows, whom it answers, and what it refuses.

use std::time::Duration;

use ciborium::Value;
use quorb::{
    Exception, ExceptionKind, Fault, IdlType, ObjectRef, Orb, Proxy, SystemException, ValueRef, interface,
};

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:acme.com/Depot/Shelf/Full:1.0")]
pub(crate) struct Full {
    pub(crate) left: u32,
}

#[derive(Debug, IdlType)]
#[idl(value, id = "IDL:acme.com/Depot/Label:1.0")]
pub(crate) struct Label {
    pub(crate) text: String,
}

#[interface(id = "IDL:acme.com/Depot/Item:2.1")]
pub trait Item {
    #[attribute]
    fn weight(&self) -> Option<f64>;
}

#[interface(id = "IDL:acme.com/Depot/Base:1.0")]
pub trait Base {
    fn ping(&self);
}

#[interface(id = "IDL:acme.com/Depot/Shelf:1.0")]
pub trait Shelf: Base {
    #[attribute(set)]
    fn room(&self) -> u16;
    fn put(&mut self, item: ItemProxy, label: Option<ValueRef<Label>>) -> Result<Vec<String>, Full>;
}

struct Board(u16);

impl Base for Board {
    fn ping(&self) {}
}

impl Shelf for Board {
    fn room(&self) -> u16 {
        self.0
    }
    fn set_room(&mut self, value: u16) {
        self.0 = value;
    }
    fn put(&mut self, _: ItemProxy, _: Option<ValueRef<Label>>) -> Result<Vec<String>, Full> {
        Err(Full { left: 0 })
    }
}

/// A server with a shelf, a client, and the client's reference to the server's repository.
async fn world() -> (Orb, Orb, ObjectRef) {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    server.serve("shelf", ShelfServant::new(Board(3))).unwrap();
    let client = Orb::client().await.unwrap();
    let repository = format!("corbaloc::{}/InterfaceRepository", server.addresses()[0]);
    let repository = client.string_to_object(&repository).unwrap();
    (server, client, repository)
}

/// The result of an operation, by the description that the object gives of itself.
async fn ask(object: &ObjectRef, operation: &str, arguments: &[Value]) -> Result<Value, SystemException> {
    let interface = object.describe().await.unwrap();
    let operation = interface.operation(operation).unwrap_or_else(|| panic!("{operation}: {interface:?}"));
    match object.call_dynamic(&interface, operation, arguments).await {
        Ok(results) => Ok(results.into_iter().next().unwrap_or(Value::Null)),
        Err(Fault::System(exception)) => Err(exception),
        Err(Fault::User(exception)) => panic!("{exception}"),
    }
}

/// The object that such a result is a reference to; none for nil.
async fn found(client: &Orb, object: &ObjectRef, operation: &str, argument: &str) -> Option<ObjectRef> {
    let arguments: &[Value] = if argument.is_empty() { &[] } else { &[argument.into()] };
    let reference = ask(object, operation, arguments).await.unwrap();
    let text = reference.as_text()?;
    Some(client.string_to_object(text).unwrap())
}

async fn text(object: &ObjectRef, attribute: &str) -> String {
    ask(object, &format!("_get_{attribute}"), &[]).await.unwrap().as_text().unwrap().to_owned()
}

#[tokio::test]
async fn every_object_leads_to_the_definition_of_its_interface() {
    let (server, client, repository) = world().await;
    let shelf = client.string_to_object(&format!("corbaloc::{}/shelf", server.addresses()[0])).unwrap();
    let definition = shelf.interface_def().await.unwrap();
    assert_eq!(definition.ior().type_id.as_str(), "IDL:omg.org/CORBA/InterfaceDef:1.0");
    assert_eq!(text(&definition, "absolute_name").await, "::Depot::Shelf");
    // The definition is an object like others, the repository too.
    let of_definition = definition.interface_def().await.unwrap();
    assert_eq!(text(&of_definition, "absolute_name").await, "::CORBA::InterfaceDef");
    assert!(definition.is_a("IDL:omg.org/CORBA/Contained:1.0").await.unwrap());
    assert!(!definition.non_existent().await.unwrap());
    let of_repository = repository.interface_def().await.unwrap();
    assert_eq!(text(&of_repository, "id").await, "IDL:omg.org/CORBA/Repository:1.0");
    // An object without a broker has no repository.
    let alone = quorb::Tie::into_local_proxy(ShelfServant::new(Board(1)));
    let refused = alone.object().interface_def().await.unwrap_err();
    assert_eq!(refused.kind(), Some(ExceptionKind::NoImplement));
    server.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn what_interfaces_reach_is_found_by_id_and_by_name() {
    let (server, client, repository) = world().await;
    for (id, name, kind) in [
        ("IDL:acme.com/Depot:1.0", "::Depot", "dk_Module"),
        ("IDL:acme.com/Depot/Shelf:1.0", "::Depot::Shelf", "dk_Interface"),
        ("IDL:acme.com/Depot/Shelf/Full:1.0", "::Depot::Shelf::Full", "dk_Exception"),
        ("IDL:acme.com/Depot/Shelf/put:1.0", "::Depot::Shelf::put", "dk_Operation"),
        ("IDL:acme.com/Depot/Shelf/room:1.0", "::Depot::Shelf::room", "dk_Attribute"),
        ("IDL:acme.com/Depot/Label:1.0", "::Depot::Label", "dk_Value"),
        ("IDL:acme.com/Depot/Label/text:1.0", "::Depot::Label::text", "dk_ValueMember"),
        // Nobody serves an item; the shelf refers to it.
        ("IDL:acme.com/Depot/Item:2.1", "::Depot::Item", "dk_Interface"),
        ("IDL:acme.com/Depot/Item/weight:2.1", "::Depot::Item::weight", "dk_Attribute"),
        ("IDL:OptionalDouble:1.0", "::OptionalDouble", "dk_Union"),
    ] {
        let by_id = found(&client, &repository, "lookup_id", id).await.unwrap_or_else(|| panic!("{id}"));
        assert_eq!(text(&by_id, "absolute_name").await, name);
        assert_eq!(text(&by_id, "def_kind").await, kind);
        assert_eq!(found(&client, &repository, "lookup", name).await, Some(by_id), "{name}");
    }
    let shelf = found(&client, &repository, "lookup", "Depot::Shelf").await.unwrap();
    let inherited = found(&client, &shelf, "lookup", "ping").await.unwrap();
    assert_eq!(text(&inherited, "id").await, "IDL:acme.com/Depot/Base/ping:1.0");
    for (operation, nothing) in
        [("lookup_id", "IDL:Nothing:1.0"), ("lookup", "::Depot::Nothing"), ("lookup", ""), ("lookup", "::")]
    {
        let answer = ask(&repository, operation, &[nothing.into()]).await.unwrap();
        assert!(answer.is_null(), "{operation} {nothing}: {answer:?}");
    }
    server.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn what_is_published_is_known_before_anything_is_served() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let client = Orb::client().await.unwrap();
    let repository = client.string_to_object(&server.interface_repository().to_string()).unwrap();
    assert_eq!(found(&client, &repository, "lookup", "::Depot::Item").await, None);
    server.adapter().publish(ItemProxy::interface());
    assert!(found(&client, &repository, "lookup", "::Depot::Item").await.is_some());
    assert!(server.adapter().is_empty(), "definitions are no objects of the user's");
    // The broker itself finds its repository by its initial reference.
    let own = server.string_to_object("corbaloc:rir:/InterfaceRepository").unwrap();
    assert!(found(&server, &own, "lookup", "::Depot::Item").await.is_some());
    server.shutdown(Duration::from_secs(1)).await;
}

mod declared {
    quorb::idl! {
        module Store {
            const long SIZE = 3;
            struct Unused { long x; };
            valuetype Thing {
                public long n;
                attribute string note;
                string text(in short width);
                factory make(in long n);
            };
            interface Door { void put(in Thing what); };
        };
    }
}

struct Doorkeeper;

impl declared::store::Door for Doorkeeper {
    fn put(&self, _: &Option<ValueRef<declared::store::Thing>>) {}
}

/// What stands in a file beside its interfaces is there with them, and on no wire.
#[tokio::test]
async fn what_idl_declares_beside_its_interfaces_is_known() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    server.serve("door", declared::store::DoorServant::new(Doorkeeper)).unwrap();
    let client = Orb::client().await.unwrap();
    let repository = client.string_to_object(&server.interface_repository().to_string()).unwrap();
    for (name, kind) in [
        ("::Store::SIZE", "dk_Constant"),
        ("::Store::Unused", "dk_Struct"),
        ("::Store::Thing", "dk_Value"),
        ("::Store::Thing::n", "dk_ValueMember"),
        ("::Store::Thing::note", "dk_Attribute"),
        ("::Store::Thing::text", "dk_Operation"),
        ("::Store::Door::put", "dk_Operation"),
    ] {
        let found = found(&client, &repository, "lookup", name).await.unwrap_or_else(|| panic!("{name}"));
        assert_eq!(
            (text(&found, "absolute_name").await.as_str(), text(&found, "def_kind").await.as_str()),
            (name, kind)
        );
    }
    let size = found(&client, &repository, "lookup_id", "IDL:Store/SIZE:1.0").await.unwrap();
    let value = ask(&size, "_get_value", &[]).await.unwrap();
    assert_eq!(value.as_array().unwrap()[1], 3.into(), "{value:?}");
    let thing = found(&client, &repository, "lookup", "Store::Thing").await.unwrap();
    let factories = ask(&thing, "_get_initializers", &[]).await.unwrap();
    assert_eq!(factories.as_array().unwrap().len(), 1);
    for write in ["_set_value", "_set_type_def"] {
        let argument = if write == "_set_value" { value.clone() } else { Value::Null };
        assert_eq!(ask(&size, write, &[argument]).await.unwrap_err().kind(), ExceptionKind::NoImplement);
    }
    let described = declared::store::DoorProxy::interface().idl().unwrap();
    assert!(!described.contains("SIZE") && !described.contains("factory"), "{described}");
    server.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn contents_are_chosen_by_kind_and_inheritance() {
    let (server, client, repository) = world().await;
    let shelf = found(&client, &repository, "lookup", "::Depot::Shelf").await.unwrap();
    let count = async |kind: &str, exclude: bool| {
        let arguments = [kind.into(), Value::Bool(exclude)];
        ask(&shelf, "contents", &arguments).await.unwrap().as_array().unwrap().len()
    };
    assert_eq!((count("dk_all", true).await, count("dk_all", false).await), (3, 4));
    assert_eq!((count("dk_Operation", true).await, count("dk_Operation", false).await), (1, 2));
    assert_eq!((count("dk_Exception", false).await, count("dk_Typedef", false).await), (1, 0));
    let described =
        ask(&shelf, "describe_contents", &["dk_all".into(), false.into(), 2.into()]).await.unwrap();
    assert_eq!(described.as_array().unwrap().len(), 2);
    let arguments = ["weight".into(), (-1).into(), "dk_all".into(), true.into()];
    let deep = ask(&repository, "lookup_name", &arguments).await.unwrap();
    assert_eq!(deep.as_array().unwrap().len(), 1);
    let arguments = ["weight".into(), 2.into(), "dk_all".into(), true.into()];
    assert!(ask(&repository, "lookup_name", &arguments).await.unwrap().as_array().unwrap().is_empty());
    server.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn what_would_write_is_refused_and_strange_keys_lead_nowhere() {
    let (server, client, repository) = world().await;
    let shelf = found(&client, &repository, "lookup", "::Depot::Shelf").await.unwrap();
    let texts: [Value; 3] = ["IDL:New:1.0".into(), "New".into(), "1.0".into()];
    for (object, operation, arguments) in [
        (&repository, "create_module", &texts[..]),
        (&repository, "create_string", &[7.into()]),
        (&repository, "destroy", &[]),
        (&shelf, "_set_name", &texts[1..2]),
        (&shelf, "destroy", &[]),
    ] {
        let refused = ask(object, operation, arguments).await.unwrap_err();
        assert_eq!(refused.kind(), ExceptionKind::NoImplement, "{operation}");
        assert!(refused.to_string().contains("read-only"), "{refused}");
    }
    for key in ["%00Rd", "%00Rdnothing", "%00Rt", "%00Rt%ff", "%00Rx", "%00Rt%81%81%81"] {
        let reference = format!("corbaloc::{}/{key}", server.addresses()[0]);
        let nothing = client.string_to_object(&reference).unwrap();
        assert_eq!(nothing.non_existent().await, Ok(true), "{key}");
    }
    server.shutdown(Duration::from_secs(1)).await;
}
