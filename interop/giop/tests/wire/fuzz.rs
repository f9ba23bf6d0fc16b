//! Hostile input: whatever the octets, reading ends in a value or an error.
//!
//! A panic or an endless loop fails the test. Memory is bounded by the checks these tests pass through: a
//! length that lies by gigabytes would abort the test process if it were believed.

use bytes::Bytes;
use quorb_giop::assembly::split;
use quorb_giop::cdr::{Cdr, CdrProfile, CharSet, Decoder, Endian, GiopVersion};
use quorb_giop::ior::*;
use quorb_giop::message::*;
use quorb_giop::url::Reference;

use crate::prng::Prng;
use crate::reading::{UNICODE, read_ior, read_stream, read_values};
use crate::vectors;

/// One small harm to the octets: flipped bits, a lying length, a cut, a repetition.
fn harm(random: &mut Prng, octets: &mut Vec<u8>) {
    if octets.is_empty() {
        return;
    }
    let place = random.below(octets.len());
    match random.below(6) {
        0 | 1 => octets[place] ^= 1 << random.below(8),
        2 => octets[place] = random.next() as u8,
        3 => {
            let lie = random.one_of(&[0u32, 1, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff8]);
            let lie = if random.flip() { lie.to_be_bytes() } else { lie.to_le_bytes() };
            let place = place & !3;
            let end = octets.len().min(place + 4);
            octets[place..end].copy_from_slice(&lie[..end - place]);
        }
        4 => octets.truncate(place),
        _ => {
            let end = place + random.below(octets.len() - place);
            let again = octets[place..end].to_vec();
            octets.extend_from_slice(&again);
        }
    }
}

#[test]
fn vectors_cut_off_at_every_octet() {
    for name in vectors::names() {
        let stream = vectors::octets(&name);
        for end in 0..stream.len().min(2000) {
            assert!(read_stream(&stream[..end]) < 10, "{name} {end}");
        }
    }
}

#[test]
fn vectors_whose_message_ends_at_every_octet() {
    for name in vectors::names() {
        let stream = vectors::octets(&name);
        let header = MessageHeader::decode(stream.first_chunk().unwrap()).unwrap();
        for size in 0..(header.size).min(1000) {
            let mut shorter = MessageHeader { size, ..header }.encode().to_vec();
            shorter.extend_from_slice(&stream[12..12 + size as usize]);
            read_stream(&shorter);
        }
    }
}

#[test]
fn vectors_with_every_bit_flipped() {
    for name in vectors::names() {
        let mut stream = vectors::octets(&name);
        for bit in 0..stream.len().min(300) * 8 {
            stream[bit / 8] ^= 1 << (bit % 8);
            read_stream(&stream);
            stream[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn vectors_harmed_at_random() {
    let vectors: Vec<_> = vectors::names().iter().map(|name| vectors::octets(name)).collect();
    for seed in 0..20_000 {
        let random = &mut Prng::new(seed);
        let mut stream = vectors[random.below(vectors.len())].clone();
        stream.truncate(1500);
        for _ in 0..=random.below(4) {
            harm(random, &mut stream);
        }
        if random.below(4) == 0 {
            stream.extend_from_slice(&vectors[random.below(vectors.len())]);
        }
        read_stream(&stream);
        let _ = split(&stream, &[], random.below(200)).map(|pieces| pieces.take(10_000).count());
    }
}

#[test]
fn octets_at_random_behind_good_headers() {
    for seed in 0..10_000 {
        let random = &mut Prng::new(seed);
        let mut stream = Vec::new();
        for _ in 0..random.below(4) {
            let mut content = random.octets(120);
            if random.flip() {
                // Small numbers make longer valid stretches.
                content.iter_mut().for_each(|octet| *octet &= if *octet & 0x80 == 0 { 0 } else { 7 });
            }
            let header = MessageHeader {
                version: random.one_of(&[GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2]),
                endian: random.one_of(&[Endian::Big, Endian::Little]),
                more_fragments: random.below(3) == 0,
                kind: MessageKind(random.below(8) as u8),
                size: content.len() as u32,
            };
            stream.extend(header.encode());
            stream.extend(content);
        }
        read_stream(&stream);
    }
}

#[test]
fn values_at_random() {
    for seed in 0..10_000 {
        let random = &mut Prng::new(seed);
        let mut octets = random.octets(200);
        if random.flip() {
            octets.iter_mut().for_each(|octet| *octet &= if *octet & 0x80 == 0 { 0 } else { 3 });
        }
        let version = random.one_of(&[GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2]);
        let char_set = random.one_of(&[CharSet::Utf8, CharSet::Latin1]);
        let endian = random.one_of(&[Endian::Big, Endian::Little]);
        let profile = CdrProfile { char_set, ..UNICODE.profile(endian, version) };
        let joints = [random.below(50), 50 + random.below(50), 100 + random.below(200)];
        let (origin, joined) = (random.below(20), random.below(3) == 0);
        read_values(|| {
            let input = Decoder::with_profile(&octets, origin, profile);
            if joined { input.with_joints(&joints) } else { input }
        });
    }
}

/// Apart from the others because each takes up to 65 536 steps, which is what bounds it.
#[test]
fn elements_without_content_at_random() {
    for seed in 0..200 {
        let random = &mut Prng::new(seed);
        let octets = random.octets(100);
        let mut input = Decoder::new(&octets, Endian::Little);
        while input.remaining() > 0 && Vec::<Vec<()>>::decode(&mut input).is_ok() {}
    }
}

#[test]
fn profiles_and_components_at_random() {
    let text = vectors::text("omniorb/reference.ior");
    let Ok(Reference::Ior(good)) = text.parse() else { panic!("an IOR") };
    for seed in 0..5_000 {
        let random = &mut Prng::new(seed);
        let mut data = good.profiles[0].data.to_vec();
        for _ in 0..=random.below(3) {
            harm(random, &mut data);
        }
        let tag = random.one_of(&[ProfileTag::IIOP, ProfileTag::MULTIPLE_COMPONENTS]);
        let ior = Ior { profiles: vec![TaggedProfile { tag, data: Bytes::from(data) }], ..Ior::nil() };
        read_ior(&ior);
    }
}

#[test]
fn references_in_text_at_random() {
    let good = [
        vectors::text("omniorb/reference.ior"),
        "corbaloc:iiop:1.2@[::1]:2809,:host:1,rir:/Name%20Service".into(),
        "corbaname:iiop:1.1@host:1/Ctx#a/b.c%2f%c3%a9".into(),
    ];
    for seed in 0..20_000 {
        let random = &mut Prng::new(seed);
        let mut text = good[random.below(good.len())].clone().into_bytes();
        for _ in 0..=random.below(4) {
            harm(random, &mut text);
        }
        if let Ok(reference) = String::from_utf8_lossy(&text).parse::<Reference>() {
            if let Reference::Ior(ior) = &reference {
                read_ior(ior);
            }
            let printed = reference.to_string();
            assert_eq!(printed.parse(), Ok(reference), "seed {seed}: {printed}");
        }
    }
}
