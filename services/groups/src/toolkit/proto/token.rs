//! Tokens: each has exactly one holder, always.
//!
//! A token is passed on by its holder to the first who asks, or kept. One whose holder is lost goes to the first who waits for it,
//! else to the member of lowest rank: it is never lost, and never twice there.

use super::State;
use crate::core::ProcessId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// All tokens of a group, by name. One that nobody has asked for yet is held by the member of lowest rank.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenTable {
    tokens: BTreeMap<String, Token>,
    members: Vec<ProcessId>,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Token {
    holder: ProcessId,
    /// Counts its holders.
    turn: u64,
    waiting: VecDeque<ProcessId>,
}

/// What is done to a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenChange {
    /// Get in line for it.
    Want(String),
    /// Get out of line.
    Forgo(String),
    /// Pass it to the first in line, or to a member.
    Pass(String, Option<ProcessId>),
}

impl State for TokenTable {
    type Change = TokenChange;
    /// Whether anything was done: only the holder passes a token, and only to a member.
    type Answer = bool;

    fn apply(&mut self, by: ProcessId, change: TokenChange) -> bool {
        let (TokenChange::Want(name) | TokenChange::Forgo(name) | TokenChange::Pass(name, _)) = &change;
        let Some(&first) = self.members.first() else { return false };
        let fresh = Token { holder: first, turn: 0, waiting: VecDeque::new() };
        let token = self.tokens.entry(name.clone()).or_insert(fresh);
        match change {
            TokenChange::Want(_) if token.holder == by || token.waiting.contains(&by) => false,
            TokenChange::Want(_) => {
                token.waiting.push_back(by);
                true
            }
            TokenChange::Forgo(_) => {
                token.waiting.retain(|waiting| *waiting != by);
                true
            }
            TokenChange::Pass(_, _) if token.holder != by => false,
            TokenChange::Pass(_, Some(to)) if !self.members.contains(&to) => false,
            TokenChange::Pass(_, Some(to)) => {
                token.waiting.retain(|waiting| *waiting != to);
                token.pass(to);
                true
            }
            TokenChange::Pass(_, None) => match token.waiting.pop_front() {
                Some(to) => {
                    token.pass(to);
                    true
                }
                None => false,
            },
        }
    }

    fn roster(&mut self, members: &[ProcessId]) {
        self.members = members.to_vec();
        for token in self.tokens.values_mut() {
            token.waiting.retain(|waiting| members.contains(waiting));
            if !members.contains(&token.holder)
                && let Some(heir) = token.waiting.pop_front().or(members.first().copied())
            {
                token.pass(heir);
            }
        }
    }
}

impl Token {
    fn pass(&mut self, to: ProcessId) {
        self.holder = to;
        self.turn += 1;
    }
}

impl TokenTable {
    /// Who holds a token.
    #[must_use]
    pub fn holder(&self, name: &str) -> Option<ProcessId> {
        self.tokens.get(name).map(|token| token.holder).or(self.members.first().copied())
    }

    /// How often it has changed hands.
    #[must_use]
    pub fn turn(&self, name: &str) -> u64 {
        self.tokens.get(name).map_or(0, |token| token.turn)
    }

    /// How many are in line for it.
    #[must_use]
    pub fn waiting(&self, name: &str) -> usize {
        self.tokens.get(name).map_or(0, |token| token.waiting.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, process};
    use super::*;
    use crate::sim::random::Random;

    fn token(members: &[u64]) -> TokenTable {
        let mut table = TokenTable::default();
        table.roster(&members.iter().copied().map(process).collect::<Vec<_>>());
        table
    }

    #[test]
    fn it_is_passed_on_in_the_order_of_asking() {
        let mut table = token(&[1, 2, 3]);
        assert_eq!(table.holder("t"), Some(process(1)));
        assert!(!table.apply(process(1), TokenChange::Want("t".into())), "it has it");
        assert!(table.apply(process(3), TokenChange::Want("t".into())));
        assert!(table.apply(process(2), TokenChange::Want("t".into())));
        assert!(!table.apply(process(2), TokenChange::Pass("t".into(), None)), "only the holder passes it");
        assert!(table.apply(process(1), TokenChange::Pass("t".into(), None)));
        assert_eq!((table.holder("t"), table.turn("t")), (Some(process(3)), 1));
        assert!(!table.apply(process(3), TokenChange::Pass("t".into(), Some(process(9)))));
        assert!(table.apply(process(3), TokenChange::Pass("t".into(), Some(process(1)))));
        assert_eq!((table.holder("t"), table.waiting("t")), (Some(process(1)), 1));
    }

    #[test]
    fn a_lost_holder_is_followed_by_who_waits_or_by_the_oldest() {
        let mut table = token(&[1, 2, 3]);
        table.apply(process(3), TokenChange::Want("t".into()));
        table.roster(&[process(2), process(3)]);
        assert_eq!(table.holder("t"), Some(process(3)));
        table.roster(&[process(2)]);
        assert_eq!(table.holder("t"), Some(process(2)));
    }

    #[test]
    fn no_schedule_loses_it_or_makes_it_two() {
        for seed in 0..300 {
            let mut random = Random::new(seed);
            let mut trial = Trial::new(TokenTable::default(), 3);
            for _ in 0..120 {
                let name = ["a", "b"][random.between(0, 1) as usize].to_owned();
                let to = process(random.between(1, 8));
                let change = match random.between(0, 4) {
                    0 | 1 => TokenChange::Want(name),
                    2 => TokenChange::Forgo(name),
                    3 => TokenChange::Pass(name, None),
                    _ => TokenChange::Pass(name, Some(to)),
                };
                trial.step(&mut random, change);
                for name in ["a", "b"] {
                    let holder = trial.value().holder(name).expect("it has a holder");
                    assert!(trial.is_member(holder), "seed {seed}: {:?}", trial.value());
                }
            }
        }
    }
}
