//! Every limit of the broker, by name.

use std::time::Duration;

/// The limits of a broker. All can be set through [`OrbBuilder::limits`](super::OrbBuilder::limits); the defaults suit a
/// server on an ordinary machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The time a call may take, from look-up to reply, unless the operation or the caller says otherwise.
    pub call_deadline: Duration,
    /// The time one attempt to open a connection may take.
    pub connect_time_max: Duration,
    /// The time after which an address that does not answer gets company by the next one of the reference, or of the host
    /// name.
    pub connect_stagger: Duration,
    /// How long other endpoints are tried before one that could not be reached; twice as long after each further failure.
    pub endpoint_rest_first: Duration,
    /// The longest such time.
    pub endpoint_rest_max: Duration,
    /// Endpoints of one reference that are tried; others are passed over.
    pub endpoints_max: usize,
    /// The time an accepted connection may stay silent before its first octets.
    pub first_octets_wait: Duration,
    /// A connection without calls is closed after this time.
    pub idle_time_max: Duration,
    /// Blocking calls in a row, with nothing else on their connection, before the threads that make them get a shortcut: a
    /// second connection, which they read by themselves. `u32::MAX` for never.
    pub shortcut_calls_min: u32,
    /// A shortcut that was not used for so long is closed. No more than peers allow: while it is not used, nobody reads it.
    pub shortcut_idle_max: Duration,
    /// After this long without a sign of life, the peer of a native connection is asked for one.
    pub ping_idle: Duration,
    /// A native connection that gives no sign of life this long after it was asked is dead.
    pub ping_timeout: Duration,
    /// A message or body that has begun must be complete after so long.
    pub message_wait_max: Duration,
    /// The octets a second that a peer must send at least while it is in the middle of a message or body, on average over
    /// each `message_rate_window`.
    pub message_bytes_per_second_min: u64,
    /// How long a peer may be slower than `message_bytes_per_second_min`.
    pub message_rate_window: Duration,
    /// A peer that takes nothing of what is written to it for so long is given up.
    pub output_wait_max: Duration,
    /// The octets of one message or body, received or sent.
    pub body_bytes_max: usize,
    /// The octets of bodies that one connection may be in the middle of receiving; no more than an eighth of
    /// `buffers_bytes_max`, or one body.
    pub assembly_bytes_max: usize,
    /// Calls that one connection may have in flight, in each direction.
    pub calls_in_flight_max: usize,
    /// Calls of one connection that are served in a row, without a gap between them, while other connections call as well:
    /// then it pauses for `calls_in_a_row_pause`, so that a peer that calls without end leaves the others their time.
    pub calls_in_a_row_max: usize,
    /// That pause. A connection that nobody else calls beside never pauses.
    pub calls_in_a_row_pause: Duration,
    /// Octets that wait to be written to a peer that does not read; reading from it pauses above.
    pub output_bytes_max: usize,
    /// Octets of replies that wait for one peer, whether it does not read or does not give credit: above, its further calls
    /// are refused.
    pub replies_bytes_max: usize,
    /// The octets that messages may take on all connections together: in buffers, in assembly, as replies that are not taken
    /// and as arguments of calls that wait. Above, a connection that holds more than an equal share is refused further calls,
    /// and given up if its buffers alone are more. At least twice `body_bytes_max`.
    pub buffers_bytes_max: usize,
    /// Connections that are served at the same time.
    pub connections_max: usize,
    /// Accepted connections that have a thread each, which waits for nothing but its peer; all others are driven by tasks. A
    /// lone call is answered in two thirds of the time, with some 100 KiB of memory for each thread. For servers with few
    /// clients that make one call after the other.
    pub connection_threads_max: usize,
    /// Clients whose replies are remembered.
    pub reply_cache_clients_max: usize,
    /// Replies that are remembered for one client.
    pub reply_cache_entries_max: usize,
    /// The octets of all remembered replies.
    pub reply_cache_bytes_max: usize,
    /// A client that was quiet so long is forgotten, with its replies.
    pub reply_cache_idle_max: Duration,
    /// Streams that others may read from this broker at the same time; calls with more get an exception.
    pub streams_open_max: usize,
    /// A stream that nobody has read for so long is given up; so long a reader waits for the next octets.
    pub stream_wait_max: Duration,
    /// Calls of one chain that may wait for each other: a call that more than so many wait for is refused with IMP_LIMIT,
    /// completion No.
    pub call_depth_max: u32,
    /// Forgotten clients of whom is kept how far they had come, so that they come back without a detour.
    pub reply_cache_traces_max: usize,
    /// Attempts of one call, the first included.
    pub retry_attempts_max: u32,
    /// The wait before a call is tried again, where it cannot be at once; each further one is twice as long.
    pub retry_wait_first: Duration,
    /// The longest such wait.
    pub retry_wait_max: Duration,
    /// Forwards that one call follows.
    pub forwards_max: u32,
}

impl Limits {
    /// The default of [`call_depth_max`](Limits::call_depth_max), which holds for objects without a broker as well.
    pub(crate) const CALL_DEPTH_MAX: u32 = 128;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            call_deadline: Duration::from_secs(30),
            connect_time_max: Duration::from_secs(5),
            connect_stagger: Duration::from_millis(250),
            endpoint_rest_first: Duration::from_millis(500),
            endpoint_rest_max: Duration::from_secs(10),
            endpoints_max: 64,
            first_octets_wait: Duration::from_secs(30),
            idle_time_max: Duration::from_secs(180),
            shortcut_calls_min: 16,
            shortcut_idle_max: Duration::from_secs(1),
            ping_idle: Duration::from_secs(10),
            ping_timeout: Duration::from_secs(5),
            message_wait_max: Duration::from_secs(60),
            message_bytes_per_second_min: 512,
            message_rate_window: Duration::from_secs(15),
            output_wait_max: Duration::from_secs(60),
            body_bytes_max: 64 << 20,
            assembly_bytes_max: 128 << 20,
            calls_in_flight_max: 4096,
            calls_in_a_row_max: 256,
            calls_in_a_row_pause: Duration::from_millis(1),
            output_bytes_max: 4 << 20,
            replies_bytes_max: 128 << 20,
            buffers_bytes_max: 1 << 30,
            connections_max: 10_000,
            connection_threads_max: 0,
            reply_cache_clients_max: 10_000,
            reply_cache_entries_max: 8192,
            reply_cache_bytes_max: 64 << 20,
            reply_cache_idle_max: Duration::from_secs(600),
            streams_open_max: 1024,
            stream_wait_max: Duration::from_secs(60),
            call_depth_max: Limits::CALL_DEPTH_MAX,
            reply_cache_traces_max: 50_000,
            retry_attempts_max: 5,
            retry_wait_first: Duration::from_millis(20),
            retry_wait_max: Duration::from_secs(2),
            forwards_max: 8,
        }
    }
}
