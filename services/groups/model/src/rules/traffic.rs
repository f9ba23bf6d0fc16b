//! Messages within a view: streams from each sender, places from the sequencer, delivery.
//!
//! ```text
//!   sender    -> every member : message 1, 2, ...          taken one by one, not from the silenced
//!   sequencer -> every member : place 1, 2, ...            it orders what it receives at once, until it is sealed
//!   member    -> every member : ready k                    it holds k places with their messages
//!   uniform delivery of place k: every member of the view is ready for it
//! ```
//!
//! That a member is ready is visible to the others at once, or whenever they like: delivery may always happen later.

use crate::model::Model;
use crate::mutation::Mutation;
use crate::property::Violation;
use crate::set::{PROCESSES_MAX, Pid, Seq};
use crate::state::{Process, State};
use crate::step::Step;

impl Model {
    pub(crate) fn traffic_steps(&self, s: &State, out: &mut Vec<Step>) {
        if self.scope.messages.is_empty() {
            return;
        }
        for (p, process) in s.members() {
            let sealed = process.is_sealed() && !self.bug(Mutation::SenderNotSealed);
            if !sealed && s.sent[usize::from(p)] < self.scope.budget(p) {
                out.push(Step::Send(p));
            }
            let senders = (0..PROCESSES_MAX as Pid).filter(|&from| self.can_take(s, p, from));
            out.extend(senders.map(|from| Step::Take(p, from)));
            if self.next_place(s, p).is_some() {
                out.push(Step::Learn(p));
            }
            if self.can_deliver(s, process) {
                out.push(Step::Deliver(p));
            }
        }
    }

    /// Whether the process may take a further message directly from the sender.
    pub(crate) fn can_take(&self, s: &State, p: Pid, from: Pid) -> bool {
        let process = s.process(p);
        let lane = usize::from(from);
        let others = process.members.contains(from) && from != p;
        others && !self.is_silenced(process, from) && process.received[lane] < sent_in(s, from, process.view)
    }

    fn is_silenced(&self, process: &Process, from: Pid) -> bool {
        process.silenced.contains(from) && !self.bug(Mutation::PromiseWithoutSilence)
    }

    /// The sender of the message that has the next place the process does not know.
    pub(crate) fn next_place(&self, s: &State, p: Pid) -> Option<Pid> {
        let process = s.process(p);
        let sequencer = self.scope.sequencer(process.members);
        if sequencer == p || self.is_silenced(process, sequencer) {
            return None;
        }
        ordered_in(s, sequencer, process.view).get(process.order.len())
    }

    pub(crate) fn can_deliver(&self, s: &State, process: &Process) -> bool {
        let place = process.delivered;
        if process.ready() <= place {
            return false;
        }
        if !self.scope.uniform || self.bug(Mutation::UniformOnReceipt) {
            return true;
        }
        let sender = process.order.senders()[usize::from(place)];
        let number = process.order.count(sender, place + 1);
        let mut members = process.members.iter();
        if self.bug(Mutation::PlaceNotStable) {
            return members.all(|q| held_in(s, q, process.view, sender) >= number);
        }
        members.all(|q| ready_in(s, q, process.view) > place)
    }

    pub(crate) fn send(&self, s: &mut State, p: Pid) {
        s.sent[usize::from(p)] += 1;
        self.receive(s, p, p);
    }

    /// The process holds one more message of the sender; the sequencer gives it a place.
    pub(crate) fn receive(&self, s: &mut State, p: Pid, from: Pid) {
        let process = s.process_mut(p);
        process.received[usize::from(from)] += 1;
        let open = !process.is_sealed() || self.bug(Mutation::SequencerNotSealed);
        if self.scope.sequencer(process.members) == p && open {
            process.order.push(from);
        }
    }

    pub(crate) fn learn(&self, s: &mut State, p: Pid) {
        if let Some(sender) = self.next_place(s, p) {
            s.process_mut(p).order.push(sender);
        }
    }

    pub(crate) fn deliver(&self, s: &mut State, p: Pid) -> Result<(), Violation> {
        let process = s.process_mut(p);
        let (view, place) = (process.view, process.delivered);
        let sender = process.order.senders()[usize::from(place)];
        process.delivered += 1;
        if !self.scope.uniform {
            return Ok(());
        }
        let epoch = s.epoch_mut(view);
        match epoch.log.get(place) {
            Some(other) if other != sender => Err(Violation::O4StrongOrder),
            Some(_) => Ok(()),
            None if epoch.ended => Err(Violation::V6Uniformity),
            None => {
                epoch.log.push(sender);
                Ok(())
            }
        }
    }

    /// The reply to a client leaves as soon as the update is delivered, except while the view waits for old leases.
    pub(crate) fn acknowledge_updates(&self, s: &mut State) {
        let early = self.bug(Mutation::AcknowledgedInWait);
        let acting = s.members().filter(|(_, p)| p.hold == 0 || early).map(|(_, p)| p.applied());
        let visible = acting.max().unwrap_or(0);
        s.visible = s.visible.max(visible);
    }
}

/// How many messages the process has sent in the view.
fn sent_in(s: &State, p: Pid, view: u8) -> u8 {
    held_in(s, p, view, p)
}

/// How many messages of the sender the process held in the view.
fn held_in(s: &State, p: Pid, view: u8, sender: Pid) -> u8 {
    let process = s.process(p);
    let lane = usize::from(sender);
    if process.view == view {
        return process.received[lane];
    }
    // Whoever has gone on held all that its acknowledgement says, and all it had sent.
    let epoch = s.epoch(view);
    if p == sender { epoch.sent[lane] } else { epoch.log.count(sender, epoch.ready[usize::from(p)]) }
}

/// What the sequencer has ordered in the view.
fn ordered_in(s: &State, p: Pid, view: u8) -> Seq {
    if s.process(p).view == view { s.process(p).order } else { s.epoch(view).order }
}

/// What the process has acknowledged in the view.
fn ready_in(s: &State, p: Pid, view: u8) -> u8 {
    if s.process(p).view == view { s.process(p).ready() } else { s.epoch(view).ready[usize::from(p)] }
}
