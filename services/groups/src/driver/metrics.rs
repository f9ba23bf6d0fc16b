//! What a process of a domain is doing, in numbers.

use crate::core::Counters;

/// A snapshot. Counts go up from the beginning of the process's membership; lengths are of this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metrics {
    /// What has happened in the protocol: views, ballots, suspicions, frames sent again and refused.
    pub counters: Counters,
    /// Groups this process is in.
    pub groups: usize,
    /// Of those, groups whose application lags: their senders wait for it.
    pub groups_lagging: usize,
    /// Octets of events that applications have not read.
    pub events_unread_bytes: usize,
    /// Messages of this process that wait for the credit of their group.
    pub sends_waiting: usize,
    /// Octets of this process's own messages, in all groups, that not every member has acknowledged or that wait to be sent.
    pub windows_bytes: usize,
    /// Messages that are kept because not every member has acknowledged them, or because they wait for their turn.
    pub messages_kept: usize,
    /// Connections open.
    pub links: usize,
    /// Octets that wait to be written to them.
    pub links_queued_bytes: usize,
}
