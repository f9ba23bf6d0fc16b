//! Group calls with several replies: the same call to every member of an object group, and what becomes of each.
//!
//! An ordinary proxy gives one reply and hides the members. Whoever wants more asks for it here:
//!
//! ```no_run
//! # use quorb::{Orb, interface};
//! # #[interface] pub trait Grid { fn get(&self, n: i16) -> i32; fn set(&mut self, n: i16, value: i32); }
//! # async fn f(orb: Orb, grid: GridProxy) -> Result<(), Box<dyn std::error::Error>> {
//! use quorb_groups::gather::{Gather, ReplyMode};
//!
//! let set = Gather::of(&orb, &grid).wait_for(ReplyMode::Majority);
//! let replies = set.call(|member| async move { member.set(2, 123).await }).await?;
//! println!("{} members have executed it", replies.replied());
//! # Ok(()) }
//! ```
//!
//! **An update is one request**, whatever members it is sent to: it is executed once, at one place of the order, and each member
//! replies when it has it. So `Majority` and `All` say how many members have executed it, and their replies are equal unless the
//! replicas have drifted apart. A query is answered by each member from its own copy, as is everything about the member itself.
//! Within the closure, call one operation, once.
//!
//! An operation can declare as much for every caller, with `#[reply(majority)]` above it in the trait: its ordinary proxy then waits
//! for so many replies, and gives the one that they are. No other crate is needed for that.
//!
//! **Members that are lost** while they are asked count as failed. `All` is every member that replies or fails.

use quorb::{Completion, ExceptionKind, Fault, Minor, Orb, Proxy, SystemException};
use std::fmt;
use std::future::Future;
use tokio::task::JoinSet;

/// How many replies are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplyMode {
    /// One.
    #[default]
    First,
    /// More than half of the members.
    Majority,
    /// Every member's, as far as it does not fail; at least one.
    All,
    /// So many.
    AtLeast(usize),
    /// None: it returns when the calls are on their way, and says nothing of what becomes of them.
    None,
}

/// A call to the members of a group, about to be made.
#[derive(Debug, Clone)]
pub struct Gather<P> {
    orb: Orb,
    members: Vec<(String, P)>,
    mode: ReplyMode,
}

/// What became of the call at one member.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T, E> {
    /// It replied: with results, or with an exception of the interface.
    Reply(Result<T, E>),
    /// It had nothing to say: see [`null_reply`].
    Null,
    /// It could not be reached, or not in time, or could not do it.
    Failed(SystemException),
    /// Nobody waits for it any more.
    Open,
}

/// One member's.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberOutcome<T, E> {
    /// The address of its broker.
    pub member: String,
    /// What it said.
    pub outcome: Outcome<T, E>,
}

/// What the members have said, by rank as the reference lists them.
#[derive(Debug, Clone, PartialEq)]
pub struct Replies<T, E> {
    /// One for each member.
    pub members: Vec<MemberOutcome<T, E>>,
}

/// Too few replies have come, and no more will.
#[derive(Debug, Clone, PartialEq)]
pub struct NotEnough<T, E> {
    /// How many were wanted.
    pub wanted: usize,
    /// What came.
    pub replies: Replies<T, E>,
}

/// What a servant raises that has nothing to say to a group call: that member's outcome is [`Outcome::Null`]. For an ordinary
/// caller it is NO_RESPONSE, completion Yes.
#[must_use]
pub fn null_reply() -> SystemException {
    SystemException::new(ExceptionKind::NoResponse, Minor::UNSPECIFIED, Completion::Yes)
        .because("this member has nothing to say")
}

impl<P: Proxy + Send + Sync + 'static> Gather<P> {
    /// A call to the members that the proxy knows of now: those of the reference, or newer ones that a reply has told of. An object
    /// that is not replicated is one member.
    pub fn of(orb: &Orb, proxy: &P) -> Self {
        let member = |member: quorb::ObjectRef| {
            let profile = member.ior().iiop_profiles().filter_map(Result::ok).next();
            let at = profile.map(|profile| format!("{}:{}", profile.host, profile.port));
            (at.unwrap_or_default(), P::from_object(member))
        };
        let members = proxy.object().members().into_iter().map(member).collect();
        Self { orb: orb.clone(), members, mode: ReplyMode::default() }
    }

    /// How many replies to wait for, by default the first.
    #[must_use]
    pub fn wait_for(mut self, mode: ReplyMode) -> Self {
        self.mode = mode;
        self
    }

    /// How many members there are.
    #[must_use]
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// Makes the call, and waits for as many replies as are wanted. Cancelled, calls that have begun are cancelled as any.
    ///
    /// # Errors
    /// When fewer come: with those that did.
    pub async fn call<T, E, F, C>(&self, call: C) -> Result<Replies<T, E>, NotEnough<T, E>>
    where
        C: Fn(P) -> F,
        F: Future<Output = Result<T, Fault<E>>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.begin(call).finish().await
    }

    /// Begins the call: its replies are taken one by one, or all that are wanted later.
    pub fn begin<T, E, F, C>(&self, call: C) -> Gathering<T, E>
    where
        C: Fn(P) -> F,
        F: Future<Output = Result<T, Fault<E>>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let request = self.orb.one_request();
        let mut calls = JoinSet::new();
        for (rank, (_, member)) in self.members.iter().enumerate() {
            let called = call(member.clone());
            let request = request.clone();
            calls.spawn(async move { (rank, outcome(request.scope(called).await)) });
        }
        let open =
            |(member, _): &(String, P)| MemberOutcome { member: member.clone(), outcome: Outcome::Open };
        let members = self.members.iter().map(open).collect();
        let wanted = self.wanted();
        Gathering { calls, replies: Replies { members }, wanted, waits_for_all: self.mode == ReplyMode::All }
    }

    fn wanted(&self) -> usize {
        match self.mode {
            ReplyMode::First | ReplyMode::All => 1,
            ReplyMode::Majority => self.members.len() / 2 + 1,
            ReplyMode::AtLeast(replies) => replies,
            ReplyMode::None => 0,
        }
    }
}

/// A call under way at several members. Dropping it cancels what is still open, as dropping any call does; without a wait for
/// replies ([`ReplyMode::None`]) the calls go on.
#[derive(Debug)]
pub struct Gathering<T, E> {
    calls: JoinSet<(usize, Outcome<T, E>)>,
    replies: Replies<T, E>,
    wanted: usize,
    waits_for_all: bool,
}

impl<T: Send + 'static, E: Send + 'static> Gathering<T, E> {
    /// The next outcome, as it comes: the rank of the member, and a look at what it said. None when all have. Cancellation safe.
    pub async fn next(&mut self) -> Option<(usize, &MemberOutcome<T, E>)> {
        let rank = match self.calls.join_next().await? {
            Ok((rank, outcome)) => {
                self.replies.members[rank].outcome = outcome;
                rank
            }
            // A closure that panics is its author's: it goes on here.
            Err(error) => std::panic::resume_unwind(error.try_into_panic().ok()?),
        };
        Some((rank, &self.replies.members[rank]))
    }

    /// What has come so far, without waiting.
    #[must_use]
    pub fn so_far(&self) -> &Replies<T, E> {
        &self.replies
    }

    /// Waits for as many replies as are wanted.
    ///
    /// # Errors
    /// When fewer come: with those that did.
    pub async fn finish(mut self) -> Result<Replies<T, E>, NotEnough<T, E>> {
        if self.wanted == 0 {
            self.calls.detach_all();
            return Ok(self.replies);
        }
        while self.waits_for_all || self.replies.replied() < self.wanted {
            if self.next().await.is_none() {
                break;
            }
        }
        match self.replies.replied() >= self.wanted {
            true => Ok(self.replies),
            false => Err(NotEnough { wanted: self.wanted, replies: self.replies }),
        }
    }
}

fn outcome<T, E>(end: Result<T, Fault<E>>) -> Outcome<T, E> {
    match end {
        Ok(results) => Outcome::Reply(Ok(results)),
        Err(Fault::User(exception)) => Outcome::Reply(Err(exception)),
        Err(Fault::System(exception)) => {
            let is_null = exception.kind() == ExceptionKind::NoResponse
                && exception.completed() == Completion::Yes
                && exception.minor() == Minor::UNSPECIFIED;
            if is_null { Outcome::Null } else { Outcome::Failed(exception) }
        }
    }
}

impl<T, E> Replies<T, E> {
    /// How many members have replied: those that had nothing to say, or failed, have not.
    #[must_use]
    pub fn replied(&self) -> usize {
        self.replies().count()
    }

    /// The replies, by rank.
    pub fn replies(&self) -> impl Iterator<Item = &Result<T, E>> {
        self.members.iter().filter_map(|member| match &member.outcome {
            Outcome::Reply(reply) => Some(reply),
            _ => None,
        })
    }

    /// The reply of the member of lowest rank that has replied.
    #[must_use]
    pub fn first(&self) -> Option<&Result<T, E>> {
        self.replies().next()
    }

    /// Brings the replies together by a function of one's own.
    pub fn collate<R>(&self, collator: impl FnOnce(&mut dyn Iterator<Item = &Result<T, E>>) -> R) -> R {
        collator(&mut self.replies())
    }
}

impl<T: PartialEq, E: PartialEq> Replies<T, E> {
    /// The reply that more than half of all members gave.
    #[must_use]
    pub fn majority(&self) -> Option<&Result<T, E>> {
        let votes = |reply: &Result<T, E>| self.replies().filter(|other| *other == reply).count();
        self.replies().find(|reply| votes(reply) * 2 > self.members.len())
    }

    /// The reply that all who replied gave; none where they differ, or none replied.
    #[must_use]
    pub fn agreed(&self) -> Option<&Result<T, E>> {
        let first = self.first()?;
        self.replies().all(|reply| reply == first).then_some(first)
    }
}

impl<T, E> fmt::Display for NotEnough<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (replied, members) = (self.replies.replied(), self.replies.members.len());
        write!(f, "{replied} of {members} members have replied, and {} were wanted", self.wanted)?;
        let failed = self.replies.members.iter().find_map(|member| match &member.outcome {
            Outcome::Failed(exception) => Some((&member.member, exception)),
            _ => None,
        });
        failed.map_or(Ok(()), |(member, exception)| write!(f, "; {member}: {exception}"))
    }
}

impl<T: fmt::Debug, E: fmt::Debug> std::error::Error for NotEnough<T, E> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies(outcomes: Vec<Outcome<u32, String>>) -> Replies<u32, String> {
        let members = outcomes.into_iter().enumerate();
        let members = members.map(|(rank, outcome)| MemberOutcome { member: format!("m{rank}"), outcome });
        Replies { members: members.collect() }
    }

    fn failed() -> Outcome<u32, String> {
        let exception = SystemException::new(ExceptionKind::Transient, Minor::NOT_PRIMARY, Completion::No);
        Outcome::Failed(exception)
    }

    #[test]
    fn collators_count_members_and_not_only_replies() {
        let five = || Outcome::Reply(Ok(5));
        let split = replies(vec![five(), Outcome::Reply(Ok(6)), five(), failed()]);
        assert_eq!((split.replied(), split.majority(), split.agreed()), (3, None, None));
        let most = replies(vec![Outcome::Null, five(), five()]);
        assert_eq!(
            (most.majority(), most.agreed(), most.first()),
            (Some(&Ok(5)), Some(&Ok(5)), Some(&Ok(5)))
        );
        assert_eq!(most.collate(|replies| replies.filter_map(|reply| reply.as_ref().ok()).sum::<u32>()), 10);
        let few = NotEnough { wanted: 2, replies: replies(vec![failed(), five(), Outcome::Null]) };
        assert!(
            few.to_string().starts_with("1 of 3 members have replied, and 2 were wanted; m0: TRANSIENT"),
            "{few}"
        );
    }

    #[test]
    fn nothing_to_say_is_neither_a_reply_nor_a_failure() {
        assert_eq!(outcome::<u32, String>(Err(null_reply().into())), Outcome::Null);
        assert_eq!(outcome::<u32, String>(Err(Fault::User("no".into()))), Outcome::Reply(Err("no".into())));
        let other = SystemException::new(ExceptionKind::NoResponse, Minor::UNSPECIFIED, Completion::Maybe);
        assert!(matches!(outcome::<u32, String>(Err(other.into())), Outcome::Failed(_)));
    }
}
