//! Lengths that lie: nothing is reserved on their word. Alone in its process, so that the memory it asks for can be seen.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;

use quorb::value::{BodyError, CborError, decode_cbor};
use quorb::{BVec, IdlType};
use quorb_giop::cdr::{CdrError, Decoder, Endian};

/// Large in memory, small on the wire.
type Large = [[Option<u64>; 128]; 128];

/// The octets that reading may ask for at once, whatever the input says. A thousand large elements are twice as much.
const GROWTH_MAX: usize = 128 << 20;

/// Unoptimised code moves large values about on the stack.
const STACK_BYTES: usize = 64 << 20;

/// The most memory that this process has ever asked for, in octets.
fn memory_peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status.lines().find(|line| line.starts_with("VmPeak:")).expect("a line of its own");
    let kibibytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<usize>().ok());
    kibibytes.expect("a number") * 1024
}

fn from_cbor<T: IdlType + Debug>(octets: &[u8]) -> BodyError {
    decode_cbor::<T>(&mut &octets[..]).expect_err("it lies")
}

fn from_cdr<T: IdlType + Debug>(octets: &[u8]) -> CdrError {
    T::decode(&mut Decoder::new(octets, Endian::Big)).expect_err("it lies")
}

/// A list of billions of elements, of which none comes.
fn check<T: IdlType + Debug>() {
    for header in
        [&b"\x9a\xff\xff\xff\xff"[..], b"\x9b\0\0\0\0\xff\xff\xff\xff", b"\x9b\0\0\0\xff\xff\xff\xff\xff"]
    {
        assert_eq!(from_cbor::<T>(header), BodyError::Cbor(CborError::Truncated));
    }
    let lie = CdrError::LengthExceedsInput { length: u32::MAX as usize, left: 3 };
    assert_eq!(from_cdr::<T>(b"\xff\xff\xff\xff\0\0\0"), lie);
}

#[test]
fn what_is_announced_is_not_prepared_for() {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(read_lies).expect("a thread");
    thread.join().expect("nothing was reserved");
}

fn read_lies() {
    let before = memory_peak();
    check::<Vec<u8>>();
    check::<Vec<f64>>();
    check::<Vec<String>>();
    check::<Vec<Vec<String>>>();
    check::<Vec<Large>>();
    check::<Vec<Option<Large>>>();
    check::<Vec<BTreeMap<u8, Large>>>();
    // Within its bound a liar is one, too.
    let lie = CdrError::LengthExceedsInput { length: 99_999, left: 3 };
    assert_eq!(from_cdr::<BVec<Large, 100_000>>(b"\0\x01\x86\x9f\0\0\0"), lie);
    from_cbor::<BVec<Large, 100_000>>(b"\x9a\0\x01\x86\x9f");
    // Maps, octets in a block, text.
    assert_eq!(
        from_cbor::<BTreeMap<u8, u8>>(b"\xba\xff\xff\xff\xff\x01\x02"),
        BodyError::Cbor(CborError::Truncated)
    );
    from_cdr::<BTreeMap<u8, Large>>(b"\xff\xff\xff\xff\x01\x02");
    from_cbor::<Vec<u8>>(b"\x5a\xff\xff\xff\xff\0");
    from_cbor::<Vec<i32>>(b"\xd8\x4e\x5a\xff\xff\xff\xfc\0");
    from_cbor::<String>(b"\x7a\xff\xff\xff\xffa");
    let grown = memory_peak() - before;
    assert!(grown < GROWTH_MAX, "it has asked for {grown} octets");
}
