//! Two processes whose frames arrive at once.

use bytes::{Bytes, BytesMut};
use quorb_groups::core::{
    Config, Core, Effect, Event, FRAME_HEAD_BYTES, GroupId, GroupOptions, LinkId, ProcessId, Time, Upcall,
};
use std::collections::VecDeque;

/// The octet that a frame with items begins with.
const DATA: u8 = 3;

/// Changes a frame.
pub(crate) type Alter = fn(&mut BytesMut);

/// Two processes, what is on its way to them, and what they have told their applications.
pub(crate) struct Pair {
    pub(crate) cores: [Core; 2],
    pub(crate) events: VecDeque<(usize, Event)>,
    pub(crate) told: [Vec<Upcall>; 2],
    /// The lengths of the frames with items that each has sent, their heads included.
    pub(crate) sent: [Vec<usize>; 2],
    /// What becomes on its way of the frames of the first process.
    pub(crate) alter: Option<Alter>,
    pub(crate) next_link: u64,
    pub(crate) now: Time,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Both are configured so.
    pub(crate) fn with(change: impl Fn(&mut Config)) -> Self {
        let seeds = ["first", "second"];
        let core = |i: usize| {
            let mut config = Config::new("pair", ProcessId(i as u64 + 1), seeds[i], &seeds);
            change(&mut config);
            Core::new(config, Time(1))
        };
        Self {
            cores: [core(0), core(1)],
            events: VecDeque::new(),
            told: Default::default(),
            sent: Default::default(),
            alter: None,
            next_link: 1,
            now: Time(1),
        }
    }

    /// Both are members of the domain and of a group.
    pub(crate) fn in_a_group(change: impl Fn(&mut Config)) -> (Self, GroupId) {
        let mut pair = Self::with(change);
        assert!(pair.go_until(|cores| cores.iter().all(|core| core.view().members.len() == 2)));
        let group = pair.enter("group");
        (pair, group)
    }

    /// Both enter a group.
    pub(crate) fn enter(&mut self, name: &str) -> GroupId {
        for core in &mut self.cores {
            core.enter_group(name, GroupOptions::PLAIN).expect("a member may enter");
        }
        let both = |core: &Core| core.groups().any(|g| &*g.name == name && g.members.len() == 2);
        assert!(self.go_until(|cores| cores.iter().all(both)));
        self.cores[0].group_named(name).expect("it was entered")
    }

    /// Carries out what a process wants done. True as soon as it has left: what comes after is never done.
    pub(crate) fn turn(&mut self, side: usize) -> bool {
        let mut effects = Vec::new();
        self.cores[side].poll(self.now, &mut effects);
        for effect in effects {
            match effect {
                Effect::Dial { address } => {
                    let link = LinkId(self.next_link);
                    self.next_link += 1;
                    self.events.push_back((side, Event::Opened { link, dialled: Some(address) }));
                    self.events.push_back((1 - side, Event::Opened { link, dialled: None }));
                }
                Effect::Send { link, head, body } => {
                    if head[0] == DATA {
                        self.sent[side].push(FRAME_HEAD_BYTES + body.len());
                    }
                    let mut frame = BytesMut::from(&head[..]);
                    frame.extend_from_slice(&body);
                    if let Some(alter) = self.alter.filter(|_| side == 0) {
                        alter(&mut frame);
                    }
                    let frame: Bytes = frame.freeze();
                    self.events.push_back((1 - side, Event::Received { link, frame }));
                }
                Effect::Close { link } => self.events.push_back((1 - side, Event::Closed { link })),
                Effect::Tell(Upcall::Left) => return true,
                Effect::Tell(upcall) => self.told[side].push(upcall),
                Effect::Append { .. } | Effect::Forget { .. } => {}
            }
        }
        false
    }

    /// Lets arrive what is on its way, and what comes of it. False if a process has left.
    pub(crate) fn settle(&mut self) -> bool {
        while let Some((side, event)) = self.events.pop_front() {
            self.cores[side].handle(event, self.now);
            if self.turn(side) {
                return false;
            }
        }
        true
    }

    /// Lets time pass until it holds; false if a process has left, or nothing came of it in ten virtual seconds.
    pub(crate) fn go_until(&mut self, holds: impl Fn(&[Core; 2]) -> bool) -> bool {
        for _ in 0..2_000 {
            self.now = Time(self.now.0 + 5_000);
            self.events.extend([(0, Event::Tick), (1, Event::Tick)]);
            if !self.settle() {
                return false;
            }
            if holds(&self.cores) {
                return true;
            }
        }
        false
    }

    /// Forgets what was told and sent so far.
    pub(crate) fn forget(&mut self) {
        (self.told, self.sent) = Default::default();
    }

    /// The payloads that a process has delivered.
    pub(crate) fn delivered(&self, side: usize) -> Vec<Bytes> {
        let payload = |upcall: &Upcall| match upcall {
            Upcall::Deliver { payload, .. } => Some(payload.clone()),
            _ => None,
        };
        self.told[side].iter().filter_map(payload).collect()
    }
}
