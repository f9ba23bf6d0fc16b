//! Objects with three replicas each.

use super::until;
use quorb::adapter::ValueTie;
use quorb::{Orb, OrbBuilder, Tie};
use quorb_groups::driver::Domain;
use quorb_groups::object::{Replica, Style};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::net::TcpListener;

/// Members of the group.
const MEMBERS: usize = 3;
/// The longest that founding may take, on a machine that builds something else.
const FOUNDING: Duration = Duration::from_secs(60);

/// The processes of a domain, each with a broker.
pub struct Processes(pub Vec<(Domain, Orb)>);

impl Processes {
    /// Founds a domain; the builders make the brokers.
    pub async fn found(mut builder: impl FnMut() -> OrbBuilder) -> Processes {
        let mut processes = Vec::new();
        for domain in found().await {
            let orb = builder().listen("127.0.0.1:0").start().await.expect("the broker starts");
            processes.push((domain, orb));
        }
        Processes(processes)
    }

    /// Serves an object at all of them, and waits until all are complete.
    pub async fn serve<S>(
        &self,
        name: &str,
        style: Style,
        mut servant: impl FnMut(usize) -> S,
    ) -> Vec<Replica<S::Proxy>>
    where
        S: ValueTie + Tie,
        S::Value: Serialize + DeserializeOwned,
    {
        let mut replicas = Vec::new();
        for (at, (domain, orb)) in self.0.iter().enumerate() {
            let serving = domain.serve(orb, name, servant(at)).style(style).into_future();
            let replica = tokio::time::timeout(FOUNDING, serving).await.expect("it serves");
            replicas.push(replica.expect("it serves"));
        }
        for replica in &replicas {
            let complete = || {
                let view = replica.view();
                view.is_some_and(|view| view.members.iter().filter(|m| m.complete).count() == MEMBERS)
            };
            until("all three are members", complete).await;
        }
        replicas
    }
}

/// Three processes that found a domain together.
async fn found() -> Vec<Domain> {
    let mut listeners = Vec::new();
    for _ in 0..MEMBERS {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.expect("there are ports"));
    }
    let seeds: Vec<String> =
        listeners.iter().map(|listener| listener.local_addr().expect("a bound socket").to_string()).collect();
    let joins = listeners.into_iter().map(|listener| {
        let join = Domain::join(seeds.clone()).name("behaviour").listener(listener);
        tokio::spawn(join.into_future())
    });
    let joins: Vec<_> = joins.collect();
    let mut domains = Vec::new();
    for join in joins {
        let joined = tokio::time::timeout(FOUNDING, join).await.expect("a domain is founded");
        domains.push(joined.expect("no panic").expect("it is joined"));
    }
    domains
}
