//! Known mistakes, one at a time: each must lead the search to a counterexample, otherwise the model would prove nothing.
//! Where the engine's simulator knows the same mistake it has the same name.

macro_rules! mutations {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// One deliberate mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Mutation { $($(#[$doc])* $name,)* }

        impl Mutation {
            /// Every mutation.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

mutations! {
    /// Exactly half of the weight is taken for a quorum, whoever is in it.
    HalfIsQuorum,
    /// Anyone who wants decides, with whoever follows.
    NoQuorum,
    /// The deciding quorum is one of the next view instead of the present one.
    QuorumOfNext,
    /// A takeover proposes its own value although an accepted one was reported.
    TakeoverIgnoresAccepted,
    /// A takeover adopts the accepted value with the lowest ballot.
    LowestAdopted,
    /// An acceptor follows lower ballots after a promise.
    PromiseTakenBack,
    /// A value keeps members that have not answered the flush, if a quorum has.
    AnswersOfQuorum,
    /// The cut is what the leader itself has received.
    CutFromLeader,
    /// Each member finishes the old view with the order it happens to know.
    OrderNotInValue,
    /// Members finish the old view with all they hold, even beyond the cut.
    BeyondCut,
    /// A promise does not silence the processes its ballot excludes.
    PromiseWithoutSilence,
    /// The sequencer goes on ordering in the old view after its flush answer.
    SequencerNotSealed,
    /// Messages go on being sent in the old view after the flush answer.
    SenderNotSealed,
    /// Uniform messages are delivered as soon as they and their place are here.
    UniformOnReceipt,
    /// Uniform delivery waits for the body everywhere, not for its place.
    PlaceNotStable,
    /// A value is proposed before those it keeps hold the messages of its cut; they fetch them after the decision.
    ProposeBeforeFill,
    /// A process that some ballot excluded is never asked again in the view, though no decision excluded it.
    SilencedStayOut,
    /// The new view acts before the leases of the excluded have run out.
    NoLeaseWait,
    /// The wait for old leases is not passed on to the view after the next.
    WaitNotCarried,
    /// Updates are acknowledged to clients while the view waits for old leases.
    AcknowledgedInWait,
    /// A lease counts from the arrival of its acknowledgements.
    LeaseFromArrival,
    /// A promise lasts as long as the lease, without a margin for the drift of clocks.
    NoDriftMargin,
    /// Renewals of excluded members are acknowledged after the promise.
    RenewalAfterPromise,
    /// Queries are answered between the flush answer and the installation.
    QueryDuringFlush,
    /// A query does not wait for updates that were received before it.
    QueryDoesNotWait,
}

impl Mutation {
    /// The mutation of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|m| format!("{m:?}").eq_ignore_ascii_case(name))
    }
}
