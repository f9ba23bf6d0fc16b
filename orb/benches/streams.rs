//! What streams of octets carry, beside what carries them.
//!
//! `cargo bench -p quorb --bench streams` moves octets over TCP between two threads, interleaved: by tokio alone, by a
//! [`ByteStream`] as argument and as result, and as 1 MiB echoes. It prints MiB a second one way, and ratios to tokio alone.
//! What arrives is counted and checked.

use std::time::{Duration, Instant};

use quorb::{ByteStream, Fault, Orb, Preference, interface};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[interface]
trait Pipe {
    async fn take(&self, octets: ByteStream) -> Result<u64, Fault>;
    fn give(&self, octets: u64) -> ByteStream;
    fn echo(&self, octets: Vec<u8>) -> Vec<u8>;
}

struct Ends;

const MEBIBYTE: u64 = 1 << 20;

/// What one measured step moves.
const OCTETS: u64 = 64 * MEBIBYTE;

const ROUNDS: usize = 9;

impl Pipe for Ends {
    async fn take(&self, mut octets: ByteStream) -> Result<u64, Fault> {
        let mut count = 0;
        while let Some(chunk) = octets.next().await {
            let chunk = chunk.expect("it comes to its end");
            assert!(chunk.first() == Some(&7));
            count += chunk.len() as u64;
        }
        Ok(count)
    }

    fn give(&self, octets: u64) -> ByteStream {
        source(octets)
    }

    fn echo(&self, octets: Vec<u8>) -> Vec<u8> {
        octets
    }
}

/// So many octets, in pieces of 64 KiB that are there already: what is measured is the way, not where they come from.
fn source(octets: u64) -> ByteStream {
    const PIECE: u64 = 64 * 1024;
    let piece = bytes::Bytes::from(vec![7; PIECE as usize]);
    ByteStream::from_pieces((0..octets / PIECE).map(move |_| piece.clone()))
}

/// A server of the broker, and one of tokio alone, on a thread of their own; the references to both.
fn serve() -> (String, std::net::SocketAddr) {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let orb = Orb::builder().listen("127.0.0.1:0").start().await.expect("it listens");
            let pipe = orb.serve("pipe", PipeServant::new(Ends)).expect("the id is free");
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            sender.send((pipe.to_string(), listener.local_addr().expect("bound"))).expect("somebody waits");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(drain(stream));
            }
        });
    });
    receiver.recv().expect("the server starts")
}

/// Takes [`OCTETS`] at a time, and says so with one.
async fn drain(mut stream: TcpStream) {
    let mut buffer = vec![0; 128 * 1024];
    let mut left = OCTETS;
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        left -= count as u64;
        if left == 0 {
            left = OCTETS;
            stream.write_all(&[1]).await.expect("somebody waits");
        }
    }
}

struct Ways {
    raw: TcpStream,
    pipe: PipeProxy,
    piece: Vec<u8>,
}

const WAYS: [&str; 4] = ["tokio alone", "stream as argument", "stream as result", "echo of 1 MiB, each way"];

impl Ways {
    /// Moves [`OCTETS`] one way.
    async fn go(&mut self, way: usize) {
        match way {
            0 => {
                for _ in 0..OCTETS / self.piece.len() as u64 {
                    self.raw.write_all(&self.piece).await.expect("it is taken");
                }
                assert_eq!(self.raw.read_u8().await.expect("the answer"), 1);
            }
            1 => {
                let taken = self.pipe.take(source(OCTETS)).await.expect("all of it arrives");
                assert_eq!(taken, OCTETS);
            }
            2 => {
                let mut octets = self.pipe.give(OCTETS).await.expect("a stream");
                while let Some(chunk) = octets.next().await {
                    assert_eq!(chunk.expect("it comes to its end").first(), Some(&7));
                }
                assert_eq!(octets.octets(), OCTETS);
            }
            _ => {
                // There and back: half as many of them move as much.
                for _ in 0..OCTETS / MEBIBYTE / 2 {
                    let back = self.pipe.echo(vec![7; MEBIBYTE as usize]).await.expect("an echo");
                    assert_eq!(back.len() as u64, MEBIBYTE);
                }
            }
        }
    }
}

async fn compare() {
    let (reference, address) = serve();
    let client = Orb::builder().prefer(Preference::NativeOnly).start().await.expect("a runtime");
    let raw = TcpStream::connect(address).await.expect("it listens");
    let pipe = client.bind(&reference).expect("a good reference");
    let mut ways = Ways { raw, pipe, piece: vec![7; 128 * 1024] };
    let mut taken: [Vec<Duration>; WAYS.len()] = Default::default();
    for round in 0..=ROUNDS {
        for (way, taken) in taken.iter_mut().enumerate() {
            let begun = Instant::now();
            ways.go(way).await;
            // The first round warms up.
            if round > 0 {
                taken.push(begun.elapsed());
            }
        }
    }
    println!("{:<26} {:>10} {:>8}", "64 MiB", "MiB/s", "ratio");
    let speed = |taken: &mut Vec<Duration>| {
        taken.sort();
        (OCTETS / MEBIBYTE) as f64 / taken[ROUNDS / 2].as_secs_f64()
    };
    let alone = speed(&mut taken[0]);
    for (way, taken) in WAYS.into_iter().zip(&mut taken) {
        let speed = speed(taken);
        println!("{way:<26} {speed:>10.0} {:>8.2}", speed / alone);
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(compare());
}
