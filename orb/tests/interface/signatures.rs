//! Parameters that come back, outs, defaults, and every passing mode.

use quorb::model::Direction;
use quorb::{Preference, Proxy, Tie, interface};

use crate::exceptions::OutOfRange;
use crate::structs::Point;
use crate::transport::{brokers, everywhere};

type Samples = Vec<i32>;

#[interface]
trait Shuffle {
    /// Result, inout and outs at once.
    fn mix(
        &self,
        a: i16,
        b: &mut String,
        c: &[f64],
        d: &mut Samples,
    ) -> Result<(bool, u64, String), OutOfRange>;
    async fn swap(&mut self, left: &mut Point, right: &mut Point);
    #[blocking]
    fn outs(&self) -> ((), i32, Vec<Samples>);
    fn grow(&self, by: u8, value: &mut u32) -> u32;
    #[allow(clippy::too_many_arguments)]
    fn many(
        &self,
        a: u8,
        b: u8,
        c: u8,
        d: u8,
        e: u8,
        f: u8,
        g: u8,
        h: u8,
        i: u8,
        j: u8,
        k: u8,
        l: u8,
        m: u8,
    ) -> u8;
    fn nested(&self, rows: &[Samples], one: Option<Box<Point>>, fixed: [u16; 3]) -> Vec<Vec<u8>>;
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Hands;

impl Shuffle for Hands {
    fn mix(
        &self,
        a: i16,
        b: &mut String,
        c: &[f64],
        d: &mut Samples,
    ) -> Result<(bool, u64, String), OutOfRange> {
        if a < 0 {
            b.push_str("lost");
            return Err(OutOfRange { n: a, m: 0 });
        }
        let text = std::mem::replace(b, format!("{b}!"));
        d.push(i32::from(a));
        Ok((c.is_empty(), c.len() as u64, text))
    }

    async fn swap(&mut self, left: &mut Point, right: &mut Point) {
        std::mem::swap(left, right);
    }

    fn outs(&self) -> ((), i32, Vec<Samples>) {
        ((), -1, vec![vec![1], vec![]])
    }

    fn grow(&self, by: u8, value: &mut u32) -> u32 {
        *value += u32::from(by);
        *value * 2
    }

    fn many(
        &self,
        a: u8,
        b: u8,
        c: u8,
        d: u8,
        e: u8,
        f: u8,
        g: u8,
        h: u8,
        i: u8,
        j: u8,
        k: u8,
        l: u8,
        m: u8,
    ) -> u8 {
        a + b + c + d + e + f + g + h + i + j + k + l + m
    }

    fn nested(&self, rows: &[Samples], one: Option<Box<Point>>, fixed: [u16; 3]) -> Vec<Vec<u8>> {
        vec![vec![rows.len() as u8], vec![one.is_some().into()], fixed.iter().map(|n| *n as u8).collect()]
    }
}

#[tokio::test]
async fn values_come_back_in_order() {
    everywhere(
        || ShuffleServant::new(Hands),
        async |shuffle: ShuffleProxy| {
            let (mut text, mut samples) = ("a".to_owned(), vec![1]);
            let outcome = shuffle.mix(7, &mut text, &[0.5], &mut samples).await;
            assert_eq!(outcome, Ok((false, 1, "a".to_owned())));
            assert_eq!((text.as_str(), &samples[..]), ("a!", &[1, 7][..]));
            shuffle.mix(-1, &mut text, &[], &mut samples).await.unwrap_err();
            assert_eq!(text, "a!", "a call that fails changes nothing here");
            let (mut left, mut right) = (Point { x: 1, ..Point::default() }, Point::default());
            shuffle.swap(&mut left, &mut right).await.unwrap();
            assert_eq!((left.x, right.x), (0, 1));
            assert_eq!(shuffle.outs().await, Ok(((), -1, vec![vec![1], vec![]])));
            let mut value = 10;
            assert_eq!((shuffle.grow(5, &mut value).await, value), (Ok(30), 15));
            assert_eq!(shuffle.many(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1).await, Ok(13));
            let nested = shuffle.nested(&[vec![1], vec![2]], None, [1, 2, 3]).await;
            assert_eq!(nested, Ok(vec![vec![2], vec![0], vec![1, 2, 3]]));
        },
    )
    .await;
}

/// Outs between other parameters, in front of them, and with names.
#[interface]
trait Interleaved {
    #[parameters(first, a, b, second, c, third)]
    fn mix(&self, a: &mut i16, b: u8, c: &mut String) -> (i64, u8, Vec<i16>, String);
    #[parameters(x, a)]
    async fn lead(&self, a: &mut u8) -> Result<((), u8), OutOfRange>;
    #[parameters(text)]
    fn alone(&self) -> ((), String);
}

/// What peers of [`Interleaved`] see on the wire: the same values, all of them in one result.
#[derive(Debug, Clone, PartialEq, quorb::IdlType)]
struct Flat {
    result: i64,
    first: u8,
    a: i16,
    second: Vec<i16>,
    c: String,
    third: String,
}

impl Interleaved for Hands {
    fn mix(&self, a: &mut i16, b: u8, c: &mut String) -> (i64, u8, Vec<i16>, String) {
        *a += i16::from(b);
        (-1, b, vec![*a], std::mem::replace(c, "new".to_owned()))
    }

    async fn lead(&self, a: &mut u8) -> Result<((), u8), OutOfRange> {
        let before = std::mem::take(a);
        if before == 0 { Err(OutOfRange { n: 0, m: 0 }) } else { Ok(((), before)) }
    }

    fn alone(&self) -> ((), String) {
        ((), "alone".to_owned())
    }
}

#[tokio::test]
async fn outs_stand_where_they_are_listed() {
    everywhere(
        || InterleavedServant::new(Hands),
        async |object: InterleavedProxy| {
            let (mut a, mut c) = (1, "old".to_owned());
            assert_eq!(object.mix(&mut a, 2, &mut c).await, Ok((-1, 2, vec![3], "old".to_owned())));
            assert_eq!((a, c.as_str()), (3, "new"));
            let mut byte = 7;
            assert_eq!((object.lead(&mut byte).await, byte), (Ok(((), 7)), 0));
            object.lead(&mut byte).await.unwrap_err();
            assert_eq!(object.alone().await, Ok(((), "alone".to_owned())));
        },
    )
    .await;
}

#[test]
fn a_reply_carries_its_values_in_the_order_of_the_list() {
    let flat =
        Flat { result: -1, first: 2, a: 3, second: vec![3], c: "new".to_owned(), third: "old".to_owned() };
    let mock = InterleavedProxy::mock(move |call| call.reply(&flat));
    let (mut a, mut c) = (1, "old".to_owned());
    let got = mock.blocking().mix(&mut a, 2, &mut c).unwrap();
    assert_eq!((got, a, c.as_str()), ((-1, 2, vec![3], "old".to_owned()), 3, "new"));
    let operation = &InterleavedProxy::interface().describe().operations[0];
    let names: Vec<_> =
        operation.signature.parameters.iter().map(|one| (one.name.as_str(), one.direction)).collect();
    let (i, io, o) = (Direction::In, Direction::InOut, Direction::Out);
    assert_eq!(names, [("first", o), ("a", io), ("b", i), ("second", o), ("c", io), ("third", o)]);
}

#[test]
fn blocking_proxies_pass_parameters_that_come_back() {
    let shuffle = ShuffleServant::new(Hands).into_local_proxy().blocking();
    let mut value = 1;
    assert_eq!((shuffle.grow(1, &mut value), value), (Ok(4), 2));
}

#[test]
fn outs_are_described_behind_the_other_parameters() {
    let operation = &ShuffleProxy::interface().describe().operations[0];
    let parameters: Vec<_> =
        operation.signature.parameters.iter().map(|one| (one.name.as_str(), one.direction)).collect();
    let (i, io, o) = (Direction::In, Direction::InOut, Direction::Out);
    assert_eq!(parameters, [("a", i), ("b", io), ("c", i), ("d", io), ("out1", o), ("out2", o)]);
    assert!(operation.signature.result.is_some());
    assert_eq!(ShuffleProxy::interface().describe().operations[2].signature.result, None);
}

const PAGE: u16 = 20;

#[interface(id = "IDL:Lister:1.0")]
trait Lister {
    fn list(
        &self,
        from: u16,
        #[default(PAGE)] limit: u16,
        #[default("all")] filter: &str,
        #[default(vec![1, 2])] columns: &[u8],
        #[default("up")] order: String,
        #[default] reverse: bool,
    ) -> String;
}

mod first {
    #[quorb::interface(id = "IDL:Lister:1.0")]
    pub(super) trait Lister {
        fn list(&self, from: u16) -> String;
    }
}

mod second {
    #[quorb::interface(id = "IDL:Lister:1.0")]
    pub(super) trait Lister {
        fn list(&self, from: u16, limit: u16) -> String;
    }
}

mod broken {
    #[quorb::interface(id = "IDL:Lister:1.0")]
    pub(super) trait Lister {
        fn list(&self) -> String;
    }
}

struct Names;

impl Lister for Names {
    fn list(
        &self,
        from: u16,
        limit: u16,
        filter: &str,
        columns: &[u8],
        order: String,
        reverse: bool,
    ) -> String {
        format!("{from} {limit} {filter} {columns:?} {order} {reverse}")
    }
}

#[tokio::test]
async fn missing_trailing_arguments_take_their_defaults() {
    let lister = ListerServant::new(Names).into_local_proxy();
    let given = lister.list(1, 2, "f", &[3], "down".into(), true).await.unwrap();
    assert_eq!(given, "1 2 f [3] down true");
    // Clients that were built against older versions send what they know, as CBOR since the fingerprints differ.
    let (server, client) = brokers(Preference::NativeOnly).await;
    let reference = server.serve("lister", ListerServant::new(Names)).unwrap().object().to_string();
    let first: first::ListerProxy = client.bind(&reference).unwrap();
    assert_eq!(first.list(1).await.unwrap(), "1 20 all [1, 2] up false");
    let second: second::ListerProxy = client.bind(&reference).unwrap();
    assert_eq!(second.list(1, 5).await.unwrap(), "1 5 all [1, 2] up false");
    let broken: broken::ListerProxy = client.bind(&reference).unwrap();
    let refused = broken.list().await.unwrap_err().to_string();
    assert!(refused.contains("`from` is missing"), "{refused}");
    let optional: Vec<bool> = ListerProxy::interface().describe().operations[0]
        .signature
        .parameters
        .iter()
        .map(|parameter| parameter.optional)
        .collect();
    assert_eq!(optional, [false, true, true, true, true, true]);
}

mod older {
    #[quorb::interface(id = "IDL:Tally:1.0")]
    pub(super) trait Tally {
        #[oneway]
        fn count(&mut self, by: u32);
        fn counted(&self) -> u32;
    }
}

#[interface(id = "IDL:Tally:1.0")]
trait Tally {
    #[oneway]
    fn count(&mut self, by: u32);
    fn counted(&self) -> u32;
    fn forget(&mut self);
}

struct Counter(u32);

impl Tally for Counter {
    fn count(&mut self, by: u32) {
        self.0 += by;
    }

    fn counted(&self) -> u32 {
        self.0
    }

    fn forget(&mut self) {
        self.0 = 0;
    }
}

#[tokio::test]
async fn a_client_of_an_older_version_is_told_the_format_once() {
    let (server, client) = brokers(Preference::NativeOnly).await;
    let reference = server.serve("tally", TallyServant::new(Counter(0))).unwrap().object().to_string();
    let tally: older::TallyProxy = client.bind(&reference).unwrap();
    assert_eq!(tally.counted().await.unwrap(), 0);
    // Nobody could tell a oneway call that it came in the wrong format: it would be lost.
    tally.count(3).await.unwrap();
    assert_eq!(tally.counted().await.unwrap(), 3);
}
