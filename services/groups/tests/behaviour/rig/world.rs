//! A group of three members with a probe, and a client of the first of them.

use super::group::Processes;
use super::probe::ProbeProxy;
use super::servant::{Control, ProbeServant};
use super::until;
use quorb::runtime::DrainReport;
use quorb::{Limits, MemoryNetwork, Orb, Preference, Proxy};
use quorb_groups::object::Style;
use std::sync::Arc;
use std::time::Duration;

/// More than any behaviour makes of them: who may go on so often never waits.
const ALWAYS: usize = 1 << 20;

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
    processes: Processes,
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
        let (mut steered, mut server) = (Some(servant), Some(server));
        // The first one takes it.
        let builder = || {
            let builder = Orb::builder().prefer(way.preference());
            match server.take() {
                Some(server) => builder.limits(server),
                None => Orb::builder(),
            }
        };
        let processes = Processes::found(builder).await;
        let servant = |_| match (steered.take(), style) {
            (Some(servant), _) => servant,
            // Each executes for itself, and only the first is steered.
            (None, Style::Active) => {
                let (servant, unsteered) = ProbeServant::new();
                unsteered.go(ALWAYS);
                servant
            }
            (None, Style::Executor) => ProbeServant::steered_by(&control),
        };
        let replicas = processes.serve("probe", style, servant).await;
        let server = processes.0[0].1.clone();
        let client = match link {
            Link::Here => server.clone(),
            _ => Orb::builder().prefer(way.preference()).limits(client).start().await.expect("it starts"),
        };
        let own = ProbeProxy::from_object(replicas[0].reference());
        let probe = client.bind(&own.object().to_string()).expect("the reference is good");
        World { server, client, network: MemoryNetwork::new(), control, probe, own, processes }
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
        for (domain, orb) in self.processes.0 {
            drop(domain);
            orb.shutdown(Duration::ZERO).await;
        }
        report
    }
}
