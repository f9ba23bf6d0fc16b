//! One of several servers that are one: their addresses, and how this one joins them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use quorb::{Address, Orb};
use quorb_groups::core::Unwelcome;
use quorb_groups::driver::{Domain, Join, JoinError, Obstacle};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::call::duration;
use crate::verdict::Verdict;

/// What the command line says about the other servers.
#[derive(Debug, Clone, Args)]
pub(crate) struct Member {
    /// Be one service with other servers: an address for each of them, this one's among them, the same list everywhere
    #[arg(long, value_name = "HOST:PORT,...", value_delimiter = ',')]
    join: Vec<String>,
    /// Which of the --join addresses is this server's [default: the first that is free on this machine]
    #[arg(long, value_name = "HOST:PORT", requires = "join")]
    join_as: Option<String>,
    /// A file whose octets all servers of the list know; without it whoever reaches the addresses can join
    #[arg(long, value_name = "FILE", requires = "join")]
    join_key: Option<PathBuf>,
    /// How long a server of the list may be silent before the others go on without it
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration, requires = "join")]
    detection: Duration,
    /// Go on with the data of the servers that are here, though they are too few; what only the others know is lost
    #[arg(long, requires = "join")]
    force_restart: bool,
}

/// What is in the way of joining, until it has been printed.
const OBSTACLES_WAITING_MAX: usize = 16;

/// The name of the domain; servers of another one are refused.
const DOMAIN: &str = "quorb-serve";

impl Member {
    /// Whether there are others.
    pub(super) fn is_one_of_several(&self) -> bool {
        !self.join.is_empty()
    }

    /// What is wrong with the options, before anything is begun.
    pub(super) fn check(&self, orb: &Orb) -> Result<(), Verdict> {
        for address in self.join.iter().chain(&self.join_as) {
            let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
            if port.and_then(|(_, port)| port.parse::<u16>().ok()).is_none_or(|port| port == 0) {
                return Err(Verdict::misused(format_args!("--join: `{address}` is not HOST:PORT")));
            }
        }
        let here = |host: &str| host == "localhost" || host.starts_with("127.") || host == "[::1]";
        let others = self.join.iter().filter_map(|address| address.rsplit_once(':'));
        let spread = others.into_iter().any(|(host, _)| !here(host));
        let hidden = orb.addresses().iter().all(|address| match address {
            Address::Tcp { host, .. } => here(host) || host == "::1",
            _ => true,
        });
        if spread && hidden {
            return Err(Verdict::misused(
                "--join: clients of other machines cannot reach this server: give --listen, and --advertise if need be",
            ));
        }
        Ok(())
    }

    /// Joins the others, with a log in a folder; waits for them.
    pub(super) async fn join(&self, log: Option<PathBuf>) -> Result<Domain, Verdict> {
        let (listener, address) = self.listen().await?;
        let mut join: Join = Domain::join(self.join.clone()).name(DOMAIN).detection(self.detection);
        join = join.listener(listener).advertise(&address);
        if let Some(folder) = log {
            join = join.data(folder);
        }
        if let Some(file) = &self.join_key {
            let key = std::fs::read(file);
            let key = key.map_err(|cause| Verdict::failed(format_args!("{}: {cause}", file.display())))?;
            join = join.key(&key);
        }
        if self.force_restart {
            join = join.force_restart();
        }
        self.until_joined(join, &address).await
    }

    /// Waits until this server has joined the others, and says on standard error what is in the way.
    async fn until_joined(&self, join: Join, own: &str) -> Result<Domain, Verdict> {
        let (told, mut obstacles) = mpsc::channel(OBSTACLES_WAITING_MAX);
        let mut joining = join.obstacles(told).into_future();
        let (mut last, mut refused) = (None, BTreeMap::new());
        loop {
            let obstacle = tokio::select! {
                joined = &mut joining => return joined.map_err(|error| match error {
                    JoinError::SeedTwice(_) => Verdict::misused(format_args!("--join: {error}")),
                    error => Verdict::failed(format_args!("cannot join the other servers: {error}")),
                }),
                Some(obstacle) = obstacles.recv() => obstacle,
            };
            if let Obstacle::TurnedAway { address, reason } = &obstacle
                && *reason != Unwelcome::ENDED
            {
                refused.insert(address.clone(), *reason);
                let mut others = self.join.iter().filter(|address| *address != own);
                if self.join.len() > 1 && others.all(|other| refused.contains_key(other)) {
                    return Err(turned_away(&refused));
                }
            }
            // It is met again and again.
            if last.as_ref() != Some(&obstacle) {
                eprintln!("naming: {obstacle}");
                last = Some(obstacle);
            }
        }
    }

    async fn listen(&self) -> Result<(TcpListener, String), Verdict> {
        if let Some(address) = &self.join_as {
            let listener = TcpListener::bind(address).await;
            let listener =
                listener.map_err(|cause| Verdict::failed(format_args!("--join-as {address}: {cause}")))?;
            return Ok((listener, address.clone()));
        }
        for address in &self.join {
            if let Ok(listener) = TcpListener::bind(address).await {
                return Ok((listener, address.clone()));
            }
        }
        Err(Verdict::failed(format_args!(
            "none of the addresses {} is free on this machine; say which one is this server's with --join-as",
            self.join.join(", ")
        )))
    }

    /// What the others are called.
    pub(super) fn addresses(&self) -> &[String] {
        &self.join
    }
}

/// All the others want nothing to do with this server: waiting changes nothing.
fn turned_away(refused: &BTreeMap<String, Unwelcome>) -> Verdict {
    let reasons: Vec<String> = refused.iter().map(|(other, reason)| format!("{other}: {reason}")).collect();
    let advice = match refused.values().next().copied() {
        Some(Unwelcome::KEY) => "; give all of them the same --join-key",
        Some(Unwelcome::DOMAIN) => {
            "; they have begun anew without this one: move its folder `group` away to join them, which forgets what only it has"
        }
        _ => "",
    };
    Verdict::failed(format_args!("cannot join the other servers: {}{advice}", reasons.join("; ")))
}
