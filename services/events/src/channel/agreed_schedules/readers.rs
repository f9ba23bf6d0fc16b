//! Subscribers: they begin, take, go on at another server, and look at what they get.

use super::*;

impl World {
    pub(super) fn subscribe(&mut self) {
        if self.readers.len() >= 6 {
            let gone = self.random.below(6) as usize;
            let reader = self.readers.remove(gone);
            let now = self.now;
            if let Some(server) =
                &mut self.servers[reader.at].as_mut().filter(|server| server.life == reader.life)
            {
                server.core.unsubscribe(reader.id, now, &mut Effects::default());
            }
            return;
        }
        let at = self.some_server();
        let overflow = [Overflow::Replay, Overflow::SlowPublisher][self.random.below(2) as usize];
        let is_named = self.random.below(3) == 0;
        self.catch_up(at);
        let next = if is_named { self.server(at).core.settled().of("named").max(1) } else { u64::MAX };
        if is_named {
            assert!(next >= self.settled.max(1), "{next} was settled, and {} acknowledged", self.settled);
        }
        let mut reader = Reader {
            at,
            life: 0,
            id: SubscriberId(0),
            overflow,
            taken: 0,
            next,
            is_named,
            stayed: !is_named,
        };
        self.begin(&mut reader, Start::Position(next));
        self.readers.push(reader);
    }

    pub(super) fn begin(&mut self, reader: &mut Reader, start: Start) {
        let options = SubscribeOptions { start, overflow: Some(reader.overflow), queue_events: 4 };
        let now = self.now;
        let Some(server) = &mut self.servers[reader.at] else { return };
        let (id, next) = server.core.subscribe(everything(), options, false, now).unwrap();
        (reader.life, reader.id, reader.taken) = (server.life, id, 0);
        if reader.next == u64::MAX {
            reader.next = next;
        }
        assert_eq!(next, reader.next, "it begins where it was");
    }

    pub(super) fn take(&mut self) {
        if self.readers.is_empty() {
            return;
        }
        let place = self.random.below(self.readers.len() as u64) as usize;
        if !self.is_known(place) {
            return self.resume(place);
        }
        let is_lost = self.random.below(6) == 0;
        self.take_for(place, is_lost);
    }

    /// Whether its server is there, and has not been lost meanwhile.
    pub(super) fn is_known(&self, place: usize) -> bool {
        let reader = &self.readers[place];
        self.servers[reader.at].as_ref().is_some_and(|server| server.life == reader.life)
    }

    /// Its server is lost: it goes on at another one.
    pub(super) fn resume(&mut self, place: usize) {
        let at = self.some_server();
        if self.mistake != Some(Mistake::ResumedBehind) {
            self.catch_up(at);
        }
        let mut reader = self.readers.swap_remove(place);
        let too_far = u64::from(self.mistake == Some(Mistake::ResumedTooFar));
        (reader.at, reader.stayed) = (at, false);
        let start = Start::Position(reader.next + too_far);
        self.begin(&mut reader, start);
        self.readers.push(reader);
    }

    /// Answers whether there was something.
    pub(super) fn take_for(&mut self, place: usize, is_lost: bool) -> bool {
        let reader = &self.readers[place];
        let (at, id, taken, now) = (reader.at, reader.id, reader.taken, self.now);
        let Some(server) = &mut self.servers[at] else { return false };
        let mut took = server.core.take(id, taken, now, &mut Effects::default()).unwrap();
        if let Take::Read { from, until } = took {
            let Some(read) = self.read(at, id, from, until) else { return false };
            took = read;
        }
        self.tell_holds(at);
        match took {
            Take::Ready(_) if is_lost => true,
            Take::Ready(delivery) => {
                self.arrived(place, &delivery);
                true
            }
            Take::Wait => self.server(at).core.has_more(id),
            Take::Read { .. } => panic!("it has read"),
        }
    }

    /// What the disk has; nothing before it has anything.
    pub(super) fn read(&mut self, at: usize, id: SubscriberId, from: u64, until: u64) -> Option<Take> {
        let copied = self.disks[at].last().map_or(1, |stored| stored.last() + 1);
        if copied <= from {
            return None;
        }
        let wanted = self.disks[at].iter().filter(|stored| stored.last() >= from && stored.first < until);
        let part: Vec<_> = wanted.take(2).cloned().collect();
        let begins = part.first().map_or(until.min(copied), |stored| stored.first);
        let end = part.last().map_or(until.min(copied), |stored| stored.last() + 1);
        let gone = (begins > from).then_some((from, begins));
        Some(self.servers[at].as_mut()?.core.replayed(id, from, part, end, gone))
    }

    /// What a reader gets is what the oracle says, each event once, without a gap that it is not told of.
    pub(super) fn arrived(&mut self, place: usize, delivery: &Delivery) {
        let (is_durable, reader) = (self.is_durable(), &mut self.readers[place]);
        reader.taken = delivery.number;
        if let Some((from, to)) = delivery.gone {
            assert!(!is_durable, "{from} to {to} are on all disks");
            assert!(!(reader.stayed && reader.overflow == Overflow::SlowPublisher), "it was waited for");
            assert_eq!(from, reader.next, "told exactly");
            reader.next = to;
        }
        for piece in &delivery.pieces {
            let events = piece.stored.block.events().enumerate().skip(piece.from).take(piece.len());
            for (at, event) in events {
                let position = piece.stored.position(at);
                let number = u64::from_le_bytes(event.payload.try_into().unwrap());
                assert_eq!(position, reader.next, "each once, without a gap");
                let (publisher, expected) = &self.truth[position as usize - 1];
                assert_eq!(number, *expected, "position {position} of {publisher}");
                reader.next = position + 1;
            }
        }
        assert_eq!(delivery.next, reader.next);
    }

    pub(super) fn settle(&mut self) {
        let at = self.some_server();
        let named = self.readers.iter().find(|reader| reader.is_named).map(|reader| reader.next);
        if let Some(position) = named {
            self.give(at, Command::Settle { position });
        }
    }
}
