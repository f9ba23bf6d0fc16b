//! The memory of connections that have been used once.

use crate::measure::memory_of;
use crate::pair::Surroundings;
use crate::plan::{Outcome, Peer, Work};

/// What a connection costs each side, in KiB: the slope between few connections and many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slope {
    pub(crate) server: f64,
    pub(crate) client: f64,
}

/// The two numbers of connections.
const CONNECTIONS: [usize; 2] = [100, 1000];

/// The same when only the running is of interest.
const CONNECTIONS_IN_SMOKE: [usize; 2] = [2, 12];

/// Measures servers and clients that are started anew for each number: what was once taken is not always given back.
pub(crate) fn slope(surroundings: &Surroundings, peer: Peer, smoke: bool) -> Outcome<Slope> {
    let connections = if smoke { CONNECTIONS_IN_SMOKE } else { CONNECTIONS };
    let mut taken = [(0.0, 0.0); 2];
    for (taken, connections) in taken.iter_mut().zip(connections) {
        let (server, reference) = surroundings.server(peer, Work::Memory)?;
        let holder = surroundings.holder(peer, &reference, connections)?;
        *taken = (memory_of(server.id())? as f64, memory_of(holder.id())? as f64);
    }
    let [few, many] = taken;
    let more = (connections[1] - connections[0]) as f64;
    Ok(Slope { server: (many.0 - few.0) / more, client: (many.1 - few.1) / more })
}
