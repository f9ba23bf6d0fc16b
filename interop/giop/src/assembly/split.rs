//! A large message into fragments.

use crate::cdr::GiopVersion;
use crate::limits::FRAGMENT_BYTES_MIN;
use crate::message::{GiopError, MessageHeader, MessageKind};

/// Cuts a whole message into pieces of at most `piece_bytes_max` octets, headers included.
///
/// The message is given as one slice or two: header and head, and a body sent from elsewhere. Nothing is
/// copied; each [`Piece`] is to be written as its slices in order. Pieces of other messages may be sent in
/// between.
///
/// Only GIOP 1.2 messages of kinds that have fragments are cut; everything else is one piece. A GIOP 1.1
/// message cannot be cut without knowing its types: alignment starts anew in every fragment there, and no
/// number may be broken, so that a cut at a multiple of 8 shifts what follows and any other cut may break a
/// `double`. Versions below 1.2 are read in fragments and sent in one piece, as the OMG allows.
///
/// # Errors
/// [`GiopError`] if `head` does not begin with a message header.
pub fn split<'a>(head: &'a [u8], body: &'a [u8], piece_bytes_max: usize) -> Result<Pieces<'a>, GiopError> {
    let octets = head.first_chunk().ok_or(GiopError::NotGiop { magic: [0; 4] })?;
    let header = MessageHeader::decode(octets)?;
    let cuts = header.version >= GiopVersion::V1_2 && header.kind.may_be_fragmented(header.version);
    let piece_bytes = match cuts {
        // All pieces but the last are multiples of 8.
        true => piece_bytes_max.max(FRAGMENT_BYTES_MIN) & !7,
        false => usize::MAX,
    };
    let (_, head) = head.split_at(MessageHeader::BYTES);
    // Messages that are cut have at least these four octets.
    let mut request_id = [0; 4];
    for (to, from) in request_id.iter_mut().zip(head.iter().chain(body)) {
        *to = *from;
    }
    Ok(Pieces { header, request_id, head, body, piece_bytes, begun: false })
}

/// The pieces of a message, first to last.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    header: MessageHeader,
    /// As it stands in the message.
    request_id: [u8; 4],
    head: &'a [u8],
    body: &'a [u8],
    piece_bytes: usize,
    begun: bool,
}

/// One piece of a message: a message by itself on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    prefix: [u8; MessageHeader::BYTES + 4],
    prefix_bytes: usize,
    content: [&'a [u8]; 2],
}

impl<'a> Piece<'a> {
    /// The slices to write, in order; some may be empty.
    #[must_use]
    pub fn slices(&self) -> [&[u8]; 3] {
        [&self.prefix[..self.prefix_bytes], self.content[0], self.content[1]]
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let left = self.head.len() + self.body.len();
        if self.begun && left == 0 {
            return None;
        }
        let prefix_bytes = MessageHeader::BYTES + if self.begun { 4 } else { 0 };
        let take = left.min(self.piece_bytes - prefix_bytes);
        let size = prefix_bytes - MessageHeader::BYTES + take;
        let header = MessageHeader {
            more_fragments: take < left,
            kind: if self.begun { MessageKind::FRAGMENT } else { self.header.kind },
            // A piece is never larger than the message, whose size had 32 bits plus a request id.
            size: u32::try_from(size).unwrap_or(u32::MAX),
            ..self.header
        };
        let mut prefix = [0; MessageHeader::BYTES + 4];
        prefix[..MessageHeader::BYTES].copy_from_slice(&header.encode());
        prefix[MessageHeader::BYTES..].copy_from_slice(&self.request_id);
        let (head, head_left) = self.head.split_at(take.min(self.head.len()));
        let (body, body_left) = self.body.split_at(take - head.len());
        (self.head, self.body, self.begun) = (head_left, body_left, true);
        Some(Piece { prefix, prefix_bytes, content: [head, body] })
    }
}
