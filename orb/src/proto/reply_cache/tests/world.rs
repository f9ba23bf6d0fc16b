//! No request executes twice: in long histories over several servers, which are restarted, and a network that repeats and
//! delays what it likes.

use super::histories::Ledger;
use super::*;
use crate::proto::dice::Dice;

/// A client that follows the rules.
#[derive(Debug)]
struct Sender {
    id: u64,
    incarnation: u64,
    next: u64,
    /// Requests without a reply, and the life of the server that each was first sent to.
    open: BTreeMap<u64, u64>,
}

/// A request on its way to the server of that index.
type Letter = (usize, RequestIdentity, Circumstances);

#[test]
fn no_long_history_over_several_servers_executes_twice() {
    let (mut executed, mut replayed) = (0, 0);
    for seed in 0..40 {
        let mut world = World::new(seed);
        for _ in 0..3_000 {
            world.step();
        }
        executed += world.ledger.executed.len();
        replayed += world.replayed;
    }
    assert!(executed > 5_000 && replayed > 1_000, "hardly anything happened: {executed}, {replayed}");
}

struct World {
    dice: Dice,
    /// Each with the incarnation it is in.
    servers: Vec<(u64, ReplyCache)>,
    senders: Vec<Sender>,
    letters: Vec<Letter>,
    ledger: Ledger,
    lives: u64,
    now: Time,
    replayed: usize,
}

impl World {
    fn new(seed: u64) -> World {
        let limits = ReplyCacheLimits {
            clients_max: 3,
            entries_per_client_max: 4,
            bytes_max: 300,
            client_idle_max: Duration::from_nanos(400),
            traces_max: 1,
        };
        let sender = |id| Sender { id, incarnation: 1, next: 1, open: BTreeMap::new() };
        World {
            dice: Dice::new(seed),
            servers: (1..=3).map(|life| (life, ReplyCache::new(limits.clone()))).collect(),
            senders: (1..=5).map(sender).collect(),
            letters: Vec::new(),
            ledger: Ledger::default(),
            lives: 3,
            now: Time::ZERO,
            replayed: 0,
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.dice.below(limit as u64) as usize
    }

    fn step(&mut self) {
        self.now = self.now + Duration::from_nanos(1);
        let server = self.below(self.servers.len());
        match self.below(100) {
            0..30 => self.send(server),
            30..45 => self.send_again(server),
            45..80 => self.deliver(),
            80..95 => self.end_some_execution(),
            95..98 => {
                let now = self.now;
                self.servers[server].1.forget(now);
            }
            98 => self.restart(server),
            _ => {
                let sender = self.below(self.senders.len());
                self.senders[sender].begin_life(0);
            }
        }
    }

    /// A first sending. It reaches that life of the server or none: its connection does not outlive it.
    fn send(&mut self, server: usize) {
        let at = self.below(self.senders.len());
        let life = self.servers[server].0;
        let sender = &mut self.senders[at];
        if sender.open.len() >= 6 {
            return;
        }
        let sequence = sender.next;
        sender.next += 1;
        sender.open.insert(sequence, life);
        let circumstances = Circumstances {
            acknowledged_below: sender.acknowledged_below(),
            retry_of_server: None,
            this_server: life,
            incarnation_now: u64::MAX,
        };
        self.letters.push((server, identity(sender.id, sender.incarnation, sequence), circumstances));
    }

    fn send_again(&mut self, server: usize) {
        let at = self.below(self.senders.len());
        let sender = &self.senders[at];
        let Some((sequence, first)) = sender.open.first_key_value() else {
            return;
        };
        let circumstances = Circumstances {
            acknowledged_below: sender.acknowledged_below(),
            retry_of_server: Some(*first),
            this_server: 0,
            incarnation_now: u64::MAX,
        };
        self.letters.push((server, identity(sender.id, sender.incarnation, *sequence), circumstances));
    }

    /// Delivers any letter; some are delivered again later, unless a connection would have to.
    fn deliver(&mut self) {
        if self.letters.is_empty() {
            return;
        }
        let at = self.below(self.letters.len());
        let (server, id, mut circumstances) = self.letters[at];
        if self.below(3) > 0 {
            self.letters.swap_remove(at);
        }
        let (life, cache) = &mut self.servers[server];
        if circumstances.retry_of_server.is_none() && circumstances.this_server != *life {
            return;
        }
        circumstances.this_server = *life;
        let admission = cache.admit(id, circumstances, self.now);
        self.ledger.note(*life, id, &admission);
        assert!(cache.clients() <= 3 && cache.bytes() <= 300);
        match admission {
            Admission::Replay(_) => {
                self.replayed += 1;
                self.answered(id);
            }
            Admission::Refuse(Refusal::ClientForgotten { floor }) => {
                let sender = &mut self.senders[id.client.0 as usize - 1];
                if sender.incarnation == id.incarnation {
                    sender.begin_life(floor);
                }
            }
            Admission::Refuse(_) if self.below(2) == 0 => self.answered(id),
            _ => {}
        }
    }

    fn end_some_execution(&mut self) {
        if self.ledger.running.is_empty() {
            return;
        }
        let at = self.below(self.ledger.running.len());
        let Some((life, id)) = self.ledger.running.iter().nth(at).copied() else {
            return;
        };
        self.ledger.running.remove(&(life, id));
        let withdrawn = self.below(8) == 0;
        if let Some((_, cache)) = self.servers.iter_mut().find(|(alive, _)| *alive == life) {
            if withdrawn {
                cache.withdraw(id);
                self.ledger.executed.remove(&id);
            } else {
                cache.complete(id, reply_to(id));
            }
        }
        // The reply may be lost.
        if !withdrawn && self.below(2) == 0 {
            self.answered(id);
        }
    }

    /// The client has the reply, or has given the request up.
    fn answered(&mut self, id: RequestIdentity) {
        let sender = &mut self.senders[id.client.0 as usize - 1];
        if sender.incarnation == id.incarnation {
            sender.open.remove(&id.sequence);
        }
    }

    fn restart(&mut self, server: usize) {
        self.lives += 1;
        let limits = self.servers[server].1.limits.clone();
        self.servers[server] = (self.lives, ReplyCache::new(limits));
    }
}

impl Sender {
    fn acknowledged_below(&self) -> u64 {
        self.open.first_key_value().map_or(self.next, |(sequence, _)| *sequence)
    }

    fn begin_life(&mut self, floor: u64) {
        self.incarnation = self.incarnation.max(floor) + 1;
        self.next = 1;
        self.open.clear();
    }
}
