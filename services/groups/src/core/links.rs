//! Connections and peers: hello, resume, and the channel to each process over whatever connection there is.
//!
//! ```text
//!   dialler  -- HELLO -->            HELLO says who: domain, incarnation, address, view
//!            <-- HELLO, RESUME --    RESUME says what the channel has received: the rest is sent again
//!            -- RESUME -->
//!            <=== DATA, IDLE ===>
//! ```
//!
//! Both sides may dial at once: a second connection does no harm, each side sends on the one that resumed last. Where
//! the domain has a shared key, both prove it before they resume (see `key`). A connection that ends is evidence (see
//! `detector`) only when it was the last one. A stranger of another domain or protocol is refused with a word; a process
//! the view has excluded is told so.

use super::channel::{Arrival, Channel};
use super::event::{Effect, LinkId, Unwelcome, Upcall};
use super::identity::{Address, DomainId, DurableId, ProcessId, Time, ViewNumber};
use super::key::Claim;
use super::protocol::Protocol;
use super::wire::Wire;
use super::wire::frame::{Exclusion, FrameHead, FrameKind, Hello, refusal_of};
use super::wire::item::{self, RawItem};
use super::{Core, Stage};
use bytes::{Bytes, BytesMut};
use std::collections::{BTreeMap, VecDeque};

/// Attempts to dial are at least this far apart, for one address.
const REDIAL_US: u64 = 100_000;

/// One connection.
#[derive(Debug)]
pub(crate) struct Link {
    peer: Option<ProcessId>,
    greeted: bool,
    dialled: Option<Address>,
    /// What comes on it is not taken in: too much is kept already.
    pub(crate) deaf: bool,
    /// The other side's hello, until it has proved the key.
    unproved: Option<Hello>,
    /// The processes that were believed to be at the address when this side dialled it. If another one answers, they are
    /// not there any more; of those that came there later it says nothing.
    asks: Vec<ProcessId>,
}

/// Another process, as long as it matters.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) address: Address,
    pub(crate) channel: Channel,
    links: Vec<LinkId>,
    /// The connection data is sent on.
    current: Option<LinkId>,
    /// What its last hello said.
    pub(crate) view: ViewNumber,
    pub(crate) domain: DomainId,
    pub(crate) durable: Option<DurableId>,
    pub(crate) speaks: Protocol,
    pub(crate) heard: Time,
    sent: Time,
    pub(crate) departed: bool,
    outbox: Vec<Bytes>,
    tail: BytesMut,
}

/// All connections and peers.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) links: BTreeMap<LinkId, Link>,
    pub(crate) peers: BTreeMap<ProcessId, Peer>,
    /// Processes that views have dropped, the latest ones: none of them comes back (M6).
    dropped: VecDeque<ProcessId>,
    dials: BTreeMap<Address, Dial>,
}

/// An address that is being dialled, or is not to be dialled again for a while.
#[derive(Debug, Default)]
struct Dial {
    under_way: bool,
    not_before: Time,
    asks: Vec<ProcessId>,
}

impl Peer {
    pub(crate) fn is_linked(&self) -> bool {
        !self.links.is_empty()
    }

    /// Whether it may not have received all that was said to it.
    pub(crate) fn is_unheard(&self) -> bool {
        self.channel.has_unacknowledged()
    }

    /// Whether data can be sent now.
    pub(crate) fn is_open(&self) -> bool {
        self.current.is_some()
    }
}

impl Core {
    pub(super) fn opened(&mut self, link: LinkId, dialled: Option<Address>) {
        let by_us = dialled.is_some();
        let asks = dialled.as_ref().map(|address| self.dialled(address)).unwrap_or_default();
        self.links
            .links
            .insert(link, Link { peer: None, greeted: by_us, dialled, deaf: false, asks, unproved: None });
        if by_us {
            self.greet(link);
        }
    }

    fn greet(&mut self, link: LinkId) {
        let hello = Hello {
            magic: Hello::MAGIC,
            oldest: Protocol::OLDEST,
            newest: self.config.protocol_max,
            name: self.config.name.clone(),
            process: self.me(),
            address: self.config.address.clone(),
            domain: self.view.domain,
            view: self.view.number,
            durable: self.log.identity,
            nonce: self.nonce(link),
        };
        self.send_raw(link, FrameKind::Hello, hello.to_bytes());
    }

    fn send_raw(&mut self, link: LinkId, kind: FrameKind, body: Bytes) {
        let head = FrameHead { kind, sequence: 0, acknowledged: 0 }.encode();
        self.out.push(Effect::Send { link, head, body });
    }

    pub(super) fn hang_up(&mut self, link: LinkId) {
        self.out.push(Effect::Close { link });
        self.closed(link);
    }

    /// Refuses octets that make no sense, and the connection they came on.
    fn refuse(&mut self, link: LinkId) {
        self.counters.refused += 1;
        self.hang_up(link);
    }

    pub(super) fn received(&mut self, link: LinkId, frame: Bytes) {
        let Some(peer) = self.links.links.get(&link).map(|l| l.peer) else { return };
        let Ok((head, body)) = FrameHead::split(frame) else { return self.refuse(link) };
        match (head.kind, peer) {
            (FrameKind::Hello, None) => match Hello::decode(body) {
                Ok(hello) => self.hello(link, hello),
                Err(_) => self.refuse(link),
            },
            (FrameKind::Excluded, _) => match Exclusion::decode(body) {
                Ok(exclusion) => self.excluded_by(exclusion),
                Err(_) => self.refuse(link),
            },
            (FrameKind::Refused, _) => match refusal_of(&body) {
                Ok(reason) => self.turned_away(link, reason),
                Err(_) => self.refuse(link),
            },
            (FrameKind::Proof, None) => self.proved(link, &body),
            (FrameKind::Resume | FrameKind::Idle, Some(peer)) if body.is_empty() => {
                self.channel_frame(link, peer, head, body);
            }
            (FrameKind::Data, Some(peer)) => self.channel_frame(link, peer, head, body),
            _ => self.refuse(link),
        }
    }

    fn nonce(&self, link: LinkId) -> Bytes {
        self.config.key.as_ref().map(|key| key.nonce(self.me(), link.0)).unwrap_or_default()
    }

    /// A process is turned away, with a word.
    pub(super) fn turn_away(&mut self, link: LinkId, reason: Unwelcome) {
        self.counters.refused += 1;
        // Whoever is turned away may turn this one away itself, and not hear it: who dialled says it here.
        if let Some(address) = self.links.links.get(&link).and_then(|l| l.dialled.clone()) {
            self.tell(Upcall::Unwelcome { address: Some(address), reason });
        }
        self.send_raw(link, FrameKind::Refused, Bytes::copy_from_slice(&[reason.0]));
        self.hang_up(link);
    }

    fn turned_away(&mut self, link: LinkId, reason: Unwelcome) {
        let address = self.links.links.get(&link).and_then(|l| l.dialled.clone());
        self.tell(Upcall::Unwelcome { address, reason });
        self.told_too_old(reason);
        self.hang_up(link);
    }

    /// The other side says who it is. Where there is a key, it has to prove that it knows it before anything else.
    fn hello(&mut self, link: LinkId, hello: Hello) {
        let Some(key) = self.config.key.clone() else {
            return match hello.nonce.is_empty() {
                true => self.welcome_hello(link, hello),
                false => self.turn_away(link, Unwelcome::KEY),
            };
        };
        let Some(entry) = self.links.links.get_mut(&link) else { return };
        if entry.unproved.is_some() {
            return self.refuse(link);
        }
        let dialled = entry.dialled.is_some();
        let greeted = std::mem::replace(&mut entry.greeted, true);
        let asked = hello.nonce.clone();
        entry.unproved = Some(hello);
        if !greeted {
            self.greet(link);
        }
        let own = self.nonce(link);
        let (name, address) = (&self.config.name, &self.config.address);
        let claim = Claim { dialled, asked: &asked, own: &own, name, process: self.me(), address };
        let proof = key.prove(claim);
        self.send_raw(link, FrameKind::Proof, proof);
    }

    /// The other side's proof.
    fn proved(&mut self, link: LinkId, proof: &Bytes) {
        let own = self.nonce(link);
        let Some(entry) = self.links.links.get_mut(&link) else { return };
        let dialled = entry.dialled.is_none();
        let Some(hello) = entry.unproved.take() else { return self.refuse(link) };
        let Hello { name, process, address, nonce, .. } = &hello;
        let claim = Claim { dialled, asked: &own, own: nonce, name, process: *process, address };
        let good = self.config.key.as_ref().is_some_and(|key| key.verify(claim, proof));
        match good {
            true => self.welcome_hello(link, hello),
            false => self.turn_away(link, Unwelcome::KEY),
        }
    }

    fn welcome_hello(&mut self, link: LinkId, hello: Hello) {
        let stranger = if hello.name != self.config.name {
            Some(Unwelcome::NAME)
        } else if hello.oldest > self.config.protocol_max || hello.newest < Protocol::OLDEST {
            Some(Unwelcome::PROTOCOL)
        } else if hello.process == self.me() || self.stage == Stage::Gone && self.parting.is_none() {
            Some(Unwelcome::ENDED)
        } else {
            None
        };
        let other_domain = hello.domain != DomainId(0)
            && self.view.domain != DomainId(0)
            && hello.domain != self.view.domain;
        if other_domain && self.blocked && self.config.seeds.contains(&hello.address) {
            return self.stranded();
        }
        if let Some(reason) = stranger.or(other_domain.then_some(Unwelcome::DOMAIN)) {
            return self.turn_away(link, reason);
        }
        let was_member = hello.view.0 > 0 && hello.view <= self.view.number;
        if self.stage == Stage::Member && was_member && !self.view.contains(hello.process) {
            self.send_raw(link, FrameKind::Excluded, self.exclusion());
            return self.hang_up(link);
        }
        if hello.newest < self.protocol() {
            self.counters.too_old += 1;
            return self.turn_away(link, Unwelcome::PROTOCOL);
        }
        if !self.ensure_peer(hello.process, &hello.address) {
            return self.refuse(link);
        }
        let Some(entry) = self.links.links.get_mut(&link) else { return };
        entry.peer = Some(hello.process);
        let greeted = std::mem::replace(&mut entry.greeted, true);
        let asks = std::mem::take(&mut entry.asks);
        if !greeted {
            self.greet(link);
        }
        let mut received = 0;
        if let Some(peer) = self.links.peers.get_mut(&hello.process) {
            peer.links.push(link);
            peer.view = hello.view;
            peer.domain = hello.domain;
            peer.durable = hello.durable;
            peer.speaks = hello.newest;
            peer.heard = self.now;
            received = peer.channel.received();
        }
        let head = FrameHead { kind: FrameKind::Resume, sequence: 0, acknowledged: received }.encode();
        self.out.push(Effect::Send { link, head, body: Bytes::new() });
        self.answered_at(&hello.address, hello.process, &asks);
        self.met(hello.process);
    }

    pub(super) fn exclusion(&self) -> Bytes {
        Exclusion { domain: self.view.domain, view: self.view.number }.to_bytes()
    }

    /// Makes sure there is a peer of this identity. False if too many strangers are known.
    pub(super) fn ensure_peer(&mut self, process: ProcessId, address: &Address) -> bool {
        if self.links.peers.contains_key(&process) {
            return true;
        }
        if self.links.peers.len() >= self.config.limits.strangers_max + self.view.members.len() {
            let view = &self.view;
            let idle =
                |(id, p): (&ProcessId, &Peer)| (!view.contains(*id) && p.links.is_empty()).then_some(*id);
            let Some(oldest) = self.links.peers.iter().find_map(idle) else { return false };
            self.links.peers.remove(&oldest);
        }
        let peer = Peer {
            address: address.clone(),
            channel: Channel::default(),
            links: Vec::new(),
            current: None,
            view: ViewNumber(0),
            domain: DomainId(0),
            durable: None,
            speaks: Protocol::OLDEST,
            heard: self.now,
            sent: self.now,
            departed: false,
            outbox: Vec::new(),
            tail: BytesMut::new(),
        };
        self.links.peers.insert(process, peer);
        true
    }

    fn channel_frame(&mut self, link: LinkId, process: ProcessId, head: FrameHead, body: Bytes) {
        let deaf = head.kind == FrameKind::Data && self.is_deaf(link, process, &body);
        let Some(peer) = self.links.peers.get_mut(&process) else { return };
        peer.heard = self.now;
        if !peer.channel.acknowledge(head.acknowledged) {
            return self.refuse(link);
        }
        match head.kind {
            FrameKind::Resume => self.resume(link, process),
            FrameKind::Data if deaf => {}
            FrameKind::Data => match peer.channel.accept(head.sequence, body.len()) {
                Arrival::Next => {
                    self.heard_from(process);
                    self.body(process, body);
                }
                Arrival::Duplicate => {}
                Arrival::Gap => self.refuse(link),
            },
            _ => self.heard_from(process),
        }
    }

    /// Takes the items of a body in turn.
    fn body(&mut self, process: ProcessId, mut body: Bytes) {
        loop {
            match RawItem::split(&mut body) {
                Ok(Some(item)) => self.dispatch(process, item),
                Ok(None) => break,
                Err(_) => {
                    self.counters.refused += 1;
                    break;
                }
            }
        }
    }

    /// The other side said what it has: everything after goes out again, on this connection from now on.
    fn resume(&mut self, link: LinkId, process: ProcessId) {
        let Some(peer) = self.links.peers.get_mut(&process) else { return };
        peer.current = Some(link);
        let acknowledged = peer.channel.acknowledging();
        let frames: Vec<_> = peer.channel.unacknowledged().collect();
        self.counters.frames_resent += frames.len() as u64;
        for (sequence, body) in frames {
            let head = FrameHead { kind: FrameKind::Data, sequence, acknowledged }.encode();
            self.out.push(Effect::Send { link, head, body });
        }
    }

    pub(super) fn closed(&mut self, link: LinkId) {
        let Some(Link { peer: Some(process), .. }) = self.links.links.remove(&link) else { return };
        let Some(peer) = self.links.peers.get_mut(&process) else { return };
        peer.links.retain(|&l| l != link);
        if peer.current == Some(link) {
            peer.current = None;
            if let Some(&other) = peer.links.last() {
                return self.resume(other, process);
            }
        }
        if peer.links.is_empty() {
            if peer.departed {
                self.links.peers.remove(&process);
                return;
            }
            self.lost(process);
        }
    }

    /// Dials an address unless that is under way or was tried just now.
    pub(super) fn dial(&mut self, address: &Address, at_once: bool) {
        let dial = self.links.dials.get(address);
        let (under_way, not_before) = dial.map(|d| (d.under_way, d.not_before)).unwrap_or_default();
        if under_way || !at_once && self.now < not_before || *address == self.config.address {
            return;
        }
        let asks = self.believed_at(address);
        self.links.dials.insert(address.clone(), Dial { under_way: true, not_before: self.now, asks });
        self.out.push(Effect::Dial { address: address.clone() });
    }

    /// A dial has ended. The answer is whom it asked for.
    fn dialled(&mut self, address: &Address) -> Vec<ProcessId> {
        let not_before = self.now.after(REDIAL_US);
        let dial = Dial { under_way: false, not_before, asks: Vec::new() };
        self.links.dials.insert(address.clone(), dial).map(|dial| dial.asks).unwrap_or_default()
    }

    pub(super) fn dial_failed(&mut self, address: &Address, refused: bool) {
        let asks = self.dialled(address);
        if refused {
            self.nobody_listens(address, &asks);
        }
    }

    pub(super) fn is_linked_to(&self, address: &Address) -> bool {
        self.links.peers.values().any(|p| p.address == *address && p.is_linked())
    }

    /// Tells a process that the domain goes on without it, and forgets it.
    pub(super) fn expel(&mut self, process: ProcessId) {
        if !self.was_dropped(process) {
            self.links.dropped.push_back(process);
        }
        if self.links.dropped.len() > self.config.limits.strangers_max {
            self.links.dropped.pop_front();
        }
        let links = self.links_of(process);
        self.links.peers.remove(&process);
        for link in links {
            self.links.links.remove(&link);
            self.send_raw(link, FrameKind::Excluded, self.exclusion());
            self.out.push(Effect::Close { link });
        }
    }

    /// The connections to a process.
    pub(super) fn links_of(&self, process: ProcessId) -> Vec<LinkId> {
        self.links.peers.get(&process).map(|p| p.links.clone()).unwrap_or_default()
    }

    /// Whether a view has dropped this process.
    pub(super) fn was_dropped(&self, process: ProcessId) -> bool {
        self.links.dropped.contains(&process)
    }

    /// The same for an item that is encoded already.
    pub(super) fn send_encoded(&mut self, to: ProcessId, tag: u8, content: Bytes) {
        if to == self.me() {
            self.local.push_back(RawItem { tag, content });
        } else if let Some(peer) = self.links.peers.get_mut(&to) {
            let start = item::begin(tag, &mut peer.tail);
            peer.tail.extend_from_slice(&content);
            item::end(start, &mut peer.tail);
        }
    }

    /// Queues one item for a process; for this one itself, handles it soon.
    pub(super) fn send_item<T: Wire>(&mut self, to: ProcessId, tag: u8, content: &T) {
        if to == self.me() {
            self.local.push_back(RawItem { tag, content: content.to_bytes() });
        } else if let Some(peer) = self.links.peers.get_mut(&to) {
            item::put(tag, content, &mut peer.tail);
        }
    }

    /// Queues octets that several processes share.
    pub(super) fn send_shared(&mut self, to: ProcessId, octets: &Bytes) {
        if let Some(peer) = self.links.peers.get_mut(&to) {
            if !peer.tail.is_empty() {
                peer.outbox.push(peer.tail.split().freeze());
            }
            peer.outbox.push(octets.clone());
        }
    }

    /// Hands what is queued to the channels and the connections.
    pub(super) fn pump(&mut self) {
        for peer in self.links.peers.values_mut() {
            if !peer.tail.is_empty() {
                peer.outbox.push(peer.tail.split().freeze());
            }
            for body in peer.outbox.drain(..) {
                let sequence = peer.channel.push(body.clone());
                if let Some(link) = peer.current {
                    peer.sent = self.now;
                    let acknowledged = peer.channel.acknowledging();
                    let head = FrameHead { kind: FrameKind::Data, sequence, acknowledged }.encode();
                    self.out.push(Effect::Send { link, head, body });
                }
            }
            let Some(link) = peer.current else { continue };
            let due = self.now.since(peer.sent) >= self.config.heartbeat_us();
            if due || peer.channel.unacknowledged_bytes() > self.config.limits.window_bytes_max / 4 {
                peer.sent = self.now;
                let acknowledged = peer.channel.acknowledging();
                let head = FrameHead { kind: FrameKind::Idle, sequence: 0, acknowledged }.encode();
                self.out.push(Effect::Send { link, head, body: Bytes::new() });
            }
        }
    }
}
