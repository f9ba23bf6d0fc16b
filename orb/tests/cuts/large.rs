//! Large bodies, which travel in many pieces, are cut somewhere.

use quorb::{Completion, Preference};

use crate::ledger::{Kind, PROTOCOLS, Scene, Told};
use crate::proxy::{Cut, Direction, How};

/// Octets of a body: more than sockets take at once.
const BODY_BYTES: usize = 3 << 20;

/// Cuts in each direction, with each way to cut.
const CUTS: usize = 8;

async fn cut_within_a_large_body(protocol: Preference) {
    let scene = Scene::new(protocol).await;
    let mut sent = 0u64;
    let mut in_doubt = 0;
    for direction in [Direction::Up, Direction::Down] {
        for how in [How::Close, How::Half, How::Reset] {
            for cut in 0..CUTS {
                assert_eq!(scene.call(Kind::Query).await.1, Told::Well);
                // Anywhere, but the same in every run.
                let after = (cut * 2_654_435_761 + 12_345 * (cut + 1)) % (BODY_BYTES - 1);
                scene.proxy.cut_last(Cut { direction, after, how });
                match scene.call_with(&vec![sent as u8; BODY_BYTES]).await {
                    Told::Well => {}
                    // Over IIOP nobody can be asked what became of it.
                    Told::Failed(Completion::Maybe) if protocol == Preference::IiopOnly => in_doubt += 1,
                    other => panic!("{direction:?} {after} {how:?}: {other:?}"),
                }
                sent += 1;
            }
        }
    }
    assert!(in_doubt > 0 || protocol == Preference::NativeOnly);
    scene.end().await;
}

#[tokio::test]
async fn updates() {
    for protocol in PROTOCOLS {
        cut_within_a_large_body(protocol).await;
    }
}
