//! The protocols of this program's own servers and clients.

mod mux;
mod ours;
mod raw;
mod streams;
mod tarpc;
mod tonic;

use std::io::Read;

use crate::drive::{Caller, EXPECTED, drive};
use crate::plan::{Flavour, Outcome, Plan, Protocol};

/// Serves until the parent ends this process.
pub(crate) fn serve(protocol: Protocol, flavour: Flavour) -> Outcome<()> {
    if protocol == Protocol::Raw {
        return raw::serve();
    }
    flavour.runtime()?.block_on(async {
        match protocol {
            Protocol::RawTokio => mux::serve().await,
            Protocol::Tarpc => tarpc::serve().await,
            Protocol::Tonic => tonic::serve().await,
            Protocol::NativeStream => streams::serve().await,
            _ => ours::serve(protocol).await,
        }
    })
}

/// Measures one work.
pub(crate) fn call(protocol: Protocol, flavour: Flavour, reference: &str, plan: &Plan) -> Outcome<()> {
    if protocol == Protocol::Raw {
        return raw::call(reference, plan);
    }
    use Protocol::{IiopBlocking, IiopThreads, NativeBlocking, NativeThreads};
    if matches!(protocol, NativeBlocking | IiopBlocking | NativeThreads | IiopThreads) {
        return ours::call_blocking(reference, protocol, plan);
    }
    flavour.runtime()?.block_on(async {
        match protocol {
            Protocol::RawTokio => drive(mux::connect(reference).await?, plan).await,
            Protocol::Tarpc => drive(tarpc::connect(reference).await?, plan).await,
            Protocol::Tonic => drive(tonic::connect(reference).await?, plan).await,
            Protocol::NativeStream => drive(streams::connect(reference).await?, plan).await,
            Protocol::NativeCbor => drive(ours::connect_later(reference).await?, plan).await,
            _ => drive(ours::connect(reference, protocol).await?, plan).await,
        }
    })
}

/// Opens connections, makes a call on each, says so, and holds them.
pub(crate) fn hold(protocol: Protocol, flavour: Flavour, reference: &str, connections: usize) -> Outcome<()> {
    flavour.runtime()?.block_on(async {
        match protocol {
            Protocol::RawTokio => keep(connections, async || mux::connect(reference).await).await,
            Protocol::Tarpc => keep(connections, async || tarpc::connect(reference).await).await,
            Protocol::Tonic => keep(connections, async || tonic::connect(reference).await).await,
            _ => keep(connections, async || ours::connect(reference, protocol).await).await,
        }
    })
}

async fn keep<C: Caller>(connections: usize, connect: impl AsyncFn() -> Outcome<C>) -> Outcome<()> {
    let mut kept = Vec::with_capacity(connections);
    for _ in 0..connections {
        let caller = connect().await?;
        if caller.get(3, 4).await? != EXPECTED {
            return Err("a result is wrong: no figures".into());
        }
        kept.push(caller);
    }
    println!("holding");
    // The runtime goes on meanwhile: peers may ask for signs of life.
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    drop(kept);
    Ok(())
}
