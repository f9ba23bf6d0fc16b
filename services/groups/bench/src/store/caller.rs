//! Clients of one map, whoever keeps it.
//!
//! ```text
//!   put CLIENTS MS AT    each client one after the other   -> did COUNT US GAP_US
//!   get CLIENTS MS AT                                      -> did COUNT US GAP_US
//!   leader               waits until one leads             -> leader NUMBER
//! ```
//!
//! AT is the number of the server that all clients call first, or `all` if they take them in turn. After its puts every client
//! reads what it has written last, at every server. GAP is the longest time without an answer to anybody.

use super::StoreProxy;
use super::client::{Client, EtcdClient};
use super::etcd::Server;
use super::gap::Gap;
use crate::Outcome;
use crate::member::orders;
use quorb::Orb;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Keys of each client.
const KEYS: u64 = 100;
/// Octets of a key and of a value: what etcd's own documentation measures with.
const KEY_BYTES: usize = 8;
const VALUE_BYTES: usize = 256;
/// Connections to etcd: its clients are libraries in many processes, so that one connection would be its limit.
const CONNECTIONS: usize = 16;
/// The longest wait for a leader.
const LEADER: Duration = Duration::from_secs(30);

/// Whom it calls: one of both.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// References to the map, one from each member.
    #[arg(long, value_delimiter = ',')]
    references: Vec<String>,
    /// Addresses of etcd's servers.
    #[arg(long, value_delimiter = ',')]
    etcd: Vec<String>,
}

/// Runs until the standard input ends.
pub(crate) fn run(settings: &Settings) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(live(settings))
}

async fn live(settings: &Settings) -> Outcome<()> {
    let orb = Orb::client().await?;
    let bind = |reference: &String| orb.bind::<StoreProxy>(reference);
    let stores = settings.references.iter().map(bind).collect::<Result<Vec<_>, _>>()?;
    println!("ready");
    let mut orders = orders();
    while let Some(order) = orders.recv().await {
        let words: Vec<&str> = order.split_whitespace().collect();
        match words[..] {
            ["leader"] => println!("leader {}", leader(&settings.etcd).await?),
            [what @ ("put" | "get"), clients, ms, at] => {
                let servers = settings.etcd.len().max(stores.len());
                let at: Vec<usize> = match at {
                    "all" => (0..servers).collect(),
                    number => vec![number.parse()?],
                };
                let clients_at = |at: usize| -> Vec<Client> {
                    match stores.get(at) {
                        Some(store) => vec![Client::Quorb(store.clone())],
                        None => {
                            let connect = |_| Client::Etcd(EtcdClient::new(&settings.etcd, at));
                            (0..CONNECTIONS).map(connect).collect()
                        }
                    }
                };
                let readers: Vec<Client> = (0..servers).map(|at| clients_at(at)[0].clone()).collect();
                let channels: Vec<Vec<Client>> = at.into_iter().map(clients_at).collect();
                let load = Load { what, count: clients.parse()?, span: Duration::from_millis(ms.parse()?) };
                load.run(&channels, &readers).await?;
            }
            _ => return Err(format!("do not understand {order:?}").into()),
        }
    }
    Ok(())
}

/// The number of the server that leads, as soon as one does and all know it.
async fn leader(addresses: &[String]) -> Outcome<usize> {
    let looking = async {
        loop {
            let mut leads = Vec::new();
            for address in addresses {
                let asked = async { Server::connect(address).await?.leads().await };
                leads.push(asked.await.ok().flatten());
            }
            if let (true, Some(leader)) =
                (leads.iter().all(Option::is_some), leads.iter().position(|leads| *leads == Some(true)))
            {
                return leader;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    Ok(tokio::time::timeout(LEADER, looking).await.map_err(|_| "etcd has no leader")?)
}

/// What is asked of the clients.
struct Load<'a> {
    what: &'a str,
    count: usize,
    span: Duration,
}

impl Load<'_> {
    async fn run(&self, channels: &[Vec<Client>], readers: &[Client]) -> Outcome<()> {
        let (begun, gap) = (Instant::now(), Arc::new(Gap::new()));
        let tasks: Vec<_> = (0..self.count)
            .map(|number| {
                let server = &channels[number % channels.len()];
                let client = server[number / channels.len() % server.len()].clone();
                let work =
                    Work { client, number, span: self.span, gap: gap.clone(), readers: readers.to_vec() };
                match self.what {
                    "get" => tokio::spawn(work.get()),
                    _ => tokio::spawn(work.put()),
                }
            })
            .collect();
        let (mut count, mut calls) = (0, Vec::new());
        for task in tasks {
            let (made, work) = task.await??;
            count += made;
            calls.push(work);
        }
        let us = begun.elapsed().as_micros();
        for work in calls.into_iter().flatten() {
            work.check().await?;
        }
        println!("did {count} {us} {}", gap.longest().as_micros());
        Ok(())
    }
}

/// One client's share.
struct Work {
    client: Client,
    number: usize,
    span: Duration,
    gap: Arc<Gap>,
    readers: Vec<Client>,
}

/// What a client has written last.
struct Written {
    readers: Vec<Client>,
    key: [u8; KEY_BYTES],
    value: Vec<u8>,
}

impl Work {
    fn key(&self, count: u64) -> [u8; KEY_BYTES] {
        (self.number as u64 * KEYS + count % KEYS).to_be_bytes()
    }

    async fn get(self) -> Result<(u64, Option<Written>), String> {
        let (begun, mut count) = (Instant::now(), 0);
        while begun.elapsed() < self.span {
            // The first client's keys are there: every load of puts has written them.
            let value = self.client.get(&(count % KEYS).to_be_bytes()).await?;
            if value.is_none_or(|value| value.len() != VALUE_BYTES) {
                return Err(format!("client {} has not found what was written", self.number));
            }
            self.gap.answered();
            count += 1;
        }
        Ok((count, None))
    }

    async fn put(self) -> Result<(u64, Option<Written>), String> {
        let (begun, mut count, mut value) = (Instant::now(), 0u64, vec![0xA5; VALUE_BYTES]);
        // All keys once, however slow it is: whoever reads later finds them.
        while begun.elapsed() < self.span || count < KEYS {
            value[..8].copy_from_slice(&count.to_be_bytes());
            let put = self.client.put(&self.key(count), &value).await;
            put.map_err(|why| format!("client {}: {why}", self.number))?;
            self.gap.answered();
            count += 1;
        }
        let key = self.key(count - 1);
        Ok((count, Some(Written { readers: self.readers, key, value })))
    }
}

impl Written {
    async fn check(self) -> Result<(), String> {
        for (at, reader) in self.readers.iter().enumerate() {
            let found = reader.get(&self.key).await?;
            if found.as_deref() != Some(&self.value) {
                return Err(format!("what a client has written last is not at server {at}"));
            }
        }
        Ok(())
    }
}
