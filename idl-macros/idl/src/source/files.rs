//! Where files come from: a folder tree, or memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};

/// What the preprocessor reads files through.
pub trait Files {
    /// The octets of the file at this path.
    ///
    /// # Errors
    /// [`ReadFault`] says why there are none; a file above `bytes_max` octets is not read.
    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, ReadFault>;
}

/// Why a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadFault {
    /// There is no such file.
    #[error("no such file")]
    Missing,
    /// It is larger than the limit.
    #[error("the file is larger than {bytes_max} octets")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The system refuses.
    #[error("cannot be read: {0}")]
    Refused(ErrorKind),
}

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, ReadFault> {
        let fault = |cause: std::io::Error| match cause.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => ReadFault::Missing,
            kind => ReadFault::Refused(kind),
        };
        let file = File::open(path).map_err(fault)?;
        if file.metadata().map_err(fault)?.is_dir() {
            return Err(ReadFault::Refused(ErrorKind::IsADirectory));
        }
        let mut bytes = Vec::new();
        // One octet more than allowed tells a file at the limit from one above it, devices included.
        file.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(fault)?;
        if bytes.len() > bytes_max { Err(ReadFault::TooLarge { bytes_max }) } else { Ok(bytes) }
    }
}

/// Files by path, in memory.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// No file yet.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// With one file more.
    #[must_use]
    pub fn with(mut self, path: &str, content: impl Into<Vec<u8>>) -> Memory {
        self.files.insert(path.to_owned(), content.into());
        self
    }
}

impl Files for Memory {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, ReadFault> {
        let bytes = self.files.get(path).ok_or(ReadFault::Missing)?;
        if bytes.len() > bytes_max { Err(ReadFault::TooLarge { bytes_max }) } else { Ok(bytes.clone()) }
    }
}
