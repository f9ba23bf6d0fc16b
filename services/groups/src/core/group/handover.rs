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
use crate::core::wire::WireError;
use crate::core::wire::item::{self, Handover, TurnBatch, tag};

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
        if self.ordering.is_some() {
            return self.await_place(rank, count);
        }
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
        if self.me != self.sequencer || self.lanes.is_empty() || self.ordering.is_some() {
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
        if self.ordering.is_some() {
            return Err(WireError::Contradiction);
        }
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
        let next = handover.turn == self.role.turn + 1 && from == self.sequencer && self.ordering.is_none();
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
        *self.role = Role { turn, given_up: self.role.given_up, alone: (rank, 0), ..Role::default() };
    }
}

impl Role {
    /// The turn of the places that are still to be sent: those before a hand-over that is not told yet are of the one before.
    fn sent_turn(&self) -> u32 {
        self.turn - u32::from(self.untold.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Upcall;
    use crate::core::identity::{GroupId, ProcessId, ViewNumber};
    use crate::core::options::{Class, GroupOptions, Limits, Order};
    use crate::core::protocol::Protocol;
    use crate::core::wire::item::{OrderBatch, RawItem, Received};
    use crate::core::wire::{Reader, Wire};
    use bytes::Bytes;

    /// Places in a row after which the role passes on.
    const AFTER: u64 = 3;

    /// A group of three whose members hear each other at once, or by and by.
    struct Trio {
        groups: Vec<Group>,
        /// What each is still to hear, by sender.
        waiting: Vec<Vec<Bytes>>,
        delivered: [Vec<Bytes>; 3],
        now: Time,
    }

    impl Trio {
        fn new() -> Self {
            let members: Vec<ProcessId> = (1..=3).map(ProcessId).collect();
            let begins = (ViewNumber(2), 0);
            let group = |me| Group::new(GroupId(0), begins, members.clone(), me, &GroupOptions::PLAIN, None);
            let groups = members.iter().map(|&me| group(me)).collect();
            Self { groups, waiting: vec![Vec::new(); 9], delivered: Default::default(), now: Time(1) }
        }

        fn sequencer(&self) -> usize {
            self.groups[0].sequencer
        }

        fn send(&mut self, rank: usize, text: &'static str) {
            self.groups[rank].send(Class::new(Order::Total, false), Bytes::from_static(text.as_bytes()));
        }

        /// Each member does what it can and says it; nobody hears it yet.
        fn speak(&mut self) {
            for rank in 0..3 {
                let (group, mut told) = (&mut self.groups[rank], Vec::new());
                group.consider_handover(AFTER, self.now);
                group.progress(&mut told);
                for upcall in told {
                    let Upcall::Deliver { payload, .. } = upcall else { panic!("{upcall:?}") };
                    self.delivered[rank].push(payload);
                }
                let Some(frame) = group.seal(false, true) else { continue };
                for to in (0..3).filter(|&to| to != rank) {
                    self.waiting[3 * rank + to].push(frame.clone());
                }
            }
        }

        /// One member hears all that another has said.
        fn hear(&mut self, from: usize, to: usize) -> Result<(), WireError> {
            for mut frame in std::mem::take(&mut self.waiting[3 * from + to]) {
                while let Some(item) = RawItem::split(&mut frame)? {
                    take(&mut self.groups[to], from, &item)?;
                }
            }
            Ok(())
        }

        /// Until nobody has anything to say.
        fn settle(&mut self) {
            for _ in 0..8 {
                self.speak();
                for pair in 0..9 {
                    self.hear(pair / 3, pair % 3).unwrap();
                }
            }
        }
    }

    fn take(group: &mut Group, from: usize, item: &RawItem) -> Result<(), WireError> {
        match item.tag {
            tag::MESSAGES => {
                let mut input = Reader::new(item.content.clone());
                assert_eq!(ViewNumber::read(&mut input)?, ViewNumber(2));
                assert_eq!(GroupId::read(&mut input)?, GroupId(0));
                let first = input.varint()?;
                group.messages(from, first, &mut input, Protocol::NEWEST, &Limits::default())
            }
            tag::ORDER => {
                let batch: OrderBatch = item.decode()?;
                group.places(from, 0, batch.first, &batch.runs)
            }
            tag::ORDER_OF_TURN => {
                let batch: TurnBatch = item.decode()?;
                group.places(from, batch.turn, batch.first, &batch.runs)
            }
            tag::HANDOVER => group.handed_over(from, &item.decode()?),
            tag::RECEIVED => group.receipts(from, &item.decode::<Received>()?),
            other => Err(WireError::Tag(other)),
        }
    }

    #[test]
    fn who_sends_alone_is_given_the_role_and_its_messages_have_their_places_at_once() {
        let mut trio = Trio::new();
        let (first, lone) = (trio.sequencer(), (trio.sequencer() + 1) % 3);
        ["a", "b", "c"].into_iter().for_each(|text| trio.send(lone, text));
        trio.settle();
        assert!(trio.groups.iter().all(|g| g.sequencer == lone && g.turn() == 1));
        trio.send(lone, "d");
        trio.speak();
        assert_eq!(trio.delivered[lone].last().unwrap(), "d", "nobody was asked");
        trio.send(first, "e");
        trio.settle();
        assert!(trio.delivered.iter().all(|all| *all == ["a", "b", "c", "d", "e"]), "{:?}", trio.delivered);
    }

    #[test]
    fn the_new_sequencers_places_may_come_before_the_word_of_the_old_one() {
        let mut trio = Trio::new();
        let (old, lone) = (trio.sequencer(), (trio.sequencer() + 1) % 3);
        let third = 3 - old - lone;
        ["a", "b", "c"].into_iter().for_each(|text| trio.send(lone, text));
        while trio.groups[old].turn() == 0 {
            trio.speak();
            for (from, to) in [(old, lone), (lone, old), (third, old), (lone, third), (third, lone)] {
                trio.hear(from, to).unwrap();
            }
            if trio.groups[old].turn() == 0 {
                trio.hear(old, third).unwrap();
            }
        }
        trio.speak();
        trio.hear(old, lone).unwrap();
        trio.send(lone, "d");
        trio.speak();
        trio.hear(lone, third).unwrap();
        assert_eq!((trio.groups[third].sequencer, trio.groups[third].turn()), (lone, 1));
        trio.settle();
        assert_eq!(trio.delivered[third], ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_member_that_does_not_acknowledge_keeps_the_role_where_it_is() {
        let mut trio = Trio::new();
        let (old, lone) = (trio.sequencer(), (trio.sequencer() + 1) % 3);
        trio.groups[3 - old - lone].lag(true);
        ["a", "b", "c"].into_iter().for_each(|text| trio.send(lone, text));
        trio.settle();
        trio.send(lone, "d");
        trio.settle();
        assert!(
            trio.groups[old].awaits_handover() && trio.delivered[old].len() == 3,
            "the order stands still"
        );
        trio.now = trio.now.after(HANDOVER_WAIT_US + 1);
        trio.settle();
        assert!(trio.groups.iter().all(|g| g.turn() == 0));
        assert!(trio.delivered.iter().all(|all| all.len() == 4), "but not for long: {:?}", trio.delivered);
    }

    #[test]
    fn the_role_does_not_go_to_and_fro() {
        let mut trio = Trio::new();
        for round in 0..20 {
            (0..AFTER).for_each(|_| trio.send(round % 3, "x"));
            trio.settle();
        }
        let turns = trio.groups[0].turn();
        assert!((1..=2).contains(&turns), "{turns}");
        assert!(trio.delivered.iter().all(|all| all.len() == 20 * AFTER as usize));
    }

    #[test]
    fn a_word_that_does_not_fit_is_refused() {
        let mut trio = Trio::new();
        let (old, other) = (trio.sequencer(), (trio.sequencer() + 1) % 3);
        let third = &mut trio.groups[3 - old - other];
        let word = Handover { view: ViewNumber(2), group: GroupId(0), turn: 1, place: 0, to: other as Rank };
        for (from, wrong) in [
            (other, word),
            (old, Handover { turn: 2, ..word }),
            (old, Handover { place: 1, ..word }),
            (old, Handover { to: 3, ..word }),
            (old, Handover { to: old as Rank, ..word }),
        ] {
            assert_eq!(third.handed_over(from, &wrong), Err(WireError::Contradiction), "{from} {wrong:?}");
        }
        assert_eq!(third.places(other, 1, 7, &[]), Err(WireError::Contradiction), "a gap");
        assert_eq!(third.turn(), 0);
    }
}
