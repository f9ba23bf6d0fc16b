//! `#[derive(Exception)]` on structs and on enums of them.

use std::error::Error;

use quorb::Exception;
use quorb::exception::{Raises, UserException};
use quorb::model::{TypeCatalogue, TypeDef, TypeDesc};
use quorb::value::{BodyReader, BodyWriter};
use quorb_giop::cdr::{Decoder, Encoder, Endian};

use crate::support::{assert_round_trip, cdr, description};

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:Exceptions/OutOfRange:1.0")]
pub(crate) struct OutOfRange {
    pub(crate) n: i16,
    pub(crate) m: i16,
}

#[derive(Debug, Clone, PartialEq, Exception)]
pub(crate) struct Closed;

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(display = false)]
struct Unpaid(u32);

impl std::fmt::Display for Unpaid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cents are missing", self.0)
    }
}

#[derive(Debug, Clone, PartialEq, Exception)]
pub(crate) enum Refusal {
    OutOfRange(OutOfRange),
    Closed(Closed),
}

#[test]
fn exceptions_show_their_members() {
    assert_eq!(OutOfRange { n: 5, m: 7 }.to_string(), "OutOfRange { n: 5, m: 7 }");
    assert_eq!(Closed.to_string(), "Closed");
    assert_eq!(Unpaid(3).to_string(), "3 cents are missing");
    assert_eq!(Refusal::from(Closed).to_string(), "Closed");
    assert!(Refusal::from(Closed).source().is_some_and(|source| source.is::<Closed>()));
}

#[test]
fn exceptions_are_values() {
    assert_round_trip(&OutOfRange { n: 5, m: 7 });
    assert_round_trip(&Unpaid(1));
    assert_round_trip(&Closed);
    assert!(cdr(&Closed).is_empty());
    assert_eq!(OutOfRange::REPOSITORY_ID, "IDL:Exceptions/OutOfRange:1.0");
    assert_eq!(Closed::REPOSITORY_ID, concat!("IDL:", env!("CARGO_CRATE_NAME"), "/Closed:1.0"));
    assert!(
        matches!(description::<OutOfRange>().1, Some(TypeDef::Exception { members, .. }) if members.len() == 2)
    );
    // An exception of one unnamed member is no alias: it keeps its name.
    assert!(
        matches!(description::<Unpaid>().1, Some(TypeDef::Exception { members, .. }) if members[0].name == "field0")
    );
}

#[test]
fn an_enum_of_exceptions_raises_each_of_them() {
    for refusal in [Refusal::from(OutOfRange { n: 1, m: 2 }), Refusal::from(Closed)] {
        let mut body = BodyWriter::Cdr(Encoder::new(Endian::Big));
        refusal.write_members(&mut body).unwrap();
        let octets = body.into_bytes();
        let mut reader = BodyReader::Cdr(Decoder::new(&octets, Endian::Big));
        let read = Refusal::read_members(refusal.repository_id(), &mut reader);
        assert_eq!(read, Some(Ok(refusal)));
    }
    let mut nothing = BodyReader::Cdr(Decoder::new(&[], Endian::Big));
    assert_eq!(Refusal::read_members("IDL:Other:1.0", &mut nothing), None);
    let named = |id: &str| TypeDesc::Named(id.to_owned());
    let described = <Refusal as Raises>::describe(&mut TypeCatalogue::new());
    assert_eq!(described, [named("IDL:Exceptions/OutOfRange:1.0"), named(Closed::REPOSITORY_ID)]);
}
