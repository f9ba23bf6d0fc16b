//! What a batch of seeds has gone through: a run in which nothing happens proves nothing.

use super::run::Outcome;
use std::collections::BTreeMap;
use std::fmt;

/// What every run with an object counts.
const OBJECT_CALLS: &str = "object: calls";

/// Sums over runs.
#[derive(Debug, Default)]
pub struct Coverage {
    seeds: u64,
    sums: BTreeMap<&'static str, u64>,
    fewest_faults: Option<u64>,
    fewest_messages: Option<u64>,
}

impl Coverage {
    /// Adds a run.
    pub fn add(&mut self, outcome: &Outcome) {
        let c = &outcome.counters;
        self.seeds += 1;
        let sums = [
            ("messages", outcome.messages),
            ("faults", outcome.faults),
            ("answers", outcome.answers),
            ("views", c.views_installed),
            ("takeovers", c.takeovers),
            ("flush restarts", c.restarts),
            ("adopted proposals", c.adopted),
            ("fills", c.fills),
            ("orphans dropped", c.orphans),
            ("minority stalls", c.stalls),
            ("donor failovers", c.donor_failovers),
            ("dormant groups", c.dormant),
            ("lease waits", c.lease_waits),
            ("suspicions withdrawn", c.retractions),
            ("items of future views", c.future_items),
            ("refoundings", u64::from(outcome.refounded)),
            ("parts of messages", c.parts),
            ("large messages begun again", c.begun_again),
            ("records written", c.records),
            ("checkpoints", c.checkpoints),
            ("parts of snapshots", c.snapshot_parts),
            ("logs begun anew", c.compactions),
            ("restarts by consensus", c.restarted),
            ("ballots about restarts", c.regatherings),
            ("groups woken by a log", c.restored),
            ("groups dissolved", c.dissolved),
            ("sequencers that handed over", c.handovers),
            ("versions raised", c.raises),
            ("processes too old", c.too_old),
            ("promises broken by wild clocks", outcome.excused),
        ];
        for (name, count) in sums.into_iter().chain(outcome.object.iter().copied()) {
            *self.sums.entry(name).or_default() += count;
        }
        self.fewest_faults = Some(self.fewest_faults.map_or(outcome.faults, |n| n.min(outcome.faults)));
        self.fewest_messages =
            Some(self.fewest_messages.map_or(outcome.messages, |n| n.min(outcome.messages)));
    }

    /// Something that should have happened and did not.
    #[must_use]
    pub fn missing(&self) -> Option<&'static str> {
        if self.fewest_faults.is_some_and(|n| n < 3) {
            return Some("three faults in each run");
        }
        let has_object = self.sums.contains_key(OBJECT_CALLS);
        if self.fewest_messages.is_some_and(|n| n < 200 && !has_object) {
            return Some("two hundred messages in each run");
        }
        // With an object the engine is only the ground, and the style is one of two.
        let executes = self.sums.get("object, executor: takeovers").is_some_and(|count| *count > 0);
        let other_style = if executes { "object, active" } else { "object, executor" };
        let asserted = |name: &str| match has_object {
            true => name.starts_with("object") && !name.starts_with(other_style),
            false => true,
        };
        self.sums.iter().find(|(name, count)| **count == 0 && asserted(name)).map(|(name, _)| *name)
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in &self.sums {
            writeln!(f, "  {name}: {count}")?;
        }
        let least = |n: Option<u64>| n.unwrap_or(0);
        write!(f, "  fewest in a run: {} faults", least(self.fewest_faults))?;
        write!(f, ", {} messages", least(self.fewest_messages))
    }
}
