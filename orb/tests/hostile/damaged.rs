//! Good messages that were cut or changed on their way.

use std::sync::atomic::Ordering;

use quorb_giop::cdr::GiopVersion;

use crate::rig::healthy::Healthy;
use crate::rig::native::{body, greeting, head, request};
use crate::rig::peer::{Dice, Peer};
use crate::rig::{PATIENCE, Way, World, giop, logs, until};

/// A call of the update `add` in every way that a client may write it.
fn good() -> Vec<Vec<u8>> {
    let versions = [GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2];
    let giop = versions.map(|version| giop::request(version, 2, "probe", "add", |out| out.write_u32(1)));
    let native = [greeting(), request(1, &head("probe", "add"), &body(|out| out.write_u32(1)))].concat();
    giop.into_iter().chain([native]).collect()
}

#[tokio::test]
async fn a_request_that_is_cut_anywhere_is_not_executed() {
    logs::capture();
    let world = World::new(Way::TcpNative).await;
    let healthy = Healthy::start(&world).await;
    for octets in good() {
        for cut in 0..octets.len() {
            let mut peer = Peer::connect(world.port()).await;
            peer.say_last(&octets[..cut]).await;
            peer.hear_to_end(PATIENCE).await;
            if cut > 0 && cut % 16 == 5 {
                // The port may have been that of another peer.
                logs::line_with(&[&peer.name(), "cause", "in the middle of a message"]).await;
            }
        }
    }
    assert_eq!(world.probe.value().await.unwrap(), 0);
    healthy.end().await;
    world.end().await;
}

#[tokio::test]
async fn a_request_that_comes_in_single_octets_is_executed() {
    let world = World::new(Way::TcpNative).await;
    for octets in good() {
        let before = world.control.dispatched.load(Ordering::SeqCst);
        let mut peer = Peer::connect(world.port()).await;
        for octet in octets {
            peer.say(&[octet]).await;
            tokio::task::yield_now().await;
        }
        until("it is executed", || world.control.dispatched.load(Ordering::SeqCst) > before).await;
    }
    assert_eq!(world.probe.value().await.unwrap(), 4);
    world.end().await;
}

#[tokio::test]
async fn flipped_bits_harm_nobody_else() {
    let world = World::new(Way::TcpNative).await;
    let healthy = Healthy::start(&world).await;
    let mut dice = Dice::new(20);
    let good = good();
    for round in 0..600 {
        let mut octets = good[round % good.len()].clone();
        for _ in 0..=dice.below(4) {
            let at = dice.below(octets.len());
            octets[at] ^= 1 << dice.below(8);
        }
        let mut peer = Peer::connect(world.port()).await;
        peer.say_last(&octets).await;
        peer.hear_to_end(PATIENCE).await;
    }
    healthy.end().await;
    world.end().await;
}

/// Many messages in a row, in which whole stretches are replaced: the core's own fuzz, through the sockets.
#[tokio::test]
async fn scrambled_streams_harm_nobody_else() {
    let world = World::new(Way::TcpNative).await;
    let healthy = Healthy::start(&world).await;
    let mut dice = Dice::new(21);
    let good = good();
    for round in 0..200 {
        let one = &good[round % good.len()];
        let mut octets = one.repeat(4);
        for _ in 0..3 {
            let at = dice.below(octets.len());
            let length = dice.below(24).min(octets.len() - at);
            octets[at..at + length].iter_mut().for_each(|octet| *octet = dice.next() as u8);
        }
        let mut peer = Peer::connect(world.port()).await;
        peer.say_last(&octets).await;
        peer.hear_to_end(PATIENCE).await;
    }
    healthy.end().await;
    world.end().await;
}
