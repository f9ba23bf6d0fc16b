//! The channels of a service, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use quorb::{Orb, SystemException};

use super::ServeError;
use super::live::LiveChannel;
use crate::Limits;
use crate::native::{ChannelOptions, Guarantee};
use crate::spool::{ChannelFile, DirectorySpool, Spool, SpoolError};
use crate::subject::{Subject, SubjectError};

/// The channels.
pub(crate) struct Service {
    orb: Orb,
    limits: Arc<Limits>,
    folder: Option<PathBuf>,
    /// The lock is held for a look, or while a channel is made or removed.
    channels: RwLock<Channels>,
    /// One channel is made or removed at a time: the disk may be asked meanwhile.
    making: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Channels {
    by_name: BTreeMap<String, Arc<LiveChannel>>,
    by_number: BTreeMap<u64, Arc<LiveChannel>>,
    next_number: u64,
}

/// Why a channel is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMade {
    #[error("`{name}` is no name of a channel: {cause}")]
    Name { name: String, cause: SubjectError },
    #[error("`{0}` is no name of a channel: it has several levels")]
    Levels(String),
    #[error("a channel of this name has other options")]
    OtherOptions(ChannelOptions),
    #[error("durable channels need a folder, and the service keeps nothing")]
    NoFolder,
    #[error("channels_max = {0} channels")]
    TooMany(usize),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error("no thread for the disk: {0}")]
    Thread(#[from] std::io::Error),
    #[error(transparent)]
    Broker(#[from] SystemException),
}

impl Service {
    /// Opens the channels that a folder holds. Reads all there is.
    pub(super) fn open(
        orb: Orb,
        folder: Option<PathBuf>,
        limits: Limits,
    ) -> Result<Arc<Service>, ServeError> {
        let limits = Arc::new(limits);
        let mut channels = Channels { next_number: first_number(), ..Channels::default() };
        for directory in folder.iter().flat_map(|folder| directories(folder)) {
            // One channel that cannot be read does not keep the others from being served.
            match found(&directory, channels.next_number, &limits) {
                Ok(channel) => channels.insert(channel),
                Err(ServeError::Spool(SpoolError::InUse(path))) => return Err(SpoolError::InUse(path).into()),
                Err(cause) => {
                    tracing::error!(directory = %directory.display(), %cause, "a channel is not served")
                }
            }
        }
        let making = tokio::sync::Mutex::default();
        Ok(Arc::new(Service { orb, limits, folder, channels: RwLock::new(channels), making }))
    }

    pub(crate) fn orb(&self) -> &Orb {
        &self.orb
    }

    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    pub(crate) fn channels(&self) -> Vec<Arc<LiveChannel>> {
        self.read().by_name.values().cloned().collect()
    }

    pub(crate) fn channel(&self, name: &str) -> Option<Arc<LiveChannel>> {
        self.read().by_name.get(name).cloned()
    }

    pub(crate) fn numbered(&self, number: u64) -> Option<Arc<LiveChannel>> {
        self.read().by_number.get(&number).cloned()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Channels> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Channels> {
        self.channels.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The channel of this name; made if there is none. Without options any will do.
    pub(crate) async fn open_channel(
        self: &Arc<Self>,
        name: &str,
        options: Option<&ChannelOptions>,
    ) -> Result<Arc<LiveChannel>, NotMade> {
        if let Some(known) = self.fitting(name, options)? {
            return Ok(known);
        }
        let named = |cause| NotMade::Name { name: name.chars().take(64).collect(), cause };
        let subject = Subject::new(name, &self.limits).map_err(named)?;
        if subject.channel() != name {
            return Err(NotMade::Levels(name.to_owned()));
        }
        let _alone = self.making.lock().await;
        if let Some(known) = self.fitting(name, options)? {
            return Ok(known);
        }
        let number = {
            let channels = self.read();
            if channels.by_name.len() >= self.limits.channels_max {
                return Err(NotMade::TooMany(self.limits.channels_max));
            }
            channels.next_number
        };
        let options = options.cloned().unwrap_or_default();
        let (service, owned) = (self.clone(), name.to_owned());
        let made = tokio::task::spawn_blocking(move || service.make(owned, number, options));
        let channel = made.await.map_err(std::io::Error::other)??;
        crate::corba::activate_channel(self, &channel)?;
        self.write().insert(channel.clone());
        Ok(channel)
    }

    fn fitting(
        &self,
        name: &str,
        options: Option<&ChannelOptions>,
    ) -> Result<Option<Arc<LiveChannel>>, NotMade> {
        let Some(known) = self.channel(name) else { return Ok(None) };
        match options {
            Some(wanted) if *wanted != known.options() => Err(NotMade::OtherOptions(known.options())),
            _ => Ok(Some(known)),
        }
    }

    fn make(&self, name: String, number: u64, options: ChannelOptions) -> Result<Arc<LiveChannel>, NotMade> {
        let life = random();
        if options.guarantee != Guarantee::Durable {
            let live = LiveChannel::start(name, (number, life), options, None, self.limits.clone())?;
            return Ok(live);
        }
        let folder = self.folder.as_deref().ok_or(NotMade::NoFolder)?;
        let directory = folder.join(format!("{life:016x}"));
        let file = ChannelFile { name: name.clone(), life, options: options.clone() };
        file.write(&directory)?;
        let spool: Arc<dyn Spool> =
            Arc::new(DirectorySpool::open(&directory, &options, self.limits.clone())?);
        Ok(LiveChannel::start(name, (number, life), options, Some(spool), self.limits.clone())?)
    }

    /// Ends a channel, and removes what it has on the disk. Answers whether there was one.
    pub(crate) async fn remove(self: &Arc<Self>, name: &str) -> bool {
        let _alone = self.making.lock().await;
        let removed = {
            let mut channels = self.write();
            let removed = channels.by_name.remove(name);
            if let Some(channel) = &removed {
                channels.by_number.remove(&channel.number());
            }
            removed
        };
        let Some(channel) = removed else { return false };
        channel.end().await;
        crate::corba::deactivate_channel(self, &channel);
        if let Some(folder) = &self.folder {
            let directory = folder.join(format!("{:016x}", channel.life()));
            let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(directory)).await;
            if let Ok(Err(cause)) = removed
                && cause.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(channel = name, %cause, "the events of a channel could not be removed");
            }
        }
        true
    }
}

impl Channels {
    fn insert(&mut self, channel: Arc<LiveChannel>) {
        self.next_number = self.next_number.max(channel.number() + 1);
        self.by_number.insert(channel.number(), channel.clone());
        self.by_name.insert(channel.name().to_owned(), channel);
    }
}

/// The folders of channels.
fn directories(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut directories: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.join("channel").is_file()).collect();
    directories.sort_unstable();
    directories
}

/// The channel that a folder holds.
fn found(directory: &Path, number: u64, limits: &Arc<Limits>) -> Result<Arc<LiveChannel>, ServeError> {
    let ChannelFile { name, life, options } = ChannelFile::read(directory)?;
    let spool: Arc<dyn Spool> = Arc::new(DirectorySpool::open(directory, &options, limits.clone())?);
    Ok(LiveChannel::start(name, (number, life), options, Some(spool), limits.clone())?)
}

/// A number that nobody else has drawn.
fn random() -> u64 {
    RandomState::new().hash_one(std::process::id()).max(1)
}

/// Numbers of one life of a service are not those of another: whoever asks with an old one finds nothing.
fn first_number() -> u64 {
    random() >> 16 << 16 | 1
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("channels", &self.read().by_name.len()).finish()
    }
}
