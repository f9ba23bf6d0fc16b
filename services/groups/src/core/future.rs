//! Items of views this process has not installed yet: kept until it has, so that those who are ahead need not wait.
//!
//! Beyond a limit a connection is not listened to any more: its sender keeps what it has sent, as always until it is
//! acknowledged, and its window shuts. When the view is installed that connection ends, and the next one brings the rest. Who
//! never installs it is excluded, as one that keeps windows shut.

use super::identity::ProcessId;
use super::wire::item::{ITEM_HEAD_BYTES, RawItem, tag};
use super::{Core, LinkId, Stage};
use bytes::Bytes;
use std::collections::{BTreeSet, VecDeque};

/// What came too early, in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Future {
    items: VecDeque<(ProcessId, RawItem)>,
    bytes: usize,
}

impl Future {
    fn keep(&mut self, from: ProcessId, item: RawItem) {
        self.bytes += item.content.len() + ITEM_HEAD_BYTES;
        self.items.push_back((from, item));
    }
}

impl Core {
    /// Keeps an item.
    pub(super) fn keep_for_later(&mut self, from: ProcessId, item: RawItem) {
        self.counters.future_items += 1;
        self.future.keep(from, item);
    }

    /// Whether a frame is to wait at its sender, because what is kept would be more than may be. Of each sender something may
    /// always be kept, so that one long frame does not wait for ever.
    fn is_too_early(&self, from: ProcessId, frame: &Bytes) -> bool {
        let full = self.future.bytes + frame.len() > self.config.limits.future_bytes_max;
        full && self.future.items.iter().any(|(sender, _)| *sender == from)
    }

    /// Whether a connection is not listened to, or from now on not any more.
    pub(super) fn is_deaf(&mut self, link: LinkId, process: ProcessId, frame: &Bytes) -> bool {
        let early = self.is_too_early(process, frame);
        let Some(entry) = self.links.links.get_mut(&link) else { return true };
        if early && !std::mem::replace(&mut entry.deaf, true) {
            self.counters.refused += 1;
        }
        entry.deaf
    }

    /// Other connections take the place of those that were not listened to.
    fn listen_again(&mut self) {
        let deaf: Vec<LinkId> = self.links.links.iter().filter(|(_, l)| l.deaf).map(|(&id, _)| id).collect();
        deaf.into_iter().for_each(|link| self.hang_up(link));
    }

    /// A member that can decide nothing, and has something of a later view, has missed the decision: those who sent it know.
    pub(super) fn ask_who_is_ahead(&mut self) {
        if !self.blocked || self.stage != Stage::Member {
            return;
        }
        let ahead: BTreeSet<ProcessId> = self.future.items.iter().map(|(from, _)| *from).collect();
        for process in ahead {
            self.send_item(process, tag::BEHIND, &{ self.view.number });
        }
    }

    /// Takes up what was kept, after a view was installed.
    pub(super) fn take_up(&mut self) {
        let items = std::mem::take(&mut self.future.items);
        self.future.bytes = 0;
        for (from, item) in items {
            if self.links.peers.contains_key(&from) {
                self.dispatch(from, item);
            }
        }
        self.listen_again();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::identity::{DomainId, Member, Time, View, ViewNumber};
    use crate::core::protocol::Protocol;
    use crate::core::wire::frame::{FrameHead, FrameKind, Hello};
    use crate::core::wire::{Wire, item};
    use crate::core::{Config, Effect, Event};
    use bytes::BytesMut;

    const LIMIT: usize = 100;
    const LINK: LinkId = LinkId(1);

    /// A member of view 1, connected with the other one.
    fn member() -> Core {
        let mut config = Config::new("early", ProcessId(1), "1", &["1", "2"]);
        config.limits.future_bytes_max = LIMIT;
        let mut core = Core::new(config, Time(1));
        let member = |n: u64| {
            let address = n.to_string().as_str().into();
            Member { process: ProcessId(n), address, weight: 1, durable: None, speaks: Protocol::NEWEST }
        };
        core.view = View { domain: DomainId(1), number: ViewNumber(1), members: vec![member(1), member(2)] };
        core.stage = Stage::Member;
        core.handle(Event::Opened { link: LINK, dialled: None }, Time(1));
        let hello = Hello {
            magic: Hello::MAGIC,
            oldest: Protocol::OLDEST,
            newest: Protocol::NEWEST,
            name: "early".into(),
            process: ProcessId(2),
            address: "2".into(),
            domain: DomainId(1),
            view: ViewNumber(1),
            durable: None,
            nonce: Bytes::new(),
        };
        says(&mut core, FrameKind::Hello, 0, &hello.to_bytes());
        says(&mut core, FrameKind::Resume, 0, &[]);
        core
    }

    fn says(core: &mut Core, kind: FrameKind, sequence: u64, body: &[u8]) {
        let mut frame = FrameHead { kind, sequence, acknowledged: 0 }.encode().to_vec();
        frame.extend_from_slice(body);
        core.handle(Event::Received { link: LINK, frame: frame.into() }, Time(2));
    }

    /// An item of so many octets in view 2.
    fn early(octets: usize) -> Bytes {
        let mut body = BytesMut::new();
        let start = item::begin(tag::MESSAGES, &mut body);
        body.resize(ITEM_HEAD_BYTES + octets, 0);
        body[ITEM_HEAD_BYTES] = 2;
        item::end(start, &mut body);
        body.freeze()
    }

    #[test]
    fn no_more_is_kept_than_may_be_and_the_rest_is_sent_again() {
        let mut core = member();
        for sequence in 1..=4 {
            says(&mut core, FrameKind::Data, sequence, &early(30));
        }
        assert_eq!((core.future.items.len(), core.future.bytes), (2, 70));
        assert_eq!(core.counters().refused, 1, "the connection is not listened to: once");
        assert_eq!(
            core.links.peers[&ProcessId(2)].channel.received(),
            2,
            "what was not kept is not acknowledged"
        );
        core.view.number = ViewNumber(2);
        core.take_up();
        assert_eq!(core.future.bytes, 0);
        let mut out = Vec::new();
        core.poll(Time(3), &mut out);
        assert!(
            out.iter().any(|effect| matches!(effect, Effect::Close { link: LINK })),
            "another one brings the rest"
        );
    }

    #[test]
    fn one_frame_is_kept_however_long_it_is() {
        let mut core = member();
        says(&mut core, FrameKind::Data, 1, &early(3 * LIMIT));
        assert_eq!((core.future.items.len(), core.future.bytes), (1, 3 * LIMIT + ITEM_HEAD_BYTES));
        assert_eq!(core.counters().refused, 0);
    }
}
