//! The rows of the comparison, one file for each topic, and the order in which they are measured.

mod crash;
mod full;
mod groups;
mod idle;
mod joins;
mod objects;
mod order;
mod silent;
mod stopped;
mod store;

use crate::fleet::Fleet;
use crate::network::Network;
use crate::peer::{Corosync, Transport};
use crate::report::Report;
use crate::{Outcome, Plan};

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Topic {
    /// Throughput in total order, and fifo.
    Order,
    /// Latency when nothing else happens.
    Idle,
    /// A process that is killed.
    Crash,
    /// A host that falls silent.
    Silent,
    /// Nobody is excluded under full load.
    Full,
    /// Ten thousand groups.
    Groups,
    /// A member that is stopped for a while.
    Stopped,
    /// Thirty processes that join at once.
    Joins,
    /// Replicated objects beside plain ones.
    Objects,
    /// A replicated map beside etcd.
    Store,
}

const ALL: [Topic; 10] = [
    Topic::Order,
    Topic::Idle,
    Topic::Crash,
    Topic::Silent,
    Topic::Full,
    Topic::Groups,
    Topic::Stopped,
    Topic::Joins,
    Topic::Objects,
    Topic::Store,
];

/// Hosts that are made: as many as the largest domain, for each transport of the peer.
const HOSTS: usize = 2 * LARGEST;
/// Members of the largest domain that is compared.
const LARGEST: usize = 5;

/// What every row has at hand.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) network: &'a Network,
    peer: Option<Corosync>,
    pub(crate) report: Report,
}

/// Measures what the plan says.
pub(crate) fn measure(plan: &Plan) -> Outcome<()> {
    let network = Network::new(HOSTS, !plan.loopback);
    let peer = match plan.alone {
        true => None,
        false => Corosync::prepare(&network)
            .inspect_err(|error| eprintln!("without corosync, so without ratios: {error}"))
            .ok(),
    };
    let mut stage = Stage { plan, network: &network, peer, report: Report::default() };
    for topic in ALL {
        if !plan.only.is_empty() && !plan.only.contains(&topic) {
            continue;
        }
        match topic {
            Topic::Order => order::measure(&mut stage)?,
            Topic::Idle => idle::measure(&mut stage)?,
            Topic::Crash => crash::measure(&mut stage)?,
            Topic::Silent => silent::measure(&mut stage)?,
            Topic::Full => full::measure(&mut stage)?,
            Topic::Groups => groups::measure(&mut stage)?,
            Topic::Stopped => stopped::measure(&mut stage)?,
            Topic::Joins => joins::measure(&mut stage)?,
            Topic::Objects => objects::measure(&mut stage)?,
            Topic::Store => store::measure(&mut stage)?,
        }
    }
    if plan.smoke {
        println!("all results are as they must be");
    } else {
        stage.report.end();
    }
    Ok(())
}

impl Stage<'_> {
    /// So many members of the peer over each of its transports, where it is there.
    pub(crate) fn peers(&self, count: usize) -> Outcome<Vec<(Transport, Fleet)>> {
        let Some(peer) = &self.peer else { return Ok(Vec::new()) };
        let start = |(at, transport)| {
            let hosts = &self.network.hosts[at * LARGEST..][..count];
            Ok((transport, peer.start(hosts, transport)?))
        };
        Transport::ALL.into_iter().enumerate().map(start).collect()
    }
}
