//! The rules, one by one, and long random visits that are checked after every step.

use super::*;
use crate::proto::dice::Dice;

const A: ChainId = ChainId([1; 16]);
const B: ChainId = ChainId([2; 16]);
const C: ChainId = ChainId([3; 16]);

fn granted(entry: Entry) -> Token {
    match entry {
        Entry::Granted(token) => token,
        other => panic!("not granted: {other:?}"),
    }
}

fn queued(entry: Entry) -> Ticket {
    match entry {
        Entry::Queued(ticket) => ticket,
        other => panic!("not queued: {other:?}"),
    }
}

fn tickets(grants: &[Grant]) -> Vec<Ticket> {
    grants.iter().map(|grant| grant.ticket).collect()
}

#[test]
fn queries_share_and_updates_are_alone() {
    let mut gate = Gate::new(10);
    let first = granted(gate.request(A, Mode::Shared));
    let second = granted(gate.request(B, Mode::SharedUpdate));
    let update = queued(gate.request(C, Mode::Exclusive));
    assert_eq!(gate.release(first), []);
    let grants = gate.release(second);
    assert_eq!(tickets(&grants), [update]);
    let query = queued(gate.request(A, Mode::Shared));
    assert_eq!(tickets(&gate.release(grants[0].token)), [query]);
}

#[test]
fn nobody_overtakes_who_waits() {
    let mut gate = Gate::new(10);
    let query = granted(gate.request(A, Mode::Shared));
    let update = queued(gate.request(B, Mode::Exclusive));
    let later = [queued(gate.request(C, Mode::Shared)), queued(gate.request(ChainId::NONE, Mode::Shared))];
    let grants = gate.release(query);
    assert_eq!(tickets(&grants), [update]);
    assert_eq!(tickets(&gate.release(grants[0].token)), later, "both at once, in order");
}

#[test]
fn a_chain_may_share_again_past_the_queue() {
    let mut gate = Gate::new(1);
    let outer = granted(gate.request(A, Mode::Shared));
    let update = queued(gate.request(B, Mode::Exclusive));
    let inner = granted(gate.request(A, Mode::Shared));
    let inmost = granted(gate.request(A, Mode::SharedUpdate));
    for token in [inmost, inner] {
        assert_eq!(gate.release(token), []);
    }
    assert_eq!(tickets(&gate.release(outer)), [update]);
}

#[test]
fn a_chain_is_refused_what_would_wait_for_itself() {
    let reentrant = Entry::Refused(GateRefusal::Reentrant { chain: A });
    let mut gate = Gate::new(10);
    let update = granted(gate.request(A, Mode::Exclusive));
    for mode in [Mode::Shared, Mode::SharedUpdate, Mode::Exclusive] {
        assert_eq!(gate.request(A, mode), reentrant);
    }
    gate.release(update);
    granted(gate.request(A, Mode::Shared));
    assert_eq!(gate.request(A, Mode::Exclusive), reentrant);
    queued(gate.request(B, Mode::Exclusive));
}

#[test]
fn calls_without_a_chain_are_strangers_to_each_other() {
    let mut gate = Gate::new(10);
    granted(gate.request(ChainId::NONE, Mode::Shared));
    queued(gate.request(ChainId::NONE, Mode::Exclusive));
    queued(gate.request(ChainId::NONE, Mode::Shared));
}

#[test]
fn who_gives_up_lets_others_in() {
    let mut gate = Gate::new(10);
    granted(gate.request(A, Mode::Shared));
    let update = queued(gate.request(B, Mode::Exclusive));
    let query = queued(gate.request(C, Mode::Shared));
    assert_eq!(gate.cancel(update).map(|grants| tickets(&grants)), Some(vec![query]));
    assert_eq!(gate.cancel(update), None);
    assert_eq!(gate.cancel(query), None, "it is inside");
}

#[test]
fn the_queue_is_limited() {
    let mut gate = Gate::new(1);
    granted(gate.request(A, Mode::Exclusive));
    queued(gate.request(B, Mode::Shared));
    let full = Entry::Refused(GateRefusal::QueueFull { limit: 1 });
    assert_eq!(gate.request(C, Mode::Shared), full);
}

#[test]
fn a_poisoned_object_answers_queries_only() {
    let mut gate = Gate::new(10);
    let failed = granted(gate.request(A, Mode::Exclusive));
    let update = queued(gate.request(B, Mode::Exclusive));
    let query = queued(gate.request(C, Mode::Shared));
    let other = queued(gate.request(C, Mode::SharedUpdate));
    let poisoning = gate.poison();
    assert_eq!((poisoning.refused, poisoning.granted), (vec![update, other], vec![]));
    assert_eq!(tickets(&gate.release(failed)), [query]);
    for mode in [Mode::Exclusive, Mode::SharedUpdate] {
        assert_eq!(gate.request(B, mode), Entry::Refused(GateRefusal::Poisoned));
    }
    granted(gate.request(B, Mode::Shared));
    gate.restore();
    queued(gate.request(A, Mode::Exclusive));
}

#[test]
fn poisoning_from_outside_lets_queries_in() {
    let mut gate = Gate::new(10);
    granted(gate.request(A, Mode::Shared));
    let update = queued(gate.request(B, Mode::Exclusive));
    let query = queued(gate.request(C, Mode::Shared));
    let poisoning = gate.poison();
    assert_eq!((poisoning.refused, tickets(&poisoning.granted)), (vec![update], vec![query]));
}

#[test]
fn a_token_is_good_for_one_release() {
    let mut gate = Gate::new(10);
    let first = granted(gate.request(A, Mode::Shared));
    granted(gate.request(B, Mode::Shared));
    gate.release(first);
    assert_eq!(gate.release(first), []);
    assert_eq!(gate.holders(), 1);
}

/// What the test knows of everybody who is inside or waits, in the order in which they came.
#[derive(Debug, Default)]
struct Visitors {
    inside: Vec<(Token, ChainId, Mode)>,
    waiting: Vec<(Ticket, ChainId, Mode)>,
}

impl Visitors {
    /// Grants go to those who came first, without a gap.
    fn let_in(&mut self, grants: &[Grant]) {
        for grant in grants {
            let (ticket, chain, mode) = self.waiting.remove(0);
            assert_eq!(grant.ticket, ticket, "somebody was overtaken");
            self.inside.push((grant.token, chain, mode));
        }
    }

    fn check(&self, gate: &Gate) {
        assert_eq!((gate.holders(), gate.queued()), (self.inside.len(), self.waiting.len()));
        let alone = self.inside.iter().any(|(_, _, mode)| *mode == Mode::Exclusive);
        assert!(!alone || self.inside.len() == 1, "an update is not alone: {self:?}");
        if let Some((_, _, first)) = self.waiting.first() {
            let room = self.inside.is_empty() || !alone && *first != Mode::Exclusive;
            assert!(!room, "a wake-up is lost: {self:?}");
        }
    }
}

#[test]
fn in_long_random_visits_no_rule_is_broken_and_everybody_gets_in() {
    let mut dice = Dice::new(1);
    let (mut reentered, mut refused) = (0, 0);
    for _ in 0..300 {
        let mut gate = Gate::new(8);
        let mut visitors = Visitors::default();
        for _ in 0..300 {
            match dice.below(10) {
                0..5 => visit(&mut dice, &mut gate, &mut visitors, &mut reentered, &mut refused),
                5..8 if !visitors.inside.is_empty() => {
                    let at = dice.below(visitors.inside.len() as u64) as usize;
                    let (token, ..) = visitors.inside.remove(at);
                    visitors.let_in(&gate.release(token));
                }
                8 if !visitors.waiting.is_empty() => {
                    let at = dice.below(visitors.waiting.len() as u64) as usize;
                    let (ticket, ..) = visitors.waiting.remove(at);
                    visitors.let_in(&gate.cancel(ticket).expect("it waits"));
                }
                9 if dice.below(10) == 0 => {
                    let poisoning = gate.poison();
                    visitors.waiting.retain(|(ticket, ..)| !poisoning.refused.contains(ticket));
                    assert!(visitors.waiting.iter().all(|(_, _, mode)| *mode == Mode::Shared));
                    visitors.let_in(&poisoning.granted);
                }
                _ => gate.restore(),
            }
            visitors.check(&gate);
        }
        while let Some((token, ..)) = visitors.inside.pop() {
            visitors.let_in(&gate.release(token));
            visitors.check(&gate);
        }
        assert_eq!((gate.holders(), gate.queued()), (0, 0), "somebody waits for ever");
    }
    assert!(reentered > 500 && refused > 500, "hardly anything happened: {reentered}, {refused}");
}

fn visit(dice: &mut Dice, gate: &mut Gate, visitors: &mut Visitors, reentered: &mut u32, refused: &mut u32) {
    let chain = ChainId([dice.below(6) as u8; 16]);
    let mode = [Mode::Shared, Mode::Shared, Mode::SharedUpdate, Mode::Exclusive][dice.below(4) as usize];
    let own = visitors.inside.iter().find(|(_, inside, _)| *inside == chain && chain != ChainId::NONE);
    let conflict = own.is_some_and(|(_, _, inside)| *inside == Mode::Exclusive || mode == Mode::Exclusive);
    match gate.request(chain, mode) {
        Entry::Granted(token) => {
            assert!(visitors.waiting.is_empty() || own.is_some(), "a stranger overtook");
            assert!(!conflict);
            *reentered += u32::from(own.is_some());
            visitors.inside.push((token, chain, mode));
        }
        Entry::Queued(ticket) => {
            assert!(own.is_none(), "it waits for itself");
            visitors.waiting.push((ticket, chain, mode));
        }
        Entry::Refused(GateRefusal::Reentrant { .. }) => {
            assert!(conflict);
            *refused += 1;
        }
        Entry::Refused(GateRefusal::Poisoned) => {
            assert!(gate.is_poisoned() && mode != Mode::Shared)
        }
        Entry::Refused(GateRefusal::QueueFull { limit }) => {
            assert_eq!(visitors.waiting.len(), limit)
        }
    }
}
