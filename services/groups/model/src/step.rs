//! Everything that can happen, as data.

use crate::set::{Pid, Set, letter};
use crate::state::Ballot;
use std::fmt;

/// One atomic step of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A process stops for ever.
    Crash(Pid),
    /// A process begins a ballot: FLUSH to the survivors.
    Begin {
        /// Who leads it.
        leader: Pid,
        /// With which counter.
        counter: u8,
        /// Whom it asks.
        survivors: Set,
        /// Who of them leaves.
        leaving: Set,
        /// Who is admitted.
        joining: Set,
    },
    /// A process takes a FLUSH and answers it.
    Answer(Pid, u8, Ballot),
    /// The leader has all answers: it makes a value, or adopts one.
    Collect(u8, Ballot),
    /// A survivor receives one message of the sender that another survivor forwards.
    Forward(Pid, Pid),
    /// All that are kept hold the cut: the leader proposes.
    Propose(u8, Ballot),
    /// A process accepts the value.
    Accept(Pid, u8, Ballot),
    /// The leader sees a quorum of acceptances: COMMIT.
    Decide(u8, Ballot),
    /// A process installs the decided view.
    Install(Pid, u8, Ballot),
    /// A process multicasts a message.
    Send(Pid),
    /// A process takes the next message of a sender's stream.
    Take(Pid, Pid),
    /// A process takes the next place of the sequencer's stream.
    Learn(Pid),
    /// A process delivers the next message.
    Deliver(Pid),
    /// Time passes; at the reader's slow clock perhaps not.
    Tick {
        /// Whether the slow clock stands still.
        still: bool,
    },
    /// The reader sends a renewal of its lease.
    Renew,
    /// A process acknowledges the renewal, and promises.
    Acknowledge(Pid),
    /// The reader counts the acknowledgements of a quorum.
    Lease,
    /// A query arrives at the reader.
    Ask,
    /// The reader answers it.
    Read,
}

impl Step {
    /// What kind of step it is, for the counts of a search.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Crash(_) => "crash",
            Self::Begin { .. } => "begin",
            Self::Answer(..) => "answer",
            Self::Collect(..) => "collect",
            Self::Forward(..) => "forward",
            Self::Propose(..) => "propose",
            Self::Accept(..) => "accept",
            Self::Decide(..) => "decide",
            Self::Install(..) => "install",
            Self::Send(_) => "send",
            Self::Take(..) => "take",
            Self::Learn(_) => "learn",
            Self::Deliver(_) => "deliver",
            Self::Tick { .. } => "tick",
            Self::Renew => "renew",
            Self::Acknowledge(_) => "acknowledge",
            Self::Lease => "lease",
            Self::Ask => "ask",
            Self::Read => "read",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Crash(p) => write!(f, "{} crashes", letter(p)),
            Self::Begin { leader, counter, survivors, leaving, joining } => {
                let ballot = Ballot::new(counter, leader);
                write!(f, "{} begins ballot {ballot:?}: FLUSH to {survivors}", letter(leader))?;
                if !leaving.is_empty() {
                    write!(f, ", {leaving} leaving")?;
                }
                if !joining.is_empty() {
                    write!(f, ", {joining} joining")?;
                }
                Ok(())
            }
            Self::Answer(p, view, ballot) => {
                write!(f, "{} answers the flush of view {view}, ballot {ballot:?}", letter(p))
            }
            Self::Collect(view, ballot) => {
                write!(f, "ballot {ballot:?} of view {view} has its answers and makes its value")
            }
            Self::Forward(p, sender) => {
                write!(f, "{} is forwarded a message of {}", letter(p), letter(sender))
            }
            Self::Propose(view, ballot) => write!(f, "ballot {ballot:?} of view {view}: PROPOSE"),
            Self::Accept(p, view, ballot) => {
                write!(f, "{} accepts ballot {ballot:?} of view {view}", letter(p))
            }
            Self::Decide(view, ballot) => write!(f, "ballot {ballot:?} of view {view} is decided: COMMIT"),
            Self::Install(p, view, ballot) => {
                write!(f, "{} installs view {} as ballot {ballot:?} decided it", letter(p), view + 1)
            }
            Self::Send(p) => write!(f, "{} multicasts a message", letter(p)),
            Self::Take(p, from) => write!(f, "{} receives a message of {}", letter(p), letter(from)),
            Self::Learn(p) => write!(f, "{} receives a place from the sequencer", letter(p)),
            Self::Deliver(p) => write!(f, "{} delivers the next message", letter(p)),
            Self::Tick { still: false } => f.write_str("a tick passes"),
            Self::Tick { still: true } => f.write_str("a tick passes that the reader's clock does not count"),
            Self::Renew => f.write_str("the reader sends a renewal of its lease"),
            Self::Acknowledge(p) => write!(f, "{} acknowledges the renewal", letter(p)),
            Self::Lease => f.write_str("the reader counts its acknowledgements"),
            Self::Ask => f.write_str("a query arrives at the reader"),
            Self::Read => f.write_str("the reader answers the query"),
        }
    }
}
