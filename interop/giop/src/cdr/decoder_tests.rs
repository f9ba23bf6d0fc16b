//! Alignment, lengths, nesting and fragments, as a decoder sees them.

use super::{Cdr, CdrError, CdrProfile, Decoder, Endian};

#[test]
fn padding_is_ignored_and_counted_from_the_origin() {
    let mut input = Decoder::with_profile(&[0xee, 0xee, 0, 5], 2, CdrProfile::native(Endian::Big));
    assert_eq!(input.read_u8(), Ok(0xee));
    assert_eq!(input.read_u16(), Ok(5));
    assert_eq!(input.finish(), Ok(()));
}

#[test]
fn every_number_reports_what_it_lacks() {
    let mut input = Decoder::new(&[1, 2, 3, 4, 5], Endian::Big);
    assert_eq!(input.read_u8(), Ok(1));
    assert_eq!(input.read_u32(), Err(CdrError::Truncated { needed: 7, left: 4 }));
    assert_eq!(input.remaining(), 4, "a failed number reads nothing");
}

#[test]
fn lengths_are_checked_against_the_input() {
    let mut input = Decoder::new(&[0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7], Endian::Big);
    assert_eq!(input.read_len(4), Err(CdrError::LengthExceedsInput { length: 2, left: 7 }));
    assert_eq!(
        input.check_len(usize::MAX, 2),
        Err(CdrError::LengthExceedsInput { length: usize::MAX, left: 7 })
    );
}

#[test]
fn encapsulations_bring_their_byte_order_and_may_be_longer() {
    let data = [0, 0, 0, 8, 1, 0xee, 0xee, 0xee, 7, 0, 0, 0, 0, 9];
    let mut input = Decoder::new(&data, Endian::Big);
    assert_eq!(input.encapsulation(|inner| inner.read_u16().and(inner.read_u16())), Ok(0x0007));
    assert_eq!(input.read_u16(), Ok(9), "the rest of the encapsulation is skipped");
    assert_eq!(Decoder::of_encapsulation(&[]).err(), Some(CdrError::Truncated { needed: 1, left: 0 }));
}

#[test]
fn alignment_starts_anew_at_the_joints_of_giop_1_1() {
    let profile = CdrProfile::native(Endian::Big);
    // The message's first fragment holds 4 octets behind its header, positions 12 to 15.
    let mut input = Decoder::with_profile(b"\x01ppp\0\0\0\x02\x03", 12, profile).with_joints(&[4]);
    assert_eq!(input.read_u8(), Ok(1));
    assert_eq!(input.position(), 13);
    assert_eq!(input.read_u32(), Ok(2), "padding up to the joint, none behind: 12 is aligned for 4");
    assert_eq!((input.position(), input.read_u8()), (16, Ok(3)));
    // Padding before the joint and again behind it, because 12 is not aligned for 8.
    let octets = b"ppppqqqq\0\0\0\0\0\0\0\x07";
    let mut input = Decoder::with_profile(octets, 12, profile).with_joints(&[4]);
    assert_eq!(input.read_u64(), Ok(7));
    // A block crosses two joints; what follows is aligned in the last fragment.
    let octets = b"abcdefgp\x00\x05";
    let mut input = Decoder::with_profile(octets, 12, profile).with_joints(&[2, 6]);
    assert_eq!(input.read_octets(7), Ok(&b"abcdefg"[..]));
    assert_eq!((input.position(), input.read_u16()), (13, Ok(5)));
    assert_eq!(input.finish(), Ok(()));
}

/// As omniORB 4.2 writes sequences of doubles at the end of a fragment.
#[test]
fn a_block_is_aligned_in_the_fragment_that_ends_before_it() {
    let profile = CdrProfile::native(Endian::Big);
    let mut block = [0; 16];
    (block[7], block[15]) = (1, 2);
    let expected = Ok(vec![1u64, 2]);
    // The length stands at position 8 of a fragment that ends at 16, four octets of padding behind it.
    let padded = [&[0, 0, 0, 2, 0xee, 0xee, 0xee, 0xee], &block[..]].concat();
    let mut input = Decoder::with_profile(&padded, 8, profile).with_joints(&[8]);
    assert_eq!(Vec::<u64>::decode(&mut input), expected);
    assert_eq!(input.position(), 12 + 16);
    // The length is the last of its fragment, which ends at 8.
    let full = [&[0, 0, 0, 2], &block[..]].concat();
    let mut input = Decoder::with_profile(&full, 4, profile).with_joints(&[4]);
    assert_eq!(Vec::<u64>::decode(&mut input), expected);
    // The same at the end of a fragment that is not the first: it ends at 24.
    let later = [&[9; 12][..], &[0, 0, 0, 2], &block[..]].concat();
    let mut input = Decoder::with_profile(&later, 12, profile).with_joints(&[4, 16]);
    assert_eq!(input.read_octets(12).map(<[u8]>::len), Ok(12));
    assert_eq!(Vec::<u64>::decode(&mut input), expected);
    // A fragment that ends out of step: alignment starts anew, as for a single number.
    let odd = [&[0, 0, 0, 2], &[0xee; 4][..], &block[..]].concat();
    let mut input = Decoder::with_profile(&odd, 0, profile).with_joints(&[4]);
    assert_eq!(Vec::<u64>::decode(&mut input), expected);
}

#[test]
fn joints_outside_of_the_data_are_harmless() {
    let profile = CdrProfile::native(Endian::Big);
    for joints in [&[0, 0, 0][..], &[3], &[100], &[usize::MAX]] {
        let mut input = Decoder::with_profile(&[1, 2, 3], 1, profile).with_joints(joints);
        assert_eq!(input.read_u8(), Ok(1));
        assert!(matches!(input.read_u64(), Err(CdrError::Truncated { .. })));
        assert!(input.position() < 100);
    }
}

#[test]
fn nesting_has_a_budget_that_is_given_back() {
    fn descend(input: &mut Decoder<'_>, levels: u32) -> Result<(), CdrError> {
        if levels == 0 { Ok(()) } else { input.nested(|input| descend(input, levels - 1)) }
    }
    let mut input = Decoder::new(&[], Endian::Big).with_depth_max(3);
    assert_eq!(descend(&mut input, 3), Ok(()));
    assert_eq!(descend(&mut input, 4), Err(CdrError::TooDeep { limit: 3 }));
    assert_eq!(descend(&mut input, 3), Ok(()), "an error gives the levels back, too");
}
