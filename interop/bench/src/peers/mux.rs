//! A multiplexer on tokio, as small as one can be: what asynchronous calls on one connection cost at least.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::drive::{self, Caller, EXPECTED};
use crate::plan::Outcome;

/// A message: its length, the number of the call, its operation, its body.
const HEAD_BYTES: usize = 9;

const GET: u8 = 0;
const ECHO: u8 = 1;
/// Some octets of a stream. Nothing answers it.
const PIECE: u8 = 2;
/// The end of a stream, which is answered with the number of its octets.
const END: u8 = 3;

/// Messages that are written together.
const BATCH: usize = 256;

pub(super) async fn serve() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(answer(stream));
    }
}

async fn answer(stream: TcpStream) -> Outcome<()> {
    let (mut read, mut write) = stream.into_split();
    let (mut input, mut output, mut streamed) = (BytesMut::new(), BytesMut::new(), 0u64);
    while read.read_buf(&mut input).await? > 0 {
        while let Some((call, operation, mut body)) = take(&mut input) {
            match operation {
                GET if body.len() == 4 => {
                    let (n, m) = (body.get_i16_le(), body.get_i16_le());
                    let number = EXPECTED * i32::from(n) * i32::from(m);
                    put(&mut output, call, operation, &number.to_le_bytes());
                }
                PIECE if body.first() == drive::PIECE.first() => streamed += body.len() as u64,
                END => put(&mut output, call, operation, &std::mem::take(&mut streamed).to_le_bytes()),
                _ => put(&mut output, call, operation, &body),
            }
        }
        write.write_all(&output).await?;
        output.clear();
    }
    Ok(())
}

fn put(output: &mut BytesMut, call: u32, operation: u8, body: &[u8]) {
    output.reserve(HEAD_BYTES + body.len());
    output.put_u32_le(body.len() as u32);
    output.put_u32_le(call);
    output.put_u8(operation);
    output.put_slice(body);
}

/// The next whole message.
fn take(input: &mut BytesMut) -> Option<(u32, u8, Bytes)> {
    let length = u32::from_le_bytes(input.get(..4)?.try_into().ok()?) as usize;
    if input.len() < HEAD_BYTES + length {
        input.reserve(HEAD_BYTES + length - input.len());
        return None;
    }
    let mut message = input.split_to(HEAD_BYTES + length).freeze();
    message.advance(4);
    Some((message.get_u32_le(), message.get_u8(), message))
}

/// The calling end.
#[derive(Clone)]
pub(super) struct Mux(Arc<Shared>);

struct Shared {
    next: AtomicU32,
    waiting: Arc<Mutex<HashMap<u32, oneshot::Sender<Bytes>>>>,
    requests: mpsc::UnboundedSender<(u32, u8, Vec<u8>)>,
}

pub(super) async fn connect(address: &str) -> Outcome<Mux> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    let (requests, queue) = mpsc::unbounded_channel();
    let waiting = Arc::default();
    tokio::spawn(write_all(write, queue));
    tokio::spawn(read_all(read, Arc::clone(&waiting)));
    Ok(Mux(Arc::new(Shared { next: AtomicU32::new(0), waiting, requests })))
}

async fn write_all(
    mut write: OwnedWriteHalf,
    mut queue: mpsc::UnboundedReceiver<(u32, u8, Vec<u8>)>,
) -> Outcome<()> {
    let (mut batch, mut output) = (Vec::with_capacity(BATCH), BytesMut::new());
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        for (call, operation, body) in batch.drain(..) {
            put(&mut output, call, operation, &body);
        }
        write.write_all(&output).await?;
        output.clear();
    }
    Ok(())
}

async fn read_all(
    mut read: OwnedReadHalf,
    waiting: Arc<Mutex<HashMap<u32, oneshot::Sender<Bytes>>>>,
) -> Outcome<()> {
    let mut input = BytesMut::new();
    while read.read_buf(&mut input).await? > 0 {
        while let Some((call, _, body)) = take(&mut input) {
            let waiter = waiting.lock().map_err(|_| "poisoned")?.remove(&call);
            if let Some(waiter) = waiter {
                // Nobody here stops waiting.
                let _ = waiter.send(body);
            }
        }
    }
    Ok(())
}

impl Mux {
    async fn call(&self, operation: u8, body: Vec<u8>) -> Outcome<Bytes> {
        let call = self.0.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.0.waiting.lock().map_err(|_| "poisoned")?.insert(call, sender);
        self.0.requests.send((call, operation, body))?;
        Ok(receiver.await?)
    }
}

impl Caller for Mux {
    async fn get(&self, n: i16, m: i16) -> Outcome<i32> {
        let mut arguments = Vec::with_capacity(4);
        arguments.put_i16_le(n);
        arguments.put_i16_le(m);
        Ok(self.call(GET, arguments).await?.get_i32_le())
    }

    async fn octets(&self, value: Vec<u8>) -> Outcome<Vec<u8>> {
        Ok(self.call(ECHO, value).await?.into())
    }

    async fn longs(&self, value: Vec<i32>) -> Outcome<Vec<i32>> {
        let octets = value.iter().flat_map(|number| number.to_le_bytes()).collect();
        let mut answer = self.call(ECHO, octets).await?;
        let length = answer.len() / 4;
        Ok((0..length).map(|_| answer.get_i32_le()).collect())
    }

    async fn stream(&self, octets: usize) -> Outcome<u64> {
        for _ in 0..octets / drive::PIECE.len() {
            let call = self.0.next.fetch_add(1, Ordering::Relaxed);
            self.0.requests.send((call, PIECE, drive::PIECE.to_vec()))?;
        }
        Ok(self.call(END, Vec::new()).await?.get_u64_le())
    }
}
