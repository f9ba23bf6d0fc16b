//! Handing the role of the sequencer over within a view: to a member that sends alone, so that its messages have their places
//! as soon as they are sent.
//!
//! ```text
//!   sequencer s: so many places in a row for r ... gives none for a moment, until all are ready to its last one, P
//!                HANDOVER(turn, P, r) ----------> r: gives all that has no place one, from P on: ORDER_OF_TURN(turn, P, ..)
//!   others:      take places of a higher turn than the last they know: whoever has it was given it
//! ```
//!
//! Everything before P is stable when the role passes on, so nobody who gets places of the new turn can lack one of the old:
//! the two sequencers' words travel on different connections, and need not be put in order. A view that ends meanwhile
//! finds orders of which one is the beginning of the other, as always. The next view begins with the sequencer that is a
//! function of it.
//!
//! Two that send alone by turns would pass the role to and fro. So each hand-over in a view doubles how many places in a
//! row the next one takes, and so does one that was given up, because somebody else sent or the others did not become
//! ready in time: while the sequencer waits the order stands still.

use super::{Group, OrderBatch, Run};
use crate::core::identity::{Rank, Time};
use crate::core::mutation::Mutation;
use crate::core::wire::item::{self, Handover, TurnBatch, tag};
use crate::core::wire::WireError;

/// How long the order may stand still for a hand-over. Microseconds.
pub(crate) const HANDOVER_WAIT_US: u64 = 20_000;

/// The most often that the places in a row are doubled.
const DOUBLED_MAX: u32 = 20;

/// Who has the role, and whether it is to pass on.
#[derive(Debug, Default)]
pub(super) struct Role {
    /// Hand-overs in this view.
    pub(super) turn: u32,
    /// Hand-overs in this view that were given up here.
    given_up: u32,
    /// Whose messages got the last places, and how many in a row.
    alone: (usize, u64),
    /// To whom the role goes when everything is stable, and since when that is waited for.
    heir: Option<(usize, Time)>,
    /// Passed on, and not told yet.
    untold: Option<Handover>,
}

impl Role {
    /// Places are given to a member.
    fn count(&mut self, rank: usize, count: u64) {
        match self.alone.0 == rank {
            true => self.alone.1 = self.alone.1.saturating_add(count),
            false => self.alone = (rank, count),
        }
    }
}

impl Group {
    /// Gives places to a member's messages, if this member is the one that does.
    pub(super) fn give_places(&mut self, rank: usize, count: u64) {
        if self.me != self.sequencer || count == 0 {
            return;
        }
        if self.role.heir.is_some_and(|(heir, _)| heir == rank) {
            return;
        }
        if self.role.heir.is_some() {
            self.keep_role();
            return;
        }
        self.role.count(rank, count);
        self.order.assign(Run { rank: rank as Rank, count });
    }

    /// Places for everything that has none.
    fn give_all_places(&mut self) {
        for rank in 0..self.lanes.len() {
            let count = self.lanes[rank].totals.saturating_sub(self.order.placed(rank));
            self.role.count(rank, count);
            self.order.assign(Run { rank: rank as Rank, count });
        }
    }

    /// The role stays here, and all that waited gets its place.
    fn keep_role(&mut self) {
        self.role.heir = None;
        self.role.given_up += 1;
        self.role.alone = (self.me, 0);
        self.give_all_places();
    }

    /// Passes the role on if that is due. True if it is waited for: then this is to be asked again soon.
    pub(crate) fn consider_handover(&mut self, after: u64, now: Time) -> bool {
        if self.me != self.sequencer || self.lanes.is_empty() {
            return false;
        }
        let (rank, count) = self.role.alone;
        if self.role.heir.is_none() {
            let doubled = (self.role.turn + self.role.given_up).min(DOUBLED_MAX);
            if rank == self.me || count < after.max(1).saturating_mul(1 << doubled) {
                return false;
            }
            self.role.heir = Some((rank, now));
        }
        let Some((heir, since)) = self.role.heir else { return false };
        let place = self.order.known();
        if self.stability.stable_ready() == place || self.bug(Mutation::HandedOverEarly) {
            self.role.heir = None;
            self.role.turn += 1;
            self.sequencer = heir;
            let (view, group, turn) = (self.view, self.id, self.role.turn);
            self.role.untold = Some(Handover { view, group, turn, place, to: heir as Rank });
            return false;
        }
        if now.since(since) > HANDOVER_WAIT_US {
            self.keep_role();
            return false;
        }
        true
    }

    /// Whether the order stands still for a hand-over.
    pub(crate) fn awaits_handover(&self) -> bool {
        self.role.heir.is_some()
    }

    /// How often the role has passed on in this view.
    pub(crate) fn turn(&self) -> u32 {
        self.role.turn
    }

    /// Writes the places given since last asked, and then that the role has passed on.
    pub(super) fn write_places(&mut self) {
        if let Some((first, runs)) = self.order.take_unsent() {
            let (view, group) = (self.view, self.id);
            match self.role.sent_turn() {
                0 => item::put(tag::ORDER, &OrderBatch { view, group, first, runs }, &mut self.batch),
                turn => {
                    let batch = TurnBatch { view, group, turn, first, runs };
                    item::put(tag::ORDER_OF_TURN, &batch, &mut self.batch);
                }
            }
        }
        if let Some(handover) = self.role.untold.take() {
            item::put(tag::HANDOVER, &handover, &mut self.batch);
        }
    }

    /// A member has the role by so many hand-overs, it says, and gives places from here on.
    pub(super) fn follow(&mut self, from: usize, turn: u32, first: u64) -> Result<(), WireError> {
        if turn > self.role.turn {
            // Who was given the role begins where everybody is.
            if first != self.order.known() {
                return Err(WireError::Contradiction);
            }
            self.pass_to(from, turn);
        }
        match turn == self.role.turn && from == self.sequencer && from != self.me {
            true => Ok(()),
            false => Err(WireError::Contradiction),
        }
    }

    /// The role passes on.
    pub(crate) fn handed_over(&mut self, from: usize, handover: &Handover) -> Result<(), WireError> {
        let to = usize::from(handover.to);
        if handover.turn <= self.role.turn {
            return Ok(());
        }
        let next = handover.turn == self.role.turn + 1 && from == self.sequencer;
        if !next || to >= self.members.len() || to == from || handover.place != self.order.known() {
            return Err(WireError::Contradiction);
        }
        self.wake();
        self.pass_to(to, handover.turn);
        if to == self.me {
            self.give_all_places();
        }
        Ok(())
    }

    fn pass_to(&mut self, rank: usize, turn: u32) {
        self.sequencer = rank;
        self.role = Role { turn, given_up: self.role.given_up, alone: (rank, 0), ..Role::default() };
    }
}

impl Role {
    /// The turn of the places that are still to be sent: those before a hand-over that is not told yet are of the one before.
    fn sent_turn(&self) -> u32 {
        self.turn - u32::from(self.untold.is_some())
    }
}
