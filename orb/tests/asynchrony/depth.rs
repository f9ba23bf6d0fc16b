//! Chains of calls to and fro: 64 deep with one thread on each side, and an end to what has none.

use std::time::Duration;

use quorb::{
    BlockingOrb, Completion, ExceptionKind, Fault, MemoryNetwork, Orb, OrbBuilder, Preference, interface,
};

use crate::rig::{PATIENCE, Way, soon};

/// What is called again and again.
#[interface(crate = quorb)]
trait Mirror {
    /// A query that asks the other one, `depth` times.
    async fn look(&self, this: MirrorProxy, other: MirrorProxy, depth: u32) -> Result<u32, Fault>;
    /// The same as an update that may be re-entered.
    #[update]
    async fn turn(&self, this: MirrorProxy, other: MirrorProxy, depth: u32) -> Result<u32, Fault>;
    /// The same as an update that may not.
    async fn hold(&mut self, this: MirrorProxy, other: MirrorProxy, depth: u32) -> Result<u32, Fault>;
}

struct Glass;

impl Mirror for Glass {
    async fn look(&self, this: MirrorProxy, other: MirrorProxy, depth: u32) -> Result<u32, Fault> {
        match depth {
            0 => Ok(0),
            _ => Ok(other.look(other.clone(), this, depth - 1).await? + 1),
        }
    }

    async fn turn(&self, this: MirrorProxy, other: MirrorProxy, depth: u32) -> Result<u32, Fault> {
        match depth {
            0 => Ok(0),
            _ => Ok(other.turn(other.clone(), this, depth - 1).await? + 1),
        }
    }

    async fn hold(&mut self, this: MirrorProxy, other: MirrorProxy, depth: u32) -> Result<u32, Fault> {
        match depth {
            0 => Ok(0),
            _ => Ok(other.hold(other.clone(), this, depth - 1).await? + 1),
        }
    }
}

/// Two brokers, each with a thread of its own, and a third that calls them.
struct Two {
    orbs: [BlockingOrb; 3],
    /// As the caller sees them.
    mirrors: [MirrorProxy; 2],
}

impl Two {
    fn new(way: Way, configure: impl Fn(OrbBuilder) -> OrbBuilder) -> Two {
        let network = MemoryNetwork::new();
        let start = |address: &str| {
            let builder = Orb::builder().memory(&network).prefer(way.preference());
            let builder = if address.is_empty() { builder } else { builder.listen(address) };
            configure(builder).start_blocking().unwrap()
        };
        let addresses = match way {
            Way::MemoryNative | Way::MemoryIiop => ["memory:one", "memory:two"],
            _ => ["127.0.0.1:0", "127.0.0.1:0"],
        };
        let orbs = [start(addresses[0]), start(addresses[1]), start("")];
        let serve = |orb: &Orb| -> MirrorProxy {
            let own = orb.serve("mirror", MirrorServant::new(Glass)).unwrap();
            orbs[2].bind(&own.to_string()).unwrap()
        };
        let mirrors = [serve(&orbs[0]), serve(&orbs[1])];
        Two { orbs, mirrors }
    }

    fn end(self) {
        for orb in self.orbs {
            orb.shutdown(Duration::from_secs(1));
        }
    }
}

const WAYS: [Way; 4] = [Way::TcpNative, Way::TcpIiop, Way::MemoryNative, Way::MemoryIiop];

#[test]
fn sixty_four_deep_between_two_brokers_with_one_thread_each() {
    for way in WAYS {
        let two = Two::new(way, |builder| builder.call_deadline(PATIENCE));
        let [one, other] = &two.mirrors;
        assert_eq!(one.blocking().turn(one.clone(), other.clone(), 64).unwrap(), 64, "{way:?}");
        assert_eq!(one.blocking().look(one.clone(), other.clone(), 64).unwrap(), 64, "{way:?}");
        two.end();
    }
}

#[test]
fn what_may_not_be_re_entered_is_refused_at_once() {
    for way in WAYS {
        let two = Two::new(way, |builder| builder.call_deadline(PATIENCE));
        let [one, other] = &two.mirrors;
        let fault = one.blocking().hold(one.clone(), other.clone(), 64).unwrap_err();
        assert_eq!(fault.kind(), Some(ExceptionKind::BadInvOrder), "{fault}");
        assert_eq!(fault.completed(), Completion::No, "{fault}");
        assert!(fault.to_string().contains("chain "), "{fault}");
        // Both are free again.
        assert_eq!(one.blocking().hold(one.clone(), other.clone(), 1).unwrap(), 1);
        two.end();
    }
}

#[test]
fn a_chain_without_end_is_refused_at_the_limit() {
    for way in WAYS {
        let two = Two::new(way, |builder| builder.limits(|limits| limits.call_depth_max = 20));
        let [one, other] = &two.mirrors;
        assert_eq!(one.blocking().turn(one.clone(), other.clone(), 20).unwrap(), 20, "{way:?}");
        let fault = one.blocking().turn(one.clone(), other.clone(), 21).unwrap_err();
        assert_is_too_deep(&fault, 20);
        two.end();
    }
}

fn assert_is_too_deep(fault: &Fault, limit: u32) {
    assert_eq!(fault.kind(), Some(ExceptionKind::ImpLimit), "{fault}");
    assert_eq!(fault.completed(), Completion::No, "{fault}");
    assert!(fault.to_string().contains(&format!("call_depth_max = {limit}")), "{fault}");
}

/// Calls that stay in the process stand on one another's stack: the default limit must fit an ordinary one.
#[tokio::test]
async fn collocated_to_the_default_limit() {
    let orb = Orb::client().await.unwrap();
    let one = orb.serve("one", MirrorServant::new(Glass)).unwrap();
    let other = orb.serve("other", MirrorServant::new(Glass)).unwrap();
    for depth in [64, 128] {
        assert_eq!(soon("a query", one.look(one.clone(), other.clone(), depth)).await.unwrap(), depth);
        assert_eq!(soon("an update", one.turn(one.clone(), other.clone(), depth)).await.unwrap(), depth);
    }
    assert_is_too_deep(&one.look(one.clone(), other.clone(), 129).await.unwrap_err(), 128);
    assert_is_too_deep(&one.turn(one.clone(), other.clone(), u32::MAX).await.unwrap_err(), 128);
    let fault = one.hold(one.clone(), other.clone(), 2).await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::BadInvOrder), "{fault}");
}

/// The tests of [`Two`] have one worker; this is the flavour without any.
#[tokio::test]
async fn one_current_thread_runtime_for_all() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let network = MemoryNetwork::new();
        let mut mirrors = Vec::new();
        let client = Orb::builder().memory(&network).prefer(preference).start().await.unwrap();
        for address in ["memory:one", "memory:two"] {
            let builder = Orb::builder().memory(&network).listen(address).prefer(preference);
            let orb = builder.start().await.unwrap();
            let own = orb.serve("mirror", MirrorServant::new(Glass)).unwrap();
            mirrors.push(client.bind::<MirrorProxy>(&own.to_string()).unwrap());
        }
        let [one, other] = &mirrors[..] else { unreachable!() };
        assert_eq!(soon("64 deep", one.turn(one.clone(), other.clone(), 64)).await.unwrap(), 64);
        let fault = soon("refused", one.hold(one.clone(), other.clone(), 64)).await.unwrap_err();
        assert_eq!(fault.kind(), Some(ExceptionKind::BadInvOrder), "{fault}");
    }
}
