//! Many peers, each within its own limits: together they must not exhaust the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quorb::{Completion, ExceptionKind, Fault, Limits, Minor, Orb, Preference, Proxy, interface};
use quorb_giop::cdr::GiopVersion;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::rig::healthy::Healthy;
use crate::rig::native::{frame, greeting, head};
use crate::rig::peer::Peer;
use crate::rig::{Way, World, giop, logs, soon, until};

const MEBIBYTE: usize = 1 << 20;

/// What all connections may hold.
const BOUND: usize = 8 * MEBIBYTE;

/// Buffers that a connection may have grown before its driver looks again.
const SLACK: u64 = 2 * MEBIBYTE as u64;

fn small(limits: &mut Limits) {
    limits.buffers_bytes_max = BOUND;
    limits.body_bytes_max = 4 * MEBIBYTE;
}

/// Peers that begin large messages and never end them: each may do that, but not all of them.
#[tokio::test]
async fn large_messages_that_never_end_on_many_connections() {
    logs::capture();
    let world = World::serving(Way::TcpNative, small).await;
    let healthy = Healthy::start(&world).await;
    let whole = giop::request(GiopVersion::V1_2, 2, "probe", "store", |out| {
        out.write_octets(&vec![7; 3 * MEBIBYTE]);
    });
    let iiop = whole[..2 * MEBIBYTE].to_vec();
    let speaker =
        quorb::proto::native::Speaker { client: quorb::proto::head::ClientId(0x5eed), incarnation: 1 };
    let request = head("probe", "store");
    let written = quorb::proto::native::RequestFrame::new(&request, speaker, Some(3 * MEBIBYTE as u64));
    let mut octets = Vec::new();
    written.encode(&mut octets);
    let announced = frame(quorb::proto::native::FrameKind::REQUEST, written.flags(), 1, &octets, &[]);
    let chunk = frame(quorb::proto::native::FrameKind::CHUNK, 0, 1, &[], &vec![7; 64 << 10]);
    for native in [false, true] {
        let mut peers = Vec::new();
        for _ in 0..20 {
            let mut peer = Peer::connect(world.port()).await;
            if native {
                peer.say(&[greeting(), announced.clone()].concat()).await;
                // The body is credited as a whole once the server has seen it announced.
                peer.hear(FRAMES_BEFORE_CREDIT).await;
                for _ in 0..32 {
                    peer.say(&chunk).await;
                }
            } else {
                peer.say(&iiop).await;
            }
            assert!(world.server.buffered_bytes() <= BOUND as u64 + SLACK, "{native}");
            peers.push(peer);
        }
        healthy.goes_on().await;
        until("some are given up", || world.server.open_connections() <= 12).await;
        assert!(logs::find(&["buffers_bytes_max", "its share"]).is_some());
        assert!(world.server.open_connections() > 1, "those that hold little are let be");
        drop(peers);
        until("only the healthy one is left", || world.server.open_connections() == 1).await;
        until("the memory is given back", || world.server.buffered_bytes() < MEBIBYTE as u64).await;
    }
    healthy.end().await;
    world.end().await;
}

/// The server's own greeting.
const FRAMES_BEFORE_CREDIT: usize = 8;

/// What all connections of the keeper may hold.
const KEPT_MAX: usize = 32 * MEBIBYTE;

/// Of bodies that had begun when the bound was reached: their chunks take turns, and they are refused when they are whole.
const BEGUN: u64 = 4 * MEBIBYTE as u64;

/// Calls of half a mebibyte: twice as many as can be kept.
const CALLS: usize = 128;

#[interface]
trait Keeper {
    /// Keeps octets until it is let go.
    #[query]
    async fn keep(&self, octets: Vec<u8>) -> u32;
    fn small(&self) -> u32;
}

struct Cellar {
    kept: Arc<AtomicUsize>,
    go: Arc<Semaphore>,
}

impl Keeper for Cellar {
    async fn keep(&self, octets: Vec<u8>) -> u32 {
        self.kept.fetch_add(octets.len(), Ordering::SeqCst);
        self.go.acquire().await.unwrap().forget();
        self.kept.fetch_sub(octets.len(), Ordering::SeqCst);
        octets.len() as u32
    }

    fn small(&self) -> u32 {
        1
    }
}

/// One client's calls wait with large arguments: it is refused more of them, and another one is served.
#[tokio::test]
async fn calls_that_wait_with_large_arguments() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let limits = |limits: &mut Limits| {
            limits.buffers_bytes_max = KEPT_MAX;
            limits.body_bytes_max = MEBIBYTE;
        };
        let server = Orb::builder().listen("127.0.0.1:0").limits(limits).start().await.unwrap();
        let (kept, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let cellar = Cellar { kept: kept.clone(), go: go.clone() };
        let reference = server.serve("cellar", KeeperServant::new(cellar)).unwrap().object().to_string();
        let client = async || {
            let client = Orb::builder().prefer(preference).limits(|limits| limits.retry_attempts_max = 1);
            client.start().await.unwrap().bind::<KeeperProxy>(&reference).unwrap()
        };
        let (greedy, modest) = (client().await, client().await);
        modest.small().await.unwrap();
        let mut calls = JoinSet::new();
        for _ in 0..CALLS {
            let greedy = greedy.clone();
            calls.spawn(async move { greedy.keep(vec![7; MEBIBYTE / 2]).await });
        }
        let mut refused = 0;
        // So many cannot be kept, whatever the order in which they come.
        while refused < CALLS - KEPT_MAX / (MEBIBYTE / 2) - 2 {
            let call = soon("a call is refused", calls.join_next()).await.unwrap().unwrap();
            let Err(Fault::System(exception)) = call else { panic!("{call:?}") };
            assert_eq!((exception.kind(), exception.minor()), (ExceptionKind::Transient, Minor::MEMORY_FULL));
            assert_eq!(exception.completed(), Completion::No);
            refused += 1;
            assert!(
                server.buffered_bytes() <= KEPT_MAX as u64 + SLACK + BEGUN,
                "{}",
                server.buffered_bytes()
            );
        }
        assert!(kept.load(Ordering::SeqCst) <= KEPT_MAX + MEBIBYTE, "{}", kept.load(Ordering::SeqCst));
        assert_eq!(soon("the other client is served", modest.small()).await.unwrap(), 1, "{preference:?}");
        go.add_permits(CALLS);
        while let Some(call) = soon("the others end", calls.join_next()).await {
            let is_refusal = |fault: &Fault| fault.kind() == Some(ExceptionKind::Transient);
            assert!(call.unwrap().map_or_else(|fault| is_refusal(&fault), |octets| octets == 1 << 19));
        }
        assert_eq!(greedy.small().await.unwrap(), 1, "there is room again");
        until("the memory is given back", || server.buffered_bytes() < 2 * MEBIBYTE as u64).await;
        server.shutdown(crate::rig::TOLERANCE).await;
    }
}
