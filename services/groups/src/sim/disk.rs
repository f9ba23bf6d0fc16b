//! A simulated disk: records that are written, of which those that were not synced may be lost when the process dies.

use super::random::Random;
use super::world::{Due, World};
use crate::core::{Config, Core, DurableId, Event, ProcessId, Recovered, Time};
use bytes::Bytes;

/// Records of a segment.
const SEGMENT_RECORDS: usize = 16;

/// One machine's disk.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) name: DurableId,
    records: Vec<(u64, Bytes)>,
    /// How many of them are on stable storage.
    synced: usize,
    syncing: bool,
    /// Nothing more can be written.
    pub(super) full: bool,
}

impl Disk {
    pub(super) fn new(name: u64) -> Self {
        Self { name: DurableId(name), records: Vec::new(), synced: 0, syncing: false, full: false }
    }

    /// The process dies: of what was not synced the disk may have written a part, and the last record of it torn, which the
    /// storage finds out and drops.
    pub(super) fn crash(&mut self, random: &mut Random) {
        let unsynced = self.records.len() - self.synced;
        let kept = if random.permille(500) { 0 } else { random.between(0, unsynced as u64) as usize };
        self.records.truncate(self.synced + kept);
        self.synced = self.records.len();
        self.syncing = false;
    }

    /// What a process finds when it starts.
    pub(super) fn read(&self) -> Result<Recovered, crate::core::WireError> {
        let mut recovered = Recovered::new(self.name);
        self.records.iter().try_for_each(|(number, record)| recovered.replay(*number, record.clone()))?;
        Ok(recovered)
    }

    fn forget(&mut self, before: u64) {
        let gone = self.records.iter().take(self.synced).take_while(|(number, _)| *number < before).count();
        // Only whole segments go.
        let gone = gone - gone % SEGMENT_RECORDS;
        self.records.drain(..gone);
        self.synced -= gone;
    }
}

impl World {
    /// The core of a process that starts on a machine, with what its disk tells it.
    pub(super) fn awaken(&mut self, node: usize, config: Config, now: Time) -> Core {
        match self.nodes[node].disk.as_ref().map(Disk::read) {
            None => Core::new(config, now),
            Some(Ok(recovered)) => Core::recovered(config, recovered, now),
            Some(Err(error)) => {
                self.complain("S6", format!("n{node} cannot read its log: {error}"));
                Core::new(config, now)
            }
        }
    }

    /// A record is written. False if the disk is full: the process ends.
    pub(super) fn write(&mut self, node: usize, process: ProcessId, number: u64, record: Bytes) -> bool {
        let at = self.now + self.random.between(50, 3_000);
        let Some(disk) = &mut self.nodes[node].disk else { return true };
        if disk.full {
            return false;
        }
        disk.records.push((number, record));
        if !std::mem::replace(&mut disk.syncing, true) {
            let upto = disk.records.len();
            self.schedule(at, Due::Synced { node, process, upto });
        }
        true
    }

    /// Records are on stable storage; those that came meanwhile are synced next, all at once.
    pub(super) fn disk_synced(&mut self, node: usize, process: ProcessId, upto: usize) {
        if self.nodes[node].process.as_ref().is_none_or(|p| p.id != process) {
            return;
        }
        let at = self.now + self.random.between(50, 3_000);
        let Some(disk) = &mut self.nodes[node].disk else { return };
        disk.synced = disk.synced.max(upto.min(disk.records.len()));
        let number = disk.records[..disk.synced].last().map_or(0, |(number, _)| *number);
        disk.syncing = disk.synced < disk.records.len();
        if disk.syncing {
            let upto = disk.records.len();
            self.schedule(at, Due::Synced { node, process, upto });
        }
        self.event(node, Event::Synced { number });
    }

    pub(super) fn forget(&mut self, node: usize, before: u64) {
        if let Some(disk) = &mut self.nodes[node].disk {
            disk.forget(before);
        }
    }
}
