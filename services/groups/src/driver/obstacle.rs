//! What keeps a process from its domain for now.

use crate::core::{Address, Unwelcome, Upcall};
use std::fmt;
use tokio::sync::mpsc;

/// Why a process that joins is not in a view yet; see [`Join::obstacles`](super::Join::obstacles). None of them ends the
/// attempt: the process goes on trying, for whoever is in the way may be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// The process at this address, and this one, want nothing to do with each other.
    TurnedAway {
        /// As the seeds say.
        address: String,
        /// Why.
        reason: Unwelcome,
    },
    /// Everyone failed, and this process's log alone is not enough to begin again.
    WaitingFor {
        /// Where those are expected that were in the last view; empty when they have come.
        addresses: Vec<String>,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TurnedAway { address, reason } => write!(f, "cannot join {address}: {reason}"),
            Self::WaitingFor { addresses } if addresses.is_empty() => {
                f.write_str("those that were there last are here")
            }
            Self::WaitingFor { addresses } => {
                write!(f, "waiting for {}, which were there last", addresses.join(", "))
            }
        }
    }
}

/// Where obstacles are told, if anybody wants to know.
#[derive(Debug, Clone, Default)]
pub(super) struct Obstacles(pub(super) Option<mpsc::Sender<Obstacle>>);

impl Obstacles {
    /// Tells it, and writes it to the log.
    pub(super) fn met(&self, upcall: Upcall) {
        let text = |address: Address| address.to_string();
        let obstacle = match upcall {
            Upcall::Unwelcome { address: Some(address), reason } => {
                Obstacle::TurnedAway { address: text(address), reason }
            }
            Upcall::Unwelcome { address: None, reason } => {
                return tracing::warn!(%reason, "a caller was turned away");
            }
            Upcall::Waiting { addresses } => {
                Obstacle::WaitingFor { addresses: addresses.into_iter().map(text).collect() }
            }
            _ => return,
        };
        tracing::warn!("{obstacle}");
        if let Some(told) = &self.0 {
            // Whoever does not read them, or no more, misses nothing that is not told again.
            let _ = told.try_send(obstacle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_read_well() {
        let turned = Obstacle::TurnedAway { address: "a:1".into(), reason: Unwelcome::KEY };
        assert_eq!(turned.to_string(), "cannot join a:1: the two were not given the same key");
        let waiting = |addresses: &[&str]| Obstacle::WaitingFor {
            addresses: addresses.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(waiting(&["a:1", "b:2"]).to_string(), "waiting for a:1, b:2, which were there last");
        assert_eq!(waiting(&[]).to_string(), "those that were there last are here");
    }

    #[test]
    fn nobody_is_waited_for_who_does_not_read() {
        let (told, mut obstacles) = mpsc::channel(1);
        let met = Obstacles(Some(told));
        for reason in [Unwelcome::KEY, Unwelcome::NAME] {
            met.met(Upcall::Unwelcome { address: Some("a:1".into()), reason });
        }
        met.met(Upcall::Unwelcome { address: None, reason: Unwelcome::KEY });
        let first = Obstacle::TurnedAway { address: "a:1".into(), reason: Unwelcome::KEY };
        assert_eq!(obstacles.try_recv().ok(), Some(first));
        assert!(obstacles.try_recv().is_err());
        drop(obstacles);
        met.met(Upcall::Waiting { addresses: Vec::new() });
    }
}
