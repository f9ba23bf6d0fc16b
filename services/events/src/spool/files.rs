//! The small files beside the segments: what the channel is, and how far its subscribers have come.
//!
//! ```text
//! octet  0            4
//!        +------------+----------
//!        | CRC-32 (LE)| CBOR ...
//!        +------------+----------
//! ```
//!
//! A file is written anew as a whole, and takes the place of the old one when it is on the disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use quorb::IdlType;

use super::SpoolError;
use crate::native::{ChannelOptions, SettledAt};

/// What a channel is, as its directory says.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb/Events/ChannelFile:1.0")]
pub struct ChannelFile {
    /// Its name.
    pub name: String,
    /// Its life: positions of another life mean nothing.
    pub life: u64,
    /// How it was made.
    pub options: ChannelOptions,
}

/// How far subscribers with names have come.
#[derive(Debug, Clone, Default, PartialEq, IdlType)]
#[idl(id = "IDL:quorb/Events/SettledFile:1.0")]
pub struct SettledFile {
    /// Each with its position.
    pub positions: Vec<SettledAt>,
}

impl ChannelFile {
    const NAME: &str = "channel";

    /// Reads what a directory says.
    ///
    /// # Errors
    /// The disk; a file that is not one of these.
    pub fn read(directory: &Path) -> Result<ChannelFile, SpoolError> {
        read(directory, Self::NAME, "it does not say what a channel is")
    }

    /// Writes it, in place of the one that is there.
    ///
    /// # Errors
    /// The disk.
    pub fn write(&self, directory: &Path) -> Result<(), SpoolError> {
        write(self, directory, Self::NAME)
    }
}

impl SettledFile {
    const NAME: &str = "settled";

    /// Reads what a directory says; nothing if it says nothing.
    ///
    /// # Errors
    /// The disk; a file that is not one of these.
    pub fn read(directory: &Path) -> Result<SettledFile, SpoolError> {
        match read(directory, Self::NAME, "it does not say how far subscribers have come") {
            Err(SpoolError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(SettledFile::default())
            }
            read => read,
        }
    }

    /// Writes it, in place of the one that is there.
    ///
    /// # Errors
    /// The disk.
    pub fn write(&self, directory: &Path) -> Result<(), SpoolError> {
        write(self, directory, Self::NAME)
    }
}

fn read<T: IdlType>(directory: &Path, name: &str, otherwise: &'static str) -> Result<T, SpoolError> {
    let path = directory.join(name);
    let octets = fs::read(&path).map_err(|source| SpoolError::Io { path: path.clone(), source })?;
    let malformed = |what| SpoolError::Malformed { path: path.clone(), what };
    let (sum, body) = octets.split_at_checked(4).ok_or_else(|| malformed("too short"))?;
    if sum != crc32fast::hash(body).to_le_bytes() {
        return Err(malformed("its check sum is wrong"));
    }
    let mut body = body;
    quorb::value::decode_cbor(&mut body).map_err(|_| malformed(otherwise))
}

fn write<T: IdlType>(value: &T, directory: &Path, name: &str) -> Result<(), SpoolError> {
    let path = directory.join(name);
    let write = || {
        fs::create_dir_all(directory)?;
        let mut body = Vec::new();
        quorb::value::encode_cbor(value, &mut body).map_err(io::Error::other)?;
        let draft = directory.join(format!("{name}.new"));
        let mut file = File::create(&draft)?;
        file.write_all(&crc32fast::hash(&body).to_le_bytes())?;
        file.write_all(&body)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(|source| SpoolError::Io { path: path.clone(), source })
}
