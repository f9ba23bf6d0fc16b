//! The durable store: one file of redb.
//!
//! A commit appends its rows, as one entry, to a journal in the file, which costs one sync and touches few pages however
//! many rows there are and wherever their keys lie. When the journal has grown, it is moved to the table of rows, between
//! commits. Whoever loads the store reads the table with the journal laid over it.
//!
//! ```text
//! table "rows"      key -> value
//! table "journal"   number of the entry -> (length of key(4) key, length of value + 1 or 0 for none(4), value)*
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use redb::{
    Database, DatabaseError, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition,
    TableError,
};

use super::{Store, StoreError, TakeRow};
use crate::tree::Row;

const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");
const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");

/// The rows that the journal may hold before they are moved.
const JOURNAL_ROWS_MAX: usize = 20_000;

/// The octets that the journal may hold before its rows are moved.
const JOURNAL_BYTES_MAX: usize = 8 << 20;

/// What redb keeps of the file in memory, in octets: the names themselves are in memory anyway.
const CACHE_BYTES: usize = 16 << 20;

/// The store of names in a file of redb. One process at a time uses a file.
#[derive(Debug)]
pub struct RedbStore {
    path: PathBuf,
    /// None after a failure, until it is opened anew: redb refuses everything behind an error of the disk.
    database: Option<Database>,
    /// The number of the next entry of the journal. An entry that was to get it and has failed may be in the file or not.
    next_entry: u64,
    journal_rows: usize,
    journal_bytes: usize,
}

/// Rows by key; none are deletions.
type Overlay = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

impl RedbStore {
    /// The name of the file in its folder.
    pub const FILE: &str = "names.redb";

    /// Opens the store in a folder, and makes both if they are not there.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Open`].
    pub fn open(folder: &Path) -> Result<RedbStore, StoreError> {
        let failed =
            |cause: std::io::Error| StoreError::Open { path: folder.to_owned(), cause: cause.into() };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join(RedbStore::FILE);
        let database = Some(open(&path)?);
        let mut store = RedbStore { path, database, next_entry: 0, journal_rows: 0, journal_bytes: 0 };
        let overlay = store.read_journal()?;
        store.journal_rows = overlay.len();
        Ok(store)
    }

    fn database(&mut self) -> Result<&Database, StoreError> {
        if self.database.is_none() {
            self.database = Some(open(&self.path)?);
        }
        self.database.as_ref().ok_or_else(|| StoreError::InUse(self.path.clone()))
    }

    /// The journal, the later rows over the earlier ones. Finds out the number of the next entry.
    fn read_journal(&mut self) -> Result<Overlay, StoreError> {
        let mut overlay = Overlay::new();
        let (mut next, mut bytes) = (0, 0);
        let transaction = self.database()?.begin_read().map_err(failed)?;
        match transaction.open_table(JOURNAL) {
            Ok(journal) => {
                for entry in journal.iter().map_err(failed)? {
                    let (number, entry) = entry.map_err(failed)?;
                    next = number.value() + 1;
                    bytes += entry.value().len();
                    read_entry(entry.value(), &mut overlay)?;
                }
            }
            Err(TableError::TableDoesNotExist(_)) => {}
            Err(cause) => return Err(failed(cause)),
        }
        (self.next_entry, self.journal_bytes) = (next, bytes);
        Ok(overlay)
    }

    fn append(&mut self, entry: &[u8]) -> Result<(), StoreError> {
        let number = self.next_entry;
        let transaction = self.database()?.begin_write().map_err(failed)?;
        {
            let mut journal = transaction.open_table(JOURNAL).map_err(failed)?;
            journal.insert(number, entry).map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    /// Whether the entry with this number is in the file, as it is when it is opened anew.
    fn has_entry(&mut self, number: u64) -> Result<bool, StoreError> {
        self.database = None;
        let transaction = self.database()?.begin_read().map_err(failed)?;
        match transaction.open_table(JOURNAL) {
            Ok(journal) => Ok(journal.get(number).map_err(failed)?.is_some()),
            Err(TableError::TableDoesNotExist(_)) => Ok(false),
            Err(cause) => Err(failed(cause)),
        }
    }

    /// Moves the journal to the table of rows, in one transaction.
    fn fold(&mut self) -> Result<(), StoreError> {
        let overlay = self.read_journal()?;
        let transaction = self.database()?.begin_write().map_err(failed)?;
        {
            let mut rows = transaction.open_table(ROWS).map_err(failed)?;
            for (key, value) in &overlay {
                match value {
                    Some(value) => rows.insert(key.as_slice(), value.as_slice()).map_err(failed)?,
                    None => rows.remove(key.as_slice()).map_err(failed)?,
                };
            }
            let mut journal = transaction.open_table(JOURNAL).map_err(failed)?;
            journal.retain(|_, _| false).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        (self.journal_rows, self.journal_bytes) = (0, 0);
        Ok(())
    }
}

impl Store for RedbStore {
    fn load(&mut self, row: TakeRow<'_>) -> Result<(), StoreError> {
        let overlay = self.read_journal()?;
        let transaction = self.database()?.begin_read().map_err(failed)?;
        match transaction.open_table(ROWS) {
            Ok(rows) => {
                tracing::debug!(
                    rows = rows.len().map_err(failed)?,
                    journal = overlay.len(),
                    "names are loaded"
                );
                for entry in rows.iter().map_err(failed)? {
                    let (key, value) = entry.map_err(failed)?;
                    if !overlay.contains_key(key.value()) {
                        row(key.value(), value.value())?;
                    }
                }
            }
            Err(TableError::TableDoesNotExist(_)) => {}
            Err(cause) => return Err(failed(cause)),
        }
        overlay.iter().try_for_each(|(key, value)| match value {
            Some(value) => row(key, value),
            None => Ok(()),
        })
    }

    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        let entry = write_entry(rows);
        if let Err(cause) = self.append(&entry) {
            // The failure says nothing about what has reached the disk: the file does.
            tracing::warn!(%cause, "a commit has failed: the store is opened anew");
            match self.has_entry(self.next_entry) {
                Ok(true) => {}
                Ok(false) => return Err(cause),
                // The next entry gets the same number, and takes the place of this one if it is there.
                Err(_) => return Err(StoreError::InDoubt(Box::new(cause))),
            }
        }
        self.next_entry += 1;
        self.journal_rows += rows.len();
        self.journal_bytes += entry.len();
        Ok(())
    }

    fn settle(&mut self) {
        if self.journal_rows < JOURNAL_ROWS_MAX && self.journal_bytes < JOURNAL_BYTES_MAX {
            return;
        }
        if let Err(cause) = self.fold() {
            // The journal is as it was. It is tried again when it has grown by as much.
            tracing::warn!(%cause, "the journal of names was not moved");
            self.database = None;
            (self.journal_rows, self.journal_bytes) = (0, 0);
        }
    }
}

fn open(path: &Path) -> Result<Database, StoreError> {
    let database = Database::builder().set_cache_size(CACHE_BYTES).create(path);
    database.map_err(|cause| match cause {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(path.to_owned()),
        cause => StoreError::Open { path: path.to_owned(), cause: cause.into() },
    })
}

fn failed(cause: impl Into<redb::Error>) -> StoreError {
    StoreError::Failed(Box::new(cause.into()))
}

fn write_entry(rows: &[Row]) -> Vec<u8> {
    let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX);
    let mut entry = Vec::with_capacity(rows.len() * 256);
    for Row { key, value } in rows {
        entry.extend(length(key).to_be_bytes());
        entry.extend(key);
        let marker = value.as_ref().map_or(0, |value| length(value) + 1);
        entry.extend(marker.to_be_bytes());
        entry.extend(value.iter().flatten());
    }
    entry
}

fn read_entry(entry: &[u8], overlay: &mut Overlay) -> Result<(), StoreError> {
    let malformed = || crate::tree::MalformedRow { key_bytes: 0, value_bytes: entry.len() };
    let mut rest = entry;
    while !rest.is_empty() {
        let key = take_part(&mut rest, 0).flatten().ok_or_else(malformed)?;
        let value = take_part(&mut rest, 1).ok_or_else(malformed)?;
        overlay.insert(key.to_vec(), value.map(<[u8]>::to_vec));
    }
    Ok(())
}

/// A length, less `bias`, and so many octets; `Some(None)` for a length below the bias.
fn take_part<'a>(rest: &mut &'a [u8], bias: u32) -> Option<Option<&'a [u8]>> {
    let (length, behind) = rest.split_first_chunk::<4>()?;
    *rest = behind;
    let Some(length) = u32::from_be_bytes(*length).checked_sub(bias) else { return Some(None) };
    let (part, behind) = rest.split_at_checked(length as usize)?;
    *rest = behind;
    Some(Some(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, value: Option<&str>) -> Row {
        Row { key: key.into(), value: value.map(Into::into) }
    }

    #[test]
    fn entries_are_read_as_they_were_written() {
        let rows = [row("a", Some("1")), row("b", None), row("c", Some("")), row("a", Some("2"))];
        let mut overlay = Overlay::new();
        read_entry(&write_entry(&rows), &mut overlay).unwrap();
        let expected = [("a", Some("2")), ("b", None), ("c", Some(""))];
        let expected =
            expected.map(|(key, value)| (key.as_bytes().to_vec(), value.map(|v| v.as_bytes().to_vec())));
        assert_eq!(overlay, Overlay::from(expected));
    }

    /// Seeded: a file that something has spoilt costs an error.
    #[test]
    fn spoilt_entries_are_refused_or_read() {
        let whole = write_entry(&[row("key", Some("value")), row("gone", None)]);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..50_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut spoilt = whole.clone();
            let at = (state >> 8) as usize % spoilt.len();
            spoilt[at] = state as u8;
            spoilt.truncate(1 + (state >> 32) as usize % whole.len());
            let mut overlay = Overlay::new();
            let read = read_entry(&spoilt, &mut overlay);
            let held: usize =
                overlay.iter().map(|(key, value)| key.len() + value.iter().flatten().count()).sum();
            assert!(held <= spoilt.len(), "{read:?}");
        }
    }

    #[test]
    fn a_store_is_what_was_committed_before_and_behind_a_fold() {
        let folder = std::env::temp_dir().join(format!("quorb-naming-redb-{}", std::process::id()));
        let mut expected = BTreeMap::new();
        for life in 0..3_u32 {
            let mut store = RedbStore::open(&folder).unwrap();
            assert!(matches!(RedbStore::open(&folder), Err(StoreError::InUse(_))));
            let mut found = BTreeMap::new();
            store
                .load(&mut |key, value| {
                    assert_eq!(found.insert(key.to_vec(), value.to_vec()), None, "each key once");
                    Ok(())
                })
                .unwrap();
            assert_eq!(found, expected, "life {life}");
            for number in 0..40_u32 {
                let (key, value) = (format!("{}", number % 30), format!("{life} {number}"));
                store
                    .commit(&[row(&key, Some(&value)), row("gone", Some(&value)), row("gone", None)])
                    .unwrap();
                expected.insert(key.into_bytes(), value.into_bytes());
                if number == 20 {
                    store.fold().unwrap();
                }
            }
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
