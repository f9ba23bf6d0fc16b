//! The members of an object group, and calls that want the replies of several of them: `#[reply(majority)]`.
//!
//! ```text
//!   call --one request--> member 1 --> reply --+
//!                     +-> member 2 --> reply --+--> as many as are wanted --> the one that they give
//!                     +-> member 3 --> lost ---+
//! ```
//!
//! An update is one request, whatever members it is sent to. A reference to an object that is no group has one member, and its
//! calls go as any.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use quorb_giop::ior::{AlternateAddress, IiopProfile, Ior, KnownComponent};

use super::ObjectRef;
use super::invoke::{Answer, Outline};
use super::reference::Way;
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::model::Replies;
use crate::value::Body;

/// How a call to one member ended.
type Outcome = Result<Option<Answer>, SystemException>;

impl ObjectRef {
    /// The members of an object group, each by itself, as the reference lists them now: calls on one of them lead to that
    /// member, and stay with it. An object that is no group is its own only member, as is one without a broker.
    pub fn members(&self) -> Vec<ObjectRef> {
        let Way::Routed(route) = &self.target.way else { return vec![self.clone()] };
        route.follow_own();
        let orb = route.orb();
        let members = single_members(&self.followed_ior());
        if members.len() < 2 {
            return vec![self.clone()];
        }
        members.into_iter().map(|ior| ObjectRef::member(ior, orb).with_options(self.options())).collect()
    }

    /// Makes a call whose operation is declared to want several replies.
    pub(super) async fn exchange_with_members(&self, call: Outline<'_>) -> Outcome {
        let members = self.members();
        let (Some(orb), [_, _, ..]) = (self.orb(), &members[..]) else { return self.exchange(call).await };
        let wanted = call.behaviour.replies;
        let request = orb.one_request();
        let begin = |member| Box::pin(request.scope(ObjectRef::exchange(member, call.again())));
        let calls = members.iter().map(begin).collect();
        let ended = Asked::new(calls, wanted).end().await;
        // They may have told of members that have joined or are gone.
        if let Way::Routed(route) = &self.target.way {
            for member in &members {
                if let Way::Routed(member) = &member.target.way {
                    route.follow_newest(member);
                }
            }
        }
        ended
    }
}

/// Calls to members, and what has come of them.
struct Asked<F> {
    calls: Vec<Option<Pin<Box<F>>>>,
    outcomes: Vec<Option<Outcome>>,
    wanted: Replies,
}

impl<F: Future<Output = Outcome>> Asked<F> {
    fn new(calls: Vec<Pin<Box<F>>>, wanted: Replies) -> Self {
        let outcomes = calls.iter().map(|_| None).collect();
        Self { calls: calls.into_iter().map(Some).collect(), outcomes, wanted }
    }

    /// Waits until it can be said what has come of the call. Calls that are still open are cancelled then, as any is.
    async fn end(mut self) -> Outcome {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Outcome> {
        for (call, outcome) in self.calls.iter_mut().zip(&mut self.outcomes) {
            if let Some(open) = call
                && let Poll::Ready(ended) = open.as_mut().poll(cx)
            {
                (*call, *outcome) = (None, Some(ended));
            }
        }
        decide(&self.outcomes, self.wanted).map_or(Poll::Pending, Poll::Ready)
    }
}

/// What the call has come to, once that is clear.
fn decide(outcomes: &[Option<Outcome>], wanted: Replies) -> Option<Outcome> {
    let replies: Vec<&Answer> = outcomes.iter().flatten().flatten().flatten().collect();
    let is_over = outcomes.iter().all(Option::is_some);
    let votes = |reply: &Answer| replies.iter().filter(|other| is_same(other, reply)).count();
    let (needed, found) = match wanted {
        Replies::First => (1, replies.first()),
        Replies::AtLeast(count) => {
            (count as usize, replies.first().filter(|_| replies.len() >= count as usize))
        }
        Replies::Majority => {
            (outcomes.len() / 2 + 1, replies.iter().find(|reply| votes(reply) * 2 > outcomes.len()))
        }
        Replies::All if !is_over => return None,
        Replies::All => (1, replies.first().filter(|first| votes(first) == replies.len())),
    };
    match found {
        Some(reply) => Some(Ok(Some((*reply).clone()))),
        None => is_over.then(|| Err(too_few(outcomes, replies.len(), needed))),
    }
}

/// Whether two members have replied the same: octet for octet, for they write alike.
fn is_same(one: &Answer, other: &Answer) -> bool {
    let octets = |body: &Body| match body {
        Body::Cdr { contents, .. } => contents.octets().clone(),
        Body::Cbor(octets) => octets.clone(),
    };
    match (one, other) {
        (Answer::Results(one), Answer::Results(other)) | (Answer::User(one), Answer::User(other)) => {
            octets(one) == octets(other)
        }
        _ => false,
    }
}

/// Why no reply can be given, though all calls have ended.
fn too_few(outcomes: &[Option<Outcome>], replied: usize, needed: usize) -> SystemException {
    let failures = || outcomes.iter().flatten().filter_map(|outcome| outcome.as_ref().err());
    if replied == 0 {
        // What may have been executed anywhere may have been executed.
        let uncertain = failures().find(|failure| failure.completed() != Completion::No);
        if let Some(failure) = uncertain.or(failures().next()) {
            return failure.clone();
        }
    }
    let minor = if replied < needed { Minor::REPLIES_TOO_FEW } else { Minor::REPLIES_DIFFER };
    let mut cause = format!("{replied} of {} members have replied, and {needed} were wanted", outcomes.len());
    if replied >= needed {
        cause = format!("{replied} of {} members have replied, and not alike", outcomes.len());
    }
    if let Some(failure) = failures().next() {
        cause += &format!("; one of the others: {failure}");
    }
    SystemException::new(ExceptionKind::NoResponse, minor, Completion::Yes).at(Stage::Waiting).because(cause)
}

/// References that lead to one member of a group each.
fn single_members(ior: &Ior) -> Vec<Ior> {
    let profiles = ior.iiop_profiles().filter_map(Result::ok);
    let alone = profiles.filter_map(|mut profile: IiopProfile| {
        profile.components.retain(|component| component.tag != AlternateAddress::TAG);
        Some(Ior { type_id: ior.type_id.clone(), profiles: vec![profile.to_tagged().ok()?] })
    });
    alone.collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use quorb_giop::cdr::{Endian, GiopVersion};
    use quorb_giop::ior::{QuorbEndpoint, TaggedComponent};
    use quorb_giop::names::{ObjectKey, RepositoryId};

    use super::*;

    fn reply(octet: u8) -> Option<Outcome> {
        let octets = Bytes::copy_from_slice(&[octet]);
        Some(Ok(Some(Answer::Results(Body::native_cdr(octets, Endian::NATIVE)))))
    }

    fn failed(completed: Completion) -> Option<Outcome> {
        Some(Err(SystemException::new(ExceptionKind::Transient, Minor::NOT_PRIMARY, completed)))
    }

    /// The octet of the reply, or the minor code of what is raised; nothing while that is open.
    fn decided(outcomes: &[Option<Outcome>], wanted: Replies) -> Option<Result<u8, Minor>> {
        Some(match decide(outcomes, wanted)? {
            Ok(Some(Answer::Results(Body::Cdr { contents, .. }))) => Ok(contents.octets()[0]),
            Err(exception) => Err(exception.minor()),
            Ok(_) => panic!("an answer of another form"),
        })
    }

    #[test]
    fn each_member_leads_to_itself_alone() {
        let profile = |host: &str, others: [&str; 2]| {
            let key = ObjectKey::new(Bytes::from_static(b"grid"));
            let mut profile = IiopProfile::new(GiopVersion::V1_2, host.into(), 10, key);
            let quorb = QuorbEndpoint { endpoint_set_version: 77, ..QuorbEndpoint::default() };
            profile.components.push(TaggedComponent::of(&quorb).unwrap());
            for host in others {
                let other = AlternateAddress { host: host.into(), port: 10 };
                profile.components.push(TaggedComponent::of(&other).unwrap());
            }
            profile.to_tagged().unwrap()
        };
        let profiles = vec![profile("a", ["b", "c"]), profile("b", ["c", "a"]), profile("c", ["a", "b"])];
        let group = Ior { type_id: RepositoryId::from_static("IDL:Grid:1.0"), profiles };
        let mut hosts = Vec::new();
        for member in single_members(&group) {
            let [profile] = &member.iiop_profiles().map(Result::unwrap).collect::<Vec<_>>()[..] else {
                panic!("{member}");
            };
            assert_eq!(profile.components_of::<AlternateAddress>().count(), 0);
            assert_eq!(profile.component::<QuorbEndpoint>().unwrap().unwrap().endpoint_set_version, 77);
            hosts.push(profile.host.clone());
        }
        assert_eq!(hosts, ["a", "b", "c"]);
    }

    #[test]
    fn a_majority_is_more_than_half_of_all_members_that_reply_alike() {
        let majority = |outcomes: &[_]| decided(outcomes, Replies::Majority);
        assert_eq!(majority(&[reply(1), None, None]), None);
        assert_eq!(majority(&[reply(1), None, reply(1)]), Some(Ok(1)));
        assert_eq!(majority(&[reply(2), reply(1), reply(1)]), Some(Ok(1)));
        assert_eq!(majority(&[reply(2), reply(1), None]), None);
        assert_eq!(majority(&[reply(2), reply(1), reply(3)]), Some(Err(Minor::REPLIES_DIFFER)));
        let no = || failed(Completion::No);
        assert_eq!(majority(&[reply(1), no(), no()]), Some(Err(Minor::REPLIES_TOO_FEW)));
    }

    #[test]
    fn all_are_those_that_do_not_fail() {
        let all = |outcomes: &[_]| decided(outcomes, Replies::All);
        assert_eq!(all(&[reply(1), reply(1), None]), None);
        assert_eq!(all(&[reply(1), reply(1), failed(Completion::No)]), Some(Ok(1)));
        assert_eq!(all(&[reply(1), reply(2)]), Some(Err(Minor::REPLIES_DIFFER)));
    }

    #[test]
    fn so_many_are_so_many_whatever_they_say() {
        let two = |outcomes: &[_]| decided(outcomes, Replies::AtLeast(2));
        assert_eq!(two(&[None, reply(1), None]), None);
        assert_eq!(two(&[None, reply(1), reply(2)]), Some(Ok(1)));
        assert_eq!(two(&[reply(1), failed(Completion::No)]), Some(Err(Minor::REPLIES_TOO_FEW)));
    }

    #[test]
    fn without_any_reply_the_worst_that_can_have_happened_is_said() {
        let outcomes = [failed(Completion::No), failed(Completion::Maybe)];
        let raised = decide(&outcomes, Replies::Majority).unwrap().unwrap_err();
        assert_eq!((raised.minor(), raised.completed()), (Minor::NOT_PRIMARY, Completion::Maybe));
    }
}
