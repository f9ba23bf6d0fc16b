//! A thousand schedules: publishers that repeat themselves, subscribers of every policy that come, pause, repeat and go, a disk
//! that is slow, fails, and outlives crashes. What everybody has seen is compared with what the channel has taken.

use std::collections::BTreeMap;

use super::*;
use crate::block::{Block, BlockWriter};
use crate::native::{Guarantee, Overflow, Start, SubscribeOptions};

const SEEDS: u64 = 1_000;
const STEPS: usize = 250;
const SUBJECTS: [&str; 4] = ["a", "a/x", "a/y", "a/y/z"];
const PATTERNS: [&str; 4] = ["a/**", "a/x", "a/*", "a/y/**"];

/// Numbers that depend on a seed and on nothing else (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// A publisher, what it has sent, and what it was told.
struct Writer {
    name: String,
    next: u64,
    /// Blocks that were not answered, oldest first.
    open: Vec<(Ticket, Block)>,
    confirmed: u64,
    /// It was refused: it goes on with this block.
    again: Option<Block>,
}

/// A subscriber, and what it has seen.
struct Reader {
    id: SubscriberId,
    pattern: Pattern,
    overflow: Overflow,
    taken: u64,
    from: u64,
    next: u64,
    seen: Vec<u64>,
    gone: Vec<(u64, u64)>,
    losses: Losses,
    ended: bool,
}

struct World {
    random: Random,
    channel: Channel,
    limits: Arc<Limits>,
    effects: Effects,
    now: Time,
    writers: Vec<Writer>,
    readers: Vec<Reader>,
    /// What is on the disk, and what is on its way.
    disk: Vec<Arc<Stored>>,
    on_the_way: Vec<Arc<Stored>>,
    /// Every event that was distributed, by position: its publisher, number and subject.
    truth: BTreeMap<u64, (String, u64, String)>,
    /// Sees everything.
    witness: SubscriberId,
    witnessed: u64,
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(text, &Limits::default()).unwrap()
}

fn options_of(random: &mut Random) -> ChannelOptions {
    let guarantees = [Guarantee::Ordered, Guarantee::Reliable, Guarantee::Durable];
    let mut options = ChannelOptions::new(guarantees[random.below(3) as usize]);
    options.history_events = [5, 40, 100_000][random.below(3) as usize];
    options
}

impl World {
    fn new(seed: u64) -> World {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let limits = Limits { delivery_events_max: 8, publishes_waiting_max: 6, ..Limits::default() };
        let limits = Arc::new(limits);
        let channel = Channel::new(options_of(&mut random), Recovered::default(), limits.clone());
        let writers = (0..3).map(|number| Writer {
            name: format!("w{number}"),
            next: 1,
            open: Vec::new(),
            confirmed: 0,
            again: None,
        });
        let mut world = World {
            writers: writers.collect(),
            random,
            channel,
            limits,
            effects: Effects::default(),
            now: 1,
            readers: Vec::new(),
            disk: Vec::new(),
            on_the_way: Vec::new(),
            truth: BTreeMap::new(),
            witness: SubscriberId(0),
            witnessed: 0,
        };
        world.watch();
        world
    }

    /// The witness has a queue for everything, and is local: it misses nothing and holds up nobody.
    fn watch(&mut self) {
        let wanted = SubscribeOptions {
            start: Start::Now,
            overflow: Some(Overflow::DropOldest),
            queue_events: 100_000,
        };
        self.witness = self.channel.subscribe(pattern("a/**"), wanted, true, self.now).unwrap().0;
        self.witnessed = 0;
    }

    fn step(&mut self) {
        self.now += 1 + self.random.below(2_000);
        match self.random.below(20) {
            0..=7 => self.publish(),
            8..=13 => self.take(),
            14 => self.subscribe(),
            15 => self.leave(),
            16..=17 => self.sync(),
            18 => self.channel.tick(self.now, &mut self.effects),
            _ if self.random.below(6) == 0 => self.crash(),
            _ => self.fail(),
        }
        self.settle();
    }

    fn publish(&mut self) {
        let writer = self.random.below(3) as usize;
        let block = match self.writers[writer].again.take() {
            Some(again) => again,
            None if self.random.below(6) == 0 && !self.writers[writer].open.is_empty() => {
                // It is impatient, and says again what was not answered.
                self.writers[writer].open.last().unwrap().1.clone()
            }
            None => {
                let (first, count) = (self.writers[writer].next, 1 + self.random.below(6));
                let mut block = BlockWriter::new(&self.writers[writer].name, first);
                for number in first..first + count {
                    let subject = block.subject(SUBJECTS[self.random.below(4) as usize]);
                    let ty = block.ty(&[1]);
                    block.event(subject, ty, &[number as u8 % 3 + 1], &number.to_le_bytes());
                }
                self.writers[writer].next += count;
                block.into_block()
            }
        };
        match self.channel.publish(block.clone(), self.now, &mut self.effects) {
            Ok(ticket) => self.writers[writer].open.push((ticket, block)),
            Err(refused) => {
                assert_eq!(refused.why, WhyNot::Overloaded);
                let writer = &mut self.writers[writer];
                if writer.next == block.first_sequence() + block.len() as u64 {
                    writer.again = Some(block);
                }
            }
        }
    }

    fn subscribe(&mut self) {
        let policies = [
            Overflow::DropOldest,
            Overflow::DropNewest,
            Overflow::Conflate,
            Overflow::SlowPublisher,
            Overflow::Eject,
            Overflow::Replay,
        ];
        let overflow = policies[self.random.below(6) as usize];
        let start = match self.random.below(4) {
            0 => Start::First,
            1 => Start::Position(self.random.below(60)),
            2 => Start::Last(self.random.below(20)),
            _ => Start::Now,
        };
        let wanted = pattern(PATTERNS[self.random.below(4) as usize]);
        let queue_events = 1 + self.random.below(12) as u32;
        let options = SubscribeOptions { start, overflow: Some(overflow), queue_events };
        let (id, from) = self.channel.subscribe(wanted.clone(), options, false, self.now).unwrap();
        self.readers.push(Reader {
            id,
            pattern: wanted,
            overflow,
            taken: 0,
            from,
            next: from,
            seen: Vec::new(),
            gone: Vec::new(),
            losses: Losses::default(),
            ended: false,
        });
    }

    fn leave(&mut self) {
        if self.readers.len() > 3 {
            let place = self.random.below(self.readers.len() as u64) as usize;
            let reader = self.readers.remove(place);
            self.check(&reader);
            self.channel.unsubscribe(reader.id, self.now, &mut self.effects);
        }
    }

    fn take(&mut self) {
        if self.readers.is_empty() {
            return;
        }
        let place = self.random.below(self.readers.len() as u64) as usize;
        // Sometimes the answer before has not arrived.
        let is_lost = self.random.below(8) == 0;
        self.take_for(place, is_lost);
    }

    /// Answers whether there was something.
    fn take_for(&mut self, place: usize, is_lost: bool) -> bool {
        let (id, taken) = (self.readers[place].id, self.readers[place].taken);
        let mut took = self.channel.take(id, taken, self.now, &mut self.effects);
        if let Ok(Take::Read { from, until }) = took {
            took = Ok(self.read(id, from, until));
        }
        let reader = &mut self.readers[place];
        match took {
            Ok(Take::Ready(_)) if is_lost => true,
            Ok(Take::Ready(delivery)) => {
                reader.arrived(&delivery);
                true
            }
            Ok(Take::Wait) => self.channel.has_more(id),
            Ok(Take::Read { .. }) => panic!("it has read"),
            Err(TakeRefused::Ejected { why, next }) => {
                assert_eq!((why, reader.overflow), (WhyEjected::TooSlow, Overflow::Eject));
                assert!(next >= reader.next);
                (reader.ended, reader.next) = (true, next);
                false
            }
            Err(TakeRefused::Unknown) => {
                reader.ended = true;
                false
            }
        }
    }

    /// What the driver does: a part of what is on the disk.
    fn read(&mut self, id: SubscriberId, from: u64, until: u64) -> Take {
        let wanted = self.disk.iter().filter(|stored| stored.last() >= from && stored.first < until);
        let part: Vec<_> = wanted.take(1 + self.random.below(3) as usize).cloned().collect();
        let end = part.last().map_or(until, |stored| stored.last() + 1);
        self.channel.replayed(id, from, part, end, None)
    }

    fn sync(&mut self) {
        let count = self.random.below(self.on_the_way.len() as u64 + 1) as usize;
        let synced: Vec<_> = self.on_the_way.drain(..count).collect();
        if let Some(last) = synced.last().map(|stored| stored.last()) {
            self.disk.extend(synced);
            self.channel.synced(last, self.now, &mut self.effects);
        }
    }

    fn fail(&mut self) {
        if !self.on_the_way.is_empty() && self.random.below(3) == 0 {
            self.on_the_way.clear();
            self.channel.spool_failed(&mut self.effects);
        }
    }

    /// The process dies. What is on the disk is there, and a part of what was on its way.
    fn crash(&mut self) {
        let options = self.channel.options().clone();
        if options.guarantee != Guarantee::Durable {
            return;
        }
        let survives = self.random.below(self.on_the_way.len() as u64 + 1) as usize;
        self.disk.extend(self.on_the_way.drain(..survives));
        self.on_the_way.clear();
        let mut publishers = Publishers::new(100);
        for stored in &self.disk {
            let last = stored.block.first_sequence() + stored.len() as u64 - 1;
            publishers.note(stored.block.publisher(), last, stored.last());
            // It is there now, whether anybody has seen it before or not.
            note(&mut self.truth, stored);
        }
        let next = self.disk.last().map_or(1, |stored| stored.last() + 1);
        let recovered = Recovered { next, oldest: 1, publishers: publishers.into_list() };
        self.channel = Channel::new(options, recovered, self.limits.clone());
        self.effects = Effects::default();
        self.watch();
        for reader in &mut self.readers {
            reader.begin_again(&mut self.channel, self.now);
        }
        for writer in &mut self.writers {
            // It sends again what was not answered, from the oldest on.
            let open = std::mem::take(&mut writer.open);
            if let Some(oldest) = open.into_iter().map(|(_, block)| block).min_by_key(Block::first_sequence) {
                writer.next = oldest.first_sequence();
                writer.again = None;
            }
        }
    }

    /// Carries out what the channel says, and looks at what has been distributed.
    fn settle(&mut self) {
        let effects = std::mem::take(&mut self.effects);
        self.on_the_way.extend(effects.spool);
        for (ticket, answer) in effects.answers {
            for writer in &mut self.writers {
                writer.answered(ticket, &answer);
            }
        }
        while let Ok(Take::Ready(delivery)) =
            self.channel.take(self.witness, self.witnessed, self.now, &mut self.effects)
        {
            self.witnessed = delivery.number;
            for piece in &delivery.pieces {
                note(&mut self.truth, &piece.stored);
            }
        }
        for writer in &self.writers {
            let known = self.channel.last_sequence(&writer.name).unwrap_or_default();
            assert!(
                known >= writer.confirmed,
                "{}: {} was confirmed, {known} is known",
                writer.name,
                writer.confirmed
            );
        }
    }

    /// What a reader has seen is what it should have seen.
    fn check(&self, reader: &Reader) {
        assert!(reader.seen.is_sorted_by(|one, two| one < two), "in order, and once");
        let should: Vec<u64> = self
            .truth
            .range(reader.from..reader.next.max(reader.from))
            .filter(|(_, (_, _, subject))| reader.pattern.matches(subject))
            .map(|(&position, _)| position)
            .filter(|position| !reader.gone.iter().any(|gone| (gone.0..gone.1).contains(position)))
            .collect();
        let lossless =
            [Overflow::SlowPublisher, Overflow::Eject, Overflow::Replay].contains(&reader.overflow);
        if lossless {
            assert_eq!(reader.seen, should, "{:?} of {}", reader.overflow, reader.pattern.as_str());
        } else {
            assert!(reader.seen.iter().all(|position| should.binary_search(position).is_ok()));
        }
    }

    /// At the end everything is read, and the numbers add up.
    fn finish(&mut self) {
        let count = self.on_the_way.len();
        let synced: Vec<_> = self.on_the_way.drain(..count).collect();
        if let Some(last) = synced.last().map(|stored| stored.last()) {
            self.disk.extend(synced);
            self.channel.synced(last, self.now, &mut self.effects);
        }
        self.settle();
        for place in 0..self.readers.len() {
            while self.take_for(place, false) {
                self.settle();
            }
        }
        self.settle();
        for reader in &self.readers {
            self.check(reader);
        }
        for report in &self.channel.report().subscribers {
            let dropped = report.dropped_oldest + report.dropped_newest + report.conflated;
            assert_eq!(report.matched, report.delivered + report.queued + dropped, "{report:?}");
        }
        let positions: Vec<u64> = self.truth.keys().copied().collect();
        assert_eq!(positions, (1..=positions.len() as u64).collect::<Vec<_>>(), "positions without gaps");
        for writer in &self.writers {
            let numbers =
                self.truth.values().filter(|(name, ..)| *name == writer.name).map(|(_, number, _)| *number);
            let numbers: Vec<u64> = numbers.collect();
            assert!(
                numbers.is_sorted_by(|one, two| one < two),
                "{}: in order, and once: {numbers:?}",
                writer.name
            );
            assert!(numbers.last().copied().unwrap_or_default() >= writer.confirmed);
        }
    }
}

fn note(truth: &mut BTreeMap<u64, (String, u64, String)>, stored: &Stored) {
    for (place, event) in stored.block.events().enumerate() {
        let number = u64::from_le_bytes(event.payload.try_into().unwrap());
        let is =
            (stored.block.publisher().to_owned(), number, stored.block.subject(event.subject).to_owned());
        let known = truth.insert(stored.position(place), is.clone());
        assert!(known.is_none_or(|known| known == is), "a position that was given twice");
    }
}

impl Writer {
    fn answered(&mut self, ticket: Ticket, answer: &Result<Accepted, PublishRefused>) {
        let Some(place) = self.open.iter().position(|(open, _)| *open == ticket) else { return };
        let (_, block) = self.open.remove(place);
        // What was refused it gives up, and whatever it has said behind that.
        if answer.is_ok() {
            self.confirmed = self.confirmed.max(block.first_sequence() + block.len() as u64 - 1);
        }
    }
}

impl Reader {
    fn arrived(&mut self, delivery: &Delivery) {
        self.taken = delivery.number;
        self.losses.add(delivery.losses);
        self.gone.extend(delivery.gone);
        for piece in &delivery.pieces {
            self.seen.extend((piece.from..piece.to).map(|place| piece.stored.position(place)));
        }
        assert!(delivery.next >= self.next, "{} behind {}", delivery.next, self.next);
        self.next = delivery.next;
    }

    /// After a crash it goes on where it was, if that is what it wants.
    fn begin_again(&mut self, channel: &mut Channel, now: Time) {
        let options = SubscribeOptions {
            start: Start::Position(self.next),
            overflow: Some(self.overflow),
            queue_events: 4,
        };
        let (id, next) = channel.subscribe(self.pattern.clone(), options, false, now).unwrap();
        assert_eq!(next, self.next, "positions outlive a crash");
        (self.id, self.taken, self.ended) = (id, 0, false);
    }
}

#[test]
fn a_thousand_schedules() {
    for seed in 0..SEEDS {
        let ran = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            for _ in 0..STEPS {
                world.step();
            }
            world.finish();
        });
        if let Err(cause) = ran {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(cause);
        }
    }
}
