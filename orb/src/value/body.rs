//! The body of a request or reply: a list of values in one of the two formats.

use bytes::Bytes;
use quorb_giop::cdr::{CdrError, CdrProfile, Decoder, Encoder, Endian, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::message;

use super::IdlType;
use super::cbor::{CborError, SliceAsCbor, decode_cbor, encode_cbor, read_item, write_item};

/// Why a body could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// CDR refused.
    #[error(transparent)]
    Cdr(#[from] CdrError),
    /// CBOR refused.
    #[error("CBOR: {0}")]
    Cbor(#[from] CborError),
    /// The body is not an array of values.
    #[error("the body is not a list of values")]
    NotAList,
    /// A dynamic value is not of its type.
    #[error(transparent)]
    Dynamic(#[from] super::dynamic::DynamicError),
    /// A value is missing and has no default.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A value did not decode.
    #[error("`{name}`: {cause}")]
    Value {
        /// The name of the parameter or result.
        name: String,
        /// Why it did not decode.
        cause: Box<BodyError>,
    },
    /// There are more values than the operation has.
    #[error("{0} surplus octets or values at the end")]
    Surplus(usize),
}

/// How the octets of a body are to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// CDR: byte order, version and code sets in the profile; `origin` octets precede the body for its alignment.
    Cdr {
        /// Byte order, version and code sets.
        profile: CdrProfile,
        /// The octets before the body that count for alignment.
        origin: usize,
    },
    /// CBOR.
    Cbor,
}

/// A received body. Cheap to clone: the octets are shared with the message they came in.
#[derive(Debug, Clone)]
pub enum Body {
    /// As CDR.
    Cdr {
        /// The octets, with the byte order, version and alignment of their message.
        contents: message::Body,
        /// The code sets of their connection.
        code_sets: CodeSets,
    },
    /// As CBOR.
    Cbor(Bytes),
}

impl Body {
    /// A body in CDR outside of GIOP: aligned from its start, with every character there is.
    pub fn native_cdr(octets: Bytes, endian: Endian) -> Body {
        Body::Cdr {
            contents: message::Body::new(octets, endian, GiopVersion::V1_2, 0),
            code_sets: CodeSets::from(CdrProfile::native(endian)),
        }
    }

    /// What was written by these rules, `origin` octets behind the beginning of its message.
    pub(crate) fn written(octets: Bytes, profile: CdrProfile, origin: usize) -> Body {
        Body::Cdr {
            contents: message::Body::new(octets, profile.endian, profile.version, origin),
            code_sets: CodeSets::from(profile),
        }
    }

    /// How many octets it has.
    pub fn len(&self) -> usize {
        match self {
            Body::Cdr { contents, .. } => contents.octets().len(),
            Body::Cbor(octets) => octets.len(),
        }
    }

    /// Whether it has no octets.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A reader at the first value.
    pub fn reader(&self) -> BodyReader<'_> {
        match self {
            Body::Cdr { contents, code_sets } => BodyReader::Cdr(contents.decoder(*code_sets)),
            Body::Cbor(octets) => BodyReader::Cbor { input: octets, left: 0 },
        }
    }
}

/// Writes the values of a body, in the format that the connection asks for.
#[derive(Debug)]
pub enum BodyWriter {
    /// As CDR.
    Cdr(Encoder),
    /// As CBOR.
    Cbor(Vec<u8>),
}

impl BodyWriter {
    /// Announces how many values follow. Called once, first.
    pub fn items(&mut self, count: usize) {
        if let BodyWriter::Cbor(out) = self {
            write_array_header(count, out);
        }
    }

    /// Writes a value.
    ///
    /// # Errors
    /// A value that the format or its declared type cannot express.
    pub fn put<T: IdlType>(&mut self, value: &T) -> Result<(), BodyError> {
        match self {
            BodyWriter::Cdr(out) => Ok(value.encode(out)?),
            BodyWriter::Cbor(out) => encode_cbor(value, out),
        }
    }

    /// Writes a borrowed string as `String` would be written.
    ///
    /// # Errors
    /// A character that the connection's code set lacks.
    pub fn put_str(&mut self, value: &str) -> Result<(), BodyError> {
        match self {
            BodyWriter::Cdr(out) => Ok(out.write_string(value)?),
            BodyWriter::Cbor(out) => Ok(write_item(&value, out)?),
        }
    }

    /// Writes a borrowed slice as `Vec<T>` would be written.
    ///
    /// # Errors
    /// As for [`put`](BodyWriter::put).
    pub fn put_slice<T: IdlType>(&mut self, items: &[T]) -> Result<(), BodyError> {
        match self {
            BodyWriter::Cdr(out) => {
                out.write_len(items.len())?;
                Ok(T::encode_slice(items, out)?)
            }
            BodyWriter::Cbor(out) => Ok(write_item(&SliceAsCbor(items), out)?),
        }
    }

    /// The octets written, behind whatever the buffer held before.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            BodyWriter::Cdr(out) => out.into_bytes(),
            BodyWriter::Cbor(out) => out,
        }
    }
}

/// Reads the values of a body in order.
#[derive(Debug)]
pub enum BodyReader<'a> {
    /// From CDR.
    Cdr(Decoder<'a>),
    /// From CBOR.
    Cbor {
        /// What is left to read.
        input: &'a [u8],
        /// The values that are left.
        left: usize,
    },
}

impl BodyReader<'_> {
    /// Reads how many values there are, where the format says so. Called once, first.
    ///
    /// # Errors
    /// A CBOR body that is not an array of definite length.
    pub fn items(&mut self) -> Result<(), BodyError> {
        if let BodyReader::Cbor { input, left } = self {
            *left = read_array_header(input)?;
        }
        Ok(())
    }

    /// Reads the next value; `name` is for the error message.
    ///
    /// # Errors
    /// The value is missing, or is not of type `T`.
    pub fn next<T: IdlType>(&mut self, name: &str) -> Result<T, BodyError> {
        self.next_or(name, || None)
    }

    /// Reads the next value, or takes the default where a CBOR body ends before it.
    ///
    /// # Errors
    /// As for [`next`](BodyReader::next), when there is no default.
    pub fn next_or<T: IdlType>(
        &mut self,
        name: &str,
        default: impl FnOnce() -> Option<T>,
    ) -> Result<T, BodyError> {
        let read = match self {
            BodyReader::Cdr(input) => T::decode(input).map_err(BodyError::from),
            BodyReader::Cbor { left: 0, .. } => {
                return default().ok_or_else(|| BodyError::Missing(name.to_owned()));
            }
            BodyReader::Cbor { input, left } => {
                *left -= 1;
                decode_cbor(input)
            }
        };
        read.map_err(|cause| BodyError::Value { name: name.to_owned(), cause: Box::new(cause) })
    }

    /// Checks that nothing is left. Surplus CBOR values are newer arguments that this side does not know: they are let
    /// pass as long as they are well-formed, which the length of the array says; octets behind them are an error.
    ///
    /// # Errors
    /// Octets that belong to no value.
    pub fn end(&mut self) -> Result<(), BodyError> {
        let surplus = match self {
            BodyReader::Cdr(input) if is_padding(input) => 0,
            BodyReader::Cdr(input) => input.remaining(),
            BodyReader::Cbor { input, left } => {
                for _ in 0..*left {
                    read_item::<serde::de::IgnoredAny>(input)?;
                }
                *left = 0;
                input.len()
            }
        };
        if surplus > 0 { Err(BodyError::Surplus(surplus)) } else { Ok(()) }
    }
}

/// Whether what is left only fills the message up to a multiple of 8, as some brokers do; that is no value. Anything else
/// was written by somebody who means another type, whose first octets have been taken for ours.
fn is_padding(input: &Decoder<'_>) -> bool {
    input.remaining() < 8 && (input.position() + input.remaining()).is_multiple_of(8)
}

/// The header of a CBOR array of definite length (RFC 8949, 3: major type 4).
fn write_array_header(count: usize, out: &mut Vec<u8>) {
    match count {
        0..=23 => out.push(0x80 | count as u8),
        24..=0xff => out.extend([0x98, count as u8]),
        _ => {
            out.push(0x9a);
            out.extend((count as u32).to_be_bytes());
        }
    }
}

fn read_array_header(input: &mut &[u8]) -> Result<usize, BodyError> {
    let (&first, rest) = input.split_first().ok_or(BodyError::NotAList)?;
    let width = match first {
        0x80..=0x97 => 0,
        0x98 => 1,
        0x99 => 2,
        0x9a => 4,
        _ => return Err(BodyError::NotAList),
    };
    let (length, rest) = rest.split_at_checked(width).ok_or(BodyError::NotAList)?;
    *input = rest;
    if width == 0 {
        return Ok(usize::from(first - 0x80));
    }
    Ok(length.iter().fold(0, |count, &octet| count << 8 | usize::from(octet)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_padding_or_an_error() {
        let end = |octets: usize, origin: usize| {
            let data = vec![0; octets];
            let mut reader =
                BodyReader::Cdr(Decoder::with_profile(&data, origin, CdrProfile::native(Endian::Big)));
            reader.next::<u16>("one").expect("it is there");
            reader.end()
        };
        assert_eq!(end(2, 0), Ok(()));
        assert_eq!(end(8, 0), Ok(()));
        assert_eq!(end(6, 2), Ok(()), "the message ends at a multiple of 8, the body does not");
        // A wide character of GIOP 1.2 read by the rules of 1.1.
        assert_eq!(end(3, 72), Err(BodyError::Surplus(1)));
        assert_eq!(end(10, 0), Err(BodyError::Surplus(8)));
    }

    #[test]
    fn array_headers_of_every_width_come_back() {
        for count in [0, 1, 23, 24, 255, 256, 70_000] {
            let mut out = Vec::new();
            write_array_header(count, &mut out);
            let mut input = &out[..];
            assert_eq!(read_array_header(&mut input), Ok(count));
            assert!(input.is_empty());
        }
        assert_eq!(read_array_header(&mut &[0xa0u8][..]), Err(BodyError::NotAList));
        assert_eq!(read_array_header(&mut &[0x99u8, 1][..]), Err(BodyError::NotAList));
        assert_eq!(read_array_header(&mut &[][..]), Err(BodyError::NotAList));
    }
}
