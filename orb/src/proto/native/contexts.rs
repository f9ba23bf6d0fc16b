//! Service contexts at the end of a request's or a reply's head.

use super::error::HeadError;
use super::limits::CONTEXTS_MAX;
use super::wire::HeadReader;
use crate::proto::head::ServiceContext;

/// Octets of the contexts on the wire.
pub(super) fn contexts_bytes(contexts: &[ServiceContext]) -> usize {
    contexts.iter().map(|context| 6 + context.data.len()).sum()
}

/// Appends contexts, each `{ id (u32), length (u16), data }`. The caller has checked that they fit a head, so every
/// length fits.
pub(super) fn encode_contexts(contexts: &[ServiceContext], out: &mut Vec<u8>) {
    for context in contexts {
        out.extend_from_slice(&context.id.to_le_bytes());
        out.extend_from_slice(&(context.data.len() as u16).to_le_bytes());
        out.extend_from_slice(&context.data);
    }
}

/// Reads contexts up to the end of the head.
pub(super) fn decode_contexts(mut head: HeadReader) -> Result<Vec<ServiceContext>, HeadError> {
    let mut contexts = Vec::new();
    while head.left() > 0 {
        if contexts.len() == CONTEXTS_MAX {
            return Err(HeadError::TooManyContexts { limit: CONTEXTS_MAX });
        }
        let id = head.u32()?;
        let length = head.u16()?;
        contexts.push(ServiceContext { id, data: head.slice(length.into())? });
    }
    Ok(contexts)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn contexts_survive_up_to_their_limit() {
        let contexts: Vec<_> = (0..CONTEXTS_MAX as u32)
            .map(|id| ServiceContext { id, data: Bytes::from(vec![id as u8; id as usize]) })
            .collect();
        let mut octets = Vec::new();
        encode_contexts(&contexts, &mut octets);
        assert_eq!(octets.len(), contexts_bytes(&contexts));
        assert_eq!(decode_contexts(HeadReader::new(octets.clone().into())), Ok(contexts));
        octets.extend_from_slice(&[0; 6]);
        assert_eq!(
            decode_contexts(HeadReader::new(octets.into())),
            Err(HeadError::TooManyContexts { limit: CONTEXTS_MAX })
        );
    }
}
