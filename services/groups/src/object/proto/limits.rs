//! The most that a replica holds of anything. They are part of what members agree on: all members are given the same.

/// Limits of one replicated object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaLimits {
    /// Clients whose requests are remembered. When they are all here and another comes, the one that was quiet longest goes.
    pub clients_max: usize,
    /// Requests of one client that are remembered. When they are all here, the oldest answered one goes.
    pub requests_per_client_max: usize,
    /// Runs of one client's requests that are remembered without their replies, because a lower one was not seen and may still
    /// come. When there are more, what was not seen below the lowest comes too late.
    pub runs_per_client_max: usize,
    /// Octets of all replies that are kept. When they are exceeded, the oldest go; that they were given is remembered.
    pub reply_bytes_max: usize,
    /// Clients that are gone of whom it is kept how far they had come.
    pub traces_max: usize,
    /// Octets of a snapshot of the object.
    pub state_bytes_max: usize,
    /// Requests that the executor executes before it ships what has come of them.
    pub batch_requests_max: usize,
    /// Octets of the state that the executor ships with an outcome.
    pub outcome_bytes_max: usize,
    /// Executors that one request may cost, before it is refused for good.
    pub executors_lost_max: u32,
    /// Digests of the members' states are compared whenever so many requests have been executed; 0 is never.
    pub checkpoint_requests: u64,
    /// Timers of the object that run at the same time.
    pub timers_max: usize,
    /// Octets of a timer's name.
    pub timer_name_bytes_max: usize,
    /// How much later each member says that a timer is due than the one before it by rank, in milliseconds: who is lost is
    /// stood in for after that.
    pub timer_grace_ms: u64,
    /// Calls of this member's clients that wait for their replies; more are refused with TRANSIENT.
    pub calls_waiting_max: usize,
    /// Calls that wait for the end of the same request.
    pub repetitions_max: usize,
}

impl Default for ReplicaLimits {
    fn default() -> Self {
        Self {
            clients_max: 10_000,
            requests_per_client_max: 2048,
            runs_per_client_max: 1024,
            reply_bytes_max: 64 << 20,
            traces_max: 50_000,
            state_bytes_max: 1 << 30,
            batch_requests_max: 1024,
            outcome_bytes_max: 8 << 20,
            executors_lost_max: 2,
            checkpoint_requests: 4096,
            timers_max: 4096,
            timer_name_bytes_max: 256,
            timer_grace_ms: 200,
            calls_waiting_max: 65_536,
            repetitions_max: 16,
        }
    }
}
