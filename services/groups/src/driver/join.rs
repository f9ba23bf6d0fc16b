//! Joining a domain: the few knobs, their defaults, and what is checked before anything is sent.

use super::domain::Domain;
use super::error::{Ended, JoinError};
use super::limits::DriverLimits;
use super::lives::{REJOIN_REST, Running};
use super::log::{self, LogError};
use super::obstacle::{Obstacle, Obstacles};
use super::owner::{Owner, Past};
use crate::core::{Config, DomainId, LEASE_MAX, ProcessId, Protocol, SharedKey, View, ViewNumber};
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

/// The shortest detection time that can be asked for.
pub(super) const DETECTION_MIN: Duration = Duration::from_millis(50);
/// The shortest lease: it has to outlast the way of its renewal.
pub(super) const LEASE_MIN: Duration = Duration::from_millis(20);
/// The lease, if nothing else is said.
const LEASE: Duration = Duration::from_millis(250);
/// While the domain is not found, the log says so at this interval.
const STILL_LOOKING: Duration = Duration::from_secs(5);

/// A process about to join; await it.
///
/// Processes whose own address is among the seeds found the domain when all of them are there, and vote in it; all of them
/// must be given the same list. Others join as members without a vote.
#[derive(Debug)]
pub struct Join {
    name: String,
    seeds: Vec<String>,
    listen: String,
    at_a_seed: bool,
    listener: Option<TcpListener>,
    advertise: Option<String>,
    detection: Duration,
    lease: Duration,
    spin: Duration,
    data: Option<PathBuf>,
    force: bool,
    rejoins: bool,
    patience: Option<Duration>,
    key: Option<SharedKey>,
    protocol_max: Protocol,
    limits: DriverLimits,
    core_limits: crate::core::Limits,
    obstacles: Obstacles,
}

/// How a process comes to its next life, should it be excluded.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) rejoins: bool,
    seeds: Vec<String>,
    /// How others dial this process, and where it listens.
    address: String,
    here: SocketAddr,
    at_a_seed: bool,
    detection: Duration,
    lease: Duration,
    spin: Duration,
    data: Option<PathBuf>,
    key: Option<SharedKey>,
    protocol_max: Protocol,
    limits: DriverLimits,
    core_limits: crate::core::Limits,
    obstacles: Obstacles,
    view: watch::Sender<View>,
}

impl Join {
    pub(super) fn new(seeds: Vec<String>) -> Self {
        Self {
            name: "quorb".into(),
            seeds,
            listen: "127.0.0.1:0".into(),
            at_a_seed: false,
            listener: None,
            advertise: None,
            detection: Duration::from_secs(1),
            lease: LEASE,
            spin: Duration::ZERO,
            data: None,
            force: false,
            rejoins: false,
            patience: None,
            key: None,
            protocol_max: Protocol::NEWEST,
            limits: DriverLimits::default(),
            core_limits: crate::core::Limits::default(),
            obstacles: Obstacles::default(),
        }
    }

    /// The domain's name, by default `quorb`. Processes of another name are refused.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Where to listen, `host:port`; by default a free port of the loopback. A seed listens where the seeds say.
    #[must_use]
    pub fn listen(mut self, address: &str) -> Self {
        self.listen = address.into();
        self
    }

    /// Listens at the first of the seeds' addresses that is this host's and free; where none is, as without it. So processes
    /// that are started alike become the seeds one after the other, and whoever is started in the place of one that was lost
    /// takes over its address, and its vote.
    #[must_use]
    pub fn listen_at_a_seed(mut self) -> Self {
        self.at_a_seed = true;
        self
    }

    /// A listener that is open already, instead of an address.
    #[must_use]
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// How the others dial this process, where that is not the listening address. For a seed it is written as in the list
    /// of seeds.
    #[must_use]
    pub fn advertise(mut self, address: &str) -> Self {
        self.advertise = Some(address.into());
        self
    }

    /// How long a member may be silent before it is suspected; by default one second. A process that ends is noticed by its
    /// connections at once, whatever this says.
    #[must_use]
    pub fn detection(mut self, silence: Duration) -> Self {
        self.detection = silence;
        self
    }

    /// How long this process may answer queries from its own copies after it was last heard, between 20 and 500 ms; by default
    /// 250. So long the others wait when this process is lost before they answer updates: a shorter lease makes failures
    /// shorter, and queries wait more often where processes or their network stand still for a moment.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long the process goes on looking for work after the last there was, before it sleeps; by default not at all. On
    /// an idle machine most of a message's latency is the waking of sleeping processors: a few hundred microseconds of
    /// spinning save that in a busy exchange, and cost a processor as long as it lasts.
    #[must_use]
    pub fn spin(mut self, spin: Duration) -> Self {
        self.spin = spin;
        self
    }

    /// Where this process keeps its log, one directory for each process. What it promised, the views it was in, and all it
    /// delivered in durable groups is then on its disk before anyone hears of it. After a total failure the processes of
    /// the last view begin again from their logs, as soon as they are a quorum of it: a domain with logs is never founded a
    /// second time. Without a directory a process can be in no durable group.
    #[must_use]
    pub fn data(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data = Some(directory.into());
        self
    }

    /// After a total failure: begin again with whoever is there although it is no quorum of the last view, for instance
    /// because the other disks are lost. It is a new domain, in which this is recorded; those who come later with logs of
    /// the old one are refused. What only they knew is lost.
    #[must_use]
    pub fn force_restart(mut self) -> Self {
        self.force = true;
        self
    }

    /// A process that the domain has excluded, because it stood still or was cut off for too long, joins it again by itself: at
    /// the same address, as a new member ([`Domain::process`] is another one then). Objects that it serves are served again, with
    /// the state that they have by then, also those that were not served yet; groups that were entered otherwise have ended, and
    /// are entered again by whoever wants.
    #[must_use]
    pub fn rejoins(mut self) -> Self {
        self.rejoins = true;
        self
    }

    /// A key that all processes of the domain are given: on each connection both sides prove that they know it, before
    /// anything else is said, and whoever cannot is refused. It keeps strangers out; it does not encrypt.
    #[must_use]
    pub fn key(mut self, key: &[u8]) -> Self {
        self.key = Some(SharedKey::new(key));
        self
    }

    /// Speaks no newer version of the protocol than this one. A domain runs at the newest that all its members speak, goes up by
    /// itself when the last old one is gone, and never down: as long as some are held, a rolling upgrade can be taken back.
    #[must_use]
    pub fn protocol_max(mut self, version: Protocol) -> Self {
        self.protocol_max = version;
        self
    }

    /// Gives up when no domain was found, or founded, for so long; by default it looks without an end.
    #[must_use]
    pub fn give_up_after(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Where to tell what keeps this process from its domain, each time it is met. What finds no room is dropped. After the
    /// first view they tell who else was turned away by a process that this one called.
    #[must_use]
    pub fn obstacles(mut self, told: mpsc::Sender<Obstacle>) -> Self {
        self.obstacles = Obstacles(Some(told));
        self
    }

    /// The driver's limits.
    #[must_use]
    pub fn limits(mut self, limits: DriverLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The protocol's limits.
    #[must_use]
    pub fn core_limits(mut self, limits: crate::core::Limits) -> Self {
        self.core_limits = limits;
        self
    }

    fn check(&self) -> Result<(), JoinError> {
        if self.seeds.is_empty() {
            return Err(JoinError::NoSeeds);
        }
        for (i, seed) in self.seeds.iter().enumerate() {
            if self.seeds[..i].contains(seed) {
                return Err(JoinError::SeedTwice(seed.clone()));
            }
        }
        if self.detection < DETECTION_MIN {
            return Err(JoinError::DetectionTooShort(self.detection.as_millis()));
        }
        if self.lease < LEASE_MIN || self.lease > LEASE_MAX {
            return Err(JoinError::LeaseOutOfRange(self.lease.as_millis()));
        }
        Ok(())
    }

    /// Listens; gives the address others dial.
    async fn open(&mut self) -> Result<(TcpListener, String), JoinError> {
        if self.at_a_seed && self.listener.is_none() {
            for seed in &self.seeds {
                if let Ok(listener) = TcpListener::bind(seed).await {
                    return Ok((listener, seed.clone()));
                }
            }
        }
        let failed = |source| JoinError::Listen { address: self.listen.clone(), source };
        let given = self.listener.take();
        let named = given.is_none() && !self.listen.ends_with(":0");
        let listener = match given {
            Some(listener) => listener,
            None => TcpListener::bind(&self.listen).await.map_err(failed)?,
        };
        let local = listener.local_addr().map_err(failed)?;
        let address = match self.advertise.take() {
            Some(address) => address,
            None if local.ip().is_unspecified() => return Err(JoinError::NotDialable(local.to_string())),
            None if named => self.listen.clone(),
            None => local.to_string(),
        };
        Ok((listener, address))
    }

    /// Listens, looks for the domain, and returns with the first view. Seeds wait for each other, without a limit: put a
    /// timeout around it where waiting must end. Dropping the future stops everything it began.
    async fn begin(mut self) -> Result<Domain, JoinError> {
        self.check()?;
        let past = past(self.data.clone(), &self.name).await?;
        let (listener, address) = self.open().await?;
        let here = listener.local_addr();
        let here = here.map_err(|source| JoinError::Listen { address: address.clone(), source })?;
        let none = View { domain: DomainId(0), number: ViewNumber(0), members: Vec::new() };
        let (view, views) = watch::channel(none);
        let Self {
            name,
            seeds,
            at_a_seed,
            detection,
            lease,
            spin,
            data,
            force,
            rejoins,
            patience,
            key,
            protocol_max,
            limits,
            core_limits,
            obstacles,
            ..
        } = self;
        let plan = Plan {
            name,
            rejoins,
            seeds,
            address,
            here,
            at_a_seed,
            detection,
            lease,
            spin,
            data,
            key,
            protocol_max,
            limits,
            core_limits,
            obstacles,
            view,
        };
        let mut running = plan.start((listener, &plan.address), past, force, 0);
        let began = tokio::time::Instant::now();
        loop {
            let left = patience.map_or(STILL_LOOKING, |patience| patience.saturating_sub(began.elapsed()));
            match tokio::time::timeout(left.min(STILL_LOOKING), running.joined()).await {
                Ok(Ok(())) => return Ok(Domain::new(plan, views, running)),
                // It stood still, or its disk did, before it knew that it was one of them.
                Ok(Err(Ended::Excluded)) => {
                    tokio::time::sleep(REJOIN_REST).await;
                    running = plan.begin_again(0).await?;
                }
                Ok(Err(ended)) => return Err(JoinError::Ended(ended)),
                Err(_) => {
                    if let Some(waited) = patience.filter(|patience| began.elapsed() >= *patience) {
                        let (name, seeds) = (plan.name, plan.seeds.join(", "));
                        return Err(JoinError::NoDomain { name, waited, seeds });
                    }
                    tracing::warn!(seeds = ?plan.seeds, "still looking for the domain");
                }
            }
        }
    }
}

impl Plan {
    /// Octets of the longest message.
    pub(super) fn message_bytes_max(&self) -> usize {
        self.core_limits.message_bytes_max.min(self.limits.sends_waiting_bytes_max)
    }

    /// Begins to join as a new member.
    pub(super) async fn begin_again(&self, number: u64) -> Result<Running, JoinError> {
        let past = past(self.data.clone(), &self.name).await?;
        let (listener, address) = self.open_again().await?;
        Ok(self.start((listener, &address), past, false, number))
    }

    /// Listens where it did; where another process has come meanwhile, as a seed or anywhere, as it was asked for.
    async fn open_again(&self) -> Result<(TcpListener, String), JoinError> {
        let cause = match TcpListener::bind(self.here).await {
            Ok(listener) => return Ok((listener, self.address.clone())),
            Err(cause) => cause,
        };
        for seed in self.seeds.iter().filter(|_| self.at_a_seed) {
            if let Ok(listener) = TcpListener::bind(seed).await {
                return Ok((listener, seed.clone()));
            }
        }
        let failed = |source| JoinError::Listen { address: self.here.to_string(), source };
        if !self.at_a_seed {
            return Err(failed(cause));
        }
        let listener = TcpListener::bind((self.here.ip(), 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?.to_string();
        Ok((listener, address))
    }

    fn start(
        &self,
        (listener, address): (TcpListener, &str),
        past: Option<Past>,
        force: bool,
        number: u64,
    ) -> Running {
        let process = draw();
        let seeds: Vec<&str> = self.seeds.iter().map(String::as_str).collect();
        let config = Config {
            silence: self.detection,
            lease: self.lease,
            limits: self.core_limits.clone(),
            force,
            key: self.key.clone(),
            protocol_max: self.protocol_max,
            ..Config::new(&self.name, process, address, &seeds)
        };
        tracing::info!(%process, address, name = self.name, seed = config.is_seed(), "joining");
        let manner = (self.limits.clone(), self.spin);
        Owner::start(config, listener, manner, past, (number, self.view.clone()), self.obstacles.clone())
    }
}

/// Reads the log, if there is one.
async fn past(directory: Option<PathBuf>, name: &str) -> Result<Option<Past>, JoinError> {
    let Some(directory) = directory else { return Ok(None) };
    let name = name.to_owned();
    let read = tokio::task::spawn_blocking(move || -> Result<Past, LogError> {
        let (recovered, writer) = log::open(&directory, &name)?;
        let (reporter, reports) = mpsc::unbounded_channel();
        let log = writer.start(reporter).map_err(|source| LogError::Io { path: directory, source })?;
        Ok(Past { recovered, log, reports })
    });
    match read.await {
        Ok(past) => Ok(Some(past?)),
        Err(_) => Err(JoinError::Ended(Ended::Dropped)),
    }
}

impl IntoFuture for Join {
    type Output = Result<Domain, JoinError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

/// A new incarnation: the keys of a fresh hasher are the system's randomness; zero stands for nobody.
fn draw() -> ProcessId {
    let pair = (std::process::id(), std::time::SystemTime::now());
    ProcessId(RandomState::new().hash_one(pair).max(1))
}
