//! Reading a recording.

use std::io::{BufReader, Read};

use serde::{Deserialize, Serialize};

use super::RecordedCall;

/// A recording that is read, call by call.
///
/// Whatever the octets are, reading costs at most an error: an item has at most [`ITEM_BYTES_MAX`] octets and a bounded depth.
pub struct Recording<R> {
    input: BufReader<R>,
    /// After an error nothing more can be understood.
    ended: bool,
}

/// Octets that one call may have in a recording that is read.
pub const ITEM_BYTES_MAX: u64 = 64 << 20;

/// How deep the values of a recording may nest.
const DEPTH_MAX: usize = 128;

/// The first item of a recording.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    /// The version of the format.
    quorb_recording: u32,
    /// What wrote it.
    software: String,
}

/// The version of the format that is written here.
const VERSION: u32 = 1;

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It is no recording.
    #[error("this is no recording: {0}")]
    NotARecording(String),
    /// It was written by a later version.
    #[error("the recording is of version {0}, and this program reads version {VERSION}")]
    Version(u32),
    /// A call cannot be read.
    #[error("a recorded call cannot be read: {0}")]
    Call(String),
    /// It ends in the middle of a call: whoever recorded was interrupted.
    #[error("the recording ends in the middle of a call")]
    Truncated,
    /// It cannot be read for another reason.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The first item.
pub(super) fn header() -> Vec<u8> {
    let software = concat!("quorb ", env!("CARGO_PKG_VERSION")).to_owned();
    let mut octets = Vec::new();
    ciborium::into_writer(&Header { quorb_recording: VERSION, software }, &mut octets)
        .expect("a number and a text are always encodable");
    octets
}

impl<R: Read> Recording<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// It is no recording, or of another version.
    pub fn read(input: R) -> Result<Recording<R>, RecordingError> {
        let mut recording = Recording { input: BufReader::new(input), ended: false };
        let header: Option<Header> = recording.item().map_err(|error| match error {
            RecordingError::Call(words) => RecordingError::NotARecording(words),
            RecordingError::Truncated => RecordingError::NotARecording("it is too short".to_owned()),
            other => other,
        })?;
        match header {
            None => Err(RecordingError::NotARecording("it is empty".to_owned())),
            Some(Header { quorb_recording: VERSION, .. }) => Ok(recording),
            Some(Header { quorb_recording, .. }) => Err(RecordingError::Version(quorb_recording)),
        }
    }

    /// The next item; none at the end.
    fn item<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>, RecordingError> {
        use std::io::BufRead;
        if self.input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let bounded = (&mut self.input).take(ITEM_BYTES_MAX);
        match ciborium::de::from_reader_with_recursion_limit(bounded, DEPTH_MAX) {
            Ok(item) => Ok(Some(item)),
            Err(ciborium::de::Error::Io(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(RecordingError::Truncated)
            }
            Err(error) => Err(in_words(error)),
        }
    }
}

/// Why an item cannot be read.
fn in_words(error: ciborium::de::Error<std::io::Error>) -> RecordingError {
    use ciborium::de::Error;
    match error {
        Error::Io(error) => RecordingError::Io(error),
        Error::Syntax(at) => RecordingError::Call(format!("octet {at} of it is no CBOR")),
        Error::Semantic(_, words) => RecordingError::Call(words),
        Error::RecursionLimitExceeded => RecordingError::Call("it nests too deep".to_owned()),
    }
}

impl<R: Read> Iterator for Recording<R> {
    type Item = Result<RecordedCall, RecordingError>;

    fn next(&mut self) -> Option<Result<RecordedCall, RecordingError>> {
        if self.ended {
            return None;
        }
        let item = self.item().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

impl<R> std::fmt::Debug for Recording<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("ended", &self.ended).finish_non_exhaustive()
    }
}
