//! Whatever is written is read back, for values made up at random.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use quorb_giop::cdr::{Cdr, CdrProfile, CharSet, Decoder, Encoder, Endian, GiopVersion, WcharSet};
use quorb_giop::codeset::CodeSets;
use quorb_giop::ior::*;
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::*;
use quorb_giop::names::{ObjectKey, OperationName, RepositoryId};
use quorb_giop::url::Reference;

use crate::prng::Prng;
use crate::vectors;

const ROUNDS: u64 = 300;

const FULL: CodeSets = CodeSets { char_set: CharSet::Utf8, wchar_set: Some(WcharSet::Utf16) };

fn endian(random: &mut Prng) -> Endian {
    random.one_of(&[Endian::Big, Endian::Little])
}

fn profile(random: &mut Prng) -> CdrProfile {
    let version = random.one_of(&[GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2]);
    FULL.profile(endian(random), version)
}

fn vector<T>(random: &mut Prng, length_max: usize, mut one: impl FnMut(&mut Prng) -> T) -> Vec<T> {
    (0..random.below(length_max + 1)).map(|_| one(random)).collect()
}

fn octets(random: &mut Prng, length_max: usize) -> Bytes {
    random.octets(length_max).into()
}

type Record =
    (u8, Vec<Option<f64>>, [i16; 3], (String, BTreeMap<String, Vec<u64>>, HashMap<i8, bool>, Vec<Vec<u32>>));

fn record(random: &mut Prng) -> Record {
    let option = |random: &mut Prng| random.flip().then(|| random.next() as f64);
    let map: Vec<_> = vector(random, 5, |r| (r.text(4), vector(r, 4, Prng::next)));
    let hash: Vec<_> = vector(random, 5, |r| (r.next() as i8, r.flip()));
    (
        random.next() as u8,
        vector(random, 5, option),
        [random.next() as i16, random.next() as i16, random.next() as i16],
        (
            random.text(9),
            map.into_iter().collect(),
            hash.into_iter().collect(),
            vector(random, 4, |r| vector(r, 5, |r| r.next() as u32)),
        ),
    )
}

#[test]
fn values_in_every_order_and_place() {
    for seed in 0..ROUNDS {
        let random = &mut Prng::new(seed);
        let (profile, origin) = (profile(random), random.below(20));
        let values = vector(random, 4, record);
        let mut out = Encoder::with_buffer(random.octets(9), origin, profile);
        values.encode(&mut out).unwrap();
        let mut input = Decoder::with_profile(out.as_slice(), origin, profile);
        assert_eq!(Vec::<Record>::decode(&mut input), Ok(values), "seed {seed}");
        assert_eq!(input.finish(), Ok(()), "seed {seed}");
    }
}

#[test]
fn text_in_every_order_and_version() {
    for seed in 0..ROUNDS {
        let random = &mut Prng::new(seed);
        let rules = profile(random);
        let text = random.text(20);
        let mut out = Encoder::with_buffer(Vec::new(), random.below(4), rules);
        let origin = out.position();
        out.write_string(&text).unwrap();
        let wide = out.write_wstring(&text);
        let mut input = Decoder::with_profile(out.as_slice(), origin, rules);
        assert_eq!(input.read_string().as_ref(), Ok(&text), "seed {seed}");
        match rules.version {
            GiopVersion::V1_0 => assert!(wide.is_err()),
            _ => assert_eq!(input.read_wstring(), Ok(text), "seed {seed}"),
        }
        assert_eq!(input.finish(), Ok(()), "seed {seed}");
    }
}

fn component(random: &mut Prng) -> TaggedComponent {
    match random.below(3) {
        0 => TaggedComponent::of(&AlternateAddress { host: random.text(9), port: random.next() as u16 })
            .unwrap(),
        1 => {
            let endpoint = QuorbEndpoint {
                protocol_version: random.next() as u16,
                fingerprint: random.next(),
                endpoint_set_version: random.next(),
                server_identity: random.next(),
                local_address: random.text(9),
                flags: EndpointFlags(random.next() as u32),
            };
            let component = TaggedComponent::of(&endpoint).unwrap();
            assert_eq!(component.read(), Some(Ok(endpoint)));
            component
        }
        _ => TaggedComponent { tag: ComponentTag(random.next() as u32), data: octets(random, 9) },
    }
}

fn ior(random: &mut Prng) -> Ior {
    let profiles = vector(random, 3, |random| {
        if random.flip() {
            let version = random.one_of(&[GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2]);
            let key = ObjectKey::new(octets(random, 9));
            let mut profile = IiopProfile::new(version, random.text(9), random.next() as u16, key);
            if version > GiopVersion::V1_0 {
                profile.components = vector(random, 3, component);
            }
            let tagged = profile.to_tagged().unwrap();
            assert_eq!(IiopProfile::from_tagged(&tagged), Ok(profile));
            tagged
        } else {
            TaggedProfile { tag: ProfileTag(random.next() as u32), data: octets(random, 20) }
        }
    });
    Ior { type_id: RepositoryId::from(random.text(12)), profiles }
}

#[test]
fn references_as_values_and_as_text() {
    for seed in 0..ROUNDS {
        let ior = ior(&mut Prng::new(seed));
        assert_eq!(ior.to_string().parse(), Ok(Reference::Ior(ior)), "seed {seed}");
    }
}

#[test]
fn corbalocs_as_text() {
    for seed in 0..ROUNDS {
        let random = &mut Prng::new(seed);
        let mut text = String::from("corbaloc:");
        for index in 0..=random.below(3) {
            let host = random.one_of(&["h", "a.b-c.example", "10.0.0.1", "[::1]", "[fe80::1%25eth0]"]);
            let version = random.one_of(&[":", "iiop:1.1@", "iiop:1.2@"]);
            let comma = if index == 0 { "" } else { "," };
            text.push_str(&format!("{comma}{version}{host}:{}", random.next() as u16));
        }
        let Ok(Reference::Corbaloc(mut loc)) = text.parse() else { panic!("{text}") };
        assert_eq!(loc.to_string(), text);
        loc.key = ObjectKey::new(octets(random, 12));
        assert_eq!(loc.to_string().parse(), Ok(Reference::Corbaloc(loc)), "seed {seed}");
    }
}

fn contexts(random: &mut Prng) -> ServiceContexts {
    let mut contexts = ServiceContexts::new();
    for _ in 0..random.below(4) {
        contexts.push(ServiceContext { id: ContextId(random.next() as u32), data: octets(random, 9) });
    }
    contexts
}

fn target(random: &mut Prng, version: GiopVersion) -> Target {
    match random.below(3) {
        1 if version == GiopVersion::V1_2 => {
            Target::Profile(TaggedProfile { tag: ProfileTag(random.next() as u32), data: octets(random, 9) })
        }
        2 if version == GiopVersion::V1_2 => {
            Target::Reference { selected_profile_index: random.next() as u32, ior: ior(random) }
        }
        _ => Target::Key(ObjectKey::new(octets(random, 9))),
    }
}

/// Writes a message in one of the two ways, and reads it back.
fn there_and_back<H: MessageHead>(
    random: &mut Prng,
    profile: CdrProfile,
    head: &H,
    record: &Record,
) -> Message {
    let mut open = head.open(Vec::new(), profile).unwrap();
    let octets = if random.flip() {
        record.encode(open.body()).unwrap();
        open.finish().unwrap()
    } else {
        let mut separate = Encoder::with_buffer(Vec::new(), open.body_origin(), profile);
        record.encode(&mut separate).unwrap();
        let mut octets = open.finish_head(separate.len()).unwrap();
        octets.extend_from_slice(separate.as_slice());
        octets
    };
    let frames = vectors::frames(&octets);
    assert_eq!(frames.len(), 1);
    Message::decode(&frames[0], &MessageLimits::default()).unwrap()
}

fn check_body(body: &Body, record: Record) {
    let mut input = body.decoder(FULL);
    assert_eq!(Record::decode(&mut input), Ok(record));
    assert_eq!(input.finish(), Ok(()));
}

#[test]
fn messages_with_bodies_in_every_version() {
    for seed in 0..ROUNDS {
        let random = &mut Prng::new(seed);
        let profile = profile(random);
        let record = record(random);
        let mut expected = RequestHead {
            request_id: random.next() as u32,
            response: random.one_of(&[ResponseFlags::NONE, ResponseFlags::TARGET]),
            target: target(random, profile.version),
            operation: OperationName::new(vec![b'x'; random.below(9)].into()),
            contexts: contexts(random),
            principal: octets(random, 5),
        };
        if profile.version == GiopVersion::V1_2 {
            expected.principal = Bytes::new();
        }
        match there_and_back(random, profile, &expected, &record) {
            Message::Request { head, body } => {
                assert_eq!(head, expected, "seed {seed}");
                check_body(&body, record.clone());
            }
            other => panic!("seed {seed}: {other:?}"),
        }
        let status = ReplyStatus(random.next() as u32);
        let expected = ReplyHead { request_id: random.next() as u32, status, contexts: contexts(random) };
        match there_and_back(random, profile, &expected, &record) {
            Message::Reply { head, body } => {
                assert_eq!(head, expected, "seed {seed}");
                check_body(&body, record.clone());
            }
            other => panic!("seed {seed}: {other:?}"),
        }
        let status = LocateStatus(random.next() as u32);
        let expected = LocateReplyHead { request_id: random.next() as u32, status };
        match there_and_back(random, profile, &expected, &record) {
            Message::LocateReply { head, body } => {
                assert_eq!(head, expected, "seed {seed}");
                check_body(&body, record);
            }
            other => panic!("seed {seed}: {other:?}"),
        }
    }
}
