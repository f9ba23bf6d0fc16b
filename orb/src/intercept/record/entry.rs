//! One recorded call.

use std::fmt;
use std::time::Duration;

use ciborium::Value;
use serde::{Deserialize, Serialize};

use super::notation::Notation;
use crate::intercept::method::plain_id;
use crate::intercept::metrics::Side;

/// A call as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedCall {
    /// Which end recorded it.
    pub side: Side,
    /// When it began: microseconds since the recording began.
    pub at_us: u64,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// The key of the object, opaque.
    #[serde(with = "octets")]
    pub object_key: Vec<u8>,
    /// The repository id of the interface; empty if it is not known.
    pub interface: String,
    /// The operation's name on the wire.
    pub operation: String,
    /// The arguments.
    pub arguments: RecordedValues,
    /// How it ended.
    pub ending: RecordedEnding,
}

/// The values of a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RecordedValues {
    /// In order, as [dynamic values](crate::value::dynamic).
    #[serde(rename = "values")]
    Values(Vec<Value>),
    /// As they were encoded, because the interface is not known or does not fit: the octets of the body.
    #[serde(rename = "octets", with = "octets")]
    Octets(Vec<u8>),
    /// Left out: there were more octets than are recorded of one body.
    #[serde(rename = "left_out")]
    LeftOut {
        /// How many.
        bytes: u64,
    },
}

/// How a recorded call ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RecordedEnding {
    /// With results.
    #[serde(rename = "results")]
    Results(RecordedValues),
    /// With a declared exception.
    #[serde(rename = "exception")]
    Exception {
        /// Its repository id.
        id: String,
        /// Its members.
        members: RecordedValues,
    },
    /// With a system exception.
    #[serde(rename = "system")]
    System {
        /// The OMG name of its kind.
        kind: String,
        /// Its minor code.
        minor: u32,
        /// Whether the operation was executed: `yes`, `no` or `maybe`.
        completed: String,
    },
    /// It was handed over; nobody answers a oneway call.
    #[serde(rename = "oneway")]
    HandedOver,
    /// The object is elsewhere.
    #[serde(rename = "forwarded")]
    Forwarded,
    /// Its caller gave up.
    #[serde(rename = "cancelled")]
    Cancelled,
}

/// `+0.001234s server demo/Desk/add(5) = 12 in 23us`.
impl fmt::Display for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Client => "client",
            Side::Server => "server",
        };
        let at = Duration::from_micros(self.at_us).as_secs_f64();
        let interface = plain_id(&self.interface);
        write!(f, "+{at:.6}s {side} {interface}/{}({}) ", self.operation, self.arguments)?;
        match &self.ending {
            RecordedEnding::Results(values) => write!(f, "= {values}")?,
            RecordedEnding::Exception { id, members } => write!(f, "raises {} {members}", plain_id(id))?,
            RecordedEnding::System { kind, minor, completed } => {
                write!(f, "fails: {kind} {minor:#010x}, completed: {completed}")?;
            }
            RecordedEnding::HandedOver => f.write_str("oneway")?,
            RecordedEnding::Forwarded => f.write_str("is elsewhere")?,
            RecordedEnding::Cancelled => f.write_str("was given up")?,
        }
        write!(f, " in {}us", self.took_us)
    }
}

impl fmt::Display for RecordedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordedValues::Values(values) => {
                for (place, value) in values.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    write!(f, "{comma}{}", Notation(value))?;
                }
                Ok(())
            }
            RecordedValues::Octets(octets) => write!(f, "{}", Notation(&Value::Bytes(octets.clone()))),
            RecordedValues::LeftOut { bytes } => write!(f, "... {bytes} octets ..."),
        }
    }
}

/// Octets as a byte string, instead of as an array of numbers.
mod octets {
    use ciborium::Value;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(octets: &[u8], out: S) -> Result<S::Ok, S::Error> {
        out.serialize_bytes(octets)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u8>, D::Error> {
        Value::deserialize(input)?.into_bytes().map_err(|_| D::Error::custom("octets are a byte string"))
    }
}
