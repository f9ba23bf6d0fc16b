//! Every limit of the event service, by name.

use std::time::Duration;

/// The limits of an event service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The channels of the service; one more is IMP_LIMIT.
    pub channels_max: usize,
    /// The octets of a subject or pattern.
    pub subject_bytes_max: usize,
    /// The levels of a subject or pattern.
    pub subject_levels_max: usize,
    /// The octets of the key that an event is conflated by.
    pub key_bytes_max: usize,
    /// The octets of one block, and with that of one event.
    pub block_bytes_max: usize,
    /// The events of one block.
    pub block_events_max: usize,
    /// The octets of the name of a publisher.
    pub publisher_bytes_max: usize,
    /// Publishers of a channel whose last sequence number is remembered; the one that was not heard for the longest time is
    /// forgotten.
    pub publishers_remembered_max: usize,
    /// Subscribers of a channel with names, whose positions are remembered; more are refused.
    pub settled_max: usize,
    /// The subscribers of a channel.
    pub subscribers_max: usize,
    /// The longest queue that a subscriber may ask for, in events.
    pub queue_events_max: u32,
    /// The octets of the blocks in the queue of one subscriber. A block stays until its last event has left.
    pub queue_bytes_max: usize,
    /// The events in one answer to a subscriber.
    pub delivery_events_max: usize,
    /// The octets of blocks in one answer to a subscriber; one block always fits.
    pub delivery_bytes_max: usize,
    /// Blocks that wait for slow subscribers, or for the disk, before their publisher is answered; more are refused.
    pub publishes_waiting_max: usize,
    /// The octets of blocks on their way to the disk.
    pub unsynced_bytes_max: usize,
    /// How long a block waits for slow subscribers before its publisher is refused.
    pub publish_wait_max: Duration,
    /// The longest time that a subscriber's call waits for an event.
    pub take_wait_max: Duration,
    /// A subscriber that was not heard for so long is forgotten, and holds nobody up any more.
    pub subscriber_silence_max: Duration,
    /// The octets of a segment of a spool; a block that does not fit begins the next one.
    pub segment_bytes_max: u64,
    /// The blocks that servers that are one agree on together.
    pub batch_blocks_max: usize,
    /// The octets of those blocks; one block always fits.
    pub batch_bytes_max: usize,
    /// The time that it may take until the other servers have agreed on something.
    pub agree_wait_max: Duration,
    /// How long a server that ends waits until the others know that it has left.
    pub leave_wait_max: Duration,
    /// The proxies of one channel, OMG's four kinds together.
    pub proxies_max: usize,
    /// Events under way to one CORBA consumer of `EventChannel/NAME/pipelined`.
    pub pushes_under_way_max: usize,
    /// The time that a push to a CORBA consumer, or a pull from a supplier, may take.
    pub peer_wait_max: Duration,
    /// Failures in a row after which a CORBA consumer or supplier is disconnected.
    pub peer_failures_max: u32,
    /// The first wait after a failure of a CORBA peer; each further one is twice as long, up to `peer_wait_max`.
    pub peer_retry_first: Duration,
    /// How long a supplier that had nothing is left alone before it is pulled again.
    pub pull_pause: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            channels_max: 10_000,
            subject_bytes_max: 1_024,
            subject_levels_max: 64,
            key_bytes_max: 1_024,
            block_bytes_max: 8 << 20,
            block_events_max: 4_096,
            publisher_bytes_max: 128,
            publishers_remembered_max: 10_000,
            settled_max: 10_000,
            subscribers_max: 10_000,
            queue_events_max: 1_000_000,
            queue_bytes_max: 16 << 20,
            delivery_events_max: 4_096,
            delivery_bytes_max: 256 << 10,
            publishes_waiting_max: 4_096,
            unsynced_bytes_max: 32 << 20,
            publish_wait_max: Duration::from_secs(15),
            take_wait_max: Duration::from_secs(10),
            subscriber_silence_max: Duration::from_secs(30),
            segment_bytes_max: 64 << 20,
            batch_blocks_max: 256,
            batch_bytes_max: 1 << 20,
            agree_wait_max: Duration::from_secs(20),
            leave_wait_max: Duration::from_secs(5),
            proxies_max: 10_000,
            pushes_under_way_max: 64,
            peer_wait_max: Duration::from_secs(10),
            peer_failures_max: 8,
            peer_retry_first: Duration::from_millis(50),
            pull_pause: Duration::from_millis(100),
        }
    }
}
