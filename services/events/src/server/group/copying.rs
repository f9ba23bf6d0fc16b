//! What all servers have agreed on goes to the disk of each, behind its back: the log of the group has it until it is there.
//!
//! A server that was away for long finds that others have forgotten the beginning of what it has missed, too, as far as
//! memory goes: that it fetches from their disks.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use quorb::Proxy;

use crate::Limits;
use crate::channel::{Copying, Stored};
use crate::native::{EventServiceProxy, ReceivedDelivery};
use crate::server::SERVICE_ID;
use crate::server::live::LiveChannel;
use crate::server::service::Service;
use crate::spool::{ChannelFile, DirectorySpool, Spool, SpoolError};

/// Octets that go to the disk with one sync.
const COPIED_BYTES_MAX: usize = 4 << 20;

/// The wait after a failure, of the disk or of all other servers.
const RETRY_WAIT: Duration = Duration::from_millis(500);

/// The time that another server may take to answer.
const FETCH_DEADLINE: Duration = Duration::from_secs(20);

/// Where a channel is kept by this server.
pub(crate) struct Copier {
    pub(crate) directory: PathBuf,
    pub(crate) live: Weak<LiveChannel>,
    pub(crate) service: Weak<Service>,
}

/// Blocks that follow each other, and the position behind them.
type Fetched = (Vec<Arc<Stored>>, u64);

/// How often servers are asked that answer and cannot say what they have: their disks are being opened, too, and perhaps they
/// wait for this one to say what it has.
const UNSURE_MAX: u32 = 10;

/// What the other servers say of a part of history.
#[derive(Default)]
struct Said {
    /// The longest answer.
    best: Option<Fetched>,
    /// So many have said what they have, be it nothing.
    sure: usize,
    /// So many have answered, and cannot say.
    unsure: usize,
    /// So many have not answered.
    silent: usize,
}

impl Copier {
    /// Copies until the channel ends.
    pub(crate) async fn run(self) {
        let (spool, mut from) = loop {
            match self.open().await {
                Ok(Some(opened)) => break opened,
                Ok(None) => return,
                Err(cause) => self.report(&cause),
            }
            tokio::time::sleep(RETRY_WAIT).await;
        };
        loop {
            let Some(live) = self.live.upgrade() else { return };
            let next = match live.to_copy(from, COPIED_BYTES_MAX) {
                Copying::Blocks(blocks) => {
                    let end = blocks.last().map_or(from, |stored| stored.last() + 1);
                    Some((blocks, end))
                }
                Copying::Elsewhere { until } => self.fetch(from, until).await,
                Copying::Nothing => Some((Vec::new(), from)),
            };
            let copied = match next {
                Some((blocks, end)) => {
                    let Some(_permission) = live.may_write().await else { return spool.close() };
                    append(&spool, blocks).await.map(|()| end)
                }
                None => Err(None),
            };
            match copied {
                Ok(end) if end == from => {
                    let bell = live.copy_bell();
                    drop(live);
                    // Whoever ends the channel rings it, too.
                    bell.notified().await;
                }
                Ok(end) => {
                    from = end;
                    live.copied(from, spool.oldest());
                }
                Err(cause) => {
                    drop(live);
                    if let Some(cause) = cause {
                        self.report(&cause);
                    }
                    tokio::time::sleep(RETRY_WAIT).await;
                }
            }
        }
    }

    fn report(&self, cause: &SpoolError) {
        tracing::error!(directory = %self.directory.display(), %cause, "events are not written down here");
    }

    /// Opens what is there, unless others have something else in its places; none if the channel has ended.
    async fn open(&self) -> Result<Option<(Arc<dyn Spool>, u64)>, SpoolError> {
        let Some((spool, end)) = self.open_as_it_is().await? else { return Ok(None) };
        let Some(next) = self.live.upgrade().map(|live| live.next_position()) else { return Ok(None) };
        let is_theirs = end <= next && self.ends_as_elsewhere(&spool, end).await;
        let (spool, from) = match is_theirs {
            true => (spool, end),
            false => {
                // The others went on without what is there only: an operator has made them begin with less.
                tracing::warn!(directory = %self.directory.display(), end, next, "events that nobody else has are dropped");
                spool.close();
                drop(spool);
                let Some(begun) = self.begin_anew().await? else { return Ok(None) };
                (begun, 1)
            }
        };
        let Some(live) = self.live.upgrade() else {
            spool.close();
            return Ok(None);
        };
        live.kept_in(spool.clone());
        if spool.recovered().next > 0 {
            live.copied(from, spool.oldest());
        }
        Ok(Some((spool, from)))
    }

    /// What is there, and where it ends.
    async fn open_as_it_is(&self) -> Result<Option<(Arc<dyn Spool>, u64)>, SpoolError> {
        let opened = self.with_directory(|directory, file, limits| {
            file.write(directory)?;
            DirectorySpool::open(directory, &file.options, limits)
        });
        let Some(spool) = opened.await? else { return Ok(None) };
        let end = spool.recovered().next.max(1);
        Ok(Some((Arc::new(spool), end)))
    }

    /// Removes what is there.
    async fn begin_anew(&self) -> Result<Option<Arc<dyn Spool>>, SpoolError> {
        let begun = self.with_directory(|directory, file, limits| {
            let failed = |source| SpoolError::Io { path: directory.to_owned(), source };
            std::fs::remove_dir_all(directory).map_err(failed)?;
            file.write(directory)?;
            DirectorySpool::open(directory, &file.options, limits)
        });
        Ok(begun.await?.map(|spool| Arc::new(spool) as Arc<dyn Spool>))
    }

    /// Does something with the directory, where that may take its time; nothing if the channel has ended.
    async fn with_directory<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Path, ChannelFile, Arc<Limits>) -> Result<R, SpoolError> + Send + 'static,
    ) -> Result<Option<R>, SpoolError> {
        let Some(live) = self.live.upgrade() else { return Ok(None) };
        // Who has taken the channel out may be removing this very directory.
        let Some(_permission) = live.may_write().await else { return Ok(None) };
        let file = ChannelFile { name: live.name().to_owned(), life: live.life(), options: live.options() };
        let (directory, limits) = (self.directory.clone(), live.limits().clone());
        match tokio::task::spawn_blocking(move || work(&directory, file, limits)).await {
            Ok(done) => done.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Whether the last block that is there is the one that stands in its place in the channel. As many events may have been
    /// published since the others began with less, so that their number says nothing. What nobody can say is believed.
    async fn ends_as_elsewhere(&self, spool: &Arc<dyn Spool>, end: u64) -> bool {
        let last = end - 1;
        if last == 0 {
            return true;
        }
        let reading = spool.clone();
        let read = tokio::task::spawn_blocking(move || reading.read(last, end, 1)).await;
        let Ok(Ok(part)) = read else { return true };
        let there = self.what_stands_at(last).await;
        let holds = |stored: &&Arc<Stored>| stored.first <= last && last <= stored.last();
        match (part.blocks.iter().find(holds), there.iter().find(holds)) {
            // Blocks have the time that all have agreed on with their places.
            (Some(here), Some(there)) => {
                (here.time, here.last(), here.bytes()) == (there.time, there.last(), there.bytes())
            }
            _ => true,
        }
    }

    /// What the channel has at a position, wherever that is kept; nothing if nobody can say. Servers that do not answer are
    /// asked again as long as they are members: they may have what this one must not take its own events for.
    async fn what_stands_at(&self, position: u64) -> Vec<Arc<Stored>> {
        let (mut unsure_for, mut silent_for) = (0, 0u32);
        loop {
            let Some(live) = self.live.upgrade() else { return Vec::new() };
            match live.to_copy(position, 1) {
                Copying::Blocks(blocks) => return blocks,
                Copying::Nothing => return Vec::new(),
                Copying::Elsewhere { .. } => drop(live),
            }
            let said = self.ask_others(position).await;
            let directory = self.directory.display();
            match said {
                Said { best: Some((blocks, _)), .. } if blocks[0].first <= position => return blocks,
                Said { silent: 1.., .. } => {
                    silent_for += 1;
                    if silent_for.is_power_of_two() {
                        let silent = said.silent;
                        tracing::warn!(%directory, position, silent, "servers that may have other events do not answer: they are asked again");
                    }
                }
                Said { unsure: 1.., .. } if unsure_for < UNSURE_MAX => unsure_for += 1,
                Said { unsure: 1.., .. } => {
                    tracing::warn!(%directory, position, "no other server can say what it has: the events that are here are believed");
                    return Vec::new();
                }
                Said { best, .. } => return best.map_or(Vec::new(), |(blocks, _)| blocks),
            }
            tokio::time::sleep(RETRY_WAIT).await;
        }
    }

    /// What stands in front of `until`, from any other server that has it; what none has is passed over. None if that cannot
    /// be said as long as some do not answer.
    async fn fetch(&self, from: u64, until: u64) -> Option<Fetched> {
        let said = self.ask_others(from).await;
        match said.best {
            // All say that they have it no more: readers are told.
            None if said.sure > 0 && said.unsure + said.silent == 0 => Some((Vec::new(), until)),
            best => best,
        }
    }

    /// Asks all other servers for what stands from a position on.
    async fn ask_others(&self, from: u64) -> Said {
        let mut said = Said::default();
        let (Some(live), Some(service)) = (self.live.upgrade(), self.service.upgrade()) else { return said };
        let (name, life, limits) = (live.name().to_owned(), live.life(), live.limits().clone());
        // The channel may end while they are asked.
        drop(live);
        for other in service.others(SERVICE_ID, EventServiceProxy::interface()) {
            let other: EventServiceProxy = other.unchecked();
            let read = other.with_deadline(FETCH_DEADLINE).read(&name, life, from).await;
            let Ok(octets) = read else {
                said.silent += 1;
                continue;
            };
            let Ok(delivery) = ReceivedDelivery::read(Bytes::from(octets), &limits) else {
                said.unsure += 1;
                continue;
            };
            said.sure += 1;
            let begins = delivery.gone.map_or(from, |gone| gone.1);
            let end = delivery.next;
            if !delivery.pieces.is_empty()
                && said.best.as_ref().is_none_or(|(blocks, _)| begins < blocks[0].first)
            {
                let blocks = delivery.pieces.into_iter();
                let blocks = blocks.map(|piece| Arc::new(Stored::new(piece.first, piece.time, piece.block)));
                said.best = Some((blocks.collect(), end));
            }
        }
        said
    }
}

async fn append(spool: &Arc<dyn Spool>, blocks: Vec<Arc<Stored>>) -> Result<(), Option<SpoolError>> {
    if blocks.is_empty() {
        return Ok(());
    }
    let spool = spool.clone();
    tokio::task::spawn_blocking(move || spool.append(&blocks)).await.map_err(|_| None)?.map_err(Some)
}
