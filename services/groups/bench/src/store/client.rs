//! A client of the map, whoever keeps it: it goes on through the loss of a server.

use super::StoreProxy;
use super::etcd::Server;
use super::grpc::CallError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// A call to etcd that takes longer is made again at the next server: shorter than the time in which it elects.
const ATTEMPT: Duration = Duration::from_millis(500);
/// Attempts of one call, and the pause between them: half a minute.
const ATTEMPTS_MAX: u32 = 3000;
const PAUSE: Duration = Duration::from_millis(10);

/// A client of either system.
#[derive(Clone)]
pub(super) enum Client {
    Quorb(StoreProxy),
    Etcd(Arc<EtcdClient>),
}

impl Client {
    pub(super) async fn put(&self, key: &[u8], value: &[u8]) -> Result<(), String> {
        match self {
            Client::Quorb(store) => {
                store.put(key.to_vec(), value.to_vec()).await.map_err(|fault| fault.to_string())
            }
            Client::Etcd(client) => {
                client.attempt(|server| async move { server.put(key, value).await }).await
            }
        }
    }

    pub(super) async fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
        match self {
            Client::Quorb(store) => store.get(key).await.map_err(|fault| fault.to_string()),
            Client::Etcd(client) => {
                let value = client.attempt(|server| async move { server.get(key).await }).await?;
                Ok(value.map(|value| value.to_vec()))
            }
        }
    }
}

/// A connection to one of etcd's servers, and where the others are.
pub(super) struct EtcdClient {
    addresses: Vec<String>,
    /// The server that is called, by its number, and the connection to it.
    at: Mutex<(usize, Option<Server>)>,
}

impl EtcdClient {
    pub(super) fn new(addresses: &[String], first: usize) -> Arc<Self> {
        Arc::new(Self { addresses: addresses.to_vec(), at: Mutex::new((first, None)) })
    }

    async fn attempt<T, F>(&self, call: impl Fn(Server) -> F) -> Result<T, String>
    where
        F: Future<Output = Result<T, CallError>> + Send,
    {
        let mut why = String::new();
        for _ in 0..ATTEMPTS_MAX {
            let (number, server) = match self.server().await {
                Ok(server) => server,
                Err(error) => {
                    why = error.to_string();
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            match tokio::time::timeout(ATTEMPT, call(server)).await {
                Ok(Ok(result)) => return Ok(result),
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => why = format!("nothing within {ATTEMPT:?}"),
            }
            self.leave(number).await;
            tokio::time::sleep(PAUSE).await;
        }
        Err(format!("given up: {why}"))
    }

    async fn server(&self) -> Result<(usize, Server), CallError> {
        let mut at = self.at.lock().await;
        if let (number, Some(server)) = &*at {
            return Ok((*number, server.clone()));
        }
        let number = at.0;
        match Server::connect(&self.addresses[number]).await {
            Ok(server) => {
                at.1 = Some(server.clone());
                Ok((number, server))
            }
            Err(error) => {
                at.0 = (number + 1) % self.addresses.len();
                Err(error)
            }
        }
    }

    /// Goes on to the next server, if nobody has done so.
    async fn leave(&self, number: usize) {
        let mut at = self.at.lock().await;
        if at.0 == number {
            *at = ((number + 1) % self.addresses.len(), None);
        }
    }
}
