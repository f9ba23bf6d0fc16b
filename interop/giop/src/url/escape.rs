//! The `%xx` escapes of object keys and names in URLs (RFC 2396, 2.4.1).

use std::fmt;

use super::ReferenceError;

/// Writes octets as text; all but the characters that RFC 2396 and the OMG leave alone are escaped.
pub(super) fn encode(octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    octets.iter().try_for_each(|octet| {
        if octet.is_ascii_alphanumeric() || b";/:?@&=+$,-_.!~*'()".contains(octet) {
            write!(f, "{}", char::from(*octet))
        } else {
            write!(f, "%{octet:02x}")
        }
    })
}

/// The octets that text stands for. Characters that should have been escaped stand for themselves.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, ReferenceError> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            octets.push(*first);
            continue;
        }
        let digit = |index: usize| char::from(*behind.get(index)?).to_digit(16);
        let Some((high, low)) = digit(0).zip(digit(1)) else {
            return Err(ReferenceError::MalformedEscape { offset: text.len() - behind.len() - 1 });
        };
        octets.extend(u8::try_from(high * 16 + low));
        rest = &behind[2..];
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Escaped<'a>(&'a [u8]);

    impl fmt::Display for Escaped<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            encode(self.0, f)
        }
    }

    #[test]
    fn every_octet_survives() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&Escaped(&all).to_string()), Ok(all));
        assert_eq!(Escaped(b"a/b %\0").to_string(), "a/b%20%25%00");
    }

    #[test]
    fn broken_escapes_are_located() {
        for (text, offset) in [("%", 0), ("ab%4", 2), ("%41%g0", 3), ("%é", 0)] {
            assert_eq!(decode(text), Err(ReferenceError::MalformedEscape { offset }), "{text}");
        }
        assert_eq!(decode("a b%4A"), Ok(b"a bJ".to_vec()));
    }
}
