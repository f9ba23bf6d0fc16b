//! What an interface says about itself.

use std::time::Duration;

use quorb::model::{Kind, Operation};
use quorb::{Proxy, interface};

use crate::exceptions::{OutOfRange, Refusal};

#[interface(name = "Behaving")]
trait Behaviours {
    fn query(&self);
    fn update(&mut self);
    #[update]
    #[idempotent]
    fn concurrent(&self);
    #[oneway]
    fn oneway(&mut self);
    #[cancellable]
    #[deadline("150ms")]
    async fn cancellable(&mut self);
    #[deadline("1h")]
    fn slow(&self) -> Result<(), Refusal>;
}

#[test]
fn behaviours_are_in_the_metadata() {
    let interface = BehavioursProxy::interface();
    assert_eq!((interface.id(), interface.name()), ("IDL:interface/Behaving:1.0", "Behaving"));
    let behaviour = |name: &str| interface.operation(name).expect("it is declared").behaviour;
    assert_eq!(behaviour("query").kind, Kind::Query);
    assert_eq!(behaviour("update").kind, Kind::Update);
    assert_eq!(
        (behaviour("concurrent").kind, behaviour("concurrent").idempotent),
        (Kind::ConcurrentUpdate, true)
    );
    assert!(behaviour("oneway").oneway && !behaviour("update").oneway);
    assert!(behaviour("cancellable").cancellable);
    assert_eq!(behaviour("cancellable").deadline, Some(Duration::from_millis(150)));
    assert_eq!(behaviour("slow").deadline, Some(Duration::from_secs(3600)));
    let repeatable = interface.operations().iter().filter(|operation| Operation::is_repeatable(operation));
    assert_eq!(
        repeatable.map(|operation| operation.name).collect::<Vec<_>>(),
        ["query", "concurrent", "slow"]
    );
    assert_eq!(interface.describe().operations[5].signature.raises.len(), 2);
    assert_eq!(interface.describe().types.len(), 2);
}

/// The same interface and changes to it that matter to positional bodies.
mod versions {
    use super::{OutOfRange, interface};

    pub(super) mod one {
        #[super::interface(id = "IDL:Versioned:1.0")]
        pub(in crate::metadata) trait Versioned {
            fn call(&self, a: i32) -> Result<i32, super::OutOfRange>;
        }
    }

    pub(super) mod same {
        #[super::interface(id = "IDL:Versioned:1.0")]
        pub(in crate::metadata) trait Versioned {
            fn call(&self, a: i32) -> Result<i32, super::OutOfRange>;
        }
    }

    pub(super) mod other {
        #[super::interface(id = "IDL:Versioned:1.0")]
        pub(in crate::metadata) trait Versioned {
            fn call(&self, a: i64) -> Result<i32, super::OutOfRange>;
        }
    }
}

#[test]
fn fingerprints_tell_interfaces_apart() {
    let [one, same, other] = [
        versions::one::VersionedProxy::interface(),
        versions::same::VersionedProxy::interface(),
        versions::other::VersionedProxy::interface(),
    ]
    .map(quorb::model::Interface::fingerprint);
    assert_eq!(one, same);
    assert_ne!(one, other);
}
