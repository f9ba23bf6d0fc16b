//! Our service, in processes: one, or three that are one. The benchmark starts itself for them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use quorb::{Orb, Proxy};
use quorb_groups::driver::Domain;
use quorb_interop::{Folder, Process, free_port};
use quorb_naming::storage::RedbStore;
use quorb_naming::{Limits, NameServer};

use crate::Fault;

/// A naming service that runs, and where its data is. Both go away with the value.
pub(crate) struct Server {
    pub(crate) process: Process,
    /// Where it listens.
    pub(crate) address: String,
    pub(crate) reference: String,
    pub(crate) folder: Folder,
    arguments: Vec<String>,
}

/// Ours, on the names in a folder.
pub(crate) fn ours(folder: Folder) -> Result<Server, Fault> {
    Starting::begin(folder, &[])?.ready()
}

/// Three of ours that are one service, with logs.
pub(crate) fn three() -> Result<Vec<Server>, Fault> {
    of_group([free_port()?, free_port()?, free_port()?].map(|port| format!("127.0.0.1:{port}")))
}

/// A group of one, with a log.
pub(crate) fn alone() -> Result<Server, Fault> {
    of_group([format!("127.0.0.1:{}", free_port()?)])?.pop().ok_or_else(|| Fault::Wrong("no server".into()))
}

fn of_group<const N: usize>(places: [String; N]) -> Result<Vec<Server>, Fault> {
    let join = places.join(",");
    let mut starting = Vec::new();
    for place in &places {
        let arguments = ["--join", &join, "--join-as", place];
        starting.push(Starting::begin(Folder::new("naming-member")?, &arguments)?);
    }
    // They wait for each other.
    starting.into_iter().map(Starting::ready).collect()
}

impl Server {
    /// Kills it, and starts it again as it was.
    pub(crate) fn again(self) -> Result<Server, Fault> {
        self.process.kill()?;
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Starting::begin(self.folder, &arguments)?.ready()
    }
}

struct Starting {
    process: Process,
    folder: Folder,
    arguments: Vec<String>,
}

impl Starting {
    fn begin(folder: Folder, arguments: &[&str]) -> Result<Starting, Fault> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve").arg(folder.path()).args(arguments);
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Ok(Starting { process: Process::start(command)?, folder, arguments })
    }

    fn ready(self) -> Result<Server, Fault> {
        let Starting { mut process, folder, arguments } = self;
        let address = process.line("at ", START_WAIT)?;
        let reference = process.line("ready ", START_WAIT)?;
        Ok(Server { process, address, reference, folder, arguments })
    }
}

/// From the start of a process until it is ready, with a million names.
const START_WAIT: Duration = Duration::from_secs(120);

/// What a process is told that the benchmark starts.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Serve names from a folder: what the benchmark starts itself for
    #[arg(long, value_name = "DIR", hide = true)]
    serve: Option<PathBuf>,
    /// And where the servers of a group meet
    #[arg(long, hide = true, requires = "serve")]
    join: Option<String>,
    /// Which of these places is its own
    #[arg(long, hide = true, requires = "join")]
    join_as: Option<String>,
}

impl Serve {
    /// Serves until it is ended; none if it is not told to serve.
    pub(crate) fn run(&self) -> Option<Result<(), Fault>> {
        let folder = self.serve.as_deref()?;
        Some(self.serve(folder))
    }

    fn serve(&self, folder: &Path) -> Result<(), Fault> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let orb = Orb::builder().listen("127.0.0.1:0").holding().start().await?;
            println!("at {}", orb.addresses()[0]);
            // It is left as the last one.
            let mut member = None;
            let service = match (&self.join, &self.join_as) {
                (Some(join), Some(own)) => {
                    let domain = member.insert(joined(join, own, folder).await?);
                    NameServer::replicated(&orb, domain, true, Limits::default()).await?
                }
                _ => NameServer::start(&orb, RedbStore::open(folder)?, Limits::default()).await?,
            };
            let end = orb.run_until_signal(Duration::from_secs(5));
            println!("ready {}", service.root().object());
            end.await;
            service.close().await;
            Ok(())
        })
    }
}

async fn joined(join: &str, own: &str, folder: &Path) -> Result<Domain, Fault> {
    let joining = Domain::join(join.split(',')).listen(own).data(folder);
    joining.await.map_err(|cause| Fault::Wrong(cause.to_string()))
}
