//! How many values there are in CBOR, before anything is built of them.

/// The data items in `input`, counted until there are more than `limit` or the input is no CBOR any more. Nesting does not
/// matter for their number: every item has a header, and only strings have octets behind it (RFC 8949, 3).
pub(super) fn count_items(mut input: &[u8], limit: usize) -> usize {
    let mut count = 0;
    while let Some((&initial, rest)) = input.split_first() {
        count += 1;
        if count > limit {
            break;
        }
        let width = match initial & 0x1f {
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => 0,
        };
        let Some((argument, rest)) = rest.split_at_checked(width) else { break };
        let length = match width {
            0 => u64::from(initial & 0x1f),
            _ => argument.iter().fold(0, |number, &octet| number << 8 | u64::from(octet)),
        };
        // Strings of indefinite length are made of definite ones, which are items like others.
        let is_string = matches!(initial >> 5, 2 | 3) && initial & 0x1f != 31;
        let skipped = if is_string { usize::try_from(length).unwrap_or(usize::MAX) } else { 0 };
        let Some(rest) = rest.get(skipped..) else { break };
        input = rest;
    }
    count
}

#[cfg(test)]
mod tests {
    use ciborium::Value;

    use super::*;

    fn cbor(value: &impl serde::Serialize) -> Vec<u8> {
        let mut octets = Vec::new();
        ciborium::into_writer(value, &mut octets).unwrap();
        octets
    }

    #[test]
    fn every_item_counts_once_and_the_octets_of_strings_do_not() {
        let long = "x".repeat(300);
        assert_eq!(count_items(&cbor(&(1u8, 1000u64, long, -5i64, 1.5f64)), 100), 6);
        assert_eq!(count_items(&cbor(&Value::Tag(78, Box::new(Value::Bytes(vec![0x80; 70_000])))), 100), 2);
        assert_eq!(count_items(&cbor(&vec![vec![0u8; 3]; 4]), 100), 1 + 4 + 12);
        assert_eq!(count_items(&[0x80; 1000], 10), 11, "counting stops");
        assert_eq!(count_items(&[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 10), 1);
        assert_eq!(count_items(&[0x7b, 0xff], 10), 1);
    }
}
