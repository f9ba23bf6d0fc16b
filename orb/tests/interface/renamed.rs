//! The broker under another name, given by `crate = path`.

use ::quorb as broker;
use broker::Tie;

/// Takes the name that generated code would use by default.
#[allow(dead_code)]
mod quorb {}

#[derive(Debug, Clone, PartialEq, broker::IdlType)]
#[idl(crate = broker)]
struct Renamed {
    member: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, broker::Exception)]
#[idl(crate = broker)]
struct Missing;

#[derive(Debug, Clone, PartialEq, broker::Exception)]
#[idl(crate = broker)]
enum Either {
    Missing(Missing),
}

#[broker::interface(crate = broker, id = "IDL:Renamed/Base:1.0")]
trait RenamedBase {
    fn base(&self) -> u8;
}

#[broker::interface(crate = broker)]
trait RenamedDerived: RenamedBase {
    async fn derived(&mut self, value: Renamed) -> Result<Renamed, Either>;
}

struct Thing;

impl RenamedBase for Thing {
    fn base(&self) -> u8 {
        3
    }
}

impl RenamedDerived for Thing {
    async fn derived(&mut self, value: Renamed) -> Result<Renamed, Either> {
        if value.member.is_empty() { Err(Missing.into()) } else { Ok(value) }
    }
}

#[tokio::test]
async fn under_another_name() {
    let thing = RenamedDerivedServant::new(Thing).into_local_proxy();
    assert_eq!(thing.base().await, Ok(3));
    let value = Renamed { member: vec![1] };
    assert_eq!(thing.derived(value.clone()).await, Ok(value));
    let refused = thing.derived(Renamed { member: vec![] }).await;
    assert_eq!(refused, Err(broker::Fault::User(Either::Missing(Missing))));
}
