//! The services that several servers are together, this one among them.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use quorb::Orb;
use quorb::adapter::BoxFuture;
use quorb_events::EventServer;
use quorb_groups::driver::{Domain, Ended};
use quorb_groups::object::ServeError as GroupError;
use quorb_naming::storage::RedbStore;
use quorb_naming::{Limits, NameServer};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::data::Data;
use super::member::Member;
use super::{Service, events, naming};
use crate::verdict::Verdict;

/// The least between two attempts to join.
const ATTEMPT_REST: Duration = Duration::from_millis(50);

/// Names and events that several servers have.
struct Together {
    greeting: String,
    stop: Option<oneshot::Sender<()>>,
    /// The membership, which begins anew when the others have gone on without this server.
    membership: JoinHandle<Result<(), String>>,
}

/// Joins the others, and keeps names and events with them. Answers the reference to the root of the names, too.
pub(super) async fn start(
    orb: &Orb,
    data: &Data,
    member: &Member,
    factory: Option<&str>,
) -> Result<(Box<dyn Service>, String), Verdict> {
    if let Some(folder) = data.folder_of("names").filter(|folder| folder.join(RedbStore::FILE).exists()) {
        return Err(stood_alone(&folder, "names", "bind them again"));
    }
    if let Some(folder) = data.folder_of("events").filter(|folder| holds_channels(folder)) {
        return Err(stood_alone(&folder, "channels", "make them again"));
    }
    let membership = Membership { orb: orb.clone(), data: data.clone(), member: member.clone() };
    eprintln!("naming: looking for the servers {}", member.addresses().join(", "));
    let lives = membership.begin().await?;
    if let Some(name) = factory {
        events::bind_factory(orb, name, &lives.events).await?;
    }
    let kept = match data.folder_of("group") {
        Some(folder) => format!("in {} and by the others", folder.display()),
        None => "in the memory of those that run".to_owned(),
    };
    let greeting = format!(
        "naming: {} names, kept {kept}; {} servers are here\nevents: {} channels, kept {kept}",
        lives.names.bindings(),
        lives.domain.view().members.len(),
        lives.events.channels().len(),
    );
    let root = lives.names.root().to_string();
    let (stop, stopped) = oneshot::channel();
    let membership = tokio::spawn(membership.keep(lives, stopped));
    Ok((Box::new(Together { greeting, stop: Some(stop), membership }), root))
}

fn stood_alone(folder: &Path, what: &str, again: &str) -> Verdict {
    Verdict::failed(format_args!(
        "{} holds the {what} of a server that stood alone: give another folder with --data, and {again}",
        folder.display()
    ))
}

/// Whether a folder has channels in it.
fn holds_channels(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// How this server joins the others, as often as it must.
struct Membership {
    orb: Orb,
    data: Data,
    member: Member,
}

/// One membership, and what is served in it.
struct Lives {
    domain: Domain,
    names: NameServer,
    events: EventServer,
}

/// Why a membership was not begun.
enum NotBegun {
    /// The others went on without this server before it had what they have: it stood still, or its disk did.
    Excluded,
    For(Verdict),
}

impl From<Verdict> for NotBegun {
    fn from(verdict: Verdict) -> Self {
        NotBegun::For(verdict)
    }
}

impl Membership {
    /// Joins the others and has what they have, however often it takes.
    async fn begin(&self) -> Result<Lives, Verdict> {
        loop {
            match self.attempt().await {
                Ok(lives) => return Ok(lives),
                Err(NotBegun::For(verdict)) => return Err(verdict),
                Err(NotBegun::Excluded) => {
                    eprintln!("naming: {}; joining again", Ended::Excluded);
                    tokio::time::sleep(ATTEMPT_REST).await;
                }
            }
        }
    }

    async fn attempt(&self) -> Result<Lives, NotBegun> {
        let folder = self.data.folder_of("group");
        let durable = folder.is_some();
        let domain = self.member.join(folder).await?;
        let names = NameServer::replicated(&self.orb, &domain, durable, Limits::default()).await;
        let names = match names {
            Ok(names) => names,
            Err(error) => return Err(not_begun(domain, error, |cause| naming::not_started(cause)).await),
        };
        // Beside the log of the group, which has the newest, the events of durable channels.
        let folder = self.data.folder_of("group-events");
        let limits = quorb_events::Limits::default();
        match EventServer::replicated(&self.orb, &domain, folder, limits).await {
            Ok(events) => Ok(Lives { domain, names, events }),
            Err(error) => {
                names.close().await;
                Err(not_begun(domain, error, |cause| events::not_started(cause)).await)
            }
        }
    }

    /// Keeps names and events until it is stopped, or cannot go on.
    async fn keep(self, mut lives: Lives, mut stopped: oneshot::Receiver<()>) -> Result<(), String> {
        loop {
            let ended = tokio::select! {
                _ = &mut stopped => {
                    lives.end().await;
                    return Ok(());
                }
                ended = lives.names.ended() => ended,
                ended = lives.events.ended() => ended,
            };
            let why = match ended {
                Ok(Ended::LogFailed(kind)) => return Err(Ended::LogFailed(kind).to_string()),
                Err(GroupError::Diverged { place }) => return Err(GroupError::Diverged { place }.to_string()),
                Ok(why) => why.to_string(),
                Err(why) => why.to_string(),
            };
            eprintln!("naming: {why}; joining again");
            lives.end().await;
            lives = tokio::select! {
                _ = &mut stopped => return Ok(()),
                begun = self.begin() => begun.map_err(|verdict| verdict.reason().to_owned())?,
            };
            eprintln!("naming: here again, {} servers", lives.domain.view().members.len());
        }
    }
}

impl Lives {
    /// Leaves the others.
    async fn end(self) {
        self.events.close().await;
        self.names.close().await;
        left(self.domain).await;
    }
}

/// Leaves the others; where most of them are out of reach, as if this server were lost. Answers how the membership has ended;
/// nothing if most of the others are out of reach.
async fn left(domain: Domain) -> Option<Ended> {
    tokio::time::timeout(Limits::default().leave_wait_max, domain.leave()).await.ok()
}

/// Why a service was not begun. How the membership has ended is why nothing else went well.
async fn not_begun<E: Display>(domain: Domain, error: E, say: impl Fn(&dyn Display) -> Verdict) -> NotBegun {
    match left(domain).await {
        Some(Ended::Excluded) => NotBegun::Excluded,
        Some(Ended::LogFailed(kind)) => NotBegun::For(say(&Ended::LogFailed(kind))),
        _ => NotBegun::For(say(&error)),
    }
}

impl Service for Together {
    fn greeting(&self) -> String {
        self.greeting.clone()
    }

    fn ended(&mut self) -> BoxFuture<'_, String> {
        Box::pin(async {
            match (&mut self.membership).await {
                Ok(Err(why)) => format!("the naming service cannot go on: {why}"),
                _ => "the services have ended".to_owned(),
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
