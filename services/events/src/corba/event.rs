//! From an `any` to an event of a block, and back.

use bytes::Bytes;
use quorb::value::AnyError;
use quorb::{Any, TypeCode};
use quorb_giop::cdr::{Cdr, Decoder, Encoder, Endian};

use crate::block::{Block, BlockWriter, EventView};

/// A block of one event, which has the name of its channel as its subject.
pub(super) fn block_of(channel: &str, any: &Any) -> Result<Block, AnyError> {
    let mut writer = BlockWriter::new("", 0);
    let (subject, ty) = (writer.subject(channel), writer.ty(&type_octets(any.type_code())?));
    writer.event(subject, ty, &[], &any.to_cdr(Endian::Little)?);
    Ok(writer.into_block())
}

/// A type as blocks have it.
pub(crate) fn type_octets(code: &TypeCode) -> Result<Vec<u8>, AnyError> {
    Ok(Encoder::encapsulate(Endian::Little, |out| code.encode(out))?)
}

/// Makes `any`s of events. Remembers the last type, which most often is the next one, too.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    last: Option<(Bytes, TypeCode)>,
}

impl Reader {
    /// The type of an event.
    pub(crate) fn type_code(&mut self, octets: &[u8]) -> Result<TypeCode, AnyError> {
        match &self.last {
            Some((known, code)) if known == octets => Ok(code.clone()),
            _ => {
                let mut input = Decoder::of_encapsulation(octets)?;
                let code = TypeCode::decode(&mut input)?;
                self.last = Some((Bytes::copy_from_slice(octets), code.clone()));
                Ok(code)
            }
        }
    }

    /// An event as an `any`. What its publisher has said of it is checked.
    pub(crate) fn any(&mut self, block: &Block, event: &EventView<'_>) -> Result<Any, AnyError> {
        let code = self.type_code(block.type_octets(event.ty))?;
        Any::from_cdr(code, event.payload, Endian::Little)
    }
}
