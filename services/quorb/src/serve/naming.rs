//! The naming service.

use quorb::Orb;
use quorb::adapter::BoxFuture;
use quorb_naming::storage::{MemoryStore, RedbStore};
use quorb_naming::{Limits, NameServer, ServeError};

use super::Service;
use super::data::Data;
use crate::verdict::Verdict;

struct Naming {
    server: NameServer,
    greeting: String,
}

/// Starts it in a broker.
pub(super) async fn start(orb: &Orb, data: &Data) -> Result<Box<dyn Service>, Verdict> {
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
    let (server, place): (NameServer, String) = started
        .map_err(|error| Verdict::failed(format_args!("the naming service does not start: {error}")))?;
    let greeting = format!("naming: {} names, kept {place}", server.bindings());
    Ok(Box::new(Naming { server, greeting }))
}

impl Service for Naming {
    fn greeting(&self) -> String {
        self.greeting.clone()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.server.close())
    }
}
