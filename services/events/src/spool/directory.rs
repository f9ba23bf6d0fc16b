//! The segments of a channel.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::segment::{self, Found, Segment};
use super::{Spool, SpoolPart, frame};
use crate::Limits;
use crate::channel::{Publishers, Recovered, Stored, Time};
use crate::native::ChannelOptions;

/// What is wrong with a spool.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// The disk.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process has the directory.
    #[error("{path}: another process uses it", path = _0.display())]
    InUse(PathBuf),
    /// The file that says what the channel is says something else.
    #[error("{path}: {what}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The disk has failed in the middle of writing, and what is written could not be taken back: nobody knows what is there.
    #[error("{path}: the disk failed while it wrote, nothing more is written before a restart", path = _0.display())]
    InDoubt(PathBuf),
}

/// A spool in a directory.
#[derive(Debug)]
pub struct DirectorySpool {
    directory: PathBuf,
    limits: Arc<Limits>,
    bytes_max: u64,
    recovered: Recovered,
    /// The lock is held for a look at the index, never while a file is written or read.
    state: Mutex<State>,
    /// Held by the process until it closes the spool.
    lock: Mutex<Option<File>>,
}

#[derive(Debug)]
struct State {
    segments: VecDeque<Segment>,
    /// Nothing more can be appended.
    is_broken: bool,
    next: u64,
}

impl DirectorySpool {
    /// Opens the spool in a directory, or begins one. Reads all there is: about a second for each gigabyte.
    ///
    /// # Errors
    /// The disk; another process.
    pub fn open(
        directory: &Path,
        options: &ChannelOptions,
        limits: Arc<Limits>,
    ) -> Result<DirectorySpool, SpoolError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SpoolError::Io { path, source }
        };
        fs::create_dir_all(directory).map_err(failed(directory))?;
        let lock = lock(directory)?;
        let mut recovered = Recovered::default();
        let mut publishers = Publishers::new(limits.publishers_remembered_max);
        let mut segments = VecDeque::new();
        let firsts = segment::list(directory).map_err(failed(directory))?;
        for (place, &first) in firsts.iter().enumerate() {
            let path = segment::path(directory, first);
            let is_last = place + 1 == firsts.len();
            let segment = recover(path.clone(), first, is_last, &mut recovered, &mut publishers, &limits);
            segments.push_back(segment.map_err(failed(&path))?);
        }
        recovered.oldest = segments.front().map_or(0, |segment: &Segment| segment.first);
        recovered.publishers = publishers.into_list();
        let next = recovered.next.max(1);
        let state = State { segments, is_broken: false, next };
        Ok(DirectorySpool {
            directory: directory.to_owned(),
            limits,
            bytes_max: options.spool_bytes,
            recovered,
            state: Mutex::new(state),
            lock: Mutex::new(Some(lock)),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, source: io::Error) -> SpoolError {
        SpoolError::Io { path: self.directory.clone(), source }
    }

    /// The file that is written to, its first position and its length; a new one if the last one is full.
    fn target(&self, first: u64, more: u64) -> Result<(Arc<File>, u64), SpoolError> {
        let mut state = self.state();
        if state.is_broken {
            return Err(SpoolError::InDoubt(self.directory.clone()));
        }
        if let Some(last) = state.segments.back()
            && (last.bytes == 0 || last.bytes + more <= self.limits.segment_bytes_max)
        {
            return Ok((last.file.clone(), last.bytes));
        }
        let path = segment::path(&self.directory, first);
        let open = || {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
            File::open(&self.directory)?.sync_all()?;
            Ok(file)
        };
        let file = open().map_err(|source| SpoolError::Io { path: path.clone(), source })?;
        let segment = Segment::new(path, file, first);
        let target = (segment.file.clone(), 0);
        state.segments.push_back(segment);
        Ok(target)
    }

    /// Removes the oldest segments as long as there is too much.
    fn trim(&self) {
        let mut state = self.state();
        let mut total: u64 = state.segments.iter().map(|segment| segment.bytes).sum();
        while total > self.bytes_max && state.segments.len() > 1 {
            let Some(oldest) = state.segments.pop_front() else { return };
            total -= oldest.bytes;
            if let Err(cause) = fs::remove_file(&oldest.path) {
                tracing::warn!(file = %oldest.path.display(), %cause, "an old segment could not be removed");
            }
        }
    }

    /// The segment that holds a position or the first one behind it: its file, first position, length, and where to look.
    fn place(&self, from: u64) -> Option<(Arc<File>, u64, u64, u64)> {
        let state = self.state();
        let place = state.segments.partition_point(|segment| segment.end <= from);
        let segment = state.segments.get(place)?;
        Some((segment.file.clone(), segment.first, segment.bytes, segment.offset_near(from)))
    }
}

impl Spool for DirectorySpool {
    fn recovered(&self) -> Recovered {
        self.recovered.clone()
    }

    fn append(&self, blocks: &[Arc<Stored>]) -> Result<(), SpoolError> {
        let Some(first) = blocks.first() else { return Ok(()) };
        let (mut octets, mut frames) = (Vec::new(), Vec::new());
        for stored in blocks {
            let begin = octets.len();
            frame::write(stored, &mut octets);
            frames.push((begin as u64, (octets.len() - begin) as u64));
        }
        let (file, at) = self.target(first.first, octets.len() as u64)?;
        let written = file.write_all_at(&octets, at).and_then(|()| file.sync_data());
        if let Err(cause) = written {
            // What was written of it must not be read after the next start.
            if file.set_len(at).and_then(|()| file.sync_data()).is_err() {
                self.state().is_broken = true;
                return Err(SpoolError::InDoubt(self.directory.clone()));
            }
            return Err(self.failed(cause));
        }
        let mut state = self.state();
        for (stored, (offset, bytes)) in blocks.iter().zip(frames) {
            state.next = stored.last() + 1;
            if let Some(segment) = state.segments.back_mut() {
                segment.note(stored, at + offset, bytes);
            }
        }
        drop(state);
        self.trim();
        Ok(())
    }

    fn read(&self, from: u64, until: u64, bytes_max: usize) -> Result<SpoolPart, SpoolError> {
        let mut part = SpoolPart { end: from, ..SpoolPart::default() };
        let Some((file, first, length, mut offset)) = self.place(from) else {
            // Nothing as new as that is here.
            part.end = until.max(from);
            part.gone = (part.end > from).then_some((from, part.end));
            return Ok(part);
        };
        if first > from {
            // Removed, or damaged at the end of the segment before.
            let end = first.min(until);
            return Ok(SpoolPart { end, gone: Some((from, end)), ..part });
        }
        let mut bytes = 0;
        while part.end < until {
            match segment::look(&file, offset, length, &self.limits).map_err(|cause| self.failed(cause))? {
                Found::End => break,
                Found::Damage(next) => offset = next,
                Found::Block(stored, next) => {
                    offset = next;
                    if stored.last() < from {
                        continue;
                    }
                    if stored.first > part.end {
                        // Damage is told before what stands behind it.
                        if part.blocks.is_empty() {
                            part.gone = Some((part.end, stored.first));
                        } else {
                            return Ok(part);
                        }
                    }
                    bytes += stored.bytes();
                    if !part.blocks.is_empty() && bytes > bytes_max {
                        return Ok(part);
                    }
                    part.end = stored.last() + 1;
                    part.blocks.push(Arc::new(stored));
                }
            }
        }
        if part.blocks.is_empty() && part.end == from {
            // The rest of the segment is damaged.
            let state = self.state();
            let place = state.segments.partition_point(|segment| segment.end <= from);
            let next = state.segments.get(place + 1).map_or(state.next, |segment| segment.first);
            part.end = next.min(until).max(from + 1);
            part.gone = Some((from, part.end));
        }
        Ok(part)
    }

    fn since(&self, time: Time) -> Option<u64> {
        let (file, length, mut offset, end) = {
            let state = self.state();
            let place = state.segments.partition_point(|segment| segment.last_time < time);
            let segment = state.segments.get(place)?;
            (segment.file.clone(), segment.bytes, segment.offset_before(time), segment.end)
        };
        loop {
            match segment::look(&file, offset, length, &self.limits).ok()? {
                Found::End => return Some(end),
                Found::Damage(next) => offset = next,
                Found::Block(stored, _) if stored.time >= time => return Some(stored.first),
                Found::Block(_, next) => offset = next,
            }
        }
    }

    fn oldest(&self) -> u64 {
        let state = self.state();
        state.segments.front().map_or(state.next, |segment| segment.first)
    }

    fn close(&self) {
        self.state().is_broken = true;
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Takes the directory for this process. The system gives it back however the process ends.
fn lock(directory: &Path) -> Result<File, SpoolError> {
    let path = directory.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|source| SpoolError::Io { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpoolError::InUse(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(SpoolError::Io { path, source }),
    }
}

/// Reads a segment, and cuts off what the last process did not live to finish.
fn recover(
    path: PathBuf,
    first: u64,
    is_last: bool,
    recovered: &mut Recovered,
    publishers: &mut Publishers,
    limits: &Limits,
) -> io::Result<Segment> {
    let file = OpenOptions::new().read(true).write(true).open(&path)?;
    let length = file.metadata()?.len();
    let mut segment = Segment::new(path, file, first);
    recovered.next = recovered.next.max(first);
    let file = segment.file.clone();
    let mut offset = 0;
    loop {
        match segment::look(&file, offset, length, limits)? {
            Found::End => break,
            Found::Damage(next) => {
                tracing::error!(file = %segment.path.display(), offset, "damaged events in a spool");
                offset = next;
            }
            Found::Block(stored, next) => {
                segment.note(&stored, offset, next - offset);
                recovered.next = recovered.next.max(stored.last() + 1);
                note_publisher(&stored, publishers);
                offset = next;
            }
        }
    }
    if offset < length {
        tracing::warn!(file = %segment.path.display(), octets = length - offset, "dropped the unfinished end of a spool");
        if is_last {
            file.set_len(offset)?;
            file.sync_all()?;
        }
        segment.bytes = offset;
    }
    Ok(segment)
}

fn note_publisher(stored: &Stored, publishers: &mut Publishers) {
    let last = stored.block.first_sequence() + stored.len() as u64 - 1;
    publishers.note(stored.block.publisher(), last, stored.last());
}
