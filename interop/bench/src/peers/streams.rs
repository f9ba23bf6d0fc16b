//! Streams of our own broker, which the native protocol has alone.

use std::time::Duration;

use bytes::Bytes;
use quorb::{ByteStream, Fault, Orb, Preference, Proxy, interface};

use crate::drive::{Caller, PIECE, UNKNOWN};
use crate::plan::Outcome;

/// What takes streams.
#[interface(id = "IDL:Bench/Pipe:1.0")]
pub(crate) trait Pipe {
    /// Reads a stream to its end; the number of its octets.
    async fn take(&self, octets: ByteStream) -> Result<u64, Fault>;
}

struct Mouth;

impl Pipe for Mouth {
    async fn take(&self, mut octets: ByteStream) -> Result<u64, Fault> {
        let mut taken = 0;
        while let Some(chunk) = octets.next().await {
            // One that does not come to its end has a wrong number of octets, and so has one that was changed.
            let Ok(chunk) = chunk else { break };
            taken += if chunk.first() == PIECE.first() { chunk.len() as u64 } else { 0 };
        }
        Ok(taken)
    }
}

pub(super) async fn serve() -> Outcome<()> {
    let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
    let pipe = orb.serve("pipe", PipeServant::new(Mouth))?;
    println!("ready {}", pipe.object());
    orb.run_until_signal(Duration::from_secs(1)).await;
    Ok(())
}

pub(super) async fn connect(reference: &str) -> Outcome<PipeProxy> {
    Ok(Orb::builder().prefer(Preference::NativeOnly).start().await?.bind(reference)?)
}

impl Caller for PipeProxy {
    async fn get(&self, _n: i16, _m: i16) -> Outcome<i32> {
        Err(UNKNOWN.into())
    }

    async fn octets(&self, _value: Vec<u8>) -> Outcome<Vec<u8>> {
        Err(UNKNOWN.into())
    }

    async fn longs(&self, _value: Vec<i32>) -> Outcome<Vec<i32>> {
        Err(UNKNOWN.into())
    }

    async fn stream(&self, octets: usize) -> Outcome<u64> {
        let pieces = octets / PIECE.len();
        Ok(self.take(ByteStream::from_pieces((0..pieces).map(|_| Bytes::from_static(&PIECE)))).await?)
    }
}
