//! A log on a real disk: written, torn, damaged, and read again.

use super::{LogError, Report, open, segment};
use crate::core::Recovered;
use crate::core::durable::example_record as record;
use bytes::Bytes;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use tokio::sync::mpsc;

/// A directory of its own, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("quorb-log-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    /// Writes so many records after those that are there; returns when they are on the disk.
    fn write(&self, count: u64, record: &Bytes) -> u64 {
        let (recovered, writer) = open(&self.0, "d").unwrap();
        let first = recovered.last_record() + 1;
        let (reporter, mut reports) = mpsc::unbounded_channel();
        let log = writer.start(reporter).unwrap();
        (first..first + count).for_each(|number| log.append(number, record.clone()));
        while !matches!(reports.blocking_recv(), Some(Report::Synced(n)) if n == first + count - 1) {}
        first + count - 1
    }

    fn read(&self) -> Result<Recovered, LogError> {
        open(&self.0, "d").map(|(recovered, _)| recovered)
    }

    fn segments(&self) -> Vec<u64> {
        segment::list(&self.0).unwrap()
    }

    fn last_segment(&self) -> PathBuf {
        segment::path(&self.0, *self.segments().last().unwrap())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_was_synced_is_read_again_under_the_same_name() {
    let scratch = Scratch::new("again");
    assert_eq!(scratch.write(100, &record(10)), 100);
    let identity = scratch.read().unwrap().identity();
    assert_eq!(scratch.write(50, &record(20)), 150);
    let recovered = scratch.read().unwrap();
    assert_eq!((recovered.identity(), recovered.last_record()), (identity, 150));
}

#[test]
fn an_unfinished_end_is_dropped_and_written_over() {
    let scratch = Scratch::new("torn");
    scratch.write(20, &record(40));
    let path = scratch.last_segment();
    let whole = fs::read(&path).unwrap();
    for lost in [1, 17, 40] {
        fs::write(&path, &whole[..whole.len() - lost]).unwrap();
        assert_eq!(scratch.read().unwrap().last_record(), 19, "{lost} octets short");
    }
    assert_eq!(scratch.write(3, &record(5)), 22);
    assert_eq!(scratch.read().unwrap().last_record(), 22);
}

#[test]
fn an_octet_that_changed_is_refused_and_nothing_is_touched() {
    let scratch = Scratch::new("corrupt");
    scratch.write(20, &record(40));
    let path = scratch.last_segment();
    let mut octets = fs::read(&path).unwrap();
    let at = octets.len() / 2;
    octets[at] ^= 4;
    fs::write(&path, &octets).unwrap();
    let error = scratch.read().unwrap_err();
    assert!(matches!(error, LogError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("move the directory away"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), octets);
}

#[test]
fn missing_segments_and_names_are_refused() {
    let scratch = Scratch::new("missing");
    scratch.write(40, &record(1 << 20));
    let segments = scratch.segments();
    assert!(segments.len() > 2, "{segments:?}");
    fs::remove_file(segment::path(&scratch.0, segments[1])).unwrap();
    assert!(matches!(scratch.read(), Err(LogError::Corrupt { .. })));
    fs::remove_file(scratch.0.join("identity")).unwrap();
    assert!(matches!(scratch.read(), Err(LogError::Corrupt { .. })));
}

#[test]
fn a_directory_belongs_to_one_process_and_one_domain() {
    let scratch = Scratch::new("lock");
    let held = open(&scratch.0, "d").unwrap();
    assert!(matches!(scratch.read(), Err(LogError::InUse(_))));
    drop(held);
    let error = open(&scratch.0, "other").map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("the log of domain \"d\", not of \"other\""), "{error}");
}

#[test]
fn what_is_not_needed_any_more_is_deleted() {
    let scratch = Scratch::new("forget");
    scratch.write(40, &record(1 << 20));
    let (recovered, writer) = open(&scratch.0, "d").unwrap();
    let next = recovered.last_record() + 1;
    let (reporter, mut reports) = mpsc::unbounded_channel();
    let log = writer.start(reporter).unwrap();
    log.append(next, record(8));
    log.forget(next);
    while !matches!(reports.blocking_recv(), Some(Report::Synced(n)) if n == next) {}
    drop(log);
    assert_eq!(scratch.segments().len(), 1);
    assert_eq!(scratch.read().unwrap().last_record(), next);
}

#[test]
fn a_log_that_cannot_be_written_says_so() {
    let scratch = Scratch::new("full");
    fs::create_dir_all(&scratch.0).unwrap();
    let (recovered, writer) = open(&scratch.0, "d").unwrap();
    // The place of the first segment is taken by what cannot be written to: a device that is always full.
    std::os::unix::fs::symlink("/dev/full", segment::path(&scratch.0, 1)).unwrap();
    let (reporter, mut reports) = mpsc::unbounded_channel();
    let log = writer.start(reporter).unwrap();
    log.append(recovered.last_record() + 1, record(10));
    assert!(matches!(reports.blocking_recv(), Some(Report::Failed(_))));
    drop(log);
}

#[test]
fn an_unfinished_segment_is_begun_again() {
    let scratch = Scratch::new("begun");
    scratch.write(5, &record(10));
    let path = segment::path(&scratch.0, 6);
    OpenOptions::new().create(true).append(true).open(&path).unwrap().write_all(b"quorb").unwrap();
    assert_eq!(scratch.read().unwrap().last_record(), 5);
    assert_eq!(scratch.write(2, &record(10)), 7);
    assert_eq!(scratch.read().unwrap().last_record(), 7);
}
