//! How a record lies in a segment.
//!
//! ```text
//! octet  0             4                12             16
//!        +-------------+----------------+--------------+----------
//!        | length (LE) | number (LE)    | CRC-32 (LE)  | record ...
//!        +-------------+----------------+--------------+----------
//!                      |<- covered by the sum, with the length ->|
//! ```

/// Octets before a record.
pub(super) const HEAD_BYTES: usize = 16;
/// Octets at the end of a record that were reserved but not written, where a file grows before its content.
const UNWRITTEN_BYTES: usize = 512;

/// What stands at a place in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A whole record.
    Record { number: u64, record: &'a [u8] },
    /// The end.
    End,
    /// What a process left that did not live to finish it.
    Torn,
    /// Something that was never written like this.
    Corrupt,
}

fn sum(length: u32, number: u64, record: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&length.to_le_bytes());
    sum.update(&number.to_le_bytes());
    sum.update(record);
    sum.finalize()
}

/// Appends a record. False if it is too long for a log.
pub(super) fn write(number: u64, record: &[u8], out: &mut Vec<u8>) -> bool {
    let Ok(length) = u32::try_from(record.len()) else { return false };
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&sum(length, number, record).to_le_bytes());
    out.extend_from_slice(record);
    true
}

fn head(octets: &[u8]) -> Option<(u32, u64, u32)> {
    let four = |at: usize| octets.get(at..at + 4).and_then(|o| o.try_into().ok()).map(u32::from_le_bytes);
    let number = octets.get(4..12).and_then(|o| o.try_into().ok()).map(u64::from_le_bytes)?;
    Some((four(0)?, number, four(12)?))
}

/// Reads what stands at the front; `next` is the number it must have.
pub(super) fn read(octets: &[u8], next: u64) -> Found<'_> {
    if octets.is_empty() {
        return Found::End;
    }
    let Some((length, number, expected)) = head(octets) else { return torn_unless_followed(octets, next) };
    let Some(record) = octets[HEAD_BYTES..].get(..length as usize) else {
        return torn_unless_followed(octets, next);
    };
    if number == next && sum(length, number, record) == expected {
        return Found::Record { number, record };
    }
    if octets.iter().all(|&octet| octet == 0) || record.ends_with(&[0; UNWRITTEN_BYTES]) {
        return torn_unless_followed(octets, next);
    }
    Found::Corrupt
}

/// A length may be what is damaged: then a later record still stands behind it.
fn torn_unless_followed(octets: &[u8], next: u64) -> Found<'_> {
    let later = |at: usize| {
        let Some((length, number, expected)) = head(&octets[at..]) else { return false };
        let near = number > next && number - next <= octets.len() as u64;
        let record = octets[at + HEAD_BYTES..].get(..length as usize);
        near && record.is_some_and(|record| sum(length, number, record) == expected)
    };
    if (1..octets.len().saturating_sub(HEAD_BYTES - 1)).any(later) { Found::Corrupt } else { Found::Torn }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Vec<u8> {
        let mut octets = Vec::new();
        for number in 7..11u64 {
            assert!(write(number, &vec![number as u8; number as usize * 3], &mut octets));
        }
        octets
    }

    /// The whole records, and what comes after them.
    fn all(mut octets: &[u8]) -> (u64, Found<'_>) {
        let mut next = 7;
        loop {
            match read(octets, next) {
                Found::Record { number, record } => {
                    assert_eq!(record, vec![number as u8; number as usize * 3]);
                    octets = &octets[HEAD_BYTES + record.len()..];
                    next += 1;
                }
                other => return (next, other),
            }
        }
    }

    #[test]
    fn a_record_has_one_form() {
        let mut octets = Vec::new();
        assert!(write(0x0102, b"ab", &mut octets));
        assert_eq!(octets[..12], [2, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(octets[16..], *b"ab");
    }

    #[test]
    fn cut_anywhere_it_is_torn_and_what_is_whole_stays() {
        let octets = example();
        let ends: Vec<usize> = (7..11)
            .scan(0, |at, n| {
                *at += HEAD_BYTES + n * 3;
                Some(*at)
            })
            .collect();
        for cut in 0..octets.len() {
            let whole = ends.iter().filter(|&&end| end <= cut).count() as u64;
            let rest = if ends.contains(&cut) || cut == 0 { Found::End } else { Found::Torn };
            assert_eq!(all(&octets[..cut]), (7 + whole, rest), "cut at {cut}");
        }
    }

    #[test]
    fn one_octet_changed_anywhere_is_found() {
        let octets = example();
        for at in 0..octets.len() {
            for bit in [0x01, 0x80] {
                let mut changed = octets.clone();
                changed[at] ^= bit;
                // The last record's length is the only thing that nothing behind it can tell from a torn one.
                let last_length =
                    at >= octets.len() - HEAD_BYTES - 30 && at < octets.len() - 30 - HEAD_BYTES + 4;
                let (_, found) = all(&changed);
                assert!(
                    found == Found::Corrupt || last_length && found == Found::Torn,
                    "octet {at}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn what_was_reserved_and_not_written_is_torn() {
        let mut octets = example();
        octets.extend([0; 100]);
        assert_eq!(all(&octets), (11, Found::Torn));
    }

    #[test]
    fn nonsense_is_read_without_harm() {
        let mut random = crate::sim::random::Random::new(9);
        for _ in 0..2_000 {
            let length = random.between(0, 200);
            let octets: Vec<u8> = (0..length).map(|_| random.any() as u8).collect();
            assert!(!matches!(read(&octets, random.any()), Found::Record { .. }));
        }
    }
}
