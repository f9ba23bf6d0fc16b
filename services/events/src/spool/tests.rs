use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::Limits;
use crate::block::BlockWriter;
use crate::native::{ChannelOptions, Guarantee};

/// A folder that goes away with its handle.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("quorb-spool-{}-{name}", std::process::id())))
    }

    fn open(&self, segment_bytes_max: u64) -> DirectorySpool {
        let limits = Limits { segment_bytes_max, ..Limits::default() };
        let mut options = ChannelOptions::new(Guarantee::Durable);
        options.spool_bytes = 20 * segment_bytes_max;
        DirectorySpool::open(&self.0, &options, Arc::new(limits)).unwrap()
    }

    fn segments(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let mut segments: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|extension| extension == "spool")).collect();
        segments.sort();
        segments
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A block of five events, from a position on, at a time that is ten times that.
fn stored(first: u64) -> Arc<Stored> {
    let mut writer = BlockWriter::new("p", first);
    for number in first..first + 5 {
        let (subject, ty) = (writer.subject("a/x"), writer.ty(&[1]));
        writer.event(subject, ty, &[], &number.to_le_bytes());
    }
    Arc::new(Stored::new(first, first * 10, writer.into_block()))
}

fn fill(spool: &DirectorySpool, from: u64, blocks: u64) {
    for block in 0..blocks {
        spool.append(&[stored(from + 5 * block)]).unwrap();
    }
}

/// What is read, part by part: the positions, and what is gone.
fn read(spool: &DirectorySpool, from: u64, until: u64) -> (Vec<u64>, Vec<(u64, u64)>) {
    let (mut positions, mut gone, mut at) = (Vec::new(), Vec::new(), from);
    while at < until {
        let part = spool.read(at, until, 300).unwrap();
        assert!(part.end > at, "it moves on");
        gone.extend(part.gone);
        for stored in &part.blocks {
            positions.extend(
                (0..stored.len()).map(|place| stored.position(place)).filter(|p| (at..until).contains(p)),
            );
        }
        at = part.end;
    }
    (positions, gone)
}

fn change(path: &Path, at: u64, octet: u8) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&[octet], at).unwrap();
}

#[test]
fn what_was_written_is_read_from_anywhere_and_after_a_restart() {
    let folder = Folder::new("read");
    let spool = folder.open(1_000);
    fill(&spool, 1, 40);
    assert!(folder.segments().len() > 3);
    for from in [1, 2, 5, 6, 77, 200] {
        assert_eq!(read(&spool, from, 201), ((from..201).collect(), vec![]), "from {from}");
    }
    assert_eq!(read(&spool, 10, 18).0, (10..18).collect::<Vec<_>>());
    drop(spool);
    let spool = folder.open(1_000);
    let recovered = spool.recovered();
    assert_eq!((recovered.next, recovered.oldest), (201, 1));
    assert_eq!(recovered.publishers, [("p".to_owned(), 200, 200)]);
    assert_eq!(read(&spool, 1, 201).0, (1..201).collect::<Vec<_>>());
    assert_eq!(
        (spool.since(0), spool.since(511), spool.since(1_960), spool.since(9_999)),
        (Some(1), Some(56), Some(196), None)
    );
    fill(&spool, 201, 1);
    assert_eq!(read(&spool, 199, 206).0, (199..206).collect::<Vec<_>>());
}

#[test]
fn one_process_at_a_time() {
    let folder = Folder::new("lock");
    let first = folder.open(1_000);
    let second = DirectorySpool::open(&folder.0, &ChannelOptions::default(), Arc::default());
    assert!(matches!(second, Err(SpoolError::InUse(_))));
    drop(first);
    folder.open(1_000);
}

#[test]
fn what_was_not_finished_is_dropped_wherever_it_was_cut() {
    let folder = Folder::new("cut");
    fill(&folder.open(1 << 20), 1, 3);
    let path = folder.segments().remove(0);
    let whole = fs::read(&path).unwrap();
    let frame = whole.len() / 3;
    for cut in (2 * frame..whole.len()).rev() {
        fs::write(&path, &whole[..cut]).unwrap();
        let spool = folder.open(1 << 20);
        assert_eq!(spool.recovered().next, 11, "cut at {cut}");
        fill(&spool, 11, 1);
        assert_eq!(read(&spool, 1, 16), ((1..16).collect(), vec![]));
    }
}

#[test]
fn damage_costs_the_events_that_it_hits_and_is_told_exactly() {
    let folder = Folder::new("damage");
    fill(&folder.open(1_000), 1, 40);
    let segments = folder.segments();
    let whole = fs::read(&segments[1]).unwrap();
    let first: u64 = segments[1].file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let frame = whole.len() / ((folder.open(1_000).read(first, 201, 1 << 20).unwrap().blocks.len()).max(1));
    for at in 0..whole.len() {
        change(&segments[1], at as u64, whole[at] ^ 0x41);
        let spool = folder.open(1_000);
        assert_eq!(spool.recovered().next, 201);
        let hit = first + 5 * (at / frame) as u64;
        let (positions, gone) = read(&spool, 1, 201);
        assert_eq!(gone, [(hit, hit + 5)], "octet {at}");
        assert_eq!(positions, (1..hit).chain(hit + 5..201).collect::<Vec<_>>());
        drop(spool);
        fs::write(&segments[1], &whole).unwrap();
    }
}

#[test]
fn the_oldest_segments_make_room() {
    let folder = Folder::new("trim");
    let spool = folder.open(300);
    fill(&spool, 1, 200);
    let oldest = spool.oldest();
    assert!(oldest > 500, "{oldest}");
    let (positions, gone) = read(&spool, 1, 1_001);
    assert_eq!((positions, gone), ((oldest..1_001).collect(), vec![(1, oldest)]));
}

#[test]
fn what_a_channel_is_comes_back_or_is_told_to_be_damaged() {
    let folder = Folder::new("file");
    let file = ChannelFile { name: "a".into(), life: 7, options: ChannelOptions::new(Guarantee::Durable) };
    file.write(&folder.0).unwrap();
    assert_eq!(ChannelFile::read(&folder.0).unwrap(), file);
    change(&folder.0.join("channel"), 9, 0xff);
    assert!(matches!(ChannelFile::read(&folder.0), Err(SpoolError::Malformed { .. })));
}
