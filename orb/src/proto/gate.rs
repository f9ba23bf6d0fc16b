//! TEMP
#![allow(missing_docs)]
use super::head::ChainId;
use std::collections::VecDeque;
#[derive(Debug, Clone, Default)]
pub struct Limits {
    pub queue_max: usize,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Shared,
    Exclusive,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);
#[derive(Debug, PartialEq, Eq)]
pub struct Token(pub u64);
#[derive(Debug, Clone, Copy)]
pub enum Refused {
    Reentrant,
    QueueFull { limit: usize },
    Poisoned,
}
#[derive(Debug)]
pub enum Request {
    Granted(Token),
    Queued(Ticket),
    Refused(Refused),
}
#[derive(Debug)]
pub struct Gate {
    next: u64,
    holders: Vec<(u64, ChainId, Mode)>,
    queue: VecDeque<(u64, ChainId, Mode)>,
    poisoned: bool,
}
impl Gate {
    pub fn new(_: Limits) -> Gate {
        Gate { next: 0, holders: vec![], queue: VecDeque::new(), poisoned: false }
    }
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
    pub fn poison(&mut self) {
        self.poisoned = true
    }
    pub fn restore(&mut self) {
        self.poisoned = false
    }
    fn fits(&self, mode: Mode) -> bool {
        self.holders.is_empty() || (mode == Mode::Shared && self.holders.iter().all(|h| h.2 == Mode::Shared))
    }
    pub fn request(&mut self, chain: ChainId, mode: Mode) -> Request {
        self.next += 1;
        let id = self.next;
        let own: Vec<Mode> =
            self.holders.iter().filter(|h| h.1 == chain && chain != ChainId::NONE).map(|h| h.2).collect();
        if !own.is_empty() {
            if mode == Mode::Exclusive || own.contains(&Mode::Exclusive) {
                return Request::Refused(Refused::Reentrant);
            }
            self.holders.push((id, chain, mode));
            return Request::Granted(Token(id));
        }
        if self.queue.is_empty() && self.fits(mode) {
            self.holders.push((id, chain, mode));
            return Request::Granted(Token(id));
        }
        self.queue.push_back((id, chain, mode));
        Request::Queued(Ticket(id))
    }
    fn pump(&mut self) -> Vec<(Ticket, Token)> {
        let mut out = vec![];
        while let Some(f) = self.queue.front() {
            if !self.fits(f.2) {
                break;
            }
            let f = self.queue.pop_front().unwrap();
            self.holders.push(f);
            out.push((Ticket(f.0), Token(f.0)))
        }
        out
    }
    pub fn release(&mut self, t: Token) -> Vec<(Ticket, Token)> {
        self.holders.retain(|h| h.0 != t.0);
        self.pump()
    }
    pub fn cancel(&mut self, t: Ticket) -> Vec<(Ticket, Token)> {
        self.queue.retain(|h| h.0 != t.0);
        self.pump()
    }
}
