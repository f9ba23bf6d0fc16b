//! Streams and replicated objects: queries carry them, as those of any object do; updates are refused before anything runs, for
//! every replica would have to read what can be read once.

use crate::rig::{Link, Processes, soon};
use quorb::{ByteStream, Completion, ExceptionKind, Fault, Minor, Orb, Preference, StreamError, interface};
use quorb_groups::object::Style;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[interface]
pub(crate) trait Store {
    async fn upload(&mut self, data: ByteStream) -> Result<u64, Fault>;
    #[update]
    async fn through(&self, data: ByteStream) -> Result<u64, Fault>;
    fn take(&mut self) -> ByteStream;
    async fn measure(&self, data: ByteStream) -> Result<u64, Fault>;
    fn download(&self, octets: u32) -> ByteStream;
    fn add(&mut self) -> u32;
    fn updates(&self) -> u32;
}

#[derive(Default, Serialize, Deserialize)]
struct Shelf {
    updates: u32,
}

impl Store for Shelf {
    async fn upload(&mut self, _data: ByteStream) -> Result<u64, Fault> {
        self.updates += 1;
        Ok(0)
    }

    async fn through(&self, _data: ByteStream) -> Result<u64, Fault> {
        Ok(0)
    }

    fn take(&mut self) -> ByteStream {
        self.updates += 1;
        ByteStream::of("taken")
    }

    async fn measure(&self, mut data: ByteStream) -> Result<u64, Fault> {
        let mut octets = 0;
        while let Some(chunk) = data.next().await {
            octets += chunk.expect("it is whole").len() as u64;
        }
        Ok(octets)
    }

    fn download(&self, octets: u32) -> ByteStream {
        ByteStream::from_pieces((0..octets.div_ceil(PIECE)).map(move |at| {
            let length = PIECE.min(octets - at * PIECE);
            vec![at as u8; length as usize].into()
        }))
    }

    fn add(&mut self) -> u32 {
        self.updates += 1;
        self.updates
    }

    fn updates(&self) -> u32 {
        self.updates
    }
}

/// Octets of a piece of what is downloaded.
const PIECE: u32 = 100_000;
/// More than is under way at any time.
const MANY: u32 = 30 * PIECE;

/// The processes, and a client of the first.
async fn store(style: Style, link: Link) -> (Processes, Orb, StoreProxy) {
    let processes = Processes::found(Orb::builder).await;
    let replicas = processes.serve("store", style, |_| StoreServant::new(Shelf::default())).await;
    let client = match link {
        Link::Here => processes.0[0].1.clone(),
        Link::Native => Orb::client().await.expect("it starts"),
        Link::Iiop => Orb::builder().prefer(Preference::IiopOnly).start().await.expect("it starts"),
    };
    let store = client.bind(&replicas[0].reference().to_string()).expect("the reference is good");
    (processes, client, store)
}

async fn updates_carry_none(style: Style, link: Link) {
    let (_processes, _client, store) = store(style, link).await;
    let (sink, stream) = ByteStream::channel(1);
    let faults = [
        soon("it is refused", store.upload(stream)).await.unwrap_err(),
        soon("it is refused", store.through(ByteStream::of("abc"))).await.unwrap_err(),
        soon("it is refused", store.take()).await.unwrap_err(),
    ];
    for fault in &faults {
        let told = fault.system().expect("the system's").minor();
        assert_eq!((fault.kind(), told), (Some(ExceptionKind::NoImplement), Minor::STREAMS_NOT_ORDERED));
        assert_eq!(fault.completed(), Completion::No, "{fault}");
        assert!(fault.to_string().contains("updates of a replicated object carry no streams"), "{fault}");
    }
    soon("the writer is told", sink.closed()).await;
    assert_eq!(store.add().await, Ok(1), "nothing has run, and the object goes on");
}

async fn queries_carry_them_both_ways(style: Style, link: Link) {
    let (_processes, _client, store) = store(style, link).await;
    for octets in [0, 1, PIECE, MANY] {
        let sent = ByteStream::of(vec![7; octets as usize]);
        assert_eq!(soon("it is read", store.measure(sent)).await, Ok(u64::from(octets)));
        let stream = soon("it is opened", store.download(octets)).await.unwrap();
        let all = soon("it is read", stream.collect(octets as usize)).await.unwrap();
        assert!(all.iter().zip(0u32..).all(|(&octet, at)| octet == (at / PIECE) as u8));
        assert_eq!(all.len(), octets as usize);
    }
    assert_eq!(store.add().await, Ok(1), "nobody is inside any more");
}

/// GIOP carries none at all; what has none goes on.
async fn over_giop(style: Style) {
    let (_processes, _client, store) = store(style, Link::Iiop).await;
    let fault = store.measure(ByteStream::of("abc")).await.unwrap_err();
    assert_eq!(fault.system().expect("the system's").minor(), Minor::STREAMS_NEED_NATIVE, "{fault}");
    assert_eq!(fault.completed(), Completion::No, "{fault}");
    assert_eq!(store.updates().await, Ok(0));
}

/// A stream belongs to the member that it comes from; the next call goes to another one.
async fn a_member_that_is_lost_cuts_it(style: Style) {
    let (mut processes, _client, store) = store(style, Link::Native).await;
    assert_eq!(store.add().await, Ok(1));
    let mut stream = soon("it is opened", store.download(MANY)).await.unwrap();
    soon("it comes", stream.next()).await.unwrap().unwrap();
    let (domain, orb) = processes.0.remove(0);
    drop(domain);
    orb.shutdown(Duration::ZERO).await;
    let cause = loop {
        match soon("it ends", stream.next()).await.expect("no end without an error") {
            // What was under way.
            Ok(chunk) => assert!(!chunk.is_empty()),
            Err(cause) => break cause,
        }
    };
    assert!(matches!(cause, StreamError::Cut(_) | StreamError::GivenUp), "{cause:?}");
    assert_eq!(soon("others serve", store.add()).await, Ok(2));
    let stream = soon("it is opened", store.download(MANY)).await.unwrap();
    assert_eq!(soon("it is whole", stream.collect(MANY as usize)).await.unwrap().len(), MANY as usize);
}

macro_rules! styles {
    ($($test:ident: $($name:ident $link:ident),*;)*) => { $(
        mod $test {
            use super::*;
            $(
                mod $name {
                    use super::*;
                    #[tokio::test] async fn active() { super::super::$test(Style::Active, Link::$link).await; }
                    #[tokio::test] async fn executor() { super::super::$test(Style::Executor, Link::$link).await; }
                }
            )*
        }
    )* };
}

styles! {
    updates_carry_none: native Native, in_a_members_process Here;
    queries_carry_them_both_ways: native Native, in_a_members_process Here;
}

#[tokio::test]
async fn giop_carries_none() {
    over_giop(Style::Active).await;
    over_giop(Style::Executor).await;
}

#[tokio::test]
async fn a_lost_member_of_an_active_object() {
    a_member_that_is_lost_cuts_it(Style::Active).await;
}

#[tokio::test]
async fn a_lost_member_of_an_executing_object() {
    a_member_that_is_lost_cuts_it(Style::Executor).await;
}
