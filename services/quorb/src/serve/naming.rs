//! The naming service.

use std::fmt::Display;

use quorb::Orb;
use quorb::adapter::BoxFuture;
use quorb_naming::storage::{MemoryStore, RedbStore};
use quorb_naming::{Limits, NameServer, ServeError};

use super::Service;
use super::data::Data;
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

pub(super) fn not_started(error: impl Display) -> Verdict {
    Verdict::failed(format_args!("the naming service does not start: {error}"))
}
