//! The byte order that this machine does not have, stale octets in padding, and the smallest fragments, in both directions.

use quorb::exception::UserException;
use quorb::value::WString;
use quorb::{ExceptionKind, Orb, Preference, WChar};
use quorb_giop::cdr::{Cdr, Decoder, Encoder, Endian, GiopVersion};
use quorb_giop::message::{CompletionStatus, ReplyStatus, SystemExceptionBody};
use quorb_giop::names::RepositoryId;
use quorb_interop::echo::{Choice, Colour, EchoProxy, Entries, Point, Reason, Record, Shape};

use crate::raw::{Hand, RawClient, STALE, serve};
use crate::support::{ends_well, our_server};

const FOREIGN: Endian = match Endian::NATIVE {
    Endian::Big => Endian::Little,
    Endian::Little => Endian::Big,
};

const VERSIONS: [GiopVersion; 3] = [GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2];

/// Every version in the foreign order, and the smallest fragments in both.
fn hands() -> Vec<Hand> {
    let mut hands: Vec<Hand> = VERSIONS.map(|version| Hand { endian: FOREIGN, version, cut: None }).to_vec();
    for endian in [FOREIGN, Endian::NATIVE] {
        for cut in [8, 16, 64] {
            hands.push(Hand { endian, version: GiopVersion::V1_2, cut: Some(cut) });
        }
    }
    hands
}

fn record() -> Record {
    Record {
        tag: 0xfe,
        name: "café".to_owned(),
        at: Point { x: -2, y: 0.1 },
        visible: true,
        values: vec![i32::MIN, -1, 0x0102_0304],
        paint: Colour::Blue,
        notes: vec![String::new(), "a".to_owned(), "ÿ".to_owned()],
        rank: -300,
        serial: 0x0102_0304_0506_0708,
    }
}

/// Calls with a value and expects it back.
#[track_caller]
fn echoes<T: Cdr + PartialEq + std::fmt::Debug>(client: &mut RawClient, operation: &'static str, value: T) {
    let (status, body) = client.call(operation, |out| value.encode(out).expect("expressible"));
    assert_eq!(status, ReplyStatus::NO_EXCEPTION, "{operation}");
    let mut input = body.decoder(client.code_sets());
    assert_eq!(T::decode(&mut input), Ok(value), "{operation}");
    input.finish().expect("nothing else is there");
}

#[test]
fn our_server_understands_the_other_byte_order_and_tiny_fragments() {
    let server = our_server(&[]);
    for hand in hands() {
        let mut client = RawClient::connect(server.reference().as_str(), hand);
        echoes(&mut client, "echo_short", -2i16);
        echoes(&mut client, "echo_unsigned_long_long", 0x0102_0304_0506_0708u64);
        echoes(&mut client, "echo_double", 0.1);
        echoes(&mut client, "echo_string", "text".to_owned());
        echoes(&mut client, "echo_octets", (0..=255).collect::<Vec<u8>>());
        echoes(&mut client, "echo_longs", vec![1, -1, i32::MIN]);
        echoes(&mut client, "echo_doubles", vec![0.5, -0.25]);
        echoes(&mut client, "echo_long_table", vec![vec![1], vec![], vec![2, 3]]);
        echoes(&mut client, "echo_matrix", [[1, 2], [3, 4], [5, 6]]);
        echoes(&mut client, "echo_record", record());
        echoes(&mut client, "echo_shapes", vec![Shape::Circle(0.5), Shape::Empty, Shape::Full(record())]);
        echoes(&mut client, "echo_choice", Choice::Few(2, "two".to_owned()));
        echoes(&mut client, "echo_maybe_record", Some(record()));
        echoes(&mut client, "echo_entries", Entries::from([("key".to_owned(), 7)]));
        if hand.version > GiopVersion::V1_0 {
            echoes(&mut client, "echo_wchar", WChar('€'));
            echoes(&mut client, "echo_wstring", WString::from("日本"));
        }

        let (status, body) = client.call("raise_reason", |out| out.write_string("why").expect("short"));
        assert_eq!(status, ReplyStatus::USER_EXCEPTION);
        let mut input = body.decoder(client.code_sets());
        assert_eq!(input.read_string().as_deref(), Ok(Reason::REPOSITORY_ID));
        assert_eq!(input.read_string().as_deref(), Ok("why"));

        let (status, body) = client.call("no_such_operation", |_| {});
        assert_eq!(status, ReplyStatus::SYSTEM_EXCEPTION);
        let mut input = body.decoder(client.code_sets());
        let raised = SystemExceptionBody::decode(&mut input).expect("an exception");
        assert_eq!(raised.exception_id.as_str(), ExceptionKind::BadOperation.repository_id());
        assert_eq!(raised.completion, CompletionStatus::NO);
        input.finish().expect("foreign brokers read nothing behind it");
    }
    ends_well(server);
}

/// A value as a careless broker writes it: what is skipped for alignment holds what was there before.
struct Careless<'a> {
    out: &'a mut Encoder,
}

impl Careless<'_> {
    fn align(&mut self, to: usize) -> &mut Encoder {
        while !self.out.position().is_multiple_of(to) {
            self.out.write_octets(&[STALE]);
        }
        self.out
    }

    fn text(&mut self, text: &str) {
        self.align(4).write_string(text).expect("it has a place in the code set");
    }

    fn record(&mut self, record: &Record) {
        self.out.write_u8(record.tag);
        self.text(&record.name);
        self.align(4).write_u32(record.at.x.cast_unsigned());
        self.align(8).write_u64(record.at.y.to_bits());
        self.out.write_bool(record.visible);
        self.align(4).write_u32(record.values.len() as u32);
        record.values.iter().for_each(|value| self.out.write_u32(value.cast_unsigned()));
        self.out.write_u32(record.paint as u32);
        self.out.write_u32(record.notes.len() as u32);
        record.notes.iter().for_each(|note| self.text(note));
        self.align(2).write_u16(record.rank.cast_unsigned());
        self.align(8).write_u64(record.serial);
    }
}

#[test]
fn stale_octets_in_padding_mean_nothing_to_our_server() {
    let server = our_server(&[]);
    for version in VERSIONS {
        for endian in [Endian::Big, Endian::Little] {
            let hand = Hand { endian, version, cut: None };
            let mut client = RawClient::connect(server.reference().as_str(), hand);
            let (status, body) = client.call("echo_record", |out| Careless { out }.record(&record()));
            assert_eq!(status, ReplyStatus::NO_EXCEPTION);
            assert_eq!(Record::decode(&mut body.decoder(client.code_sets())), Ok(record()));
        }
    }
    ends_well(server);
}

/// The other side of an echo: reads what an operation takes and writes it again, carelessly where it can be.
fn answer(operation: &str, input: &mut Decoder<'_>, out: &mut Encoder) -> ReplyStatus {
    fn again<T: Cdr>(input: &mut Decoder<'_>, out: &mut Encoder) -> ReplyStatus {
        T::decode(input).expect("it was written well").encode(out).expect("it is expressible");
        ReplyStatus::NO_EXCEPTION
    }
    match operation {
        "echo_long" => again::<i32>(input, out),
        "echo_string" => again::<String>(input, out),
        "echo_wstring" => again::<WString>(input, out),
        "echo_wchar" => again::<WChar>(input, out),
        "echo_octets" => again::<Vec<u8>>(input, out),
        "echo_doubles" => again::<Vec<f64>>(input, out),
        "echo_shape" => again::<Shape>(input, out),
        "echo_choice" => again::<Choice>(input, out),
        "echo_maybe_record" => again::<Option<Record>>(input, out),
        "echo_record" => {
            let record = Record::decode(input).expect("it was written well");
            Careless { out }.record(&record);
            ReplyStatus::NO_EXCEPTION
        }
        "raise_reason" => {
            let text = input.read_string().expect("it was written well");
            let mut careless = Careless { out };
            careless.text(Reason::REPOSITORY_ID);
            careless.text(&text);
            ReplyStatus::USER_EXCEPTION
        }
        _ => {
            let raised = SystemExceptionBody {
                exception_id: RepositoryId::from_static(ExceptionKind::NoPermission.repository_id()),
                minor_code: 0x0102_0304,
                completion: CompletionStatus::NO,
            };
            raised.encode(out).expect("it is expressible");
            ReplyStatus::SYSTEM_EXCEPTION
        }
    }
}

#[tokio::test]
async fn our_client_understands_the_other_byte_order_stale_padding_and_tiny_fragments() {
    for hand in hands() {
        let orb = Orb::builder().prefer(Preference::IiopOnly).start().await.expect("a client");
        let echo: EchoProxy = orb.bind(&serve(hand, answer)).expect("a reference");
        assert_eq!(echo.echo_long(-77).await, Ok(-77), "{hand:?}");
        assert_eq!(echo.echo_string("text").await.as_deref(), Ok("text"));
        let octets: Vec<u8> = (0..=255).cycle().take(2000).collect();
        assert_eq!(echo.echo_octets(octets.clone()).await, Ok(octets));
        assert_eq!(echo.echo_doubles(&[0.5, -0.25]).await, Ok(vec![0.5, -0.25]));
        assert_eq!(echo.echo_record(&record()).await, Ok(record()), "{hand:?}");
        assert_eq!(echo.echo_shape(Shape::Full(record())).await, Ok(Shape::Full(record())));
        assert_eq!(echo.echo_choice(Choice::Other(9, -1)).await, Ok(Choice::Other(9, -1)));
        assert_eq!(echo.echo_maybe_record(None).await, Ok(None));
        assert_eq!(echo.echo_maybe_record(Some(record())).await, Ok(Some(record())));
        if hand.version > GiopVersion::V1_0 {
            assert_eq!(echo.echo_wchar(WChar('日')).await, Ok(WChar('日')), "{hand:?}");
            assert_eq!(echo.echo_wstring(WString::from("日本")).await, Ok(WString::from("日本")));
        }
        let raised = echo.raise_reason("why").await.expect_err("it raises");
        assert_eq!(raised.user(), Some(&Reason { text: "why".to_owned() }));
        let raised = echo.ratio().await.expect_err("it is not permitted");
        let raised = raised.system().expect("a system exception");
        assert_eq!((raised.kind(), raised.minor().0), (ExceptionKind::NoPermission, 0x0102_0304));
        orb.shutdown(std::time::Duration::from_secs(1)).await;
    }
}
