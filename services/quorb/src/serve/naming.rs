//! The naming service.

use std::fmt::Display;

use quorb::Orb;
use quorb::adapter::BoxFuture;
use quorb_groups::driver::{Domain, Ended};
use quorb_groups::object::ServeError as GroupError;
use quorb_naming::storage::{MemoryStore, RedbStore};
use quorb_naming::{Limits, NameServer, ServeError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Service;
use super::data::Data;
use super::member::Member;
use crate::verdict::Verdict;

/// The service, and the reference to its root.
type Begun = (Box<dyn Service>, String);

/// One server's own names.
struct Naming {
    server: NameServer,
    greeting: String,
}

/// Starts it in a broker, with names of its own.
pub(super) async fn alone(orb: &Orb, data: &Data) -> Result<Begun, Verdict> {
    let limits = Limits::default();
    let started = match data.folder_of("names") {
        None => NameServer::start(orb, MemoryStore::new(), limits)
            .await
            .map(|server| (server, "in memory".into())),
        Some(folder) => {
            let place = folder.display().to_string();
            let opened = tokio::task::spawn_blocking(move || RedbStore::open(&folder)).await;
            let opened = opened.map_err(Verdict::failed)?;
            match opened.map_err(ServeError::from) {
                Ok(store) => NameServer::start(orb, store, limits).await.map(|server| (server, place)),
                Err(error) => Err(error),
            }
        }
    };
    let (server, place): (NameServer, String) = started.map_err(not_started)?;
    let greeting = format!("naming: {} names, kept {place}", server.bindings());
    let root = server.root().to_string();
    Ok((Box::new(Naming { server, greeting }), root))
}

impl Service for Naming {
    fn greeting(&self) -> String {
        self.greeting.clone()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.server.close())
    }
}

fn not_started(error: impl Display) -> Verdict {
    Verdict::failed(format_args!("the naming service does not start: {error}"))
}

/// Names that several servers keep, this one among them.
struct Shared {
    greeting: String,
    stop: Option<oneshot::Sender<()>>,
    /// The membership, which begins anew when the others have gone on without this server.
    membership: JoinHandle<Result<(), String>>,
}

/// Joins the others, and keeps the names with them.
pub(super) async fn with_others(orb: &Orb, data: &Data, member: &Member) -> Result<Begun, Verdict> {
    if let Some(folder) = data.folder_of("names").filter(|folder| folder.join(RedbStore::FILE).exists()) {
        return Err(Verdict::failed(format_args!(
            "{} holds the names of a server that stood alone: give another folder with --data, and bind them again",
            folder.display()
        )));
    }
    let membership = Membership { orb: orb.clone(), data: data.clone(), member: member.clone() };
    eprintln!("naming: looking for the servers {}", member.addresses().join(", "));
    let (domain, server) = membership.begin().await?;
    let kept = match data.folder_of("group") {
        Some(folder) => format!("in {} and by the others", folder.display()),
        None => "in the memory of those that run".to_owned(),
    };
    let greeting = format!(
        "naming: {} names, kept {kept}; {} servers are here",
        server.bindings(),
        domain.view().members.len()
    );
    let root = server.root().to_string();
    let (stop, stopped) = oneshot::channel();
    let membership = tokio::spawn(membership.keep(domain, server, stopped));
    Ok((Box::new(Shared { greeting, stop: Some(stop), membership }), root))
}

/// How this server joins the others, as often as it must.
struct Membership {
    orb: Orb,
    data: Data,
    member: Member,
}

impl Membership {
    async fn begin(&self) -> Result<(Domain, NameServer), Verdict> {
        let folder = self.data.folder_of("group");
        let durable = folder.is_some();
        let domain = self.member.join(folder).await?;
        let server = NameServer::replicated(&self.orb, &domain, durable, Limits::default()).await;
        match server {
            Ok(server) => Ok((domain, server)),
            Err(error) => Err(match left(domain).await {
                // That is why nothing else went well.
                Some(Ended::LogFailed(kind)) => not_started(Ended::LogFailed(kind)),
                _ => not_started(error),
            }),
        }
    }

    /// Keeps the names until it is stopped, or cannot go on.
    async fn keep(
        self,
        mut domain: Domain,
        mut server: NameServer,
        mut stopped: oneshot::Receiver<()>,
    ) -> Result<(), String> {
        loop {
            let ended = tokio::select! {
                _ = &mut stopped => {
                    end(domain, server).await;
                    return Ok(());
                }
                ended = server.ended() => ended,
            };
            let why = match ended {
                Ok(Ended::LogFailed(kind)) => return Err(Ended::LogFailed(kind).to_string()),
                Err(GroupError::Diverged { place }) => return Err(GroupError::Diverged { place }.to_string()),
                Ok(why) => why.to_string(),
                Err(why) => why.to_string(),
            };
            eprintln!("naming: {why}; joining again");
            end(domain, server).await;
            (domain, server) = tokio::select! {
                _ = &mut stopped => return Ok(()),
                begun = self.begin() => begun.map_err(|verdict| verdict.reason().to_owned())?,
            };
            eprintln!("naming: here again, {} servers", domain.view().members.len());
        }
    }
}

/// Leaves the others; where most of them are out of reach, as if this server were lost.
async fn end(domain: Domain, server: NameServer) {
    server.close().await;
    left(domain).await;
}

/// How the membership has ended; none if most of the others are out of reach.
async fn left(domain: Domain) -> Option<Ended> {
    tokio::time::timeout(Limits::default().leave_wait_max, domain.leave()).await.ok()
}

impl Service for Shared {
    fn greeting(&self) -> String {
        self.greeting.clone()
    }

    fn ended(&mut self) -> BoxFuture<'_, String> {
        Box::pin(async {
            match (&mut self.membership).await {
                Ok(Err(why)) => format!("the naming service cannot go on: {why}"),
                _ => "the naming service has ended".to_owned(),
            }
        })
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if self.stop.take().is_some_and(|stop| stop.send(()).is_ok()) && !self.membership.is_finished() {
                let _ = (&mut self.membership).await;
            }
        })
    }
}
