//! The channels of a service, by name.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use quorb::{Orb, SystemException};

use super::ServeError;
use super::group::{Change, Elsewhere, Group, Opening, Outcome, Place};
use super::live::LiveChannel;
use super::table::Table;
use crate::Limits;
use crate::native::{ChannelOptions, Guarantee, SettledAt};
use crate::spool::{ChannelFile, DirectorySpool, SettledFile, Spool, SpoolError};
use crate::subject::{Subject, SubjectError};

/// The channels.
pub(crate) struct Service {
    orb: Orb,
    limits: Arc<Limits>,
    folder: Option<PathBuf>,
    /// The lock is held for a look, or while a channel is made or removed.
    channels: RwLock<Table>,
    /// One channel is made or removed at a time: the disk may be asked meanwhile.
    making: tokio::sync::Mutex<()>,
    /// If it is one of several servers.
    group: Option<Group>,
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
    #[error("the channel is gone again")]
    Gone,
    #[error("a channel of best effort is at one server alone, and not at this one")]
    Elsewhere,
}

impl Service {
    /// Opens the channels that a folder holds. Reads all there is.
    pub(super) fn open(
        orb: Orb,
        folder: Option<PathBuf>,
        limits: Limits,
    ) -> Result<Arc<Service>, ServeError> {
        let limits = Arc::new(limits);
        let mut channels = Table::new(first_number());
        for directory in folder.iter().flat_map(|folder| directories(folder)) {
            // One channel that cannot be read does not keep the others from being served.
            match found(&directory, channels.take_number(), &limits) {
                Ok(channel) => channels.insert(channel),
                Err(ServeError::Spool(SpoolError::InUse(path))) => return Err(SpoolError::InUse(path).into()),
                Err(cause) => {
                    tracing::error!(directory = %directory.display(), %cause, "a channel is not served")
                }
            }
        }
        let making = tokio::sync::Mutex::default();
        let channels = RwLock::new(channels);
        Ok(Arc::new(Service { orb, limits, folder, channels, making, group: None }))
    }

    /// One of several servers that are one. Its channels come from the others.
    pub(super) fn of_group(orb: Orb, folder: Option<PathBuf>, limits: Limits) -> Arc<Service> {
        let channels = RwLock::new(Table::new(first_number()));
        let (limits, making) = (Arc::new(limits), tokio::sync::Mutex::default());
        Arc::new(Service { orb, limits, folder, channels, making, group: Some(Group::default()) })
    }

    pub(crate) fn orb(&self) -> &Orb {
        &self.orb
    }

    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    pub(crate) fn channels(&self) -> Vec<Arc<LiveChannel>> {
        self.read().here().cloned().collect()
    }

    pub(crate) fn channel(&self, name: &str) -> Option<Arc<LiveChannel>> {
        self.read().named(name).cloned()
    }

    pub(crate) fn numbered(&self, number: u64) -> Option<Arc<LiveChannel>> {
        self.read().numbered(number).cloned()
    }

    /// Keeps everybody else from making or removing channels.
    pub(super) async fn alone(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.making.lock().await
    }

    pub(super) fn of_life(&self, life: u64) -> Option<Arc<LiveChannel>> {
        self.read().of_life(life).cloned()
    }

    /// Who has a channel alone, if one of several servers has.
    pub(super) fn elsewhere(&self, name: &str) -> Option<Arc<Elsewhere>> {
        self.read().elsewhere(name).cloned()
    }

    /// What there is beside the channels if this is one of several servers.
    pub(crate) fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    pub(super) fn read(&self) -> std::sync::RwLockReadGuard<'_, Table> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> std::sync::RwLockWriteGuard<'_, Table> {
        self.channels.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The channel of this name, which is to be here; made if there is none. Without options any will do.
    pub(crate) async fn open_channel(
        self: &Arc<Self>,
        name: &str,
        options: Option<&ChannelOptions>,
    ) -> Result<Arc<LiveChannel>, NotMade> {
        match self.open_anywhere(name, options).await? {
            Place::Here(channel) => Ok(channel),
            Place::There(_) | Place::Nowhere => Err(NotMade::Elsewhere),
        }
    }

    /// The channel of this name, wherever it is; made if there is none. Without options any will do.
    pub(crate) async fn open_anywhere(
        self: &Arc<Self>,
        name: &str,
        options: Option<&ChannelOptions>,
    ) -> Result<Place, NotMade> {
        if let Some(known) = self.fitting(name, options)? {
            return Ok(Place::Here(known));
        }
        let named = |cause| NotMade::Name { name: name.chars().take(64).collect(), cause };
        let subject = Subject::new(name, &self.limits).map_err(named)?;
        if subject.channel() != name {
            return Err(NotMade::Levels(name.to_owned()));
        }
        if self.group.is_some() {
            return self.agree_on_channel(name, options).await;
        }
        let _alone = self.making.lock().await;
        if let Some(known) = self.fitting(name, options)? {
            return Ok(Place::Here(known));
        }
        let number = {
            let mut channels = self.write();
            if channels.count() >= self.limits.channels_max {
                return Err(NotMade::TooMany(self.limits.channels_max));
            }
            channels.take_number()
        };
        let options = options.cloned().unwrap_or_default();
        let (service, owned) = (self.clone(), name.to_owned());
        let made = tokio::task::spawn_blocking(move || service.make(owned, number, options));
        let channel = made.await.map_err(std::io::Error::other)??;
        crate::corba::activate_channel(self, &channel)?;
        self.write().insert(channel.clone());
        Ok(Place::Here(channel))
    }

    /// Has all servers make a channel, unless there is one of this name.
    async fn agree_on_channel(
        self: &Arc<Self>,
        name: &str,
        options: Option<&ChannelOptions>,
    ) -> Result<Place, NotMade> {
        let wanted = match (options.cloned(), self.read().options(name)) {
            (Some(wanted), _) => wanted,
            // Whatever it has.
            (None, Some(known)) => known,
            (None, None) => ChannelOptions::default(),
        };
        if wanted.guarantee == Guarantee::Durable && self.folder.is_none() {
            return Err(NotMade::NoFolder);
        }
        let opening = Opening { name: name.to_owned(), options: wanted, life: random(), server: self.me() };
        match self.order_change(&Change::Open(opening)).await? {
            // Somebody else was first, and any will do.
            Outcome::OtherOptions(_) if options.is_none() => {}
            Outcome::OtherOptions(known) => return Err(NotMade::OtherOptions(known)),
            Outcome::TooMany(limit) => return Err(NotMade::TooMany(limit as usize)),
            _ => {}
        }
        match self.find(name).await? {
            Place::Nowhere => Err(NotMade::Gone),
            place => Ok(place),
        }
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
        let directory = self.directory_of(life).ok_or(NotMade::NoFolder)?;
        let file = ChannelFile { name: name.clone(), life, options: options.clone() };
        file.write(&directory)?;
        let spool: Arc<dyn Spool> =
            Arc::new(DirectorySpool::open(&directory, &options, self.limits.clone())?);
        Ok(LiveChannel::start(name, (number, life), options, Some(spool), self.limits.clone())?)
    }

    /// Ends a channel, and removes what it has on the disk. Answers whether there was one.
    pub(crate) async fn remove(self: &Arc<Self>, name: &str) -> Result<bool, SystemException> {
        if self.group.is_some() {
            let life = match (self.find(name).await?, self.elsewhere(name)) {
                (Place::Here(live), _) => live.life(),
                (_, Some(elsewhere)) => elsewhere.life,
                (_, None) => return Ok(false),
            };
            return Ok(self.order_change(&Change::Remove(life)).await? == Outcome::Done);
        }
        let _alone = self.making.lock().await;
        let removed = self.write().remove(name);
        let Some(channel) = removed else { return Ok(false) };
        self.end_of(&channel).await;
        Ok(true)
    }

    /// Ends a channel that was taken out, and removes what it has on the disk.
    pub(super) async fn end_of(self: &Arc<Self>, channel: &Arc<LiveChannel>) {
        channel.end().await;
        crate::corba::deactivate_channel(self, channel);
        if let Some(directory) = self.directory_of(channel.life()) {
            let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(directory)).await;
            if let Ok(Err(cause)) = removed
                && cause.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(channel = channel.name(), %cause, "the events of a channel could not be removed");
            }
        }
    }

    /// Lets go of all channels: what was taken is on the disk on return.
    pub(super) async fn let_go(self: &Arc<Self>) {
        for channel in self.channels() {
            channel.close().await;
            // Another service may follow in this broker.
            crate::corba::withdraw_channel(self, &channel);
            channel.ports().forget_all();
        }
    }

    /// Removes the directories of channels that there are no more. A channel is in the table before it has one.
    pub(super) fn remove_strangers(&self) {
        for directory in self.folder.iter().flat_map(|folder| directories(folder)) {
            let name = directory.file_name().and_then(|name| name.to_str());
            let life = name.and_then(|name| u64::from_str_radix(name, 16).ok());
            if life.is_some_and(|life| self.of_life(life).is_none())
                && let Err(cause) = std::fs::remove_dir_all(&directory)
            {
                tracing::warn!(directory = %directory.display(), %cause, "a channel of before could not be removed");
            }
        }
    }

    /// Where the events of a channel with this life are kept; none if nothing is.
    pub(super) fn directory_of(&self, life: u64) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("{life:016x}")))
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
    let live = LiveChannel::start(name, (number, life), options, Some(spool), limits.clone())?;
    for SettledAt { name, next } in SettledFile::read(directory)?.positions {
        if live.settle_here(&name, next).is_err() {
            tracing::warn!(channel = live.name(), subscriber = name, "settled_max is lower than it was");
        }
    }
    Ok(live)
}

/// A number that nobody else has drawn.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id()).max(1)
}

/// Numbers of one life of a service are not those of another: whoever asks with an old one finds nothing.
fn first_number() -> u64 {
    random() >> 16 << 16 | 1
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("channels", &self.read().count()).finish()
    }
}
