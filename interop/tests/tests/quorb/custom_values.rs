//! Custom values, whose state their own code writes: between brokers of our kind, by programs that know them at run time
//! alone, and to peers that do not know them. omniORB marshals none: what it answers is the standard's.

use ciborium::Value;
use quorb::value::valuetype::{Custom, register};
use quorb::{Any, Completion, ExceptionKind, Fault, IdlType, Minor, Orb, Preference, Proxy, ValueRef};
use quorb_giop::cdr::{CdrError, Decoder, Encoder};
use quorb_interop::zoo::{KeeperProxy, KeeperServant, Mirror, Point, Sampler, nobody};
use quorb_interop::{Server, peers};

use crate::support::{cpp_server, ends_well};

mod generated {
    quorb::include_idl!("../peers/idl/vault.idl", async = Zoo, faults = [Zoo]);
}

use generated::zoo::{Sealed, Vault, VaultProxy, VaultServant};

/// Not as it stands there: nobody but its own code could read it.
impl Custom for Sealed {
    fn marshal(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_u32(!self.secret);
        out.write_string(&self.label)?;
        out.write_f64(self.weight);
        Ok(())
    }

    fn unmarshal(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        let (secret, label) = (input.read_u32()?, input.read_string()?);
        Ok(Sealed { secret: !secret, label, weight: input.read_f64()? })
    }
}

/// Nobody else knows it.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, custom, id = "IDL:Zoo/Hidden:1.0")]
struct Hidden {
    #[idl(base)]
    point: Point,
    inside: u8,
}

impl Custom for Hidden {
    fn marshal(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_u8(self.inside);
        Ok(())
    }

    fn unmarshal(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Hidden { point: Point { x: 0, y: 0 }, inside: input.read_u8()? })
    }
}

type Seal = Option<ValueRef<Sealed>>;

/// Returns what it is given.
struct Shut;

impl Vault for Shut {
    async fn echo_sealed(&self, value: &Seal, via: &VaultProxy) -> Result<Seal, Fault> {
        if via.object().is_nil() { Ok(value.clone()) } else { via.echo_sealed(value, &nil()).await }
    }
    async fn echo_seals(&self, values: &[Seal], via: &VaultProxy) -> Result<Vec<Seal>, Fault> {
        if via.object().is_nil() { Ok(values.to_vec()) } else { via.echo_seals(values, &nil()).await }
    }
    async fn echo_any(&self, value: &Any, via: &VaultProxy) -> Result<Any, Fault> {
        if via.object().is_nil() { Ok(value.clone()) } else { via.echo_any(value, &nil()).await }
    }
}

fn nil() -> VaultProxy {
    VaultProxy::nil()
}

fn seal(sampler: &mut Sampler) -> ValueRef<Sealed> {
    let weight = sampler.number() as i64 as f64 / 64.0;
    ValueRef::new(Sealed { secret: sampler.number() as u32, label: sampler.text(), weight })
}

/// From brokers of either byte order, directly and by way of us: alone, in a list that names some twice, and null.
async fn visit(reference: &str, preference: Preference) {
    register::<Sealed>();
    for builder in [Orb::builder(), Orb::builder().giop_big_endian()] {
        let orb = builder.prefer(preference).listen("127.0.0.1:0").start().await.expect("a broker");
        let own = orb.serve("vault", VaultServant::new(Shut)).expect("an object");
        let target: VaultProxy = orb.bind(reference).expect("a reference");
        let mut sampler = Sampler::new(5);
        for _ in 0..15 {
            for via in [&nil(), &own] {
                let one = Some(seal(&mut sampler));
                assert_eq!(target.echo_sealed(&one, via).await.as_ref(), Ok(&one));
                assert_eq!(target.echo_sealed(&None, via).await, Ok(None));
                let list = vec![one.clone(), Some(seal(&mut sampler)), None, one.clone()];
                let got = target.echo_seals(&list, via).await.expect("they are returned");
                assert_eq!(got, list);
                let twice = [&got[0], &got[3]].map(|seal| seal.as_ref().expect("it is there"));
                assert!(twice[0].is_same(twice[1]), "one value stays one");
            }
        }
    }
}

/// omniORB's Python has the type and no marshalling of it: a clear answer, null crosses, and the connection goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_says_that_it_has_no_custom_values() {
    let Some(python) = peers::python_or_skip() else { return };
    let mut command = python.script("zoo_server");
    command.arg("--vault");
    let server = Server::start(command).expect("the server starts");
    let orb = Orb::client().await.expect("a broker");
    let target: VaultProxy = orb.bind(server.reference().as_str()).expect("a reference");
    for _ in 0..2 {
        let refused = target.echo_sealed(&Some(seal(&mut Sampler::new(7))), &nil()).await;
        let refused = refused.expect_err("it has none");
        assert_eq!(refused.kind(), Some(ExceptionKind::NoImplement), "{refused}");
        assert_eq!(target.echo_sealed(&None, &nil()).await, Ok(None));
        assert_eq!(target.echo_seals(&[None, None], &nil()).await, Ok(vec![None, None]));
    }
    ends_well(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn custom_values_cross_between_brokers_of_our_kind() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.expect("a broker");
    let vault = server.serve("vault", VaultServant::new(Shut)).expect("an object");
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        visit(&vault.to_string(), preference).await;
    }
    let client = Orb::client().await.expect("a broker");
    let target: VaultProxy = client.bind(&vault.to_string()).expect("a reference");
    let one = seal(&mut Sampler::new(6));
    let any = Any::new(&one).expect("it is registered");
    assert_eq!(target.echo_any(&any, &nil()).await.as_ref(), Ok(&any));
}

/// A program that has the description, and the type's own code: it reads the octets of the state, and passes them on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn custom_values_are_octets_to_who_knows_them_at_run_time() {
    register::<Sealed>();
    let server = Orb::builder().listen("127.0.0.1:0").start().await.expect("a broker");
    let vault = server.serve("vault", VaultServant::new(Shut)).expect("an object");
    let interface = VaultProxy::interface().describe();
    let operation = interface.operation("echo_sealed").expect("it has one");
    let octets =
        [&(!7u32).to_be_bytes()[..], &[0, 0, 0, 2, b'x', 0, 0, 0, 0, 0, 0, 0], &1.5f64.to_be_bytes()];
    let octets = [octets[0], octets[1], octets[2]].concat();
    let value = |state: Value| Value::Array(vec![0.into(), "IDL:Zoo/Sealed:1.0".into(), state]);
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let orb = Orb::builder().prefer(preference).start().await.expect("a broker");
        let target = orb.string_to_object(&vault.to_string()).expect("a reference");
        let arguments = [value(Value::Bytes(octets.clone())), Value::Null];
        let got = target.call_dynamic(interface, operation, &arguments).await;
        assert_eq!(got, Ok(vec![value(Value::Bytes(octets.clone()))]), "{preference:?}");
        // Octets that are no state, and what is no octets.
        for state in [Value::Bytes(octets[..9].to_vec()), Value::Map(Vec::new()), Value::Null] {
            let refused = target.call_dynamic(interface, operation, &[value(state), Value::Null]).await;
            let refused = refused.expect_err("it is no state").kind();
            assert!(
                matches!(refused, Some(ExceptionKind::Marshal | ExceptionKind::BadParam)),
                "{preference:?}: {refused:?}"
            );
        }
    }
}

/// Who gets a custom value of a type that it does not know says so as the standard has it: MARSHAL, minor code 1 of the OMG.
async fn does_not_know(reference: &str) {
    let orb = Orb::builder().prefer(Preference::IiopOnly).start().await.expect("a broker");
    let target: KeeperProxy = orb.bind(reference).expect("a reference");
    let hidden = ValueRef::new(Hidden { point: Point { x: 1, y: 2 }, inside: 7 }).cast::<Point>();
    let refused = target.echo_point(hidden, nobody()).await.expect_err("it does not know it");
    let refused = refused.system().expect("it is a system exception");
    assert_eq!((refused.kind(), refused.completed()), (ExceptionKind::Marshal, Completion::No), "{refused}");
    assert_eq!(refused.minor(), Minor::NO_VALUE_FACTORY, "{refused}");
    // The connection goes on.
    let known = Some(ValueRef::new(Point { x: 1, y: 2 }));
    assert_eq!(target.echo_point(known.clone(), nobody()).await, Ok(known));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_know_a_custom_value_says_so() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.expect("a broker");
    let keeper = server.serve("keeper", KeeperServant::new(Mirror)).expect("an object");
    does_not_know(&keeper.to_string()).await;
    if let Some(peers) = peers::or_skip() {
        let server = cpp_server(&peers, "zoo_server", &[]);
        does_not_know(server.reference().as_str()).await;
        ends_well(server);
    }
    if let Some(python) = peers::python_or_skip() {
        let server = Server::start(python.script("zoo_server")).expect("the server starts");
        does_not_know(server.reference().as_str()).await;
        ends_well(server);
    }
}
