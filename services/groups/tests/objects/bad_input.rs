//! Mistakes that are told apart, with what is wrong and what to do.

use crate::rig::{Book, LedgerServant, in_time};
use quorb::{Orb, interface};
use quorb_groups::driver::Domain;
use quorb_groups::object::{ReplicaLimits, Style};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;
use tokio::net::TcpListener;

/// A domain of one, and brokers for it.
async fn alone() -> (Domain, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let seed = listener.local_addr().unwrap().to_string();
    let domain = Domain::join([seed.clone()]).listener(listener);
    (in_time("a domain of one", domain.into_future()).await.unwrap(), seed)
}

async fn broker() -> Orb {
    Orb::builder().listen("127.0.0.1:0").start().await.unwrap()
}

/// Another process of it.
async fn other(seed: &str) -> Domain {
    in_time("joining", Domain::join([seed]).into_future()).await.unwrap()
}

#[interface(id = "IDL:objects/Bag:1.0")]
trait Bag {
    fn put(&mut self, octets: u32);
}

/// A version of it with an operation more.
mod newer {
    #[quorb::interface(id = "IDL:objects/Bag:1.0")]
    pub(super) trait Bag {
        fn put(&mut self, octets: u32);
        fn size(&self) -> u32;
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    pub(super) struct Sack;

    impl Bag for Sack {
        fn put(&mut self, _octets: u32) {}
        fn size(&self) -> u32 {
            0
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Octets(Vec<u64>);

impl Bag for Octets {
    fn put(&mut self, octets: u32) {
        self.0.extend((0..octets).map(u64::from));
    }
}

struct Odd(&'static str);

impl Bag for Odd {
    fn put(&mut self, _octets: u32) {}
}

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            "" => serializer.serialize_u8(1),
            reason => Err(serde::ser::Error::custom(reason)),
        }
    }
}

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("it was written only"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_without_a_form_is_refused_before_anybody_relies_on_it() {
    let (domain, _) = alone().await;
    let orb = broker().await;
    let unwritable = domain.serve(&orb, "bag", BagServant::new(Odd("a socket has no form as octets")));
    let error = in_time("a refusal", unwritable.into_future()).await.unwrap_err().to_string();
    assert!(error.contains("cannot be written as CBOR") && error.contains("a socket has no form"), "{error}");
    let unreadable = domain.serve(&orb, "bag", BagServant::new(Odd("")));
    let error = in_time("a refusal", unreadable.into_future()).await.unwrap_err().to_string();
    assert!(error.contains("cannot be read back") && error.contains("it was written only"), "{error}");
    let limits = ReplicaLimits { state_bytes_max: 64, ..ReplicaLimits::default() };
    let large = domain.serve(&orb, "bag", BagServant::new(Octets((0..100).collect()))).limits(limits);
    let error = in_time("a refusal", large.into_future()).await.unwrap_err().to_string();
    assert!(error.contains("octets, above the limit state_bytes_max = 64"), "{error}");
    // The name is free all the same.
    let served = domain.serve(&orb, "bag", BagServant::new(Octets::default()));
    assert!(in_time("serving", served.into_future()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_has_grown_too_large_is_told_to_who_wants_it_and_served_on() {
    let (domain, seed) = alone().await;
    let (orb, limits) = (broker().await, ReplicaLimits { state_bytes_max: 64, ..ReplicaLimits::default() });
    let serving = domain.serve(&orb, "bag", BagServant::new(Octets::default())).limits(limits.clone());
    let replica = in_time("serving", serving.into_future()).await.unwrap();
    in_time("an update", replica.proxy().put(100)).await.unwrap();
    let (second, elsewhere) = (other(&seed).await, broker().await);
    let serving = second.serve(&elsewhere, "bag", BagServant::new(Octets::default())).limits(limits);
    let error = in_time("a refusal", serving.into_future()).await.unwrap_err().to_string();
    assert!(error.starts_with("the member that has the state could not give it"), "{error}");
    assert!(error.contains("above the limit state_bytes_max = 64"), "{error}");
    in_time("an update", replica.proxy().put(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_version_style_or_kind_of_group_is_named() {
    let (domain, seed) = alone().await;
    let orb = broker().await;
    let serving = domain.serve(&orb, "bag", BagServant::new(Octets::default()));
    let _replica = in_time("serving", serving.into_future()).await.unwrap();
    let (second, elsewhere) = (other(&seed).await, broker().await);
    let serving = second.serve(&elsewhere, "bag", newer::BagServant::new(newer::Sack));
    let error = in_time("a refusal", serving.into_future()).await.unwrap_err().to_string();
    assert!(
        error.contains("serve the same version of one interface") && error.contains("fingerprint"),
        "{error}"
    );
    let serving = second.serve(&elsewhere, "bag", LedgerServant::new(Book::default()));
    let error = in_time("a refusal", serving.into_future()).await.unwrap_err().to_string();
    assert!(error.contains("Bag:1.0") && error.contains("Ledger:1.0"), "{error}");
    let serving = second.serve(&elsewhere, "bag", BagServant::new(Octets::default())).style(Style::Executor);
    let error = in_time("a refusal", serving.into_future()).await.unwrap_err().to_string();
    assert_eq!(error, "the group was created with the Active style: serve the object in the same");
    let serving = second.serve(&elsewhere, "bag", BagServant::new(Octets::default())).durable();
    let error = in_time("a refusal", serving.into_future()).await.unwrap_err().to_string();
    assert_eq!(error, "the group cannot be entered: the group is durable: a member needs a log");
    let nowhere = Orb::client().await.unwrap();
    let serving = second.serve(&nowhere, "bag", BagServant::new(Octets::default()));
    let error = in_time("a refusal", serving.into_future()).await.unwrap_err().to_string();
    assert_eq!(error, "the broker has no address that others can dial: let it listen on one");
}

/// Seeds that are not there, that are something else, and that are of another domain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seeds_that_are_not_what_they_should_be_are_given_up_after_a_while() {
    let babbler = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lies = babbler.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = babbler.accept().await {
            let _ =
                tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = free.local_addr().unwrap().to_string();
    drop(free);
    let (_domain, stranger) = alone().await;
    for seed in [lies, nobody, stranger] {
        let join = Domain::join([seed.clone()]).name("ours").give_up_after(Duration::from_millis(300));
        let error = in_time("giving up", join.into_future()).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("no domain `ours` was found within 300ms at {seed}")), "{error}");
    }
}
