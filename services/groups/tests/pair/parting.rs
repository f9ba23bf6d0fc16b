//! An orderly leave: who says that it has left has been heard by those who stay, also when it led the ballot itself. And what
//! comes late is no evidence against those who came after it was said.

use crate::rig::Pair;
use bytes::Bytes;
use quorb_groups::core::{Config, Core, Effect, Event, LinkId, Mutation, ProcessId, Stage};

/// The oldest of two leaves, deciding alone: how many members the other sees at the moment it has left.
fn members_seen_at_parting(mutation: Option<Mutation>) -> usize {
    let mut pair = Pair::with(|config| config.mutation = mutation);
    let both = |cores: &[Core; 2]| cores.iter().all(|c| c.view().members.len() == 2);
    assert!(pair.go_until(both), "two seeds found a domain");
    assert_eq!(pair.cores[0].leave(), Ok(()));
    assert!(!pair.go_until(|_| false));
    assert_eq!(pair.cores[0].stage(), Stage::Gone);
    pair.cores[1].view().members.len()
}

#[test]
fn who_leaves_is_heard_first() {
    assert_eq!(members_seen_at_parting(None), 1);
    assert_eq!(members_seen_at_parting(Some(Mutation::LeftUnheard)), 2);
}

/// A second wish to leave used to look like an error to the driver, which then ended before the first was heard.
#[test]
fn who_is_leaving_may_ask_again() {
    let mut pair = Pair::new();
    let both = |cores: &[Core; 2]| cores.iter().all(|c| c.view().members.len() == 2);
    assert!(pair.go_until(both), "two seeds found a domain");
    assert_eq!(pair.cores[0].leave(), Ok(()));
    assert_eq!(pair.cores[0].leave(), Ok(()), "before it is decided");
    assert!(!pair.go_until(|_| false));
    assert_eq!((pair.cores[0].stage(), pair.cores[0].leave()), (Stage::Gone, Ok(())), "after");
}

/// A process that ended long ago had dialled; its greeting is read only now, while the connection to its successor, a member,
/// happens to be broken. (Found by the simulator: the member was held to have ended, for ever.)
#[test]
fn the_greeting_of_a_predecessor_is_no_evidence() {
    let mut pair = Pair::new();
    assert!(pair.go_until(|cores| cores.iter().all(|core| core.view().members.len() == 2)));
    let now = pair.now;
    for link in 1..pair.next_link {
        pair.cores[0].handle(Event::Closed { link: LinkId(link) }, now);
    }
    let config = Config::new("pair", ProcessId(77), "second", &["first", "second"]);
    let mut predecessor = Core::new(config, now);
    let link = LinkId(1_000);
    predecessor.handle(Event::Opened { link, dialled: Some("first".into()) }, now);
    let mut said = Vec::new();
    predecessor.poll(now, &mut said);
    let greeting = said.into_iter().find_map(|effect| match effect {
        Effect::Send { head, body, .. } => Some([&head[..], &body[..]].concat()),
        _ => None,
    });
    pair.cores[0].handle(Event::Opened { link, dialled: None }, now);
    let frame = Bytes::from(greeting.expect("who dials greets"));
    pair.cores[0].handle(Event::Received { link, frame }, now);
    assert_eq!(pair.cores[0].counters().suspicions, 0);
    assert_eq!(pair.cores[0].counters().refused, 0, "the greeting itself is in order");
}
