//! Clients that behave.

use std::net::TcpListener;
use std::time::Duration;

use grid::GridProxy;
use quorb::{ExceptionKind, Fault, Orb, Preference};

/// Both protocols.
const PROTOCOLS: [Preference; 2] = [Preference::NativeFirst, Preference::IiopOnly];

/// Calls in flight on one connection.
const IN_FLIGHT: u64 = 16;

/// Clients that come at the same time.
const AT_ONCE: u64 = 8;

async fn client(protocol: Preference) -> Result<Orb, String> {
    Orb::builder().prefer(protocol).start().await.map_err(|error| error.to_string())
}

/// Makes calls over one lasting connection for each protocol, queries and updates in turn, and checks what they return.
pub(crate) async fn calls(reference: &str, calls: u64) -> Result<(), String> {
    for protocol in PROTOCOLS {
        let orb = client(protocol).await?;
        let grid: GridProxy = orb.bind(reference).map_err(|error| error.to_string())?;
        let callers = (0..IN_FLIGHT).map(|caller| {
            let grid = grid.clone();
            tokio::spawn(async move { call(&grid, caller as i16 % 16, calls / 2 / IN_FLIGHT + 1).await })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.map_err(|error| error.to_string())??;
        }
        orb.shutdown(Duration::from_secs(5)).await;
    }
    Ok(())
}

/// One caller, the only one that writes to its column.
async fn call(grid: &GridProxy, column: i16, times: u64) -> Result<(), String> {
    for time in 0..times {
        let value = time as i32;
        grid.set(1, column, value).await.map_err(|error| error.to_string())?;
        let found = grid.get(1, column).await.map_err(|error| error.to_string())?;
        if found != value {
            return Err(format!("column {column} holds {found} instead of {value}"));
        }
    }
    Ok(())
}

/// Clients that come, call once, and go.
pub(crate) async fn connects(reference: &str, connects: u64) -> Result<(), String> {
    let comers = (0..AT_ONCE).map(|comer| {
        let reference = reference.to_owned();
        tokio::spawn(async move {
            for time in (comer..connects).step_by(AT_ONCE as usize) {
                let orb = client(PROTOCOLS[(time % 2) as usize]).await?;
                let grid: GridProxy = orb.bind(&reference).map_err(|error| error.to_string())?;
                let height = grid.height().await.map_err(|error| error.to_string())?;
                if height != 16 {
                    return Err(format!("the grid has {height} rows"));
                }
                orb.shutdown(Duration::from_secs(5)).await;
            }
            Ok(())
        })
    });
    for comer in comers.collect::<Vec<_>>() {
        comer.await.map_err(|error| error.to_string())??;
    }
    Ok(())
}

/// Calls to a port where nobody listens: each is refused, as a failure before anything was executed.
pub(crate) async fn refused(times: u64) -> Result<(), String> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.map_err(|error| error.to_string())?.port();
    let orb = Orb::builder().limits(|limits| limits.retry_attempts_max = 1).start().await;
    let orb = orb.map_err(|error| error.to_string())?;
    let reference = format!("corbaloc:iiop:1.2@127.0.0.1:{port}/grid");
    let grid: GridProxy = orb.bind(&reference).map_err(|error| error.to_string())?;
    for _ in 0..times {
        match grid.get(0, 0).await {
            Err(Fault::System(error)) if error.kind() == ExceptionKind::Transient => {}
            other => return Err(format!("a port where nobody listens answered {other:?}")),
        }
    }
    orb.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
