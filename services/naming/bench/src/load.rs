//! Calls in numbers: by omniORB's client, and by ours.

use std::time::{Duration, Instant};

use quorb::{Orb, Proxy};
use quorb_interop::Process;
use quorb_interop::peers::PeerDir;
use quorb_naming::cos::{NameComponent, NamingContextProxy};

use crate::Fault;

/// What is done with names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Bind,
    Resolve,
}

/// The time that a foreign client gets.
const PATIENCE: Duration = Duration::from_secs(600);

/// Calls a second of omniORB's client in C++, one after the other.
pub(crate) fn by_omniorb(peers: &PeerDir, reference: &str, work: Work, calls: usize) -> Result<f64, Fault> {
    let mut client = peers.program("naming_load");
    let word = if work == Work::Bind { "bind" } else { "resolve" };
    client.args([reference, word, &calls.to_string(), &calls.to_string()]);
    let mut process = Process::start(client)?;
    let seconds = process.line("seconds ", PATIENCE)?;
    let seconds: f64 = seconds.parse().map_err(|_| Fault::Wrong(format!("`seconds {seconds}`")))?;
    Ok(calls as f64 / seconds)
}

/// Calls a second of our client, `at_once` of them at the same time over one connection.
pub(crate) async fn by_ours(
    orb: &Orb,
    reference: &str,
    work: Work,
    calls: usize,
    at_once: usize,
) -> Result<f64, Fault> {
    let root: NamingContextProxy = orb.bind(reference)?;
    let start = Instant::now();
    let callers: Vec<_> = (0..at_once)
        .map(|caller| {
            let root = root.clone();
            tokio::spawn(async move {
                for call in (caller..calls).step_by(at_once) {
                    call_once(&root, work, call, calls).await?;
                }
                Ok::<(), Fault>(())
            })
        })
        .collect();
    for caller in callers {
        caller.await.map_err(|cause| Fault::Wrong(cause.to_string()))??;
    }
    Ok(calls as f64 / start.elapsed().as_secs_f64())
}

async fn call_once(root: &NamingContextProxy, work: Work, call: usize, calls: usize) -> Result<(), Fault> {
    let failed = |fault: &dyn std::fmt::Display| Fault::Wrong(fault.to_string());
    match work {
        Work::Bind => root.rebind(&numbered(call), root.object()).await.map_err(|fault| failed(&fault)),
        Work::Resolve => {
            let object =
                root.resolve(&numbered(call * 7_919 % calls)).await.map_err(|fault| failed(&fault))?;
            if object.is_nil() { Err(Fault::Wrong("a name leads to nil".into())) } else { Ok(()) }
        }
    }
}

/// The name that the C++ client uses, too.
pub(crate) fn numbered(number: usize) -> [NameComponent; 1] {
    [NameComponent { id: format!("name{number}"), kind: String::new() }]
}
