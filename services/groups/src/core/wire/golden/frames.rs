//! Frames: the head, and what follows it in each kind.

use super::octets;
use crate::core::event::{Effect, Event, LinkId, Upcall};
use crate::core::identity::{Address, DomainId, DomainName, DurableId, ProcessId, Time, ViewNumber};
use crate::core::key::{Claim, SharedKey};
use crate::core::options::Config;
use crate::core::protocol::Protocol;
use crate::core::wire::frame::{Exclusion, FRAME_HEAD_BYTES, FrameHead, FrameKind, Hello, refusal_of};
use crate::core::wire::{Wire, WireError};
use crate::core::{Core, Unwelcome};
use bytes::{Bytes, BytesMut};

/// A frame as it is drawn, without the length that a stream puts in front.
struct Drawn {
    head: FrameHead,
    body: Bytes,
    diagram: &'static str,
}

fn all() -> Vec<Drawn> {
    let drawn = |kind, sequence, acknowledged, body, diagram| Drawn {
        head: FrameHead { kind, sequence, acknowledged },
        body,
        diagram,
    };
    vec![
        drawn(FrameKind::Hello, 0, 0, hello().to_bytes(), HELLO),
        drawn(FrameKind::Resume, 0, 258, Bytes::new(), RESUME),
        drawn(FrameKind::Data, 258, 3, octets("1d 01 00 00 00 02"), DATA),
        drawn(FrameKind::Idle, 0, 3, Bytes::new(), IDLE),
        drawn(FrameKind::Excluded, 0, 0, exclusion().to_bytes(), EXCLUDED),
        drawn(FrameKind::Refused, 0, 0, Bytes::copy_from_slice(&[Unwelcome::DOMAIN.0]), REFUSED),
        drawn(FrameKind::Proof, 0, 0, proof(), PROOF),
    ]
}

fn hello() -> Hello {
    Hello {
        magic: Hello::MAGIC,
        oldest: Protocol(1),
        newest: Protocol(2),
        name: "d".into(),
        process: ProcessId(300),
        address: "a:1".into(),
        domain: DomainId(7),
        view: ViewNumber(2),
        durable: Some(DurableId(5)),
        nonce: Bytes::from_static(b"n"),
    }
}

const HELLO: &str = "
    01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  HELLO
    c7 a2 01       51 47, the magic, as a varint
    01 02          the oldest and the newest protocol
    01 64          the domain's name, d
    ac 02          process 300
    03 61 3a 31    address a:1
    07             domain, zero if none is known
    02             view, zero if the speaker is in none
    01 05          the name on its disk, 5
    01 6e          the nonce that a proof must contain, empty where none is asked for
";

const RESUME: &str = "
    02                         RESUME
    00 00 00 00 00 00 00 00
    02 01 00 00 00 00 00 00    data frames up to 258 have been received
";

const DATA: &str = "
    03                         DATA
    02 01 00 00 00 00 00 00    number 258
    03 00 00 00 00 00 00 00    those up to 3 have been received
    1d 01 00 00 00 02          items: here BEHIND
";

const IDLE: &str = "
    04                         IDLE
    00 00 00 00 00 00 00 00
    03 00 00 00 00 00 00 00    data frames up to 3 have been received
";

fn exclusion() -> Exclusion {
    Exclusion { domain: DomainId(7), view: ViewNumber(2) }
}

const EXCLUDED: &str = "
    05 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  EXCLUDED
    07 02          by view 2 of domain 7
";

const REFUSED: &str = "
    06 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  REFUSED
    03             another domain of the same name
";

/// The dialler's, for the process of the hello.
fn proof() -> Bytes {
    let (name, address): (DomainName, Address) = ("d".into(), "a:1".into());
    let process = ProcessId(300);
    let claim = Claim { dialled: true, asked: b"n1", own: b"n2", name: &name, process, address: &address };
    SharedKey::new(b"secret").prove(claim)
}

/// HMAC-SHA-256 with the key `secret` over: `hello`, 01 (the dialler's), 02 6e 31 (the verifier's nonce), 02 6e 32 (the
/// prover's), 01 64 (the domain's name), ac 02 (the process), 03 61 3a 31 (its address).
const PROOF: &str = "
    07 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  PROOF
    32 f0 6b 95 88 db 7c 25 27 a7 5a cd c1 0d 99 99
    ab 49 27 cf f4 a3 e8 39 ef ee 56 49 58 77 10 3f
";

#[test]
fn every_frame_is_as_drawn() {
    let mut kinds = Vec::new();
    for Drawn { head, body, diagram } in all() {
        let diagram = octets(diagram);
        let mut encoded = BytesMut::from(&head.encode()[..]);
        encoded.extend_from_slice(&body);
        assert_eq!(encoded.freeze(), diagram, "{:?}: {:02x?}", head.kind, &body[..]);
        assert_eq!(FrameHead::split(diagram.clone()), Ok((head, body)));
        for length in 0..FRAME_HEAD_BYTES {
            assert_eq!(FrameHead::split(diagram.slice(..length)), Err(WireError::Truncated));
        }
        kinds.push(head.kind);
    }
    assert_eq!(kinds, FrameKind::ALL, "every kind is drawn");
}

#[test]
fn bodies_of_frames_are_understood_whole_or_refused() {
    let hello = hello();
    let octets = hello.to_bytes();
    assert_eq!(Hello::decode(octets.clone()), Ok(hello));
    let excluded = exclusion().to_bytes();
    assert_eq!(Exclusion::decode(excluded.clone()), Ok(exclusion()));
    assert_eq!(refusal_of(&[3]), Ok(Unwelcome::DOMAIN));
    assert_eq!((refusal_of(&[]), refusal_of(&[3, 0])), (Err(WireError::Truncated), Err(WireError::Trailing)));
    for length in 0..octets.len() {
        assert_eq!(Hello::decode(octets.slice(..length)), Err(WireError::Truncated));
    }
    for length in 0..excluded.len() {
        assert_eq!(Exclusion::decode(excluded.slice(..length)), Err(WireError::Truncated));
    }
    let longer = |octets: &Bytes| Bytes::from([&octets[..], &[0]].concat());
    assert_eq!(Hello::decode(longer(&octets)), Err(WireError::Trailing));
    assert_eq!(Exclusion::decode(longer(&excluded)), Err(WireError::Trailing));
}

/// A process alone in its domain, and someone who connects to it.
fn visited() -> Core {
    let mut core = Core::new(Config::new("d", ProcessId(10), "a", &["a"]), Time(0));
    core.handle(Event::Tick, Time(1));
    core.handle(Event::Opened { link: LinkId(1), dialled: None }, Time(2));
    core
}

fn says(core: &mut Core, kind: u8, sequence: u64, body: &[u8]) -> Vec<Effect> {
    let head = FrameHead { kind: FrameKind::Data, sequence, acknowledged: 0 };
    let mut frame = head.encode().to_vec();
    frame[0] = kind;
    frame.extend_from_slice(body);
    core.handle(Event::Received { link: LinkId(1), frame: frame.into() }, Time(3));
    let mut effects = Vec::new();
    core.poll(Time(3), &mut effects);
    effects
}

#[test]
fn kinds_of_frames_that_nobody_knows_cost_the_connection() {
    for kind in (0..=u8::MAX).filter(|kind| FrameKind::ALL.iter().all(|known| *known as u8 != *kind)) {
        let mut core = visited();
        let effects = says(&mut core, kind, 0, &[]);
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Close { .. })), "kind {kind}");
        assert_eq!(core.counters().refused, 1, "kind {kind}");
    }
}

#[test]
fn words_that_are_no_words_cost_the_connection() {
    for (kind, body) in [(5, &[7][..]), (5, &[7, 2, 0]), (6, &[]), (6, &[1, 1])] {
        let mut core = visited();
        let effects = says(&mut core, kind, 0, body);
        let told = effects.iter().any(|effect| matches!(effect, Effect::Tell(Upcall::Unwelcome { .. })));
        assert!(!told && core.counters().refused == 1, "kind {kind}, {body:?}");
    }
}

/// Whatever view they claim to be of: none is kept for later, none passes for an item of the past.
#[test]
fn kinds_of_items_that_nobody_knows_are_refused_and_counted() {
    use crate::core::wire::item::tag;
    let mut core = visited();
    let stranger = Hello { domain: DomainId(0), view: ViewNumber(0), nonce: Bytes::new(), ..hello() };
    says(&mut core, FrameKind::Hello as u8, 0, &stranger.to_bytes());
    says(&mut core, FrameKind::Resume as u8, 0, &[]);
    let mut refused = 0;
    let unknown = (0..=u8::MAX).filter(|tag| !tag::ALL.contains(tag));
    for (tag, view) in unknown.flat_map(|tag| [0, 1, 9].map(|view| (tag, view))) {
        refused += 1;
        says(&mut core, FrameKind::Data as u8, refused, &[tag, 1, 0, 0, 0, view]);
        let counted = core.counters();
        assert_eq!((counted.refused, counted.future_items), (refused, 0), "tag {tag}, view {view}");
    }
}

/// A heartbeat is a heartbeat and nothing else.
#[test]
fn frames_without_a_body_have_none() {
    for kind in [FrameKind::Resume, FrameKind::Idle] {
        let mut core = visited();
        let stranger = Hello { domain: DomainId(0), view: ViewNumber(0), nonce: Bytes::new(), ..hello() };
        says(&mut core, FrameKind::Hello as u8, 0, &stranger.to_bytes());
        assert_eq!(core.counters().refused, 0);
        let effects = says(&mut core, kind as u8, 0, &[0]);
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Close { .. })), "{kind:?}");
        assert_eq!(core.counters().refused, 1, "{kind:?}");
    }
}
