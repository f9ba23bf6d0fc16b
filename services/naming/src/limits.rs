//! Every limit of the naming service, by name.

use std::time::Duration;

/// The limits of a naming service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The octets of the id or of the kind of a component; names with longer ones are invalid.
    pub component_bytes_max: usize,
    /// The components of one name; longer names are invalid.
    pub name_components_max: usize,
    /// The octets of a reference that is bound; more is IMP_LIMIT.
    pub reference_bytes_max: usize,
    /// The bindings of the whole service; more is IMP_LIMIT.
    pub bindings_max: usize,
    /// The contexts of the whole service; more is IMP_LIMIT.
    pub contexts_max: usize,
    /// The leases of the whole service; more is IMP_LIMIT.
    pub leases_max: usize,
    /// The shortest lease.
    pub lease_time_min: Duration,
    /// The longest lease.
    pub lease_time_max: Duration,
    /// The bindings in one answer of a list, whatever its caller asks for.
    pub page_bindings_max: usize,
    /// The octets of names in one answer of a list.
    pub page_bytes_max: usize,
    /// The iterators that are kept; the one that was not used for the longest time makes room for the next.
    pub iterators_max: usize,
    /// An iterator that was not used for so long is forgotten.
    pub iterator_idle_max: Duration,
    /// Changes that are remembered for those who watch.
    pub changes_kept_max: usize,
    /// The changes in one answer to a watcher.
    pub changes_per_answer_max: usize,
    /// The contexts that a watcher may name; more is BAD_PARAM.
    pub watched_contexts_max: usize,
    /// The longest time that a watcher's call waits for a change.
    pub watch_wait_max: Duration,
    /// Updates that wait for the store; more are refused with TRANSIENT.
    pub updates_waiting_max: usize,
    /// Updates that are made durable together.
    pub updates_per_sync_max: usize,
    /// The time that a context of another service may take.
    pub foreign_wait_max: Duration,
    /// Calls of contexts of other services that are under way; further ones cannot proceed.
    pub foreign_calls_max: usize,
    /// The octets of all names as the members of a group save them for each other; more is IMP_LIMIT. No more than
    /// [`state_bytes_max`](quorb_groups::object::ReplicaLimits::state_bytes_max). A service on its own has no such limit.
    pub saved_bytes_max: usize,
    /// The time that a member which ends gives the others to let it go; without most of them it goes as if it were lost.
    pub leave_wait_max: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            component_bytes_max: 64 << 10,
            name_components_max: 16_384,
            reference_bytes_max: 64 << 10,
            bindings_max: 50_000_000,
            contexts_max: 10_000_000,
            leases_max: 1_000_000,
            lease_time_min: Duration::from_millis(100),
            lease_time_max: Duration::from_secs(7 * 86_400),
            page_bindings_max: 10_000,
            page_bytes_max: 1 << 20,
            iterators_max: 1_000,
            iterator_idle_max: Duration::from_secs(300),
            changes_kept_max: 65_536,
            changes_per_answer_max: 1_000,
            watched_contexts_max: 10_000,
            watch_wait_max: Duration::from_secs(20),
            updates_waiting_max: 65_536,
            updates_per_sync_max: 4_096,
            foreign_wait_max: Duration::from_secs(10),
            foreign_calls_max: 1_024,
            saved_bytes_max: (1 << 30) - (1 << 20),
            leave_wait_max: Duration::from_secs(5),
        }
    }
}
