//! The directory of a log: whose it is, who uses it, and what is in it.

use super::segment::{self, SegmentError};
use super::writer::Writer;
use crate::core::{DurableId, Recovered};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long a process that ends may take to let go of its directory.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Why a process cannot begin from its data directory. Nothing in the directory was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The system refuses.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Two processes must not write one log.
    #[error("{path}: another process uses this directory", path = .0.display())]
    InUse(PathBuf),
    /// The directory belongs to another domain.
    #[error("{path}: this is the log of domain {found:?}, not of {wanted:?}", path = path.display())]
    OtherDomain {
        /// The directory.
        path: PathBuf,
        /// The domain that is named in it.
        found: String,
        /// The domain that was to be joined.
        wanted: String,
    },
    /// The log is not as it was written. To join without what only this disk knows, move the directory away; the process
    /// is then a new one, and what the others know is all there is.
    #[error("{file}: corrupt at octet {offset}: {what}; restore it, or move the directory away to join as a new process", file = file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// Where.
        offset: u64,
        /// What was found.
        what: &'static str,
    },
}

/// Opens a directory, or begins one; reads all there is. The answer is the past, and who writes the future.
pub(in crate::driver) fn open(directory: &Path, domain: &str) -> Result<(Recovered, Writer), LogError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| LogError::Io { path, source }
    };
    fs::create_dir_all(directory).map_err(at(directory))?;
    let lock = lock(directory)?;
    let identity = identity(directory, domain)?;
    let mut recovered = Recovered::new(identity);
    let firsts = segment::list(directory).map_err(at(directory))?;
    let mut open = None;
    for (i, &first) in firsts.iter().enumerate() {
        let path = segment::path(directory, first);
        let corrupt = |what, offset| LogError::Corrupt { file: path.clone(), offset, what };
        if i > 0 && recovered.last_record() + 1 != first {
            return Err(corrupt("records before this segment are missing", 0));
        }
        let last = i + 1 == firsts.len();
        let good = segment::replay(&path, first, last, &mut recovered).map_err(|error| match error {
            SegmentError::Io(source) => LogError::Io { path: path.clone(), source },
            SegmentError::Corrupt(what, offset) => corrupt(what, offset),
        })?;
        if last {
            open = Some((path.clone(), first, good));
        }
    }
    let tail = match open {
        Some((path, first, good)) => Some((first, cut(&path, good).map_err(at(&path))?)),
        None => None,
    };
    Ok((recovered, Writer::new(directory.to_owned(), lock, identity, firsts, tail)))
}

/// Takes the directory for this process. The system gives it back however the process ends.
fn lock(directory: &Path) -> Result<File, LogError> {
    let path = directory.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|source| LogError::Io { path: path.clone(), source })?;
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if since.elapsed() < LOCK_WAIT => thread::sleep(LOCK_WAIT / 100),
            Err(TryLockError::WouldBlock) => return Err(LogError::InUse(directory.to_owned())),
            Err(TryLockError::Error(source)) => return Err(LogError::Io { path, source }),
        }
    }
}

/// Drops what the last process did not live to finish, and gives the file for more.
fn cut(path: &Path, good: u64) -> io::Result<File> {
    let file = OpenOptions::new().append(true).open(path)?;
    let torn = file.metadata()?.len() - good;
    if torn > 0 {
        tracing::warn!(file = %path.display(), octets = torn, "dropped the unfinished end of the log");
        file.set_len(good)?;
        file.sync_all()?;
    }
    Ok(file)
}

/// The name on this disk: read, or drawn once and written before anything else.
fn identity(directory: &Path, domain: &str) -> Result<DurableId, LogError> {
    let path = directory.join("identity");
    let failed = |source| LogError::Io { path: path.clone(), source };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !segment::list(directory).map_err(failed)?.is_empty() {
                let what = "the name of the disk is missing beside its segments";
                return Err(LogError::Corrupt { file: path, offset: 0, what });
            }
            return begin(directory, domain).map_err(failed);
        }
        Err(error) => return Err(failed(error)),
    };
    let corrupt = || LogError::Corrupt { file: path.clone(), offset: 0, what: "not the name of a disk" };
    let (name, found) = text.trim_end_matches('\n').split_once(' ').ok_or_else(corrupt)?;
    let identity = u64::from_str_radix(name, 16).map_err(|_| corrupt())?;
    if found != domain {
        let (found, wanted) = (found.to_owned(), domain.to_owned());
        return Err(LogError::OtherDomain { path: directory.to_owned(), found, wanted });
    }
    Ok(DurableId(identity))
}

fn begin(directory: &Path, domain: &str) -> io::Result<DurableId> {
    let pair = (std::process::id(), std::time::SystemTime::now(), directory);
    let identity = RandomState::new().hash_one(pair).max(1);
    let draft = directory.join("identity.new");
    let mut file = File::create(&draft)?;
    writeln!(file, "{identity:016x} {domain}")?;
    file.sync_all()?;
    fs::rename(&draft, directory.join("identity"))?;
    File::open(directory)?.sync_all()?;
    Ok(DurableId(identity))
}
