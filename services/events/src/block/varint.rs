//! Numbers of variable length: seven bits an octet, the lowest first (LEB128).

/// Octets of the longest number.
pub(super) const LONGEST: usize = 10;

pub(super) fn write(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads a number; none if it is cut off, too long, or longer than it needs to be.
#[inline]
pub(super) fn read(octets: &[u8]) -> Option<(u64, usize)> {
    let &first = octets.first()?;
    if first < 0x80 {
        return Some((first.into(), 1));
    }
    let mut number = u64::from(first & 0x7f);
    for (place, &octet) in octets.iter().enumerate().take(LONGEST).skip(1) {
        let bits = u64::from(octet & 0x7f);
        if place == LONGEST - 1 && octet > 1 {
            return None;
        }
        number |= bits << (7 * place);
        if octet < 0x80 {
            return (octet != 0).then_some((number, place + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_form() {
        for number in [0, 1, 127, 128, 300, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            write(number, &mut out);
            assert_eq!(read(&out), Some((number, out.len())));
            assert_eq!(read(&out[..out.len() - 1]), None, "{number} cut");
        }
        assert_eq!(read(&[0x80, 0x00]), None, "a zero that is two octets long");
        assert_eq!(read(&[0xff; 11]), None);
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]), None);
    }
}
