//! A file of blocks, and an index of it in memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::frame::{self, Head};
use crate::Limits;
use crate::channel::{Stored, Time};

/// How many octets lie between two entries of the index.
const INDEX_STEP_BYTES: u64 = 128 << 10;

/// A segment.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) file: Arc<File>,
    pub(super) first: u64,
    /// The position behind its last event.
    pub(super) end: u64,
    pub(super) bytes: u64,
    pub(super) last_time: Time,
    index: Vec<Entry>,
}

/// Where a block begins.
#[derive(Debug, Clone, Copy)]
struct Entry {
    first: u64,
    time: Time,
    offset: u64,
}

/// What was found behind a place.
pub(super) enum Found {
    /// A block, and where the next one begins.
    Block(Stored, u64),
    /// Damage, and where the next whole block begins.
    Damage(u64),
    /// The end: nothing whole comes any more.
    End,
}

pub(super) fn path(directory: &Path, first: u64) -> PathBuf {
    directory.join(format!("{first:020}.spool"))
}

/// The segments in a directory, by their first positions.
pub(super) fn list(directory: &Path) -> io::Result<Vec<u64>> {
    let mut firsts = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".spool"));
        firsts.extend(stem.and_then(|stem| stem.parse::<u64>().ok()));
    }
    firsts.sort_unstable();
    Ok(firsts)
}

impl Segment {
    pub(super) fn new(path: PathBuf, file: File, first: u64) -> Segment {
        Segment { path, file: Arc::new(file), first, end: first, bytes: 0, last_time: 0, index: Vec::new() }
    }

    /// Notes a block that stands at the end now.
    pub(super) fn note(&mut self, stored: &Stored, offset: u64, bytes: u64) {
        let is_due = self.index.last().is_none_or(|last| offset >= last.offset + INDEX_STEP_BYTES);
        if is_due {
            self.index.push(Entry { first: stored.first, time: stored.time, offset });
        }
        self.end = stored.last() + 1;
        self.last_time = stored.time;
        self.bytes = offset + bytes;
    }

    /// Where to begin to look for a position.
    pub(super) fn offset_near(&self, position: u64) -> u64 {
        let place = self.index.partition_point(|entry| entry.first <= position);
        place.checked_sub(1).and_then(|place| self.index.get(place)).map_or(0, |entry| entry.offset)
    }

    /// Where to begin to look for a time.
    pub(super) fn offset_before(&self, time: Time) -> u64 {
        let place = self.index.partition_point(|entry| entry.time < time);
        place.checked_sub(1).and_then(|place| self.index.get(place)).map_or(0, |entry| entry.offset)
    }
}

/// What stands at a place of a file, in front of `end`.
pub(super) fn look(file: &File, offset: u64, end: u64, limits: &Limits) -> io::Result<Found> {
    if offset >= end {
        return Ok(Found::End);
    }
    if let Some((stored, next)) = whole(file, offset, end, limits)? {
        return Ok(Found::Block(stored, next));
    }
    // The next whole block, wherever it is: its magic is searched in pieces that overlap.
    let mut from = offset + 1;
    let mut piece = vec![0; 1 << 20];
    while from < end {
        let length = usize::try_from(end - from).unwrap_or(usize::MAX).min(piece.len());
        let octets = &mut piece[..length];
        file.read_exact_at(octets, from)?;
        for (at, window) in octets.windows(frame::MAGIC.len()).enumerate() {
            if window == frame::MAGIC && whole(file, from + at as u64, end, limits)?.is_some() {
                return Ok(Found::Damage(from + at as u64));
            }
        }
        if from + length as u64 >= end {
            break;
        }
        from += (length - frame::MAGIC.len() + 1) as u64;
    }
    Ok(Found::End)
}

/// The block at a place, if it is whole, and where the next one begins.
fn whole(file: &File, offset: u64, end: u64, limits: &Limits) -> io::Result<Option<(Stored, u64)>> {
    if end - offset < frame::HEAD_BYTES as u64 {
        return Ok(None);
    }
    let mut head = [0; frame::HEAD_BYTES];
    file.read_exact_at(&mut head, offset)?;
    let Some(head) = Head::read(&head) else { return Ok(None) };
    let next = offset + head.frame_bytes();
    if next > end {
        return Ok(None);
    }
    let mut block = vec![0; head.length];
    file.read_exact_at(&mut block, offset + frame::HEAD_BYTES as u64)?;
    Ok(head.block(Bytes::from(block), limits).map(|stored| (stored, next)))
}
