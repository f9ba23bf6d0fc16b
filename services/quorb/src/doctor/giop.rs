//! Speaking GIOP: a LocateRequest in each version.

use std::time::{Duration, Instant};

use quorb_giop::assembly::Assembler;
use quorb_giop::cdr::{Cdr, CdrProfile, Endian, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::ior::Ior;
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{
    Body, GiopError, LocateReplyHead, LocateRequestHead, LocateStatus, Message, MessageHead,
    SystemExceptionBody, Target as Addressee,
};
use quorb_giop::names::ObjectKey;

use super::line::{Line, Target, Trouble};
use super::places::Place;
use super::presence::Presence;
use crate::limits::ANSWER_BYTES_MAX;

/// The versions, latest first.
pub(super) const VERSIONS: [GiopVersion; 3] = [GiopVersion::V1_2, GiopVersion::V1_1, GiopVersion::V1_0];

/// What a server says in one version of GIOP.
pub(super) struct Giop {
    pub(super) presence: Presence,
    pub(super) took: Duration,
}

/// The number of the only request on a line.
const REQUEST_ID: u32 = 2;

/// Asks for the object in `version`.
pub(super) async fn speak(
    target: &Target,
    place: &Place,
    version: GiopVersion,
    limit: Duration,
) -> Result<Giop, Trouble> {
    let mut line = Line::open(target, limit).await?;
    let begun = Instant::now();
    line.say(&question(place, version)?).await?;
    let limits = MessageLimits { message_bytes_max: ANSWER_BYTES_MAX, ..MessageLimits::default() };
    let mut assembler = Assembler::new(limits.clone());
    loop {
        line.hear().await?;
        let heard = line.input.clone();
        let trouble = |error| match error {
            GiopError::NotGiop { .. } => Trouble::Stranger(heard.to_vec()),
            error => Trouble::Protocol(error.to_string()),
        };
        while let Some(frame) = assembler.next(&mut line.input).map_err(trouble)? {
            let theirs = frame.header.version;
            let message = Message::decode(&frame, &limits);
            match message.map_err(|error| Trouble::Protocol(error.to_string()))? {
                Message::LocateReply { head, body } if head.request_id == REQUEST_ID => {
                    return Ok(Giop { presence: presence(head, &body), took: begun.elapsed() });
                }
                Message::MessageError => {
                    return Err(Trouble::Protocol(format!(
                        "not understood; the server speaks GIOP {theirs}"
                    )));
                }
                Message::CloseConnection => return Err(Trouble::Protocol("closed in order".to_owned())),
                _ => {}
            }
        }
    }
}

fn question(place: &Place, version: GiopVersion) -> Result<Vec<u8>, Trouble> {
    let target = Addressee::Key(ObjectKey::new(place.key.0.clone()));
    let head = LocateRequestHead { request_id: REQUEST_ID, target };
    let message = head.open(Vec::new(), CdrProfile::unnegotiated(Endian::NATIVE, version));
    let message = message.and_then(|message| Ok(message.finish()?));
    message.map_err(|error| Trouble::Protocol(error.to_string()))
}

fn presence(head: LocateReplyHead, body: &Body) -> Presence {
    let mut input = body.decoder(CodeSets::UNNEGOTIATED);
    match head.status {
        LocateStatus::OBJECT_HERE => Presence::Here,
        LocateStatus::UNKNOWN_OBJECT => Presence::Gone { of_earlier_life: false },
        LocateStatus::OBJECT_FORWARD | LocateStatus::OBJECT_FORWARD_PERM => {
            Presence::elsewhere(&Ior::decode(&mut input))
        }
        LocateStatus::LOC_SYSTEM_EXCEPTION => match SystemExceptionBody::decode(&mut input) {
            Ok(exception) => Presence::of_exception(&exception),
            Err(cause) => Presence::Refused(format!("an exception that is not readable: {cause}")),
        },
        // It wants to be addressed by more than the key, which means that it takes requests for it.
        LocateStatus::LOC_NEEDS_ADDRESSING_MODE => Presence::Here,
        LocateStatus(status) => Presence::Refused(format!("locate status {status}")),
    }
}
