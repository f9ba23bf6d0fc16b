//! How long the peer has left something incomplete.

use crate::proto::head::Time;

/// Since when messages have been waiting for their rest.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    /// The message at the front of the input.
    front: Option<Time>,
    /// Fragmented messages by their number in the stream, ascending.
    fragmented: Vec<(u64, Time)>,
    /// Nothing is read: what is missing is not the peer's fault.
    paused: bool,
}

impl Unfinished {
    /// The message at the front of the input was complete.
    pub(super) fn front_taken(&mut self) {
        self.front = None;
    }

    /// Everything whole was taken out of the input: `front` says whether something is left there, `fragmented` which
    /// fragmented messages are open, oldest first.
    pub(super) fn note(&mut self, front: bool, fragmented: impl Iterator<Item = u64>, now: Time) {
        if std::mem::take(&mut self.paused) {
            *self = Unfinished::default();
        }
        self.front = front.then(|| self.front.unwrap_or(now));
        if self.fragmented.is_empty() {
            self.fragmented.extend(fragmented.map(|number| (number, now)));
            return;
        }
        let known = std::mem::take(&mut self.fragmented);
        self.fragmented.extend(fragmented.map(|number| {
            match known.binary_search_by_key(&number, |(known, _)| *known) {
                Ok(at) => known[at],
                Err(_) => (number, now),
            }
        }));
    }

    /// Stops all clocks; they start anew with the next [`note`](Self::note).
    pub(super) fn pause(&mut self) {
        self.paused = true;
    }

    /// Since when the oldest has been waiting.
    pub(super) fn oldest(&self) -> Option<Time> {
        if self.paused {
            return None;
        }
        // The oldest fragmented message stands in front of the others.
        let fragmented = self.fragmented.first().map(|(_, since)| *since);
        match (self.front, fragmented) {
            (Some(front), Some(fragmented)) => Some(front.min(fragmented)),
            (front, fragmented) => front.or(fragmented),
        }
    }
}
