//! Characters and strings in the transmission code sets (CORBA 3.3 Part 2, 9.3.1.6 and 9.3.2.7).
//!
//! | | GIOP 1.0 | GIOP 1.1 | GIOP 1.2 |
//! |---|---|---|---|
//! | `char` | one octet | one octet | one octet |
//! | `string` | length with NUL, octets, NUL | the same | the same |
//! | `wchar` | error | two octets, aligned, in the stream's byte order | count of octets, octets |
//! | `wstring` | error | length with NUL in characters, characters, NUL | count of octets, octets |
//!
//! UTF-16 in GIOP 1.2 is big-endian unless a byte-order mark says otherwise, whatever the stream's byte
//! order. We write it big-endian and without a mark; only text that itself starts with U+FEFF gets one, so
//! that it is not mistaken for a mark. All forms are read.

use std::borrow::Cow;

use super::{CdrError, CharSet, Decoder, Encoder, GiopVersion};

const BYTE_ORDER_MARK: u16 = 0xfeff;
/// A byte-order mark read in the wrong order; Unicode never assigns it.
const BYTE_ORDER_MARK_SWAPPED: u16 = 0xfffe;

impl Encoder {
    /// Appends a `string`: length, text in the transmission code set, NUL.
    ///
    /// # Errors
    /// [`CdrError::NulInString`]; [`CdrError::CharNotRepresentable`] in ISO 8859-1;
    /// [`CdrError::LengthTooLarge`].
    pub fn write_string(&mut self, text: &str) -> Result<(), CdrError> {
        match self.profile().char_set {
            CharSet::Latin1 if !text.is_ascii() => {
                let octets = text.chars().map(latin1_octet).collect::<Result<Vec<_>, _>>()?;
                self.write_string_octets(&octets)
            }
            CharSet::Utf8 | CharSet::Latin1 => self.write_string_octets(text.as_bytes()),
        }
    }

    /// Appends a `string` of these octets, whatever the code set: length, octets, NUL.
    ///
    /// # Errors
    /// [`CdrError::NulInString`], [`CdrError::LengthTooLarge`].
    pub fn write_string_octets(&mut self, octets: &[u8]) -> Result<(), CdrError> {
        if holds_nul(octets) {
            return Err(CdrError::NulInString);
        }
        self.write_len(octets.len() + 1)?;
        self.write_octets(octets);
        self.write_u8(0);
        Ok(())
    }

    /// Appends a `char`: one octet.
    ///
    /// # Errors
    /// [`CdrError::CharNotRepresentable`] for what takes more than one octet: all but ASCII in UTF-8.
    #[inline]
    pub fn write_char(&mut self, character: char) -> Result<(), CdrError> {
        let octet = match self.profile().char_set {
            CharSet::Utf8 if character.is_ascii() => character as u8,
            CharSet::Utf8 => return Err(CdrError::CharNotRepresentable { character }),
            CharSet::Latin1 => latin1_octet(character)?,
        };
        self.write_u8(octet);
        Ok(())
    }

    /// Appends a `wchar`.
    ///
    /// # Errors
    /// [`CdrError::WcharNotAvailable`]; in GIOP 1.1 [`CdrError::CharNotRepresentable`] above U+FFFF.
    pub fn write_wchar(&mut self, character: char) -> Result<(), CdrError> {
        let mut units = [0; 2];
        let units = &*character.encode_utf16(&mut units);
        if self.wide_is_counted()? {
            let marked = needs_mark(units);
            // At most a mark and two units.
            self.write_u8((units.len() + usize::from(marked)) as u8 * 2);
            self.write_utf16(units.iter().copied(), marked);
        } else {
            let [unit] = units else {
                return Err(CdrError::CharNotRepresentable { character });
            };
            self.write_u16(*unit);
        }
        Ok(())
    }

    /// Appends a `wstring`.
    ///
    /// # Errors
    /// [`CdrError::WcharNotAvailable`], [`CdrError::NulInString`], [`CdrError::LengthTooLarge`].
    pub fn write_wstring(&mut self, text: &str) -> Result<(), CdrError> {
        let counted = self.wide_is_counted()?;
        if text.as_bytes().contains(&0) {
            return Err(CdrError::NulInString);
        }
        let length = text.encode_utf16().count();
        if counted {
            let mut first = [0; 2];
            let marked = text.chars().next().is_some_and(|c| needs_mark(c.encode_utf16(&mut first)));
            self.write_len((length + usize::from(marked)) * 2)?;
            self.write_utf16(text.encode_utf16(), marked);
        } else {
            self.write_len(length + 1)?;
            text.encode_utf16().for_each(|unit| self.write_u16(unit));
            self.write_u16(0);
        }
        Ok(())
    }

    fn write_utf16(&mut self, units: impl Iterator<Item = u16>, marked: bool) {
        for unit in marked.then_some(BYTE_ORDER_MARK).into_iter().chain(units) {
            self.write_octets(&unit.to_be_bytes());
        }
    }

    fn wide_is_counted(&self) -> Result<bool, CdrError> {
        wide_is_counted(self.profile().version, self.profile().wchar_set.is_some())
    }
}

impl<'a> Decoder<'a> {
    /// Reads a `string`.
    ///
    /// # Errors
    /// [`CdrError::StringNotTerminated`], [`CdrError::NulInString`], [`CdrError::InvalidUtf8`], and those
    /// of a sequence of octets.
    pub fn read_string(&mut self) -> Result<String, CdrError> {
        self.read_text().map(Cow::into_owned)
    }

    /// Reads a `string` without copying it where the code set allows.
    ///
    /// # Errors
    /// Those of [`read_string`](Self::read_string).
    pub fn read_text(&mut self) -> Result<Cow<'a, str>, CdrError> {
        let octets = self.read_string_octets()?;
        match self.profile().char_set {
            CharSet::Utf8 => str::from_utf8(octets).map(Cow::Borrowed).map_err(|_| CdrError::InvalidUtf8),
            CharSet::Latin1 => Ok(match str::from_utf8(octets) {
                Ok(ascii) if ascii.is_ascii() => Cow::Borrowed(ascii),
                _ => Cow::Owned(octets.iter().copied().map(char::from).collect()),
            }),
        }
    }

    /// Reads a `string` as the octets it came in, without its NUL.
    ///
    /// A length of 0, which some brokers send for an empty string, is accepted.
    ///
    /// # Errors
    /// [`CdrError::StringNotTerminated`], [`CdrError::NulInString`], and those of a sequence of octets.
    pub fn read_string_octets(&mut self) -> Result<&'a [u8], CdrError> {
        match self.read_octet_sequence()? {
            [] => Ok(&[]),
            [text @ .., 0] if holds_nul(text) => Err(CdrError::NulInString),
            [text @ .., 0] => Ok(text),
            _ => Err(CdrError::StringNotTerminated),
        }
    }

    /// Reads a `char`.
    ///
    /// # Errors
    /// [`CdrError::CharNotValid`] for an octet above 127 in UTF-8; [`CdrError::Truncated`].
    #[inline]
    pub fn read_char(&mut self) -> Result<char, CdrError> {
        let octet = self.read_u8()?;
        match self.profile().char_set {
            CharSet::Utf8 if !octet.is_ascii() => Err(CdrError::CharNotValid { octet }),
            CharSet::Utf8 | CharSet::Latin1 => Ok(char::from(octet)),
        }
    }

    /// Reads a `wchar`.
    ///
    /// # Errors
    /// [`CdrError::WcharNotAvailable`], [`CdrError::InvalidUtf16`], [`CdrError::Truncated`].
    pub fn read_wchar(&mut self) -> Result<char, CdrError> {
        let text = if self.wide_is_counted()? {
            let octets = self.read_u8()?.into();
            utf16_text(self.read_octets(octets)?, true)?
        } else {
            String::from_utf16(&[self.read_u16()?]).map_err(|_| CdrError::InvalidUtf16)?
        };
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => Err(CdrError::InvalidUtf16),
        }
    }

    /// Reads a `wstring`.
    ///
    /// # Errors
    /// [`CdrError::WcharNotAvailable`], [`CdrError::InvalidUtf16`], [`CdrError::NulInString`],
    /// [`CdrError::StringNotTerminated`] in GIOP 1.1, [`CdrError::LengthExceedsInput`].
    pub fn read_wstring(&mut self) -> Result<String, CdrError> {
        let text = if self.wide_is_counted()? {
            utf16_text(self.read_octet_sequence()?, false)?
        } else {
            let count = self.read_len(2)?;
            let mut units = <u16 as super::Cdr>::decode_vec(count, self)?;
            if units.pop().is_some_and(|last| last != 0) {
                return Err(CdrError::StringNotTerminated);
            }
            String::from_utf16(&units).map_err(|_| CdrError::InvalidUtf16)?
        };
        if text.as_bytes().contains(&0) { Err(CdrError::NulInString) } else { Ok(text) }
    }

    fn wide_is_counted(&self) -> Result<bool, CdrError> {
        wide_is_counted(self.profile().version, self.profile().wchar_set.is_some())
    }
}

/// Whether wide text is in GIOP 1.2's counted form; an error if there is no wide text at all.
fn wide_is_counted(version: GiopVersion, negotiated: bool) -> Result<bool, CdrError> {
    if negotiated && version >= GiopVersion::V1_1 {
        Ok(version >= GiopVersion::V1_2)
    } else {
        Err(CdrError::WcharNotAvailable { version })
    }
}

/// Whether text would lose its first unit to a reader who looks for a byte-order mark.
fn needs_mark(units: &[u16]) -> bool {
    matches!(units.first(), Some(&(BYTE_ORDER_MARK | BYTE_ORDER_MARK_SWAPPED)))
}

fn latin1_octet(character: char) -> Result<u8, CdrError> {
    u8::try_from(character).map_err(|_| CdrError::CharNotRepresentable { character })
}

/// Converts counted UTF-16. In a single `wchar`, U+FEFF alone is a character and not a mark.
fn utf16_text(octets: &[u8], single: bool) -> Result<String, CdrError> {
    let (pairs, []) = octets.as_chunks::<2>() else {
        return Err(CdrError::InvalidUtf16);
    };
    let marked = pairs.first().map(|pair| u16::from_be_bytes(*pair)).filter(|_| !single || pairs.len() > 1);
    let units: Vec<u16> = match marked {
        Some(BYTE_ORDER_MARK) => pairs[1..].iter().map(|pair| u16::from_be_bytes(*pair)).collect(),
        Some(BYTE_ORDER_MARK_SWAPPED) => pairs[1..].iter().map(|pair| u16::from_le_bytes(*pair)).collect(),
        _ => pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect(),
    };
    String::from_utf16(&units).map_err(|_| CdrError::InvalidUtf16)
}

/// Whether there is a NUL among the octets, looked at eight at a time: names and the like are too short for what is made for
/// long texts.
fn holds_nul(octets: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    // The highest bit of some octet is set if an octet is zero (the well-known test: minus one borrows only there).
    let has_zero = |word: [u8; 8]| {
        let word = u64::from_ne_bytes(word);
        word.wrapping_sub(ONES) & !word & (ONES << 7) != 0
    };
    match octets.last_chunk() {
        // The last ones may be looked at twice.
        Some(last) => octets.as_chunks().0.iter().any(|word| has_zero(*word)) || has_zero(*last),
        None => octets.contains(&0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_wherever_it_stands() {
        for length in 0..40 {
            for fill in [1, 0x7f, 0x80, 0xff] {
                let mut octets = vec![fill; length];
                assert!(!holds_nul(&octets), "{length} of {fill:#x}");
                for at in 0..length {
                    octets[at] = 0;
                    assert!(holds_nul(&octets), "{at} of {length} of {fill:#x}");
                    octets[at] = fill;
                }
            }
        }
    }
}
