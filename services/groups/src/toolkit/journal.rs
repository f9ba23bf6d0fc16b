//! Logging and playback: every change of a shared value in a file, and the value again from it, step by step.
//!
//! ```text
//!   file     "quorbjn1", frames
//!   frame    u32 length of what follows the sum, u32 CRC-32 of it, u8 kind, content; numbers are little-endian
//!   kind 1   VALUE     the value as CBOR: what follows begins with it
//!   kind 2   CHANGE    u64 process, (ticket, change) as CBOR
//!   kind 3   ROSTER    u64 process...
//! ```
//!
//! A file that ends within a frame was cut by a crash: playback ends before that frame. Octets that were changed are an error,
//! with their place.

use super::proto::State;
use super::replicated::decode;
use crate::core::ProcessId;
use bytes::Bytes;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Why a journal cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no journal, or was damaged.
    #[error("{path} is damaged at octet {at}: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where.
        at: u64,
        /// What is wrong there.
        what: String,
    },
}

const MAGIC: &[u8; 8] = b"quorbjn1";
const VALUE: u8 = 1;
const CHANGE: u8 = 2;
const ROSTER: u8 = 3;
/// Octets of one frame.
const FRAME_BYTES_MAX: usize = 1 << 30;
/// Frames that wait to be written; beyond, the value waits.
const FRAMES_WAITING_MAX: usize = 1024;

/// Writes a journal, in a thread of its own.
pub(super) struct Recorder {
    path: PathBuf,
    frames: mpsc::Sender<Bytes>,
}

impl Recorder {
    pub(super) async fn create(path: PathBuf) -> Result<Self, JournalError> {
        let (frames, mut written) = mpsc::channel::<Bytes>(FRAMES_WAITING_MAX);
        let place = path.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let mut file = File::create(&place)?;
            file.write_all(MAGIC)?;
            std::io::Result::Ok(file)
        });
        let failed = |source| JournalError::Io { path: path.clone(), source };
        let mut file = opened.await.map_err(|error| failed(error.into()))?.map_err(failed)?;
        std::thread::spawn(move || {
            while let Some(frame) = written.blocking_recv() {
                if let Err(error) = file.write_all(&frame) {
                    // Who records learns of it by the next frame that nobody takes.
                    return tracing::error!(%error, "the journal cannot be written");
                }
            }
        });
        Ok(Self { path, frames })
    }

    /// The value from which the changes that follow go on.
    pub(super) async fn begin(&mut self, value: Bytes) -> Result<(), JournalError> {
        self.write(VALUE, &[&value]).await
    }

    /// A change at its place.
    pub(super) async fn record(&mut self, by: ProcessId, change: Bytes) -> Result<(), JournalError> {
        self.write(CHANGE, &[&by.0.to_le_bytes(), &change]).await
    }

    /// The members from here on.
    pub(super) async fn roster(&mut self, members: &[ProcessId]) -> Result<(), JournalError> {
        let members: Vec<u8> = members.iter().flat_map(|process| process.0.to_le_bytes()).collect();
        self.write(ROSTER, &[&members]).await
    }

    async fn write(&mut self, kind: u8, parts: &[&[u8]]) -> Result<(), JournalError> {
        let length = 1 + parts.iter().map(|part| part.len()).sum::<usize>();
        let mut frame = Vec::with_capacity(8 + length);
        frame.extend_from_slice(&(length as u32).to_le_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.push(kind);
        parts.iter().for_each(|part| frame.extend_from_slice(part));
        let sum = crc32fast::hash(&frame[8..]);
        frame[4..8].copy_from_slice(&sum.to_le_bytes());
        let source = || std::io::Error::other("the journal could not be written before");
        let sent = self.frames.send(frame.into()).await;
        sent.map_err(|_| JournalError::Io { path: self.path.clone(), source: source() })
    }
}

/// A value again, as a journal has it, change by change.
///
/// ```no_run
/// # use quorb_groups::toolkit::{Playback, Shared};
/// # fn f() -> Result<(), quorb_groups::toolkit::JournalError> {
/// let mut playback = Playback::<Shared<u32>>::open("limit.journal")?;
/// while let Some(step) = playback.step()? {
///     println!("{}: {} set it to {:?}", step.number, step.by, playback.value());
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Playback<T: State> {
    path: PathBuf,
    file: BufReader<File>,
    at: u64,
    number: u64,
    value: Option<T>,
    of: PhantomData<T>,
}

/// One change.
#[derive(Debug)]
pub struct Step<A> {
    /// Which it is, counted from 1.
    pub number: u64,
    /// Who made it.
    pub by: ProcessId,
    /// What it was answered.
    pub answer: A,
}

impl<T: State> Playback<T> {
    /// Opens a journal.
    ///
    /// # Errors
    /// A file that cannot be read, or is no journal.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let path = path.as_ref().to_owned();
        let failed = |source| JournalError::Io { path: path.clone(), source };
        let mut file = BufReader::new(File::open(&path).map_err(failed)?);
        let mut magic = [0; 8];
        let is_one = file.read_exact(&mut magic).is_ok() && &magic == MAGIC;
        let at = MAGIC.len() as u64;
        let mut playback = Self { path, file, at, number: 0, value: None, of: PhantomData };
        if !is_one {
            playback.at = 0;
            return Err(playback.damaged("it does not begin as a journal does"));
        }
        Ok(playback)
    }

    /// The value as it is here; none before the first one in the journal.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Does the next change. None at the end, or where a crash has cut the file.
    ///
    /// # Errors
    /// A file that cannot be read or was damaged, or another kind of value.
    pub fn step(&mut self) -> Result<Option<Step<T::Answer>>, JournalError> {
        while let Some((kind, content)) = self.frame()? {
            match (kind, content.len()) {
                (VALUE, _) => {
                    let value = decode(&content).map_err(|error| self.damaged(&error.to_string()))?;
                    self.value = Some(value);
                }
                (CHANGE, 8..) => {
                    let (by, change) = content.split_at(8);
                    let by = process(by);
                    let change = decode::<(u64, T::Change)>(change);
                    let (_, change) = change.map_err(|error| self.damaged(&error.to_string()))?;
                    let Some(value) = &mut self.value else {
                        return Err(self.damaged("a change comes before the first value"));
                    };
                    self.number += 1;
                    return Ok(Some(Step { number: self.number, by, answer: value.apply(by, change) }));
                }
                (ROSTER, length) if length % 8 == 0 => {
                    let members: Vec<ProcessId> = content.chunks(8).map(process).collect();
                    self.value.iter_mut().for_each(|value| value.roster(&members));
                }
                _ => return Err(self.damaged(&format!("a frame of kind {kind}"))),
            }
        }
        Ok(None)
    }

    /// The next whole frame.
    fn frame(&mut self) -> Result<Option<(u8, Vec<u8>)>, JournalError> {
        let mut head = [0; 8];
        if !self.fill(&mut head)? {
            return Ok(None);
        }
        let number = |octets: &[u8]| octets.iter().rev().fold(0u32, |n, octet| n << 8 | u32::from(*octet));
        let (length, sum) = (number(&head[..4]) as usize, number(&head[4..]));
        if length == 0 || length > FRAME_BYTES_MAX {
            return Err(self.damaged(&format!("a frame of {length} octets")));
        }
        let mut content = Vec::new();
        let read = (&mut self.file).take(length as u64).read_to_end(&mut content);
        read.map_err(|source| JournalError::Io { path: self.path.clone(), source })?;
        if content.len() < length {
            return Ok(None);
        }
        if crc32fast::hash(&content) != sum {
            return Err(self.damaged("its sum is wrong"));
        }
        self.at += 8 + length as u64;
        let kind = content.remove(0);
        Ok(Some((kind, content)))
    }

    /// Whether there was enough.
    fn fill(&mut self, octets: &mut [u8]) -> Result<bool, JournalError> {
        match self.file.read_exact(octets) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
            Err(source) => Err(JournalError::Io { path: self.path.clone(), source }),
        }
    }

    fn damaged(&self, what: &str) -> JournalError {
        JournalError::Damaged { path: self.path.clone(), at: self.at, what: what.to_owned() }
    }
}

fn process(octets: &[u8]) -> ProcessId {
    ProcessId(octets.iter().rev().fold(0, |id, octet| id << 8 | u64::from(*octet)))
}

#[cfg(test)]
mod tests {
    use super::super::Shared;
    use super::super::replicated::encode;
    use super::*;

    /// A journal of a number that is set to 1, 2 and 3.
    async fn recorded(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("quorb-journal-{}-{name}", std::process::id()));
        let mut recorder = Recorder::create(path.clone()).await.unwrap();
        recorder.begin(encode(&Shared(0u32)).unwrap()).await.unwrap();
        for value in 1..=3u32 {
            recorder.record(ProcessId(u64::from(value)), encode(&(9u64, value)).unwrap()).await.unwrap();
        }
        let Recorder { frames, .. } = recorder;
        let whole = 8
            + 8
            + 1
            + encode(&Shared(0u32)).unwrap().len() as u64
            + 3 * (8 + 9 + encode(&(9u64, 1u32)).unwrap().len() as u64);
        drop(frames);
        while std::fs::metadata(&path).unwrap().len() < whole {
            tokio::task::yield_now().await;
        }
        path
    }

    fn play(path: &Path) -> Result<Vec<(u64, u64, u32)>, JournalError> {
        let mut playback = Playback::<Shared<u32>>::open(path)?;
        let mut steps = Vec::new();
        while let Some(step) = playback.step()? {
            steps.push((step.number, step.by.0, playback.value().unwrap().0));
        }
        Ok(steps)
    }

    #[tokio::test]
    async fn what_was_recorded_is_played_back_and_what_was_cut_or_changed_is_told_apart() {
        let path = recorded("cut").await;
        assert_eq!(play(&path).unwrap(), [(1, 1, 1), (2, 2, 2), (3, 3, 3)]);
        let octets = std::fs::read(&path).unwrap();
        for length in 8..octets.len() {
            std::fs::write(&path, &octets[..length]).unwrap();
            assert!(play(&path).unwrap().len() < 3, "cut at {length}");
        }
        let mut random = crate::sim::random::Random::new(5);
        for _ in 0..400 {
            let mut damaged = octets.clone();
            let at = random.between(0, octets.len() as u64 - 1) as usize;
            damaged[at] ^= 1 << random.between(0, 7);
            std::fs::write(&path, &damaged).unwrap();
            // A length that was changed may look as if the file were cut.
            assert!(play(&path).map_or(true, |steps| steps.len() < 3), "changed at {at}");
        }
        std::fs::write(&path, "nonsense").unwrap();
        let error = play(&path).unwrap_err().to_string();
        assert!(error.ends_with("is damaged at octet 0: it does not begin as a journal does"), "{error}");
        std::fs::remove_file(&path).unwrap();
    }
}
