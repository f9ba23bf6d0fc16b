//! Faults at a moment of the protocol: the simulator reads what is sent, waits for an item of a kind, and strikes its
//! sender or its receiver just before or just after it is on its way.
//!
//! ```text
//!   Strike { item, skip, when, victim, blow } -- the item is sent --> blow, and perhaps another strike is armed
//! ```
//!
//! So every step of founding, joining, flush, decision, ordering, leases and state transfer is a step at which someone
//! fails, and two or three such failures fall into one run of the protocol.

use super::random::Random;
use super::world::{Due, World};
use crate::core::wire::item::{Flush, ITEM_HEAD_BYTES, RawItem, tag};
use crate::core::wire::{Reader, Wire};
use crate::core::{Class, GroupId, Order, ProcessId, ViewNumber};
use bytes::Bytes;

/// The steps of which one is drawn.
const STEPS: &[u8] = &[
    tag::JOIN,
    tag::FOUND,
    tag::FOUNDED,
    tag::WELCOME,
    tag::SETTLED,
    tag::WITHDRAWN,
    tag::LEAVE,
    tag::REQUEST,
    tag::FLUSH,
    tag::FLUSH,
    tag::ANSWER,
    tag::ANSWER,
    tag::FILL,
    tag::FETCH,
    tag::FORWARD,
    tag::FILLED,
    tag::PROPOSE,
    tag::PROPOSE,
    tag::ACCEPT,
    tag::ACCEPT,
    tag::COMMIT,
    tag::COMMIT,
    tag::REFUSE,
    tag::ORDER,
    tag::RECEIVED,
    tag::RENEW,
    tag::RENEWED,
    tag::STATE,
    tag::STATE_WANTED,
];

/// What befalls a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Blow {
    Kill,
    Dark,
    Pause,
    LongPause,
    Isolate,
    /// What it has under way is lost with its connections.
    Hush,
    /// The same, and it dies without a word.
    Unheard,
    /// It dies without a word, and has a successor at once that is not heard late.
    Succeeded,
    /// All die, and this one comes back last.
    Everyone,
}

/// Whom it befalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    Sender,
    Receiver,
    /// A process that runs and is left out of the ballot that begins.
    LeftOut,
}

/// When it befalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Instead of the item's being sent, if its sender is the one who dies.
    Before,
    /// When it is sent, and nothing after it.
    After,
    /// So many microseconds later.
    Later(u64),
}

/// What follows from a strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    /// Another one drawn at random, in half of the cases, and so on up to so many.
    Perhaps(u64),
    /// The receiver of a causal message of which nobody else knows says something, and dies.
    Bereaved,
    /// What the sender has under way to others than the receiver is lost.
    Unheard,
}

/// A blow that waits for its moment.
#[derive(Debug, Clone)]
pub(super) struct Strike {
    item: u8,
    /// Only if this machine sends it.
    by: Option<usize>,
    /// Only if it goes to this machine.
    to: Option<usize>,
    /// Only if it begins with a causal message that is not uniform.
    causal: bool,
    /// So many of these items are let pass.
    skip: u64,
    when: When,
    victim: Victim,
    blow: Blow,
    then: Then,
}

impl Strike {
    fn at(item: u8, when: When, victim: Victim, blow: Blow) -> Self {
        Self { item, by: None, to: None, causal: false, skip: 0, when, victim, blow, then: Then::Nothing }
    }

    /// At a step drawn at random.
    pub(super) fn drawn(random: &mut Random, more: u64) -> Self {
        let item = *random.pick(STEPS);
        let when = *random.pick(&[When::Before, When::After, When::Later(0)]);
        let victim = if random.permille(600) { Victim::Sender } else { Victim::Receiver };
        let blows = [Blow::Kill, Blow::Kill, Blow::Dark, Blow::Pause, Blow::LongPause, Blow::Isolate];
        let blow = *random.pick(&blows);
        let skip = random.between(0, 5);
        Self { skip, then: Then::Perhaps(more), ..Self::at(item, when, victim, blow) }
    }

    /// Between two pieces of state.
    pub(super) fn between_pieces(blow: Blow, skip: u64, victim: Victim) -> Self {
        Self { skip, ..Self::at(tag::STATE, When::Before, victim, blow) }
    }

    /// Some time after a ballot has left out a process that runs: that one is struck.
    pub(super) fn when_left_out(blow: Blow, delay_us: u64) -> Self {
        Self::at(tag::FLUSH, When::Later(delay_us), Victim::LeftOut, blow)
    }

    /// A member has accepted, and is cut off before it can learn that it is decided.
    pub(super) fn accepted() -> Self {
        Self::at(tag::ACCEPT, When::Later(200), Victim::Sender, Blow::Isolate)
    }

    /// The sender of a causal message dies when one member has it, and that one when it has said something because of it.
    pub(super) fn orphan() -> Self {
        let strike = Self::at(tag::MESSAGES, When::After, Victim::Sender, Blow::Dark);
        Self { causal: true, then: Then::Bereaved, ..strike }
    }

    fn bereaved(by: usize) -> Self {
        let strike = Self::at(tag::MESSAGES, When::Later(300), Victim::Sender, Blow::Dark);
        Self { causal: true, by: Some(by), ..strike }
    }

    /// What was asked of this machine is still under way, and it is struck so much later.
    pub(super) fn asked(machine: usize, blow: Blow, delay_us: u64) -> Self {
        Self { to: Some(machine), ..Self::at(tag::FLUSH, When::Later(delay_us), Victim::Receiver, blow) }
    }

    /// Somebody is welcomed, after so many others: that is the last word of the one who does, and nobody else hears what it
    /// said before.
    pub(super) fn last_word(skip: u64) -> Self {
        let strike = Self::at(tag::WELCOME, When::After, Victim::Sender, Blow::Dark);
        Self { skip, then: Then::Unheard, ..strike }
    }

    /// A seed has agreed with this founder, after so many others.
    pub(super) fn agreed(founder: usize, skip: u64) -> Self {
        let strike = Self::at(tag::FOUNDED, When::Later(0), Victim::Receiver, Blow::Succeeded);
        Self { skip, to: Some(founder), ..strike }
    }

    /// This machine's process says what is decided.
    pub(super) fn farewell(leader: usize) -> Self {
        Self { by: Some(leader), ..Self::at(tag::COMMIT, When::After, Victim::Sender, Blow::Hush) }
    }

    /// Somebody tells this leader that it has accepted.
    pub(super) fn undecided(leader: usize) -> Self {
        Self { to: Some(leader), ..Self::at(tag::ACCEPT, When::Later(0), Victim::Receiver, Blow::Everyone) }
    }

    fn awaits(&self, from: usize, to: usize, item: &RawItem) -> bool {
        // A renewal is one, whether it tells how long the lease is or not.
        let tag = if item.tag == tag::RENEW_FOR { tag::RENEW } else { item.tag };
        self.item == tag
            && self.by.is_none_or(|by| by == from)
            && self.to.is_none_or(|machine| machine == to)
            && (!self.causal || begins_causal(item).is_some_and(|causal| causal))
    }
}

impl World {
    /// A frame is about to be sent, or just was. True if its sender does not live to do more.
    pub(super) fn notice(&mut self, from: usize, to: usize, body: &Bytes, sent: bool) -> bool {
        if self.strikes.is_empty() || self.healing {
            return false;
        }
        let mut died = false;
        for item in items(body) {
            died |= self.notice_item(from, to, &item, sent);
        }
        died
    }

    fn notice_item(&mut self, from: usize, to: usize, item: &RawItem, sent: bool) -> bool {
        let mut due = Vec::new();
        let mut waiting = std::mem::take(&mut self.strikes);
        waiting.retain_mut(|strike| {
            if sent == (strike.when == When::Before) || !strike.awaits(from, to, item) {
                return true;
            }
            let victim = match strike.victim {
                Victim::Sender => Some(from),
                Victim::Receiver => Some(to),
                Victim::LeftOut => self.left_out(from, item),
            };
            let Some(node) = victim else { return true };
            if strike.skip > 0 {
                strike.skip -= 1;
                return true;
            }
            due.push((strike.clone(), node));
            false
        });
        self.strikes = waiting;
        let mut died = false;
        for (strike, node) in due {
            self.trace.faults += 1;
            match strike.when {
                When::Before | When::After if node == from => {
                    died |= matches!(strike.blow, Blow::Kill | Blow::Dark);
                    self.strike(node, strike.blow);
                }
                When::Later(delay) => {
                    self.schedule(self.now + delay, Due::Strike { node, blow: strike.blow })
                }
                _ => self.schedule(self.now, Due::Strike { node, blow: strike.blow }),
            }
            match strike.then {
                Then::Perhaps(more) if more > 0 && self.random.permille(500) => self.await_moment(more - 1),
                Then::Bereaved => self.strikes.push(Strike::bereaved(to)),
                Then::Unheard => {
                    let others = (0..self.nodes.len()).filter(|&other| other != to && other != from);
                    others.for_each(|other| self.break_link(from, other));
                }
                _ => {}
            }
        }
        died
    }

    /// The machine of a process that runs and does not take part in a ballot of its view.
    fn left_out(&self, leader: usize, flush: &RawItem) -> Option<usize> {
        let flush: Flush = flush.decode().ok()?;
        let view = self.nodes[leader].process.as_ref()?.core.view();
        let absent = |p: &ProcessId| !flush.survivors.contains(p);
        view.members.iter().map(|m| m.process).filter(absent).find_map(|p| self.machine_of(p))
    }
}

/// The items of a data frame's body; other octets give none, or some that nobody waits for.
fn items(body: &Bytes) -> Vec<RawItem> {
    let (mut rest, mut items) = (body.clone(), Vec::new());
    while rest.len() >= ITEM_HEAD_BYTES {
        match RawItem::split(&mut rest) {
            Ok(Some(item)) => items.push(item),
            _ => break,
        }
    }
    items
}

/// Whether an item of messages begins with a causal one that is not uniform.
fn begins_causal(item: &RawItem) -> Option<bool> {
    let mut input = Reader::new(item.content.clone());
    ViewNumber::read(&mut input).ok()?;
    GroupId::read(&mut input).ok()?;
    input.varint().ok()?;
    let class = Class::from_octet(input.u8().ok()?).ok()?;
    Some(class == Class::new(Order::Causal, false))
}
