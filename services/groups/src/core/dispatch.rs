//! Dispatch: each item goes to its concern, if it belongs to the present view.
//!
//! Items of the agreement and of the groups name the view they belong to. Those of the past are dropped (a survivor has
//! all of them), except those that show that their sender has missed the decision: it is told. Those of the future are
//! kept; a flush among them shows that this member has missed one, and it asks.

use super::identity::{GroupId, ProcessId, Rank, ViewNumber};
use super::wire::item::{
    Accuse, Answer, Fetch, Fill, Flush, Found, Handover, Join, OrderBatch, Propose, RawItem, Received,
    Renewal, RenewalFor, Request, StateChunk, StateWanted, TurnBatch, Vote, Welcome, tag,
};
use super::wire::{Reader, Wire, WireError};
use super::{Core, Stage};
use std::cmp::Ordering;

impl Core {
    pub(super) fn dispatch(&mut self, from: ProcessId, item: RawItem) {
        if self.understand(from, item).is_err() {
            self.counters.refused += 1;
        }
    }

    fn understand(&mut self, from: ProcessId, item: RawItem) -> Result<(), WireError> {
        self.check_spoken(item.tag)?;
        match item.tag {
            tag::JOIN => self.asked_to_join(item.decode::<Join>()?),
            tag::FOUND => self.offered(from, item.decode::<Found>()?),
            tag::FOUNDED => self.agreed(from, item.decode::<Found>()?),
            tag::SETTLED => self.is_settled_in(from, item.decode()?),
            tag::WITHDRAWN => self.withdrawn(from, &item.decode::<Found>()?),
            tag::WELCOME => self.enter(item.decode::<Welcome>()?),
            tag::LEAVE => self.wants_to_leave(item.decode::<ProcessId>()?),
            tag::REQUEST => self.requested(item.decode::<Request>()?),
            tag::STATE => {
                let chunk = item.decode::<StateChunk>()?;
                if chunk.cut > self.view.number {
                    self.keep_for_later(from, item);
                } else {
                    self.state_chunk(from, chunk)?;
                }
            }
            tag::RECALL => self.recalled(from, item.decode()?),
            tag::GATHER => self.gather(from, item.decode()?),
            tag::GATHERED => self.gathered(from, item.decode()?),
            tag::DECREE => self.decreed(from, item.decode()?),
            tag::AGREED => self.agreed_to_restart(from, item.decode()?),
            tag::DECIDED => self.decided(item.decode()?),
            tag::OUTBID => self.outbid(item.decode()?),
            tag::STATE_WANTED => self.state_wanted(from, &item.decode::<StateWanted>()?),
            tag if !tag::is_of_a_view(tag) => return Err(WireError::Tag(tag)),
            _ => {
                let mut input = Reader::new(item.content.clone());
                let view = ViewNumber::read(&mut input)?;
                if self.stage == Stage::Gone {
                    return Ok(());
                }
                match view.cmp(&self.view.number) {
                    Ordering::Greater => {
                        if item.tag == tag::FLUSH && self.stage == Stage::Member {
                            self.send_item(from, tag::BEHIND, &{ self.view.number });
                        }
                        self.keep_for_later(from, item);
                    }
                    Ordering::Less => self.of_the_past(from, view, item.tag),
                    Ordering::Equal => self.of_this_view(from, &item, input)?,
                }
            }
        }
        Ok(())
    }

    /// A member that has missed the decision is told of it.
    fn of_the_past(&mut self, from: ProcessId, view: ViewNumber, tag: u8) {
        let behind = matches!(tag, tag::FLUSH | tag::PROPOSE | tag::FILL | tag::ACCUSE | tag::BEHIND);
        if let Some(decision) = self.acceptor.decision().filter(|d| behind && d.view == view).cloned() {
            self.send_item(from, tag::COMMIT, &decision);
        }
    }

    fn of_this_view(&mut self, from: ProcessId, item: &RawItem, mut input: Reader) -> Result<(), WireError> {
        if item.tag == tag::COMMIT {
            // Also those say what was decided whom the decision admitted.
            let decision = item.decode::<Propose>()?;
            let knows = self.view.contains(from) || decision.value.members.iter().any(|m| m.process == from);
            if !knows {
                return Err(WireError::Contradiction);
            }
            self.committed(decision);
            return Ok(());
        }
        if !self.view.contains(from) {
            return Err(WireError::Contradiction);
        }
        match item.tag {
            tag::MESSAGES => self.messages(from, &mut input)?,
            tag::FORWARD => self.forwarded(&mut input)?,
            tag::ORDER => {
                let OrderBatch { view, group, first, runs } = item.decode()?;
                self.places(from, &TurnBatch { view, group, turn: 0, first, runs })?;
            }
            tag::ORDER_OF_TURN => self.places(from, &item.decode::<TurnBatch>()?)?,
            tag::HANDOVER => self.handed_over(from, &item.decode::<Handover>()?)?,
            tag::RECEIVED => self.receipts(from, &item.decode::<Received>()?)?,
            tag::JOINT_ORDER => self.joint_places(from, &item.decode()?)?,
            tag::JOINT_KNOWN => self.joint_known(from, item.decode()?)?,
            tag::TALLY => self.tallied(from, item.decode()?)?,
            tag::ACCUSE => self.accused(from, item.decode::<Accuse>()?),
            tag::FLUSH => self.flush_asked(from, item.decode::<Flush>()?),
            tag::ANSWER => self.answered(from, item.decode::<Answer>()?),
            tag::FILL => self.fill(from, item.decode::<Fill>()?),
            tag::FILLED => self.filled(from, item.decode::<Vote>()?),
            tag::PROPOSE => self.proposed(from, item.decode::<Propose>()?),
            tag::ACCEPT => self.accepted(from, item.decode::<Vote>()?),
            tag::REFUSE => self.refused_ballot(item.decode::<Vote>()?),
            tag::FETCH => self.fetch(from, &item.decode::<Fetch>()?),
            tag::RENEW => self.renewal_untold(from, item.decode::<Renewal>()?)?,
            tag::RENEW_FOR => self.renewal(from, item.decode::<RenewalFor>()?)?,
            tag::RENEWED => self.renewed(from, item.decode::<Renewal>()?),
            other => return Err(WireError::Tag(other)),
        }
        Ok(())
    }

    fn messages(&mut self, from: ProcessId, input: &mut Reader) -> Result<(), WireError> {
        let id = GroupId::read(input)?;
        let first = input.varint()?;
        let spoken = self.registry.protocol();
        let group = self.groups.get_mut(&id).ok_or(WireError::Contradiction)?;
        let rank = group.rank(from).ok_or(WireError::Contradiction)?;
        group.messages(rank, first, input, spoken, &self.config.limits)?;
        self.order_jointly(id);
        self.mark(id);
        Ok(())
    }

    /// Messages of another sender, which this member asked for.
    fn forwarded(&mut self, input: &mut Reader) -> Result<(), WireError> {
        let id = GroupId::read(input)?;
        let rank = Rank::read(input)?;
        let first = input.varint()?;
        let spoken = self.registry.protocol();
        let group = self.groups.get_mut(&id).ok_or(WireError::Contradiction)?;
        group.messages(usize::from(rank), first, input, spoken, &self.config.limits)?;
        self.order_jointly(id);
        self.mark(id);
        self.check_filled();
        Ok(())
    }

    fn places(&mut self, from: ProcessId, batch: &TurnBatch) -> Result<(), WireError> {
        let group = self.groups.get_mut(&batch.group).ok_or(WireError::Contradiction)?;
        let rank = group.rank(from).ok_or(WireError::Contradiction)?;
        group.places(rank, batch.turn, batch.first, &batch.runs)?;
        self.mark(batch.group);
        Ok(())
    }

    fn handed_over(&mut self, from: ProcessId, handover: &Handover) -> Result<(), WireError> {
        let group = self.groups.get_mut(&handover.group).ok_or(WireError::Contradiction)?;
        let rank = group.rank(from).ok_or(WireError::Contradiction)?;
        group.handed_over(rank, handover)?;
        self.mark(handover.group);
        Ok(())
    }

    fn receipts(&mut self, from: ProcessId, receipts: &Received) -> Result<(), WireError> {
        let group = self.groups.get_mut(&receipts.group).ok_or(WireError::Contradiction)?;
        let rank = group.rank(from).ok_or(WireError::Contradiction)?;
        group.receipts(rank, receipts)?;
        self.mark(receipts.group);
        Ok(())
    }

    /// A group has something to do at the next poll.
    pub(super) fn mark(&mut self, id: GroupId) {
        if let Some(group) = self.groups.get_mut(&id).filter(|g| !g.dirty) {
            group.dirty = true;
            self.dirty.push(id);
        }
    }
}
