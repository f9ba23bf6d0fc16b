//! Known mistakes, switched on one at a time so that the simulator can prove it would catch them.

/// One deliberate mistake of the replica core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(hidden)]
pub enum Mistake {
    /// A joiner gets the object's state, but not what was answered before.
    TableNotSaved,
    /// The member that was asked answers before the others have the request.
    AnswerBeforeOrder,
    /// A successor begins with what comes next, not with what its predecessor left undone.
    QueueLostAtTakeover,
    /// An outcome that a lost executor shipped in its last moment is dropped, and so is what it was about.
    OutcomeLostAtTakeover,
    /// A timer that has fired is kept, and fires again.
    TimerStays,
    /// A joiner is not told of the timers.
    TimersNotSaved,
    /// A member that differs leaves, whoever the others agree with.
    ExcludedWithoutMajority,
}

impl Mistake {
    /// Every mistake.
    pub const ALL: &[Self] = &[
        Self::TableNotSaved,
        Self::AnswerBeforeOrder,
        Self::QueueLostAtTakeover,
        Self::OutcomeLostAtTakeover,
        Self::TimerStays,
        Self::TimersNotSaved,
        Self::ExcludedWithoutMajority,
    ];
}
