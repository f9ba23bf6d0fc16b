//! A group of three members with a probe, and a client of the first of them.

use super::probe::ProbeProxy;
use super::servant::{Control, ProbeServant};
use super::until;
use quorb::runtime::DrainReport;
use quorb::{Limits, MemoryNetwork, Orb, Preference, Proxy};
use quorb_groups::driver::Domain;
use quorb_groups::object::{Replica, Style};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Members of the group.
const MEMBERS: usize = 3;
/// More than any behaviour makes of them: who may go on so often never waits.
const ALWAYS: usize = 1 << 20;
/// The longest that founding may take, on a machine that builds something else.
const FOUNDING: Duration = Duration::from_secs(60);

/// A style of replication, and a way from a caller to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way(pub Style, pub Link);

/// A way to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Native,
    Iiop,
    /// The caller is in the member's process.
    Here,
}

impl Way {
    pub fn is_collocated(self) -> bool {
        self.1 == Link::Here
    }

    /// Small calls that get past two large bodies at least: each has to go round the members.
    pub fn passing_min(self) -> u32 {
        1
    }

    pub fn preference(self) -> Preference {
        if self.1 == Link::Iiop { Preference::IiopOnly } else { Preference::NativeOnly }
    }
}

/// The members, and a client of the first.
pub struct World {
    pub server: Orb,
    pub client: Orb,
    pub network: MemoryNetwork,
    /// Steers the first member where all execute; whoever executes, and the first member's queries, where one does.
    pub control: Arc<Control>,
    /// The object, as the client sees it.
    pub probe: ProbeProxy,
    /// The object, as the first member sees it.
    pub own: ProbeProxy,
    members: Vec<Member>,
}

struct Member {
    domain: Domain,
    orb: Orb,
    replica: Replica<ProbeProxy>,
}

impl World {
    pub async fn new(way: Way) -> World {
        World::with(way, |_| {}, |_| {}).await
    }

    pub async fn serving(way: Way, limits: impl FnOnce(&mut Limits)) -> World {
        World::with(way, limits, |_| {}).await
    }

    /// With limits of their own for the first member and the client.
    pub async fn with(way: Way, server: impl FnOnce(&mut Limits), client: impl FnOnce(&mut Limits)) -> World {
        let Way(style, link) = way;
        let (servant, control) = ProbeServant::new();
        let mut domains = found().await.into_iter();
        let first = domains.next().expect("there are three");
        let builder = Orb::builder().listen("127.0.0.1:0").prefer(way.preference()).limits(server);
        let mut members = vec![serve(first, builder, servant, style).await];
        for domain in domains {
            let servant = match style {
                // Each executes for itself, and only the first is steered.
                Style::Active => {
                    let (servant, unsteered) = ProbeServant::new();
                    unsteered.go(ALWAYS);
                    servant
                }
                Style::Executor => ProbeServant::steered_by(&control),
            };
            members.push(serve(domain, Orb::builder().listen("127.0.0.1:0"), servant, style).await);
        }
        for member in &members {
            let complete = || {
                let view = member.replica.view();
                view.is_some_and(|view| view.members.iter().filter(|m| m.complete).count() == MEMBERS)
            };
            until("all three are members", complete).await;
        }
        let server = members[0].orb.clone();
        let client = match link {
            Link::Here => server.clone(),
            _ => Orb::builder().prefer(way.preference()).limits(client).start().await.expect("it starts"),
        };
        let own = ProbeProxy::from_object(members[0].replica.reference());
        let probe = client.bind(&own.object().to_string()).expect("the reference is good");
        World { server, client, network: MemoryNetwork::new(), control, probe, own, members }
    }

    /// Nothing is left of any call.
    pub async fn is_clean(&self) {
        until("nothing is under way", || {
            let (client, server) = (self.client.open_calls(), self.server.open_calls());
            client.made == 0 && server.made == 0 && client.served == 0 && server.served == 0
        })
        .await;
    }

    /// Shuts all down, and checks that nothing stays behind.
    pub async fn end(self) -> DrainReport {
        self.is_clean().await;
        self.client.shutdown(Duration::from_secs(1)).await;
        let report = self.server.shutdown(Duration::from_secs(1)).await;
        until("every connection is gone", || {
            self.server.open_connections() == 0 && self.client.open_connections() == 0
        })
        .await;
        for member in self.members {
            drop(member.domain);
            member.orb.shutdown(Duration::ZERO).await;
        }
        report
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

async fn serve(domain: Domain, builder: quorb::OrbBuilder, servant: ProbeServant, style: Style) -> Member {
    let orb = builder.start().await.expect("the broker starts");
    let serving = domain.serve(&orb, "probe", servant).style(style).into_future();
    let replica = tokio::time::timeout(FOUNDING, serving).await.expect("it serves").expect("it serves");
    Member { domain, orb, replica }
}
