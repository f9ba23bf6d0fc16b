//! Speaking the native protocol: introduction, and a question about the object.

use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use quorb::proto::buffers::Buffers;
use quorb::proto::head::{BodyFormat, ClientId, OperationName, ReplyHead, ReplyStatus, RequestHead, Time};
use quorb::proto::native::{
    CloseCode, Config, Connection, Event, Features, Hello, Limits, OutBuffer, ProtocolError, Side, Version,
    decode_preface,
};
use quorb_giop::cdr::{Cdr, Decoder, Endian};
use quorb_giop::ior::Ior;
use quorb_giop::message::SystemExceptionBody;

use super::line::{Line, Target, Trouble};
use super::places::Place;
use super::presence::Presence;

/// What a server says in the native protocol.
pub(super) struct Native {
    pub(super) version: Version,
    pub(super) hello: Hello,
    pub(super) presence: Presence,
    /// From the first octet to the introduction, and to the answer about the object.
    pub(super) took: Duration,
}

/// Introduces itself and asks for the object.
pub(super) async fn speak(target: &Target, place: &Place, limit: Duration) -> Result<Native, Trouble> {
    let mut line = Line::open(target, limit).await?;
    let begun = Instant::now();
    let mut core = Connection::new(introduction(), Time::ZERO);
    let question =
        OperationName::from_static("_non_existent").map_err(|e| Trouble::Protocol(e.to_string()))?;
    let question = RequestHead::new(place.key.clone(), question);
    core.request(&question, &b""[..]).map_err(|refused| Trouble::Protocol(refused.to_string()))?;
    transmit(&mut core, &mut line).await?;
    let (mut version, mut hello) = (None, None);
    loop {
        line.hear().await?;
        if version.is_none() {
            version = decode_preface(&line.input).map_err(|error| trouble(error, &line.input))?;
        }
        let heard = line.input.clone();
        while let Some(event) =
            core.receive(&mut line.input, Time::ZERO).map_err(|error| trouble(error, &heard))?
        {
            let presence = match event {
                Event::Hello(theirs) => {
                    hello = Some(theirs);
                    continue;
                }
                Event::Reply { head, body, .. } => presence(&head, &body),
                Event::Drain { .. } => Presence::Refused("the server is shutting down".to_owned()),
                Event::Closed { close, .. } => {
                    return Err(Trouble::Protocol(format!("closed: {}", close.text)));
                }
                _ => continue,
            };
            if let (Some(version), Some(hello)) = (version, hello.take()) {
                let took = begun.elapsed();
                core.close(CloseCode::SHUTDOWN, "examined");
                // The farewell is a courtesy: whether it arrives changes nothing.
                let _ = transmit(&mut core, &mut line).await;
                return Ok(Native { version, hello, presence, took });
            }
        }
    }
}

fn introduction() -> Config {
    Config {
        side: Side::Client,
        identity: ClientId(u64::from(std::process::id())),
        incarnation: 0,
        features: Features::default(),
        limits: Limits::default(),
        software: Bytes::from_static(concat!("quorb doctor/", env!("CARGO_PKG_VERSION")).as_bytes()),
        buffers: Buffers::default(),
    }
}

async fn transmit(core: &mut Connection, line: &mut Line) -> Result<(), Trouble> {
    let mut out = OutBuffer::new();
    while core.has_output() {
        core.transmit(&mut out);
        while out.has_remaining() {
            let octets = out.chunk().to_vec();
            line.say(&octets).await?;
            out.advance(octets.len());
        }
    }
    Ok(())
}

/// Octets that do not even begin like the protocol come from somebody else.
fn trouble(error: ProtocolError, heard: &[u8]) -> Trouble {
    match error {
        ProtocolError::Magic { .. } => Trouble::Stranger(heard.to_vec()),
        error => Trouble::Protocol(error.to_string()),
    }
}

fn presence(head: &ReplyHead, body: &Bytes) -> Presence {
    let endian = if head.format == BodyFormat::CDR_BE { Endian::Big } else { Endian::Little };
    let mut input = Decoder::new(body, endian);
    match head.status {
        ReplyStatus::OK => match input.read_bool() {
            Ok(true) => Presence::Gone { of_earlier_life: false },
            _ => Presence::Here,
        },
        ReplyStatus::FORWARD | ReplyStatus::FORWARD_PERMANENT => {
            Presence::elsewhere(&Ior::decode(&mut input))
        }
        ReplyStatus::SYSTEM_EXCEPTION => match SystemExceptionBody::decode(&mut input) {
            Ok(exception) => Presence::of_exception(&exception),
            Err(cause) => Presence::Refused(format!("an exception that is not readable: {cause}")),
        },
        ReplyStatus(status) => Presence::Refused(format!("reply status {status}")),
    }
}
