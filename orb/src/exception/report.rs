//! The circumstances of a system exception: stage, addresses, cause.

use std::fmt;

/// How far a call had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading the reference and choosing an endpoint.
    Resolving,
    /// Opening a connection.
    Connecting,
    /// Encoding the arguments.
    Encoding,
    /// Handing the request to the connection.
    Sending,
    /// Waiting for the reply.
    Waiting,
    /// Decoding the reply.
    Decoding,
    /// Finding the object and admitting the call, on the server.
    Admitting,
    /// Running the servant, on the server.
    Executing,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Resolving => "resolving the reference",
            Stage::Connecting => "connecting",
            Stage::Encoding => "encoding the arguments",
            Stage::Sending => "sending the request",
            Stage::Waiting => "waiting for the reply",
            Stage::Decoding => "decoding the reply",
            Stage::Admitting => "admitting the call",
            Stage::Executing => "executing",
        })
    }
}

/// One address that was tried, and how that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The address, with its protocol: `iiop 127.0.0.1:2809`.
    pub address: String,
    /// How it ended, in the words of the operating system or the protocol.
    pub outcome: String,
}

/// The circumstances of a system exception. They are for people and logs: no decision of a program should need them.
///
/// A report crosses both protocols as one line of text; foreign brokers pass it over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How far the call had come.
    pub stage: Option<Stage>,
    /// The operation that was called.
    pub operation: Option<String>,
    /// Every address that was tried, in order.
    pub attempts: Vec<Attempt>,
    /// The cause, in words.
    pub detail: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(stage) = self.stage {
            write!(f, "while {stage}")?;
            separator = " ";
        }
        if let Some(operation) = &self.operation {
            write!(f, "{separator}in `{operation}`")?;
            separator = " ";
        }
        if let Some(detail) = &self.detail {
            write!(f, "{}{detail}", if separator.is_empty() { "" } else { ": " })?;
            separator = " ";
        }
        for (index, (attempt, times)) in self.distinct_attempts().into_iter().enumerate() {
            let lead = match (index, separator) {
                (0, "") => "tried ",
                (0, _) => "; tried ",
                _ => "; ",
            };
            write!(f, "{lead}{} ({}", attempt.address, attempt.outcome)?;
            match times {
                1 => write!(f, ")")?,
                _ => write!(f, ", {times} times)")?,
            }
        }
        Ok(())
    }
}

impl Report {
    /// The attempts that differ, in the order in which they were first made, each with how often it was made.
    fn distinct_attempts(&self) -> Vec<(&Attempt, usize)> {
        let mut distinct: Vec<(&Attempt, usize)> = Vec::new();
        for attempt in &self.attempts {
            match distinct.iter_mut().find(|(known, _)| *known == attempt) {
                Some((_, times)) => *times += 1,
                None => distinct.push((attempt, 1)),
            }
        }
        distinct
    }
}
