//! From its place to the queues.

use std::sync::Arc;

use super::subscriber::Subscriber;
use super::{Channel, Effects, Stored};

impl Channel {
    /// Hands a block to all that want some of it. Each pattern is looked at once.
    pub(super) fn distribute(&mut self, stored: Arc<Stored>, effects: &mut Effects) {
        self.distributed = stored.last() + 1;
        self.history.append(&stored);
        for (pattern, subscribers) in &self.patterns {
            let chosen = if pattern.is_everything() {
                Some(stored.clone())
            } else {
                let wanted: Vec<bool> =
                    stored.block.subjects().map(|subject| pattern.matches(subject)).collect();
                match wanted.iter().filter(|&&wanted| wanted).count() {
                    0 => None,
                    all if all == wanted.len() => Some(stored.clone()),
                    _ => stored.selected(&wanted).map(Arc::new),
                }
            };
            let Some(chosen) = chosen else { continue };
            for id in subscribers {
                if self.subscribers.get_mut(id).is_some_and(|s: &mut Subscriber| s.offer(&chosen)) {
                    effects.wake.push(*id);
                }
            }
        }
        // Somebody may need it who has found no room in his queue.
        self.keep_what_is_needed();
        self.history.trim();
    }
}
