//! Octets from outside: strangers, nonsense and mutated copies of real frames cost an error, never a panic or a hang.

use bytes::{Bytes, BytesMut};
use quorb_groups::core::{
    Class, Config, Core, Effect, Event, GroupOptions, Limits, LinkId, Order, ProcessId, Protocol, SharedKey,
    Stage, Time, Unwelcome, Upcall,
};
use quorb_groups::driver::Domain;
use quorb_groups::sim::random::Random;

/// Two cores and one connection between them; the frames to the second may be changed on their way.
struct Pair {
    cores: [Core; 2],
    now: u64,
    connected: bool,
    frames: usize,
}

impl Pair {
    fn new() -> Self {
        Self::with(&Limits::default())
    }

    fn with(limits: &Limits) -> Self {
        let config = |id, address| {
            let limits = limits.clone();
            Config { limits, ..Config::new("d", ProcessId(id), address, &["a", "b"]) }
        };
        let cores = [Core::new(config(10, "a"), Time(0)), Core::new(config(11, "b"), Time(0))];
        Self { cores, now: 1, connected: false, frames: 0 }
    }

    /// One tick of both, and everything that follows from it.
    fn step(&mut self, change: &mut dyn FnMut(usize, Bytes) -> Bytes) {
        self.now += 10_000;
        for side in 0..2 {
            self.cores[side].handle(Event::Tick, Time(self.now));
        }
        let mut quiet = false;
        while !quiet {
            quiet = true;
            for side in 0..2 {
                let mut effects = Vec::new();
                self.cores[side].poll(Time(self.now), &mut effects);
                for effect in effects {
                    quiet = false;
                    self.carry_out(side, effect, change);
                }
            }
        }
    }

    fn carry_out(&mut self, side: usize, effect: Effect, change: &mut dyn FnMut(usize, Bytes) -> Bytes) {
        let now = Time(self.now);
        match effect {
            Effect::Dial { address } if !self.connected => {
                self.connected = true;
                self.cores[side].handle(Event::Opened { link: LinkId(1), dialled: Some(address) }, now);
                self.cores[1 - side].handle(Event::Opened { link: LinkId(1), dialled: None }, now);
            }
            Effect::Dial { address } => {
                self.cores[side].handle(Event::DialFailed { address, refused: false }, now);
            }
            Effect::Send { link, head, body } => {
                let mut frame = BytesMut::from(&head[..]);
                frame.extend_from_slice(&body);
                let mut frame = frame.freeze();
                if side == 0 {
                    frame = change(self.frames, frame);
                    self.frames += 1;
                }
                self.cores[1 - side].handle(Event::Received { link, frame }, now);
            }
            Effect::Close { link } => {
                self.cores[1 - side].handle(Event::Closed { link }, now);
            }
            Effect::Tell(_) | Effect::Append { .. } | Effect::Forget { .. } => {}
        }
    }

    fn play(&mut self, change: &mut dyn FnMut(usize, Bytes) -> Bytes) {
        for round in 0..40 {
            self.step(change);
            for core in &mut self.cores {
                if core.stage() == Stage::Member && round == 10 {
                    let _ = core.enter_group("g", GroupOptions::PLAIN);
                }
                let group = core.group_named("g");
                if let Some(group) = group.filter(|_| round > 15) {
                    let payload = Bytes::from_static(b"payload");
                    for order in [Order::Fifo, Order::Causal, Order::Total] {
                        let _ = core.multicast(group, Class::new(order, round % 2 == 0), payload.clone());
                    }
                }
            }
        }
    }
}

#[test]
fn two_cores_form_a_domain_and_a_group() {
    let mut pair = Pair::new();
    pair.play(&mut |_, frame| frame);
    assert!(pair.cores.iter().all(|c| c.stage() == Stage::Member && c.view().members.len() == 2));
    assert!(pair.cores[0].groups().any(|g| g.members.len() == 2));
    assert!(pair.frames > 40, "{} frames", pair.frames);
}

#[test]
fn mutated_frames_are_refused_or_understood_never_more() {
    let refused = play_with_mutated_frames(&Limits::default());
    assert!(refused > 100, "only {refused} refusals");
}

/// The same where every message travels in parts, two of them at a time.
#[test]
fn mutated_parts_are_refused_or_understood_never_more() {
    let limits =
        Limits { part_bytes_max: 3, parts_ahead_bytes_max: 6, message_bytes_max: 20, ..Limits::default() };
    let refused = play_with_mutated_frames(&limits);
    assert!(refused > 100, "only {refused} refusals");
}

/// Two cores, a frame between which is changed. The answer is how often something was refused in all.
fn play_with_mutated_frames(limits: &Limits) -> u64 {
    let mut refused = 0;
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let target = random.between(0, 56) as usize;
        let mut pair = Pair::with(limits);
        pair.play(&mut |number, frame| {
            if number != target || frame.is_empty() {
                return frame;
            }
            let mut octets = frame.to_vec();
            for _ in 0..random.between(1, 4) {
                let at = random.between(0, octets.len() as u64 - 1) as usize;
                octets[at] = random.any() as u8;
            }
            if random.permille(300) {
                octets.truncate(random.between(0, octets.len() as u64) as usize);
            }
            Bytes::from(octets)
        });
        refused += pair.cores[1].counters().refused;
        for core in &pair.cores {
            assert!(core.kept_messages() < 1000, "seed {seed}: {} are kept", core.kept_messages());
        }
    }
    refused
}

#[test]
fn a_stranger_gets_nothing() {
    let mut core = Core::new(Config::new("d", ProcessId(10), "a", &["a"]), Time(0));
    core.handle(Event::Tick, Time(1));
    assert_eq!(core.stage(), Stage::Member, "a single seed founds its domain alone");
    let mut random = Random::new(1);
    for link in 0..200 {
        core.handle(Event::Opened { link: LinkId(link), dialled: None }, Time(2));
        let octets: Vec<u8> = (0..random.between(0, 200)).map(|_| random.any() as u8).collect();
        core.handle(Event::Received { link: LinkId(link), frame: octets.into() }, Time(3));
    }
    let mut effects = Vec::new();
    core.poll(Time(4), &mut effects);
    let closed = effects.iter().filter(|e| matches!(e, Effect::Close { .. })).count();
    assert_eq!(closed, 200);
    assert!(core.counters().refused > 190, "a word of refusal may be read in a few");
    assert_eq!(core.view().members.len(), 1);
}

/// What a stranger, or the same process again, may send after the fact: nothing of it counts, and the domain goes on.
#[test]
fn frames_sent_again_or_out_of_order_change_nothing() {
    let mut recorded = Vec::new();
    let mut pair = Pair::new();
    pair.play(&mut |_, frame| {
        recorded.push(frame.clone());
        frame
    });
    let (view, groups) = (pair.cores[1].view().clone(), pair.cores[1].groups().count());
    let mut told = 0;
    let now = Time(pair.now);
    // What was under way before.
    pair.cores[1].poll(now, &mut Vec::new());
    for (i, frame) in recorded.iter().chain(recorded.iter().rev()).enumerate() {
        let link = LinkId(100 + i as u64 / 50);
        if i % 50 == 0 {
            pair.cores[1].handle(Event::Opened { link, dialled: None }, now);
            pair.cores[1].handle(Event::Received { link, frame: recorded[0].clone() }, now);
        }
        pair.cores[1].handle(Event::Received { link, frame: frame.clone() }, now);
    }
    let mut effects = Vec::new();
    pair.cores[1].poll(now, &mut effects);
    for effect in effects {
        told += usize::from(matches!(effect, Effect::Tell(Upcall::Deliver { .. } | Upcall::View(_))));
    }
    assert_eq!(told, 0, "nothing is delivered twice");
    assert_eq!((pair.cores[1].view(), pair.cores[1].groups().count()), (&view, groups));
    assert!(pair.cores[1].counters().refused > 0, "what is out of order is refused and counted");
}

/// Gives each of two cores what the other sends, over one connection dialled by the first; what they tell is returned.
fn introduce(cores: &mut [Core; 2], now: Time) -> Vec<Upcall> {
    let link = LinkId(9);
    cores[0].handle(Event::Opened { link, dialled: Some("b".into()) }, now);
    cores[1].handle(Event::Opened { link, dialled: None }, now);
    let (mut told, mut quiet) = (Vec::new(), false);
    while !quiet {
        quiet = true;
        for side in 0..2 {
            let mut effects = Vec::new();
            cores[side].poll(now, &mut effects);
            for effect in effects {
                match effect {
                    Effect::Send { link, head, body } => {
                        quiet = false;
                        let mut frame = BytesMut::from(&head[..]);
                        frame.extend_from_slice(&body);
                        cores[1 - side].handle(Event::Received { link, frame: frame.freeze() }, now);
                    }
                    Effect::Tell(upcall) => told.push(upcall),
                    _ => {}
                }
            }
        }
    }
    told
}

fn alone(name: &str, process: u64, address: &str, key: Option<&[u8]>) -> Core {
    let config =
        Config { key: key.map(SharedKey::new), ..Config::new(name, ProcessId(process), address, &[address]) };
    let mut core = Core::new(config, Time(1));
    core.handle(Event::Tick, Time(1));
    core
}

fn unwelcome(told: &[Upcall]) -> Vec<Unwelcome> {
    let reasons = told
        .iter()
        .filter_map(|u| if let Upcall::Unwelcome { reason, .. } = u { Some(*reason) } else { None });
    reasons.collect()
}

#[test]
fn domains_of_one_name_and_other_seeds_do_not_merge() {
    let mut cores = [alone("d", 1, "a", None), alone("d", 2, "b", None)];
    let told = introduce(&mut cores, Time(2));
    assert_eq!(unwelcome(&told).first(), Some(&Unwelcome::DOMAIN));
    for core in &cores {
        assert_eq!((core.stage(), core.view().members.len()), (Stage::Member, 1));
    }
    let mut cores = [alone("d", 1, "a", None), alone("e", 2, "b", None)];
    assert_eq!(unwelcome(&introduce(&mut cores, Time(2))).first(), Some(&Unwelcome::NAME));
    assert!(cores.iter().any(|core| core.counters().refused > 0));
}

#[test]
fn a_key_lets_in_only_those_that_know_it() {
    let outsider = |key: Option<&[u8]>| {
        let config = Config { key: key.map(SharedKey::new), ..Config::new("d", ProcessId(1), "a", &["b"]) };
        let mut core = Core::new(config, Time(1));
        core.handle(Event::Tick, Time(1));
        core
    };
    let meets = |key: Option<&[u8]>, theirs: Option<&[u8]>| {
        let mut cores = [outsider(key), alone("d", 2, "b", theirs)];
        let told = introduce(&mut cores, Time(2));
        for step in 1..40 {
            let now = Time(2 + step * 20_000);
            cores.iter_mut().for_each(|core| core.handle(Event::Tick, now));
            introduce_again(&mut cores, now);
        }
        (cores[0].stage() == Stage::Member, unwelcome(&told))
    };
    assert_eq!(meets(Some(b"secret"), Some(b"secret")), (true, vec![]));
    assert_eq!(meets(None, None), (true, vec![]));
    for (key, theirs) in
        [(Some(&b"wrong"[..]), Some(&b"secret"[..])), (None, Some(b"secret")), (Some(b"secret"), None)]
    {
        let (member, reasons) = meets(key, theirs);
        assert!(!member && reasons.contains(&Unwelcome::KEY), "{key:?} {theirs:?}: {reasons:?}");
    }
}

/// A domain runs at what all its members speak, and lets nobody in who does not.
#[tokio::test]
async fn a_process_that_is_too_old_is_told_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let seed = listener.local_addr().unwrap().to_string();
    let first = Domain::join([&seed]).listener(listener).await.unwrap();
    let refused = Domain::join([&seed]).protocol_max(Protocol::OLDEST).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "ended before the first view: the domain runs at a version of the protocol that this process does not speak: \
         upgrade it"
    );
    let second = Domain::join([&seed]).await.unwrap();
    assert_eq!(second.view().members.len(), 2);
    drop(first);
}

/// Carries on over the connection that is open.
fn introduce_again(cores: &mut [Core; 2], now: Time) {
    for _ in 0..20 {
        for side in 0..2 {
            let mut effects = Vec::new();
            cores[side].poll(now, &mut effects);
            for effect in effects {
                if let Effect::Send { link, head, body } = effect {
                    let mut frame = BytesMut::from(&head[..]);
                    frame.extend_from_slice(&body);
                    cores[1 - side].handle(Event::Received { link, frame: frame.freeze() }, now);
                }
            }
        }
    }
}

/// A clock that jumps ahead looks like a process that was stopped: it gives the others time first. One that goes back stands.
#[test]
fn clocks_that_jump_accuse_nobody() {
    let mut pair = Pair::new();
    pair.play(&mut |_, frame| frame);
    let view = pair.cores[0].view().clone();
    for jump in [3_600_000_000u64, 0, 86_400_000_000] {
        pair.now += jump;
        (0..5).for_each(|_| pair.step(&mut |_, frame| frame));
    }
    for core in &mut pair.cores {
        core.handle(Event::Tick, Time(1));
        assert_eq!((core.view(), core.counters().suspicions), (&view, 0));
    }
}
