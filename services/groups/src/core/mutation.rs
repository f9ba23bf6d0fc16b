//! Known mistakes, switched on one at a time so that the simulator can prove it would catch them. Production code never
//! sets one; the switch is a field of [`Config`](super::Config) that nothing but the simulator fills.

macro_rules! mutations {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// One deliberate mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[doc(hidden)]
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
    /// A takeover proposes its own value although an accepted one was reported.
    TakeoverIgnoresAccepted,
    /// Uniform messages are delivered as soon as they are here.
    UniformOnReceipt,
    /// Uniform total delivery waits for the body everywhere, not for its place.
    PlaceNotStable,
    /// Receipts say what is here, also where what it came after is missing.
    CausesNotStable,
    /// Each member finishes the old view with the order it happens to know.
    OrderNotInValue,
    /// A member goes on delivering and acknowledging after its flush answer.
    DeliverAfterPromise,
    /// The cut is what the leader itself has received.
    CutFromLeader,
    /// The view is installed before the messages of the cut are delivered.
    ViewBeforeFlush,
    /// Bodies are dropped once they are delivered here.
    DropBeforeStable,
    /// The sequencer goes on giving places after its flush answer.
    SequencerNotSealed,
    /// What arrived after the flush answer is delivered beyond the cut.
    BeyondTheCut,
    /// The new view answers before the leases of the excluded have run out.
    NoLeaseWait,
    /// A lease counts from the arrival of its acknowledgements.
    LeaseFromArrival,
    /// A query does not wait for updates that were received before it.
    QueryDoesNotWait,
    /// Queries are answered between the flush answer and the installation.
    QueryDuringFlush,
    /// Renewals are acknowledged after the promise.
    RenewalAfterPromise,
    /// The causal test is left out.
    CausalUnchecked,
    /// Who does not answer in time is accused before the others like one that is silent.
    UnresponsiveAccused,
    /// A leader suspects both of two members that cannot obtain from each other what they lack.
    DisputeIgnored,
    /// A process has left as soon as it knows the decision, though nobody else may.
    LeftUnheard,
    /// A joiner is taken for complete before its state has arrived.
    JoinerComplete,
    /// Updates are acknowledged to clients while the view waits for old leases.
    AcknowledgedInWait,
    /// The lease is looked at when this member last woke by itself, not when the query is answered.
    LeaseCheckedEarly,
    /// A promise lasts as long as the lease, without a margin for the drift of clocks.
    NoDriftMargin,
    /// A promise lasts as long as the lease of whoever makes it, not of whoever asks for it.
    PromiseOfOwnLength,
    /// Who is welcomed into a view is not told how long the view waits for old leases.
    WaitNotCarried,
    /// An acceptor follows lower ballots after a promise.
    PromiseTakenBack,
    /// A takeover adopts the accepted value with the lowest ballot.
    LowestAdopted,
    /// A value is proposed before those it keeps hold the messages of its cut.
    ProposeBeforeFill,
    /// A member that fetches from one that has fallen silent is held to be late itself.
    FetcherBlamed,
    /// Places of a durable group are acknowledged before they are on stable storage.
    AcknowledgedUnsynced,
    /// Promises, acceptances and what is loose are answered before they are on stable storage.
    AnsweredUnsynced,
    /// What was accepted is forgotten at a restart.
    AcceptedForgotten,
    /// After a total failure whoever is there begins, quorum or not.
    RestartWithoutQuorum,
    /// After a total failure a majority of those who founded the domain begins, whatever its last view was.
    QuorumOfWrongView,
    /// When the log is begun anew, the copy of a former life is kept beside that of this one.
    FormerCopyKept,
    /// Requests of a process are taken in any order, and those before the last one that was decided are forgotten.
    RequestsOvertake,
    /// A process with a log takes part in founding.
    FoundsAnew,
    /// Any copy of a dormant group counts, also that of a process that was no member any more.
    AnyCopyCounts,
    /// Who is welcomed into a view is not told the decision that made it.
    DecisionNotCarried,
    /// A founder's offer stands although a seed in it is a member of a domain.
    OfferStands,
    /// Who asks to be admitted enters also views before those that it has heard of, and nobody asks what it may still enter.
    LateWelcome,
    /// The address of a founder that this process has agreed with is not asked for it once another process is there.
    FounderNotSought,
    /// A founder offers a first view once, also to those who may have been bound to its predecessor.
    OfferedOnce,
    /// After a total failure a newer view is told to those alone who have a connection at that moment.
    RecalledToOpen,
    /// Joiners finish the view of a durable group in which all who had its state failed.
    JoinersFinish,
    /// After a view only those parts of a large message are sent that had not been.
    PartsNotAgain,
    /// Parts of a view that has ended are put together with those of the next, of whoever has the rank then.
    PartsMixed,
    /// A checkpoint leaves out the parts put aside of messages that are not whole.
    PartsNotInCheckpoint,
    /// A group is dissolved before the messages of its last view are delivered.
    DissolvedUnfinished,
    /// The version of the protocol is raised as soon as one member speaks it.
    RaisedBeforeAll,
    /// The role of a sequencer is handed over before all have the last places that it gave.
    HandedOverEarly,
    /// Groups of an ordering domain deliver each by its own places.
    OrderedApart,
    /// Groups of an ordering domain finish a view one after the other.
    FinishedApart,
    /// A joiner's state stands for a later moment than the cut it is installed at.
    StateAfterCut,
}
