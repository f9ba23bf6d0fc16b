//! The two services, each a process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use quorb::{Orb, Proxy};
use quorb_groups::driver::Domain;
use quorb_interop::{Process, free_port};
use quorb_naming::storage::RedbStore;
use quorb_naming::{Limits, NameServer, Names};

use crate::Fault;

/// A naming service that runs, and where its data is. Both go away with the value.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) reference: String,
    folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A folder that nobody has.
pub(crate) fn folder(purpose: &str) -> Result<PathBuf, Fault> {
    let folder = std::env::temp_dir().join(format!("quorb-naming-bench-{purpose}-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Ours, on the names in a folder.
pub(crate) fn ours(folder: PathBuf) -> Result<Server, Fault> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--serve").arg(&folder);
    let mut process = Process::start(command)?;
    let reference = process.ready()?;
    Ok(Server { process, reference, folder })
}

/// Three of ours that are one service, with logs.
pub(crate) fn three() -> Result<Vec<Server>, Fault> {
    let ports = [free_port()?, free_port()?, free_port()?];
    let join = ports.map(|port| format!("127.0.0.1:{port}")).join(",");
    let mut members = Vec::new();
    for (at, port) in ports.iter().enumerate() {
        let folder = folder(&format!("member-{at}"))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve").arg(&folder).args([
            "--join",
            &join,
            "--join-as",
            &format!("127.0.0.1:{port}"),
        ]);
        members.push(Server { process: Process::start(command)?, reference: String::new(), folder });
    }
    // They wait for each other.
    for member in &mut members {
        member.reference = member.process.ready()?;
    }
    Ok(members)
}

/// Serves as one of several, until it is ended.
pub(crate) fn serve_with(folder: &Path, join: &str, own: &str) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let orb = Orb::builder().listen("127.0.0.1:0").holding().start().await?;
        let failed = |cause: &dyn std::fmt::Display| Fault::Wrong(cause.to_string());
        let joining = Domain::join(join.split(',')).listen(own).data(folder);
        let domain = joining.await.map_err(|cause| failed(&cause))?;
        let service = NameServer::replicated(&orb, &domain, true, Limits::default()).await?;
        let end = orb.run_until_signal(Duration::from_secs(5));
        println!("ready {}", service.root().object());
        end.await;
        Ok(())
    })
}

/// omniNames; none if it is not installed.
pub(crate) fn omninames() -> Result<Option<Server>, Fault> {
    if Command::new("omniNames").arg("-help").output().is_err() {
        return Ok(None);
    }
    let (folder, port) = (folder("omninames")?, free_port()?.to_string());
    let mut command = Command::new("omniNames");
    command.args(["-start", &port, "-logdir"]).arg(&folder).arg("-errlog").arg(folder.join("errors"));
    let process = Process::start(command)?;
    let reference = format!("corbaloc::127.0.0.1:{port}/NameService");
    Ok(Some(Server { process, reference, folder }))
}

/// Serves until it is ended.
pub(crate) fn serve(folder: &Path) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
        let service = NameServer::start(&orb, RedbStore::open(folder)?, Limits::default()).await?;
        let end = orb.run_until_signal(Duration::from_secs(5));
        println!("ready {}", service.root().object());
        end.await;
        service.close().await;
        Ok(())
    })
}

/// Waits until a service answers: omniNames says nothing when it is ready.
pub(crate) async fn answers(reference: &str) -> Result<(), Fault> {
    let orb = Orb::builder()
        .limits(|limits| {
            limits.retry_attempts_max = u32::MAX;
            limits.retry_wait_max = Duration::from_millis(50);
        })
        .start()
        .await?;
    Names::at(&orb, reference)?.list("").await?;
    orb.shutdown(Duration::from_secs(1)).await;
    Ok(())
}
