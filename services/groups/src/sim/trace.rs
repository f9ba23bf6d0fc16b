//! What happened in a run, as the invariants see it: for every process its log, and beside them what was sent, what was
//! shown to the outside, and when.

use crate::core::{Class, DomainId, DurableId, GroupId, ProcessId, Protocol, View, ViewNumber};
use std::collections::{BTreeMap, BTreeSet};

/// A message or a cast, numbered over the whole run.
pub type MessageId = u64;

/// One entry of a process's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A view of the domain.
    View(View),
    /// The version of the protocol that the domain runs at from the last view on.
    Protocol(Protocol),
    /// A view of a group: its number, its members.
    GroupView {
        /// The group.
        group: GroupId,
        /// The view's number.
        number: ViewNumber,
        /// The members by rank.
        members: Vec<ProcessId>,
        /// Whether the process has the group's state.
        complete: bool,
    },
    /// A delivery.
    Deliver {
        /// The group.
        group: GroupId,
        /// Who is said to have sent it.
        sender: ProcessId,
        /// As what.
        class: Class,
        /// What.
        message: MessageId,
    },
    /// A message handed to the engine, and accepted.
    Sent {
        /// The group.
        group: GroupId,
        /// The message.
        message: MessageId,
    },
    /// A cast.
    Cast {
        /// The cast.
        message: MessageId,
    },
    /// A group lives on from the process's log.
    Restore {
        /// The group.
        group: GroupId,
        /// What the state contains, in order.
        applied: Vec<MessageId>,
    },
    /// The process left a group.
    LeftGroup {
        /// The group.
        group: GroupId,
    },
    /// A group the process was in is no more.
    Dissolved {
        /// The group.
        group: GroupId,
    },
    /// A state that begins with the view named, as the messages it contains.
    Install {
        /// The group.
        group: GroupId,
        /// The cut.
        cut: ViewNumber,
        /// What the state contains, in order.
        applied: Vec<MessageId>,
    },
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It runs.
    Alive,
    /// It was made to fail.
    Crashed,
    /// The domain went on without it.
    Excluded,
    /// It left.
    Left,
}

/// One process of the run.
#[derive(Debug)]
pub struct Log {
    /// Its incarnation.
    pub process: ProcessId,
    /// The machine it ran on.
    pub node: usize,
    /// The name on its machine's disk.
    pub disk: Option<DurableId>,
    /// What happened to it.
    pub entries: Vec<Entry>,
    /// How it ended.
    pub end: End,
    /// It asked to leave: it may have voted for the view without it and failed before it knew.
    pub leaving: bool,
    /// Some fault touched it or its machine.
    pub disturbed: bool,
    /// The state of its groups at the end, as the messages applied.
    pub state: BTreeMap<GroupId, Vec<MessageId>>,
    /// Groups in which it was complete at the end.
    pub complete: Vec<GroupId>,
}

/// A message as its sender knows it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The sender.
    pub sender: ProcessId,
    /// Its domain.
    pub domain: DomainId,
    /// The group; none for a cast.
    pub group: Option<GroupId>,
    /// The class.
    pub class: Class,
}

/// Something shown to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who showed it.
    pub process: ProcessId,
    /// Its domain.
    pub domain: DomainId,
    /// The view it acted in.
    pub view: ViewNumber,
    /// The group.
    pub group: GroupId,
    /// When it was asked for: for a query, its arrival.
    pub asked: u64,
    /// When it was shown.
    pub shown: u64,
    /// What it reflects: so many messages of the group's order.
    pub position: usize,
    /// Whether it is an answered query; otherwise an acknowledged update.
    pub query: bool,
    /// The update.
    pub message: Option<MessageId>,
}

/// A whole run.
#[derive(Debug, Default)]
pub struct Trace {
    /// Every process that ever ran, in the order of starting.
    pub logs: Vec<Log>,
    /// Everything sent.
    pub sent: BTreeMap<MessageId, Sent>,
    /// Everything shown.
    pub acts: Vec<Act>,
    /// What befell machines and network, and which views came of it, by time.
    pub story: Vec<(u64, String)>,
    /// Faults injected.
    pub faults: u64,
    /// What was found wrong while running.
    pub complaints: Vec<super::Violation>,
    /// Whether everything had come to rest at the end.
    pub rested: bool,
    /// The domain the run ended in.
    pub domain: DomainId,
    /// Processes keep logs.
    pub durable: bool,
    /// Processes of which each did not hear the other for a while, and nothing else befell them.
    pub estranged: Vec<(ProcessId, ProcessId)>,
    /// Groups that share one order with others.
    pub ordered: BTreeSet<(DomainId, GroupId)>,
}

/// The part of a group's life at one process between two of the group's views.
#[derive(Debug, Clone)]
pub struct Epoch {
    /// The process, as an index into the logs.
    pub log: usize,
    /// The members.
    pub members: Vec<ProcessId>,
    /// What was delivered, in order.
    pub delivered: Vec<(MessageId, ProcessId, Class)>,
    /// The epoch ended with another view of the group, or with its dissolution, and the process saw it with the group's state.
    pub survived: bool,
}

impl Trace {
    /// The log of a process.
    #[must_use]
    pub fn log(&self, process: ProcessId) -> Option<&Log> {
        self.logs.iter().find(|log| log.process == process)
    }

    /// Every group's epochs, by domain, group and view: what each member made of it.
    #[must_use]
    pub fn epochs(&self) -> BTreeMap<(DomainId, GroupId, ViewNumber), Vec<Epoch>> {
        let mut all: BTreeMap<(DomainId, GroupId, ViewNumber), Vec<Epoch>> = BTreeMap::new();
        for (index, log) in self.logs.iter().enumerate() {
            let mut domain = DomainId(0);
            let mut stateful = BTreeSet::new();
            let mut open: BTreeMap<GroupId, (ViewNumber, Epoch)> = BTreeMap::new();
            for entry in &log.entries {
                match entry {
                    Entry::View(view) => domain = view.domain,
                    Entry::GroupView { group, number, members, complete } => {
                        let fresh = Epoch {
                            log: index,
                            members: members.clone(),
                            delivered: Vec::new(),
                            survived: false,
                        };
                        if let Some((number, mut old)) = open.insert(*group, (*number, fresh)) {
                            old.survived = stateful.contains(group);
                            all.entry((domain, *group, number)).or_default().push(old);
                        }
                        if *complete {
                            stateful.insert(*group);
                        }
                    }
                    Entry::Deliver { group, sender, class, message } => {
                        if let Some((_, epoch)) = open.get_mut(group) {
                            epoch.delivered.push((*message, *sender, *class));
                        }
                    }
                    Entry::Install { group, .. } | Entry::Restore { group, .. } => {
                        _ = stateful.insert(*group)
                    }
                    Entry::LeftGroup { group } => {
                        stateful.remove(group);
                        if let Some((number, epoch)) = open.remove(group) {
                            all.entry((domain, *group, number)).or_default().push(epoch);
                        }
                    }
                    Entry::Dissolved { group } => {
                        if let Some((number, mut epoch)) = open.remove(group) {
                            epoch.survived = stateful.remove(group);
                            all.entry((domain, *group, number)).or_default().push(epoch);
                        }
                    }
                    _ => {}
                }
            }
            for (group, (number, mut epoch)) in open {
                epoch.survived = self.rested && log.end == End::Alive && log.complete.contains(&group);
                all.entry((domain, group, number)).or_default().push(epoch);
            }
        }
        all
    }
}
