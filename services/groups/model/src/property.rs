//! What must hold, under the codes of the invariant list of the engine.

use std::fmt;

/// A property that was found broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// Two processes installed different views of one number.
    M1Agreement,
    /// Two quorums that decided a view of one number have no member in common.
    M3Succession,
    /// A process that was excluded is in a later view.
    M6Resurrection,
    /// From here, though nothing fails any more and a quorum runs, the survivors do not come to a common view.
    M8Liveness,
    /// A process may answer queries for a view while a later view without it already acts.
    M9Authority,
    /// Two processes that went on together from a view delivered different sequences in it.
    V1ViewSynchrony,
    /// A message of a sender that goes on is not delivered.
    V4Validity,
    /// What someone delivered as uniform is not delivered by a process that goes on.
    V6Uniformity,
    /// Two processes delivered different messages at one place.
    O4StrongOrder,
    /// An update that was acknowledged to a client is missing in a later view.
    C5Acknowledged,
    /// A query missed an update that had been acknowledged or observed before it was asked.
    L3StaleRead,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::M1Agreement => "M1 agreement: two different views have one number",
            Self::M3Succession => "M3 succession: two quorums of one view do not intersect",
            Self::M6Resurrection => "M6 no resurrection: an excluded process is in a later view",
            Self::M8Liveness => "M8 liveness: the survivors do not come to a common view",
            Self::M9Authority => "M9 authority: a lease is valid while a view without its holder acts",
            Self::V1ViewSynchrony => {
                "V1 view synchrony: those who go on together delivered different sequences"
            }
            Self::V4Validity => "V4 validity: a message of a sender that goes on is lost",
            Self::V6Uniformity => "V6 uniformity: what someone delivered is missing at one that goes on",
            Self::O4StrongOrder => "O4 strong order: different messages were delivered at one place",
            Self::C5Acknowledged => "C5 output commit: an acknowledged update is lost",
            Self::L3StaleRead => "L3 latest read: a query missed an update acknowledged before it",
        })
    }
}
