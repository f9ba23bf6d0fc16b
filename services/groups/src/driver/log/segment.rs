//! Segments: files of records, one after the other, each file behind a head that says whose it is.

use super::frame::{self, Found};
use crate::core::{DurableId, Recovered};
use bytes::Bytes;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The head of a file: what it is, its version, whose disk it is on, and its first record.
const MAGIC: [u8; 8] = *b"quorblog";
const VERSION: u32 = 2;
/// Octets of the head.
pub(super) const HEAD_BYTES: usize = 8 + 4 + 8 + 8 + 4;

/// What is wrong with a segment.
#[derive(Debug, thiserror::Error)]
pub(super) enum SegmentError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Corrupt(&'static str, u64),
}

/// The head of the segment that begins with this record.
pub(super) fn head(identity: DurableId, first: u64) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..8].copy_from_slice(&MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_le_bytes());
    head[12..20].copy_from_slice(&identity.0.to_le_bytes());
    head[20..28].copy_from_slice(&first.to_le_bytes());
    let sum = crc32fast::hash(&head[..28]);
    head[28..].copy_from_slice(&sum.to_le_bytes());
    head
}

/// The file of the segment that begins with this record.
pub(super) fn path(directory: &Path, first: u64) -> PathBuf {
    directory.join(format!("{first:020}.log"))
}

/// The segments in a directory, by their first record.
pub(super) fn list(directory: &Path) -> io::Result<Vec<u64>> {
    let mut firsts = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|n| n.strip_suffix(".log")).and_then(|n| n.parse::<u64>().ok());
        firsts.extend(number);
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// Takes in the records of a segment. The answer is how many of its octets are good; fewer than there are only in the last
/// one, whose end a process may not have lived to write.
pub(super) fn replay(
    path: &Path,
    first: u64,
    last: bool,
    recovered: &mut Recovered,
) -> Result<u64, SegmentError> {
    let octets = Bytes::from(fs::read(path)?);
    let wanted = head(recovered.identity(), first);
    if octets.len() < HEAD_BYTES && last {
        return Ok(0);
    }
    if octets.get(..HEAD_BYTES) != Some(&wanted[..]) {
        return Err(SegmentError::Corrupt("this is not the head of this log's segment", 0));
    }
    let (mut at, mut next) = (HEAD_BYTES, first);
    loop {
        match frame::read(&octets[at..], next) {
            Found::Record { number, record } => {
                let from = at + frame::HEAD_BYTES;
                let end = from + record.len();
                recovered
                    .replay(number, octets.slice(from..end))
                    .map_err(|_| SegmentError::Corrupt("a record makes no sense", at as u64))?;
                (at, next) = (end, next + 1);
            }
            Found::End => return Ok(at as u64),
            Found::Torn if last => return Ok(at as u64),
            Found::Torn | Found::Corrupt => {
                return Err(SegmentError::Corrupt("the record is not as it was written", at as u64));
            }
        }
    }
}
