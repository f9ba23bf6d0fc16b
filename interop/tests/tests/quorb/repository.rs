//! The interface repository of our servers, read by foreign programs: by attributes from definition to definition, and by
//! descriptions and type codes. Both read the same.

use std::process::Command;

use quorb::value::valuetype::Custom;
use quorb::{Orb, ValueRef};
use quorb_giop::cdr::{CdrError, Decoder, Encoder};
use quorb_interop::echo::Reflector;
use quorb_interop::peers;
use quorb_interop::zoo::{KeeperServant, Mirror};

/// What there is to read behind a `Zoo::Keeper`: values of any type, decimals, unions by every switch, value types.
const ZOO: &str = "\
interface ::Zoo::Keeper IDL:Zoo/Keeper:1.0 1.0
  any echo_any(in any value, in ::Zoo::Keeper via)
  fixed<9, 3> echo_price(in fixed<9, 3> value, in ::Zoo::Keeper via)
  fixed<4, 0> echo_even(in fixed<4, 0> value, in ::Zoo::Keeper via)
  ::Zoo::Unions echo_unions(in ::Zoo::Unions value, in ::Zoo::Keeper via)
  ::Zoo::Point echo_point(in ::Zoo::Point value, in ::Zoo::Keeper via)
  ::Zoo::Link echo_link(in ::Zoo::Link value, in ::Zoo::Keeper via)
  ::Zoo::Text echo_text(in ::Zoo::Text value, in ::Zoo::Keeper via)
  ::Zoo::Basket echo_basket(in ::Zoo::Basket value, in ::Zoo::Keeper via)
  ::Zoo::Described echo_described(in ::Zoo::Described value, in ::Zoo::Keeper via)
struct ::Zoo::Basket IDL:Zoo/Basket:1.0
  octet odd
  ::Zoo::Point first
  double number
  ::Zoo::Point second
  sequence<::Zoo::Text> labels
  sequence<::Zoo::Link> chain
union ::Zoo::ByBoolean IDL:Zoo/ByBoolean:1.0 switch boolean
  case: string text
  case: octet number
union ::Zoo::ByChar IDL:Zoo/ByChar:1.0 switch char
  case: long few
  case: long few
  default: string rest
union ::Zoo::ByColour IDL:Zoo/ByColour:1.0 switch ::Zoo::Colour
  case: double number
  case: string text
  case: string text
union ::Zoo::ByLong IDL:Zoo/ByLong:1.0 switch long
  case: double number
  default: octet small
union ::Zoo::ByLongLong IDL:Zoo/ByLongLong:1.0 switch long long
  case: double number
  default: octet small
union ::Zoo::ByShort IDL:Zoo/ByShort:1.0 switch short
  case: double number
  case: octet small
union ::Zoo::ByUnsignedLong IDL:Zoo/ByUnsignedLong:1.0 switch unsigned long
  case: double number
  default: octet small
union ::Zoo::ByUnsignedLongLong IDL:Zoo/ByUnsignedLongLong:1.0 switch unsigned long long
  case: double number
  default: octet small
union ::Zoo::ByUnsignedShort IDL:Zoo/ByUnsignedShort:1.0 switch unsigned short
  case: double number
  default: octet small
enum ::Zoo::Colour IDL:Zoo/Colour:1.0 RED GREEN BLUE
abstract interface ::Zoo::Described IDL:Zoo/Described:1.0 1.0
  string description()
valuetype ::Zoo::Link IDL:Zoo/Link:1.0
  public string label
  public ::Zoo::Link next
  public ::Zoo::Link twin
valuetype ::Zoo::Point IDL:Zoo/Point:1.0
  public long x
  public long y
valuebox ::Zoo::Text IDL:Zoo/Text:1.0 string
struct ::Zoo::Unions IDL:Zoo/Unions:1.0
  octet odd
  ::Zoo::ByBoolean boolean_switch
  ::Zoo::ByChar char_switch
  ::Zoo::ByShort short_switch
  ::Zoo::ByUnsignedShort unsigned_short_switch
  ::Zoo::ByLong long_switch
  ::Zoo::ByUnsignedLong unsigned_long_switch
  ::Zoo::ByLongLong long_long_switch
  ::Zoo::ByUnsignedLongLong unsigned_long_long_switch
  ::Zoo::ByColour colour_switch
";

/// What is declared beside the interfaces of a file: constants, and value types whole.
const ARCHIVE: &str = "\
interface ::Archive::Desk IDL:Archive/Desk:1.0 1.0
  void put(in ::Archive::Item what)
valuetype ::Archive::Aged IDL:Archive/Aged:1.0 abstract
  long age(in long year)
valuetype ::Archive::Closed IDL:Archive/Closed:1.0 custom
  public octet inside
enum ::Archive::Colour IDL:Archive/Colour:1.0 RED GREEN
abstract interface ::Archive::Described IDL:Archive/Described:1.0 1.0
  string text()
const ::Archive::Desk::COUNTERS IDL:Archive/Desk/COUNTERS:1.0 short 3
const ::Archive::FAR IDL:Archive/FAR:1.0 unsigned long long 18446744073709551615
const ::Archive::FAVOURITE IDL:Archive/FAVOURITE:1.0 ::Archive::Colour GREEN
valuetype ::Archive::Item IDL:Archive/Item:1.0 abstract ::Archive::Kept supports ::Archive::Described
  attribute string note
  sequence<long> chapters(in long from, inout long step, out long count) raises ::Archive::Lost
  factory make
    string title
    long year
  factory copy_of
    ::Archive::Item original
  public string title
  private long year
valuetype ::Archive::Kept IDL:Archive/Kept:1.0 abstract abstract ::Archive::Aged
  readonly attribute string place
exception ::Archive::Lost IDL:Archive/Lost:1.0
  string what
const ::Archive::MARK IDL:Archive/MARK:1.0 octet 7
const ::Archive::NAME IDL:Archive/NAME:1.0 string the archive
typedef ::Archive::Numbers IDL:Archive/Numbers:1.0 sequence<long>
const ::Archive::OPEN IDL:Archive/OPEN:1.0 boolean TRUE
const ::Archive::PRICE IDL:Archive/PRICE:1.0 fixed<3, 1> -12.5
const ::Archive::RATE IDL:Archive/RATE:1.0 double 0.25
valuetype ::Archive::Rare IDL:Archive/Rare:1.0 truncatable : ::Archive::Item
  public double price
const ::Archive::SEPARATOR IDL:Archive/SEPARATOR:1.0 char /
const ::Archive::SHELVES_MAX IDL:Archive/SHELVES_MAX:1.0 long 40
const ::Archive::SHORT_NAME IDL:Archive/SHORT_NAME:1.0 string<8> archive
const ::Archive::WIDE_NAME IDL:Archive/WIDE_NAME:1.0 wstring wide
";

mod generated {
    quorb::include_idl!("idl/archive.idl");
}

use generated::archive;

struct Counter;

impl archive::Desk for Counter {
    fn put(&self, _: &Option<ValueRef<archive::Item>>) {}
}

/// Nobody asks for one.
impl Custom for archive::Closed {
    fn marshal(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_u8(self.inside);
        Ok(())
    }

    fn unmarshal(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(archive::Closed { inside: input.read_u8()? })
    }
}

fn output(mut command: Command, reference: &str) -> String {
    let output = command.arg(reference).output().expect("it starts");
    let (said, lines) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{command:?}: {said}\n{lines}");
    assert!(!lines.contains("FAIL"), "{command:?}: {lines}");
    lines.into_owned()
}

#[test]
fn foreign_programs_read_the_interfaces_of_a_server() {
    let (Some(cpp), python) = (peers::or_skip(), peers::python_or_skip()) else { return };
    let server = Orb::builder().listen("127.0.0.1:0").start_blocking().expect("it starts");
    let keeper = server.serve("keeper", KeeperServant::new(Mirror)).expect("the key is free");
    let (echo, _) = Reflector::serve(&server, "echo").expect("the key is free");
    let zoo = output(cpp.program("ir_reader"), &keeper.to_string());
    assert_eq!(zoo, ZOO);
    let torture = output(cpp.program("ir_reader"), &echo.to_string());
    assert!(
        torture.contains("interface ::Torture::Bottom IDL:Torture/Bottom:1.0 1.0 : ::Torture::Left, "),
        "{torture}"
    );
    if let Some(python) = python {
        assert_eq!(output(python.script("ir_reader"), &keeper.to_string()), zoo);
        assert_eq!(output(python.script("ir_reader"), &echo.to_string()), torture);
    }
    // What the repository says of itself.
    let itself = output(cpp.program("ir_reader"), &server.interface_repository().to_string());
    assert!(itself.starts_with(
        "interface ::CORBA::Repository IDL:omg.org/CORBA/Repository:1.0 1.0 : ::CORBA::Container\n"
    ));
}

/// One serves nothing but a desk: what its file declares besides is there with it.
#[test]
fn foreign_programs_read_what_a_file_declares_beside_its_interfaces() {
    let (Some(cpp), python) = (peers::or_skip(), peers::python_or_skip()) else { return };
    let server = Orb::builder().listen("127.0.0.1:0").start_blocking().expect("it starts");
    let desk = server.serve("desk", archive::DeskServant::new(Counter)).expect("the key is free");
    assert_eq!(output(cpp.program("ir_reader"), &desk.to_string()), ARCHIVE);
    if let Some(python) = python {
        assert_eq!(output(python.script("ir_reader"), &desk.to_string()), ARCHIVE);
    }
}
