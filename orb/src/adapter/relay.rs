//! Calls and replies apart from their connections: what one process hands to others, so that they execute the same.
//!
//! ```text
//! head of a call    u8 1, u8 form, u8 endian, u8 major, u8 minor, u8 char set, u8 wchar set, u8 origin,
//!                   u32 count, joints (u32 each), operation, key, chain (16), u32 depth, u8 protocol, address,
//!                   u32 count, contexts (u32 id, octets)
//! head of a reply   u8 1, u8 kind, and for system exceptions: u32 kind, u32 minor, u8 executed, text;
//!                   for others, where it is known: u8 form, u8 endian, u8 major, u8 minor, u8 char set, u8 wchar set
//! octets, text      u32 length, octets; numbers are little-endian
//! ```
//!
//! Heads are made for processes of one version that work together, not for archives: the first octet tells versions apart.

use bytes::{BufMut, Bytes, BytesMut};
use quorb_giop::cdr::{CharSet, Endian, GiopVersion, WcharSet};
use quorb_giop::codeset::CodeSets;
use quorb_giop::message;

use super::{CallState, Invocation, Peer, Protocol, Reply, ReplyBody};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::proto::head::{ChainId, RequestIdentity, ServiceContext};
use crate::runtime::{Orb, reply_encoding};
use crate::value::{Body, Encoding};

/// The version of both heads.
const VERSION: u8 = 1;

/// A call, apart from the connection that it came by: whatever of it a servant can see, but for its deadline and its
/// identity, which belong to the one who waits for it.
///
/// Several processes that execute it on equal objects get equal replies, octet for octet, if the servants are
/// deterministic.
#[derive(Debug, Clone)]
pub struct RelayedCall {
    head: Bytes,
    arguments: Bytes,
}

/// Why octets are no relayed call or reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// They end too early.
    #[error("a relayed call or reply ends too early")]
    Truncated,
    /// They were written by another version of this library.
    #[error("a relayed call or reply of version {0}")]
    Version(u8),
    /// A value that means nothing.
    #[error("a relayed call or reply holds a value that means nothing")]
    Value,
}

impl RelayedCall {
    /// The call behind an invocation.
    pub fn of(call: &Invocation) -> RelayedCall {
        let context = call.context();
        let mut head = BytesMut::with_capacity(96);
        let arguments = write_form(call.arguments(), &mut head);
        put_octets(context.operation().as_bytes(), &mut head);
        put_octets(context.object_key(), &mut head);
        head.put_slice(&context.chain().0);
        head.put_u32_le(context.depth());
        head.put_u8(match context.peer().protocol {
            Protocol::Native => 0,
            Protocol::Iiop => 1,
            Protocol::Collocated => 2,
        });
        put_octets(context.peer().address.as_bytes(), &mut head);
        head.put_u32_le(context.service_contexts().len() as u32);
        for ServiceContext { id, data } in context.service_contexts() {
            head.put_u32_le(*id);
            put_octets(data, &mut head);
        }
        RelayedCall { head: head.freeze(), arguments }
    }

    /// Everything but the arguments.
    pub fn head(&self) -> &Bytes {
        &self.head
    }

    /// The arguments, as they came.
    pub fn arguments(&self) -> &Bytes {
        &self.arguments
    }

    /// The call with this head and these arguments, unchecked until it is turned into an invocation.
    pub fn from_parts(head: Bytes, arguments: Bytes) -> RelayedCall {
        RelayedCall { head, arguments }
    }

    /// The chain that the call belongs to, and how deep in it the call is.
    ///
    /// # Errors
    /// Octets that no [`RelayedCall`] wrote.
    pub fn link(&self) -> Result<(ChainId, u32), RelayError> {
        let mut input = Input(self.head.clone());
        input.version()?;
        let _form: [u8; 7] = input.array()?;
        let joints = input.count(4)?;
        input.take(4 * joints)?;
        let _called = (input.octets()?, input.octets()?);
        Ok((ChainId(input.array()?), input.u32()?))
    }

    /// The call for a servant of this broker, without a deadline. If `calls_refused` gives a reason, the servant may call
    /// nobody, and is told why: BAD_INV_ORDER.
    ///
    /// # Errors
    /// Octets that no [`RelayedCall`] wrote.
    pub fn invocation(
        &self,
        orb: &Orb,
        identity: Option<RequestIdentity>,
        calls_refused: Option<&'static str>,
    ) -> Result<Invocation, RelayError> {
        let mut input = Input(self.head.clone());
        let body = read_form(&mut input, self.arguments.clone())?;
        let (operation, key) = (input.octets()?, input.octets()?);
        let chain = ChainId(input.array()?);
        let depth = input.u32()?;
        let protocol = match input.u8()? {
            0 => Protocol::Native,
            1 => Protocol::Iiop,
            2 => Protocol::Collocated,
            _ => return Err(RelayError::Value),
        };
        let address = input.text()?;
        let mut state =
            CallState::new(Peer { protocol, address: address.as_str().into() }, key, operation, chain);
        state.depth = depth;
        state.identity = identity;
        state.calls_refused = calls_refused;
        // Each takes eight octets at least.
        for _ in 0..input.count(8)? {
            state.contexts.push(ServiceContext { id: input.u32()?, data: input.octets()? });
        }
        let endian = match protocol {
            Protocol::Iiop => orb.giop_byte_order(),
            _ => Endian::NATIVE,
        };
        let encoding = reply_encoding(&body, endian);
        Ok(Invocation::new(state, body, encoding, Some(orb.clone())))
    }
}

/// How results are encoded: what a caller reads them by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyForm([u8; 6]);

impl Invocation {
    /// How the results of this call are encoded.
    pub fn reply_form(&self) -> ReplyForm {
        ReplyForm(match self.reply_encoding() {
            Encoding::Cbor => [1, 0, 0, 0, 0, 0],
            Encoding::Cdr { profile, .. } => [
                0,
                u8::from(profile.endian == Endian::Little),
                profile.version.major,
                profile.version.minor,
                u8::from(profile.char_set == CharSet::Latin1),
                u8::from(profile.wchar_set.is_some()),
            ],
        })
    }
}

/// How a call ended, apart from its connection: what is kept, or handed to another process, to be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayedReply {
    head: Bytes,
    body: Bytes,
}

impl RelayedReply {
    const RESULTS: u8 = 0;
    const USER: u8 = 1;
    const SYSTEM: u8 = 2;

    /// What a reply says. What interceptors send along is not part of it; a forward is none: TRANSIENT is raised instead.
    pub fn of(reply: &Reply) -> RelayedReply {
        match &reply.body {
            ReplyBody::Results(body) => RelayedReply::plain(Self::RESULTS, body),
            ReplyBody::User(body) => RelayedReply::plain(Self::USER, body),
            ReplyBody::System(exception) => RelayedReply::raising(exception),
            ReplyBody::Forward { .. } => RelayedReply::raising(
                &SystemException::new(ExceptionKind::Transient, Minor::TOO_MANY_FORWARDS, Completion::No)
                    .because("a relayed call cannot be forwarded"),
            ),
        }
    }

    /// The same, and how its results are encoded.
    #[must_use]
    pub fn in_form(mut self, form: ReplyForm) -> RelayedReply {
        if let Some(&kind @ (Self::RESULTS | Self::USER)) = self.head.get(1) {
            self.head = [&[VERSION, kind], &form.0[..]].concat().into();
        }
        self
    }

    fn plain(kind: u8, body: &Bytes) -> RelayedReply {
        RelayedReply { head: Bytes::copy_from_slice(&[VERSION, kind]), body: body.clone() }
    }

    /// A reply that raises a system exception. Its report becomes one line of text.
    pub fn raising(exception: &SystemException) -> RelayedReply {
        let mut head = BytesMut::from(&[VERSION, Self::SYSTEM][..]);
        let kind = ExceptionKind::ALL.iter().position(|kind| *kind == exception.kind());
        head.put_u32_le(kind.unwrap_or_default() as u32);
        head.put_u32_le(exception.minor().0);
        head.put_u8(match exception.completed() {
            Completion::Yes => 0,
            Completion::No => 1,
            Completion::Maybe => 2,
        });
        let detail = exception.report().and_then(|report| report.detail.as_deref());
        put_octets(detail.unwrap_or_default().as_bytes(), &mut head);
        RelayedReply { head: head.freeze(), body: Bytes::new() }
    }

    /// Everything but the results.
    pub fn head(&self) -> &Bytes {
        &self.head
    }

    /// The results or the exception, as they are sent.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The reply with this head and body, unchecked until it is turned into a [`Reply`].
    pub fn from_parts(head: Bytes, body: Bytes) -> RelayedReply {
        RelayedReply { head, body }
    }

    /// Whether the call was executed, as far as the reply says.
    pub fn completed(&self) -> Completion {
        match self.head.get(1) {
            Some(&(Self::RESULTS | Self::USER)) => Completion::Yes,
            _ => match self.head.get(10) {
                Some(0) => Completion::Yes,
                Some(1) => Completion::No,
                _ => Completion::Maybe,
            },
        }
    }

    /// The reply to be sent to a caller. A caller of another format than the one who got it first cannot read it, and it cannot
    /// be written anew without the servant: that caller is told that the call was executed, and that its outcome is lost to it.
    ///
    /// # Errors
    /// Octets that no [`RelayedReply`] wrote.
    pub fn reply_to(&self, call: &Invocation) -> Result<Reply, RelayError> {
        let has_results = matches!(self.head.get(1), Some(&(Self::RESULTS | Self::USER)));
        let form = self.head.get(2..).filter(|form| has_results && !form.is_empty());
        match form {
            Some(form) if form != call.reply_form().0 => {
                let kind = ExceptionKind::Transient;
                let exception = SystemException::new(kind, Minor::OUTCOME_FORGOTTEN, Completion::Yes);
                Ok(call.refuse(
                    exception.because("the reply is kept in a format that this caller does not speak"),
                ))
            }
            _ => self.reply(),
        }
    }

    /// The reply to be sent to a caller of the same format.
    ///
    /// # Errors
    /// Octets that no [`RelayedReply`] wrote.
    pub fn reply(&self) -> Result<Reply, RelayError> {
        let mut input = Input(self.head.clone());
        input.version()?;
        Ok(Reply::new(match input.u8()? {
            Self::RESULTS => ReplyBody::Results(self.body.clone()),
            Self::USER => ReplyBody::User(self.body.clone()),
            Self::SYSTEM => {
                let kind = ExceptionKind::ALL.get(input.u32()? as usize).ok_or(RelayError::Value)?;
                let minor = Minor(input.u32()?);
                let completed = match input.u8()? {
                    0 => Completion::Yes,
                    1 => Completion::No,
                    2 => Completion::Maybe,
                    _ => return Err(RelayError::Value),
                };
                let detail = input.text()?;
                let exception = SystemException::new(*kind, minor, completed).at(Stage::Executing);
                ReplyBody::System(if detail.is_empty() { exception } else { exception.because(detail) })
            }
            _ => return Err(RelayError::Value),
        }))
    }
}

/// Writes how the arguments are encoded; gives their octets.
fn write_form(body: &Body, head: &mut BytesMut) -> Bytes {
    head.put_u8(VERSION);
    match body {
        Body::Cbor(octets) => {
            head.put_slice(&[1, 0, 0, 0, 0, 0, 0]);
            head.put_u32_le(0);
            octets.clone()
        }
        Body::Cdr { contents, code_sets } => {
            head.put_u8(0);
            head.put_u8(u8::from(contents.endian() == Endian::Little));
            head.put_slice(&[contents.version().major, contents.version().minor]);
            head.put_u8(u8::from(code_sets.char_set == CharSet::Latin1));
            head.put_u8(u8::from(code_sets.wchar_set.is_some()));
            // Alignment is by 8 at most.
            head.put_u8((contents.origin() % 8) as u8);
            head.put_u32_le(contents.joints().len() as u32);
            contents.joints().iter().for_each(|&joint| head.put_u32_le(joint as u32));
            contents.octets().clone()
        }
    }
}

fn read_form(input: &mut Input, octets: Bytes) -> Result<Body, RelayError> {
    input.version()?;
    let [form, little, major, minor, latin1, wide, origin] = input.array()?;
    let joints =
        (0..input.count(4)?).map(|_| Ok(input.u32()? as usize)).collect::<Result<Vec<_>, RelayError>>()?;
    match form {
        1 => Ok(Body::Cbor(octets)),
        0 => {
            let endian = if little == 1 { Endian::Little } else { Endian::Big };
            let code_sets = CodeSets {
                char_set: if latin1 == 1 { CharSet::Latin1 } else { CharSet::Utf8 },
                wchar_set: (wide == 1).then_some(WcharSet::Utf16),
            };
            let contents = message::Body::new(octets, endian, GiopVersion { major, minor }, origin.into());
            Ok(Body::Cdr { contents: contents.joined_at(joints), code_sets })
        }
        _ => Err(RelayError::Value),
    }
}

fn put_octets(octets: &[u8], out: &mut BytesMut) {
    out.put_u32_le(octets.len() as u32);
    out.put_slice(octets);
}

/// Octets to be read; nothing is reserved for what they only announce.
struct Input(Bytes);

impl Input {
    fn take(&mut self, count: usize) -> Result<Bytes, RelayError> {
        if count > self.0.len() {
            return Err(RelayError::Truncated);
        }
        Ok(self.0.split_to(count))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RelayError> {
        self.take(N)?.as_ref().try_into().map_err(|_| RelayError::Truncated)
    }

    fn u8(&mut self) -> Result<u8, RelayError> {
        self.array().map(|[octet]| octet)
    }

    fn u32(&mut self) -> Result<u32, RelayError> {
        self.array().map(u32::from_le_bytes)
    }

    fn octets(&mut self) -> Result<Bytes, RelayError> {
        let length = self.u32()?;
        self.take(length as usize)
    }

    fn text(&mut self) -> Result<String, RelayError> {
        String::from_utf8(self.octets()?.into()).map_err(|_| RelayError::Value)
    }

    /// How many items follow that have so many octets each at least.
    fn count(&mut self, size_min: usize) -> Result<usize, RelayError> {
        let count = self.u32()? as usize;
        if count > self.0.len() / size_min { Err(RelayError::Truncated) } else { Ok(count) }
    }

    fn version(&mut self) -> Result<(), RelayError> {
        match self.u8()? {
            VERSION => Ok(()),
            other => Err(RelayError::Version(other)),
        }
    }
}

#[cfg(test)]
mod tests;
