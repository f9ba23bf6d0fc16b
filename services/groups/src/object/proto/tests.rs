//! The core by itself: members as values, an order made by hand, and exact effects.

mod effects;
mod replay;
mod timers;

use super::message::Message;
use super::*;
use crate::core::wire::{Reader, Wire};
use crate::core::{GroupId, GroupMember, ViewNumber};
use bytes::Bytes;
use quorb::adapter::{RelayedCall, RelayedReply};
use quorb::proto::head::{ClientId, RequestIdentity};
use std::collections::{BTreeMap, VecDeque};

fn place(style: Style) -> Place {
    Place {
        interface: "IDL:Sum:1.0".into(),
        fingerprint: 7,
        style,
        ships_effects: false,
        profiles: Vec::new(),
        time_us: 1,
    }
}

/// A member whose object is a sum: every call adds its argument, an octet, and answers the new sum.
struct Member {
    replica: Replica,
    sum: u64,
    committed: u64,
    answers: Vec<(Ticket, Answer)>,
    published: Vec<(u64, usize)>,
    executed: Vec<u64>,
    /// What requests ask of the timers, by their sequence.
    wishes: BTreeMap<u64, Vec<TimerChange>>,
    alarms: BTreeMap<u64, u64>,
    rung: Vec<(String, u64)>,
    diverged: Vec<Effect>,
}

/// Members, and the one order of their messages.
struct World {
    members: Vec<Member>,
    order: VecDeque<(ProcessId, Bytes)>,
    view: u64,
    style: Style,
    ships_effects: bool,
    limits: ReplicaLimits,
    /// The members' objects are not equal, on purpose.
    drifts: bool,
}

impl World {
    fn new(count: u64, style: Style) -> Self {
        Self::shipping(count, style, false)
    }

    fn shipping(count: u64, style: Style, ships_effects: bool) -> Self {
        let limits = ReplicaLimits { checkpoint_requests: 2, ..ReplicaLimits::default() };
        let (members, order) = (Vec::new(), VecDeque::new());
        let mut world = Self { members, order, view: 0, style, ships_effects, limits, drifts: false };
        (1..=count).for_each(|process| world.join(process));
        world
    }

    fn place(&self) -> Place {
        Place { ships_effects: self.ships_effects, ..place(self.style) }
    }

    fn member(&self, process: u64) -> Member {
        Member {
            replica: Replica::new(ProcessId(process), &self.place(), self.limits.clone()),
            sum: 0,
            committed: 0,
            answers: Vec::new(),
            published: Vec::new(),
            executed: Vec::new(),
            wishes: BTreeMap::new(),
            alarms: BTreeMap::new(),
            rung: Vec::new(),
            diverged: Vec::new(),
        }
    }

    /// Lets a process join with the state of the first, at a view.
    fn join(&mut self, process: u64) {
        let mut joiner = self.member(process);
        if let Some(donor) = self.members.first() {
            let state = Bytes::copy_from_slice(&donor.committed.to_le_bytes());
            let saved = donor.replica.save(&state);
            let state = joiner.replica.restore(&saved, &self.place()).unwrap();
            joiner.sum = u64::from_le_bytes(state.as_ref().try_into().unwrap());
            joiner.committed = joiner.sum;
            assert_eq!(joiner.replica.shared, donor.replica.shared);
        }
        self.members.push(joiner);
        self.install();
        let last = self.members.len() - 1;
        let place = self.place();
        self.members[last].replica.announce(place);
        self.settle();
    }

    fn lose(&mut self, process: u64) {
        self.members.retain(|member| member.replica.me.0 != process);
        self.install();
        self.settle();
    }

    fn install(&mut self) {
        self.view += 1;
        let members = self.members.iter().map(|m| GroupMember { process: m.replica.me, complete: true });
        let members = members.collect();
        let view =
            GroupView { group: GroupId(1), name: "sum".into(), number: ViewNumber(self.view), members };
        self.members.iter_mut().for_each(|member| member.replica.view(&view));
    }

    fn call(&mut self, process: u64, ticket: Ticket, sequence: u64, amount: u8) {
        let key = RequestIdentity { client: ClientId(99), incarnation: 1, sequence };
        self.call_as(process, ticket, Some(key), amount);
    }

    fn call_as(&mut self, process: u64, ticket: Ticket, identity: Option<RequestIdentity>, amount: u8) {
        let call = RelayedCall::from_parts(Bytes::from_static(b"add"), Bytes::copy_from_slice(&[amount]));
        let call = ClientCall { call, identity, acknowledged_below: 0, is_repeated: false };
        let moment = Moment { time_us: 1_000, seed: 1 };
        let member = self.members.iter_mut().find(|member| member.replica.me.0 == process).unwrap();
        member.replica.call(ticket, call, moment);
    }

    /// Does every effect; messages wait in the order.
    fn act(&mut self) {
        for at in 0..self.members.len() {
            let mut effects = VecDeque::from(self.members[at].replica.take_effects());
            while let Some(effect) = effects.pop_front() {
                let member = &mut self.members[at];
                if let Effect::Multicast(message) = effect {
                    self.order.push_back((member.replica.me, message));
                    continue;
                }
                member.act(effect);
                effects.extend(member.replica.take_effects());
            }
        }
    }

    fn deliver_one(&mut self) -> bool {
        let Some((sender, message)) = self.order.pop_front() else { return false };
        for at in 0..self.members.len() {
            self.members[at].replica.deliver(sender, &message).unwrap();
            self.act();
        }
        true
    }

    fn settle(&mut self) {
        self.act();
        while self.deliver_one() {}
        for member in self.members.iter().filter(|_| !self.drifts) {
            assert_eq!(member.replica.shared, self.members[0].replica.shared);
        }
    }

    fn at(&self, process: u64) -> &Member {
        self.members.iter().find(|member| member.replica.me.0 == process).unwrap()
    }

    fn sums(&self) -> Vec<u64> {
        self.members.iter().map(|member| member.sum).collect()
    }
}

impl Member {
    fn act(&mut self, effect: Effect) {
        match effect {
            Effect::Multicast(_) | Effect::Reactivate => {}
            Effect::Execute(execution) if execution.timer.is_some() => {
                self.rung.extend(execution.timer.map(|timer| (timer.to_string(), execution.moment.time_us)));
                self.sum += 100;
                if self.replica.shared.style == Style::Active {
                    self.committed = self.sum;
                }
                let reply = RelayedReply::from_parts(Bytes::new(), Bytes::new());
                self.replica.executed(execution.key, reply.into());
            }
            Effect::Execute(execution) => {
                let amount = execution.call.arguments()[0];
                self.executed.push(execution.key.sequence);
                let panics = amount == 255;
                self.sum += u64::from(amount);
                let reply = match panics {
                    true => RelayedReply::raising(&quorb::SystemException::new(
                        quorb::ExceptionKind::Unknown,
                        quorb::Minor::SERVANT_PANICKED,
                        quorb::Completion::Maybe,
                    )),
                    false => RelayedReply::from_parts(
                        Bytes::from_static(&[1, 0]),
                        Bytes::copy_from_slice(&self.sum.to_le_bytes()),
                    ),
                };
                if self.replica.shared.style == Style::Active {
                    self.committed = self.sum;
                }
                let timers = self.wishes.remove(&execution.key.sequence).unwrap_or_default();
                self.replica.executed(execution.key, Executed { reply, panicked: panics, timers });
            }
            Effect::Conclude => {
                let state = match self.replica.shared.ships_effects {
                    true => self.sum - self.committed,
                    false => self.sum,
                };
                self.replica.conclude(Concluded::Changed(Bytes::copy_from_slice(&state.to_le_bytes())));
            }
            Effect::Apply(effects) => {
                self.sum += u64::from_le_bytes(effects.as_ref().try_into().unwrap());
                self.committed = self.sum;
            }
            Effect::Arm { number, after_us } => {
                self.alarms.insert(number, after_us);
            }
            Effect::Disarm { number } => {
                self.alarms.remove(&number);
            }
            Effect::Adopt(state) => {
                self.sum = u64::from_le_bytes(state.as_ref().try_into().unwrap());
                self.committed = self.sum;
            }
            Effect::Settled => self.committed = self.sum,
            Effect::TakeBack => self.sum = self.committed,
            Effect::Answer { ticket, answer } => self.answers.push((ticket, answer)),
            Effect::Publish { version, places } => self.published.push((version, places.len())),
            Effect::TakeDigest { place } => self.replica.digested(place, u128::from(self.sum)),
            Effect::Diverged { .. } | Effect::Disputed { .. } => self.diverged.push(effect),
        }
    }

    /// The sum that the call with this ticket was answered.
    fn answer(&self, ticket: Ticket) -> Option<u64> {
        let (_, answer) = self.answers.iter().find(|(other, _)| *other == ticket)?;
        match answer {
            Answer::Reply(reply) => reply.body().as_ref().try_into().ok().map(u64::from_le_bytes),
            _ => None,
        }
    }

    fn refusal(&self, ticket: Ticket) -> Option<quorb::SystemException> {
        let (_, answer) = self.answers.iter().find(|(other, _)| *other == ticket)?;
        match answer {
            Answer::Refusal(exception) | Answer::BeginAgain(exception, _) => Some((**exception).clone()),
            Answer::Reply(reply) => match reply.reply().ok()?.body {
                quorb::adapter::ReplyBody::System(exception) => Some(exception),
                _ => None,
            },
        }
    }
}

const STYLES: [Style; 2] = [Style::Active, Style::Executor];

#[test]
fn every_member_executes_or_adopts_and_the_one_that_was_asked_answers() {
    for style in STYLES {
        let mut world = World::new(3, style);
        world.call(2, 1, 1, 5);
        world.settle();
        assert_eq!(world.sums(), [5, 5, 5]);
        assert_eq!(world.at(2).answer(1), Some(5));
        assert!(world.at(1).answers.is_empty() && world.at(3).answers.is_empty());
        let executions: usize = world.members.iter().map(|member| member.executed.len()).sum();
        assert_eq!(executions, if style == Style::Active { 3 } else { 1 });
    }
}

#[test]
fn a_request_that_two_members_get_is_executed_once_and_answered_alike() {
    for style in STYLES {
        let mut world = World::new(3, style);
        world.call(1, 1, 1, 5);
        world.call(3, 2, 1, 5);
        world.settle();
        assert_eq!(world.sums(), [5, 5, 5]);
        assert_eq!((world.at(1).answer(1), world.at(3).answer(2)), (Some(5), Some(5)));
        world.call(2, 3, 1, 5);
        world.act();
        assert!(world.order.is_empty(), "what is in the table is answered without a message");
        assert_eq!(world.at(2).answer(3), Some(5));
    }
}

#[test]
fn after_a_failure_another_member_gives_the_same_reply() {
    for style in STYLES {
        let mut world = World::new(3, style);
        world.call(1, 1, 1, 5);
        world.act();
        // The request has its place; the member that was asked is lost before it could answer.
        world.lose(1);
        world.call(2, 2, 1, 5);
        world.settle();
        assert_eq!(world.sums(), [5, 5]);
        assert_eq!(world.at(2).answer(2), Some(5));
    }
}

#[test]
fn a_joiner_has_the_table_too() {
    for style in STYLES {
        let mut world = World::new(2, style);
        world.call(1, 1, 1, 5);
        world.settle();
        world.join(4);
        world.lose(1);
        world.lose(2);
        world.call(4, 2, 1, 5);
        world.settle();
        assert_eq!((world.sums(), world.at(4).answer(2)), (vec![5], Some(5)));
    }
}

#[test]
fn an_executor_that_is_lost_leaves_nothing_behind_and_its_successor_executes_again() {
    let mut world = World::new(3, Style::Executor);
    let executor = world.members[0].replica.executor().unwrap();
    let other = (1..=3).find(|process| *process != executor.0).unwrap();
    world.call(other, 1, 1, 5);
    world.act();
    // The request has its place everywhere; the executor has executed it, but its outcome goes down with it.
    assert!(world.deliver_one());
    assert_eq!(world.at(executor.0).sum, 5);
    assert_eq!(world.at(other).sum, 0, "nothing is visible elsewhere yet");
    assert!(world.at(other).answers.is_empty());
    world.order.clear();
    world.lose(executor.0);
    assert_eq!(world.sums(), [5, 5]);
    assert_eq!(world.at(other).answer(1), Some(5));
}

#[test]
fn the_outcome_of_a_lost_executor_counts_if_it_has_its_place() {
    let mut world = World::new(3, Style::Executor);
    let executor = world.members[0].replica.executor().unwrap();
    let other = (1..=3).find(|process| *process != executor.0).unwrap();
    world.call(other, 1, 1, 5);
    world.act();
    assert!(world.deliver_one());
    world.settle();
    world.lose(executor.0);
    assert_eq!(world.sums(), [5, 5]);
    let executions: usize = world.members.iter().map(|member| member.executed.len()).sum();
    assert_eq!(executions, 0, "it was executed by the one that is gone, and by nobody else");
}

#[test]
fn a_request_that_costs_executors_is_given_up() {
    let mut world = World::new(5, Style::Executor);
    world.limits.executors_lost_max = 2;
    let asked = (1..=5).find(|p| world.members[0].replica.executor() != Some(ProcessId(*p))).unwrap();
    world.call(asked, 1, 1, 5);
    world.act();
    assert!(world.deliver_one());
    for _ in 0..3 {
        world.order.clear();
        let executor = world.members[0].replica.executor().unwrap();
        if executor.0 == asked {
            break;
        }
        world.members.retain(|member| member.replica.me != executor);
        world.install();
        world.act();
    }
    world.settle();
    if let Some(refusal) = world.at(asked).refusal(1) {
        assert_eq!(refusal.minor(), quorb::Minor::REQUEST_QUARANTINED);
        assert_eq!(world.sums(), vec![0; world.members.len()]);
    } else {
        panic!("it was answered: {:?}", world.at(asked).answers);
    }
}

#[test]
fn a_panic_poisons_every_member_or_is_taken_back() {
    let mut world = World::new(3, Style::Active);
    world.call(1, 1, 1, 255);
    world.call(1, 2, 2, 1);
    world.settle();
    assert_eq!(world.at(1).refusal(1).unwrap().minor(), quorb::Minor::SERVANT_PANICKED);
    assert_eq!(world.at(1).refusal(2).unwrap().minor(), quorb::Minor::OBJECT_POISONED);
    world.members[0].replica.reactivate();
    world.call(1, 3, 2, 1);
    world.settle();
    assert_eq!(world.at(1).answer(3), Some(256));

    let mut world = World::new(3, Style::Executor);
    for (ticket, amount) in [(1, 3), (2, 255), (3, 4)] {
        world.call(1, ticket, ticket, amount);
    }
    world.settle();
    assert_eq!(world.sums(), [7, 7, 7]);
    assert_eq!((world.at(1).answer(1), world.at(1).answer(3)), (Some(3), Some(7)));
    assert_eq!(world.at(1).refusal(2).unwrap().minor(), quorb::Minor::SERVANT_PANICKED);
}

#[test]
fn clients_that_number_nothing_are_served_and_never_twice() {
    for style in STYLES {
        let mut world = World::new(3, style);
        for ticket in 1..=5 {
            world.call_as(1, ticket, None, 1);
        }
        world.settle();
        assert_eq!(world.sums(), [5, 5, 5]);
        assert_eq!(world.at(1).answer(5), Some(5));
        assert_eq!(world.at(2).replica.table().clients(), 1);
        world.lose(1);
        assert_eq!(world.at(2).replica.table().clients(), 0, "nobody will ask for them");
    }
}

#[test]
fn a_member_that_is_cut_off_refuses_at_once_and_gives_up_what_waits() {
    let mut world = World::new(3, Style::Active);
    world.call(1, 1, 1, 5);
    world.call_as(1, 2, None, 5);
    world.members[0].replica.cut_off(true);
    world.call(1, 3, 2, 5);
    world.members[0].replica.take_effects().into_iter().for_each(|effect| world.members[0].act(effect));
    let (known, unknown, new) =
        (world.at(1).refusal(1).unwrap(), world.at(1).refusal(2).unwrap(), world.at(1).refusal(3).unwrap());
    assert_eq!((known.minor(), known.completed()), (quorb::Minor::NOT_PRIMARY, quorb::Completion::Maybe));
    assert_eq!(unknown.kind(), quorb::ExceptionKind::CommFailure);
    assert_eq!((new.minor(), new.completed()), (quorb::Minor::NOT_PRIMARY, quorb::Completion::No));
}

#[test]
fn the_set_of_places_grows_in_version_with_every_change() {
    let mut world = World::new(3, Style::Active);
    world.lose(2);
    let published = &world.at(1).published;
    assert!(published.windows(2).all(|pair| pair[0].0 < pair[1].0), "{published:?}");
    assert_eq!(published.last().unwrap().1, 2);
    assert_eq!(world.at(3).published.last(), published.last());
}

#[test]
fn only_a_strict_majority_sends_a_member_away() {
    let mut world = World::new(3, Style::Active);
    world.drifts = true;
    world.members[1].sum = 100;
    for sequence in 1..=2 {
        world.call(1, sequence, sequence, 1);
    }
    world.settle();
    assert!(matches!(world.at(2).diverged[..], [Effect::Diverged { place: 2 }]));
    assert!(world.at(1).diverged.is_empty() && world.at(3).diverged.is_empty());

    let mut world = World::new(2, Style::Active);
    world.drifts = true;
    world.members[1].sum = 100;
    for sequence in 1..=2 {
        world.call(1, sequence, sequence, 1);
    }
    world.settle();
    for process in [1, 2] {
        assert!(matches!(world.at(process).diverged[..], [Effect::Disputed { place: 2 }]));
    }
}

#[test]
fn another_object_or_style_is_told_apart() {
    let world = World::new(1, Style::Active);
    let saved = world.members[0].replica.save(&Bytes::new());
    let own = Place { fingerprint: 8, ..place(Style::Active) };
    let mut other = Replica::new(ProcessId(9), &own, ReplicaLimits::default());
    assert!(matches!(other.restore(&saved, &own), Err(SavedError::OtherInterface { .. })));
    let own = place(Style::Executor);
    assert_eq!(other.restore(&saved, &own), Err(SavedError::OtherStyle(Style::Active)));
    let newer = Bytes::from_static(&[77]);
    assert_eq!(other.restore(&newer, &own), Err(SavedError::Form(77)));
    for length in 0..saved.len() {
        assert!(other.restore(&saved.slice(..length), &place(Style::Active)).is_err());
    }
}

#[test]
fn foreign_octets_change_nothing() {
    let mut world = World::new(1, Style::Active);
    let before = world.members[0].replica.save(&Bytes::new());
    assert!(world.members[0].replica.deliver(ProcessId(1), &Bytes::from_static(b"\x63what?")).is_err());
    assert_eq!(world.members[0].replica.save(&Bytes::new()), before);
    let stale = Message::read(&mut Reader::new(Bytes::from_static(&[4, 9, 0, 0, 0]))).unwrap();
    world.members[0].replica.deliver(ProcessId(1), &stale.to_bytes()).unwrap();
    assert_eq!(world.members[0].replica.save(&Bytes::new()), before);
}
